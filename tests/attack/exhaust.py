"""Trying every pattern of scores, with whatever cannot be cut off early: the last word where both sides are stuck."""

from collections.abc import Sequence
from random import Random

from attack.choices import Room
from attack.pins import Values, narrow_all
from attack.problem import QUARTER, Problem, Sum
from digests import score

NODES = 250
"""So many cases are looked at before giving up."""

GUESSES = 6


class GaveUp(Exception):
    """Too many cases: nothing is known."""


def another(problem: Problem, goal: Sum, room: Sequence[Room], rng: Random) -> list[int] | None:
    """Scores within `room` that fit everything seen, and the goal.

    Returns: None where there are none.
    Raises: GaveUp: there may be some.
    """
    sums = [Sum(problem.in_scores(each.terms), each.low, each.high) for each in (*problem.sums, goal)]
    values = [(2 << high) - (1 << low) if low <= high else 0 for low, high in room]
    return _Cases(problem, sums, rng).solve(values)


class _Cases:
    def __init__(self, problem: Problem, sums: Sequence[Sum], rng: Random) -> None:
        self.problem, self.sums, self.rng = problem, sums, rng
        self.words = [
            (a.code, [problem.in_scores(terms) for terms in a.outsiders], a.insiders) for a in problem.agreements
        ]
        self.nodes = 0

    def solve(self, values: Values) -> list[int] | None:
        self.nodes += 1
        if self.nodes > NODES:
            raise GaveUp
        if not all(values) or not narrow_all(self.sums, values):
            return None
        open_ = [unknown for unknown, bits in enumerate(values) if bits & (bits - 1)]
        tight = [each for each in self.sums if not _met(each, values)]
        if not tight:
            guess = self._guess(values)
            if guess is not None or not open_:
                return guess
        tightest = min(tight, key=lambda each: len(each.terms), default=None)
        among = [
            unknown for unknown in (tightest.terms if tightest else open_) if values[unknown] & (values[unknown] - 1)
        ]
        unknown = self.rng.choice(among or open_)
        options = [value for value in range(values[unknown].bit_length()) if values[unknown] >> value & 1]
        self.rng.shuffle(options)
        for value in options:
            case = list(values)
            case[unknown] = 1 << value
            found = self.solve(case)
            if found is not None:
                return found
        return None

    def _guess(self, values: Values) -> list[int] | None:
        """Any scores will do for the figures; look for some that give the same words too."""
        for _ in range(GUESSES if self.words else 1):
            scores = [
                self.rng.choice([value for value in range(bits.bit_length()) if bits >> value & 1]) for bits in values
            ]
            if all(code == _words(outsiders, insiders, scores) for code, outsiders, insiders in self.words):
                return scores
        return None


def _words(outsiders: Sequence[dict[int, int]], insiders: Sequence[int], scores: Sequence[int]) -> str:
    means = [sum(weight * scores[unknown] for unknown, weight in terms.items()) for terms in outsiders]
    return score.agreement([QUARTER * mean for mean in (*means, *insiders)])


def _met(each: Sum, values: Values) -> bool:
    """Whether a sum holds whatever its open scores are."""
    low = sum(
        weight * ((values[unknown] & -values[unknown]).bit_length() - 1) for unknown, weight in each.terms.items()
    )
    high = sum(weight * (values[unknown].bit_length() - 1) for unknown, weight in each.terms.items())
    return each.low <= low and high <= each.high
