"""What one whole organisation sees: its own answers, who replied to what, and every digest; the rest is unknown."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from attack.choices import Asked, Choices, Option, Room
from attack.problem import QUARTER, TOP, UNIT, Agreement, Hidden, Problem, Sum, reach
from attack.world import ANCHORS, Closed
from digests import EVERYONE, FOUR_WEEKLY, Ballot, Cell, Item
from digests.record import PERIOD, PLACES, ROTATING
from digests.split import parse

Reading = Callable[[Cell, int, int], tuple[int, int]]
"""(a cell, how many answered it, their true sum) -> the least and the greatest sum that the cell leaves possible."""


def as_told(cell: Cell, people: int, _: int) -> tuple[int, int]:
    """Read a cell as any reader can."""
    assert cell.figure is not None
    return reach(cell.figure.points, people)


@dataclass(frozen=True, slots=True)
class View:
    """A problem and its true solution, which only the defender and the judge may look at.

    Shapes: `asked` gives, per score, the (member, round) pairs it stands for: one, or in the stress run all.
    """

    item: str
    problem: Problem
    truth: Sequence[int]
    asked: Sequence[Sequence[Asked]]
    choices: Choices

    def room(self, number: int) -> list[Room]:
        """The values each score may have by itself, if people picked as arrangement `number` says."""
        return [self._room(asked, self.choices.arrangement(number)) for asked in self.asked]

    def _room(self, asked: Sequence[Asked], picked: Mapping[Asked, Option]) -> Room:
        low, high = 0, TOP
        for one in asked:
            if one in picked:
                least, most = self.choices.room(one, picked[one], self.item)
                low, high = max(low, least), min(high, most)
        return low, high


def views(closed: Sequence[Closed], intruder: str, *, reading: Reading = as_told) -> Iterator[View]:
    """Every period and theme, and every rotating item, by itself: answers of other periods tell nothing more."""
    for period in periods(closed):
        choices = Choices([period], intruder)
        for item in ANCHORS.values():
            yield _Notes(item, choices, reading).view()
        for each in period:
            if each.facts.rotating and each.digest.of(ROTATING):
                yield _Notes(each.facts.rotating, choices, reading).view()


def longer_views(closed: Sequence[Closed], intruder: str) -> Iterator[View]:
    """Every question of every longer check-in by itself."""
    for period in periods(closed):
        choices = Choices([period], intruder)
        for item in (item for each in period for asked in each.facts.sets for item in asked.items):
            yield _Notes(item, choices, as_told).view()


def unchanging_views(closed: Sequence[Closed], intruder: str, *, reading: Reading = as_told) -> Iterator[View]:
    """Every theme over all rounds at once, for people who never answer otherwise."""
    choices = Choices(periods(closed), intruder)
    for item in ANCHORS.values():
        yield _Notes(item, choices, reading, unchanging=True).view()


def periods(closed: Sequence[Closed]) -> list[list[Closed]]:
    """The rounds of each period together."""
    return [list(part) for _, part in groupby(closed, key=lambda each: each.digest.period)]


def counted(period: Sequence[Closed], item: Item) -> frozenset[int]:
    """The places the period figure covers, as anybody can tell from the digests."""
    if period[-1].digest.mode == FOUR_WEEKLY:
        return frozenset(PLACES)
    return frozenset(each.digest.place for each in period if each.digest.shows(item.id))


def given(ballot: Ballot, item: Item, places: Iterable[int]) -> dict[int, int]:
    """A ballot's scored answers to an item.   Shapes: place -> quarters of the scale."""
    found = ((place, ballot.scores.get(place, {}).get(item.id)) for place in places)
    return {place: score // QUARTER for place, score in found if score is not None}


@dataclass(slots=True)
class _Notes:
    """A problem while it is written down; `names` finds the unknown of somebody in a round, or in all of them."""

    item: Item
    choices: Choices
    reading: Reading
    unchanging: bool = False
    names: dict[Asked, int] = field(default_factory=dict)
    truth: list[int] = field(default_factory=list)
    asked: list[list[Asked]] = field(default_factory=list)
    totals: list[tuple[int, ...]] = field(default_factory=list)
    means: list[int] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)

    def view(self) -> View:
        """Write everything down."""
        for period in self.choices.parts:
            for each in period:
                self._round(each)
        for period in self.choices.parts:
            if self.item.id == ANCHORS[self.item.theme].id:
                self._period(period)
            for each in period:
                self._set(each, period)
        problem = Problem(
            len(self.truth), self.totals, self.means, self.sums, self.hidden, self.agreements, _ceilings(self)
        )
        return View(self.item.id, problem, self.truth, self.asked, self.choices)

    def _name(self, asked: Asked) -> Asked:
        return (asked[0], 0) if self.unchanging else asked

    def _unknown(self, asked: Asked, score: int) -> int:
        name = self._name(asked)
        if name not in self.names:
            self.names[name] = len(self.truth)
            self.truth.append(score)
            self.asked.append([])
        self.asked[self.names[name]].append(asked)
        return self.names[name]

    def _round(self, each: Closed) -> None:
        """Name a round's answers, and write down its figure."""
        terms: dict[int, int] = {}
        known = total = people = 0
        for who, ballot in each.ballots.items():
            for score in given(ballot, self.item, (each.digest.place,)).values():
                people, total = people + 1, total + UNIT * score
                if ballot.organisation == self.choices.intruder:
                    known += UNIT * score
                else:
                    terms[self._unknown((who, each.digest.round), score)] = UNIT
        for cell in each.digest.cells:
            if cell.kind != PERIOD and cell.item == self.item.id and cell.figure is not None:
                self._write(terms, known, self.reading(cell, people, total))

    def _write(self, terms: Mapping[int, int], known: int, ends: tuple[int, int]) -> None:
        if terms:
            self.sums.append(Sum(dict(terms), ends[0] - known, ends[1] - known))

    def _period(self, period: Sequence[Closed]) -> None:
        """Write down what a period's last digest tells of one theme."""
        last = period[-1]
        cells = [cell for cell in last.digest.cells if cell.kind == PERIOD and cell.item == self.item.id]
        self._told(period, counted(period, self.item), cells, last.facts.split)

    def _set(self, each: Closed, period: Sequence[Closed]) -> None:
        """Write down what a round's digest tells of one question of a longer check-in."""
        for result in each.digest.sets:
            cells = [cell for cell in result.cells if cell.item == self.item.id]
            if cells and result.split:
                self._told(period, frozenset({each.digest.place}), cells, result.split)

    def _told(self, period: Sequence[Closed], places: frozenset[int], cells: Sequence[Cell], split: str) -> None:
        """Write down the figures of one question for everyone and for each group of `split`, shown or hidden."""
        last = period[-1]
        answers = {who: found for who, ballot in last.ballots.items() if (found := given(ballot, self.item, places))}
        own = {who: sum(found.values()) * UNIT // len(found) for who, found in answers.items()}
        terms = {
            who: self._mean(who, found, period)
            for who, found in answers.items()
            if last.ballots[who].organisation != self.choices.intruder
        }
        groups = parse(split)
        told = any(cell.figure is not None for cell in cells)
        for cell in cells:
            people = [
                who for who in answers if cell.audience == EVERYONE or last.ballots[who].seat in groups[cell.audience]
            ]
            unknown = dict(terms[who] for who in people if who in terms)
            insiders = [own[who] for who in people if who not in terms]
            if cell.figure is not None:
                self._write(unknown, sum(insiders), self.reading(cell, len(people), sum(own[who] for who in people)))
            elif unknown and not (told and len(people) == len(answers)):
                # a group of all who answered has the very figure that is shown for everyone
                self._hide(Hidden(unknown, sum(insiders), len(people)))
            if cell.agreement is not None:
                outsiders = [dict([terms[who]]) for who in people if who in terms]
                self.agreements.append(Agreement(cell.agreement, outsiders, insiders))

    def _hide(self, group: Hidden) -> None:
        """Note a hidden group, unless the intruders know its figure by their own answers alone."""
        if group.open():
            self.hidden.append(group)

    def _mean(self, who: int, found: Mapping[int, int], period: Sequence[Closed]) -> tuple[int, int]:
        """The unknown that a person's mean comes from, and its weight in a figure."""
        if self.unchanging:
            return self.names[who, 0], UNIT
        rounds = {each.digest.place: each.digest.round for each in period}
        parts = tuple(self.names[who, rounds[place]] for place in found)
        unknown = parts[0]
        if len(parts) > 1:
            unknown = len(self.truth) + len(self.totals)
            self.totals.append(parts)
        self.means.append(unknown)
        return unknown, UNIT // len(parts)


def _ceilings(notes: _Notes) -> dict[int, int]:
    """Where so few outsiders could have picked a told choice that each did: their low answers."""
    found: dict[int, int] = {}
    numbers = {asked: unknown for unknown, pairs in enumerate(notes.asked) for asked in pairs}
    item, intruder = notes.item, notes.choices.intruder
    if item.id != ANCHORS[item.theme].id:
        return found
    for period in notes.choices.parts:
        last = period[-1]
        if f"help_{item.theme}" not in {question for question, _ in last.digest.options}:
            continue
        could: dict[int, list[tuple[Asked, bool]]] = {}
        for each in period:
            for who, ballot in last.ballots.items():
                if ballot.organisation != intruder and (low := _could(each, ballot, item)) is not None:
                    could.setdefault(who, []).append(((who, each.digest.round), low))
        if len(could) == last.digest.limits.outsiders:
            for places in could.values():
                unknowns = {numbers.get(asked) if sure else None for asked, sure in places}
                if len(unknowns) == 1 and (unknown := unknowns.pop()) is not None:
                    found[unknown] = 1
    return found


def _could(each: Closed, ballot: Ballot, item: Item) -> bool | None:
    """Whether a low answer to the anchor is the one way this list came up in this round; None where it could not."""
    answers = ballot.scores.get(each.digest.place, {})
    rotating = each.facts.rotating
    other = rotating is not None and rotating.theme == item.theme and answers.get(rotating.id) is not None
    if answers.get(item.id) is None:
        return False if other else None
    return not other
