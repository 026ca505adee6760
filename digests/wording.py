"""The words of one partnership and language: what a digest needs beside its codes, and no figure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from digests.disclose import MOST, OVER_HALF, UNDER_HALF
from digests.score import CARE, STRONG, TALK

BAND_WORDS = {STRONG: "Strong", TALK: "Worth a talk", CARE: "Needs care"}
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
    """All words that are not fixed: `items` is item id -> question; the small print comes as sentences."""

    partnership: str
    themes: Mapping[str, ThemeWords]
    items: Mapping[str, str]
    on_figures: tuple[str, ...]
    small_print: tuple[str, ...]

    def to_record(self) -> dict[str, Any]:
        """The words as JSON-ready values."""
        return {
            "items": dict(self.items),
            "on_figures": list(self.on_figures),
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
        )


def _theme_words(record: Mapping[str, Any]) -> ThemeWords:
    return ThemeWords(**{name: text for name, text in record.items() if name != "code"})


ENGLISH_ON_FIGURES = (
    "Figures run from 0 to 100.",
    "They show how people feel, not who does a good job.",
    "We round them, and hide any that come from a small group.",
)
ENGLISH_SMALL_PRINT = (
    "The questions are new and not yet tested.",
    "Please do not guess or ask who said what.",
    "You can leave: /stop.",
    "Worried about how this is used? /who",
)


def english(partnership: str, themes: Mapping[str, ThemeWords], items: Mapping[str, str]) -> Wording:
    """The English words of `partnership`; those of the themes and items come from the check-in's flow."""
    return Wording(partnership, themes, items, ENGLISH_ON_FIGURES, ENGLISH_SMALL_PRINT)


def day(when: date) -> str:
    """A date as people say it: "3 June"."""
    return f"{when.day} {_MONTHS[when.month - 1]}"


def short_day(when: date) -> str:
    """A date as an axis has room for: "3 Jun"."""
    return f"{when.day} {_MONTHS[when.month - 1][:3]}"
