"""Closing a round of 50 members: ballots opened, figures frozen, rows deleted, all of it committed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.engine import first_choice
from benchmarks.pulse import install, seed
from bot.rounds import close_now, must_be_open, open_round
from flows.engine import Engine, engines
from flows.events import Tapped
from flows.run import DONE
from storage.runs import started
from storage.values import Partnership
from storage.work import Store, Work

MEMBERS, ROUNDS = 50, 12


@dataclass(frozen=True, slots=True)
class Closing:
    """Units: milliseconds. `period` is every fourth round, which freezes the period's figures too."""

    usual: float
    period: float


def measure(folder: Path) -> Closing:
    """Answer and close twelve rounds in turn."""
    store, flows, now = install(folder), engines(), datetime.now(UTC)
    took: dict[bool, list[float]] = {False: [], True: []}
    try:
        partnership = seed(store, "Bench", range(MEMBERS), now)
        for number in range(1, ROUNDS + 1):
            if number > 1:
                with store.work() as work:
                    open_round(work, store.keys, flows, partnership, now)
            with store.work() as work:
                _answer(work, flows, partnership)
            took[number % 4 == 0].append(_close(store, flows, partnership, now))
            now += timedelta(days=7)
    finally:
        store.dispose()
    return Closing(median(took[False]) * 1000, median(took[True]) * 1000)


def _close(store: Store, flows: dict[str, Engine], partnership: Partnership, now: datetime) -> float:
    begin = perf_counter()
    with store.work() as work:
        close_now(work, flows, partnership, now)
    return perf_counter() - begin


def _answer(work: Work, flows: dict[str, Engine], partnership: Partnership) -> None:
    """Everybody answers everything, each a little differently."""
    must_be_open(work, partnership)
    for place, member in enumerate(work.rounds.active_members(partnership.id)):
        found = work.runs.of_member(member)
        assert found is not None  # noqa: S101  the round asked everybody
        engine = flows[found.run.flow]
        run = started(found.run, engine.first(found.run.id, found.run.rotating).state)
        while run.state != DONE:
            run, _ = engine.step(run, Tapped(run.turn, first_choice(engine, run, place + run.turn)))
        work.runs.advance(found, run)
