"""The next page is fetched while the caller works on this one."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Prefetch(Generic[T], Iterator[T]):
    """Iterates like ``pages``, always one step ahead, in one background thread.

    The first page is fetched at the first step.  An exception of a page appears where
    its page would have appeared.  Use it in a ``with``, or close it: afterwards nothing
    runs in the background any more.  ``pages`` is stepped in the other thread, so it
    must not touch anything bound to the caller's thread (a database cursor).
    """

    def __init__(self, pages: Iterator[T]) -> None:
        self._pages = pages
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="exchange-prefetch")
        self._next: Future[tuple[T] | None] | None = None
        self._closed = False

    def __next__(self) -> T:
        if self._closed:
            raise StopIteration
        pending = self._next or self._executor.submit(self._step)
        self._next = None
        try:
            found = pending.result()
        except BaseException:
            self.close()
            raise
        if found is None:
            self.close()
            raise StopIteration
        self._next = self._executor.submit(self._step)
        return found[0]

    def _step(self) -> tuple[T] | None:
        # a StopIteration cannot travel in a future
        for found in self._pages:
            return (found,)
        return None

    def close(self) -> None:
        """Wait for the page under way, if any, and forget it."""
        if self._closed:
            return
        self._closed = True
        if self._next is not None:
            self._next.cancel()
        self._executor.shutdown(wait=True)
        with suppress(Exception):
            getattr(self._pages, "close", lambda: None)()

    def __enter__(self) -> Prefetch[T]:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def prefetch(pages: Iterator[T]) -> Prefetch[T]:
    """``pages``, fetched one ahead; see :class:`Prefetch`."""
    return Prefetch(pages)
