"""Fields of events."""

from .fields import Field

CALENDAR: list[Field] = []
