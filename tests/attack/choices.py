"""What people may have picked instead, so that the same choices are told: the words beside the figures tell little."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random

from attack.problem import QUARTER, TOP
from attack.world import Closed, lowest
from digests.close import _options as told_options

Asked = tuple[int, int]
"""Who was asked, and in which round."""

Option = tuple[str, str]
Room = tuple[int, int]
"""The least and the greatest value that a score may have by itself.   Units: quarters of the scale."""


@dataclass(slots=True)
class Choices:
    """The choices of everyone outside one organisation, over one period or several."""

    parts: Sequence[Sequence[Closed]]
    intruder: str
    rounds: dict[int, Closed] = field(default_factory=dict)
    _made: dict[int, Mapping[Asked, Option]] = field(default_factory=dict)
    _rooms: dict[tuple[Asked, Option, str], Room] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rounds = {each.digest.round: each for part in self.parts for each in part}

    def arrangement(self, number: int) -> Mapping[Asked, Option]:
        """Outsiders' picks that tell the same choices, as few as can be; different ones for each `number`.

        Returns: whoever is not in it said "Rather not say", or nothing.
        """
        if number not in self._made:
            rng = Random(number)  # noqa: S311  nothing here is secret
            self._made[number] = {asked: o for part in self.parts for asked, o in self._arrange(part, rng).items()}
        return self._made[number]

    def room(self, asked: Asked, option: Option, item: str) -> Room:
        """The values of one score with which the list of `option` still comes up."""
        key = asked, option, item
        if key not in self._rooms:
            fit = [value for value in range(TOP + 1) if self._list(asked, {item: QUARTER * value}) == option[0]]
            self._rooms[key] = fit[0], fit[-1]
        return self._rooms[key]

    def _list(self, asked: Asked, instead: Mapping[str, int]) -> str | None:
        """The list that comes up for somebody in a round, if these answers are other ones."""
        each = self.rounds[asked[1]]
        answers = {**each.ballots[asked[0]].scores[each.digest.place], **instead}
        theme = lowest(answers, each.facts.rotating)
        return None if theme is None else f"help_{theme}"

    def _arrange(self, part: Sequence[Closed], rng: Random) -> dict[Asked, Option]:
        last = part[-1]
        picked = dict(self._picked(part))
        if rng.random() < 0.7:
            picked = self._pass_on(part, picked, rng)
        if not self._told_as_before(last, picked):
            picked = dict(self._picked(part))
        for asked in rng.sample(sorted(picked), len(picked)):
            without = {name: option for name, option in picked.items() if name != asked}
            if self._told_as_before(last, without):
                picked = without
        return picked

    def _picked(self, part: Sequence[Closed]) -> Iterator[tuple[Asked, Option]]:
        last = part[-1]
        numbers = {each.digest.place: each.digest.round for each in part}
        for (who, place), option in last.chosen.items():
            if option is not None and last.ballots[who].organisation != self.intruder:
                yield (who, numbers[place]), option

    def _pass_on(self, part: Sequence[Closed], picked: Mapping[Asked, Option], rng: Random) -> dict[Asked, Option]:
        """Let colleagues in the same organisation who saw the same list have picked some of the choices instead."""
        last = part[-1]
        mine = dict(picked)
        lists = {
            (who, each.digest.round): name
            for each in part
            for who, ballot in last.ballots.items()
            if ballot.organisation != self.intruder
            and each.digest.place in ballot.scores
            and (name := self._list((who, each.digest.round), {})) is not None
        }
        for asked in rng.sample(sorted(mine), len(mine)):
            option = mine[asked]
            others = [
                other
                for other, name in lists.items()
                if name == option[0]
                and other[0] != asked[0]
                and last.ballots[other[0]].organisation == last.ballots[asked[0]].organisation
                and option not in {mine.get(one) for one in lists if one[0] == other[0]}
            ]
            if others:
                other = rng.choice(others)
                swapped = mine.get(other)
                mine[other] = option
                del mine[asked]
                if swapped is not None and swapped[0] == option[0]:
                    mine[asked] = swapped
        return mine

    def _told_as_before(self, last: Closed, picked: Mapping[Asked, Option]) -> bool:
        return told_options(replace(last.facts, ballots=self.ballots(last, picked))) == last.digest.options

    def ballots(self, last: Closed, picked: Mapping[Asked, Option]) -> tuple[object, ...]:
        """The ballots of a period with these picks instead."""
        period = {number for number, each in self.rounds.items() if each.digest.period == last.digest.period}
        options: dict[int, set[Option]] = {}
        for (who, number), option in picked.items():
            if number in period:
                options.setdefault(who, set()).add(option)
        return tuple(
            ballot if ballot.organisation == self.intruder else replace(ballot, options=frozenset(options.get(who, ())))
            for who, ballot in last.ballots.items()
        )
