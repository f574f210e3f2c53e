"""One page ahead, in one thread, and nothing left behind."""

import threading
import time

import pytest

from client import Throttled, prefetch


def running():
    return [t for t in threading.enumerate() if t.name.startswith("exchange-prefetch")]


def test_the_next_one_is_fetched_while_this_one_is_worked_on():
    fetched = [threading.Event() for _page in range(4)]

    def numbers():
        for number, event in enumerate(fetched):
            event.set()
            yield number

    found = []
    with prefetch(numbers()) as pages:
        for page in pages:
            # one after the other it would never come
            assert all(event.wait(60) for event in fetched[: page + 2])
            found.append(page)
    assert found == [0, 1, 2, 3]


def test_never_more_than_one_ahead():
    fetched = []

    def pages():
        for number in range(5):
            fetched.append(number)
            yield number

    with prefetch(pages()) as ahead:
        next(ahead)
        while len(fetched) < 2:
            time.sleep(0.01)
        time.sleep(0.05)
        assert fetched == [0, 1]


def test_an_error_comes_in_its_turn():
    def pages():
        yield 1
        raise Throttled("later", retry_after=5)

    ahead = prefetch(pages())
    assert next(ahead) == 1
    time.sleep(0.05)
    with pytest.raises(Throttled) as caught:
        next(ahead)
    assert caught.value.retry_after == 5
    assert next(ahead, "end") == "end"
    assert not running()


def test_nothing_runs_after_an_early_end():
    closed = []

    def pages():
        try:
            for number in range(100):
                time.sleep(0.01)
                yield number
        finally:
            closed.append(True)

    with pytest.raises(KeyError), prefetch(pages()) as ahead:
        for _page in ahead:
            raise KeyError
    assert closed
    assert not running()


def test_no_pages():
    assert list(prefetch(iter([]))) == []
    assert not running()


def test_nothing_starts_before_the_first_step():
    fetched = []
    ahead = prefetch(fetched.append(n) for n in range(3))
    time.sleep(0.02)
    assert fetched == []
    ahead.close()
    ahead.close()
    assert list(ahead) == []
