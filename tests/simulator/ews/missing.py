"""Operations that Exchange has and the simulator has not: it says so.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/ews-operations-in-exchange
"""

from __future__ import annotations

from .errors import SoapFault, violation
from .xml import Element, local

_LIST = """
AddDelegate AddDistributionGroupToImList AddImContactToGroup AddImGroup
AddNewImContactToGroup AddNewTelUriContactToGroup ApplyConversationAction
ArchiveItem CreateFolderPath CreateManagedFolder CreateUserConfiguration
DeleteUserConfiguration DisableApp DisconnectPhoneCall ExpandDL ExportItems
FindConversation FindMailboxStatisticsByKeywords FindMessageTrackingReport
FindPeople GetAppManifests GetAppMarketplaceUrl GetClientAccessToken
GetConversationItems GetDelegate GetDiscoverySearchConfiguration GetEvents
GetHoldOnMailboxes GetImItemList GetImItems GetInboxRules GetMailTips
GetMessageTrackingReport GetNonIndexableItemDetails GetNonIndexableItemStatistics
GetPasswordExpirationDate GetPersona GetPhoneCallInformation GetReminders
GetRoomLists GetRooms GetSearchableMailboxes GetServiceConfiguration
GetSharingFolder GetSharingMetadata GetStreamingEvents GetUserAvailabilityRequest
GetUserOofSettingsRequest GetUserPhoto GetUserRetentionPolicyTags InstallApp
MarkAsJunk PerformReminderAction PlayOnPhone RefreshSharingFolder
RemoveContactFromImList RemoveDelegate RemoveDistributionGroupFromImList
RemoveImContactFromGroup RemoveImGroup SearchMailboxes SetHoldOnMailboxes SetImGroup
SetTeamMailbox SetUserOofSettingsRequest Subscribe UninstallApp UnpinTeamMailbox
Unsubscribe UpdateDelegate UpdateInboxRules UpdateUserConfiguration UploadItems
"""
_NAMES = frozenset(_LIST.split())


def refusal(asked: Element) -> SoapFault:
    """The fault for an operation without a handler."""
    name = local(asked)
    if name in _NAMES:
        bare = name.removesuffix("Request")
        return SoapFault("ErrorInvalidOperation", f"The simulator has no {bare}.")
    return violation(f"The element 'Body' has invalid child element '{name}'.", asked)
