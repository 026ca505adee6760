"""What really changed, and where views differ: worked out from frozen figures alone, never from an answer."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from digests.disclose import FEW, MOST, OVER_HALF, UNDER_HALF
from digests.facts import Facts
from digests.record import (
    EVERYONE,
    FALL,
    ITEM,
    NO_CHANGE,
    PERIOD,
    PLACES,
    RISE,
    UNSURE,
    Cell,
    Change,
    Digest,
    Figure,
    Gap,
    Replies,
)
from digests.score import LARGE

LEAST_CHANGE, CHANGE_LINE = 11, 40
LEAST_GAP, GAP_LINE = 15, 42
"""Points; the second is divided by the root of the people behind it.   Source: results.md section 2, by simulation."""

REPLIES_FELL = 20
"""Percentage points from which a rise is not told.   Source: results.md section 2."""

_MIDDLE = {FEW: 0, UNDER_HALF: 25, OVER_HALF: 62, MOST: 88}


def with_changes(cells: Sequence[Cell], facts: Facts, replies: Replies) -> tuple[Cell, ...]:
    """`cells` with what each period figure did since the period before, where the two can be compared.

    They can while mode and question stay the same; for a group, the split as well.
    """
    last = _last_period(facts)
    if last is None:
        return tuple(cells)
    before = {
        (cell.audience, cell.item): cell.figure
        for cell in last.cells
        if cell.kind == PERIOD and cell.figure and (cell.audience == EVERYONE or last.split == facts.split)
    }
    fewer = replies_fell(facts, replies)
    return tuple(_with_change(cell, before.get((cell.audience, cell.item)), fewer=fewer) for cell in cells)


def gaps(cells: Iterable[Cell]) -> tuple[Gap, ...]:
    """Where a group and everyone else see a theme, or one question, unlike each other, in the order of the cells.

    Shapes: cells -> at most one gap for each theme or question and group; of two groups, for the first alone.
    """
    found: dict[str, dict[str, Figure]] = {}
    for cell in cells:
        if cell.kind in (PERIOD, ITEM) and cell.audience != EVERYONE and cell.figure is not None:
            about = cell.theme if cell.kind == PERIOD else cell.item
            found.setdefault(about, {})[cell.audience] = cell.figure
    return tuple(gap for about, groups in found.items() for gap in _gaps(about, groups))


def replies_fell(facts: Facts, replies: Replies) -> bool:
    """Whether the mean reply rate of this period so far is 20 points or more below that of the one before."""
    now = [_rate(digest.replies) for digest in facts.history if digest.period == facts.period] + [_rate(replies)]
    before = [_rate(digest.replies) for digest in facts.history if digest.period == facts.period - 1]
    fall = sum(before) * len(now) - sum(now) * len(before)
    return bool(before) and fall >= REPLIES_FELL * len(now) * len(before)


def between(now: Figure, before: Figure) -> str:
    """The word for a change of a period figure.

    Returns: `RISE` or `FALL` from max(11, 40 / sqrt(n)), n the mean of the people kept; `UNSURE` from half of that.
    """
    change, people = now.points - before.points, now.people + before.people
    if _reaches(abs(change), people):
        return RISE if change > 0 else FALL
    return UNSURE if _reaches(2 * abs(change), people) else NO_CHANGE


def apart(group: Figure, others: Figure) -> bool:
    """Whether two figures of one period differ by max(15, 42 x sqrt(1/n1 + 1/n2)) or more."""
    distance, product = abs(group.points - others.points), group.people * others.people
    return distance >= LEAST_GAP and distance**2 * product >= GAP_LINE**2 * (group.people + others.people)


def _reaches(change: int, people: int) -> bool:
    """Whether `change` reaches the line of a real one; `people` is both periods' sum, twice their mean."""
    return change >= LEAST_CHANGE and change**2 * people >= 2 * CHANGE_LINE**2


def _last_period(facts: Facts) -> Digest | None:
    same = (d for d in facts.history if d.place == PLACES[-1] and d.mode == facts.mode)
    return next((digest for digest in same if digest.period == facts.period - 1), None)


def _with_change(cell: Cell, before: Figure | None, *, fewer: bool) -> Cell:
    if cell.kind != PERIOD or cell.figure is None or before is None:
        return cell
    code = between(cell.figure, before)
    return cell if fewer and code == RISE else replace(cell, change=Change(code, before.points))


def _rate(replies: Replies) -> int:
    """A digest's reply rate as kept, or the middle of its word.   Units: percent."""
    return _MIDDLE[replies.code] if replies.rate is None else replies.rate


def _gaps(about: str, groups: dict[str, Figure]) -> Iterable[Gap]:
    if len(groups) < 2:
        return
    for group in list(groups)[: 1 if len(groups) == 2 else None]:
        others = _together([figure for code, figure in groups.items() if code != group])
        if apart(groups[group], others):
            yield Gap(about, group, groups[group].points, others.points)


def _together(figures: Sequence[Figure]) -> Figure:
    """Several groups' shown figures as one, weighted by the people kept and rounded half up to their step."""
    people = sum(figure.people for figure in figures)
    step = 5 if people >= LARGE else 10
    whole = people * step
    points = (2 * sum(figure.points * figure.people for figure in figures) + whole) // (2 * whole) * step
    return replace(figures[0], points=points, people=people)
