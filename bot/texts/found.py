"""What there is to translate: every sentence of the code and every text of the check-ins, with where it is from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_python
from babel.messages.pofile import write_po

from bot.languages import FORMS, locale
from bot.speech import BRIEF, LABEL
from flows.load import library
from flows.model import Flow

TEMPLATE = "pulse.pot"
KEYWORDS = ("say", "count", "later", "Said", "label", "Label", "brief", "Brief")
_LONGEST = {"label": LABEL, "Label": LABEL, "brief": BRIEF, "Brief": BRIEF}
_FOLDERS = ("bot", "digests")
_SPEAKS = b"from bot.speech import"  # a module of the bot that does not say it says nothing to members

_HEAD = """\
# Partnership Pulse in another language. English stands after "msgid"; write after "msgstr".
# Keep what stands in {curly brackets} as it is, and commands such as /help. Whoever has read all of it and
# speaks the language from home writes their name after X-Reviewed-By.
msgid ""
msgstr ""
"Project-Id-Version: partnership-pulse\\n"
"Language: %s\\n"
"Plural-Forms: %s\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=UTF-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"X-Reviewed-By: %s\\n"

"""


@dataclass(frozen=True, slots=True)
class Text:
    """One text to translate; of a counted one both English forms, with FORMS between.

    `places` is where it stands: a module, or a check-in and a question. Units: `longest` is in characters.
    """

    source: str
    places: tuple[str, ...]
    longest: int | None = None

    @property
    def ident(self) -> str | tuple[str, ...]:
        """The name it has in a catalogue."""
        return tuple(self.source.split(FORMS)) if FORMS in self.source else self.source

    @property
    def counted(self) -> bool:
        """Whether it has a form for one and another for many."""
        return FORMS in self.source


def everything(flows: Iterable[Flow] | None = None) -> dict[str, Text]:
    """All there is to translate, by its English: the code's sentences, then those of `flows` (the library's)."""
    return merged([*of_code(), *of_flows(library().values() if flows is None else flows)])


def of_flows(flows: Iterable[Flow]) -> list[Text]:
    """The texts of these check-ins."""
    return [text for flow in flows for text in _of_flow(flow)]


def merged(found: Iterable[Text]) -> dict[str, Text]:
    """The texts by their English, each once."""
    texts: dict[str, Text] = {}
    for text in found:
        known = texts.get(text.source)
        if known is not None:
            limits = [n for n in (known.longest, text.longest) if n is not None]
            places = tuple(dict.fromkeys((*known.places, *text.places)))
            text = replace(text, places=places, longest=min(limits, default=None))  # noqa: PLW2901  the two as one
        texts[text.source] = text
    return texts


# --- of the code


def of_code() -> Iterator[Text]:
    """The sentences in the modules that speak to members."""
    for folder in _FOLDERS:
        for path, module in _modules(files(folder), folder):
            code = module.read_bytes()
            if folder != "bot" or _SPEAKS in code:
                yield from _of_module(path, code)


def _modules(folder: Traversable, path: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda found: found.name):
        if entry.is_dir():
            yield from _modules(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{path}/{entry.name}", entry


def _of_module(path: str, code: bytes) -> Iterator[Text]:
    for _, keyword, found, _ in extract_python(BytesIO(code), dict.fromkeys(KEYWORDS), (), {}):
        said = [found] if isinstance(found, str) else list(found or ())
        source = said[: 2 if keyword == "count" else 1]
        if all(source) and len(source) == (2 if keyword == "count" else 1):
            yield Text(FORMS.join(map(str, source)), (path,), _LONGEST.get(str(keyword)))


# --- of check-ins


def _of_flow(flow: Flow) -> Iterator[Text]:
    places, labels = dict(_places(flow)), set(_labels(flow))
    for source in flow.texts():
        place = places.get(source)
        yield Text(source, (f"{flow.id} {place}" if place else flow.id,), LABEL if source in labels else None)


def _places(flow: Flow) -> Iterator[tuple[str, str]]:
    for name, points in flow.scales.items():
        yield from ((point.text, name) for point in points)
    for name, choices in flow.choices.items():
        yield from ((choice.text, name) for choice in choices)
    for ident, item in flow.items.items():
        yield item.ask, ident
    for question in flow.questions:
        yield getattr(question, "ask", ""), question.id


def _labels(flow: Flow) -> Iterator[str]:
    for points in flow.scales.values():
        yield from (point.text for point in points)
    for choices in flow.choices.values():
        yield from (choice.text for choice in choices)


# --- as a catalogue


def template(texts: Mapping[str, Text]) -> str:
    """The empty catalogue that every language starts from. Shape: PO template."""
    return po("", texts, {}, "")


def po(language: str, texts: Mapping[str, Text], said: Mapping[str, tuple[str, ...]], reviewer: str) -> str:
    """A catalogue of these texts, with what is `said` in the language already, form by form. Shape: PO."""
    catalog = Catalog(locale=locale(language) if language else None, fuzzy=False)
    for text in texts.values():
        forms = said.get(text.source, ())
        string = forms if text.counted else "".join(forms)
        notes = [] if text.longest is None else [f"At most {text.longest} letters."]
        catalog.add(text.ident, string or None, [(place, 0) for place in text.places], auto_comments=notes)
    out = BytesIO()
    write_po(out, catalog, width=110, omit_header=True, include_lineno=False)
    return _HEAD % (language, catalog.plural_forms, reviewer) + out.getvalue().decode()


def started(language: str) -> str:
    """A catalogue of the library in which nothing is translated yet."""
    return po(language, everything(), {}, "")
