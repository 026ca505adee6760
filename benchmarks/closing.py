"""Closing: ballots opened, figures frozen, rows and keys destroyed, all of it committed."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from sqlalchemy import Connection, text

from benchmarks.engine import first_choice
from benchmarks.pulse import install, seed
from bot.digest import parts
from bot.rounds import close_now, open_round, run_due
from bot.shelf import Shelf
from flows.events import Tapped
from flows.run import DONE
from storage.runs import started
from storage.values import Partnership
from storage.work import Store

MEMBERS, ROUNDS = 50, 12
LARGE = 1000
YOUNG, OLD = 10, 1000
MANY = 500
_PAIRS = 15
_TOGETHER = 500  # check-ins answered in one transaction


class _NoSends:
    """Who would be sent what is another measurement."""

    def add(self, connection: Connection, kind: str, round_id: str, people: Iterable[str]) -> None:
        """Send nothing."""

    def forget(self, round_id: str) -> None:
        """Nothing was sent."""

    def forget_before(self, instant: datetime) -> None:
        """Nothing was sent."""


@dataclass(frozen=True, slots=True)
class Closing:
    """Units: milliseconds. `period` is every fourth round, which freezes the period's figures too."""

    usual: float
    period: float


def measure(folder: Path) -> Closing:
    """Answer and close twelve rounds of one partnership in turn."""
    usual, period = _rounds(folder, MEMBERS, ROUNDS)
    return Closing(median(usual) * 1000, median(period) * 1000)


def large(folder: Path) -> float:
    """Close a period of 1,000 members with four answered rounds. Units: seconds."""
    return median(_rounds(folder, LARGE, 4)[1])


def _rounds(folder: Path, members: int, rounds: int) -> tuple[list[float], list[float]]:
    store, flows, now = install(folder), Shelf(), datetime.now(UTC)
    took: dict[bool, list[float]] = {False: [], True: []}
    try:
        partnership = seed(store, "Bench", range(members), now)
        for number in range(1, rounds + 1):
            if number > 1:
                _open(store, flows, partnership, now)
            _answer(store, flows)
            took[number % 4 == 0].append(_close(store, flows, partnership, now))
            now += timedelta(days=7)
    finally:
        store.dispose()
    return took[False], took[True]


@dataclass(frozen=True, slots=True)
class Ageing:
    """Closing a round and drawing its words, after few and after many rounds. Units: milliseconds."""

    young: float
    old: float
    ratio: float


def ageing(folder: Path) -> Ageing:
    """Two partnerships, one with 10 closed rounds and one with 1,000, closed in turn; the median of the pairs."""
    flows, now = Shelf(), datetime.now(UTC)
    stores = [install(folder / name) for name in ("young", "old")]
    try:
        places = [seed(store, "Bench", range(20), now) for store in stores]
        for store, place, rounds in zip(stores, places, (YOUNG, OLD), strict=True):
            for _ in range(rounds):
                _close(store, flows, place, now)
                _open(store, flows, place, now)
        pairs = [tuple(_digest(s, flows, p, now) for s, p in zip(stores, places, strict=True)) for _ in range(_PAIRS)]
    finally:
        for store in stores:
            store.dispose()
    young, old = zip(*pairs, strict=True)
    return Ageing(median(young) * 1000, median(old) * 1000, median(b / a for a, b in pairs))


def many(folder: Path) -> float:
    """Close a period of 500 partnerships of 50 people, as the clock does it. Units: seconds."""
    store, flows, now = install(folder), Shelf(), datetime.now(UTC)
    try:
        places = [seed(store, f"Bench {n}", range(n * MEMBERS, (n + 1) * MEMBERS), now) for n in range(MANY)]
        for number in range(1, 5):
            _answer(store, flows)
            if number < 4:
                for place in places:
                    _close(store, flows, place, now)
                    _open(store, flows, place, now)
        begin = perf_counter()
        late = now + timedelta(days=6, hours=2)  # two hours: a clock change may lie between
        run_due(store, flows, _NoSends(), late)
        run_due(store, flows, _NoSends(), late)  # what closing planned: keys go, jobs are queued
        took = perf_counter() - begin
        with store.work() as work:
            still = work.connection.execute(text("SELECT count(*) FROM ballot")).scalar_one()
            frozen = work.connection.execute(text("SELECT count(*) FROM digest")).scalar_one()
    finally:
        store.dispose()
    if still or frozen != 4 * MANY:
        message = f"{frozen} digests were frozen and {still} ballots are left: not what should have been measured"
        raise ValueError(message)
    return took


def _open(store: Store, flows: Shelf, partnership: Partnership, now: datetime) -> None:
    with store.work() as work:
        open_round(work, store.keys, flows, partnership, now)


def _close(store: Store, flows: Shelf, partnership: Partnership, now: datetime) -> float:
    begin = perf_counter()
    with store.work() as work:
        close_now(work, flows, partnership, now)
    return perf_counter() - begin


def _digest(store: Store, flows: Shelf, partnership: Partnership, now: datetime) -> float:
    """Answer, close, and draw the digest's words; answering does not count."""
    _answer(store, flows)
    begin = perf_counter()
    _close(store, flows, partnership, now)
    with store.work() as work:
        parts(flows, partnership, work.frozen.digests(partnership.id)[-1])
    took = perf_counter() - begin
    _open(store, flows, partnership, now)
    return took


def _answer(store: Store, flows: Shelf) -> None:
    """Everybody answers everything in every open round, each a little differently."""
    with store.work() as work:
        runs = list(work.connection.scalars(text("SELECT id FROM run WHERE NOT finished ORDER BY round_id, member_id")))
    for start in range(0, len(runs), _TOGETHER):
        with store.work() as work:
            work.runs.load(runs[start : start + _TOGETHER])
            for place, ident in enumerate(runs[start : start + _TOGETHER]):
                found = work.runs.get(ident)
                assert found is not None  # noqa: S101  its round is open
                engine = flows[found.run.flow]
                run = started(found.run, engine.first(found.run.id, found.run.rotating).state)
                while run.state != DONE:
                    run, _ = engine.step(run, Tapped(run.turn, first_choice(engine, run, place + run.turn)))
                work.runs.advance(found, run)
