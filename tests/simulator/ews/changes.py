"""Changes of items: the parts of an UpdateItem."""

from __future__ import annotations

from datetime import date

from ..mailbox import Item
from .errors import violation
from .request import Request
from .xml import Element


def change_item(
    request: Request,
    item: Item,
    day: date | None,
    updates: Element | None,
    send: str | None,
) -> None:
    """Apply the updates of one item."""
    raise violation("Not yet.")
