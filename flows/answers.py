"""From a raw reply to an answer, or to a notice why it is none; where a run goes next is not known here."""

import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Literal

from flows.effects import Kind, Notice
from flows.events import Tapped, Wrote

NOTE_LIMIT = 500
# Putting text into NFC slows down with the square of a run of accents; nobody writes this much in a note.
RAW_LIMIT = 16 * NOTE_LIMIT

Move = Literal["next", "back", "again"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply comes to: the move it makes, and for "next" the value to keep (None keeps nothing)."""

    move: Move
    value: str | None = None


SKIP, BACK, AGAIN = Answer("next"), Answer("back"), Answer("again")
UNFIT = Notice("unfit")
# What a control does, by the kind of question on the screen; None is the end of the check-in.
_TAPS = {".back": BACK, ".skip": SKIP}
_CONTROLS: Mapping[Kind | None, Mapping[str, Answer]] = {
    "scale": _TAPS,
    "choice": _TAPS,
    "text": {**_TAPS, ".done": SKIP},
    None: {".again": AGAIN},
}

_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_SURROGATES = re.compile("[\ud800-\udfff]")
# Source: Unicode 15.1, the general category Cc and the property Default_Ignorable_Code_Point, whole.
_DROPPED = re.compile(
    "["
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # controls, all but the newline
    "\u200b-\u200f\u2060-\u206f\ufeff\u00ad\u034f"  # no width, direction marks and isolates, byte order mark
    "\u061c\u202a-\u202e"  # direction marks and overrides
    "\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"  # letters and marks that draw nothing
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # steps of shorthand and of music
    "\ufe00-\ufe0f\ufff0-\ufffb\U000e0000-\U000e0fff"  # selectors, annotations and tags, which can carry hidden text
    "]"
)
_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n){2,}")
_UNSEEN = re.compile("[\\s\u2800]*")  # the braille cell without a dot is no blank to Python


def clean(text: str) -> str:
    """`text` as it may be kept: the one gate for everything a person types.

    Returns: NFC, with newlines as line breaks, and no control, direction or zero-width characters, nor any
        other that draws nothing; a lone surrogate becomes U+FFFD; at most one empty line in a row; "" where
        nothing visible is left. Cleaning twice is cleaning once.
    """
    if _SURROGATES.search(text):
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    text = _BREAKS.sub("\n", text).replace("\t", " ")
    # Composed last: a dropped character may have stood between a letter and its accent.
    text = unicodedata.normalize("NFC", _DROPPED.sub("", text))
    text = _BLANK_LINES.sub("\n\n", text).strip()
    return "" if _UNSEEN.fullmatch(text) else text


def read(reply: Tapped | Wrote, kind: Kind | None, codes: Container[str]) -> Answer | Notice:
    """What `reply` comes to where a question of that kind is asked; None is the end of the check-in.

    Returns: an `Answer`, whose value is one of `codes` or the cleaned words of a note; or a `Notice`.
    """
    if isinstance(reply, Wrote):
        return _words(reply.text, kind)
    if reply.choice in codes:
        return Answer("next", reply.choice)
    return _CONTROLS[kind].get(reply.choice, UNFIT)


def _words(raw: str, kind: Kind | None) -> Answer | Notice:
    if kind is None:
        return Notice("no_words_here")
    if kind != "text":
        return Notice("please_tap")
    if len(raw) > RAW_LIMIT:
        return Notice("too_long", len(raw))
    text = clean(raw)
    if len(text) > NOTE_LIMIT:
        return Notice("too_long", len(text))
    return Answer("next", text) if text else Notice("empty")
