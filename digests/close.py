"""Closing a round: facts in, a frozen digest out; the lines chosen here follow from shown figures alone."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from digests import change, disclose
from digests.facts import Asked, Ballot, Facts, Item, Option
from digests.record import (
    EVERYONE,
    FOUR_WEEKLY,
    ITEM,
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
    Figure,
    SetResult,
    Talk,
)
from digests.score import Respondents, agreement, figure, respondents
from digests.split import parse

GOING_WELL = 65
"""From here a mean is nearer "Mostly" (75) than "In part" (50), in tens and in fives alike."""

MOST_OPTIONS = 3
MOST_COMMENTS = 30
"""More are not read. They are in mixed order, so chance decides which are told."""


def close_round(facts: Facts) -> Digest:
    """Freeze everyone's figures of one round, the longer check-ins due, and all that a period tells when it ends.

    Returns: the digest of results.md. In four-weekly mode rounds 1 to 3 of a period hold no cell at all.
    """
    replies = disclose.replies(sum(facts.place in b.scores for b in facts.ballots), facts.joined, facts.limits)
    rounds = _round_cells(facts)
    periods = change.with_changes(_period_cells(facts, rounds), facts, replies)
    figures = _headlines(rounds) or _headlines(periods)
    turns = _turns(tuple(facts.anchors), facts.round)
    well = _going_well(figures, turns)
    return Digest(
        round=facts.round,
        period=facts.period,
        place=facts.place,
        mode=facts.mode,
        week=facts.week,
        results_on=facts.results_on,
        replies=replies,
        needed=disclose.needed(facts.organisations, facts.limits),
        cells=(*rounds, *periods),
        well=well,
        talk=_talk(figures, turns, well),
        split=facts.split,
        limits=facts.limits,
        gaps=change.gaps(periods),
        options=_options(facts),
        comments=_comments(facts),
        corrections=tuple(facts.corrections),
        raised=bool(facts.history) and facts.history[-1].limits != facts.limits,
        fewer=facts.place == PLACES[-1] and change.replies_fell(facts, replies),
        flows=tuple(facts.flows) if facts.place == PLACES[-1] else (),
        sets=_sets(facts),
    )


# --- cells


def _round_cells(facts: Facts) -> tuple[Cell, ...]:
    if facts.mode == FOUR_WEEKLY:
        return ()
    anchors = tuple(_round_cell(ROUND, item, facts) for item in facts.anchors.values())
    return anchors if facts.rotating is None else (*anchors, _round_cell(ROTATING, facts.rotating, facts))


def _round_cell(kind: str, item: Item, facts: Facts) -> Cell:
    people = respondents(facts.ballots, item.id, (facts.place,))
    told = disclose.may_show(people.by_organisation(), facts.limits)
    return Cell(kind, EVERYONE, item.theme, item.id, figure(people.means, 1) if told else None)


def _period_cells(facts: Facts, rounds: tuple[Cell, ...]) -> tuple[Cell, ...]:
    """Everyone's cell of each theme, then each group's, once the period ends."""
    if facts.place != PLACES[-1]:
        return ()
    themes = {**facts.anchors, **{theme: item for theme, item in facts.earlier.items() if theme not in facts.anchors}}
    return _by_audience(_theme_cells(item, _counted(item, facts, rounds), facts) for item in themes.values())


def _theme_cells(item: Item, places: frozenset[int], facts: Facts) -> tuple[Cell, ...]:
    """One theme's period cells, everyone's with how far people agree."""
    people = respondents(facts.ballots, item.id, places)
    whole, *groups = _cells(PERIOD, item, people, len(places), facts.split, facts)
    agreed = whole.figure is not None and disclose.may_tell_agreement(people.by_organisation())
    return (replace(whole, agreement=agreement(people.means) if agreed else None), *groups)


def _cells(  # noqa: PLR0913  the parts of one question's figures
    kind: str, item: Item, everyone: Respondents, rounds: int, split: str | None, facts: Facts
) -> tuple[Cell, ...]:
    """Everyone's cell of one question and then one for each group of the split, hidden or not."""
    sitting = {code: everyone.sitting(seats) for code, seats in (parse(split) if split else {}).items()}
    people = everyone.by_organisation()
    counts = {code: group.by_organisation() for code, group in sitting.items()}
    told = disclose.shown_groups(counts, people, facts.joined, facts.limits)
    frozen = figure(everyone.means, rounds) if disclose.may_show(people, facts.limits) else None
    return (
        Cell(kind, EVERYONE, item.theme, item.id, frozen),
        *(
            Cell(kind, code, item.theme, item.id, figure(group.means, rounds) if code in told else None)
            for code, group in sitting.items()
        ),
    )


def _by_audience(items: Iterable[tuple[Cell, ...]]) -> tuple[Cell, ...]:
    """Each item's cells, put together audience by audience."""
    return tuple(chain.from_iterable(zip(*items, strict=True)))


def _counted(anchor: Item, facts: Facts, rounds: tuple[Cell, ...]) -> frozenset[int]:
    """The places that count towards the period figure of `anchor`."""
    mine = (digest for digest in facts.history if digest.period == facts.period and digest.place < facts.place)
    earlier = frozenset(digest.place for digest in mine if digest.shows(anchor.id))
    now = any(cell.kind == ROUND and cell.item == anchor.id and cell.figure is not None for cell in rounds)
    return disclose.period_places(facts.mode, earlier | {facts.place} if now else earlier)


def _sets(facts: Facts) -> tuple[SetResult, ...]:
    """Each longer check-in that may be told of now: in weekly mode with its round, else with its period.

    A pool comes with a period, once anything of it may be shown.
    """
    ends = facts.place == PLACES[-1]
    due = (asked for asked in facts.sets if ends or (facts.mode == WEEKLY and not asked.pooled))
    results = (_set(asked, facts) for asked in due)
    return tuple(result for result in results if result.shown() or not result.pooled)


def _set(asked: Asked, facts: Facts) -> SetResult:
    # A pool has no groups to subtract, and few would ever fill it.
    once = facts if asked.pooled else replace(facts, limits=disclose.asked_once(facts.limits))
    cells = _by_audience(
        _cells(ITEM, item, respondents(asked.ballots, item.id, asked.places), len(asked.places), asked.split, once)
        for item in asked.items
    )
    return SetResult(
        flow=asked.flow,
        cells=cells,
        gaps=change.gaps(cells),
        split=asked.split,
        pooled=asked.pooled,
        share=asked.share,
        options=_most_of_each(asked.options, asked.lists, asked.ballots, facts),
        comments=_shared(asked.comments, asked.ballots, facts),
    )


# --- what people chose and wrote


def _options(facts: Facts) -> tuple[Option, ...]:
    return _most_of_each(facts.options, facts.lists, facts.ballots, facts) if facts.place == PLACES[-1] else ()


def _most_of_each(
    options: Iterable[Option], names: Mapping[str, str], ballots: Sequence[Ballot], facts: Facts
) -> tuple[Option, ...]:
    """The most chosen of each list, list by list; `names` is a question's id -> the name of its list."""
    lists: dict[str, list[Option]] = {}
    for option in options:
        lists.setdefault(names.get(option[0], ""), []).append(option)
    return tuple(chain.from_iterable(_most_chosen(each, ballots, facts) for each in lists.values()))


def _most_chosen(options: Iterable[Option], ballots: Sequence[Ballot], facts: Facts) -> tuple[Option, ...]:
    """What may be told of one list, most chosen first; ties in the check-in's order."""
    if not disclose.may_tell_options(_replied(ballots), facts.limits):
        return ()
    choosers: dict[Option, Counter[str]] = {option: Counter() for option in options}
    for ballot in ballots:
        for option in ballot.options & choosers.keys():
            choosers[option][ballot.organisation] += 1
    told = [option for option, people in choosers.items() if disclose.may_tell_option(people, facts.limits)]
    return tuple(sorted(told, key=lambda option: -choosers[option].total())[:MOST_OPTIONS])


def _comments(facts: Facts) -> tuple[str, ...]:
    return _shared(facts.comments, facts.ballots, facts) if facts.place == PLACES[-1] else ()


def _shared(comments: Sequence[str], ballots: Sequence[Ballot], facts: Facts) -> tuple[str, ...]:
    """The comments that may be told: as many as are read, or none."""
    writers = sum(ballot.wrote for ballot in ballots)
    told = disclose.may_tell_comments(_replied(ballots), writers, facts.limits)
    return tuple(comments[:MOST_COMMENTS]) if told else ()


def _replied(ballots: Iterable[Ballot]) -> int:
    """How many gave a scored answer at any time in the period."""
    return sum(any(s is not None for given in b.scores.values() for s in given.values()) for b in ballots)


# --- the lines that are chosen


def _headlines(cells: Iterable[Cell]) -> Mapping[str, Figure]:
    """Everyone's shown anchor figures, which the words are chosen by."""
    anchors = (cell for cell in cells if cell.kind != ROTATING and cell.audience == EVERYONE)
    return {cell.theme: cell.figure for cell in anchors if cell.figure is not None}


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
