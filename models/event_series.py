"""A series in words: "Every 2 weeks on Monday and Friday until 2026-12-31".

Source: https://learn.microsoft.com/graph/api/resources/patternedrecurrence
"""

from odoo.tools import format_date, format_list


def series_words(env, recurrence):
    """What a series repeats and until when, in the language of ``env``.

    :param recurrence: Graph's ``patternedRecurrence``; anything else gives ""
    """
    pattern = recurrence.get("pattern") if isinstance(recurrence, dict) else None
    if not isinstance(pattern, dict):
        return ""
    words = _WORDS.get(str(pattern.get("type")).lower())
    if not words:
        return env._("Series")
    repeats = words(env, pattern, _count(pattern.get("interval")))
    bounds = recurrence.get("range")
    return _until(env, repeats, bounds if isinstance(bounds, dict) else {})


def _until(env, repeats, bounds):
    kind = str(bounds.get("type")).lower()
    if kind == "enddate":
        try:
            end = format_date(env, str(bounds.get("endDate"))[:10])
        except ValueError:
            return repeats
        return env._("%(repeats)s until %(date)s", repeats=repeats, date=end)
    if kind == "numbered":
        times = _count(bounds.get("numberOfOccurrences"))
        return env._("%(repeats)s, %(count)s times", repeats=repeats, count=times)
    return repeats


def _daily(env, _pattern, every):
    return env._("Every day") if every == 1 else env._("Every %s days", every)


def _weekly(env, pattern, every):
    days = _days(env, pattern)
    if not days:
        return env._("Every week") if every == 1 else env._("Every %s weeks", every)
    if every == 1:
        return env._("Every week on %s", days)
    return env._("Every %(count)s weeks on %(days)s", count=every, days=days)


def _absolute_monthly(env, pattern, every):
    day = _count(pattern.get("dayOfMonth"))
    if every == 1:
        return env._("Every month on day %s", day)
    return env._("Every %(count)s months on day %(day)s", count=every, day=day)


def _relative_monthly(env, pattern, every):
    day = _place(env, pattern)
    if every == 1:
        return env._("Every month on %s", day)
    return env._("Every %(count)s months on %(day)s", count=every, day=day)


def _absolute_yearly(env, pattern, every):
    month, day = _month(env, pattern), _count(pattern.get("dayOfMonth"))
    if every == 1:
        return env._("Every year on %(month)s %(day)s", month=month, day=day)
    return env._(
        "Every %(count)s years on %(month)s %(day)s", count=every, month=month, day=day
    )


def _relative_yearly(env, pattern, every):
    month, day = _month(env, pattern), _place(env, pattern)
    if every == 1:
        return env._("Every year on %(day)s of %(month)s", month=month, day=day)
    return env._(
        "Every %(count)s years on %(day)s of %(month)s",
        count=every,
        month=month,
        day=day,
    )


_WORDS = {
    "daily": _daily,
    "weekly": _weekly,
    "absolutemonthly": _absolute_monthly,
    "relativemonthly": _relative_monthly,
    "absoluteyearly": _absolute_yearly,
    "relativeyearly": _relative_yearly,
}


def _count(value):
    return value if isinstance(value, int) and value > 0 else 1


def _days(env, pattern):
    """Days of the week, in the order of the week."""
    names = {
        "monday": env._("Monday"),
        "tuesday": env._("Tuesday"),
        "wednesday": env._("Wednesday"),
        "thursday": env._("Thursday"),
        "friday": env._("Friday"),
        "saturday": env._("Saturday"),
        "sunday": env._("Sunday"),
    }
    given = pattern.get("daysOfWeek")
    wanted = {str(day).lower() for day in given} if isinstance(given, list) else set()
    if len(wanted & names.keys()) == 7:
        return env._("each day")
    if wanted == set(names) - {"saturday", "sunday"}:
        return env._("weekdays")
    return format_list(env, [name for day, name in names.items() if day in wanted])


def _place(env, pattern):
    """ "the second Tuesday" """
    names = {
        "first": env._("the first %s", "{}"),
        "second": env._("the second %s", "{}"),
        "third": env._("the third %s", "{}"),
        "fourth": env._("the fourth %s", "{}"),
        "last": env._("the last %s", "{}"),
    }
    place = names.get(str(pattern.get("index")).lower(), names["first"])
    return place.format(_days(env, pattern) or env._("day"))


def _month(env, pattern):
    names = (
        env._("January"),
        env._("February"),
        env._("March"),
        env._("April"),
        env._("May"),
        env._("June"),
        env._("July"),
        env._("August"),
        env._("September"),
        env._("October"),
        env._("November"),
        env._("December"),
    )
    return names[min(_count(pattern.get("month")), 12) - 1]
