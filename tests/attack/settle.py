"""The verdict on each secret: in doubt, pinned, or settled by neither side."""

from dataclasses import dataclass
from random import Random

from attack.doubt import HIDDEN, MEAN, SCORE, Search
from attack.pins import prove
from attack.sight import View


@dataclass(frozen=True, slots=True)
class Verdict:
    """Places of the secrets of one kind: `pinned` are proved, `unsettled` are proved neither way."""

    asked: int
    pinned: frozenset[int]
    unsettled: frozenset[int]


def settle(view: View, rng: Random) -> dict[str, Verdict]:
    """Look for another world where that is easy, then for a proof, then for another world with all patience."""
    search, problem = Search(view, rng), view.problem
    asked = {SCORE: problem.scores, MEAN: len(problem.means), HIDDEN: len(problem.hidden)}
    left = {
        kind: [place for place in range(number) if not search.other(search.wanted(kind, place), hard=False)]
        for kind, number in asked.items()
    }
    if not any(left.values()):
        return {kind: Verdict(number, frozenset(), frozenset()) for kind, number in asked.items()}
    proof = prove(problem)
    proved = {SCORE: proof.scores, MEAN: proof.means, HIDDEN: proof.hidden}
    verdicts = {}
    for kind, places in left.items():
        pinned, unsettled = set(proved[kind]), set[int]()
        for place in set(places) - pinned:
            wanted = search.wanted(kind, place)
            if not search.other(wanted, hard=True):
                (pinned if search.impossible(wanted) else unsettled).add(place)
        verdicts[kind] = Verdict(asked[kind], frozenset(pinned), frozenset(unsettled))
    return verdicts
