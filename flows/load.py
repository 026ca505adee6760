"""From a YAML file to a `Flow`, or to every problem in it with its line; nothing else here reads files."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flows.doubts import doubts
from flows.errors import BadDefinition, Problem, Severity, instead, nearest
from flows.lint import faults
from flows.migrations import migrate
from flows.model import FORMS, KINDS, Flow, Lists, Shared
from flows.plain import Fault, mapping
from flows.shared import resolve
from flows.source import Flaw, Place, Source, parse
from flows.source import Path as Keys

MAX_BYTES = 256 * 1024
SHARED_FILE = "shared.yaml"
Written = TypeVar("Written", bound=Lists)


@dataclass(frozen=True, slots=True)
class Report:
    """What there is to say about a flow file; `flow` is None where it has problems."""

    flow: Flow | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def load(path: Path) -> Flow:
    """The flow in the file at `path`.

    Raises:
        BadDefinition: the file is no flow; holds every problem found.
    """
    return _whole(str(path), source_of(path))


def examine(path: Path) -> Report:
    """The flow in the file at `path`, or every problem in it, with what its author should look at again."""
    try:
        source = source_of(path)
        flow = _whole(str(path), source)
    except BadDefinition as refused:
        return Report(None, refused.problems)
    found = [_flaw(source, fault) for fault in doubts(flow)]
    return Report(flow, (), problems(str(path), found, "warning"))


def library() -> dict[str, Flow]:
    """The flows that come with the product, by ref."""
    return flows_in(files("flows").joinpath("library"))


def flows_in(folder: Traversable) -> dict[str, Flow]:
    """The flows in the files of `folder`, by ref.

    Raises:
        BadDefinition: a file is no flow, or is of the same id and version as one before it.
    """
    found: dict[str, Flow] = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not entry.name.endswith(".yaml") or entry.name == SHARED_FILE:
            continue
        source = _parsed(entry.name, entry.read_bytes())
        flow = _whole(entry.name, source)
        if flow.ref in found:
            twice = Flaw(source.place(("version",)), f"another file is {flow.ref} already", "raise the version")
            raise BadDefinition(problems(entry.name, [twice]))
        found[flow.ref] = flow
    return found


@cache
def shared() -> Mapping[str, object]:
    """The plain data that flows share, read once.

    Raises:
        BadDefinition: the shared file is wrong.
    """
    entry = files("flows").joinpath("library", SHARED_FILE)
    source = _parsed(SHARED_FILE, entry.read_bytes())
    misshapen = _shape(source, source.data, Shared)[1] if source.whole else []
    if found := [*source.flaws, *misshapen]:
        raise BadDefinition(problems(SHARED_FILE, found))
    return mapping(source.data)


def source_of(path: Path) -> Source:
    """What the file at `path` holds, as plain data.

    Raises:
        BadDefinition: it cannot be read, is too large, or is not UTF-8 text.
    """
    try:
        with path.open("rb") as file:
            return _parsed(str(path), file.read(MAX_BYTES + 1))
    except OSError as error:
        flaw = Flaw(Place(1, 1), f"this file cannot be read: {error.strerror}", "check its name and place")
        raise BadDefinition(problems(str(path), [flaw])) from error


def problems(name: str, flaws: Iterable[Flaw], severity: Severity = "error") -> tuple[Problem, ...]:
    """What is wrong in the file of that name, in the order of the file."""
    ordered = sorted(dict.fromkeys(flaws), key=lambda flaw: flaw.place)
    return tuple(Problem(name, *flaw.place, flaw.what, flaw.mend, severity) for flaw in ordered)


def _parsed(name: str, raw: bytes) -> Source:
    if len(raw) > MAX_BYTES:
        flaw = Flaw(Place(1, 1), f"this file is larger than {MAX_BYTES // 1024} KiB", "split it up")
        raise BadDefinition(problems(name, [flaw]))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = Place(raw.count(b"\n", 0, error.start) + 1, error.start - raw.rfind(b"\n", 0, error.start))
        flaw = Flaw(place, "this is not UTF-8 text", "save the file as UTF-8")
        raise BadDefinition(problems(name, [flaw])) from None
    return parse(text)


def _whole(name: str, source: Source) -> Flow:
    """The flow in a file of that name."""
    flaws = list(source.flaws)
    if source.whole:
        data, taken = _complete(source.data)
        unmet = {fault.path[:2] for fault in taken if fault.path[2:] == ("use",)}
        flow, found = _shape(source, data, Flow, unmet)
        found += [_flaw(source, fault) for fault in (*taken, *faults(data))]
        # What could not be read has the wrong shape too; once is enough.
        unread = {flaw.place for flaw in source.flaws}
        flaws += [flaw for flaw in found if flaw.place not in unread]
        if flow is not None and not flaws:
            return flow
    raise BadDefinition(problems(name, flaws))


def _complete(data: object) -> tuple[object, list[Fault]]:
    """The data in the present format, with all it shares; a file of an older format shares nothing."""
    present = migrate(data)
    return resolve(present, shared()) if present is data else (present, [])


def _flaw(source: Source, fault: Fault) -> Flaw:
    at = source.key(fault.path) if fault.at_key else source.place(fault.path)
    return Flaw(at, fault.what, fault.mend)


def _shape(
    source: Source, data: object, model: type[Written], known: Container[Keys] = ()
) -> tuple[Written | None, list[Flaw]]:
    """The data as that model, or what is wrong with its shape; at the paths of `known` something is wrong already."""
    if not isinstance(data, dict):
        return None, [Flaw(source.place(()), "a flow is keys with values", "start with `spec`, `id` and `version`")]
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        found = error.errors()
    # Bad entries leave a list too short; the entries are what is wrong then, not the list.
    inside = {error["loc"][:end] for error in found for end in range(len(error["loc"]))}
    real = [error for error in found if error["type"] != "too_short" or error["loc"] not in inside]
    return None, [flaw for error in real if error["loc"][:2] not in known for flaw in _flaws(source, error)]


def _flaws(source: Source, error: ErrorDetails) -> Iterator[Flaw]:
    loc, kind = error["loc"], error["type"]
    unknown = kind == "extra_forbidden"
    at_key = unknown or loc[-1:] == ("[key]",)
    loc = loc if unknown or not at_key else loc[:-1]
    keys: Keys = (*(step for step in loc[:-1] if step not in FORMS), *loc[-1:])
    at = source.key(keys) if at_key else source.place(keys)
    if kind == "missing":
        yield Flaw(at, f"`{keys[-1]}` is missing", f"add `{keys[-1]}:`")
    elif unknown:
        yield unknown_key(at, str(keys[-1]), _known_keys(loc[:-1]))
    elif kind in _FORM_KEYS:
        yield from _formless(source, keys, error)
    else:
        yield Flaw(at, *_words(error))


def unknown_key(at: Place, key: str, known: Sequence[str]) -> Flaw:
    """That `key`, which stands there, is none of those `known`."""
    close = nearest(key, known)
    mend = f"did you mean `{close}`?" if close else f"the keys here are {', '.join(known)}"
    return Flaw(at, f"`{key}` is not a key here", mend)


# What tells one kind of question, or of condition, from another.
_FORM_KEYS = {
    "no_question": ("scale", "choices", "rotate", "kind", "use"),
    "no_guard": ("answer", "lowest", "all", "any", "both", "not"),
}


def _formless(source: Source, keys: Keys, error: ErrorDetails) -> Iterator[Flaw]:
    """Nothing says of which kind this is, perhaps because its key is misspelt."""
    known = list(_FORM_KEYS[error["type"]])
    given = error["input"] if isinstance(error["input"], dict) else {}
    if "kind" in given:
        kind = given["kind"] if isinstance(given["kind"], str) else ""
        what = f"`{kind}` is not known here" if kind else "this is no kind of question"
        yield Flaw(source.place((*keys, "kind")), what, instead(kind, KINDS))
        return
    proper = {key for form in FORMS.values() for key in _keys_of(form)}
    misspelt = [key for key in given if key not in proper and nearest(key, known)]
    for key in misspelt:
        yield unknown_key(source.key((*keys, key)), key, known)
    if not misspelt:
        yield Flaw(source.place(keys), error["msg"], f"add one of {', '.join(known)}")


_TEXT = ("this must be text", "write one line of text")
_KEYS = ("this must be keys with values", "write `key: value` lines")
# Pydantic's kind of error -> what the author reads, and how to mend it.
_SAID = {
    "string_type": _TEXT,
    "string_unicode": ("this text holds half a character", "type it anew, without a backslash"),
    "string_too_short": ("this text is empty", "write something"),
    "string_too_long": ("this text is longer than {max_length} characters", "shorten it"),
    "string_pattern_mismatch": (
        "`{given}` is no name",
        "start with a letter, and use only letters, digits, _ and -",
    ),
    "int_type": ("this must be a whole number", "write digits, without quotes"),
    "bool_type": ("this must be true or false", "write true or false, without quotes"),
    "tuple_type": ("this must be a list", "start each entry with `- `, or write [one, two]"),
    "too_short": ("this list is too short", "give it {min_length} or more entries"),
    "too_long": ("this list is too long", "give it {max_length} or fewer entries"),
    "model_type": _KEYS,
    "dict_type": _KEYS,
    "mapping_type": _KEYS,
    "greater_than_equal": ("{given} is too low", "use {ge} or more"),
    "less_than_equal": ("{given} is too high", "use {le} or less"),
    "literal_error": ("`{given}` is not known here", "use {expected}"),
    "unfit": ("{what}", "{mend}"),
}


def _words(error: ErrorDetails) -> tuple[str, str]:
    given = error["input"]
    if error["type"] in {"string_type", "literal_error"} and isinstance(given, bool | int | float):
        shown = str(given).lower()
        return f"{shown} is no text here", f'put it in quotes: "{shown}"'
    what, mend = _SAID.get(error["type"], ("{message}", "see the guide for authors of flows"))
    details = {**error.get("ctx", {}), "given": given, "message": error["msg"]}
    return what.format_map(details), mend.format_map(details)


def _known_keys(loc: tuple[int | str, ...]) -> list[str]:
    """The keys that the part of a flow at `loc` may have."""
    model: type[BaseModel] = Flow
    for step in loc:
        if step in FORMS:
            model = FORMS[str(step)]
            continue
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        if step in fields:
            model = _model_in(fields[str(step)].annotation) or model
    return _keys_of(model)


def _keys_of(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)
