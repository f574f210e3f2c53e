"""All field URIs and the version of the schema that brought each.

Source: the enumerations UnindexedFieldURIType and DictionaryURIType of the schemas of
2010_SP1, 2010_SP2, 2013_SP1 and 2016. What came before 2010_SP1 is from the reference
pages' tables of versions, as far as they tell; doubtful ones count as of 2007.
"""

from __future__ import annotations

from .versions import (
    V2007,
    V2007_SP1,
    V2010,
    V2010_SP2,
    V2013,
    V2016,
)


def _names(prefix: str, words: str) -> list[str]:
    return [f"{prefix}:{word}" for word in words.split()]


_FIRST = (
    _names(
        "folder",
        "FolderId ParentFolderId DisplayName UnreadCount TotalCount ChildFolderCount "
        "FolderClass SearchParameters ManagedFolderInformation",
    )
    + _names(
        "item",
        "ItemId ParentFolderId ItemClass MimeContent Attachments Subject "
        "DateTimeReceived Size Categories HasAttachments Importance InReplyTo "
        "InternetMessageHeaders IsDraft IsFromMe IsResend IsSubmitted IsUnmodified "
        "DateTimeSent DateTimeCreated Body ResponseObjects Sensitivity ReminderDueBy "
        "ReminderIsSet ReminderMinutesBeforeStart DisplayTo DisplayCc Culture "
        "InternetMessageHeader",
    )
    + _names(
        "message",
        "ConversationIndex ConversationTopic InternetMessageId IsRead "
        "IsResponseRequested IsReadReceiptRequested IsDeliveryReceiptRequested "
        "References ReplyTo From Sender ToRecipients CcRecipients BccRecipients",
    )
    + _names(
        "meeting",
        "AssociatedCalendarItemId IsDelegated IsOutOfDate HasBeenProcessed "
        "ResponseType",
    )
    + _names("meetingRequest", "MeetingRequestType IntendedFreeBusyStatus")
    + _names("postitem", "PostedTime")
    + _names(
        "task",
        "ActualWork AssignedTime BillingInformation ChangeCount Companies CompleteDate "
        "Contacts DelegationState Delegator DueDate IsAssignmentEditable IsComplete "
        "IsRecurring IsTeamTask Mileage Owner PercentComplete Recurrence StartDate "
        "Status StatusDescription TotalWork",
    )
    + _names(
        "calendar",
        "Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus Location When "
        "IsMeeting IsCancelled IsRecurring MeetingRequestWasSent IsResponseRequested "
        "CalendarItemType MyResponseType Organizer RequiredAttendees "
        "OptionalAttendees Resources ConflictingMeetingCount AdjacentMeetingCount "
        "ConflictingMeetings AdjacentMeetings Duration TimeZone AppointmentReplyTime "
        "AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence "
        "LastOccurrence ModifiedOccurrences DeletedOccurrences MeetingTimeZone "
        "ConferenceType AllowNewTimeProposal IsOnlineMeeting MeetingWorkspaceUrl "
        "NetShowUrl",
    )
    + _names(
        "contacts",
        "AssistantName Birthday BusinessHomePage Children Companies CompanyName "
        "CompleteName ContactSource Culture Department DisplayName EmailAddresses "
        "FileAs FileAsMapping Generation GivenName ImAddresses Initials JobTitle "
        "Manager MiddleName Mileage Nickname OfficeLocation PhoneNumbers "
        "PhysicalAddresses PostalAddressIndex Profession SpouseName Surname "
        "WeddingAnniversary ImAddress PhysicalAddress:Street PhysicalAddress:City "
        "PhysicalAddress:State PhysicalAddress:CountryOrRegion "
        "PhysicalAddress:PostalCode PhoneNumber EmailAddress",
    )
)
_LATER = {
    V2007_SP1: _names("calendar", "UID RecurrenceId DateTimeStamp")
    + _names("folder", "PermissionSet EffectiveRights")
    + _names("message", "ReceivedBy ReceivedRepresenting")
    + _names(
        "item",
        "EffectiveRights WebClientReadFormQueryString WebClientEditFormQueryString",
    ),
    V2010: _names("calendar", "StartTimeZone EndTimeZone")
    + _names("folder", "SharingEffectiveRights")
    + _names("contacts", "HasPicture")
    + _names("distributionlist", "Members")
    + _names(
        "item",
        "IsAssociated LastModifiedName LastModifiedTime ConversationId UniqueBody",
    ),
    V2010_SP2: _names("item", "StoreEntryId")
    + _names(
        "contacts",
        "Alias DirectoryId DirectReports ManagerMailbox MSExchangeCertificate Notes "
        "PhoneticFullName PhoneticFirstName PhoneticLastName Photo "
        "UserSMIMECertificate",
    ),
    V2013: _names("folder", "DistinguishedFolderId PolicyTag ArchiveTag")
    + _names(
        "item",
        "ReminderNextTime Flag InstanceKey NormalizedBody EntityExtractionResult "
        "PolicyTag ArchiveTag RetentionDate Preview PredictedActionReasons IsClutter "
        "RightsManagementLicenseData BlockStatus HasBlockedImages TextBody IconIndex "
        "MimeContentUTF8",
    )
    + _names("message", "ApprovalRequestData VotingInformation ReminderMessageData")
    + _names("meeting", "ProposedStart ProposedEnd")
    + _names("meetingRequest", "ChangeHighlights")
    + _names(
        "calendar",
        "StartWallClock EndWallClock StartTimeZoneId EndTimeZoneId EnhancedLocation "
        "JoinOnlineMeetingUrl OnlineMeetingSettings IsOrganizer",
    ),
    V2016: _names(
        "item",
        "DisplayBcc Mentions MentionedMe MentionsPreview MentionsEx Hashtags "
        "AppliedHashtags AppliedHashtagsPreview Likes LikesPreview "
        "PendingSocialActivityTagIds AtAllMention CanDelete InferenceClassification "
        "FirstBody",
    )
    + _names("calendar", "InboxReminders CalendarActivityData DoNotForwardMeeting")
    + _names("meeting", "DoNotForwardMeeting")
    + _names(
        "message", "PublishedCalendarItemIcs PublishedCalendarItemName MessageSafety"
    )
    + _names("contacts", "Gender Comment AccountName SourceId Urls"),
}
SINCE = {uri: V2007 for uri in _FIRST} | {
    uri: version for version, uris in _LATER.items() for uri in uris
}
