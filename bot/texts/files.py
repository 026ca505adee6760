"""Files for translators: PO, and tables for a spreadsheet; written for them, and read when they come back."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from bot.languages import ENGLISH, FORMS, NAMES, catalogue, reviewer, source_of
from bot.texts.checks import flaws
from bot.texts.found import Text, po
from flows.errors import FlowsError, Problem

Said = Mapping[str, tuple[str, ...]]
"""English -> what is said, form by form; one form where nothing is counted."""

_COLUMNS = ("english", "form", "for the numbers")
_PO_LINE = re.compile(r'\s*(#.*|((msgid|msgid_plural|msgstr|msgctxt)(\[\d\])?\s+)?"([^"\\]|\\.)*"\s*)?')
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would work these out


class BadTexts(FlowsError):
    """A translator's file cannot be taken; `problems` lists all that was found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a file holds: the translations that say something, and the line of each.

    `unknown` are the English texts, with their lines, that the bot does not say.
    """

    language: str
    reviewer: str
    said: Said
    unknown: tuple[tuple[int, str], ...]


def forms_of(language: str) -> int:
    """How many forms the language counts with."""
    return int(catalogue(language).messages.num_plurals)


def said_in(language: str) -> dict[str, tuple[str, ...]]:
    """All that can be said in the language now."""
    return _said(catalogue(language).messages)


def write(language: str, texts: Mapping[str, Text], form: str) -> str:
    """These texts for a translator, with what is translated already. `form` is "po" or "csv"."""
    said = said_in(language)
    if form == "csv":
        return _table(language, texts, said)
    return po(language, texts, said, "")


def _said(messages: Catalog) -> dict[str, tuple[str, ...]]:
    return {source_of(m.id): _forms(m.string) for m in messages if m.id}


def _forms(string: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (string or "",) if isinstance(string, str) or string is None else tuple(string)


# --- a table


def _table(language: str, texts: Mapping[str, Text], said: Said) -> str:
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow((*_COLUMNS, language, "at most", "where"))
    for text in texts.values():
        here = said.get(text.source, ())
        for form, numbers in enumerate(_numbers(language) if text.counted else [""]):
            cells = (_shown(text), form + 1 if text.counted else "", numbers, here[form] if form < len(here) else "",
                     text.longest or "", "; ".join(text.places))  # fmt: skip
            rows.writerow([_safe(cell) for cell in cells])
    return "\ufeff" + out.getvalue()  # the mark tells spreadsheets that it is UTF-8


def _shown(text: Text) -> str:
    return text.source.replace(FORMS, " | ")


def _numbers(language: str) -> list[str]:
    """Which numbers each form is for, such as "2, 3, 4, 22, 23 …"."""
    found: list[list[int]] = [[] for _ in range(forms_of(language))]
    for n in range(200):
        found[catalogue(language).said.plural(n)].append(n)  # type: ignore[attr-defined]  # set where it is compiled
    return [", ".join(map(str, ns[:5])) + (" …" if len(ns) > 5 else "") for ns in found]


def _safe(cell: str | int) -> str | int:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def _unsafe(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(_FORMULA) else cell


# --- reading what comes back


def read(path: Path, texts: Mapping[str, Text]) -> Sheet:
    """What a file says of `texts`.

    Raises:
        BadTexts: all that is wrong with it.
        OSError: it cannot be read.
    """
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _one(path, 1, "it is not UTF-8", "save it as UTF-8 (a spreadsheet calls it “CSV UTF-8”)") from None
    language, found = (_po if path.suffix in (".po", ".pot") else _rows)(path, text, texts)
    problems = [p for p in found if isinstance(p, Problem)]
    rows = [row for row in found if not isinstance(row, Problem)]
    wanted = forms_of(language)
    for row in rows:
        known = texts.get(row.source)
        if known is not None:
            problems += _problems(path, row, known, wanted if known.counted else 1)
    if problems:
        raise BadTexts(tuple(sorted(problems, key=lambda p: p.line)))
    said = {row.source: row.forms for row in rows if any(row.forms) and row.source in texts}
    unknown = tuple((row.line, row.source) for row in rows if any(row.forms) and row.source not in texts)
    return Sheet(language, reviewer(text) if path.suffix == ".po" else "", said, unknown)


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    source: str
    forms: tuple[str, ...]


def _problems(path: Path, row: _Row, text: Text, wanted: int) -> Iterator[Problem]:
    start = row.source.split("\n")[0][:40]
    for what, mend in flaws(text, row.forms, wanted):
        yield Problem(path.name, row.line, 1, f"“{start}”: {what}", mend)


def _one(path: Path, line: int, what: str, mend: str) -> BadTexts:
    return BadTexts((Problem(path.name, line, 1, what, mend),))


def _known_language(path: Path, code: str) -> str:
    if code not in NAMES or code == ENGLISH:
        codes = ", ".join(f"{code} ({name})" for code, name in NAMES.items() if code != ENGLISH)
        what = f"it is for the language “{code}”" if code else "it does not say for which language it is"
        raise _one(path, 1, what, f"use one of {codes}")
    return code


def _po(path: Path, text: str, _: Mapping[str, Text]) -> tuple[str, list[_Row | Problem]]:
    try:
        messages = read_po(io.BytesIO(text.encode()), abort_invalid=True)
    except PoFileError as exc:
        raise _one(path, exc.lineno or 1, f"this is no PO file ({exc})", "export it anew and fill it in") from None
    except (ValueError, LookupError):
        raise _one(path, 1, "its header cannot be read", "export it anew and keep its header") from None
    language = _known_language(path, str(messages.locale_identifier or ""))
    found: list[_Row | Problem] = [
        Problem(path.name, number, 1, "this line does not end as it should", 'put " at its end, and \\" for " inside')
        for number, line in enumerate(text.splitlines(), start=1)
        if not _PO_LINE.fullmatch(line)
    ]
    for message in messages:
        line, source = message.lineno or 1, source_of(message.id) if message.id else ""
        if source and message.fuzzy:
            mend = "read it, and take the word “fuzzy” away"
            found.append(Problem(path.name, line, 1, f"“{source[:40]}” is marked as fuzzy", mend))
        elif source:
            found.append(_Row(line, source, _forms(message.string)))
    return language, found


def _rows(path: Path, text: str, texts: Mapping[str, Text]) -> tuple[str, list[_Row | Problem]]:
    first = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    head = [cell.strip() for cell in next(rows, [])]
    code = next((cell for cell in head if cell in NAMES), "")
    if _COLUMNS[0] not in head or _COLUMNS[1] not in head:
        raise _one(path, 1, "its first row is not the one that was exported", "export it anew and fill it in")
    language = _known_language(path, code)
    english, form, said = (head.index(name) for name in (*_COLUMNS[:2], language))
    names = {_shown(known): source for source, known in texts.items()}
    found: dict[str, _Row] = {}
    for line, cells in enumerate(rows, start=2):
        cell = [_unsafe(c) for c in cells] + [""] * len(head)
        source = names.get(cell[english], cell[english])
        place = int(cell[form]) - 1 if cell[form].isdecimal() else 0
        before = found.get(source, _Row(line, source, ()))
        if source and place < forms_of(language):
            forms = [*before.forms, *[""] * (place + 1 - len(before.forms))]
            forms[place] = cell[said].replace("\r\n", "\n")
            found[source] = _Row(before.line, source, tuple(forms))
    return language, list(found.values())
