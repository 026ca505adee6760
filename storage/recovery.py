"""Putting right what a copy brought back does not know: digests that went out since, and people who were forgotten."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from flows.schedule import next_opening, parse_at
from storage.audit import CLOCK
from storage.db import truncate_wal
from storage.errors import BadKey, Forked, Refused
from storage.keys import Anchor
from storage.people import KEYS_FACT
from storage.pools import CLEAR
from storage.tables import (
    BallotRow,
    DigestRow,
    DueRow,
    FactRow,
    MemberRow,
    PartnershipRow,
    PeriodRow,
    PersonRow,
    RoundRow,
)
from storage.values import Due, Round
from storage.work import Store, Work

_PARTNERSHIP = PartnershipRow.__table__  # type: ignore[attr-defined]
_PERIOD = PeriodRow.__table__  # type: ignore[attr-defined]
_ROUND = RoundRow.__table__  # type: ignore[attr-defined]
_BALLOT = BallotRow.__table__  # type: ignore[attr-defined]
_DIGEST = DigestRow.__table__  # type: ignore[attr-defined]
_DUE = DueRow.__table__  # type: ignore[attr-defined]
_FACT = FactRow.__table__  # type: ignore[attr-defined]
_PERSON = PersonRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]
_AT_ONCE = 1_000  # people read at a time, and forgotten in one transaction
_CAUGHT_UP = "caught_up"  # a fact: for each partnership, the last lost digest that its copy was put right after
_LEAVES_NO_LIST = ("tidy", "sweep")  # work on a closed round that deletes; all other work on one sends


@dataclass(frozen=True, slots=True)
class Dropped:
    """A period that ended before its time, with the numbers of the rounds it had."""

    partnership: str
    number: int
    rounds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a start put right: the partnerships whose copy was older than their last digest, and how many people."""

    older: tuple[str, ...] = ()
    forgotten: int = 0


def recover(store: Store, now: datetime) -> Recovered:
    """Compare the main database with the key store, and put right what an older copy does not know.

    For each start, before anything is sent. Where nothing was brought back, nothing is changed.

    Raises:
        BadKey: these are not its keys, or an open period has none; nothing was written.
        Forked: two copies have been running; nothing was written.
    """
    with store.work() as work:
        behind = must_be_whole(work)
        if work.partnerships.fact(KEYS_FACT) is None:
            work.partnerships.keep_fact(KEYS_FACT, store.keys.mark())
        lost = [ident for ident, number in behind.items() if _stands_before(work, ident, number)]
    _destroy_idle_keys(store, lost, now)  # first: cut short after it, the next start still sees what is to be done
    _settle_pools(store, now)
    older = tuple(ident for ident, number in behind.items() if _catch_up(store, ident, number, now))
    forgotten = _forget_again(store)
    if older or forgotten:
        truncate_wal(store.database)
    return Recovered(older, forgotten)


def must_be_whole(work: Work) -> dict[str, int]:
    """Check that database and key store belong together, and that every open period can be read.

    Returns: the partnerships a digest of which went out that is not in this database, with that digest's number.

    Raises:
        BadKey: these are not its keys, or an open period has none.
        Forked: two copies have been running.
    """
    work.must_fit()
    behind = _behind(work)
    _must_have_keys(work, behind)
    return behind


def must_be_current(work: Work, partnership: str) -> None:
    """Check, in the transaction that opens or closes a round, that the newest digest came from this database.

    Raises:
        BadKey: these are not its keys; nothing was written.
        Forked: two copies have been running.
        Refused: it is an older copy, and no start has put it right yet.
    """
    work.must_fit()
    anchor = work.keys.anchor(partnership)
    if anchor is None or not _is_missing(work, partnership, anchor):
        return
    if _stands_before(work, partnership, anchor.number) and _open_periods(work, partnership):
        message = (
            f"This database is a copy from before the last digest of {partnership} went out. "
            "Start the bot once: it gives up what the copy holds of that time. Then try again."
        )
        raise Refused(message)


def open_period(work: Work, partnership: str) -> Dropped | None:
    """What `drop_period` would end; None where no period is open."""
    found = _open_periods(work, partnership)
    return _as_dropped(work.rounds.of_period(found[-1])) if found else None


def drop_period(work: Work, partnership: str, now: datetime) -> Dropped | None:
    """End the open period without a digest: its answers are deleted unread, and its key is due to be destroyed.

    Frozen digests and the next opening stay. None where no period is open.
    """
    dropped = open_period(work, partnership)
    for period in _open_periods(work, partnership):
        for round_ in work.rounds.of_period(period):
            if not round_.closed:
                work.rounds.close(round_)
                for kind in ("prompt", "remind", "close"):
                    work.rounds.done(Due(kind, round_.id, now))
                work.rounds.plan(Due("tidy", round_.id, now))
        work.connection.execute(delete(_BALLOT).where(_BALLOT.c.period_id == period))
        work.connection.execute(update(_PERIOD).where(_PERIOD.c.id == period).values(closed=True))
        work.rounds.plan(Due("destroy", period, now))
    return dropped


def _as_dropped(rounds: Sequence[Round]) -> Dropped:
    return Dropped(rounds[0].partnership, rounds[0].period_number, tuple(r.number for r in rounds))


def _open_periods(work: Work, partnership: str) -> list[str]:
    mine = (_PERIOD.c.partnership_id == partnership, _PERIOD.c.closed.is_(False))
    return list(work.connection.scalars(select(_PERIOD.c.id).where(*mine).order_by(_PERIOD.c.number)))


# --- older copies


def _behind(work: Work) -> dict[str, int]:
    here = set(work.connection.scalars(select(_PARTNERSHIP.c.id)))
    anchors = {ident: anchor for ident, anchor in work.keys.anchors().items() if ident in here}
    return {ident: anchor.number for ident, anchor in anchors.items() if _is_missing(work, ident, anchor)}


def _is_missing(work: Work, partnership: str, anchor: Anchor) -> bool:
    """Whether this digest, which went out, is not in this database.

    Raises:
        Forked: another digest of its number is.
    """
    upto = work.frozen.digests(partnership, anchor.number, most=1)
    if not upto or upto[-1].number < anchor.number:
        return True
    if upto[-1].seal != anchor.seal:
        raise Forked(partnership, anchor.number)
    return False


def _stands_before(work: Work, partnership: str, number: int) -> bool:
    """Whether no round has been opened since that digest's."""
    latest = work.rounds.latest(partnership)
    return latest is None or latest.number <= number


def _must_have_keys(work: Work, behind: Collection[str]) -> None:
    have = work.keys.periods()
    for partnership in work.partnerships.all():
        lost = [p for p in _open_periods(work, partnership.id) if p not in have]
        if lost and partnership.id not in behind:
            message = (
                f"The key store holds no key for the open period of {partnership.name}: its answers cannot be read. "
                "Restore the key store's backup. If there is none, "
                f"`pulse round drop {partnership.id} --yes` gives them up, and a new period can begin."
            )
            raise BadKey(message)


def _catch_up(store: Store, ident: str, number: int, now: datetime) -> bool:
    """Give up what the copy holds of the time before digest `number`; whether there was anything."""
    with store.work() as work:
        rounds = select(_ROUND.c.id).where(_ROUND.c.partnership_id == ident, _ROUND.c.number <= number)
        unsent = _DUE.c.kind.not_in(_LEAVES_NO_LIST) & _DUE.c.subject.in_(rounds)
        found = work.connection.execute(delete(_DUE).where(unsent)).rowcount > 0
        if _stands_before(work, ident, number):
            found |= drop_period(work, ident, now) is not None
            found |= _move_opening(work, ident, number, now)
        if found:
            work.audit.add(now.date(), CLOCK, "older_copy_found", ident)
    return found


def _move_opening(work: Work, ident: str, number: int, now: datetime) -> bool:
    """Plan the next opening by the clock where it was due: it may have been opened, and nobody is asked twice.

    Once after each lost digest: an opening that is due at a later start is this database's own, and only late.
    """
    caught_up = json.loads(work.partnerships.fact(_CAUGHT_UP) or "{}")
    if caught_up.get(ident) == number:
        return False
    work.partnerships.keep_fact(_CAUGHT_UP, json.dumps(caught_up | {ident: number}))
    planned = work.rounds.planned("open", ident)
    if planned is None or planned > now:
        return False
    partnership = work.partnerships.get(ident)
    opens = next_opening(now, partnership.weekday, parse_at(partnership.at), partnership.timezone)
    work.rounds.plan(Due("open", ident, opens))
    return True


def _destroy_idle_keys(store: Store, lost: Collection[str], now: datetime) -> None:
    """Destroy the keys of periods that are over: a key store brought back has them again.

    Where a copy is older than its partnership's last digest, those too of periods that only the lost database knew,
    and of those that are to be given up.
    """
    with store.work() as work:
        # Whoever opens a round holds this row until it is there; so no key is just waiting for its period.
        work.connection.execute(select(_FACT.c.value).where(_FACT.c.name == KEYS_FACT).with_for_update())
        have, theirs = store.keys.periods(), (_PERIOD.c.closed.is_(False), _PERIOD.c.partnership_id.in_(lost))
        closed = dict(map(tuple, work.connection.execute(select(_PERIOD.c.id, _PERIOD.c.closed))))
        over = {period for period in have if closed.get(period, bool(lost))}
        given_up = have & set(work.connection.scalars(select(_PERIOD.c.id).where(*theirs)))  # noted when it is
        for period in over | given_up:
            store.keys.destroy_period_key(period)
        for period in sorted(over):
            work.rounds.done(Due("destroy", period, now))
            work.audit.add(now.date(), CLOCK, "period_key_destroyed", period)


def _settle_pools(store: Store, now: datetime) -> None:
    """Give up the pools that no key opens: they were told or deleted since this copy was made, or the key was lost.

    The keys of pools that are not there any more go too.
    """
    with store.work() as work:
        # Whoever makes a pool holds this row until it is there; so no key is just waiting for its pool.
        work.connection.execute(select(_FACT.c.value).where(_FACT.c.name == KEYS_FACT).with_for_update())
        for partnership in work.pools.drop_lost().values():
            work.audit.add(now.date(), CLOCK, "pool_given_up", partnership)
        for pool in sorted(store.keys.pools() - work.pools.ids()):
            store.keys.destroy_pool_key(pool)
            work.rounds.done(Due(CLEAR, pool, now))
            work.audit.add(now.date(), CLOCK, "pool_key_destroyed", pool)


# --- people who were forgotten


def _forget_again(store: Store) -> int:
    ids = select(_PERSON.c.id).execution_options(yield_per=_AT_ONCE)
    with store.work() as work, work.connection.scalars(ids) as everybody:
        erased = sorted(store.keys.erased_among(everybody))
    for start in range(0, len(erased), _AT_ONCE):
        with store.work() as work:
            for person in erased[start : start + _AT_ONCE]:
                member = work.connection.scalar(select(_MEMBER.c.id).where(_MEMBER.c.person_id == person))
                if member is not None:
                    work.rounds.forget(member)
                    work.pools.forget(member)
                work.people.forget(person)
    return len(erased)
