"""The defender: another world that would have given the very same digests, so that nobody can be sure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from random import Random

from attack.choices import Room
from attack.exhaust import GaveUp, another
from attack.problem import QUARTER, TOP, UNIT, Problem, Sum
from attack.sight import View
from digests import score

ROOMS, TRIES, STEPS = 3, 1, 120
"""How many ways of choosing are tried, how often a world is mended in each, and in how many steps at most."""

A_FEW = 16
"""So many steps are compared where only words are still wrong, for that is slow."""

SCORE, MEAN, HIDDEN = "score", "mean", "hidden"

Wanted = tuple[Mapping[int, int], int, int]
"""Scores and their weights, whose sum is to be no more than the first number or no less than the second."""

Change = tuple[tuple[int, int], ...]
"""Scores that change, and by how many quarters of the scale."""


@dataclass(slots=True)
class World:
    """Scores that give the same digests as the true ones, or are on the way there.

    Shapes: `up` and `down` say, per sum, how much more and how much less it could be; either is below nothing
        while a world is being mended. `means` and `wrong` hold, per words on agreement, everybody's means and
        how far the words are from those told. `parts` says, per score, which means it is in, and its weight.
    Units: twelfths of a quarter; means in twelfths of a point.
    """

    problem: Problem
    scores: list[int]
    room: Sequence[Room]
    sums: list[Sum] = field(default_factory=list)
    touching: list[list[tuple[int, int]]] = field(default_factory=list)
    up: list[int] = field(default_factory=list)
    down: list[int] = field(default_factory=list)
    means: list[list[int]] = field(default_factory=list)
    parts: list[list[tuple[int, int, int]]] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.touching = [[] for _ in self.scores]
        for each in self.problem.sums:
            self.ask(each)
        self.parts = [[] for _ in self.scores]
        for place, words in enumerate(self.problem.agreements):
            outsiders = [self.problem.in_scores(terms) for terms in words.outsiders]
            for person, terms in enumerate(outsiders):
                for unknown, weight in terms.items():
                    self.parts[unknown].append((place, person, QUARTER * weight))
            means = [*(_come_to(terms, self.scores) for terms in outsiders), *words.insiders]
            self.means.append([QUARTER * mean for mean in means])
            self.wrong.append(off_by(words.code, self.means[-1]))

    def ask(self, each: Sum) -> None:
        """Ask for one more thing of this world."""
        terms = self.problem.in_scores(each.terms)
        for unknown, weight in terms.items():
            self.touching[unknown].append((len(self.sums), weight))
        self.sums.append(Sum(terms, each.low, each.high))
        now = sum(weight * self.scores[unknown] for unknown, weight in terms.items())
        self.up.append(each.high - now)
        self.down.append(now - each.low)

    def make(self, change: Change) -> None:
        """Change these scores."""
        for unknown, by in change:
            self.scores[unknown] += by
            for place, weight in self.touching[unknown]:
                self.up[place] -= weight * by
                self.down[place] += weight * by
            for place, person, weight in self.parts[unknown]:
                self.means[place][person] += weight * by
                self.wrong[place] = off_by(self.problem.agreements[place].code, self.means[place])

    def allows(self, change: Change) -> bool:
        """Whether the digests stay the same after `change`."""
        return self.has_room(change) and self.off(change) == 0

    def has_room(self, change: Change) -> bool:
        """Whether the choices and the figures stay the same after `change`."""
        moved: dict[int, int] = {}
        for unknown, by in change:
            low, high = self.room[unknown]
            if not low <= self.scores[unknown] + by <= high:
                return False
            for place, weight in self.touching[unknown]:
                moved[place] = moved.get(place, 0) + weight * by
        return all(-self.down[place] <= by <= self.up[place] for place, by in moved.items())

    def off(self, change: Change = ()) -> int:
        """How far the words on agreement are from what was told, after `change`; 0 where they are the same."""
        changed: dict[int, list[int]] = {}
        for unknown, by in change:
            for place, person, weight in self.parts[unknown]:
                changed.setdefault(place, self.means[place].copy())[person] += weight * by
        return sum(
            off_by(words.code, changed[place]) if place in changed else self.wrong[place]
            for place, words in enumerate(self.problem.agreements)
        )


def off_by(code: str, means: Sequence[int]) -> int:
    """How far these means are from giving `code`, 0 where they do: something that shrinks on the way there."""
    return 0 if score.agreement(means) == code else 1 + _distance(code, means)


def _distance(code: str, means: Sequence[int]) -> int:
    """How far these means are from giving `code`: something that shrinks on the way there."""
    step = QUARTER * UNIT
    median = sorted(means)[len(means) // 2]
    spread = 100 * sum(abs(mean - median) for mean in means) // (step * len(means))
    ends = min(sum(mean <= step for mean in means), sum(mean >= 3 * step for mean in means))
    if code == score.SPLIT:
        return 100 * len(means) - ends
    over = 100 * max(ends - (len(means) - 1) // 4, 0) if ends >= 3 else 0
    if code == score.AGREE:
        return over + max(spread - 60, 0)
    if code == score.VARY:
        return over + max(spread - 83, 60 - spread, 0)
    return over + max(83 - spread, 0)


class Search:
    """Finds other worlds from the true one; whatever it finds has been checked against everything seen.

    `found` holds the scores of each, and which arrangement of choices goes with them.
    """

    def __init__(self, view: View, rng: Random) -> None:
        self.view, self.rng = view, rng
        self.problem, self.truth = view.problem, view.truth
        self.found: list[tuple[Sequence[int], int]] = []
        self._true: dict[int, World] = {}

    def wanted(self, kind: str, place: int) -> Wanted:
        """What another world would have: of a score, a person's mean, or a hidden group's figure."""
        if kind == HIDDEN:
            group = self.problem.hidden[place]
            terms = self.problem.in_scores(group.terms)
            now, top = _come_to(terms, self.truth), _highest(terms) + 1
            figure = group.figure(now)
            low = next((total for total in range(now, -1, -1) if group.figure(total) != figure), -1)
            return terms, low, next((total for total in range(now, top) if group.figure(total) != figure), top)
        terms = self.problem.in_scores({place if kind == SCORE else self.problem.means[place]: 1})
        now = _come_to(terms, self.truth)
        return terms, now - 1, now + 1

    def other(self, wanted: Wanted, *, hard: bool) -> bool:
        """Whether there is such a world; only a `hard` search mends worlds step by step, and tries all patterns."""
        terms, low, high = wanted
        if any(not low < _come_to(terms, scores) < high for scores, _ in self.found):
            return True
        goals = _goals(terms, low, high)
        return bool(goals) and (
            any(self._simply(terms, room, low, high) for room in range(ROOMS if hard else 1))
            or (hard and (self._mended(goals) or any(self._exhaust(goal, 0) for goal in goals)))
        )

    def impossible(self, wanted: Wanted) -> bool:
        """Whether every pattern of scores was tried, and none is such a world."""
        anything = [(0, TOP)] * self.problem.scores
        try:
            return all(another(self.problem, goal, anything, self.rng) is None for goal in _goals(*wanted))
        except GaveUp:
            return False

    def _exhaust(self, goal: Sum, room: int) -> bool:
        try:
            scores = another(self.problem, goal, self._at(room).room, self.rng)
        except GaveUp:
            return False
        if scores is not None:
            self.found.append((scores, room))
        return scores is not None

    def _mended(self, goals: Sequence[Sum]) -> bool:
        return any(self._mend(goal, room) for _ in range(TRIES) for room in range(ROOMS) for goal in goals)

    def _at(self, room: int) -> World:
        if room not in self._true:
            self._true[room] = World(self.problem, list(self.truth), self.view.room(room))
        return self._true[room]

    def _simply(self, terms: Mapping[int, int], room: int, low: int, high: int) -> bool:
        """Try to change one of the scores by a quarter, alone or against any one other score."""
        now, world = _come_to(terms, self.truth), self._at(room)
        ones = [
            (unknown, by)
            for unknown, weight in terms.items()
            for by in (1, -1)
            if not low < now + weight * by < high
            and world.room[unknown][0] <= self.truth[unknown] + by <= world.room[unknown][1]
        ]
        others = [unknown for unknown in range(self.problem.scores) if unknown not in terms]
        self.rng.shuffle(others)
        changes: Iterable[Change] = chain(
            ((one,) for one in ones), ((one, (other, -one[1])) for one in ones for other in others)
        )
        change = next((change for change in changes if world.allows(change)), None)
        if change is None:
            return False
        scores = list(self.truth)
        for unknown, by in change:
            scores[unknown] += by
        self.found.append((scores, room))
        return True

    def _mend(self, goal: Sum, room: int) -> bool:
        """Ask for another value, and mend what that breaks, one score at a time."""
        starts = [self.truth, *(scores for scores, at in self.found if at == room)]
        world = World(self.problem, list(self.rng.choice(starts)), self._at(room).room)
        world.ask(goal)
        tabu: dict[tuple[int, int], int] = {}
        for step in range(STEPS):
            broken = [place for place in range(len(world.sums)) if world.up[place] < 0 or world.down[place] < 0]
            if not broken:
                if world.off() == 0:
                    self.found.append((list(world.scores), room))
                    return True
                if not self._reword(world):
                    return False
                continue
            free = [change for change in self._steps(world, broken) if tabu.get(change, -1) < step]
            if not free:
                return False
            best = min(free, key=lambda change: self._cost(world, change))
            world.make((best,))
            tabu[best[0], -best[1]] = step + self.rng.randint(2, 6)
        return False

    def _reword(self, world: World) -> bool:
        """Come nearer to the words without touching a figure, one score alone or two against each other."""
        singles = [(unknown, by) for unknown in range(self.problem.scores) for by in (1, -1)]
        ones: list[Change] = [(one,) for one in self.rng.sample(singles, min(len(singles), A_FEW))]
        twos: list[Change] = [
            ((one, 1), (other, -1))
            for one, other in (self.rng.choices(range(self.problem.scores), k=2) for _ in range(2 * A_FEW))
            if one != other
        ]
        free = [change for change in (*ones, *twos) if world.has_room(change)]
        if free:
            world.make(min(free, key=lambda change: world.off(change) + 3 * self.rng.random()))
        return bool(free)

    def _steps(self, world: World, broken: Sequence[int]) -> list[tuple[int, int]]:
        """The scores that may change to mend one of the broken sums."""
        place = self.rng.choice(broken)
        up = 1 if world.down[place] < 0 else -1
        steps = [(unknown, up if weight > 0 else -up) for unknown, weight in world.sums[place].terms.items()]
        return [
            (unknown, by)
            for unknown, by in steps
            if world.room[unknown][0] <= world.scores[unknown] + by <= world.room[unknown][1]
        ]

    def _cost(self, world: World, change: tuple[int, int]) -> float:
        """What is broken after a change, less what was before, and a little chance."""
        unknown, by = change
        cost = self.rng.random()
        for place, weight in world.touching[unknown]:
            up, down = world.up[place], world.down[place]
            cost -= max(-up, 0) + max(-down, 0)
            up, down = up - weight * by, down + weight * by
            cost += max(-up, 0) + max(-down, 0)
        return cost


def _goals(terms: Mapping[int, int], low: int, high: int) -> list[Sum]:
    both = Sum(terms, 0, low), Sum(terms, high, _highest(terms))
    return [goal for goal in both if goal.low <= goal.high]


def _come_to(terms: Mapping[int, int], scores: Sequence[int]) -> int:
    return sum(weight * scores[unknown] for unknown, weight in terms.items())


def _highest(terms: Mapping[int, int]) -> int:
    return sum(weight * TOP for weight in terms.values())
