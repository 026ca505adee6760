"""What was done, on which day and in which role: a chain that shows where it was touched. It names nobody."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, String, delete, func, insert, select, text, type_coerce, update

from digests import seal
from storage.partnerships import keep_fact
from storage.tables import AuditRow, FactRow

_AUDIT = AuditRow.__table__  # type: ignore[attr-defined]
_FACT = FactRow.__table__  # type: ignore[attr-defined]

OPERATOR, COORDINATOR, MEMBER, CLOCK = "operator", "coordinator", "member", "clock"
ACTORS = (OPERATOR, COORDINATOR, MEMBER, CLOCK)
"""Roles; the clock is the bot itself. Of members there are totals only."""

EVENTS = {
    "partnership_made": "set up a partnership",
    "partnership_ended": "ended a partnership",
    "member_link_made": "made an invite link for members",
    "coordinator_link_made": "made an invite link for a coordinator",
    "coordinator_joined": "became a coordinator",
    "coordinator_left": "stopped being a coordinator",
    "settings_changed": "changed a setting",
    "round_opened": "opened a round by hand",
    "round_closed": "closed a round by hand",
    "round_dropped": "dropped a round without a digest",
    "flow_published": "published a check-in",
    "texts_imported": "brought in words of another language",
    "digest_frozen": "froze a digest",
    "digest_exported": "printed a digest",
    "correction_made": "corrected a digest",
    "forgotten": "were deleted because they asked",
    "silent_deleted": "were deleted after a long silence",
    "keys_rotated": "changed the keys",
    "period_key_destroyed": "destroyed the key of a period",
    "pool_given_up": "deleted unread answers that were held for too long, or had lost their key",
    "pool_key_destroyed": "destroyed the key of answers that were held",
    "backup_made": "made a backup",
    "backup_restored": "restored a backup",
    "older_copy_found": "found that the database is an older copy",
}
"""All that is ever written down. A closed list: what is not on it cannot slip in."""

_HEAD, _FROM = "audit", "audit_from"  # facts: where the chain ends, and what the oldest kept entry follows
_TOTALS = {"forgotten": MEMBER, "silent_deleted": CLOCK}
_NO_SEAL = ""
_START = text("INSERT INTO fact (name, value) VALUES ('audit', '') ON CONFLICT (name) DO NOTHING")
_COUNT = text(
    "INSERT INTO fact (name, value) VALUES (:name, CAST(:more AS TEXT))"
    " ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(fact.value AS INTEGER) + :more AS TEXT)"
)
_ENTRIES = select(
    _AUDIT.c.number, type_coerce(_AUDIT.c.day, String).label("day"), _AUDIT.c.actor, _AUDIT.c.what, _AUDIT.c.about,
    _AUDIT.c.previous, _AUDIT.c.seal,
).order_by(_AUDIT.c.number)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing done.

    `about` is the id of a partnership, period or pool, a setting's name, a language, a day, a count, or nothing.
    """

    number: int
    day: str
    actor: str
    what: str
    about: str

    def sealed(self, previous: str) -> str:
        """The entry's link in the chain, after the link `previous`. Shape: 64 hexadecimal digits."""
        return seal(asdict(self), previous)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that does not fit, and why."""

    number: int
    why: str


def _entry(row: Any) -> Entry:
    return Entry(row.number, *map(str, (row.day, row.actor, row.what, row.about)))  # somebody may have put in bytes


class Audit:
    """The audit log, inside one transaction. Nothing is ever changed in it; the oldest entries may go."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._noted: list[tuple[str, str, str, str]] = []

    def add(self, day: date, actor: str, what: str, about: str = "") -> None:
        """Note what was done. `save` writes it last of all, so that the end of the chain is locked but briefly.

        Raises: ValueError: no such role or event (the caller's bug).
        """
        if actor not in ACTORS or what not in EVENTS:
            message = f"there is no role {actor!r} or no event {what!r} in the audit log"
            raise ValueError(message)
        self._noted.append((day.isoformat(), actor, what, about))

    def count(self, what: str, more: int = 1) -> None:
        """Count people without a day; `tell_totals` writes the total down.

        A day's total would mostly be 1, on the very day on which somebody known to have left did so.
        """
        if more:
            self._connection.execute(_COUNT, {"name": what, "more": more})

    def tell_totals(self, day: date) -> None:
        """Write down what was counted since the last time. Call it when a period closes."""
        for what, actor in _TOTALS.items():
            row = _FACT.c.name == what
            if total := self._connection.scalar(select(_FACT.c.value).where(row).with_for_update()):
                self._connection.execute(delete(_FACT).where(row))
                self.add(day, actor, what, str(total))

    def note_settings(self, day: date, **values: str) -> None:
        """Note each setting that is no longer what it was at the last start: its name, never its value."""
        for name, value in values.items():
            fact, now = f"set_{name}", sha256(value.encode()).hexdigest()
            before = self._connection.scalar(select(_FACT.c.value).where(_FACT.c.name == fact))
            if before != now:
                keep_fact(self._connection, fact, now)
            if before not in (None, now):
                self.add(day, OPERATOR, "settings_changed", name)

    def save(self) -> None:
        """Write what was noted to the end of the chain."""
        if not self._noted:
            return
        number, link = self._end()
        rows = []
        for noted in self._noted:
            entry, previous = Entry(number + 1, *noted), link
            number, link = entry.number, entry.sealed(previous)
            rows.append(asdict(entry) | {"day": date.fromisoformat(entry.day), "previous": previous, "seal": link})
        self._connection.execute(insert(_AUDIT), rows)
        self._connection.execute(update(_FACT).where(_FACT.c.name == _HEAD).values(value=f"{number} {link}"))
        self._noted.clear()

    def entries(self) -> Iterator[Entry]:
        """All entries that are kept, oldest first."""
        for row in self._connection.execute(_ENTRIES):
            yield _entry(row)

    def seals(self) -> dict[int, str]:
        """The seal of each entry that is kept, by its number."""
        return dict(map(tuple, self._connection.execute(select(_AUDIT.c.number, _AUDIT.c.seal))))

    def last(self) -> tuple[int, str]:
        """The number and seal of the newest entry: kept elsewhere, they show a chain that was made anew."""
        return self._kept(_HEAD) or (0, _NO_SEAL)

    def verify(self) -> Broken | None:
        """Walk the chain; None where every entry is the one that was written and none is missing."""
        head = self._kept(_HEAD)  # first, and locked: an entry written meanwhile would look like one put in
        number, link = self._kept(_FROM) or (0, _NO_SEAL)
        for row in self._connection.execute(_ENTRIES):
            number += 1
            if row.number != number:
                return Broken(number, "it is missing, or something else stands in its place")
            if row.previous != link:
                return Broken(number, "it does not follow the entry before it: one of the two was altered or put in")
            link = row.seal
            if link != _entry(row).sealed(row.previous):
                return Broken(number, "it was altered")
        if (head or (0, _NO_SEAL)) == (number, link):
            return None
        if head is None:
            return Broken(number, "the note that it is the last is gone")
        if head[0] > number:
            return Broken(number + 1, "it is missing: the end of the log was cut off")
        return Broken(min(head[0] + 1, number), "it is not the entry that the log ended with")

    def purge(self, before: date) -> int:
        """Delete the entries older than `before` from the beginning on; how many. The chain stays whole."""
        self.save()
        end, _ = self._end()
        first = self._connection.scalar(select(func.min(_AUDIT.c.number)).where(_AUDIT.c.day >= before))
        last = end if first is None else first - 1
        link = self._connection.scalar(select(_AUDIT.c.seal).where(_AUDIT.c.number == last))
        if link is None:
            return 0
        keep_fact(self._connection, _FROM, f"{last} {link}")
        return self._connection.execute(delete(_AUDIT).where(_AUDIT.c.number <= last)).rowcount

    def _end(self) -> tuple[int, str]:
        """What the next entry follows, locked until the transaction ends.

        A log that was tampered with must not stop the bot, nor be healed by what is written next: entries put
        in after its end are stepped over, and where the note of its end is gone, a number is left out.
        """
        self._connection.execute(_START)
        kept = self._kept(_HEAD)
        last = self._connection.scalar(select(func.max(_AUDIT.c.number))) or 0
        if kept is None:
            return (last + 1 if last else 0), _NO_SEAL
        return max(kept[0], last), kept[1]

    def _kept(self, fact: str) -> tuple[int, str] | None:
        value = self._connection.scalar(select(_FACT.c.value).where(_FACT.c.name == fact).with_for_update())
        number, _, link = (value or "").partition(" ")
        return (int(number), link) if number.isdecimal() else None
