"""The languages the bot speaks: a catalogue for each, beside this file, and over it what an operator brought in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations
from importlib.resources import files
from io import BytesIO

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ENGLISH = "en"
NAMES = {
    "en": "English",
    "cy": "Cymraeg",
    "pl": "Polski",
    "ro": "Română",
    "ar": "العربية",
    "ur": "اردو",
}
"""Each language's own name for itself."""

RIGHT_TO_LEFT = frozenset({"ar", "ur"})

UNDRAWN = frozenset({"ur"})
"""Those of which the typeface of charts lacks letters: their charts speak English, and the words beside them do not."""

FORMS = "\x1e"
"""Between the English forms of a counted text, and between those of its translation, in what is brought in."""

HEADER = ""
"""What a catalogue says of itself stands under this source."""

_REVIEWER = re.compile(r"^\"?X-Reviewed-By:[ \t]*(.*?)(?:\\n\")?$", re.MULTILINE)

_brought: Mapping[str, Mapping[str, str]] = {}
_edition = ""
_catalogues: dict[str, "Catalogue"] = {}


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be said in one language; `reviewed` where a speaker has read all of it.

    `messages` are the translated ones; `fuzzy` the English texts whose translation waits for another look.
    """

    messages: Catalog
    said: GNUTranslations
    reviewed: bool
    fuzzy: frozenset[str]


def bring(texts: Mapping[str, Mapping[str, str]], edition: str) -> None:
    """Lay what an operator brought in (language -> English -> what is said) over what came with the bot."""
    global _brought, _edition, _catalogues
    # A new place for catalogues, last: what another thread is making of the words before goes to the old one.
    _brought, _edition, _catalogues = texts, edition, {}


def edition() -> str:
    """Which of the things brought in is in use; "" before any."""
    return _edition


def catalogue(language: str) -> Catalogue:
    """The catalogue of a language, compiled once."""
    made = _catalogues
    if language not in made:
        made[language] = _made(language, _brought.get(language, {}))
    return made[language]


def _made(language: str, brought: Mapping[str, str]) -> Catalogue:
    text = shipped(language)
    messages = read_po(BytesIO(text.encode()), locale=language)
    fuzzy = frozenset(source_of(m.id) for m in messages if m.id and m.fuzzy)
    for message in [m for m in messages if m.id and (m.fuzzy or not all(_forms(m)))]:
        messages.delete(message.id)
    over = dict(brought)
    header = over.pop(HEADER, "")
    for source, said in over.items():
        ident, forms = source.split(FORMS), said.split(FORMS)
        messages.delete(ident[0])  # adding alone would leave what came with the bot
        messages.add(tuple(ident) if FORMS in source else source, forms if FORMS in source else said)
    left = any(m.id and source_of(m.id) not in over for m in messages)
    reviewed = (not left or bool(reviewer(text))) and (not over or bool(reviewer(header)))
    return Catalogue(messages, _compiled(messages), bool(len(messages)) and reviewed, fuzzy.difference(over))


def _forms(message: Message) -> tuple[str, ...]:
    return (message.string or "",) if isinstance(message.string, str | None) else tuple(message.string)


def source_of(ident: str | tuple[str, ...] | list[str]) -> str:
    """The one string that names a text, counted or not."""
    return ident if isinstance(ident, str) else FORMS.join(ident)


def _compiled(messages: Catalog) -> GNUTranslations:
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return GNUTranslations(compiled)


def shipped(language: str) -> str:
    """The file that came with the bot. Shape: PO."""
    return files("bot.languages").joinpath(f"{language}.po").read_text(encoding="utf-8")


def reviewer(header: str) -> str:
    """Who reviewed a catalogue, by its header or its whole file; "" where nobody did."""
    found = _REVIEWER.search(header)
    return found[1].strip() if found else ""


def offered() -> list[str]:
    """The languages in which anything can be said; English first."""
    return [language for language in NAMES if language == ENGLISH or len(catalogue(language).messages)]


def supported(code: str | None) -> str:
    """The language of ours that a tag such as "pl" or "en-GB" names; English where there is none."""
    base = (code or "").replace("_", "-").partition("-")[0].lower()
    return base if base in NAMES and base != ENGLISH and len(catalogue(base).messages) else ENGLISH


def reviewed(language: str) -> bool:
    """Whether a speaker has read all that the bot says in this language."""
    return language == ENGLISH or catalogue(language).reviewed


@lru_cache(maxsize=len(NAMES))
def locale(language: str) -> Locale:
    """How the language writes dates and numbers; English as in Britain."""
    return Locale("en", "GB") if language == ENGLISH else Locale(language)


def told(language: str, text: str) -> str:
    """`text` in the language; itself where the language lacks it."""
    return catalogue(language).said.gettext(text) if text and language != ENGLISH else text


def counted(language: str, one: str, many: str, n: int) -> str:
    """The form of a counted text that goes with `n`; the English one where the language lacks it."""
    if language == ENGLISH:
        return one if n == 1 else many
    return catalogue(language).said.ngettext(one, many, n)
