"""What is said, in the language of whoever is spoken to: English in the code is the name of each text.

`speaking` sets the language in one place for what happens and in one for what is sent. A text a language lacks
stays English.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from babel.numbers import format_decimal

from bot.languages import ENGLISH, RIGHT_TO_LEFT, counted, locale, supported, told

_FIRST_STRONG, _POP = "\u2068", "\u2069"  # isolates, so that a name's direction moves nothing around it

LABEL = 60  # letters on a button of a narrow phone
BRIEF = 190  # letters that pop up over a chat; Telegram takes 200

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: str | None) -> Iterator[None]:
    """Speak this language inside the block; English where it is none of ours."""
    token = _language.set(supported(language))
    try:
        yield
    finally:
        _language.reset(token)


def language() -> str:
    """The language spoken now."""
    return _language.get()


def say(text: str, **parts: object) -> str:
    """`text` in the language spoken now, each {named} place filled from `parts`.

    Names stand isolated in languages that run from right to left, and numbers are written as the language does.
    """
    return fill(told(_language.get(), text), **parts)


def count(one: str, many: str, n: int, /, **parts: object) -> str:
    """`one` or `many`, as the language counts `n`; {n} in it is the number."""
    return fill(counted(_language.get(), one, many, n), **{"n": n, **parts})


def later(text: str) -> str:
    """Mark a text that `say` is given later; unchanged."""
    return text


def fill(text: str, **parts: object) -> str:
    """Fill the places of a text that is in the language spoken now already; a place without a part stays."""
    return text.format_map(_Places({name: _part(value) for name, value in parts.items()})) if parts else text


class _Places(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"{{{name}}}"


def _part(value: object) -> str:
    if isinstance(value, int):
        return str(value) if abs(value) < 1000 else format_decimal(value, locale=locale(_language.get()))
    return f"{_FIRST_STRONG}{value}{_POP}" if _language.get() in RIGHT_TO_LEFT else str(value)


def label(text: str) -> str:
    """Mark what stands on a button, for `say` later: in no language longer than `LABEL`."""
    return text


def brief(text: str) -> str:
    """Mark what may pop up over a chat, for `say` later: in no language longer than `BRIEF`."""
    return text


class Said:
    """A sentence that stands in a class, read in the language spoken now."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __get__(self, instance: object, owner: type | None = None) -> str:
        return say(self.text)


class Label(Said):
    """What stands on a button: in no language longer than `LABEL`."""


class Brief(Said):
    """What may pop up over a chat: in no language longer than `BRIEF`."""


class Each:
    """Sentences by code, each marked with `later`, `label` or `brief`, read in the language spoken now."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def __get__(self, instance: object, owner: type | None = None) -> dict[str, str]:
        return {code: say(text) for code, text in self.texts.items()}
