"""What the engine asks the world to show: plain data that knows nothing of buttons, messages or pixels."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["scale", "choice", "text"]
Code = Literal["stale", "unfit", "please_tap", "too_long", "empty", "no_words_here", "closed"]


@dataclass(frozen=True, slots=True)
class Ask:
    """Show a question, with no earlier answer marked.

    `choices` holds (code, label) pairs, and is empty for kind "text". `question` is the id an answer is
    kept under; `theme` is None where the question belongs to no theme. `quoted` holds the words the
    question asks about, just as everyone would see them; None where it asks about none.

    Units: `position` and `total` count taps from 1 ("2 of 5"); a note, and the question whether to share
        it, are no taps and have position 0.
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
    nothing. closed: the round is over and takes no more answers.
    """

    code: Code
    detail: int = 0


Effect = Ask | Finished | Notice
