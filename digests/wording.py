"""The words of one partnership and language: what a digest needs beside its codes, and no figure."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Self

from digests import split as splits
from digests.disclose import MOST, OVER_HALF, UNDER_HALF
from digests.score import AGREE, CARE, DIFFER, SPLIT, STRONG, TALK, VARY

BAND_WORDS = {STRONG: "Strong", TALK: "Worth a talk", CARE: "Needs care"}
AGREEMENT_WORDS = {
    AGREE: "People mostly agree",
    VARY: "Views vary",
    DIFFER: "Views differ a lot",
    SPLIT: "Views are split",
}
SHARE_WORDS = {UNDER_HALF: "under half", OVER_HALF: "over half", MOST: "over three quarters"}

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ThemeWords:
    """What is said about one theme.

    `well` is the end of the sentence "Going well: ...". `talk_low` is asked where the figure is low;
    `talk_steady` where none is, and where none is shown, so it must fit whatever people answered.
    """

    title: str
    emoji: str
    well: str
    talk_low: str
    talk_steady: str


@dataclass(frozen=True, slots=True)
class Wording:
    """All words that are not fixed.

    `items` is item id -> question, `options` is (question id, code) -> what would help, `groups` is a group's
    code, or a single seat, -> what its people are called. The small print comes as sentences.
    """

    partnership: str
    themes: Mapping[str, ThemeWords]
    items: Mapping[str, str]
    on_figures: tuple[str, ...]
    small_print: tuple[str, ...]
    options: Mapping[tuple[str, str], str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)

    def group(self, code: str) -> str:
        """What the people of a group are called; those of an older split by their seats."""
        return self.groups.get(code) or listed([self.groups[seat] for seat in code.split("+")])

    def to_record(self) -> dict[str, Any]:
        """The words as JSON-ready values."""
        return {
            "groups": dict(self.groups),
            "items": dict(self.items),
            "on_figures": list(self.on_figures),
            "options": [[*option, text] for option, text in self.options.items()],
            "partnership": self.partnership,
            "small_print": list(self.small_print),
            "themes": [{"code": code, **asdict(words)} for code, words in self.themes.items()],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The words that `to_record` wrote."""
        return cls(
            partnership=record["partnership"],
            themes={words["code"]: _theme_words(words) for words in record["themes"]},
            items=dict(record["items"]),
            on_figures=tuple(record["on_figures"]),
            small_print=tuple(record["small_print"]),
            options={(question, code): text for question, code, text in record["options"]},
            groups=dict(record["groups"]),
        )


def _theme_words(record: Mapping[str, Any]) -> ThemeWords:
    return ThemeWords(**{name: text for name, text in record.items() if name != "code"})


ENGLISH_ON_FIGURES = (
    "Figures (0 to 100) show how people feel, not who does well.",
    "We round them and hide small groups.",
)
ENGLISH_SMALL_PRINT = (
    "The questions are new and untested.",
    "Please do not guess who said what.",
    "To leave: /stop. Worried how this is used? /who",
)
_ENGLISH_SEATS = {
    "lead": "lead partner staff",
    "partner": "partner staff",
    "frontline": "frontline staff",
    "lived": "people with lived experience",
    "commissioner": "commissioners",
}


def english(
    partnership: str,
    themes: Mapping[str, ThemeWords],
    items: Mapping[str, str],
    options: Mapping[tuple[str, str], str] = MappingProxyType({}),
    split: str = splits.DEFAULT,
) -> Wording:
    """The English words of `partnership`; those of themes, items and options come from the check-in's flow."""
    groups = {**_ENGLISH_SEATS, **_english_groups(split)}
    return Wording(partnership, themes, items, ENGLISH_ON_FIGURES, ENGLISH_SMALL_PRINT, options, groups)


def _english_groups(split: str) -> dict[str, str]:
    """The groups by their seats; the second of two that hold every seat is "others"."""
    named = {code: listed([_ENGLISH_SEATS[seat] for seat in code.split("+")]) for code in splits.parse(split)}
    second = list(named)[-1]
    everyone = len(named) == 2 and sum(len(code.split("+")) for code in named) == len(splits.SEATS)
    return {**named, second: "others"} if everyone and "+" in second else named


def listed(names: Sequence[str]) -> str:
    """Names as people list them: "a, b and c"."""
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last


def day(when: date) -> str:
    """A date as people say it: "3 June"."""
    return f"{when.day} {_MONTHS[when.month - 1]}"


def short_day(when: date) -> str:
    """A date as an axis has room for: "3 Jun"."""
    return f"{when.day} {_MONTHS[when.month - 1][:3]}"
