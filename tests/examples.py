"""How many examples hypothesis tries, and which."""

import os
from typing import Any

from hypothesis import HealthCheck, settings

# So many times as many examples as usual, and other ones at each run. Without it they
# are the same at each run: no test fails by chance.
TIMES = int(os.environ.get("EXCHANGE_EXAMPLES", 0))


def examples(number: int = 100, **options: Any) -> settings:
    """The settings of a test that tries this number of examples.

    A busy machine is no failure: neither slowness nor a deadline is.

    :param options: more of hypothesis' settings, by their names
    """
    return settings(
        max_examples=number * max(TIMES, 1),
        derandomize=not TIMES,
        database=None,
        print_blob=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        **options,
    )
