"""Local time, and the only place where it lives: from a weekly rule to instants, which are always UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from flows.errors import BadSchedule, nearest

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
OPEN_DAYS = 6
REMINDER_DAYS = 3
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
# Names that mean another place on every machine, or none at all.
_NOWHERE = {"localtime", "posixrules", "Factory"}


def next_opening(after: datetime, weekday: int, at: time, zone: str) -> datetime:
    """The first instant strictly after `after` that is `weekday` at `at` in `zone`.

    A time that a clock change leaves out moves on by the length of the gap; of a time that comes twice,
    the first is meant. Each local day has one opening at most.

    Units: `weekday` is 0 on Monday to 6 on Sunday; aware instants, the result in UTC.

    Raises:
        ValueError: `after` is naive, or `weekday` is no day.
    """
    if weekday not in range(7):
        problem = f"a weekday is 0 to 6, not {weekday}"
        raise ValueError(problem)
    today = local_date(after, zone)
    # From yesterday: where a zone once skipped a whole day, that day's opening falls on the next.
    days = (today + timedelta(days=ahead) for ahead in range(-1, 15))
    instants = (_instant(day, at, zone) for day in days if day.weekday() == weekday)
    return next(instant for instant in instants if instant > after)


def closing(opened: datetime, zone: str) -> datetime:
    """When a round opened at `opened` closes: six days later at the same local time.

    Raises:
        ValueError: `opened` is naive.
    """
    return _days_later(opened, OPEN_DAYS, zone)


def reminder(opened: datetime, zone: str) -> datetime:
    """When a round opened at `opened` reminds: three days later at the same local time.

    Raises:
        ValueError: `opened` is naive.
    """
    return _days_later(opened, REMINDER_DAYS, zone)


def local_date(instant: datetime, zone: str) -> date:
    """The date on the wall in `zone` at `instant`.

    Raises:
        ValueError: `instant` is naive.
    """
    return _local(instant, zone).date()


def weekday(name: str) -> int:
    """The number of a day's English name, or of its first three letters; 0 is Monday.

    Raises:
        BadSchedule: that is no day.
    """
    wanted = name.strip().casefold()
    for number, day in enumerate(DAYS):
        if wanted in (day.casefold(), day[:3].casefold()):
            return number
    hint = nearest(wanted, DAYS)
    remedy = f"Did you mean {hint}?" if hint else f"Use one of: {', '.join(DAYS)}."
    problem = f"{name!r} is no day of the week. {remedy}"
    raise BadSchedule(problem)


def parse_at(text: str) -> time:
    """The time of day written as "10:00", on a 24-hour clock.

    Raises:
        BadSchedule: that is no time of day.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        problem = f"{text!r} is no time of day. Write hours and minutes like 10:00, from 00:00 to 23:59."
        raise BadSchedule(problem)
    return time(int(match[1]), int(match[2]))


def check_zone(name: str) -> str:
    """`name`, if it is a time zone such as "Europe/London".

    Raises:
        BadSchedule: that is no time zone.
    """
    if name in _zones():
        return name
    cities = {zone.rsplit("/", 1)[-1]: zone for zone in sorted(_zones())}
    full = nearest(name, _zones())
    city = nearest(name.rsplit("/", 1)[-1].replace(" ", "_"), cities)
    hints = dict.fromkeys(hint for hint in (full, cities[city] if city else None) if hint)
    remedy = f"Did you mean {' or '.join(hints)}?" if hints else "Write it like Europe/London."
    problem = f"{name!r} is no time zone. {remedy}"
    raise BadSchedule(problem)


def _days_later(instant: datetime, days: int, zone: str) -> datetime:
    local = _local(instant, zone)
    return _instant(local.date() + timedelta(days=days), local.time().replace(fold=0), zone)


def _local(instant: datetime, zone: str) -> datetime:
    if instant.tzinfo is None:
        problem = f"{instant} is naive; instants are aware"
        raise ValueError(problem)
    return instant.astimezone(ZoneInfo(zone))


def _instant(day: date, at: time, zone: str) -> datetime:
    # The way through UTC turns a time inside a gap into the same instant on the new clock.
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones() - _NOWHERE)
