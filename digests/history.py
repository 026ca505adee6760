"""The past as one line of points: which frozen digests belong on one chart, and what each shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from digests.record import FOUR_WEEKLY, PERIOD, ROUND, Cell, Digest, Figure

LONGEST = 12


@dataclass(frozen=True, slots=True)
class Point:
    """One round, or one period in four-weekly mode: theme -> its figure, None where it is hidden."""

    when: date
    figures: Mapping[str, Figure | None]


def points(history: Sequence[Digest]) -> tuple[Point, ...]:
    """The last points that may stand in one line, oldest first.

    Returns: at most 12; a change of mode or of an anchor's question starts a new line (results.md section 1),
        so that unlike figures are never joined. Empty while a four-weekly partnership waits for its first.
    """
    if not history:
        return ()
    mode = history[-1].mode
    kind = PERIOD if mode == FOUR_WEEKLY else ROUND
    same_mode = takewhile(lambda digest: digest.mode == mode, reversed(history))
    telling = [digest for digest in same_mode if digest.of(kind)]
    newest_first = takewhile(lambda digest: _questions(digest, kind) == _questions(telling[0], kind), telling)
    chosen = list(newest_first)[:LONGEST][::-1]
    return tuple(Point(_when(digest), _figures(digest.of(kind))) for digest in chosen)


def _questions(digest: Digest, kind: str) -> list[tuple[str, str]]:
    return [(cell.theme, cell.item) for cell in digest.of(kind)]


def _when(digest: Digest) -> date:
    return digest.results_on if digest.mode == FOUR_WEEKLY else digest.week


def _figures(cells: Sequence[Cell]) -> dict[str, Figure | None]:
    return {cell.theme: cell.figure for cell in cells}
