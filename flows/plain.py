"""A flow as plain data of any shape, looked into without trust; and what can be wrong at a place in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flows.errors import instead
from flows.source import Path

Entry = tuple[Path, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong; `path` leads to it through keys and places in lists.

    `at_key`: the last key of the path is what is wrong, not the value behind it.
    """

    path: Path
    what: str
    mend: str
    at_key: bool = False


def unknown(path: Path, name: str, known: Sequence[str], where: str) -> Fault:
    """The fault of naming what is not there; the name it was probably meant to be mends it."""
    return Fault(path, f"`{name}` is not in {where}", instead(name, known))


def questions_of(flow: Mapping[str, object]) -> list[Entry]:
    """Each question with the path to it."""
    return [(("questions", n), mapping(q)) for n, q in enumerate(sequence(flow.get("questions")))]


def bank_of(flow: Mapping[str, object]) -> list[Entry]:
    """Each item of the bank with the path to it."""
    return [
        (("bank", theme, place), mapping(item))
        for theme, items in mapping(flow.get("bank")).items()
        for place, item in enumerate(sequence(items))
    ]


def mapping(raw: object) -> Mapping[str, object]:
    """`raw`, or nothing where it is no mapping."""
    return raw if isinstance(raw, dict) else {}


def sequence(raw: object) -> Sequence[object]:
    """`raw`, or nothing where it is no list."""
    return raw if isinstance(raw, tuple) else ()


def texts(raw: object) -> list[tuple[int, str]]:
    """The texts in a list, each with its place."""
    return [(place, entry) for place, entry in enumerate(sequence(raw)) if isinstance(entry, str)]
