"""What the engine asks the world to show: plain data that knows nothing of buttons, messages or pixels."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["scale", "choice", "several", "text", "number", "date"]
Code = Literal[
    "stale", "unfit", "please_tap", "too_long", "empty", "no_words_here", "closed",
    "too_many", "no_number", "too_small", "too_large", "no_date",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """Show a question, with no earlier answer marked, but for what is `picked` where several may be.

    `choices` holds (code, label) pairs, and is empty for the kinds that are typed: text, number and date.
    `question` is the id an answer is kept under; `theme` is None where the question belongs to no theme.
    `quoted` holds the words the question asks about, just as everyone would see them; None where it asks
    about none. `picked` holds codes in the order of `choices`, and `most` says how many there may be; of
    the kind several alone. `heading` is said above the question; None where nothing is.

    Units: `position` and `total` count questions from 1 ("2 of 5"); a note, and the question whether to
        share it, are not counted and have position 0.
    """

    question: str
    turn: int
    text: str
    choices: tuple[tuple[str, str], ...]
    theme: str | None
    kind: Kind
    position: int
    total: int
    can_back: bool
    can_skip: bool
    quoted: str | None
    picked: tuple[str, ...] = ()
    most: int | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """Show that the check-in stands at its end and is saved; ".again" on this turn reopens it."""

    turn: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Say why a reply changed nothing.

    stale: the button belongs to an earlier screen. unfit: that is no choice here. please_tap: words came
    where a button was asked for. too_long: the words are too many; `detail` is their length in characters.
    empty: nothing readable was left of the words. no_words_here: the check-in is at its end and asks for
    nothing. closed: the round is over and takes no more answers. too_many: `detail` are picked already,
    and no more may be. no_number: the words are no whole number. too_small, too_large: the number has to be
    at least, or at most, `detail`. no_date: the words are no day.
    """

    code: Code
    detail: int = 0


Effect = Ask | Finished | Notice
