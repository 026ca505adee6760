"""When a member was last heard of: days alone, sealed, so that nobody reads off who replied, or who was asked."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from storage.crypto import seal, unseal

SILENCE = timedelta(days=90)  # since the last sign of life; then the member is asked once.  Source: promises D10
TO_ANSWER = timedelta(days=14)  # since being asked; then the place is deleted
STOPPED = timedelta(days=90)  # since /stop; then the place is deleted.  Source: promises D10

KEEP, ASK, DELETE = "keep", "ask", "delete"

_WIDTH = 80  # of every note alike: its length must not tell how many days it holds
_HEARD = slice(11, 21)  # where the first day stands in the note


@dataclass(frozen=True, slots=True)
class Days:
    """The days of the last sign of life, of being asked to stay, and of stopping."""

    heard: date
    asked: date | None = None
    stopped: date | None = None


def seal_days(key: bytes, member: str, days: Days) -> bytes:
    """The days as they are kept: bound to the member, and of one length for everybody."""
    kept = {"heard": days.heard, "asked": days.asked, "stopped": days.stopped}
    note = json.dumps({name: day.isoformat() for name, day in kept.items() if day is not None})
    return seal(key, note.ljust(_WIDTH).encode(), _place(member))


def open_days(key: bytes, member: str, sealed: bytes) -> Days:
    """What `seal_days` hid.

    Raises:
        Tampered: altered, or another member's.
    """
    note = json.loads(unseal(key, sealed, _place(member)))
    return Days(**{name: date.fromisoformat(day) for name, day in note.items()})


def heard_since(key: bytes, member: str, sealed: bytes, day: date) -> bool:
    """Whether the last sign of life came after `day`: the same question without reading the rest, for a million.

    Raises:
        Tampered: altered, or another member's.
    """
    return unseal(key, sealed, _place(member))[_HEARD].decode() > day.isoformat()


def verdict(state: str, days: Days, today: date) -> str:
    """What is to be done about a member: KEEP, ASK whether they want to stay, or DELETE."""
    if state == "stopped":
        return DELETE if today - (days.stopped or days.heard) >= STOPPED else KEEP
    if today - days.heard < SILENCE:
        return KEEP
    if state == "blocked":
        return DELETE  # they cannot be asked
    if days.asked is None:
        return ASK
    return DELETE if today - days.asked >= TO_ANSWER else KEEP


def _place(member: str) -> bytes:
    return f"heard:{member}".encode()
