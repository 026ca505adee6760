"""The tree keeps its own rules: who imports whom, what a file must have, and what a table may hold."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
import riverside
from databases import Databases
from riverside import Riverside
from sqlalchemy import BigInteger, Boolean, Date, Integer, LargeBinary, MetaData, String, Text

from storage import keys, tables
from storage.pools import Form
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
        "split": "which perspectives are compared, locked",
        "calendar": "whether longer check-ins are asked through the year",
        "ended": "that nothing is asked any more",
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
        "next_seat": "the perspective from the next period on",
        "state": "whether to send messages",
        "heard": "the days of the last sign of life, of being asked to stay and of stopping, sealed",
        "since": "the day they joined: in their first weeks they are asked how they settle in",
        "consent_text": "which words were agreed to",
        "consent_day": "on which day",
    },
    "coordinator": {
        "person_id": "who may set it up",
        "partnership_id": "what they may set up",
        "consent_text": "which words were agreed to",
        "consent_day": "on which day",
    },
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
        "split": "which perspectives are compared, fixed at its start",
        "least_people": "how many a figure needs, fixed at its start",
        "least_outsiders": "how many must be left beside any one organisation, fixed at its start",
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
        "flow": "a joiner's own questions, until the round closes",
        "turn": "refuses stale taps and lost races",
        "finished": "the bit reminders ask, without a time",
        "message": "the message a note's answer is drawn over, until the round closes",
    },
    "ballot": {
        "name": "whose it is, to those who hold the period's key",
        "period_id": "which key, and when it goes",
        "sealed": "answers and place in the check-in, sealed",
    },
    "flow": {
        "ref": "names the check-in, with its version",
        "body": "the questions as they were asked",
        "published": "since when",
    },
    "pool": {
        "id": "names its key in the key store",
        "partnership_id": "whose pool it is",
        "flow": "the questions, with their version",
        "opened": "the month from which its answers may wait a year",
    },
    "poolballot": {
        "name": "whose it is, to those who hold the pool's key",
        "pool_id": "which key, and when it goes",
        "sealed": "answers, organisation and seat, sealed",
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
    },
    "chart": {
        "round_id": "whose digest it draws",
        "language": "in which words",
        "png": "one and the same picture for everyone",
    },
    "correction": {
        "partnership_id": "whose digest is corrected",
        "number": "which digest",
        "text": "what was wrong, without a figure",
        "told": "whether a digest has said so",
    },
    "audit": {
        "number": "its place in the chain",
        "day": "on which day",
        "actor": "which role, never who",
        "what": "what was done",
        "about": "to which partnership, or how many",
        "previous": "the link before",
        "seal": "the link of the chain",
    },
    "text": {
        "language": "which words to use",
        "number": "its place",
        "source": "the English",
        "said": "what is said instead",
    },
    "fact": {"name": "what it is about", "value": "such as the bot's user name"},
    "key": {"name": "what it opens", "wrapped": "the key, sealed with the master key"},
    "erased": {"who": "somebody to forget again after a restore: a keyed hash"},
    "anchor": {
        "partnership_id": "whose digest it is",
        "number": "the newest digest's number: a copy older than it shows itself",
        "seal": "the newest link of the chain",
    },
}
# What each column can hold, so that none has room for a Telegram id, a person's name or a member's time in the clear.
# A kind is a type, and what every value of it looks like. Ids of people and of what they do are random; a partnership's
# is made of its public name.
HEX, PUBLIC = r"[0-9a-f]{32}", r"(?![a-z0-9_-]*\d{7})[a-z0-9_-]*"
LINK = r"([0-9a-f]{64})?"
KINDS = {
    "random id": (String, 32, HEX),
    "button's random id": (String, 8, r"[\w-]{8}"),
    "public id": (String, 32, PUBLIC),
    "public id or random id": (String, 64, f"{HEX}|{PUBLIC}"),
    "public id, random id or check-in": (String, 64, rf"{HEX}|{PUBLIC}(@\d+)?"),
    "keyed hash": (LargeBinary, None, r"[\x00-\xff]{32}"),
    "sealed": (LargeBinary, None, r"[\x00-\xff]{28,}"),
    "picture": (LargeBinary, None, r"\x89PNG[\x00-\xff]*"),
    "code": (String, 80, r"(?![^ ]*\d{5})[A-Za-z][A-Za-z0-9@.+/_-]*"),
    "hash": (String, 64, r"[0-9a-f]{16}"),
    "link of a chain": (String, 64, LINK),
    "hour": (String, 5, r"\d\d:\d\d"),
    "count": (Integer, None, r"\d{1,4}"),
    "switch": (Boolean, None, r"True|False|0|1"),
    "day": (Date, None, r"\d{4}-\d\d-\d\d"),
    "instant": (Instant, None, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00"),
    "large number": (BigInteger, None, r"\d{1,6}"),
    "public words": (Text, None, r".*"),
    "key's name": (String, 80, f"identity|lookup|links|erased|(period|pool):{HEX}"),
}
SHARED = {  # by the column's own name, in every table that has it
    "partnership_id": "public id", "person_id": "random id", "member_id": "random id", "period_id": "random id",
    "round_id": "random id", "number": "count", "closed": "switch", "seal": "link of a chain",
    "previous": "link of a chain", "kind": "code", "flow": "code", "split": "code", "seat": "code", "next_seat": "code",
    "consent_text": "hash", "consent_day": "day", "name": "public words", "organisation": "count",
    "language": "code", "pool_id": "random id",
}  # fmt: skip
OWN = {
    "partnership": {"id": "public id", "timezone": "code", "weekday": "count", "at": "hour", "calendar": "code",
                    "ended": "switch"},
    "organisation": {"lead": "switch"},
    "person": {"id": "random id", "lookup": "keyed hash", "address": "sealed"},
    "member": {"id": "random id", "state": "code", "heard": "sealed", "since": "day"},
    "link": {"token": "keyed hash", "uses_left": "count", "expires_at": "instant"},
    "period": {"id": "random id", "mode": "code", "least_people": "count", "least_outsiders": "count"},
    "round": {"id": "random id", "place": "count", "rotating": "code", "opened_at": "instant", "reminds_at": "instant",
              "closes_at": "instant"},
    "run": {"id": "button's random id", "turn": "count", "finished": "switch", "message": "large number"},
    "ballot": {"name": "keyed hash", "sealed": "sealed"},
    "flow": {"ref": "code", "body": "public words", "published": "day"},
    "pool": {"id": "random id", "opened": "day"},
    "poolballot": {"name": "keyed hash", "sealed": "sealed"},
    "due": {"subject": "public id or random id", "at": "instant"},
    "claim": {"sent": "switch"},
    "digest": {"record": "public words"},
    "chart": {"png": "picture"},
    "text": {"source": "public words", "said": "public words"},
    "correction": {"text": "public words", "told": "switch"},
    "audit": {"number": "large number", "day": "day", "actor": "code", "what": "code",
              "about": "public id, random id or check-in"},
    "fact": {"name": "code", "value": "public words"},
    "key": {"name": "key's name", "wrapped": "sealed"},
    "erased": {"who": "keyed hash"},
}  # fmt: skip
FACTS = {
    "bot_name": r"\w+", "doctor": "was here", "keys": HEX, "audit": r"\d+ [0-9a-f]{64}",
    "audit_from": r"\d+ [0-9a-f]{64}", "forgotten": r"\d{1,4}", "silent_deleted": r"\d{1,4}",
    "set_operator": LINK, "set_contact": LINK, "set_complaints": LINK,
}  # fmt: skip
PUBLIC_WORDS = {("partnership", "name"), ("organisation", "name"), ("digest", "record"), ("correction", "text"),
                ("fact", "value"), ("flow", "body"), ("text", "source"), ("text", "said")}  # fmt: skip
LARGE_NUMBERS = {
    ("run", "message"): "a message's number in one chat, until the round closes",
    ("audit", "number"): "an entry's place in the chain",
}
ANSWERS_AND_PEOPLE = ("person", "member", "coordinator", "run", "ballot", "poolballot", "claim", "erased")


def columns(metadata: MetaData):
    return [(table.name, column) for table in metadata.sorted_tables for column in table.columns]


EVERY = columns(tables.metadata) + columns(keys.metadata)


def held(table: str, column: str) -> str:
    """What a column holds, by its kind."""
    return OWN.get(table, {}).get(column) or SHARED[column]


def of_kind(*kinds: str) -> set[tuple[str, str]]:
    return {(table, column.name) for table, column in EVERY if held(table, column.name) in kinds}


def sql_type(column) -> type:
    """The type without SQLModel's own shades of it."""
    return next(kind for kind in type(column.type).__mro__ if kind in {sort for sort, _, _ in KINDS.values()})


def test_every_column_has_a_purpose_and_no_other_is_kept():
    kept = {table: set() for table, _ in EVERY}
    for table, column in EVERY:
        kept[table].add(column.name)
    assert kept == {table: set(purposes) for table, purposes in COLUMNS.items()}
    assert all(purpose for purposes in COLUMNS.values() for purpose in purposes.values())


def test_every_column_is_of_a_kind_and_has_no_more_room_than_that_needs():
    assert all(column in COLUMNS[table] for table, own in OWN.items() for column in own)
    for table, column in EVERY:
        sort, most, _ = KINDS[held(table, column.name)]
        assert sql_type(column) is sort, (table, column.name)
        assert most is None or column.type.length <= most, (table, column.name)


def test_free_text_is_public_and_nothing_else_is():
    assert {(table, column.name) for table, column in EVERY if sql_type(column) is Text} == PUBLIC_WORDS
    assert not {table for table, _ in PUBLIC_WORDS} & set(ANSWERS_AND_PEOPLE)


def test_a_number_large_enough_for_a_telegram_id_has_a_reason():
    assert {(table, column.name) for table, column in EVERY if sql_type(column) is BigInteger} == set(LARGE_NUMBERS)


def test_what_says_who_somebody_is_is_hashed_with_a_key_or_sealed():
    assert of_kind("keyed hash") == {
        ("person", "lookup"), ("link", "token"), ("ballot", "name"), ("poolballot", "name"), ("erased", "who")
    }  # fmt: skip
    assert of_kind("sealed") == {
        ("person", "address"), ("member", "heard"), ("ballot", "sealed"), ("poolballot", "sealed"), ("key", "wrapped")
    }  # fmt: skip


def test_nothing_about_a_person_or_an_answer_has_a_time_of_day():
    assert {table for table, _ in of_kind("instant")} == {"link", "round", "due"}
    assert of_kind("day") == {
        ("member", "since"), ("member", "consent_day"), ("coordinator", "consent_day"), ("audit", "day"),
        ("flow", "published"), ("pool", "opened"),
    }  # fmt: skip


def test_every_value_looks_as_its_kind_says(town: Riverside, databases: Databases):
    number = 4_503_599_627_370_495
    people = [f"tg:{number - n}" for n in range(4)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(riverside, "address", lambda who: who)
        lives(town, people)
    looked_at = set()
    for table, rows in databases.rows().items():
        names = [column.name for name, column in EVERY if name == table]
        for row in rows:
            for name, value in zip(names, row, strict=True):
                looked_at |= {(table, name)} if value is not None else set()
                assert value is None or fits(held(table, name), value), (table, name, value)
        if table == "fact":
            assert all(re.fullmatch(FACTS[name], value) for name, value in rows), rows
    assert {(table, column.name) for table, column in EVERY} == looked_at


def fits(kind: str, value: object) -> bool:
    text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
    return re.fullmatch(KINDS[kind][2], text, re.DOTALL) is not None


def lives(town: Riverside, people: list[str]) -> None:
    """Fill every column: a closed round and an open one, a coordinator, a correction, somebody who was forgotten."""
    *people, newcomer = people
    town.joins(*people)
    town.coordinates("tg:4503599627370000")
    town.week()
    town.finishes(people[0])
    town.closes()
    with town.desk.store.work() as work:
        work.frozen.keep_chart(work.frozen.digests(town.partnership.id)[-1].round_id, "cy", b"\x89PNG\r\n")
        work.texts.replace("cy", {"Saved. Thank you.": "Wedi cadw. Diolch."})
        work.frozen.correct(town.partnership.id, 1, "The week was another.")
        work.audit.add(town.clock.now().date(), "operator", "digest_exported", town.partnership.id)
    town.week()
    town.finishes(people[1])
    town.says(people[1], "/seat")
    town.presses(people[1], "reseat:lived")
    current, person, member = town.current().id, town.person(people[1]), town.member(people[1]).id
    with town.desk.store.work() as work:
        assert work.rounds.claim(current, person, "prompt")
        run = work.runs.of_member(member)
        assert run is not None
        work.runs.keep_message(run.run.id, 4711)
    town.joins(newcomer)
    late = town.member(newcomer).id
    with town.desk.store.work() as work:
        work.runs.begin(current, [late], {late: "induction@1"})
        work.pools.put(late, Form("induction@1", "N2", 1, {"N1": "50"}), town.clock.now().date())
    town.says(people[2], "/forget")
    town.presses(people[2], "forget:sure")


@pytest.mark.parametrize(("name", "whose"), [("ballot", "period"), ("poolballot", "pool")])
def test_a_ballot_has_no_road_to_a_person(name: str, whose: str):
    ballot = tables.metadata.tables[name]
    assert {key.column.table.name for key in ballot.foreign_keys} == {whose}
    assert ballot.dialect_options["sqlite"]["with_rowid"] is False  # no order of arrival
    assert not any(key.column.table is ballot for table in tables.metadata.sorted_tables for key in table.foreign_keys)


def test_no_table_names_a_member_beside_an_answer():
    holding = {table for table, column in EVERY if column.name in ("sealed", "record")}
    naming = {table for table, column in EVERY if column.name in ("member_id", "person_id", "address", "lookup")}
    assert not holding & naming
