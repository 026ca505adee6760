"""What the shape of a flow file cannot say: names that point nowhere, ids twice, questions never reached.

It looks at the plain data, not at a `Flow`: a file whose shape is wrong too hears of everything at once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from flows.errors import nearest
from flows.model import SHARED
from flows.run import DONE
from flows.source import Path

Entry = tuple[Path, Mapping[str, object]]
SCORES = frozenset(str(points) for points in range(101))
# Button data is "run:turn:code" within Telegram's 64 bytes; a run id has 8 characters, a turn at most 5.
CODE_BYTES = 64 - len("RRRRRRRR:99999:")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong; `path` leads to it through keys and places in lists.

    `at_key`: the last key of the path is what is wrong, not the value behind it.
    """

    path: Path
    what: str
    mend: str
    at_key: bool = False


def faults(data: object) -> Iterator[Fault]:
    """Everything that is wrong beyond the shape, in no particular order."""
    flow = _mapping(data)
    yield from _lists(flow)
    yield from _ids(flow)
    yield from _themes(flow)
    yield from _anchors(flow)
    yield from _rotation(flow)
    yield from _quotes(flow)
    yield from _reach(flow)
    for place, (path, question) in enumerate(_questions(flow)):
        for key, lists in (("scale", "scales"), ("choices", "choices")):
            if key in question:
                yield from _named(flow, (*path, key), question[key], lists)
        if "when" in question:
            yield from _guard(flow, place, (*path, "when"), question["when"])


def _lists(flow: Mapping[str, object]) -> Iterator[Fault]:
    """Codes fit into a button and are unique in their list; a scored one is its score."""
    for section in ("scales", "choices"):
        for name, entries in _mapping(flow.get(section)).items():
            seen: set[str] = set()
            for place, entry in enumerate(map(_mapping, _sequence(entries))):
                if isinstance(code := entry.get("code"), str):
                    path = (section, name, place, "code")
                    yield from _code(path, code)
                    if code in seen:
                        yield Fault(path, f"code `{code}` is in this list twice", "give each its own code")
                    seen.add(code)
                    if section == "scales" and entry.get("scored") is not False and code not in SCORES:
                        mend = "use a whole number, or add `scored: false`"
                        yield Fault(path, f"code `{code}` is no score from 0 to 100", mend)


def _code(path: Path, code: str) -> Iterator[Fault]:
    if code.startswith("."):
        yield Fault(path, f"code `{code}` starts with a dot, as the controls do", "take the dot away")
    elif not (code.isascii() and code.replace("_", "").replace("-", "").isalnum()):
        yield Fault(path, f"code `{code}` is not plain", "use only letters, digits, _ and -")
    elif len(code) > CODE_BYTES:
        what = f"this code is longer than {CODE_BYTES} bytes and would not fit into a button"
        yield Fault(path, what, "shorten it; members never see codes")


def _ids(flow: Mapping[str, object]) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, asked in (*_questions(flow), *_bank(flow)):
        match asked.get("id"):
            case str(word) if word == DONE:
                yield Fault((*path, "id"), f"id `{DONE}` is kept for the end of a check-in", "choose another id")
            case str(word) if word in seen:
                yield Fault((*path, "id"), f"id `{word}` is used twice", "give each question its own id")
            case str(word):
                seen.add(word)


def _themes(flow: Mapping[str, object]) -> Iterator[Fault]:
    for path, question in _questions(flow):
        if "theme" in question:
            yield from _named(flow, (*path, "theme"), question["theme"], "themes")
        for place, theme in _names(question.get("rotate")):
            yield from _named(flow, (*path, "rotate", place), theme, "themes")
    for theme in _mapping(flow.get("bank")):
        yield from (replace(fault, at_key=True) for fault in _named(flow, ("bank", theme), theme, "themes"))


def _anchors(flow: Mapping[str, object]) -> Iterator[Fault]:
    """Each theme has one anchor: its figure is that question's mean."""
    themes = _mapping(flow.get("themes"))
    anchored: set[str] = set()
    for path, question in _questions(flow):
        theme = question.get("theme")
        if question.get("anchor", False) is False or not isinstance(theme, str):
            continue
        if theme in anchored:
            mend = "take `anchor: true` from one of them"
            yield Fault((*path, "anchor"), f"theme `{theme}` has a second anchor", mend)
        if "when" in question:
            yield Fault((*path, "when"), "an anchor is asked every time", "take `when:` away")
        anchored.add(theme)
    if anchored <= themes.keys():  # else one is misspelt, and says so itself
        for theme in themes.keys() - anchored:
            mend = "add `anchor: true` to one question of this theme"
            yield Fault(("themes", theme), f"theme `{theme}` has no anchor", mend, at_key=True)


def _rotation(flow: Mapping[str, object]) -> Iterator[Fault]:
    bank = _mapping(flow.get("bank"))
    places = [(path, question) for path, question in _questions(flow) if "rotate" in question]
    for path, _ in places[1:]:
        yield Fault((*path, "rotate"), "a flow has one rotating place", "take the second one out")
    rotated: set[str] = set()
    for path, question in places:
        for place, theme in _names(question["rotate"]):
            if theme in rotated:
                yield Fault((*path, "rotate", place), f"theme `{theme}` is named twice", "name it once")
            elif theme in _mapping(flow.get("themes")) and theme not in bank:
                mend = f"add `{theme}:` with a list of questions under `bank:`"
                yield Fault((*path, "rotate", place), f"theme `{theme}` has nothing in the bank", mend)
            rotated.add(theme)
    for theme in bank.keys() - rotated:
        mend = f"name `{theme}` in a question with `rotate:`"
        yield Fault(("bank", theme), f"the bank of `{theme}` is never asked", mend, at_key=True)


def _quotes(flow: Mapping[str, object]) -> Iterator[Fault]:
    """Words are shown back once, by a later question in which to share them is one of the choices."""
    notes: list[str] = []
    quoted: set[str] = set()
    for path, question in _questions(flow):
        if question.get("kind") == "text" and isinstance(name := question.get("id"), str):
            notes.append(name)
        if not isinstance(name := question.get("quotes"), str):
            continue
        if name not in notes:
            yield _unknown((*path, "quotes"), name, notes, "the text questions before this one")
        elif name in quoted:
            yield Fault((*path, "quotes"), f"the words of `{name}` are quoted already", "let one question quote them")
        quoted.add(name)
        if "when" in question:
            what = "a question with `quotes:` is asked whenever there are words"
            yield Fault((*path, "when"), what, "take `when:` away")
        codes = _codes(flow, question)
        if codes and SHARED not in codes:
            mend = f'add one with `code: "{SHARED}"`'
            yield Fault((*path, "choices"), "no choice here shares the words", mend)


def _reach(flow: Mapping[str, object]) -> Iterator[Fault]:
    questions = _questions(flow)
    for path, first in questions[:1]:
        for key in ("when", "rotate"):
            if key in first:
                yield Fault((*path, key), "the first question is always shown", "put a plain question first")
    for path, question in questions[:-1]:
        if question.get("last") is True and not question.keys() & {"when", "quotes"}:
            mend = "add `when:`, or move this question to the end"
            yield Fault((*path, "last"), "no question after this one can be reached", mend)


def _guard(flow: Mapping[str, object], place: int, path: Path, raw: object) -> Iterator[Fault]:
    guard = _mapping(raw)
    lowest = _names(guard.get("lowest"))
    for spot, theme in lowest:
        yield from _named(flow, (*path, "lowest", spot), theme, "themes")
    named = [theme for _, theme in lowest]
    if named and isinstance(word := guard.get("is"), str) and word not in named:
        yield _unknown((*path, "is"), word, named, "`lowest`")
    before = [question for _, question in _questions(flow)[:place] if "rotate" not in question]
    earlier = {name: question for question in before if isinstance(name := question.get("id"), str)}
    for spot, name in _names(guard.get("all")):
        if name not in earlier:
            yield _unknown((*path, "all", spot), name, list(earlier), "the questions before this one")
        elif isinstance(code := guard.get("are"), str):
            codes = _codes(flow, earlier[name])
            if codes and code not in codes:
                yield _unknown((*path, "are"), code, codes, f"the codes of `{name}`")
    if "not" in guard:
        yield from _guard(flow, place, (*path, "not"), guard["not"])


def _codes(flow: Mapping[str, object], question: Mapping[str, object]) -> list[str]:
    for key, section in (("scale", "scales"), ("choices", "choices")):
        if isinstance(name := question.get(key), str):
            entries = _sequence(_mapping(flow.get(section)).get(name))
            return [code for entry in entries if isinstance(code := _mapping(entry).get("code"), str)]
    return []


def _named(flow: Mapping[str, object], path: Path, name: object, section: str) -> Iterator[Fault]:
    known = list(_mapping(flow.get(section)))
    if isinstance(name, str) and name not in known:
        yield _unknown(path, name, known, f"`{section}`")


def _unknown(path: Path, name: str, known: Sequence[str], where: str) -> Fault:
    close = nearest(name, known)
    mend = f"did you mean `{close}`?" if close else f"use one of: {', '.join(known) or '(there are none)'}"
    return Fault(path, f"`{name}` is not in {where}", mend)


def _questions(flow: Mapping[str, object]) -> list[Entry]:
    return [(("questions", n), _mapping(q)) for n, q in enumerate(_sequence(flow.get("questions")))]


def _bank(flow: Mapping[str, object]) -> list[Entry]:
    return [
        (("bank", theme, place), _mapping(item))
        for theme, items in _mapping(flow.get("bank")).items()
        for place, item in enumerate(_sequence(items))
    ]


def _mapping(raw: object) -> Mapping[str, object]:
    return raw if isinstance(raw, dict) else {}


def _names(raw: object) -> list[tuple[int, str]]:
    """The texts in a list, each with its place."""
    return [(place, entry) for place, entry in enumerate(_sequence(raw)) if isinstance(entry, str)]


def _sequence(raw: object) -> Sequence[object]:
    return raw if isinstance(raw, tuple) else ()
