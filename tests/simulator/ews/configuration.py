"""GetUserConfiguration: what programs keep in folders; here nobody kept anything.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/getuserconfiguration-operation
"""

from __future__ import annotations

from .errors import EwsError, violation
from .request import Request, answer_each
from .xml import Element, child, children


def get_user_configuration(request: Request, body: Element) -> Element:
    """GetUserConfiguration of any name in a folder that there is."""
    name = child(body, "m:UserConfigurationName")
    if name is None:
        raise violation("The element 'GetUserConfiguration' is incomplete.", body)

    def work(_part: object, message: Element) -> None:
        request.folder(next(children(name), None))
        raise EwsError(
            "ErrorItemNotFound", "The specified object was not found in the store."
        )

    return answer_each(request, "GetUserConfiguration", [name], work)


OPERATIONS = {"GetUserConfiguration": get_user_configuration}
