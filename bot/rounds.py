"""Open, remind, close, send out: the work that time brings. Our rows say what is due; a wake-up only asks them."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot import ending, retention
from bot.digest import facts_of, without_unshared
from bot.local import day_and_time, opening
from bot.retention import Jobs
from digests import close_round as freeze
from digests import seal
from digests.record import canonical
from flows.engine import Engine
from flows.plan import rotating_item
from flows.schedule import closing, reminder
from storage.db import truncate_wal
from storage.errors import Refused, Unavailable
from storage.keys import KeyStore
from storage.people import new_id
from storage.recovery import must_be_current
from storage.values import Due, Partnership, Round
from storage.work import Store, Work

FLOW = "weekly-pulse"
ROUNDS_IN_A_PERIOD = 4
WEEKLY_FROM = 20  # joined members; Source: results.md section 1
WORTH_SENDING = timedelta(hours=12)  # left of a round, or a late prompt is not sent; Source: promises F26
SENT_BY = timedelta(days=1)  # after this a digest's own sends are forgotten too
# After these, or beside them, rows are gone that must leave no copy.
_DELETES = ("tidy", "sweep", "destroy", "purge", "end")

PROMPT, REMIND, DIGEST = "prompt", "remind", "digest"


def newest(flows: Mapping[str, Engine], flow: str) -> Engine:
    """The newest published version of a flow."""
    return max((e for e in flows.values() if e.flow.id == flow), key=lambda e: e.flow.version)


def open_round(  # noqa: PLR0913  the parts of one opening
    work: Work, keys: KeyStore, flows: Mapping[str, Engine], partnership: Partnership, now: datetime, flow: str = FLOW
) -> Round:
    """Open the partnership's next round, ask every member, and plan what follows.

    Raises:
        Refused: one is open already; the partnership has ended.
    """
    must_be_current(work, partnership.id)
    last = work.rounds.latest(partnership.id)
    if work.partnerships.get(partnership.id).ended:  # looked up behind the lock that an ending takes too
        message = f"{partnership.name} has ended, so no round opens any more."
        raise Refused(message)
    if last is not None and not last.closed:
        closes = day_and_time(last.closes_at, partnership.timezone)
        message = f"Round {last.number} of {partnership.name} is open already. It closes on {closes}."
        raise Refused(message)
    if last is None or work.rounds.is_over(last.period):
        work.people.take_new_seats(partnership.id)
    new = _next(work, newest(flows, flow), partnership, last, now)
    if new.place == 1:
        keys.make_period_key(new.period)
    work.rounds.begin(new)
    work.runs.begin(new.id, list(work.rounds.active_members(partnership.id)))
    work.rounds.plan(
        Due("prompt", new.id, now),
        Due("remind", new.id, new.reminds_at),
        Due("close", new.id, new.closes_at),
        Due("open", partnership.id, opening(new.closes_at, partnership)),
    )
    return new


def _next(work: Work, engine: Engine, partnership: Partnership, last: Round | None, now: datetime) -> Round:
    number = work.rounds.next_number(partnership.id)
    starts = last is None or work.rounds.is_over(last.period)
    joined = work.people.count_joined(partnership.id)
    return Round(
        id=new_id(),
        partnership=partnership.id,
        number=number,
        period=new_id() if starts else last.period,  # type: ignore[union-attr]  # starts covers None
        period_number=(last.period_number if last else 0) + (1 if starts else 0),
        place=1 if starts else last.place + 1,  # type: ignore[union-attr]  # starts covers None
        mode=("weekly" if joined >= WEEKLY_FROM else "four-weekly") if starts else last.mode,  # type: ignore[union-attr]  # same
        flow=engine.flow.ref,
        rotating=rotating_item(engine.flow, number),
        opened_at=now,
        reminds_at=reminder(now, partnership.timezone),
        closes_at=closing(now, partnership.timezone),
        closed=False,
        split=partnership.split if starts else last.split,  # type: ignore[union-attr]  # same
        limits=work.limits if starts else last.limits,  # type: ignore[union-attr]  # same
    )


def remind_now(work: Work, partnership: Partnership, now: datetime) -> Round:
    """Bring the reminder forward; a member who had it gets no second one.

    Raises:
        Refused: no round is open.
    """
    current = must_be_open(work, partnership)
    work.rounds.plan(Due("remind", current.id, now))
    return current


def close_now(work: Work, flows: Mapping[str, Engine], partnership: Partnership, now: datetime) -> Round:
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
        message = f"No round of {partnership.name} is open. `pulse round open {partnership.id}` opens one."
        raise Refused(message)
    return current


def close_round(work: Work, flows: Mapping[str, Engine], current: Round, now: datetime) -> None:
    """Freeze the round's digest and forget who answered it, in the caller's one transaction.

    With the fourth round the period ends: its ballots go now, its key as soon as this is committed.
    """
    partnership = work.partnerships.get(current.partnership)
    must_be_current(work, partnership.id)
    work.runs.save()  # steps taken in this transaction count
    work.rounds.lock_runs(current.id)
    ballots = work.rounds.ballots(partnership.id, current.period)
    digest = freeze(facts_of(work, flows, partnership, current, ballots))
    record, previous = digest.to_record(), work.rounds.last_seal(partnership.id)
    work.rounds.freeze(current, canonical(record).decode(), previous, seal(record, previous))
    work.audit.add(now.date(), "clock", "digest_frozen", partnership.id)
    work.rounds.told_corrections(partnership.id)
    if current.place == ROUNDS_IN_A_PERIOD:
        replied = work.rounds.repliers(partnership.id, current.period)
        work.people.note_heard_at_period_close(partnership.id, replied, now.date())
        work.audit.tell_totals(now.date())
    else:
        flow = flows[current.flow].flow
        work.rounds.rewrite(current.period, without_unshared(ballots, current.place, flow))
    work.rounds.close(current)
    for kind in ("prompt", "remind", "close"):
        work.rounds.done(Due(kind, current.id, now))
    work.rounds.plan(Due("digest", current.id, now), Due("tidy", current.id, now))
    if current.place == ROUNDS_IN_A_PERIOD:
        work.rounds.plan(Due("destroy", current.period, now))
    work.rounds.plan(Due("open", partnership.id, opening(now, partnership)))


def run_due(store: Store, flows: Mapping[str, Engine], jobs: Jobs, now: datetime) -> int:
    """Do everything that is due, each in its own transaction; how many things were done.

    A thing done by another process meanwhile is left alone. A thing that fails stays due.

    Raises: what kept the first of them from being done, once all others are.
    """
    with store.work() as work:
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


def _do_once(store: Store, flows: Mapping[str, Engine], jobs: Jobs, due: Due, now: datetime) -> bool:
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
    """Destroy the keys of the periods that have ended, and remember the new digests, without waiting for the bot."""
    with store.work() as work:
        for due in work.rounds.due(now):
            closed = work.rounds.get(due.subject) if due.kind == DIGEST else None
            if closed:
                _keep_anchor(work, store.keys, closed)
            if due.kind == "destroy" and work.rounds.done(due):
                store.keys.destroy_period_key(due.subject)
                work.audit.add(now.date(), "clock", "period_key_destroyed", due.subject)
    truncate_wal(store.database)


def _do(work: Work, keys: KeyStore, flows: Mapping[str, Engine], jobs: Jobs, due: Due, now: datetime) -> None:  # noqa: PLR0913  the parts of one wake-up
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
        case "destroy":
            keys.destroy_period_key(due.subject)
            work.audit.add(now.date(), "clock", "period_key_destroyed", due.subject)


def _keep_anchor(work: Work, keys: KeyStore, closed: Round) -> None:
    # Before anybody reads it: a copy of the answers that is older than this shows itself from now on.
    frozen = work.rounds.digests(closed.partnership, closed.number, most=1)[-1]
    keys.keep_anchor(closed.partnership, frozen.number, frozen.seal)


def _open_by_clock(work: Work, keys: KeyStore, flows: Mapping[str, Engine], ident: str, now: datetime) -> None:
    partnership = work.partnerships.get(ident)
    current = work.rounds.open_of(ident)
    if current is None and work.rounds.active_members(ident):
        open_round(work, keys, flows, partnership, now)
    else:
        work.rounds.plan(Due("open", ident, opening(max(now, current.closes_at) if current else now, partnership)))
