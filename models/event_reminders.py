"""Reminders of Outlook, which are in minutes, as users of Odoo set them."""

# In minutes, the longest first.
UNITS = (("days", 24 * 60), ("hours", 60), ("minutes", 1))


def reminder_values(env, minutes):
    """Values of a ``calendar.alarm`` on the screen, named as Odoo's form names it.

    :param minutes: before the start, 0 or more
    """
    # At the start itself it is in 0 minutes, not in 0 days.
    whole = [each for each in UNITS if minutes and minutes % each[1] == 0]
    unit, length = (whole or UNITS[-1:])[0]
    alarms = env["calendar.alarm"]
    kinds, units = (
        dict(alarms._fields[name]._description_selection(env))
        for name in ("alarm_type", "interval")
    )
    number = minutes // length
    return {
        "name": f"{kinds['notification']} - {number} {units[unit]}",
        "alarm_type": "notification",
        "duration": number,
        "interval": unit,
    }
