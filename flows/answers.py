"""From a raw reply to an answer, or to a notice why it is none; where a run goes next is not known here."""

import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from flows.effects import Kind, Notice
from flows.events import Tapped, Wrote

NOTE_LIMIT = 500
# Putting text into NFC slows down with the square of a run of accents; nobody writes this much in a note.
RAW_LIMIT = 16 * NOTE_LIMIT
BETWEEN = ","  # stands between the codes of an answer where several were picked

Move = Literal["next", "back", "again", "stay"]


@dataclass(frozen=True, slots=True)
class Form:
    """How a question is answered: with one of `codes`, or several, or words.

    `least` and `most` bound a number; for the kind several, `most` says how many codes may be picked.
    """

    kind: Kind
    codes: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a reply comes to: the move it makes, and for "next" and "stay" the value to keep (None keeps nothing)."""

    move: Move
    value: str | None = None


SKIP, BACK, AGAIN = Answer("next"), Answer("back"), Answer("again")
UNFIT = Notice("unfit")
# What a control does, by the kind of question on the screen; None is the end of the check-in.
_TAPS = {".back": BACK, ".skip": SKIP}
_CONTROLS: Mapping[Kind | None, Mapping[str, Answer]] = {
    "scale": _TAPS,
    "choice": _TAPS,
    "several": _TAPS,
    "text": {**_TAPS, ".done": SKIP},
    "number": _TAPS,
    "date": _TAPS,
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
# The digits of any script: who types in Arabic or Urdu has others than 0 to 9.
_NUMBER = re.compile("[-+\u2212]?\\d{1,15}")
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_DAY_FIRST = re.compile(r"(?P<day>\d{1,2})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})")
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


def read(reply: Tapped | Wrote, form: Form | None, standing: str | None = None) -> Answer | Notice:
    """What `reply` comes to where a question of that form is asked; None is the end of the check-in.

    Returns: an `Answer` with a code, codes in their order joined by commas, cleaned words, the digits of a
        number, or a day as in 2026-06-03; or a `Notice`. `standing` is the answer the question has so far.
    """
    if isinstance(reply, Wrote):
        return _written(reply.text, form)
    if form is None:
        return _CONTROLS[None].get(reply.choice, UNFIT)
    if form.kind == "several" and (reply.choice in form.codes or reply.choice == ".done"):
        return _picked(reply.choice, form, standing)
    if reply.choice in form.codes:
        return Answer("next", reply.choice)
    return _CONTROLS[form.kind].get(reply.choice, UNFIT)


def _picked(choice: str, form: Form, standing: str | None) -> Answer | Notice:
    """A code picked, or put back where it was picked already; ".done" goes on with what is picked."""
    picked = set((standing or "").split(BETWEEN)) & {*form.codes}
    if choice == ".done":
        return Answer("next", _joined(picked, form))
    if choice not in picked and form.most is not None and len(picked) >= form.most:
        return Notice("too_many", form.most)
    return Answer("stay", _joined(picked ^ {choice}, form))


def _joined(picked: Container[str], form: Form) -> str | None:
    return BETWEEN.join(code for code in form.codes if code in picked) or None


def _written(raw: str, form: Form | None) -> Answer | Notice:
    if form is None:
        return Notice("no_words_here")
    if form.codes:
        return Notice("please_tap")
    if len(raw) > RAW_LIMIT:
        return Notice("too_long", len(raw))
    text = clean(raw)
    if len(text) > NOTE_LIMIT:
        return Notice("too_long", len(text))
    if form.kind == "number":
        return _number(text, form)
    if form.kind == "date":
        return _day(text)
    return Answer("next", text) if text else Notice("empty")


def _number(text: str, form: Form) -> Answer | Notice:
    if _NUMBER.fullmatch(text) is None:
        return Notice("no_number")
    value = int(text.replace("\u2212", "-"))
    if form.least is not None and value < form.least:
        return Notice("too_small", form.least)
    if form.most is not None and value > form.most:
        return Notice("too_large", form.most)
    return Answer("next", str(value))


def _day(text: str) -> Answer | Notice:
    found = _YEAR_FIRST.fullmatch(text) or _DAY_FIRST.fullmatch(text)
    if found is None:
        return Notice("no_date")
    try:
        return Answer("next", date(*(int(found[part]) for part in ("year", "month", "day"))).isoformat())
    except ValueError:
        return Notice("no_date")
