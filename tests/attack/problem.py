"""What an intruder writes down: unknown scores, and sums of them that the digests give away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digests import score

TOP = 4
"""The highest score in quarters of the scale: an unknown is 0, 1, 2, 3 or 4."""

UNIT = 12
"""A person's mean over up to four answers is whole in twelfths of a quarter."""

QUARTER = 25
"""Points in a quarter of the scale."""


@dataclass(frozen=True, slots=True)
class Sum:
    """`low` <= the sum of weight x unknown <= `high`.

    Units: twelfths of a quarter of the scale (25 points are 12).
    """

    terms: Mapping[int, int]
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Hidden:
    """A group's figure that was not shown: `known` comes from the intruders in it, the rest from unknowns."""

    terms: Mapping[int, int]
    known: int
    people: int

    def open(self) -> bool:
        """Whether the intruders' own answers leave it open at all, before any digest."""
        return self.figure(0) != self.figure(sum(weight * TOP for weight in self.terms.values()))

    def figure(self, unknown: int) -> int:
        """What would have been shown if the unknowns came to `unknown`.   Units: twelfths -> points."""
        return shown(self.known + unknown, self.people)


@dataclass(frozen=True, slots=True)
class Agreement:
    """Words on how far people agree: one weighted sum of unknowns for each outsider, and the insiders' means."""

    code: str
    outsiders: Sequence[Mapping[int, int]]
    insiders: Sequence[int]


@dataclass(frozen=True, slots=True)
class Problem:
    """All that one kind of answer leaves open to one intruder.

    Shapes: the unknowns 0 to `scores` - 1 are single scores; those after are `totals`, each the sum of the
        scores named; `means` gives one person's sum of answers each, as an unknown. `ceilings` holds scores
        that told choices cap.
    """

    scores: int
    totals: Sequence[Sequence[int]]
    means: Sequence[int]
    sums: Sequence[Sum]
    hidden: Sequence[Hidden]
    agreements: Sequence[Agreement]
    ceilings: Mapping[int, int]

    def in_scores(self, terms: Mapping[int, int]) -> dict[int, int]:
        """The same sum with every total replaced by its scores."""
        found: dict[int, int] = {}
        for unknown, weight in terms.items():
            parts = (unknown,) if unknown < self.scores else self.totals[unknown - self.scores]
            for part in parts:
                found[part] = found.get(part, 0) + weight
        return found


def shown(total: int, people: int) -> int:
    """A figure as the product shows it.   Units: twelfths of a quarter, summed over people -> points."""
    return score.shown(QUARTER * total, people)


def reach(points: int, people: int) -> tuple[int, int]:
    """The least and the greatest sum over people that is shown as `points`.

    Units: points -> twelfths of a quarter.
    """
    step = 5 if people >= score.LARGE else 10
    low = 0 if points <= step else _up((2 * points - step) * UNIT * people, 2 * QUARTER)
    high = TOP * UNIT * people
    return low, high if points >= 100 - step else _up((2 * points + step) * UNIT * people, 2 * QUARTER) - 1


def _up(value: int, by: int) -> int:
    return -(-value // by)
