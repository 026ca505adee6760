"""What the shape of a flow file cannot say: names that point nowhere, ids twice, questions never reached.

It looks at the plain data, not at a `Flow`: a file whose shape is wrong too hears of everything at once.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from flows.model import SHARED, YES_NO
from flows.plain import Fault, bank_of, mapping, questions_of, sequence, texts, unknown
from flows.run import DONE
from flows.source import Path

SCORES = frozenset(str(points) for points in range(101))
# Button data is "run:turn:code" within Telegram's 64 bytes; a run id has 8 characters, a turn at most 5.
CODE_BYTES = 64 - len("RRRRRRRR:99999:")
_PLAIN = re.compile("[A-Za-z0-9_-]+")


def faults(data: object) -> Iterator[Fault]:
    """Everything that is wrong beyond the shape, in no particular order."""
    flow = mapping(data)
    yield from _lists(flow)
    yield from _ids(flow)
    yield from _themes(flow)
    yield from _anchors(flow)
    yield from _rotation(flow)
    yield from _quotes(flow)
    yield from _picks(flow)
    yield from _shares(flow)
    yield from _reach(flow)
    for place, (path, question) in enumerate(questions_of(flow)):
        for key, lists in (("scale", "scales"), ("choices", "choices")):
            if key in question:
                yield from _named(flow, (*path, key), question[key], lists)
        if "when" in question:
            yield from _guard(flow, place, (*path, "when"), question["when"])


def _lists(flow: Mapping[str, object]) -> Iterator[Fault]:
    """Codes fit into a button and are unique in their list; a scored one is its score."""
    for section in ("scales", "choices"):
        for name, entries in mapping(flow.get(section)).items():
            seen: set[str] = set()
            for place, entry in enumerate(map(mapping, sequence(entries))):
                if isinstance(code := entry.get("code"), str):
                    path = (section, name, place, "code")
                    yield from _code(path, code)
                    if code in seen:
                        yield Fault(path, f"code `{code}` is in this list twice", "give each its own code")
                    seen.add(code)
                if section == "scales":
                    yield from _points((section, name, place), entry)


def _points(path: Path, entry: Mapping[str, object]) -> Iterator[Fault]:
    code = entry.get("code")
    if entry.get("scored") is False:
        if entry.get("points") is not None:
            what = "a place on a scale that is not scored has no points"
            yield Fault((*path, "points"), what, "take `points:` or `scored: false` away")
    elif isinstance(code, str) and entry.get("points") is None and code not in SCORES:
        mend = "use a whole number, or add `points:` or `scored: false`"
        yield Fault((*path, "code"), f"code `{code}` is no score from 0 to 100", mend)


def _code(path: Path, code: str) -> Iterator[Fault]:
    if code.startswith("."):
        yield Fault(path, f"code `{code}` starts with a dot, as the controls do", "take the dot away")
    elif not _PLAIN.fullmatch(code):
        yield Fault(path, f"code `{code}` is not plain", "use only letters, digits, _ and -")
    elif len(code) > CODE_BYTES:
        what = f"this code is longer than {CODE_BYTES} bytes and would not fit into a button"
        yield Fault(path, what, "shorten it; members never see codes")


def _ids(flow: Mapping[str, object]) -> Iterator[Fault]:
    seen: set[str] = set()
    for path, asked in (*questions_of(flow), *bank_of(flow)):
        match asked.get("id"):
            case str(word) if word == DONE:
                yield Fault((*path, "id"), f"id `{DONE}` is kept for the end of a check-in", "choose another id")
            case str(word) if word in seen:
                yield Fault((*path, "id"), f"id `{word}` is used twice", "give each question its own id")
            case str(word):
                seen.add(word)


def _themes(flow: Mapping[str, object]) -> Iterator[Fault]:
    for path, question in questions_of(flow):
        if "theme" in question:
            yield from _named(flow, (*path, "theme"), question["theme"], "themes")
        for place, theme in texts(question.get("rotate")):
            yield from _named(flow, (*path, "rotate", place), theme, "themes")
    for theme in mapping(flow.get("bank")):
        yield from (replace(fault, at_key=True) for fault in _named(flow, ("bank", theme), theme, "themes"))


def _anchors(flow: Mapping[str, object]) -> Iterator[Fault]:
    """A theme has one anchor at most, as its figure is that question's mean; somebody's check-in has one at least."""
    anchored: set[str] = set()
    for path, question in questions_of(flow):
        theme = question.get("theme")
        if question.get("anchor", False) is False or not isinstance(theme, str):
            continue
        if theme in anchored:
            mend = "take `anchor: true` from one of them"
            yield Fault((*path, "anchor"), f"theme `{theme}` has a second anchor", mend)
        if "when" in question:
            yield Fault((*path, "when"), "an anchor is asked every time", "take `when:` away")
        anchored.add(theme)
    if questions_of(flow) and not anchored and flow.get("who") != "leavers":
        mend = "start with `use: T1`, `use: P1` and `use: E1`, or give one question `anchor: true`"
        yield Fault(("questions",), "no question here is an anchor", mend, at_key=True)


def _rotation(flow: Mapping[str, object]) -> Iterator[Fault]:
    bank = mapping(flow.get("bank"))
    places = [(path, question) for path, question in questions_of(flow) if "rotate" in question]
    for path, _ in places[1:]:
        yield Fault((*path, "rotate"), "a flow has one rotating place", "take the second one out")
    rotated: set[str] = set()
    for path, question in places:
        for place, theme in texts(question["rotate"]):
            if theme in rotated:
                yield Fault((*path, "rotate", place), f"theme `{theme}` is named twice", "name it once")
            elif theme in mapping(flow.get("themes")) and theme not in bank:
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
    for path, question in questions_of(flow):
        if question.get("kind") == "text" and isinstance(name := question.get("id"), str):
            notes.append(name)
        if not isinstance(name := question.get("quotes"), str):
            continue
        if name not in notes:
            yield unknown((*path, "quotes"), name, notes, "the text questions before this one")
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


def _picks(flow: Mapping[str, object]) -> Iterator[Fault]:
    for path, question in questions_of(flow):
        least, most, pick = (question.get(key) for key in ("least", "most", "pick"))
        if isinstance(least, int) and isinstance(most, int) and least > most:
            yield Fault((*path, "most"), f"{most} is less than `least`, {least}", "make `most` the larger one")
        codes = _codes(flow, question)
        if isinstance(pick, int) and codes and pick > len(codes):
            yield Fault((*path, "pick"), f"{pick} cannot be picked of {len(codes)}", f"use {len(codes)} or less")
        if pick is not None and "quotes" in question:
            yield Fault((*path, "pick"), "words are shared or not; one is picked", "take `pick:` away")


def _shares(flow: Mapping[str, object]) -> Iterator[Fault]:
    """What is told as a share of people has to be all or nothing for each of them."""
    if "share" not in flow:
        return
    asked = [(path, question) for path, question in questions_of(flow) if question.get("anchor") is not True]
    for path, question in asked:
        points = sequence(mapping(flow.get("scales")).get(str(question.get("scale"))))
        scored = [point for point in map(mapping, points) if point.get("scored") is not False]
        if any(point.get("points", point.get("code")) not in (0, 100, "0", "100") for point in scored):
            mend = "give each `points: 0` or `points: 100`, or take `share:` away"
            yield Fault((*path, "scale"), "with `share:` a place on this scale counts 0 or 100", mend)


def _reach(flow: Mapping[str, object]) -> Iterator[Fault]:
    questions = questions_of(flow)
    for path, first in questions[:1]:
        for key in ("when", "rotate"):
            if key in first:
                yield Fault((*path, key), "the first question is always shown", "put a plain question first")
    for path, question in questions[:-1]:
        if question.get("last") is True and not question.keys() & {"when", "quotes"}:
            mend = "add `when:`, or move this question to the end"
            yield Fault((*path, "last"), "no question after this one can be reached", mend)


def _guard(flow: Mapping[str, object], place: int, path: Path, raw: object) -> Iterator[Fault]:
    guard = mapping(raw)
    lowest = texts(guard.get("lowest"))
    for spot, theme in lowest:
        yield from _named(flow, (*path, "lowest", spot), theme, "themes")
    named = [theme for _, theme in lowest]
    if named and isinstance(word := guard.get("is"), str) and word not in named:
        yield unknown((*path, "is"), word, named, "`lowest`")
    before = [question for _, question in questions_of(flow)[:place] if "rotate" not in question]
    earlier = {name: question for question in before if isinstance(name := question.get("id"), str)}
    for spot, name in texts(guard.get("all")):
        yield from _compared(flow, earlier, (*path, "all", spot), name, [((*path, "are"), guard.get("are"))])
    if isinstance(name := guard.get("answer"), str):
        given = [((*path, "is"), guard.get("is")), *(((*path, "in", n), code) for n, code in texts(guard.get("in")))]
        yield from _compared(flow, earlier, (*path, "answer"), name, given)
        yield from _measured(earlier.get(name, {}), path, guard)
    for key in ("any", "both"):
        for spot, inner in enumerate(sequence(guard.get(key))):
            yield from _guard(flow, place, (*path, key, spot), inner)
    if "not" in guard:
        yield from _guard(flow, place, (*path, "not"), guard["not"])


def _compared(
    flow: Mapping[str, object],
    earlier: Mapping[str, Mapping[str, object]],
    path: Path,
    name: str,
    given: list[tuple[Path, object]],
) -> Iterator[Fault]:
    """The question was asked before, and the codes its answer is compared with are codes of it."""
    if name not in earlier:
        yield unknown(path, name, list(earlier), "the questions before this one")
        return
    codes = _codes(flow, earlier[name])
    for at, code in given:
        if isinstance(code, str) and "kind" in earlier[name] and not codes:
            yield Fault(at, f"`{name}` has no codes to compare with", "compare a question that has buttons")
        elif isinstance(code, str) and codes and code not in codes:
            yield unknown(at, code, codes, f"the codes of `{name}`")


def _measured(question: Mapping[str, object], path: Path, guard: Mapping[str, object]) -> Iterator[Fault]:
    """Only a score, from 0 to 100, and a number can be at most or at least something."""
    for key in ("at_most", "at_least"):
        value, name = guard.get(key), question.get("id")
        if value is None or name is None or question.get("kind") == "number":
            continue
        if "scale" not in question:
            yield Fault((*path, key), f"`{name}` has no score", "compare a scale question or a number, or use `is`")
        elif isinstance(value, int) and str(value) not in SCORES:
            yield Fault((*path, key), f"{value} is no score", "use a number from 0 to 100")


def _codes(flow: Mapping[str, object], question: Mapping[str, object]) -> list[str]:
    if question.get("kind") == "yes-no":
        return [code for code, _ in YES_NO]
    for key, section in (("scale", "scales"), ("choices", "choices")):
        if isinstance(name := question.get(key), str):
            entries = sequence(mapping(flow.get(section)).get(name))
            return [code for entry in entries if isinstance(code := mapping(entry).get("code"), str)]
    return []


def _named(flow: Mapping[str, object], path: Path, name: object, section: str) -> Iterator[Fault]:
    known = list(mapping(flow.get(section)))
    if isinstance(name, str) and name not in known:
        yield unknown(path, name, known, f"`{section}`")
