"""YAML 1.2 text as plain data that remembers where each piece stood; it knows nothing of flows.

What could surprise a reader of the file is refused: aliases, tags, tabs, keys given twice or without a value,
characters that nobody sees, great depth.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

MAX_DEPTH = 10

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Where in a file something stands; both numbers count from 1."""

    line: int
    column: int


class Flaw(NamedTuple):
    """One thing wrong in a file: where, what, and how to mend it."""

    place: Place
    what: str
    mend: str


@dataclass(slots=True)
class Source:
    """What a file holds: mappings as dicts, lists as tuples; `whole` is false where reading had to stop."""

    data: object = None
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)
    whole: bool = True

    def place(self, path: Path) -> Place:
        """Where the value at `path` stands, or else the nearest thing around it that the file has."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place(1, 1))

    def key(self, path: Path) -> Place:
        """Where the last key of `path` stands, or else what is nearest."""
        return self.keys.get(path) or self.place(path)


def parse(text: str) -> Source:
    """The data of `text`; what cannot be read as such is among the flaws and never an exception."""
    reader = _Reader(text)
    source = reader.source
    for number, line in enumerate(text.split("\n"), start=1):
        if "\t" in line:
            source.flaws.append(Flaw(Place(number, line.index("\t") + 1), "here is a tab", "use spaces"))
    try:
        source.data = reader.document()
    except _TooDeepError as error:
        what = f"this is nested more than {MAX_DEPTH} deep"
        source.flaws.append(Flaw(error.place, what, "flatten it"))
    except MarkedYAMLError as error:
        source.flaws.append(_syntax(error))
    except ReaderError as error:
        before = text[: error.position]
        place = Place(before.count("\n") + 1, error.position - before.rfind("\n"))
        source.flaws.append(Flaw(place, f"character U+{ord(text[error.position]):04X} is not text", "delete it"))
    else:
        return source
    source.whole = False
    return source


class _TooDeepError(Exception):
    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.place = place


class _Reader:
    """Builds the data from the parser's events: the parser alone makes no objects and follows no alias."""

    def __init__(self, text: str) -> None:
        self.source = Source()
        self._events: Iterator[Event] = YAML(typ="safe", pure=True).parse(text)

    def document(self) -> object:
        data: object = None
        documents = 0
        for event in self._events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if event.version not in {None, (1, 2)}:
                    self._flaw(event, "flows are YAML 1.2", "take the line `%YAML` away")
                if documents == 2:
                    self._flaw(event, "a second document starts here", "put each flow into a file of its own")
                    break
                data = self._value(next(self._events), ())
        return data

    def _value(self, event: Event, path: Path) -> object:
        self.source.values[path] = _place(event)
        if isinstance(event, AliasEvent):
            self._flaw(event, f"here is an alias, `*{event.anchor}`", "write the text out again")
            return None
        if isinstance(event, NodeEvent) and event.anchor:
            self._flaw(event, f"here is an anchor, `&{event.anchor}`", "take it away; aliases are not read")
        if getattr(event, "ctag", None) is not None:
            self._flaw(event, "here is a tag, a word that starts with `!`", "take it away, or put it in quotes")
        if isinstance(event, ScalarEvent):
            if odd := _CONTROL.search(event.value):
                self._flaw(event, f"character U+{ord(odd[0]):04X} is not text", "delete it")
            return _scalar(event)
        if len(path) >= MAX_DEPTH:
            raise _TooDeepError(_place(event))
        return self._mapping(path) if isinstance(event, MappingStartEvent) else self._sequence(path)

    def _sequence(self, path: Path) -> tuple[object, ...]:
        items: list[object] = []
        while not isinstance(event := next(self._events), CollectionEndEvent):
            items.append(self._value(event, (*path, len(items))))
            self._must_say(event, (*path, len(items) - 1), items[-1])
        return tuple(items)

    def _mapping(self, path: Path) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self._events), CollectionEndEvent):
            key = self._key(event, path)
            if key is None or key in entries:
                if key is not None:
                    first = self.source.keys[*path, key].line
                    self._flaw(event, f"key `{key}` was given on line {first} already", "keep one of the two")
                self._value(next(self._events), (*path, ""))
                continue
            self.source.keys[*path, key] = _place(event)
            value = next(self._events)
            entries[key] = self._value(value, (*path, key))
            if entries[key] is None and isinstance(value, ScalarEvent):
                # What is not there has the place of whatever comes next, perhaps lines below.
                self.source.values[*path, key] = self.source.keys[*path, key]
            self._must_say(value, (*path, key), entries[key])
        return entries

    def _key(self, event: Event, path: Path) -> str | None:
        key = self._value(event, (*path, ""))
        if isinstance(key, str):
            return key
        if not isinstance(event, AliasEvent):
            self._flaw(event, "this key is not text", "put it in quotes")
        return None

    def _must_say(self, event: Event, path: Path, value: object) -> None:
        """What is empty is refused, or it would quietly count as left out."""
        if value is None and isinstance(event, ScalarEvent):
            what = f"`{event.value}` stands for nothing here" if event.value else "there is nothing here"
            mend = f'put it in quotes: "{event.value}"' if event.value else "write something, or take it away"
            self.source.flaws.append(Flaw(self.source.values[path], what, mend))

    def _flaw(self, event: Event, what: str, mend: str) -> None:
        self.source.flaws.append(Flaw(_place(event), what, mend))


_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # reached by an escape alone: the parser refuses them raw
_INT = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


def _scalar(event: ScalarEvent) -> object:
    """A plain word by the core rules of YAML 1.2, whatever the file says it is: `no` and 10:00 are text."""
    word: str = event.value
    if not event.implicit[0]:
        return word
    if word in _WORDS:
        return _WORDS[word]
    if _INT.fullmatch(word):
        return int(word)
    return float(word) if _FLOAT.fullmatch(word) else word


def _place(event: Event) -> Place:
    return Place(event.start_mark.line + 1, event.start_mark.column + 1)


# What the parser says -> what the author reads, and how to mend it.
_SYNTAX = (
    ("mapping values are not allowed", "a colon does not fit here", 'put the whole text in quotes: "..."'),
    ("could not find expected ':'", "a colon is missing", "write `key: value`"),
    ("expected ',' or", "a comma or a closing bracket is missing", "close the bracket, or quote the text"),
    ("end of stream", "a quote is never closed", "add the closing quote"),
    ("cannot start any token", "a text cannot start with this character", 'put the text in quotes: "..."'),
    ("chomping or indentation", "a text cannot start with this character", 'put the text in quotes: "..."'),
    ("expected the node content", "a value is missing", "write one, or put the text in quotes"),
    ("sequence entries are not", "a list entry does not fit here", "start it on a line of its own"),
    ("expected <block end>", "this line does not line up", "indent it like its neighbours above"),
)


def _syntax(error: MarkedYAMLError) -> Flaw:
    problem = str(error.problem or error.context or "this cannot be read")
    # An open quote or a missing colon is found out lines later; where it began is what helps.
    begun = "end of stream" in problem or "could not find" in problem
    marks = (error.context_mark, error.problem_mark)
    mark = next((mark for mark in (marks if begun else marks[::-1]) if mark), None)
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    for said, what, mend in _SYNTAX:
        if said in problem:
            return Flaw(place, what, mend)
    return Flaw(place, problem, "look at the indentation, quotes and colons here and one line above")
