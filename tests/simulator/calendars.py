"""Calendars of a mailbox: list, read, create, rename, delete.

Source: https://learn.microsoft.com/graph/api/resources/calendar
"""

from __future__ import annotations

from . import ids
from .call import Answer, Call
from .errors import GraphError, bad_request, item_not_found
from .event_properties import CALENDAR, CALENDAR_FIXED
from .event_store import add_calendar, calendar_of, calendars_of
from .event_values import owner_of
from .events import calendar_named, event_named
from .folders import expand_properties
from .mailbox import Container
from .odata import check_select, next_skip_link, page, project
from .properties import read_properties
from .routing import Router
from .shapes import read_shape


def _entity(call: Call, calendar: Container) -> dict:
    owner = owner_of(call.service.store.directory, call.mailbox)
    default = calendar.well_known == "calendar"
    providers = list(calendar.data["providers"])
    return {
        "id": calendar.id,
        "name": calendar.name,
        "color": calendar.data["color"],
        "hexColor": "",
        "isDefaultCalendar": default,
        "changeKey": ids.change_key(call.mailbox.id, calendar.data.get("changed", 0)),
        "canShare": True,
        "canViewPrivateItems": True,
        "canEdit": True,
        "allowedOnlineMeetingProviders": providers,
        "defaultOnlineMeetingProvider": providers[0] if providers else "unknown",
        "isTallyingResponses": default,
        "isRemovable": not default,
        "owner": {"name": owner.name, "address": owner.mail or owner.upn},
    }


def _render(call: Call, calendar: Container) -> dict:
    options = call.options
    check_select(options.select, CALENDAR, "calendar")
    shown = project(_entity(call, calendar), options.select)
    wanted = options.expanded("singleValueExtendedProperties")
    if wanted is not None:
        shown = {**shown, **expand_properties(calendar.extended, wanted)}
    return shown


def _answer(call: Call, calendar: Container, status: int = 200) -> Answer:
    context = {"@odata.context": call.context("calendars/$entity")}
    return Answer(status, {**context, **_render(call, calendar)})


def list_calendars(call: Call) -> Answer:
    """GET calendars."""
    rows, more = page(calendars_of(call.mailbox), call.options, call.page_size)
    body: dict = {
        "@odata.context": call.context("calendars"),
        "value": [_render(call, calendar) for calendar in rows],
    }
    if more is not None:
        body["@odata.nextLink"] = next_skip_link(call.link(), call.query, more)
    return Answer(200, body)


def get_calendar(call: Call) -> Answer:
    """GET calendar and calendars/{id}."""
    return _answer(call, calendar_named(call))


def event_calendar(call: Call) -> Answer:
    """GET events/{id}/calendar."""
    item, _day = event_named(call)
    assert item.container is not None
    return _answer(call, item.container)


def create_calendar(call: Call) -> Answer:
    """POST calendars {name}."""
    values = read_shape(call.json(), CALENDAR, "calendar", CALENDAR_FIXED)
    name = (values.get("name") or "").strip()
    if not name:
        raise bad_request("The name of the calendar is missing.", "ErrorInvalidRequest")
    _check_free(call, name)
    calendar = add_calendar(call.mailbox, name)
    _apply(call, calendar, values)
    return _answer(call, calendar, 201)


def patch_calendar(call: Call) -> Answer:
    """PATCH calendar and calendars/{id}: name and color."""
    calendar = calendar_named(call)
    values = read_shape(call.json(), CALENDAR, "calendar", CALENDAR_FIXED)
    name = values.get("name")
    if name and name.lower() != calendar.name.lower():
        _check_free(call, name)
    calendar.name = name or calendar.name
    _apply(call, calendar, values)
    return _answer(call, calendar)


def _apply(call: Call, calendar: Container, values: dict) -> None:
    calendar.data["color"] = values.get("color") or calendar.data["color"]
    calendar.extended.update(
        read_properties(values.get("singleValueExtendedProperties") or [])
    )
    calendar.data["changed"] = call.mailbox.step()


def _check_free(call: Call, name: str) -> None:
    if any(c.name.lower() == name.lower() for c in calendars_of(call.mailbox)):
        raise GraphError(
            409, "ErrorFolderExists", f"A calendar named '{name}' already exists."
        )


def delete_calendar(call: Call) -> Answer:
    """DELETE calendars/{id}, with all its events."""
    calendar = calendar_named(call)
    if calendar is calendar_of(call.mailbox):
        raise bad_request(
            "The default calendar can't be deleted.", "ErrorCannotDeleteObject"
        )
    if calendar.id not in call.mailbox.containers:
        raise item_not_found()
    call.mailbox.remove_container(calendar)
    return Answer(204)


def register(router: Router) -> None:
    """Add the paths of calendars."""
    for method, pattern, handler in (
        ("GET", "calendars", list_calendars),
        ("POST", "calendars", create_calendar),
        ("GET", "calendar", get_calendar),
        ("PATCH", "calendar", patch_calendar),
        ("GET", "calendars/{calendar}", get_calendar),
        ("PATCH", "calendars/{calendar}", patch_calendar),
        ("DELETE", "calendars/{calendar}", delete_calendar),
        ("GET", "events/{event}/calendar", event_calendar),
    ):
        router.add(method, pattern, "Calendars")(handler)
