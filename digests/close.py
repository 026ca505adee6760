"""Closing a round: facts in, a frozen digest out; the lines chosen here follow from shown figures alone."""

from collections import Counter
from collections.abc import Iterable, Mapping

from digests import disclose
from digests.record import (
    FOUR_WEEKLY,
    LOW,
    PERIOD,
    PLACES,
    ROTATING,
    ROUND,
    STEADY,
    TURN,
    WEEKLY,
    Cell,
    Digest,
    Facts,
    Figure,
    Item,
    Talk,
)
from digests.score import respondents, theme_figure

GOING_WELL = 65
"""From here a mean is nearer "Mostly" (75) than "In part" (50), in tens and in fives alike."""


def close_round(facts: Facts) -> Digest:
    """Freeze everyone's figures of one round, and of its period when it is the last one.

    Returns: the digest of results.md section 7, first day: rules A1, A4, A7 and A9. In four-weekly mode
        rounds 1 to 3 of a period hold no cell at all.
    """
    cells = (*_round_cells(facts), *_period_cells(facts))
    figures = _headlines(cells)
    turns = _turns(tuple(facts.anchors), facts.round)
    well = _going_well(figures, turns)
    return Digest(
        round=facts.round,
        period=facts.period,
        place=facts.place,
        mode=facts.mode,
        week=facts.week,
        results_on=facts.results_on,
        replies=disclose.replies(sum(facts.place in b.scores for b in facts.ballots), facts.joined),
        needed=disclose.needed(facts.organisations),
        cells=cells,
        well=well,
        talk=_talk(figures, turns, well),
    )


def _round_cells(facts: Facts) -> tuple[Cell, ...]:
    if facts.mode == FOUR_WEEKLY:
        return ()
    anchors = tuple(_cell(ROUND, item, facts, [facts.place]) for item in facts.anchors.values())
    if facts.rotating is None:
        return anchors
    return (*anchors, _cell(ROTATING, facts.rotating, facts, [facts.place]))


def _period_cells(facts: Facts) -> tuple[Cell, ...]:
    if facts.place != PLACES[-1]:
        return ()
    return tuple(_cell(PERIOD, item, facts, _counted(facts, item)) for item in facts.anchors.values())


def _counted(facts: Facts, anchor: Item) -> frozenset[int]:
    earlier = frozenset(place for place in facts.shown.get(anchor.theme, ()) if place < facts.place)
    now = facts.mode == WEEKLY and _cell(ROUND, anchor, facts, [facts.place]).figure is not None
    return disclose.period_places(facts.mode, earlier | {facts.place} if now else earlier)


def _cell(kind: str, item: Item, facts: Facts, places: Iterable[int]) -> Cell:
    places = tuple(places)
    people = respondents(facts.ballots, item.id, places)
    if not disclose.may_show(Counter(person.organisation for person in people)):
        return Cell(kind, item.theme, item.id, None)
    return Cell(kind, item.theme, item.id, theme_figure(people, len(places)))


def _headlines(cells: Iterable[Cell]) -> Mapping[str, Figure]:
    """The shown figures the words are chosen by: this round's, or the period's where no round is shown."""
    shown = {
        kind: {cell.theme: cell.figure for cell in cells if cell.kind == kind and cell.figure is not None}
        for kind in (ROUND, PERIOD)
    }
    return shown[ROUND] or shown[PERIOD]


def _turns(themes: tuple[str, ...], number: int) -> tuple[str, ...]:
    """The themes in the order of round `number`: each comes first in its turn, which also settles ties."""
    first = (number - 1) % len(themes)
    return themes[first:] + themes[:first]


def _going_well(figures: Mapping[str, Figure], turns: tuple[str, ...]) -> str | None:
    good = [theme for theme in turns if theme in figures and figures[theme].points >= GOING_WELL]
    return max(good, key=lambda theme: figures[theme].points, default=None)


def _talk(figures: Mapping[str, Figure], turns: tuple[str, ...], well: str | None) -> Talk:
    """The lowest theme, but not the one that goes well if there is another; by turn where none is shown."""
    if not figures:
        return Talk(turns[0], TURN)
    others = [theme for theme in turns if theme in figures and theme != well]
    theme = min(others or figures, key=lambda theme: figures[theme].points)
    return Talk(theme, LOW if figures[theme].points < GOING_WELL else STEADY)
