"""Open, remind, close, send out: the work that time brings. Our rows say what is due; a wake-up only asks them."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot import ending, pooling, retention
from bot.digest import facts_of, without_unshared
from bot.local import day_and_time, opening
from bot.retention import Jobs
from bot.shelf import Shelf
from bot.speech import say
from bot.spoken import freshen
from digests import close_round as freeze
from digests import seal
from digests.record import canonical
from flows.plan import INDUCTION, WEEKLY, asks_induction, check_in, rotating_item
from flows.schedule import closing, reminder
from storage.db import truncate_wal
from storage.errors import Refused, Unavailable
from storage.keys import KeyStore
from storage.people import new_id
from storage.pools import CLEAR
from storage.published import id_of
from storage.recovery import must_be_current
from storage.rounds import OpenedBallot
from storage.values import Due, Partnership, Round
from storage.work import Store, Work

ROUNDS_IN_A_PERIOD = 4
WEEKLY_FROM = 20  # joined members; Source: results.md section 1
WORTH_SENDING = timedelta(hours=12)  # left of a round, or a late prompt is not sent; Source: promises F26
SENT_BY = timedelta(days=1)  # after this a digest's own sends are forgotten too
# After these, or beside them, rows are gone that must leave no copy.
_DELETES = ("tidy", "sweep", "destroy", CLEAR, "purge", "end")

PROMPT, REMIND, DIGEST = "prompt", "remind", "digest"


def open_round(  # noqa: PLR0913  the parts of one opening
    work: Work, keys: KeyStore, flows: Shelf, partnership: Partnership, now: datetime, flow: str | None = None
) -> Round:
    """Open the partnership's next round, ask every member, and plan what follows.

    It asks the newest version of `flow`; of what the partnership's calendar has where that is None.

    Raises:
        Refused: one is open already; the partnership has ended.
        NotFound: there is no such flow.
    """
    must_be_current(work, partnership.id)
    last = work.rounds.latest(partnership.id)
    if work.partnerships.get(partnership.id).ended:  # looked up behind the lock that an ending takes too
        message = say("{partnership} has ended, so no round opens any more.", partnership=partnership.name)
        raise Refused(message)
    if last is not None and not last.closed:
        closes = day_and_time(last.closes_at, partnership.timezone)
        message = say(
            "Round {number} of {partnership} is open already. It closes on {closes}.",
            number=last.number,
            partnership=partnership.name,
            closes=closes,
        )
        raise Refused(message)
    if last is None or work.rounds.is_over(last.period):
        work.people.take_new_seats(partnership.id)
    flows.know_all(work)
    new = _next(work, flows, partnership, last, now, flow)
    if new.place == 1:
        keys.make_period_key(new.period)
    own = _inductions(work, flows, partnership, new)
    for ref in sorted({new.flow, *own.values()}):
        flows.publish(work, flows[ref].flow, now.date())
    work.rounds.begin(new)
    work.runs.begin(new.id, list(work.rounds.active_members(partnership.id)), own)
    work.rounds.plan(
        Due("prompt", new.id, now),
        Due("remind", new.id, new.reminds_at),
        Due("close", new.id, new.closes_at),
        Due("open", partnership.id, opening(new.closes_at, partnership)),
    )
    return new


def _next(  # noqa: PLR0913  the parts of one opening
    work: Work, flows: Shelf, partnership: Partnership, last: Round | None, now: datetime, flow: str | None
) -> Round:
    number = work.rounds.next_number(partnership.id)
    starts = last is None or work.rounds.is_over(last.period)
    joined = work.people.count_joined(partnership.id)
    period_number = (last.period_number if last else 0) + (1 if starts else 0)
    place = 1 if starts else last.place + 1  # type: ignore[union-attr]  # starts covers None
    asks = flows.newest(flow or _by_calendar(partnership, period_number, place)).flow
    return Round(
        id=new_id(),
        partnership=partnership.id,
        number=number,
        period=new_id() if starts else last.period,  # type: ignore[union-attr]  # starts covers None
        period_number=period_number,
        place=place,
        mode=("weekly" if joined >= WEEKLY_FROM else "four-weekly") if starts else last.mode,  # type: ignore[union-attr]  # same
        flow=asks.ref,
        rotating=rotating_item(asks, work.rounds.asking(partnership.id, asks.id) + 1),
        opened_at=now,
        reminds_at=reminder(now, partnership.timezone),
        closes_at=closing(now, partnership.timezone),
        closed=False,
        split=partnership.split if starts else last.split,  # type: ignore[union-attr]  # same
        limits=work.limits if starts else last.limits,  # type: ignore[union-attr]  # same
    )


def _by_calendar(partnership: Partnership, period: int, place: int) -> str:
    return check_in(period, place) if partnership.calendar == "year" else WEEKLY


def _inductions(work: Work, flows: Shelf, partnership: Partnership, new: Round) -> dict[str, str]:
    """The members whose first weeks have an induction now, each with its flow. It goes with the year's calendar.

    Who was there when the first round opened did not join later, and is asked how the group was set up instead.
    """
    if partnership.calendar != "year":
        return {}
    opened = [(at.date(), id_of(ref)) for at, ref in [*work.rounds.opened(partnership.id), (new.opened_at, new.flow)]]
    founded, _ = opened[0]
    joined = {member: day for member, day in work.people.joiners(partnership.id).items() if day > founded}
    due = {day for day in set(joined.values()) if asks_induction([asked for at, asked in opened if at >= day])}
    return dict.fromkeys((m for m, day in joined.items() if day in due), flows.newest(INDUCTION).flow.ref)


def remind_now(work: Work, partnership: Partnership, now: datetime) -> Round:
    """Bring the reminder forward; a member who had it gets no second one.

    Raises:
        Refused: no round is open.
    """
    current = must_be_open(work, partnership)
    work.rounds.plan(Due("remind", current.id, now))
    return current


def close_now(work: Work, flows: Shelf, partnership: Partnership, now: datetime) -> Round:
    """Close the open round before its time, freeze its digest and plan its sending.

    Raises:
        Refused: no round is open.
    """
    current = must_be_open(work, partnership)
    close_round(work, flows, current, now)
    return current


def must_be_open(work: Work, partnership: Partnership) -> Round:
    """The open round.

    Raises:
        Refused: no round is open.
    """
    current = work.rounds.open_of(partnership.id)
    if current is None:
        none = say("No round of {partnership} is open.", partnership=partnership.name)
        message = f"{none} `pulse round open {partnership.id}` opens one."
        raise Refused(message)
    return current


def close_round(work: Work, flows: Shelf, current: Round, now: datetime) -> None:
    """Freeze the round's digest and forget who answered it, in the caller's one transaction.

    With the fourth round the period ends: its ballots go now, its key as soon as this is committed.
    """
    partnership = work.partnerships.get(current.partnership)
    must_be_current(work, partnership.id)
    work.runs.save()  # steps taken in this transaction count
    work.rounds.lock_runs(current.id)
    ballots = work.rounds.ballots(partnership.id, current.period)
    flows.know(work, _asked_in(work, current.period, ballots))
    ballots = pooling.hold_back(work, flows, current, ballots, now.date())
    pools = work.pools.opened(partnership.id) if current.place == ROUNDS_IN_A_PERIOD else ()
    flows.know(work, {pool.flow for pool in pools})
    digest = freeze(facts_of(work, flows, partnership, current, ballots, pools))
    record, previous = digest.to_record(), work.frozen.last_seal(partnership.id)
    work.frozen.freeze(current, canonical(record).decode(), previous, seal(record, previous))
    work.audit.add(now.date(), "clock", "digest_frozen", partnership.id)
    work.frozen.told_corrections(partnership.id)
    if current.place == ROUNDS_IN_A_PERIOD:
        replied = work.rounds.repliers(partnership.id, current.period)
        work.people.note_heard_at_period_close(partnership.id, replied, now.date())
        work.audit.tell_totals(now.date())
    else:
        work.rounds.rewrite(current.period, without_unshared(ballots, current, flows))
    work.rounds.close(current)
    for kind in ("prompt", "remind", "close"):
        work.rounds.done(Due(kind, current.id, now))
    work.rounds.plan(Due("digest", current.id, now), Due("tidy", current.id, now))
    if current.place == ROUNDS_IN_A_PERIOD:
        work.rounds.plan(Due("destroy", current.period, now))
        told = {each.flow for each in digest.sets if each.pooled}
        _empty(work, [pool.id for pool in pools if pool.flow in told], now)
    work.rounds.plan(Due("open", partnership.id, opening(now, partnership)))


def _empty(work: Work, pools: Sequence[str], now: datetime) -> None:
    """The digest has told what these pools held: it goes now, and their keys before anybody reads of it."""
    work.pools.drop(pools)
    work.rounds.plan(*(Due(CLEAR, pool, now) for pool in pools))


def _asked_in(work: Work, period: str, ballots: Sequence[OpenedBallot]) -> set[str]:
    """The flows whose answers these ballots hold: the rounds' and the members' own."""
    own = {kept["flow"] for ballot in ballots for kept in ballot.places.values() if "flow" in kept}
    return own | {round_.flow for round_ in work.rounds.of_period(period)}


def run_due(store: Store, flows: Shelf, jobs: Jobs, now: datetime) -> int:
    """Do everything that is due, each in its own transaction; how many things were done.

    A thing done by another process meanwhile is left alone. A thing that fails stays due.

    Raises: what kept the first of them from being done, once all others are.
    """
    with store.work() as work:
        freshen(work)
        waiting = work.rounds.due(now)
    done, failed = 0, None
    for due in waiting:
        try:
            done += _do_once(store, flows, jobs, due, now)
        except Unavailable:
            raise
        except Exception as exc:  # noqa: BLE001  one partnership's trouble must not stop the others
            failed = failed or exc
    if failed is not None:
        raise failed
    return done


def _do_once(store: Store, flows: Shelf, jobs: Jobs, due: Due, now: datetime) -> bool:
    with store.work() as work:
        if not work.rounds.done(due):
            return False
        if due.kind in retention.KINDS:
            retention.step(work, jobs, due, now)
        elif due.kind in ending.STEPS:
            ending.step(work, store.keys, jobs, due, now)
        else:
            _do(work, store.keys, flows, jobs, due, now)
    if due.kind in retention.STANDING:
        retention.do(store, jobs, due.kind, now)
    if due.kind in ("tidy", "sweep"):
        jobs.forget(due.subject)
    if due.kind in _DELETES:
        truncate_wal(store.database)
    return True


def destroy_due(store: Store, now: datetime) -> None:
    """Destroy the keys of what has ended, and remember the new digests, without waiting for the bot."""
    with store.work() as work:
        for due in work.rounds.due(now):
            closed = work.rounds.get(due.subject) if due.kind == DIGEST else None
            if closed:
                _keep_anchor(work, store.keys, closed)
            if due.kind in ("destroy", CLEAR) and work.rounds.done(due):
                _destroy(work, store.keys, due, now)
    truncate_wal(store.database)


def _do(work: Work, keys: KeyStore, flows: Shelf, jobs: Jobs, due: Due, now: datetime) -> None:  # noqa: PLR0913  the parts of one wake-up
    match due.kind:
        case "open":
            _open_by_clock(work, keys, flows, due.subject, now)
        case "prompt" | "remind":
            current = work.rounds.get(due.subject)
            if current and not current.closed and current.closes_at - now >= WORTH_SENDING:
                jobs.add(
                    work.connection, due.kind, current.id, work.rounds.active_members(current.partnership).values()
                )
        case "close":
            current = work.rounds.get(due.subject)
            if current and not current.closed:
                close_round(work, flows, current, now)
        case "digest":
            closed = work.rounds.get(due.subject)
            if closed:
                _keep_anchor(work, keys, closed)
                members = work.rounds.active_members(closed.partnership).values()
                everyone = dict.fromkeys([*members, *work.rounds.coordinators(closed.partnership)])
                jobs.add(work.connection, DIGEST, closed.id, everyone)
                work.rounds.plan(Due("sweep", closed.id, now + SENT_BY))
        case "sweep":
            work.rounds.forget_sends(due.subject)
        case "destroy" | "clear":
            _destroy(work, keys, due, now)


def _destroy(work: Work, keys: KeyStore, due: Due, now: datetime) -> None:
    of_pool = due.kind == CLEAR
    (keys.destroy_pool_key if of_pool else keys.destroy_period_key)(due.subject)
    work.audit.add(now.date(), "clock", "pool_key_destroyed" if of_pool else "period_key_destroyed", due.subject)


def _keep_anchor(work: Work, keys: KeyStore, closed: Round) -> None:
    # Before anybody reads it: a copy of the answers that is older than this shows itself from now on.
    frozen = work.frozen.digests(closed.partnership, closed.number, most=1)[-1]
    keys.keep_anchor(closed.partnership, frozen.number, frozen.seal)


def _open_by_clock(work: Work, keys: KeyStore, flows: Shelf, ident: str, now: datetime) -> None:
    partnership = work.partnerships.get(ident)
    current = work.rounds.open_of(ident)
    if current is None and work.rounds.active_members(ident):
        open_round(work, keys, flows, partnership, now)
    else:
        work.rounds.plan(Due("open", ident, opening(max(now, current.closes_at) if current else now, partnership)))
