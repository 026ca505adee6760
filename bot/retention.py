"""What is deleted when its time is over, every hour; and once a day, who has been silent for long."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from bot.channel import Button, Screen
from bot.logs import warn
from bot.words import words
from flows.schedule import next_opening, parse_at
from storage.audit import CLOCK
from storage.db import snapshot, truncate_wal
from storage.heard import ASK, DELETE
from storage.pools import CLEAR
from storage.retention import AUDIT, CLAIMS, Retention
from storage.values import Due, Partnership
from storage.work import Store, Work

RETAIN, SILENCE, STAY = "retain", "silence", "stay"
STANDING = (RETAIN, SILENCE)
"""The kinds of work that plan themselves anew, about nothing in particular."""
KINDS = (*STANDING, STAY)

_ABOUT = "all"
_HOUR = timedelta(hours=1)
_AFTER_MIDNIGHT = timedelta(minutes=5)
_AT_ONCE = 100  # places deleted in one transaction

_Answer = TypeVar("_Answer")


class Jobs(Protocol):
    """The durable queue, as the work that time brings sees it."""

    def add(self, connection: Connection, kind: str, round_id: str, people: Iterable[str]) -> None:
        """Send `kind` of the round to each person, once; part of the caller's transaction."""
        ...

    def forget(self, round_id: str) -> None:
        """Drop the finished jobs of a round."""
        ...

    def forget_before(self, instant: datetime) -> None:
        """Drop every finished job that is older."""
        ...


def begin(store: Store, now: datetime) -> None:
    """Plan the standing work from now on; what a crash cut short is taken up so."""
    # Another process that starts at this very moment plans the same.
    with suppress(IntegrityError), store.work() as work:
        work.rounds.plan(*(Due(kind, _ABOUT, now) for kind in STANDING))


def step(work: Work, jobs: Jobs, due: Due, now: datetime) -> None:
    """Plan standing work anew, each day's just after midnight (UTC); or send a partnership the question.

    Everybody in it has a job, and each is asked when it is sent: no list of the silent is kept.
    """
    match due.kind:
        case "stay":
            jobs.add(work.connection, STAY, due.subject, work.rounds.active_members(due.subject).values())
        case "retain":
            work.rounds.plan(Due(RETAIN, _ABOUT, now + _HOUR))
        case "silence":
            midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            work.rounds.plan(Due(SILENCE, _ABOUT, midnight + _AFTER_MIDNIGHT))


def do(store: Store, jobs: Jobs, kind: str, now: datetime) -> None:
    """Do standing work, in many short transactions: each may be the last, and the next time does the rest."""
    (purge if kind == RETAIN else silence)(store, jobs, now)
    for database in (store.database, store.keys.database):  # the key store's too: a reader may have kept it from it
        truncate_wal(database)


def purge(store: Store, jobs: Jobs, now: datetime) -> None:
    """Delete all that is over by the clock alone."""
    _in_one(store, lambda r: r.links(now))
    while _in_one(store, lambda r: r.claims(now)):
        pass
    while _in_one(store, lambda r: r.unfinished(now.date())):
        pass
    after: str | None = ""
    while after is not None:
        after = _in_one(store, partial(Retention.nobodies, after=after))
    with store.work() as work:
        for pool, partnership in work.pools.drop_old(now.date()).items():
            work.rounds.plan(Due(CLEAR, pool, now))
            work.audit.add(now.date(), CLOCK, "pool_given_up", partnership)
        work.audit.purge((now - AUDIT).date())
    jobs.forget_before(now - CLAIMS)


def silence(store: Store, jobs: Jobs, now: datetime) -> None:
    """Delete the places of those who were silent too long, and plan to ask those who may have gone quiet."""
    today, to_ask, after = now.date(), set[str](), ""
    while True:
        with snapshot(store.database) as connection:  # a look alone: nobody's tap waits for it
            page = Retention(connection, store.keys).silent(after, today)
        if page.unreadable:
            warn("heard_unreadable", members=page.unreadable)
        gone = [place.member for place in page.silent if place.verdict == DELETE]
        for start in range(0, len(gone), _AT_ONCE):
            with store.work() as work:
                deleted = Retention(work.connection, store.keys).delete_silent(gone[start : start + _AT_ONCE], today)
                if deleted:
                    work.audit.count("silent_deleted", deleted)
        to_ask |= {place.partnership for place in page.silent if place.verdict == ASK}
        if page.last is None:
            break
        after = page.last
    for partnership in sorted(to_ask):
        jobs.forget(partnership)  # an earlier question's jobs would stand in the way of new ones
        with store.work() as work:
            found = work.partnerships.get(partnership)
            if not found.ended:
                work.rounds.plan(Due(STAY, found.id, _by_day(found, now)))


def _by_day(partnership: Partnership, now: datetime) -> datetime:
    """The next time of day at which the partnership's check-ins open: nobody is asked in the night."""
    at = parse_at(partnership.at)
    return min(next_opening(now, weekday, at, partnership.timezone) for weekday in range(7))


def question() -> Screen:
    """Do you want to keep your place?"""
    return Screen(words.ASK_STAY, ((Button(words.STAY, "stay:"),), (Button(words.LEAVE, "forget:ask"),)))


def _in_one(store: Store, verb: Callable[[Retention], _Answer]) -> _Answer:
    with store.work() as work:
        return verb(Retention(work.connection, store.keys))
