"""A backup: what is in it and what never is, that it comes back whole on either database, and what is refused."""

import errno
import json
import resource
import shutil
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import product
from pathlib import Path
from typing import Any

import pyrage
import pytest
from databases import Databases, Server, only_sqlite, raw_rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyrage import x25519
from riverside import Riverside, address
from typer.testing import CliRunner

from bot import backing, ending
from bot.cli import app
from bot.local import opening
from bot.operating import opened
from bot.settings import BadSettings, Settings
from digests import canonical, seal
from storage import migrations, tables
from storage.backup import KEPT, LEFT_OUT, BadBackup, write_backup
from storage.crypto import unseal
from storage.db import Slot, open_database
from storage.errors import BadKey, Forked, StorageError, Tampered, Unavailable
from storage.keyfile import make_key_file
from storage.keys import IDENTITY, STANDING
from storage.work import Store

AGE = x25519.Identity.generate()
TO = str(AGE.to_public())
PEOPLE = ("ann", "bob", "cat")
Make = Callable[[str], str]


@pytest.fixture
def empty(tmp_path: Path, migrated: Path, request: pytest.FixtureRequest) -> Iterator[Make]:
    """Makes a new, empty main database of a kind; its address."""
    made: list[tuple[Server, str]] = []

    def make(kind: str) -> str:
        if kind == "sqlite":
            file = tmp_path / f"other-{len(list(tmp_path.iterdir()))}.db"
            shutil.copy(migrated / "main.db", file)
            return f"sqlite:///{file}"
        server = request.getfixturevalue("server")
        made.append((server, server.make(migrations.MAIN)))
        return made[-1][1]

    yield make
    for server, url in made:
        server.drop(url)


@dataclass(frozen=True)
class Copies:
    """The operator at work: backs one installation up, and brings copies back into new databases."""

    databases: Databases
    town: Riverside
    folder: Path

    def settings(self, url: str | None = None, **more: Any) -> Settings:
        places = {"database_url": url or self.databases.database_url, "keys_url": self.databases.keys_url,
                  "master_key_file": self.databases.key_file}  # fmt: skip
        return Settings(_env_file=None, **(places | more))

    @property
    def file(self) -> Path:
        return self.folder / "copies" / "pulse.age"

    def backs_up(self) -> bytes:
        """The backup, opened."""
        self.file.parent.mkdir(exist_ok=True)
        backing.backup(self.settings(), self.file, TO, self.town.clock.now())
        return pyrage.decrypt(self.file.read_bytes(), [AGE])

    def restores(self, url: str, identity: str = str(AGE), **more: Any) -> dict[str, Any]:
        key = self.folder / "age.key"
        key.write_text(f"# created: today\n# public key: {TO}\n{identity}\n")
        return backing.restore(self.settings(url, **more), self.file, key, self.town.clock.now())

    def refuses(self, url: str, kind: type[StorageError], words: str, **more: Any) -> None:
        """Bring the file back in vain: in words, with nothing written to either store."""
        before = rows(url), self.databases.rows()
        with pytest.raises(kind, match=words):
            self.restores(url, **more)
        assert (rows(url), self.databases.rows()) == before

    def forges(self, plain: bytes) -> None:
        """Put another content into the file, as whoever has the public key can."""
        self.file.write_bytes(pyrage.encrypt(plain, [AGE.to_public()]))


def rows(url: str) -> dict[str, list[tuple[object, ...]]]:
    database = open_database(url)
    try:
        return raw_rows(database, migrations.MAIN)
    finally:
        database.dispose()


def lines(plain: bytes) -> list[Any]:
    return [json.loads(line) for line in plain.splitlines()]


def table_of(plain: bytes, name: str) -> list[dict[str, Any]]:
    found, columns = [], None
    for value in lines(plain)[1:]:
        if isinstance(value, dict):
            columns = value["columns"] if value["table"] == name else None
        elif columns:
            found.append(dict(zip(columns, value, strict=True)))
    return found


def retold(plain: bytes, change: Callable[[Any], Any]) -> bytes:
    """The same with each line changed."""
    said = (change(value) for value in lines(plain))
    return b"".join(json.dumps(value, separators=(",", ":")).encode() + b"\n" for value in said)


@pytest.fixture
def copies(databases: Databases, town: Riverside, tmp_path: Path) -> Copies:
    """A partnership that has lived for a period, with a coordinator and a correction."""
    town.joins(*PEOPLE)
    town.coordinates("zoe")
    for _ in range(4):
        town.week()
        town.finishes("ann", "75")
        town.closes()
    with town.desk.store.work() as work:
        work.frozen.correct(town.partnership.id, 2, "The week was another.")
    return Copies(databases, town, tmp_path)


# --- what is in it


def test_every_table_is_kept_or_left_out_on_purpose():
    assert set(KEPT) | set(LEFT_OUT) == set(tables.metadata.tables)
    assert not set(KEPT) & set(LEFT_OUT)


def test_a_backup_holds_identity_and_results_and_nothing_of_an_open_period(copies: Copies):
    copies.town.week()
    for who in PEOPLE:
        copies.town.finishes(who, "75")
    plain = copies.backs_up()
    assert [value["table"] for value in lines(plain)[1:] if isinstance(value, dict)] == list(KEPT)
    kept = copies.databases.rows()
    assert len(table_of(plain, "person")) == 4
    assert len(table_of(plain, "digest")) == 4
    for name in LEFT_OUT[:2]:
        assert len(kept[name]) == 3
    for name, _, sealed in kept["ballot"]:
        assert name not in plain
        assert sealed not in plain
    assert {due["kind"] for due in table_of(plain, "due")} == {"open"}
    assert {kind for kind, _, _ in kept["due"]} > {"open"}


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_charts_are_left_out_as_they_can_be_drawn_again(copies: Copies, empty: Make, kind: str):
    with copies.town.desk.store.work() as work:
        for frozen in work.frozen.digests(copies.town.partnership.id):
            work.frozen.keep_chart(frozen.round_id, "en", b"\x89PNG\r\n")
    assert b"PNG" not in copies.backs_up()
    url = empty(kind)
    copies.restores(url)
    assert rows(url)["chart"] == []


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_check_ins_that_were_asked_and_the_words_brought_in_come_back(copies: Copies, empty: Make, kind: str):
    with copies.town.desk.store.work() as work:
        work.texts.replace("cy", {"": "Language: cy\n", "Saved. Thank you.": "Wedi cadw. Diolch."})
    url = empty(kind)
    copies.backs_up()
    copies.restores(url)
    kept, back = copies.databases.rows(), rows(url)
    assert [str(ref).partition("@")[0] for ref, *_ in back["flow"]] == ["weekly-pulse"]
    assert (sorted(back["flow"]), sorted(back["text"])) == (sorted(kept["flow"]), sorted(kept["text"]))


@only_sqlite
def test_a_backup_cannot_be_read_with_all_that_lies_beside_it(copies: Copies):
    copies.town.week()
    copies.town.finishes("ann")
    plain = copies.backs_up()
    store = copies.town.desk.store
    secrets = [store.keys.standing(name) for name in STANDING]
    secrets += [*store.keys.period_keys([copies.town.current().period]).values(),
                bytes.fromhex(copies.databases.key_file.read_text())]  # fmt: skip
    for secret in secrets:
        for form in (secret, secret.hex().encode()):
            assert form not in plain
    assert not any(address(who).encode() in plain for who in PEOPLE)
    sealed = [(row["id"], b64decode(row["address"])) for row in table_of(plain, "person")]
    found = [b64decode(row[name]) for row in table_of(plain, "person") for name in ("lookup", "address")]
    found += [b64decode(row["token"]) for row in table_of(plain, "link")]
    tries = [each[at : at + 32] for each in found for at in range(len(each) - 31)]
    for (ident, value), key in product(sealed[:2], tries):
        with pytest.raises(Tampered):
            unseal(key, value, f"person:{ident}".encode())
    ident, value = sealed[0]
    assert unseal(store.keys.standing(IDENTITY), value, f"person:{ident}".encode()).startswith(b"phone:")


@only_sqlite
def test_no_key_of_ours_is_read_for_a_backup(copies: Copies):
    settings_ = copies.settings(keys_url="sqlite:////nowhere/keys.db", master_key_file=Path("/nowhere/pulse.key"))
    value = backing.backup(settings_, copies.folder / "copy.age", TO, copies.town.clock.now())
    assert value["bytes"] == (copies.folder / "copy.age").stat().st_size > 1000
    assert (copies.folder / "copy.age").stat().st_mode & 0o077 == 0


@only_sqlite
def test_both_databases_write_the_same(copies: Copies, empty: Make):
    plain = copies.backs_up()
    for kind in ("sqlite", "postgres"):
        url = empty(kind)
        copies.restores(url)
        again = BytesIO()
        database = open_database(url)
        write_backup(database, again, TO, copies.town.clock.now().date())
        database.dispose()
        back = pyrage.decrypt(again.getvalue(), [AGE])
        for name in set(KEPT) - {"fact", "audit", "due"}:  # the restore is noted in the first two
            assert sorted(map(repr, table_of(back, name))) == sorted(map(repr, table_of(plain, name))), (kind, name)


# --- whole, or not at all


def test_a_backup_is_of_one_moment_and_nobody_waits_for_it(copies: Copies):
    store = copies.town.desk.store
    with store.work() as work:
        for n in range(600):
            work.people.add_person(f"phone:{n}", "en")
    before = copies.databases.rows()

    class Meanwhile(BytesIO):
        """Somebody is forgotten and somebody joins as soon as the first part of the file is written."""

        changed = False

        def write(self, data: Any) -> int:
            written = super().write(data)
            if not self.changed and self.tell() > 1000:
                self.changed = True
                copies.town.says("ann", "/forget")
                copies.town.presses("ann", "forget:sure")
                copies.town.joins("gil")
            return written

    file = Meanwhile()
    write_backup(store.database, file, TO, date(2026, 6, 2))
    assert file.changed
    assert copies.databases.rows()["member"] != before["member"]
    plain = pyrage.decrypt(file.getvalue(), [AGE])
    for name in ("person", "member", "organisation", "digest"):
        assert len(table_of(plain, name)) == len(before[name]), name
    assert {row["id"] for row in table_of(plain, "member")} == {row[0] for row in before["member"]}


@only_sqlite
def test_a_backup_that_fails_leaves_the_one_before_and_nothing_else(copies: Copies):
    copies.backs_up()
    before = copies.file.read_bytes()
    bare = f"sqlite:///{copies.folder}/bare.db"
    with pytest.raises(Unavailable, match="Run `pulse init`"):
        backing.backup(copies.settings(bare), copies.file, TO, copies.town.clock.now())
    with pytest.raises(BadBackup, match="begins with age1"):
        backing.backup(copies.settings(), copies.file, str(AGE), copies.town.clock.now())
    assert copies.file.read_bytes() == before
    assert list(copies.file.parent.iterdir()) == [copies.file]


@only_sqlite
@pytest.mark.parametrize(("people", "room"), [(0, 0), (0, 1_000), (600, 300), (600, 70_000)])
def test_a_file_that_takes_no_more_is_never_called_whole(store: Store, people: int, room: int):
    class Full(BytesIO):
        """A disk with so much room."""

        def write(self, data: Any) -> int:
            if self.tell() + len(data) > room:
                raise OSError(errno.ENOSPC, "No space left on device")
            return super().write(data)

    with store.work() as work:
        for n in range(people):
            work.people.add_person(f"phone:{n}", "en")
    with pytest.raises(OSError, match="No space left"):
        write_backup(store.database, Full(), TO, date(2026, 6, 2))


@only_sqlite
def test_a_disk_that_is_full_leaves_the_backup_from_before_and_says_so(copies: Copies):
    with copies.town.desk.store.work() as work:
        for n in range(100):
            work.people.add_person(f"phone:{n}", "en")
    copies.backs_up()
    before = copies.file.read_bytes()
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) // 2, usual[1]))
    try:
        with pytest.raises(backing.NotWritten, match=r"pulse\.age cannot be written: .+ as it was"):
            backing.backup(copies.settings(), copies.file, TO, copies.town.clock.now())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert copies.file.read_bytes() == before
    assert list(copies.file.parent.iterdir()) == [copies.file]


@only_sqlite
def test_a_backup_for_nobody_is_not_written(copies: Copies):
    with pytest.raises(BadSettings, match="PULSE_BACKUP_KEY"):
        backing.backup(copies.settings(), copies.file, None, copies.town.clock.now())
    copies.file.parent.mkdir()
    assert backing.backup(copies.settings(backup_key=TO), copies.file, None, copies.town.clock.now())["bytes"]


# --- back again


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_comes_back_is_what_was_there_on_either_database(copies: Copies, empty: Make, kind: str):
    before = copies.databases.rows()
    copies.backs_up()
    url = empty(kind)
    said = copies.restores(url)
    assert (said["partnerships"], said["periods_dropped"], said["forgotten"]) == (1, 0, 0)
    after = rows(url)
    for name in set(KEPT) - {"fact", "audit", "due"}:
        assert after[name] == before[name], name
    assert [row for row in after["due"] if row[0] == "open"] == [row for row in before["due"] if row[0] == "open"]
    assert [row[3] for row in after["audit"]][-1] == "backup_restored"
    assert after["audit"][:-1] == before["audit"]
    facts = dict(after["fact"])
    assert {name: facts[name] for name, _ in before["fact"] if name != "audit"} == {
        name: value for name, value in before["fact"] if name != "audit"
    }


def test_an_open_period_ends_without_a_digest_and_the_next_goes_on(copies: Copies, empty: Make):
    copies.town.week()
    lost = copies.town.current()
    copies.town.finishes("ann")
    copies.backs_up()
    url = empty("sqlite")
    assert copies.restores(url)["periods_dropped"] == 1
    town = elsewhere(copies, url)
    assert len(town.digests()) == 4
    assert {due.kind for due in town.due()} == {"open", "tidy"}
    assert town.desk.store.keys.period_keys([lost.period]) == {}
    town.wakes()
    assert town.jobs.added == []
    town.week()
    new = town.current()
    assert (new.number, new.place, new.period_number) == (lost.number + 1, 1, lost.period_number + 1)
    for who in PEOPLE:
        town.finishes(who)
    town.closes()
    assert len(town.digests()) == 5


def elsewhere(copies: Copies, url: str) -> Riverside:
    """The town as a bot on the new database serves it."""
    town = copies.town
    store = Databases(url, copies.databases.keys_url, copies.databases.key_file, list).open()
    copies.databases.opened.append(store)
    return Riverside(type(town.desk)(store, town.desk.flows, town.clock, town.desk.host), town.clock,
                     town.partnership, town.member_link, town.coordinator_link)  # fmt: skip


@only_sqlite
def test_who_was_forgotten_since_is_forgotten_again(copies: Copies, empty: Make):
    copies.backs_up()
    gone = copies.town.person("ann")
    copies.town.says("ann", "/forget")
    copies.town.presses("ann", "forget:sure")
    url = empty("sqlite")
    assert copies.restores(url)["forgotten"] == 1
    assert gone not in {row[0] for row in rows(url)["person"]}
    assert len(rows(url)["person"]) == 3


@only_sqlite
def test_a_copy_older_than_the_last_digest_shows_nothing_twice(copies: Copies, empty: Make):
    copies.backs_up()
    copies.town.week()
    for who in PEOPLE:
        copies.town.finishes(who)
    copies.town.closes()
    url = empty("sqlite")
    copies.restores(url)
    town = elsewhere(copies, url)
    town.wakes()
    assert town.jobs.added == []
    town.week()
    assert town.current().number == 6
    for who in PEOPLE:
        town.finishes(who)
    town.closes()
    copies.file.unlink()
    again = Copies(Databases(url, copies.databases.keys_url, copies.databases.key_file, list), town, copies.folder)
    again.backs_up()
    again.restores(empty("sqlite"))  # a chain with a known gap is whole


@only_sqlite
def test_a_round_whose_hour_has_passed_waits_for_the_next(copies: Copies, empty: Make):
    copies.backs_up()
    copies.town.clock.jump_to(copies.town.clock.now() + timedelta(days=30, hours=7))
    url = empty("sqlite")
    copies.restores(url)
    planned = elsewhere(copies, url).planned("open", copies.town.partnership.id)
    assert planned == opening(copies.town.clock.now(), copies.town.partnership)


@only_sqlite
def test_the_people_of_a_partnership_that_was_ending_are_deleted_all_the_same(copies: Copies, empty: Make):
    ending.end(copies.town.desk.store, copies.town.partnership.id, copies.town.clock.now())
    copies.backs_up()
    url = empty("sqlite")
    copies.restores(url)
    elsewhere(copies, url).wakes()
    kept = rows(url)
    assert (kept["person"], kept["member"]) == ([], [])
    assert len(kept["digest"]) == 4


# --- what is refused


@only_sqlite
def test_another_key_of_age_is_refused(copies: Copies, empty: Make):
    copies.backs_up()
    url = empty("sqlite")
    copies.refuses(url, BadBackup, "another key of age", identity=str(x25519.Identity.generate()))
    copies.refuses(url, BadBackup, "no secret key of age", identity="age-secret")


def test_a_database_that_holds_something_is_left_alone(copies: Copies):
    copies.backs_up()
    copies.refuses(copies.databases.database_url, BadBackup, "only put into an empty one")


@only_sqlite
def test_a_database_that_a_bot_serves_is_left_alone(copies: Copies, empty: Make):
    copies.backs_up()
    url = empty("sqlite")
    database = open_database(url)
    slot = Slot(database, only_first=True)
    copies.refuses(url, Unavailable, "Stop that one first")
    slot.release()
    database.dispose()
    assert copies.restores(url)["partnerships"] == 1


@only_sqlite
def test_a_database_that_any_of_several_bots_serves_is_left_alone(copies: Copies, empty: Make):
    copies.backs_up()
    url = empty("postgres")
    database = open_database(url)
    first, second = Slot(database, only_first=False), Slot(database, only_first=False)
    first.release()
    copies.refuses(url, Unavailable, "Stop that one first")
    second.release()
    database.dispose()
    assert copies.restores(url)["partnerships"] == 1


@only_sqlite
def test_the_keys_of_another_installation_are_refused(copies: Copies, empty: Make, migrated: Path):
    copies.backs_up()
    url, folder = empty("sqlite"), copies.folder
    shutil.copy(migrated / "keys.db", folder / "strange.db")
    make_key_file(folder / "strange.key")
    strange = Databases(url, f"sqlite:///{folder}/strange.db", folder / "strange.key", list)
    strange.open().keys.prepare()
    strange.close()
    places = {"keys_url": strange.keys_url, "master_key_file": strange.key_file}
    copies.refuses(url, BadKey, "other keys", **places)


@only_sqlite
def test_a_backup_of_another_version_is_refused(copies: Copies, empty: Make):
    plain = copies.backs_up()
    url = empty("sqlite")
    for changed in ({"format": 2}, {"schema": "0009"}):
        copies.forges(retold(plain, lambda v, c=changed: v | c if isinstance(v, dict) and "schema" in v else v))
        copies.refuses(url, BadBackup, "another version")


@only_sqlite
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_or_cut_file_is_refused(damaged: tuple[Copies, bytes, str], data: st.DataObject):
    copies, whole, url = damaged
    place = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        copies.file.write_bytes(whole[:place])
    else:
        flipped = bytearray(whole)
        flipped[place] ^= 1 << data.draw(st.integers(0, 7))
        copies.file.write_bytes(flipped)
    copies.refuses(url, BadBackup, "damaged|another key")


@pytest.fixture
def damaged(copies: Copies, empty: Make) -> tuple[Copies, bytes, str]:
    copies.backs_up()
    return copies, copies.file.read_bytes(), empty("sqlite")


def altered(table: str, **change: Any) -> Callable[[Any], Any]:
    """A change to every row of one table."""
    columns: list[str] = []

    def change_line(value: Any) -> Any:
        if isinstance(value, dict) and "table" in value:
            columns[:] = value["columns"] if value["table"] == table else []
        elif columns and isinstance(value, list):
            return [change.get(name, kept) for name, kept in zip(columns, value, strict=True)]
        return value

    return change_line


def renamed(**change: Any) -> Callable[[Any], Any]:
    """A change to the line that begins the links."""
    return lambda value: value | change if isinstance(value, dict) and value.get("table") == "link" else value


def names_digests(value: Any) -> bool:
    return isinstance(value, dict) and value.get("table") == "digest"


MADE_UP = (
    altered("digest", previous="0" * 64),
    altered("digest", record="{}"),
    altered("person", address="AAAA"),
    altered("person", lookup="AAAA"),
    altered("member", consent_day="yesterday"),
    altered("member", partnership_id="nowhere"),
    altered("round", closed="perhaps"),
    altered("audit", what="something else"),
    altered("link", token="not base64"),
    altered("organisation", number=None),
    renamed(table="ballot"),
    renamed(columns=["token"]),
    lambda value: value | {"columns": [*value["columns"], "picture"]} if names_digests(value) else value,
    lambda value: {} if isinstance(value, dict) and "schema" in value else value,
    lambda value: 5 if isinstance(value, list) else value,
)


@only_sqlite
def test_a_file_that_somebody_made_up_is_refused(copies: Copies, empty: Make):
    plain, url = copies.backs_up(), empty("sqlite")
    for change in MADE_UP:
        copies.forges(retold(plain, change))
        copies.refuses(url, StorageError, "damaged|not whole|other keys")


@only_sqlite
def test_a_file_of_something_else_is_refused(copies: Copies, empty: Make):
    copies.backs_up()
    url = empty("sqlite")
    for content in (b"", b"\n", b"{}\n", b"[]", b'"x"\n', b"\xff\n", b"null\n"):
        copies.forges(content)
        copies.refuses(url, BadBackup, "damaged")
        copies.file.write_bytes(content)
        copies.refuses(url, BadBackup, "damaged")


@only_sqlite
def test_a_backup_whose_last_tables_are_missing_is_refused(copies: Copies, empty: Make):
    plain = copies.backs_up()
    copies.forges(plain[: plain.index(b'{"columns":["partnership_id","number","text"')])
    copies.refuses(empty("sqlite"), BadBackup, "damaged")


@only_sqlite
def test_another_digest_of_a_number_that_went_out_is_refused(copies: Copies, empty: Make):
    plain = copies.backs_up()
    last = table_of(plain, "digest")[-1]
    record = json.loads(last["record"]) | {"week": "2020-01-01"}
    twin = [canonical(record).decode(), seal(record, last["previous"])]
    swap = dict(zip([last["record"], last["seal"]], twin, strict=True))
    copies.forges(retold(plain, lambda v: [swap.get(x, x) if isinstance(x, str) else x for x in v]
                                if isinstance(v, list) else v))  # fmt: skip
    copies.refuses(empty("sqlite"), Forked, "two copies")


# --- a damaged database


@only_sqlite
def test_a_damaged_database_is_refused_in_words(copies: Copies):
    copies.town.desk.store.dispose()
    file = copies.folder / "main.db"
    whole = file.read_bytes()
    for page in range(0, len(whole), 4096):
        spoilt = bytearray(whole)
        spoilt[page : page + 64] = bytes(byte ^ 0xFF for byte in spoilt[page : page + 64])
        file.write_bytes(spoilt)
        must_be_refused(copies)
    file.write_bytes(whole[: len(whole) // 2])
    must_be_refused(copies)
    file.write_bytes(whole)
    with opened(copies.settings()) as store, store.work() as work:
        assert len(work.partnerships.all()) == 1


def must_be_refused(copies: Copies) -> None:
    with (
        pytest.raises(Unavailable, match=r"is damaged or is not a database\. Restore it from a backup"),
        opened(copies.settings()),
    ):
        pass


# --- from the command line


@only_sqlite
def test_the_commands_say_what_they_did(copies: Copies, empty: Make, monkeypatch: pytest.MonkeyPatch):
    for name, value in copies.settings().model_dump(include={"database_url", "keys_url", "master_key_file"}).items():
        monkeypatch.setenv(f"PULSE_{name.upper()}", str(value))
    monkeypatch.chdir(copies.folder)
    (copies.folder / "age.key").write_text(str(AGE))
    said = CliRunner().invoke(app, ["backup", "pulse.age", "--to", TO])
    assert said.output.startswith("Wrote pulse.age (")
    monkeypatch.setenv("PULSE_DATABASE_URL", empty("sqlite"))
    said = CliRunner().invoke(app, ["restore", "pulse.age", "--identity", "age.key", "--json"])
    today = datetime.now(UTC).date().isoformat()
    assert json.loads(said.output) == {"day": today, "partnerships": 1, "periods_dropped": 0, "forgotten": 0}
