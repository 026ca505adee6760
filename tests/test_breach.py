"""`pulse breach`: each file is known by its content, and what it says of them together is true of what is in them."""

import json
import os
import shutil
from datetime import date
from pathlib import Path

import pyrage
import pytest
from databases import Databases, only_sqlite
from riverside import Riverside
from typer.testing import CliRunner

from bot import breach, cli, export, printing
from bot.loot import KINDS, recognise
from bot.settings import Settings
from digests.sheet import COLUMNS
from flows.reading import grade
from storage import keys, tables
from storage.backup import write_backup
from storage.db import truncate_wal
from storage.work import Store

TOKEN = "1234567:AAmade-up-made-up-made-up"
SECRET = "made-up-webhook-secret"  # pragma: allowlist secret
PASSWORD = "made-up-password"  # pragma: allowlist secret


@pytest.fixture
def lost(databases: Databases, open_town: Riverside, store: Store, tmp_path: Path) -> Path:
    """A folder with everything that can get out: Ann answered, Bob did not, and Cat coordinates."""
    open_town.coordinates("cat")
    open_town.finishes("ann")
    for database in (store.database, store.keys.database):
        truncate_wal(database)
    folder = tmp_path / "lost"
    folder.mkdir()
    for name in ("main.db", "keys.db", "pulse.key"):
        shutil.copy(tmp_path / name, folder / name)
    pair = pyrage.x25519.Identity.generate()
    (folder / "age.txt").write_text(f"# created\n{pair}\n")
    with (folder / "backup.age").open("wb") as file:
        write_backup(store.database, file, str(pair.to_public()), date(2026, 6, 2))
    (folder / "backup.jsonl").write_bytes(pyrage.decrypt((folder / "backup.age").read_bytes(), [pair]))
    (folder / ".env").write_text(
        f"PULSE_TELEGRAM_TOKEN='{TOKEN}'\nPULSE_WEBHOOK_SECRET={SECRET}\nPULSE_OPERATOR='Network'\n"
        f"PULSE_DATABASE_URL=postgresql://pulse:{PASSWORD}@db/pulse\n"
    )
    (folder / "bot.log").write_text("timestamp='2026-06-02' level='info' event='serving' mode='polling'\n")
    (folder / "notes.txt").write_text("Buy milk.\n")
    return folder


def examined(folder: Path, *names: str) -> dict[str, list[str] | str]:
    return breach.examined([folder / name for name in names])


def meaning(folder: Path, *names: str) -> str:
    return "\n".join(breach.examined([folder / name for name in names])["means"])


def asks_for(folder: Path, *names: str) -> str:
    return "\n".join(breach.examined([folder / name for name in names])["do"])


# --- what a file is


@only_sqlite
@pytest.mark.parametrize(("name", "kind"), [
    ("main.db", "database"), ("keys.db", "keys"), ("pulse.key", "key file"), ("backup.age", "backup"),
    ("backup.jsonl", "database"), ("age.txt", "backup key"), (".env", "settings"), ("bot.log", "log"),
    ("notes.txt", "unknown"),
])  # fmt: skip
def test_a_file_is_known_by_its_content_and_not_by_its_name(lost: Path, name: str, kind: str):
    renamed = lost / "holiday.jpg"
    shutil.copy(lost / name, renamed)
    assert recognise(renamed).kind == kind


@pytest.mark.parametrize(("content", "kind"), [
    (b"", "unknown"),
    (b"\xff\xfe\x00\x01", "unknown"),
    (b"SQLite format 3\0 and then nothing", "unknown"),
    (b"\x37\x7f\x06\x82" + bytes(28), "part"),
    (b"\x89PNG\r\n\x1a\n", "picture"),
    (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "backup"),
    (b"ab" * 32 + b"\n" + b"cd" * 32 + b"\n", "key file"),
    (b"PGDMP\x01\x0e... CREATE TABLE public.ballot ...", "database"),
    (b"PGDMP\x01\x0e... wrapped bytea ...", "keys"),
    (b"PGDMP\x01\x0e... something else", "unknown"),
    (b"How we are doing: week of 1 June.\n", "digest"),
    (b"<!doctype html>\n<h1>How we are doing: week of 1 June</h1>", "digest"),
    (",".join(COLUMNS).encode(), "digest"),
    (b'{"record": {"cells": []}, "seal": "00"}', "digest"),
    (b"# ours\nexport PULSE_OPERATOR='Network'\n", "settings"),
    (b'{"table": "person"', "unknown"),
])  # fmt: skip
def test_a_file_of_any_other_make_is_known_or_said_to_be_unknown(tmp_path: Path, content: bytes, kind: str):
    path = tmp_path / "file"
    path.write_bytes(content)
    assert recognise(path).kind == kind


@only_sqlite
def test_what_export_gives_a_member_is_known(open_town: Riverside, store: Store, tmp_path: Path):
    around, ann = open_town.desk.around, open_town.person("ann")
    with store.work() as work:
        *_, last = export.screens(around, work, ann, answers=True)
    assert last.document is not None
    (tmp_path / "copy").write_bytes(last.document)
    assert recognise(tmp_path / "copy").kind == "own copy"
    assert "this one person" in meaning(tmp_path, "copy")


@only_sqlite
def test_a_printed_digest_is_known(databases: Databases, open_town: Riverside, tmp_path: Path):
    open_town.closes()
    settings = Settings(
        _env_file=None, database_url=databases.database_url, keys_url=databases.keys_url,
        master_key_file=databases.key_file,
    )  # fmt: skip
    for form in ("text", "json", "csv"):
        (tmp_path / form).write_bytes(printing.digest(settings, open_town.partnership.id, None, form))
        assert recognise(tmp_path / form).kind == "digest", form


def test_a_plain_dump_of_postgresql_is_counted(tmp_path: Path):
    people = "".join(f"{n:032x}\t\\\\x00\t\\\\x00\ten\n" for n in range(7))
    (tmp_path / "dump.sql").write_text(
        "--\n-- PostgreSQL database dump\n--\n"
        f"COPY public.person (id, lookup, address, language) FROM stdin;\n{people}\\.\n"
        "COPY public.ballot (name, period_id, sealed) FROM stdin;\n\\\\x01\tp1\t\\\\x00\n\\.\n"
        'COPY public."key" (name, wrapped) FROM stdin;\nperiod:p1\t\\\\x00\n\\.\n'
    )
    (tmp_path / "pulse.key").write_text("ab" * 32)
    assert recognise(tmp_path / "dump.sql").kind == "both"
    assert "up to 10 people" in meaning(tmp_path, "dump.sql")
    assert "whose they are: up to 5 people" in meaning(tmp_path, "dump.sql", "pulse.key")


# --- what they tell together


@only_sqlite
def test_the_database_alone_says_neither_who_nor_what(lost: Path):
    said = meaning(lost, "main.db")
    assert "Who takes part: nothing but how many, without the key store and the key file: up to 5 people." in said
    assert "Answers and notes: nothing. The keys of their periods are not here: up to 5 people." in said


@only_sqlite
@pytest.mark.parametrize("beside", ["keys.db", "pulse.key"])
def test_one_half_of_the_keys_opens_nothing(lost: Path, beside: str):
    assert "read their Telegram numbers" not in meaning(lost, "main.db", beside)
    assert "whose they are" not in meaning(lost, "main.db", beside)
    assert "keys rotate" in asks_for(lost, "main.db", beside)


@only_sqlite
def test_database_key_store_and_key_file_tell_all(lost: Path):
    said = meaning(lost, "main.db", "keys.db", "pulse.key")
    assert "read their Telegram numbers" in said
    assert "Answers and notes: read them, and tell whose they are: up to 5 people." in said


@only_sqlite
def test_an_older_key_store_does_not_open_a_newer_period(lost: Path, databases: Databases, store: Store):
    shutil.copy(lost / "keys.db", lost / "older.db")
    older = databases.keys_url.replace(str(databases.key_file.parent / "keys.db"), str(lost / "older.db"))
    opened = keys.open_keys(older, databases.key_file)
    for period in opened.periods():
        opened.destroy_period_key(period)
    opened.database.dispose()
    said = meaning(lost, "main.db", "older.db", "pulse.key")
    assert "read their Telegram numbers" in said
    assert "Answers and notes: nothing. The keys of their periods are not here" in said


@only_sqlite
def test_a_backup_opens_with_its_own_key_and_people_in_it_with_three(lost: Path):
    assert meaning(lost, "backup.age") == "The encrypted backup: nothing. It opens with its secret key alone."
    assert "nothing but how many" in meaning(lost, "backup.age", "age.txt")
    said = meaning(lost, "backup.age", "age.txt", "keys.db", "pulse.key")
    assert (
        "read their Telegram numbers, and the days they were last heard of: how many people that is, is unknown" in said
    )
    assert "Answers: nothing. There are none in these files." in said


@only_sqlite
def test_two_copies_of_one_database_count_once(lost: Path):
    shutil.copy(lost / "main.db", lost / "again.db")
    assert meaning(lost, "main.db", "again.db") == meaning(lost, "main.db")
    assert "nothing but how many, without the key store and the key file: up to 5 people" in meaning(
        lost, "main.db", "backup.jsonl"
    )


@only_sqlite
def test_secrets_in_settings_are_named_and_not_shown(lost: Path):
    said = json.dumps(examined(lost, ".env"))
    assert "write as the bot" in said
    assert "put words and taps into members' mouths" in said
    assert "A database's password" in said
    assert "/revoke" in said


@only_sqlite
def test_files_without_people_leave_nothing_to_tell(lost: Path):
    assert meaning(lost, "bot.log") == "Nothing about a person, and no key."
    assert "nothing to tell members" in examined(lost, "bot.log")["notice"]
    assert "Assume that all" in asks_for(lost, "notes.txt")


@pytest.mark.parametrize(("people", "said"), [
    (0, "nobody"), (1, "up to 5 people"), (5, "up to 5 people"), (6, "up to 10 people"),
    (None, "how many people that is, is unknown"),
])  # fmt: skip
def test_counts_come_in_steps_of_five(people: int | None, said: str):
    assert breach.up_to(people) == said


# --- what it says


@only_sqlite
def test_no_secret_name_or_id_is_printed(lost: Path, open_town: Riverside):
    everything = sorted(path.name for path in lost.iterdir())
    value = examined(lost, *everything)
    said = json.dumps(value) + "\n".join(breach.examined_lines(value))
    hidden = [TOKEN, SECRET, PASSWORD, (lost / "pulse.key").read_text().strip(), "AGE-SECRET-KEY-1"]
    hidden += [open_town.person("ann"), open_town.member("ann").id, open_town.partnership.id, "Riverside", "Open Door"]
    hidden += [open_town.current().period, "phone:ann"]
    assert not [secret for secret in hidden if secret in said]


@only_sqlite
def test_the_notice_can_be_read_by_everyone_and_promises_nothing(lost: Path):
    notice = examined(lost, "main.db", "keys.db", "pulse.key", ".env")["notice"]
    assert isinstance(notice, str)
    assert grade(notice.replace("•", "")) <= 6
    assert "somebody may know that you take part" in notice.lower()
    for word in ("safe", "guarantee", "completely anonymous", "we will help"):
        assert word not in notice.lower()
    assert "On [day] [what happened, in one sentence]." in notice


@only_sqlite
def test_a_locked_copy_is_told_as_locked(lost: Path):
    notice = examined(lost, "main.db")["notice"]
    assert "As far as we know the key did not get out." in notice
    assert "Somebody may know that you take part" not in notice


def test_the_hours_of_the_law_are_said_with_their_exception():
    assert "within 72 hours" in breach.LAW
    assert "unless it is unlikely that anyone is at risk" in breach.LAW
    assert "not legal advice" in breach.LAW


def test_every_table_belongs_to_one_class():
    for metadata, classes in ((tables.metadata, breach.IN_DATABASE), (keys.metadata, breach.IN_KEY_STORE)):
        told = [table for kept in classes.values() for table in kept.tables]
        assert sorted(told) == sorted(table.name for table in metadata.sorted_tables)


def test_every_kind_of_file_has_its_words():
    assert all(KINDS.values())


# --- the command


def test_the_command_says_where_things_are_and_what_files_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in os.environ if name.startswith("PULSE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "found").write_text("ab" * 32)
    env = {"PULSE_DATABASE_URL": f"postgresql://pulse:{PASSWORD}@db/pulse"}

    def pulse(*command: str) -> str:
        done = CliRunner().invoke(cli.app, ["breach", *command], env=env)
        assert done.exit_code == 0, done.output
        return done.stdout

    where = pulse()
    assert "pulse:***@db/pulse" in where
    assert PASSWORD not in where
    assert "PULSE_TELEGRAM_TOKEN, PULSE_WEBHOOK_SECRET" in where
    assert len(json.loads(pulse("--json"))["classes"]) == 8
    said = pulse("found")
    assert "found: the key file." in said
    assert "within 72 hours" in said
    assert json.loads(pulse("found", "--json"))["files"][0]["kind"] == "key file"
