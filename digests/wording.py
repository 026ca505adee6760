"""The words of one partnership and language: what a digest needs beside its codes, and no figure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Protocol, Self

from babel.dates import format_date
from babel.lists import format_list

from digests import split as splits
from digests.disclose import MOST, OVER_HALF, UNDER_HALF
from digests.record import FALLING, LOW
from digests.record import SPLIT as DIFFERING
from digests.score import AGREE, CARE, DIFFER, SPLIT, STRONG, TALK, VARY

ENGLISH = "en"


def later(text: str) -> str:
    """Mark a text that `say` is given later; unchanged."""
    return text


BAND_WORDS = {STRONG: later("Strong"), TALK: later("Worth a talk"), CARE: later("Needs care")}
AGREEMENT_WORDS = {
    AGREE: later("People mostly agree."),
    VARY: later("Views vary."),
    DIFFER: later("Views differ a lot."),
    SPLIT: later("Views are split."),
}
SHARE_WORDS = {
    UNDER_HALF: later("under half"),
    OVER_HALF: later("over half"),
    MOST: later("over three quarters"),
}
CHART_TEXTS = (
    later("How we are doing"),
    later("Week of {day}"),
    later("Four weeks to {day}"),
    later("First figures on {day}"),
    later("No figures yet"),
    later("How people feel, 0 to 100."),
    later("How people feel, 0 to 100. Gap: too few answers."),
    later("Not shown"),
    *BAND_WORDS.values(),
)
"""All that a chart says beside the themes' titles."""


# --- a language


class Say(Protocol):
    """Says a text, which is named by its English."""

    def __call__(self, text: str, **parts: object) -> str:
        """`text` in the language, its {named} places filled from `parts`."""


class Count(Protocol):
    """Says a text that counts something."""

    def __call__(self, one: str, many: str, n: int, /, **parts: object) -> str:
        """`one` or `many`, as the language counts `n`; {n} in it is the number."""


def _say(text: str, **parts: object) -> str:
    return text.format_map(parts) if parts else text


def _count(one: str, many: str, n: int, /, **parts: object) -> str:
    return _say(one if n == 1 else many, n=n, **parts)


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language, and how to say and count in it; English unless told otherwise."""

    language: str = ENGLISH
    right_to_left: bool = False
    say: Say = field(default=_say, compare=False)
    count: Count = field(default=_count, compare=False)


def day(when: date, language: str = ENGLISH) -> str:
    """A date as people say it: "3 June"."""
    return format_date(when, "d MMMM", locale=language)


def short_day(when: date, language: str = ENGLISH) -> str:
    """A date as an axis has room for: "3 Jun"."""
    return format_date(when, "d MMM", locale=language)


def listed(names: Sequence[str], language: str = ENGLISH) -> str:
    """Names as people list them: "a, b and c"."""
    text = format_list(names, locale="en_GB" if language == ENGLISH else language)
    # The tables have "a(c)" for Welsh: "ac" stands before a vowel.
    return re.sub(r"a\(c\)(?= (\w))", lambda found: "ac" if found[1].lower() in "aeiouwyâêîôûŵŷ" else "a", text)


# --- the words


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a digest: what it is about, and what it says."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompts:
    """What may be asked about something, by how its answers look; everyone's digest asks the first of a list."""

    low: tuple[str, ...] = ()
    split: tuple[str, ...] = ()
    falling: tuple[str, ...] = ()
    steady: tuple[str, ...] = ()

    def on(self, pattern: str) -> tuple[str, ...]:
        """The questions for `LOW`, `SPLIT`, `FALLING` or anything else; those for a low figure cover what has none."""
        found = {LOW: self.low, DIFFERING: self.split or self.low, FALLING: self.falling or self.low}
        return found.get(pattern, self.steady)


@dataclass(frozen=True, slots=True)
class ThemeWords:
    """What is said about one theme.

    `well` is the end of the sentence "Going well: ...". The steady questions are asked where no figure is
    low, and where none is shown, so they must fit whatever people answered.
    """

    title: str
    emoji: str
    well: str
    talk: Prompts


@dataclass(frozen=True, slots=True)
class SetWords:
    """What is said about a longer check-in.

    `items` is item id -> question, `themes` is theme -> title. `share` ends the sentence "60 in 100 ...".
    """

    title: str
    items: Mapping[str, str]
    themes: Mapping[str, str]
    talk: Prompts = Prompts()
    share: str = ""


@dataclass(frozen=True, slots=True)
class ChartWords:
    """The few words that a chart says: the themes' titles in order, and `CHART_TEXTS` in its language."""

    titles: Mapping[str, str]
    texts: Mapping[str, str] = field(default_factory=dict)
    language: str = ENGLISH

    def say(self, text: str, **parts: object) -> str:
        """One of `CHART_TEXTS`, its places filled."""
        return _say(self.texts.get(text, text), **parts)

    def to_record(self) -> dict[str, Any]:
        """The words as JSON-ready values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The words that `to_record` wrote."""
        return cls(**record)


@dataclass(frozen=True, slots=True)
class Wording:
    """All words that are not fixed, and the language for those that are.

    `items` is item id -> question, `options` is (question id, code) -> what was chosen, `lists` is a question's
    id -> the label of the line that names its choices, `groups` is a group's code, or a single seat, -> what
    its people are called, `sets` is a longer check-in's ref -> its words. The small print comes as sentences.
    """

    partnership: str
    themes: Mapping[str, ThemeWords]
    items: Mapping[str, str]
    on_figures: tuple[str, ...]
    small_print: tuple[str, ...]
    options: Mapping[tuple[str, str], str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, SetWords] = field(default_factory=dict)
    tongue: Tongue = Tongue()

    def say(self, text: str, **parts: object) -> str:
        """A fixed text in this language, its places filled."""
        return self.tongue.say(text, **parts)

    def count(self, one: str, many: str, n: int, /, **parts: object) -> str:
        """A fixed text that counts something, in this language."""
        return self.tongue.count(one, many, n, **parts)

    def day(self, when: date) -> str:
        """A date as people say it: "3 June"."""
        return day(when, self.tongue.language)

    def group(self, code: str) -> str:
        """What the people of a group are called; those of another split by their seats."""
        return self.groups.get(code) or listed([self.groups[seat] for seat in code.split("+")], self.tongue.language)

    def for_chart(self) -> ChartWords:
        """The part of the words that a chart needs."""
        titles = {code: theme.title for code, theme in self.themes.items()}
        return ChartWords(titles, {text: self.say(text) for text in CHART_TEXTS}, self.tongue.language)


_ON_FIGURES = (
    later("Figures (0 to 100) show how people feel, not who does well."),
    later("We round them and hide small groups."),
)
_SMALL_PRINT = (
    later("The questions are new and untested."),
    later("Please do not guess who said what."),
    later("To leave: /stop. Worried how this is used? /who"),
)
_SEATS = {
    "lead": later("lead partner staff"),
    "partner": later("partner staff"),
    "frontline": later("frontline staff"),
    "lived": later("people with lived experience"),
    "commissioner": later("commissioners"),
}


def worded(  # noqa: PLR0913  each is a part of the words
    partnership: str,
    themes: Mapping[str, ThemeWords],
    items: Mapping[str, str],
    options: Mapping[tuple[str, str], str] = MappingProxyType({}),
    split: str = splits.DEFAULT,
    tongue: Tongue = Tongue(),
) -> Wording:
    """The words of `partnership` in one language; those of themes, items and options are in it already."""
    on_figures, small_print = (tuple(tongue.say(text) for text in part) for part in (_ON_FIGURES, _SMALL_PRINT))
    groups = _groups(split, tongue)
    return Wording(partnership, themes, items, on_figures, small_print, options, groups, tongue=tongue)


def _groups(split: str, tongue: Tongue) -> dict[str, str]:
    """Seats and groups; the second of two groups that hold every seat is "others"."""
    seats = {seat: tongue.say(name) for seat, name in _SEATS.items()}
    named = {code: listed([seats[seat] for seat in code.split("+")], tongue.language) for code in splits.parse(split)}
    second = list(named)[-1]
    everyone = len(named) == 2 and sum(len(code.split("+")) for code in named) == len(splits.SEATS)
    others = {second: tongue.say("others")} if everyone and "+" in second else {}
    return {**seats, **named, **others}
