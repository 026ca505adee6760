"""What a translation may hold: the same places, commands and numbers to call as the English, and plain text."""

import re
import string
import unicodedata
from collections.abc import Iterator

from bot.languages import FORMS
from bot.texts.found import Text

_COMMAND = re.compile(r"(?<![\w/.:])/[a-z]+")
_TO_CALL = re.compile(r"(?<!\d)\d{3,}(?!\d)")  # telephone numbers are written with these digits everywhere
_TAG = re.compile(r"</?[A-Za-z][^>]*>|&#?\w+;")
_NAME = re.compile(r"[a-z_]+")
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # they could turn the text around them


class BadPlaces(ValueError):
    """Curly brackets that hold no name; says what to do."""


def places(text: str) -> frozenset[str]:
    """The names in curly brackets.

    Raises:
        BadPlaces: a bracket stands alone, or holds something else.
    """
    try:
        found = list(string.Formatter().parse(text))
    except ValueError:
        message = "a curly bracket has no partner"
        raise BadPlaces(message) from None
    for _, name, spec, conversion in found:
        if name is not None and (spec or conversion or not _NAME.fullmatch(name)):
            message = f"{{{name}}} is no place to fill"
            raise BadPlaces(message)
    return frozenset(name for _, name, _, _ in found if name is not None)


def flaws(text: Text, forms: tuple[str, ...], wanted: int) -> Iterator[tuple[str, str]]:
    """What is wrong with a translation, form by form, and how to mend it; nothing where nothing is translated."""
    if not any(forms):
        return
    if len(forms) != wanted or not all(forms):
        yield f"it has {sum(map(bool, forms))} forms and the language counts with {wanted}", "write all of them"
    for form in filter(None, forms):
        yield from _of_form(text, form)


def _of_form(text: Text, said: str) -> Iterator[tuple[str, str]]:
    english = text.source.split(FORMS)[-1]
    yield from _of_places(text, english, said)
    for what, pattern in (("the command", _COMMAND), ("the number", _TO_CALL)):
        there, here = set(pattern.findall(english)), set(pattern.findall(said))
        yield from ((f"{what} {lost} is gone", f"keep {lost} as it is") for lost in sorted(there - here))
    for tag in _TAG.findall(said):
        yield f"{tag} is markup, and would be shown as it stands", "take it out"
    if any(map(_unseen, said)):
        yield "it holds a sign that cannot be seen", "write the text anew, without copying it from a formatted page"
    if said != said.strip():
        yield "it begins or ends with a blank", "take the blank away"
    if text.longest is not None and len(said) > text.longest:
        yield f"it has {len(said)} letters, and at most {text.longest} fit", "find shorter words"


def _unseen(sign: str) -> bool:
    return (unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"} and sign != "\n") or sign in _TURNS


def _of_places(text: Text, english: str, said: str) -> Iterator[tuple[str, str]]:
    try:
        there = places(english)
    except BadPlaces:
        return  # a check-in's own text, which is never filled
    try:
        here = places(said)
    except BadPlaces as exc:
        yield str(exc), "write places as in the English"
        return
    free = {"n"} if text.counted else set()  # "one day" needs no digit
    for lost in sorted(there - here - free):
        yield f"{{{lost}}} is missing", f"write {{{lost}}} where it belongs"
    for new in sorted(here - there):
        yield f"{{{new}}} is not in the English", "take it out"
