"""The tree keeps its own rules: who imports whom, what a file must have, and what a table may hold."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import BigInteger, Boolean, Date, Integer, LargeBinary, MetaData, String, Text

from storage import keys, tables
from storage.tables import Instant

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "storage", "digests", "flows")
OURS = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
TESTS = sorted((ROOT / "tests").glob("*.py"))
LONGEST = 400


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_import_contracts_hold():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    linted = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr


@pytest.mark.parametrize("path", [*OURS, *TESTS], ids=named)
def test_every_module_opens_with_what_it_is(path: Path):
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", OURS, ids=named)
def test_no_module_is_too_long_to_read_at_a_sitting(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_rows_never_leave_storage():
    rows = {name for name in vars(tables) if name.endswith("Row")}
    for path in OURS:
        if path.parts[len(ROOT.parts)] != "storage":
            read = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            used = {alias.name for node in read if isinstance(node, ast.ImportFrom) for alias in node.names}
            assert not used & rows, named(path)


# --- the schema. A new column needs a line here: what it holds, and why the product cannot do without.

COLUMNS = {
    "partnership": {
        "id": "names it in buttons and commands",
        "name": "what people call it",
        "timezone": "check-ins open by the local clock",
        "weekday": "the day they open",
        "at": "the time they open",
    },
    "organisation": {
        "partnership_id": "whose partner it is",
        "number": "the code in its button",
        "name": "what people call it",
        "lead": "members must know who leads",
    },
    "person": {
        "id": "links a person's places",
        "lookup": "finds an address without reading it: a keyed hash",
        "address": "where messages go, sealed",
        "language": "which words to use",
    },
    "member": {
        "id": "what a ballot's name is made from",
        "person_id": "whose place it is",
        "partnership_id": "in which partnership",
        "organisation": "no figure may rest on one organisation",
        "seat": "the perspective they speak from, self-chosen",
        "state": "whether to send messages",
        "consent_text": "which words were agreed to",
        "consent_day": "on which day",
    },
    "coordinator": {"person_id": "who may set it up", "partnership_id": "what they may set up"},
    "link": {
        "token": "finds an invite without keeping it: a keyed hash",
        "partnership_id": "what it opens",
        "kind": "to whom",
        "uses_left": "how many may still use it",
        "expires_at": "until when",
    },
    "period": {
        "id": "names its key in the key store",
        "partnership_id": "whose period it is",
        "number": "its place in the story",
        "mode": "how finely figures may be shown, fixed at its start",
        "closed": "whether its ballots are gone",
    },
    "round": {
        "id": "what jobs and claims are about",
        "partnership_id": "whose round it is",
        "number": "its place in the story",
        "period_id": "which key its answers are sealed with",
        "place": "first to fourth of its period",
        "flow": "the questions, with their version",
        "rotating": "the item asked this once",
        "opened_at": "the week a digest is about",
        "reminds_at": "when the one reminder goes out",
        "closes_at": "when answers are refused",
        "closed": "whether its digest is frozen",
    },
    "run": {
        "id": "what a button carries",
        "round_id": "of which round",
        "member_id": "whose check-in it is, until the round closes",
        "turn": "refuses stale taps and lost races",
        "finished": "the bit reminders ask, without a time",
        "message": "the message a note's answer is drawn over, until the round closes",
    },
    "ballot": {
        "name": "whose it is, to those who hold the period's key",
        "period_id": "which key, and when it goes",
        "sealed": "answers and place in the check-in, sealed",
    },
    "due": {"kind": "what time brings", "subject": "to what", "at": "not before"},
    "claim": {
        "round_id": "of which round",
        "person_id": "to whom",
        "kind": "what was begun to be sent, never twice",
        "sent": "whether it is known to have arrived",
    },
    "digest": {
        "partnership_id": "whose digest it is",
        "number": "its round's number",
        "round_id": "its round",
        "record": "the frozen figures",
        "flow": "where its words come from",
        "previous": "the link before",
        "seal": "the link of the chain",
        "chart": "one and the same picture for everyone",
    },
    "fact": {"name": "what it is about", "value": "such as the bot's user name"},
    "key": {"name": "what it opens", "wrapped": "the key, sealed with the master key"},
}
INSTANTS = {
    ("link", "expires_at"),
    ("round", "opened_at"),
    ("round", "reminds_at"),
    ("round", "closes_at"),
    ("due", "at"),
}
DAYS = {("member", "consent_day")}
LARGE_NUMBERS = {("run", "message")}
TYPES = {Instant, BigInteger, Boolean, Date, Integer, LargeBinary, String, Text}
ANSWERS_AND_PEOPLE = ("person", "member", "coordinator", "run", "ballot", "claim")


def columns(metadata: MetaData):
    return [(table.name, column) for table in metadata.sorted_tables for column in table.columns]


EVERY = columns(tables.metadata) + columns(keys.metadata)


def of_type(kind: type) -> set[tuple[str, str]]:
    return {(table, column.name) for table, column in EVERY if type(column.type) is kind}


def kind_of(column) -> type:
    """The type without SQLModel's own shades of it."""
    return next((kind for kind in type(column.type).__mro__ if kind in TYPES), type(column.type))


def test_every_column_has_a_purpose_and_no_other_is_kept():
    kept = {table: set() for table, _ in EVERY}
    for table, column in EVERY:
        kept[table].add(column.name)
    assert kept == {table: set(purposes) for table, purposes in COLUMNS.items()}
    assert all(purpose for purposes in COLUMNS.values() for purpose in purposes.values())


def test_only_listed_columns_can_hold_a_time():
    assert {kind_of(column) for _, column in EVERY} <= TYPES
    assert of_type(Instant) == INSTANTS
    assert of_type(Date) == DAYS
    assert of_type(BigInteger) == LARGE_NUMBERS


def test_nothing_about_a_person_or_an_answer_has_a_time_of_day():
    assert not {table for table, _ in INSTANTS} & set(ANSWERS_AND_PEOPLE)


def test_a_ballot_has_no_road_to_a_person():
    ballot = tables.metadata.tables["ballot"]
    assert {key.column.table.name for key in ballot.foreign_keys} == {"period"}
    assert ballot.dialect_options["sqlite"]["with_rowid"] is False  # no order of arrival
    assert not any(key.column.table is ballot for table in tables.metadata.sorted_tables for key in table.foreign_keys)


def test_no_table_names_a_member_beside_an_answer():
    holding = {table for table, column in EVERY if column.name in ("sealed", "record")}
    naming = {table for table, column in EVERY if column.name in ("member_id", "person_id", "address", "lookup")}
    assert not holding & naming
