"""Instants as local words, for people."""

from datetime import datetime
from zoneinfo import ZoneInfo

from flows.schedule import next_opening, parse_at
from storage.values import Partnership


def day_and_time(instant: datetime, zone: str) -> str:
    """Such as "Friday 5 June at 10:00"."""
    there = instant.astimezone(ZoneInfo(zone))
    return f"{there:%A} {there.day} {there:%B at %H:%M}"


def opening(after: datetime, partnership: Partnership) -> datetime:
    """When the partnership's next round opens by its clock, strictly after `after`."""
    return next_opening(after, partnership.weekday, parse_at(partnership.at), partnership.timezone)


def opening_after(after: datetime, partnership: Partnership) -> str:
    """The same in local words."""
    return day_and_time(opening(after, partnership), partnership.timezone)
