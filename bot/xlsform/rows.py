"""The rows of a spreadsheet as questions of a flow, and what of them a flow cannot carry."""

import re
from collections import defaultdict, deque
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.xlsform.expression import Guard, Known, TooMuch, bounds, condition
from flows.answers import clean
from flows.load import shared
from flows.model import MOST_CHOICES, MOST_PICKED, MOST_QUESTIONS, YES_NO
from flows.plain import mapping, questions_of
from flows.run import DONE

Row = int | None  # counts from 1, and the first holds the headings; None where there is no one row
Rows = Mapping[str, list[tuple[str, int]]]  # sheet -> the name in each row
ANCHORS = ("T1", "P1", "E1")
_LONGEST = {"ask": 1000, "label": 60, "id": 32, "code": 49}


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that was not carried, or not as it was: on which sheet, in which row, and why."""

    sheet: str
    row: Row
    why: str

    def __str__(self) -> str:
        return f"{self.sheet}, row {self.row}: {self.why}" if self.row else f"{self.sheet}: {self.why}"


def named(word: str) -> str:
    """`word` as a name: a letter first, then letters, digits, _ and -."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "_", word).strip("_") or "q"
    return (kept if kept[0].isalpha() else f"q{kept}")[: _LONGEST["id"]]


def _untaken(word: str, taken: Collection[object], longest: int) -> str:
    """`word`, cut to that length, or with a number at its end where that is taken."""
    plain, number = word[:longest], 2
    while plain in taken:
        plain, number = f"{word[: longest - len(f'_{number}')]}_{number}", number + 1
    return plain


# Types that are something else than a question, or one that a check-in cannot ask: why.
_NEVER = {
    "calculate": "a check-in calculates nothing",
    "hidden": "a check-in keeps nothing hidden",
    "photo": "pictures are not taken",
    "audio": "recordings are not taken",
    "video": "films are not taken",
    "file": "files are not taken",
    "geopoint": "places are not taken",
    "geotrace": "places are not taken",
    "geoshape": "places are not taken",
    "barcode": "codes are not read",
    "time": "a time of day cannot be asked; ask in words",
    "dateTime": "a time of day cannot be asked; ask for the date",
    "decimal": "only whole numbers can be asked",
    "rank": "choices cannot be put in order; ask which come first with several choices",
    "osm": "maps are not drawn on",
    "select one external": "its choices are in another file",
    "xml-external": "other files are not read",
    "csv-external": "other files are not read",
    "entity": "entities are not kept",
}
_QUESTIONS = {
    "text": "text", "string": "text", "int": "number", "integer": "number", "date": "date", "range": "number",
    "acknowledge": "yes-no", "trigger": "yes-no", "select one": "choices", "select all that apply": "several",
}  # fmt: skip
# Columns that change how a question looks or works, and what becomes of them.
_LOST = {
    "required": "`required` is left out: every question may be skipped here",
    "calculate": "its calculation is left out",
    "readonly": "`read_only` is left out",
    "jr:constraintMsg": "its message is left out: the product has its own words",
    "jr:requiredMsg": "its message is left out: every question may be skipped",
}
_LOST_BESIDE = {
    "default": "its default is left out: nothing is answered for anybody",
    "media": "its pictures and sounds are left out",
    "choice_filter": "`choice_filter` is left out: all of its choices are shown",
    "guidance_hint": "its guidance is left out",
    "trigger": "`trigger` is left out",
}


@dataclass
class Reading:
    """What has been read so far, from top to bottom."""

    language: str
    rows: Rows
    questions: list[dict[str, object]] = field(default_factory=list)
    lists: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    known: dict[str, Known] = field(default_factory=dict)
    _named: dict[str, deque[int]] = field(init=False)
    _listed: dict[str, tuple[str, dict[str, str]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._named = defaultdict(deque)
        for name, row in self.rows["survey"]:
            self._named[name].append(row)

    def walk(self, children: object, group: str | None, row: Row) -> None:
        """Read rows; `group` is the condition of the groups around them, `row` the one of the nearest."""
        for child in children if isinstance(children, list | tuple) else ():
            name, kind = str(child.get("name", "")), str(child.get("type", ""))
            if name == "meta" and kind == "group":
                continue  # what pyxform adds by itself
            own = self._named[name].popleft() if self._named[name] else row
            relevant = _both(group, str(_part(child, "bind").get("relevant", "")))
            if kind in {"repeat", "loop"}:
                self._leave(own, f"the repeat `{name}`, with all in it: a check-in asks each question once")
                self._skip(child.get("children", ()))
            elif kind == "group" or (kind not in _QUESTIONS and child.get("children")):
                self.walk(child.get("children", ()), relevant, own)
            elif kind == "note":
                self._note(child, own, relevant)
            elif kind not in _QUESTIONS:
                self._leave(own, f"`{name}`: {_NEVER.get(kind, f'`{kind}` is no question that a check-in can ask')}")
            else:
                self._question(child, own, relevant)

    def _skip(self, children: object) -> None:
        for child in children if isinstance(children, list | tuple) else ():
            if rows := self._named[str(child.get("name", ""))]:
                rows.popleft()
            self._skip(child.get("children", ()))

    def _note(self, child: Mapping[str, Any], row: Row, relevant: str | None) -> None:
        said = self.fitting(self._text(child), "ask", ("survey", row))
        if self.questions or relevant:
            self._leave(row, f"the note `{child['name']}`: words without a question stand only in the introduction")
        elif said:
            self.notes.append(said)

    def _question(self, child: Mapping[str, Any], row: Row, relevant: str | None) -> None:
        name = str(child["name"])
        if len(ANCHORS) + len(self.questions) == MOST_QUESTIONS:
            self._leave(row, f"`{name}`: a check-in has at most {MOST_QUESTIONS} questions")
            return
        ask = self.fitting(self._text(child), "ask", ("survey", row))
        if not ask:
            self._leave(row, f"`{name}`: it has no label in {self.language}")
            return
        if "${" in ask:
            self._leave(row, f"`{name}`: its words quote another answer, which a check-in cannot do")
            return
        form = self._form(child, row)
        if form is None:
            return
        question: dict[str, object] = {"id": self._id(name, row), "ask": ask, **form}
        if relevant and (guard := self._when(name, relevant, row)):
            question["when"] = guard
        self._report(child, name, row)
        self.questions.append(question)
        self._know(name, question)

    def _form(self, child: Mapping[str, Any], row: Row) -> dict[str, object] | None:
        """What kind of question this is; None where it cannot be carried, which is then said."""
        name, kind = str(child["name"]), _QUESTIONS[str(child["type"])]
        if kind in {"text", "date"}:
            if "constraint" in _part(child, "bind"):
                self._leave(row, f"`{name}`: its constraint is left out: only whole numbers have bounds")
            return {"kind": kind}
        if kind == "yes-no":
            self._leave(row, f"`{name}`: an acknowledgement is asked as yes or no")
            return {"kind": kind}
        if kind == "number":
            return self._number(child, row)
        listed = self._choices(child, row)
        if listed is None:
            return None
        entries = self.lists[listed]
        if kind == "several":
            if len(entries) > MOST_PICKED:
                self._leave(row, f"`{name}`: at most {MOST_PICKED} of its choices may be picked")
            return {"choices": listed, "pick": min(len(entries), MOST_PICKED)}
        return {"kind": "yes-no"} if tuple(entries) == YES_NO else {"choices": listed}

    def _number(self, child: Mapping[str, Any], row: Row) -> dict[str, object] | None:
        name = str(child["name"])
        least: int | None = None
        most: int | None = None
        if child["type"] == "range":
            given = [str(_part(child, "parameters").get(key, "")) for key in ("start", "end", "step")]
            if not all(re.fullmatch("-?[0-9]{1,9}", value) for value in given):
                self._leave(row, f"`{name}`: only whole numbers can be asked")
                return None
            least, most = int(given[0]), int(given[1])
            if given[2] != "1":
                self._leave(row, f"`{name}`: its step is left out: every whole number is taken")
        elif constraint := str(_part(child, "bind").get("constraint", "")):
            try:
                least, most = bounds(constraint)
            except TooMuch as error:
                self._leave(row, f"`{name}`: its constraint is left out: {error}")
        if least is not None and most is not None and least >= most:
            self._leave(row, f"`{name}`: its bounds are left out: no two numbers lie between {least} and {most}")
            least = most = None
        return {"kind": "number", **{key: n for key, n in (("least", least), ("most", most)) if n is not None}}

    def _choices(self, child: Mapping[str, Any], row: Row) -> str | None:
        """The name of the list of choices, which is read the first time; None where it cannot be carried."""
        name, listed = str(child["name"]), str(child.get("list_name", child.get("itemset", "")))
        if listed in self._listed:
            return self._listed[listed][0]
        entries = child.get("choices") or ()
        if not 2 <= len(entries) <= MOST_CHOICES:
            many = f"{len(entries)} choices are more than the {MOST_CHOICES} a phone can show"
            few = "one choice alone is no choice" if entries else "its choices are in another file or question"
            self._leave(row, f"`{name}`: {many if len(entries) > 1 else few}")
            return None
        codes: dict[str, str] = {}
        kept: list[tuple[str, str]] = []
        for entry in entries:
            at = ("choices", next((row for word, row in self.rows["choices"] if word == entry["name"]), None))
            code = self._code(str(entry["name"]), codes.values(), at[1])
            label = self.fitting(self._text({"label": entry.get("label")}), "label", at) or code
            codes[str(entry["name"])] = code
            kept.append((code, label))
            if entry.get("media"):
                self.left.append(Left(*at, f"`{entry['name']}`: its pictures and sounds are left out"))
        plain = _untaken(named(listed), {*self.lists, *mapping(shared()["choices"])}, _LONGEST["id"])
        self.lists[plain] = kept
        self._listed[listed] = (plain, codes)
        return plain

    def _code(self, name: str, taken: Collection[str], row: Row) -> str:
        code = _untaken(re.sub(r"[^A-Za-z0-9_-]+", "_", name) or "c", taken, _LONGEST["code"])
        if code != name:
            self.left.append(Left("choices", row, f"the code `{name}` is now `{code}`"))
        return code

    def _id(self, name: str, row: Row) -> str:
        taken = {question.get("id") for _, question in questions_of(shared())} | {DONE}
        taken |= {question["id"] for question in self.questions}
        plain = _untaken(named(name), taken, _LONGEST["id"])
        if plain != name:
            self._leave(row, f"`{name}` has the id `{plain}` here")
        return plain

    def _when(self, name: str, relevant: str, row: Row) -> Guard | None:
        try:
            guard = condition(relevant, self.known)
        except TooMuch as error:
            self._leave(row, f"`{name}` is asked of everyone: of its condition `{relevant}`, {error}")
            return None
        if _depth(guard) > 3:
            self._leave(row, f"`{name}` is asked of everyone: its condition is nested too deep")
            return None
        return guard

    def _know(self, name: str, question: Mapping[str, object]) -> None:
        listed = question.get("choices")
        codes = next((codes for name, codes in self._listed.values() if name == listed), {})
        if question.get("kind") == "yes-no":
            codes = {"yes": "yes", "no": "no", "OK": "yes"}
        if codes or question.get("kind") == "number":
            self.known[name] = Known(str(question["id"]), codes or None)

    def _report(self, child: Mapping[str, Any], name: str, row: Row) -> None:
        bind = _part(child, "bind")
        lost = [why for key, why in _LOST.items() if str(bind.get(key, "no")) not in {"no", "false()", "false"}]
        lost += [why for key, why in _LOST_BESIDE.items() if child.get(key)]
        if _part(child, "parameters").get("randomize") == "true":
            lost.append("its choices keep their order")
        if _part(child, "control").get("appearance"):
            lost.append("its appearance is left out: there are buttons, one under the other")
        for why in lost:
            self._leave(row, f"`{name}`: {why}")

    def _leave(self, row: Row, why: str) -> None:
        self.left.append(Left("survey", row, why))

    def _text(self, child: Mapping[str, Any]) -> str:
        """Label and hint in the language kept."""
        said = [child.get(key) for key in ("label", "hint")]
        texts = [text.get(self.language, "") if isinstance(text, Mapping) else text for text in said]
        return "\n\n".join(str(text) for text in texts if text)

    def fitting(self, text: str, kind: str, at: tuple[str, Row]) -> str:
        """`text` without what cannot be shown, and no longer than a flow takes."""
        plain, longest = clean(text), _LONGEST[kind]
        if kind == "label":
            plain = " ".join(plain.split())
        if len(plain) <= longest:
            return plain
        self.left.append(Left(*at, f"“{plain[:30]}…” is cut to {longest} characters"))
        return plain[: longest - 1].rstrip() + "…"


def _part(child: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """What stands under `key`; pyxform leaves plain words there where it expects none."""
    part = child.get(key)
    return part if isinstance(part, Mapping) else {}


def _both(group: str | None, own: str) -> str | None:
    parts = [part for part in (group, own) if part]
    return " and ".join(f"({part})" for part in parts) if len(parts) > 1 else next(iter(parts), None)


def _depth(guard: object) -> int:
    if isinstance(guard, Mapping):
        return max((_depth(value) for value in guard.values()), default=0)
    return 1 + max(map(_depth, guard), default=0) if isinstance(guard, list) else 0
