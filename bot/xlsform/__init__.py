"""From an XLSForm spreadsheet to the text of a flow, and a list of what a flow cannot carry.

`expression.py` reads the conditions, `rows.py` the questions. Neither writes a file, and no cell is ever run.
"""

import io
import json
import re
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bot.xlsform.rows import ANCHORS, Left, Reading, Rows, named
from flows.errors import FlowsError
from flows.model import SPEC

MAX_BYTES, MAX_UNPACKED = 4 * 1024 * 1024, 64 * 1024 * 1024
_OLDER = bytes.fromhex("D0CF11E0A1B11AE1")  # how a spreadsheet of before 2007 starts
UNTOLD = "no digest tells what is answered here. To tell what many choose, write `tell: a few words` below a question."
_UNREADABLE = "This is no XLSForm that can be read. Open it in a spreadsheet, and save it as .xlsx."


class BadSpreadsheet(FlowsError):
    """The file is no XLSForm, or nothing in it could be carried; says why."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The text of a flow file, and what was left of the spreadsheet."""

    text: str
    left: tuple[Left, ...]


def read(raw: bytes, name: str) -> Imported:
    """The flow that the spreadsheet `raw` comes to; `name` is the file's, without its ending.

    Raises:
        BadSpreadsheet: it is no XLSForm, or none of its questions can be carried.
    """
    form, rows = _converted(raw, name)
    reading = Reading(_language(form), rows)
    reading.walk(form.get("children", ()), None, None)
    for language in dict.fromkeys(_languages(form)):
        if language not in {reading.language, "default"}:
            why = f"the texts in {language} are left out: `pulse flow texts` takes translations in"
            reading.left.append(Left("survey", None, why))
    if not reading.questions:
        reasons = "".join(f"\n{left}" for left in reading.left)
        problem = f"{name}: none of its questions can be carried into a check-in.{reasons}"
        raise BadSpreadsheet(problem)
    title = reading.fitting(form.get("title") or name, "label", ("settings", None)) or name
    ident = named(str(form.get("id_string") or name))
    return Imported(_file(reading, ident, title), tuple(sorted(reading.left, key=_place)))


def _place(left: Left) -> tuple[bool, str, int]:
    return left.sheet != "survey", left.sheet, left.row or 0


def _converted(raw: bytes, name: str) -> tuple[dict[str, Any], Rows]:
    """What pyxform makes of it, all names and aliases settled, and the row of each name by sheet."""
    if len(raw) > MAX_BYTES:
        problem = f"The spreadsheet is larger than {MAX_BYTES // 1024 // 1024} MiB. Take its pictures out."
        raise BadSpreadsheet(problem)
    kind = ".xls" if raw.startswith(_OLDER) else ".xlsx"
    if kind == ".xlsx":
        _must_unpack(raw)
    try:
        from pyxform.errors import PyXFormError  # noqa: PLC0415  an extra that most installations go without
        from pyxform.xls2json_backends import get_xlsform  # noqa: PLC0415
        from pyxform.xls2xform import convert  # noqa: PLC0415
    except ImportError as error:
        problem = "pyxform, which reads spreadsheets, is not installed. Install partnership-pulse[xlsform]."
        raise BadSpreadsheet(problem) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what else a spreadsheet holds, which nobody asked for
            sheets = get_xlsform(io.BytesIO(raw), file_type=kind)
            rows = {"survey": _rows(sheets.survey), "choices": _rows(sheets.choices)}
            named_so = {**asdict(sheets), "fallback_form_name": name}  # or else a form without a title is "data"
            return convert(named_so, validate=False)._pyxform or {}, rows  # noqa: SLF001
    except PyXFormError as error:
        problem = _UNREADABLE if "not recognized as a supported type" in str(error) else _said(str(error))
        raise BadSpreadsheet(problem) from error
    except Exception as error:  # the library meets odd files with exceptions of every kind
        raise BadSpreadsheet(_UNREADABLE) from error


def _must_unpack(raw: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
    except zipfile.BadZipFile as error:
        raise BadSpreadsheet(_UNREADABLE) from error
    if unpacked > MAX_UNPACKED:
        problem = f"The spreadsheet unpacks to more than {MAX_UNPACKED // 1024 // 1024} MiB. Take empty rows out."
        raise BadSpreadsheet(problem)


def _said(message: str) -> str:
    """What pyxform says, in one line that opens with the place."""
    plain = " ".join(message.split())
    return re.sub(r"\[row : (\d+)\]", r"row \1:", plain)


def _rows(found: list[dict[str, Any]] | None) -> list[tuple[str, int]]:
    """The name in each row. Units: rows count from 1, and the first holds the headings."""
    plain = [{key.strip().lower(): str(value) for key, value in row.items()} for row in found or ()]
    keys = ("name", "value", "tag")
    return [(next((row[key].strip() for key in keys if key in row), ""), number) for number, row in enumerate(plain, 2)]


def _language(form: Mapping[str, Any]) -> str:
    """The language kept: English where there is one, else the form's own."""
    spoken = dict.fromkeys(_languages(form))
    english = (name for name in spoken if name.lower().startswith("english") or "(en" in name.lower())
    return next(english, str(form.get("default_language") or "default"))


def _languages(node: object) -> Iterator[str]:
    if isinstance(node, Mapping):
        for key, value in node.items():
            if key in {"label", "hint"} and isinstance(value, Mapping):
                yield from map(str, value)
            elif key != "media":
                yield from _languages(value)
    elif isinstance(node, list | tuple):
        for inner in node:
            yield from _languages(inner)


def _file(reading: Reading, ident: str, title: str) -> str:
    """The flow file: the three shared anchors first, then what was read."""
    intro = "\n\n".join(reading.notes)[:1000] or "Hello. Here is a check-in. You can skip any question."
    lines = [
        f"# Read from a spreadsheet: {UNTOLD}",
        f'spec: "{SPEC}"',
        f"id: {ident}",
        "version: 1",
        f"title: {_quoted(title)}",
        f"intro: {_quoted(intro)}",
        "end: Saved. Thank you.",
    ]
    if used := {str(question["choices"]) for question in reading.questions if "choices" in question}:
        lines.append("choices:")
        for name, entries in reading.lists.items():
            if name in used:
                lines += [
                    f"  {name}:",
                    *(f"    - {_quoted({'code': code, 'text': text})}" for code, text in entries),
                ]
    lines += ["questions:", *(f"  - use: {anchor}" for anchor in ANCHORS)]
    for question in reading.questions:
        keys = [f"{key}: {_quoted(value)}" for key, value in question.items()]
        lines += [f"  - {keys[0]}", *(f"    {key}" for key in keys[1:])]
    return "\n".join([*lines, ""])


def _quoted(value: object) -> str:
    """`value` in one line of YAML: JSON, as that is YAML too."""
    return json.dumps(value, ensure_ascii=False)
