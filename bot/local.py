"""Instants as local words, for people, in the language spoken now."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.languages import ENGLISH, locale
from bot.speech import language, say
from flows.schedule import next_opening, parse_at
from storage.values import Partnership


def day_and_time(instant: datetime, zone: str) -> str:
    """Such as "Friday 5 June at 10:00"."""
    there = instant.astimezone(ZoneInfo(zone))
    return say("{day} at {time}", day=day(there.date()), time=f"{there:%H:%M}")


def day(when: date) -> str:
    """Such as "Friday 5 June": the day in full as the language writes it, without the year at its end."""
    there = locale(language())
    pattern = "EEEE d MMMM" if language() == ENGLISH else there.date_formats["full"].pattern.rstrip(" ,،y")
    return format_date(when, pattern, locale=there)


def opening(after: datetime, partnership: Partnership) -> datetime:
    """When the partnership's next round opens by its clock, strictly after `after`."""
    return next_opening(after, partnership.weekday, parse_at(partnership.at), partnership.timezone)


def opening_after(after: datetime, partnership: Partnership) -> str:
    """The same in local words."""
    return day_and_time(opening(after, partnership), partnership.timezone)
