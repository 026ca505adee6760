"""Counting what was pinned, printing it, and saying whether it is too much."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from attack.doubt import HIDDEN, MEAN, SCORE
from attack.pins import prove
from attack.settle import settle
from attack.sight import View, as_told, longer_views, unchanging_views, views
from attack.weaker import exactly, threshold_alone
from attack.world import LEAST_WEEKLY, SIZES, Closed, Partnership, live, organisations_by_size

ORDINARY, LONGER, STRESS = "ordinary", "longer check-ins", "stress"
EXACT, ROUNDED, RULES = "threshold alone, not rounded", "threshold alone, rounded", "all rules, not rounded"
CONTROLS = (EXACT, ROUNDED, RULES)
STRESS_EVERY, CONTROL_EVERY = 10, 5
"""One in so many partnerships lives again in these runs."""

NAMES = {SCORE: "outsiders' answers", MEAN: "outsiders' means", HIDDEN: "hidden groups"}
MOST = {
    (ORDINARY, HIDDEN): 0.5,
    (ORDINARY, SCORE): 1.0,
    (ORDINARY, MEAN): 1.0,
    (LONGER, HIDDEN): 0.5,
    (LONGER, SCORE): 1.0,
    (STRESS, HIDDEN): 5.0,
    (STRESS, SCORE): 5.0,
}
"""Percent.   Source: results.md section 3; a person's mean over a period is held to the line of single answers."""

LEAST_CONTROL = 60
"""Percent of hidden groups (20 or more joined) that must be pinned without the rules, or the intruder is too weak."""


@dataclass(slots=True)
class Tally:
    """How many secrets of each kind there were, were pinned, and were settled neither way.

    Shapes: (run, kind, joined) -> number.
    """

    asked: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    pinned: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    unsettled: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    partnerships: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Tally") -> None:
        """Take in what another process counted."""
        self.asked += other.asked
        self.pinned += other.pinned
        self.unsettled += other.unsettled
        self.partnerships += other.partnerships

    def row(self, run: str, kind: str, sizes: Iterable[int]) -> tuple[int, int, int]:
        """Asked, pinned and unsettled."""
        keys = [(run, kind, size) for size in sizes]
        return tuple(sum(each[key] for key in keys) for each in (self.asked, self.pinned, self.unsettled))


@dataclass(frozen=True, slots=True)
class Case:
    """One made-up partnership: everything in it follows from these numbers."""

    number: int
    seed: int
    rounds: int

    @property
    def joined(self) -> int:
        """How many have joined at the start."""
        return SIZES[self.number % len(SIZES)]

    def chance(self, run: str) -> Random:
        """Chance that comes out the same again."""
        return Random(f"{self.seed} {self.number} {run}")  # noqa: S311  a made-up world needs no secrecy

    def live(self, run: str) -> list[Closed]:
        """The partnership's closed rounds."""
        made = Partnership(self.chance(run), self.joined, unchanging=run == STRESS, declared=run in CONTROLS)
        return live(made, self.rounds)

    def intruder(self, closed: list[Closed]) -> str:
        """In every other partnership the organisation with the most replies, else any other one."""
        first, *others = organisations_by_size(closed) or [""]
        return self.chance("intruder").choice(others) if others and self.number % 2 else first


def attack(number: int, seed: int, rounds: int) -> Tally:
    """Attack one made-up partnership, and some of them in the other runs as well."""
    tally, case = Tally(), Case(number, seed, rounds)
    _judge(tally, ORDINARY, case, views)
    turn = number // len(SIZES)
    if turn % STRESS_EVERY == 0:
        _judge(tally, STRESS, case, unchanging_views)
    if turn % CONTROL_EVERY == 0:
        _judge(tally, LONGER, case, longer_views)
        _control(tally, case)
    return tally


def _judge(tally: Tally, run: str, case: Case, look: Callable[[list[Closed], str], Iterable[View]]) -> None:
    closed, rng = case.live(run), case.chance("search")
    tally.partnerships[run] += 1
    for view in look(closed, case.intruder(closed)):
        for kind, verdict in settle(view, rng).items():
            key = run, kind, case.joined
            tally.asked[key] += verdict.asked
            tally.pinned[key] += len(verdict.pinned)
            tally.unsettled[key] += len(verdict.unsettled)


def _control(tally: Tally, case: Case) -> None:
    with threshold_alone():
        bare = case.live(EXACT)
    ruled = case.live(EXACT)
    for run, closed, reading in ((EXACT, bare, exactly), (ROUNDED, bare, as_told), (RULES, ruled, exactly)):
        tally.partnerships[run] += 1
        for view in views(closed, case.intruder(closed), reading=reading):
            proof = prove(view.problem)
            for kind, asked, pinned in (
                (HIDDEN, len(view.problem.hidden), proof.hidden),
                (SCORE, view.problem.scores, proof.scores),
            ):
                tally.asked[run, kind, case.joined] += asked
                tally.pinned[run, kind, case.joined] += len(pinned)


def over(tally: Tally) -> list[str]:
    """What is over the line, in words; nothing where the gate is passed.

    In the ordinary run whatever is not proved to be in doubt counts as pinned; in the stress run, from 20
    joined, what is proved to be pinned.
    """
    found = []
    for (run, kind), most in MOST.items():
        asked, pinned, unsettled = tally.row(run, kind, _gated(run))
        counted = pinned + unsettled if run == ORDINARY else pinned
        if 100 * counted > most * asked:
            found.append(f"{run} run: {counted} of {asked} {NAMES[kind]} are over {most:g} %")
        if not asked:
            found.append(f"{run} run: no {NAMES[kind]} at all, so nothing is shown")
    asked, pinned, _ = tally.row(EXACT, HIDDEN, _gated(STRESS))
    if 100 * pinned < LEAST_CONTROL * asked or not asked:
        found.append(
            f"the intruder is too weak: with no rule but a threshold it pins {pinned} of {asked} hidden groups"
        )
    return found


def _gated(run: str) -> list[int]:
    return [size for size in SIZES if run != STRESS or size >= LEAST_WEEKLY]


def table(tally: Tally, say: Callable[[str], None]) -> None:
    """Every figure, with what it is out of."""
    for run in (ORDINARY, LONGER, STRESS, *CONTROLS):
        say(f"\n{run}: {tally.partnerships[run]} partnerships")
        say(f"{'':20}{'joined':>8}{'of':>10}{'pinned':>9}{'':9}{'unsettled':>10}{'at most':>12}")
        for kind in (HIDDEN, SCORE, MEAN):
            rows = [(str(size), [size]) for size in SIZES]
            rows.append(("20+", [size for size in SIZES if size >= LEAST_WEEKLY]))
            for name, sizes in (*rows, ("all", list(SIZES))):
                asked, pinned, unsettled = tally.row(run, kind, sizes)
                if asked:
                    gate = f"   gate {MOST[run, kind]:g} %" if sizes == _gated(run) and (run, kind) in MOST else ""
                    say(
                        f"{NAMES[kind]:20}{name:>8}{asked:>10}{pinned:>9}{100 * pinned / asked:>8.2f}%"
                        f"{unsettled:>10}{100 * (pinned + unsettled) / asked:>11.2f}%{gate}"
                    )
