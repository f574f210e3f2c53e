"""Fields of contacts."""

from .fields import Field

CONTACT: list[Field] = []
