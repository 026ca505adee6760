"""From ballots to a figure that may be kept: exact fractions in, whole numbers out; it decides nothing."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from digests.disclose import kept
from digests.record import Ballot, Figure

STRONG, TALK, CARE = "strong", "talk", "care"
BANDS = ((75, STRONG), (50, TALK), (0, CARE))
"""Lowest points of each band, best first.   Source: results.md section 2."""

LARGE = 20
"""From so many respondents a figure is rounded to fives, below to tens.   Source: results.md section 2."""


@dataclass(frozen=True, slots=True)
class Respondent:
    """One person with at least one scored answer to the question, and their own mean over its rounds."""

    organisation: str
    mean: Fraction


def respondents(ballots: Iterable[Ballot], item: str, places: Iterable[int]) -> tuple[Respondent, ...]:
    """The people who gave `item` a scored answer at any of `places`.

    Shapes: (members,) ballots -> (n,) respondents.   Units: points, 0 to 100, exact.
    """
    wanted = tuple(places)
    found = []
    for ballot in ballots:
        asked = (ballot.scores.get(place, {}).get(item) for place in wanted)
        scores = [score for score in asked if score is not None]
        if scores:
            found.append(Respondent(ballot.organisation, Fraction(sum(scores), len(scores))))
    return tuple(found)


def theme_figure(people: Sequence[Respondent], rounds: int) -> Figure:
    """The shown figure of one question for everyone.

    Shapes: (n,) people, n >= 1 -> one figure.   Units: points, rounded as `shown` says.
    """
    points = shown(sum((person.mean for person in people), Fraction(0)) / len(people), len(people))
    return Figure(points, band(points), kept(len(people)), rounds)


def shown(mean: Fraction, people: int) -> int:
    """A mean as it is shown: rounded half up, then clipped.

    Units: points; tens in 10..90 below 20 people, fives in 5..95 from 20.   Source: results.md section 2.
    """
    step = 5 if people >= LARGE else 10
    rounded = (2 * mean + step) // (2 * step) * step
    return int(min(max(rounded, step), 100 - step))


def band(points: int) -> str:
    """The band of a shown figure."""
    return next(code for least, code in BANDS if points >= least)
