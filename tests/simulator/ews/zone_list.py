"""GetServerTimeZones: the zones that the server knows, with their rules.

Source: https://learn.microsoft.com/exchange/client-developer/web-service-reference/getservertimezones-operation
"""

from __future__ import annotations

from datetime import datetime, timezone

from tzlocal.windows_tz import win_tz

from ..errors import GraphError
from ..zones import find_zone, windows_name
from .errors import EwsError
from .request import Request, answer_each
from .uris import SINCE
from .xml import Element, add, child, children
from .zones import add_definition


def get_server_time_zones(request: Request, body: Element) -> Element:
    """GetServerTimeZones: all, or those of ``Ids`` that there are."""
    asked = child(body, "m:Ids")
    full = body.get("ReturnFullTimeZoneData", "true") in ("true", "1")
    now = datetime.fromtimestamp(request.service.clock.now(), timezone.utc)

    def work(_part: object, message: Element) -> None:
        if request.version < SINCE["calendar:StartTimeZone"]:
            raise EwsError("ErrorIncorrectSchemaVersion")
        holder = add(message, "m:TimeZoneDefinitions")
        for name in _names(asked):
            if full:
                zone = find_zone(name)
                add_definition(holder, "TimeZoneDefinition", name, zone, now.year)
            else:
                add(holder, "t:TimeZoneDefinition", Id=name, Name=f"({name})")

    return answer_each(request, "GetServerTimeZones", [body], work)


def _names(asked: Element | None) -> list[str]:
    """The Windows names of the zones that are wanted, each once."""
    if asked is None:
        return sorted(name for name in win_tz if _known(name))
    wanted = [(element.text or "").strip() for element in children(asked)]
    return [windows_name(name) for name in dict.fromkeys(wanted) if _known(name)]


def _known(name: str) -> bool:
    try:
        find_zone(name)
    except GraphError:
        return False
    return True


OPERATIONS = {"GetServerTimeZones": get_server_time_zones}
