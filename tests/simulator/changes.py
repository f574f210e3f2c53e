"""Change logs: what happened in one collection since a moment, in order.

Every container (mail folder, calendar, contact folder) and the folder tree of a mailbox
own one. A log knows keys and sequence numbers, not what the keys stand for.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(slots=True)
class Change:
    """The latest thing that happened to a key; ``removed`` holds the reason."""

    sequence: int
    key: str
    item: object
    removed: str = ""


class ChangeLog:
    """The latest change of each key, ordered by sequence number.

    Old entries of a key stay in the order as gaps until there are too many of them.
    """

    def __init__(self) -> None:
        self._latest: dict[str, Change] = {}
        self._order: list[Change] = []
        self._sequences: list[int] = []

    def note(self, sequence: int, key: str, item: object, removed: str = "") -> None:
        """Write down that ``key`` was created or changed, or removed with a reason."""
        change = Change(sequence, key, item, removed)
        self._latest[key] = change
        self._order.append(change)
        self._sequences.append(sequence)
        if len(self._order) > 64 + 2 * len(self._latest):
            self._compact()

    def _compact(self) -> None:
        kept = [c for c in self._order if self._latest.get(c.key) is c]
        self._order = kept
        self._sequences = [c.sequence for c in kept]

    def since(self, sequence: int) -> Iterator[Change]:
        """Changes later than ``sequence``, oldest first, one per key."""
        at = bisect_right(self._sequences, sequence)
        for index in range(at, len(self._order)):
            change = self._order[index]
            if self._latest.get(change.key) is change:
                yield change
