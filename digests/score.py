"""From ballots to a figure that may be kept: whole numbers all the way; it decides nothing."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from digests.disclose import kept
from digests.facts import Ballot
from digests.record import Figure

STRONG, TALK, CARE = "strong", "talk", "care"
BANDS = ((75, STRONG), (50, TALK), (0, CARE))
"""Lowest points of each band, best first.   Source: results.md section 2."""

LARGE = 20
"""From so many respondents a figure is rounded to fives, below to tens.   Source: results.md section 2."""

WHOLE = 12
"""A person's own mean over 1, 2, 3 or 4 rounds is exact in twelfths of a point."""

_AWAY: Mapping[str, int | None] = {}

AGREE, VARY, DIFFER, SPLIT = "agree", "vary", "differ", "split"


@dataclass(frozen=True, slots=True)
class Respondents:
    """The people with at least one scored answer to one question, and their own means over its rounds.

    Shapes: three lists of n, side by side.   Units: `means` in twelfths of a point, 0 to 1200, exact.
    """

    organisations: list[str]
    seats: list[str]
    means: list[int]

    def by_organisation(self) -> Counter[str]:
        """How many respondents each organisation has."""
        return Counter(self.organisations)

    def sitting(self, seats: Collection[str]) -> "Respondents":
        """Those of them who hold one of `seats`."""
        rows = [row for row, seat in enumerate(self.seats) if seat in seats]
        return Respondents(
            [self.organisations[row] for row in rows],
            [self.seats[row] for row in rows],
            [self.means[row] for row in rows],
        )


def respondents(ballots: Iterable[Ballot], item: str, places: Collection[int]) -> Respondents:
    """The people who gave `item` a scored answer at any of `places`, in one pass."""
    organisations, seats, means = [], [], []
    for ballot in ballots:
        total = given = 0
        for place in places:
            score = ballot.scores.get(place, _AWAY).get(item)
            if score is not None:
                total += score
                given += 1
        if given:
            organisations.append(ballot.organisation)
            seats.append(ballot.seat)
            means.append(WHOLE * total // given)
    return Respondents(organisations, seats, means)


def figure(means: Sequence[int], rounds: int) -> Figure:
    """The shown figure of one question for one audience.

    Shapes: (n,) means, n >= 1 -> one figure.   Units: twelfths of a point in; points out, rounded as `shown` says.
    """
    points = shown(sum(means), len(means))
    return Figure(points, band(points), kept(len(means)), rounds)


def shown(total: int, people: int) -> int:
    """The mean of `people` as it is shown: rounded half up, then clipped.

    Units: `total` in twelfths of a point; points out: tens in 10..90 below 20 people, fives in 5..95 from 20.
    Source: results.md section 2.
    """
    step = 5 if people >= LARGE else 10
    whole = WHOLE * people * step
    rounded = (2 * total + whole) // (2 * whole) * step
    return min(max(rounded, step), 100 - step)


def band(points: int) -> str:
    """The band of a shown figure."""
    return next(code for least, code in BANDS if points >= least)


def agreement(means: Sequence[int]) -> str:
    """How far people agree, by their average distance from the median on a scale of 1 to 5.

    Shapes: (n,) means, n >= 1 -> one code.   Units: twelfths of a point; 300 of them are one step of the scale.
    Returns: `SPLIT` where a quarter of them, and 3 people, sit at each end, whatever the distance.
    Source: results.md section 2.
    """
    people, step = len(means), 25 * WHOLE
    ends = min(sum(mean <= step for mean in means), sum(mean >= 3 * step for mean in means))
    if ends >= 3 and 4 * ends >= people:
        return SPLIT
    median = sorted(means)[people // 2]  # any point between the two in the middle is as far from all
    distance = sum(abs(mean - median) for mean in means)
    if 10 * distance < 6 * step * people:
        return AGREE
    return VARY if 100 * distance <= 83 * step * people else DIFFER
