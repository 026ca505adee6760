"""Changing the keys: all that was kept is there afterwards, copies from before are refused, and it may die anywhere."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from databases import Databases, _fastest_folder, only_postgres, only_sqlite, raw_rows
from ground import Ground, founded
from installation import environment
from riverside import Riverside, address
from sqlalchemy import event, text

from bot import keeping
from bot.settings import Settings
from storage import migrations, rotation
from storage.db import Slot
from storage.errors import BadKey, StorageError, Unavailable
from storage.keyfile import read_key_file
from storage.keys import IDENTITY, LOOKUP, STANDING
from storage.people import KEYS_FACT
from storage.recovery import Recovered, recover
from storage.retention import Retention
from storage.rotation import replace_key_file, rotate, settle
from storage.values import Person
from storage.work import Store, Work, open_store

NOW = datetime(2026, 6, 2, 9, tzinfo=UTC)
SIX = ("ann", "bob", "cat", "dan", "eve", "fay")


def opens(databases: Databases) -> Store:
    """The store as the next process opens it."""
    store = open_store(databases.database_url, databases.keys_url, databases.key_file)
    databases.opened.append(store)
    return store


def rotated(databases: Databases) -> Store:
    rotate(opens(databases), databases.key_file, NOW)
    return opens(databases)


def known(store: Store, people: tuple[str, ...] = SIX) -> list[str | None]:
    """Everybody found by their address, and their address read back."""
    with store.work() as work:
        found = [work.people.find(address(who)) for who in people]
        return [work.people.address_of(person.id) if person else None for person in found]


@pytest.fixture
def six(town: Riverside) -> Riverside:
    town.joins(*SIX)
    town.opens()
    for who in SIX:
        town.answers(who, "75", "25")
    return town


# --- what stays, and what goes


def test_everybody_is_found_and_every_answer_is_there_under_new_keys(six: Riverside, databases: Databases):
    keys = opens(databases).keys
    before = {name: keys.standing(name) for name in STANDING}
    (master,) = read_key_file(databases.key_file)
    period = six.current().period
    ballots = keys.period_keys([period])
    after = rotated(databases)
    now = {name: after.keys.standing(name) for name in STANDING}
    assert [name for name in STANDING if now[name] != before[name]] == [IDENTITY, LOOKUP]
    assert read_key_file(databases.key_file) != (master,)
    assert after.keys.period_keys([period]) == ballots
    assert known(after) == [address(who) for who in SIX]
    with after.work() as work:
        assert len(work.rounds.ballots(six.partnership.id, period)) == len(SIX)
        assert work.people.link(six.member_link, six.clock.now()) is not None
        assert [entry.what for entry in work.audit.entries()] == ["keys_rotated"]
    assert recover(after, six.clock.now()) == Recovered()


def test_every_sealed_value_is_another_and_none_opens_with_the_keys_before(six: Riverside, databases: Databases):
    old = databases.opened[0].keys
    old.check()
    before = databases.rows()
    rotated(databases)
    after = databases.rows()
    for table, columns in {"person": (1, 2), "member": (7,), "key": (1,)}.items():
        for column in columns:
            sealed = {row[column] for row in before[table]}
            assert sealed
            assert not sealed & {row[column] for row in after[table]}, (table, column)
    with pytest.raises(BadKey, match="does not fit"):
        old.period_keys([six.current().period])


def test_it_can_be_done_again_and_again(six: Riverside, databases: Databases):
    marks = {rotated(databases).keys.mark() for _ in range(3)}
    assert len(marks) == 3
    assert known(opens(databases)) == [address(who) for who in SIX]


def test_people_are_sealed_anew_in_batches(six: Riverside, databases: Databases, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rotation, "_BATCH", 2)
    assert known(rotated(databases)) == [address(who) for who in SIX]


def test_an_installation_without_people_changes_its_keys_too(databases: Databases):
    before = opens(databases).keys.mark()
    assert rotated(databases).keys.mark() != before


@only_sqlite
def test_neither_the_old_master_key_nor_what_it_wrapped_stays_on_the_disk(six: Riverside, databases: Databases):
    (master,) = read_key_file(databases.key_file)
    wrapped = [sealed for _, sealed in databases.rows()["key"]]
    before = databases.key_file.open("rb")
    rotated(databases)
    assert not any(sealed in databases.bytes() for sealed in wrapped if isinstance(sealed, bytes))
    assert before.read() == b"0" * 65, "the file it was in is wiped, not only gone from its folder"
    before.close()
    assert master.hex() not in databases.key_file.read_text()
    assert [path.name for path in databases.key_file.parent.glob(".*")] == []


def test_who_was_forgotten_need_not_be_remembered_when_no_copy_opens(six: Riverside, databases: Databases):
    opens(databases).keys.note_erased("somebody")
    assert not rotated(databases).keys.erased_among(["somebody"])


# --- as an operator asks for it


def test_the_operator_is_told_what_to_do_next(six: Riverside, databases: Databases):
    settings = Settings(
        database_url=databases.database_url, keys_url=databases.keys_url, master_key_file=databases.key_file
    )
    value = keeping.rotate(settings)
    assert value["key_file"] == str(databases.key_file)
    assert "Delete them all" in keeping.rotated_lines(value)[-1]
    assert known(opens(databases)) == [address(who) for who in SIX]


@pytest.mark.parametrize(("url", "lingers"), [("sqlite:///keys.db", False), ("postgresql://db.example.org/k", True)])
def test_only_on_postgres_may_a_destroyed_key_linger(url: str, *, lingers: bool):
    said = keeping.what_lingers(Settings(database_url="sqlite:///main.db", keys_url=url))
    assert ("destroyed keys may be recovered from PostgreSQL's files until `pulse keys rotate`" in said) == lingers


# --- a copy from before


@pytest.mark.parametrize("noted", [True, False])
@only_sqlite
def test_a_copy_from_before_is_refused_and_nothing_is_written(
    six: Riverside, databases: Databases, tmp_path: Path, *, noted: bool
):
    if noted:
        recover(databases.opened[0], six.clock.now())
    with databases.opened[0].database.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(tmp_path / "main.db", tmp_path / "copy.db")
    rotated(databases)
    rotated(databases)
    before = (tmp_path / "copy.db").read_bytes(), raw_rows(databases.opened[0].keys.database, migrations.KEYS)
    with pytest.raises(BadKey, match="it is a copy from before the keys were changed, or it is another bot's"):
        open_store(f"sqlite:///{tmp_path}/copy.db", databases.keys_url, databases.key_file)
    assert ((tmp_path / "copy.db").read_bytes(), raw_rows(databases.opened[0].keys.database, migrations.KEYS)) == before


# --- not beside a running bot


@pytest.mark.parametrize(
    ("why", "deed"),
    [
        ("just start it again", lambda work, _: work.people.add_person("phone:new", "en")),
        (
            "just start it again",
            lambda work, bob: work.people.add_member(bob.id, bob.member.partnership, "words", NOW.date()),
        ),
        ("just start it again", lambda work, bob: work.people.note_stopped(bob.member.id, NOW.date())),
        ("does not open", lambda work, bob: work.people.note_heard(bob.member.id, NOW.date())),
        ("does not open", lambda work, bob: Retention(work.connection, work.keys).take_back(bob.id)),
    ],
)
def test_a_bot_that_missed_a_change_seals_nothing_that_no_key_opens(
    six: Riverside, databases: Databases, why: str, deed: Callable[[Work, Person], object]
):
    late = opens(databases)
    with late.work() as work:
        bob = work.people.find(address("bob"))
    assert bob is not None
    rotated(databases)
    before = databases.rows()
    with pytest.raises(StorageError, match=why), late.work() as work:
        deed(work, bob)
    assert databases.rows() == before


def test_while_a_bot_runs_it_is_refused_and_nothing_is_written(six: Riverside, databases: Databases):
    bot = opens(databases)
    slots = [Slot(bot.database, only_first=False)]
    if bot.database.dialect.name == "postgresql":
        slots += [Slot(bot.database, only_first=False)]
        slots.pop(0).release()  # any bot, not just the first
    before, key_file = databases.rows(), databases.key_file.read_bytes()
    with pytest.raises(Unavailable, match=r"Another bot process already serves .*\. Stop that one first"):
        rotate(opens(databases), databases.key_file, NOW)
    assert (databases.rows(), databases.key_file.read_bytes()) == (before, key_file)
    for slot in slots:
        slot.release()
    rotated(databases)


def test_meanwhile_no_bot_can_start(six: Riverside, databases: Databases, monkeypatch: pytest.MonkeyPatch):
    refused = []

    def look(*given: object) -> None:
        with pytest.raises(Unavailable, match="already serves"):
            Slot(databases.opened[0].database, only_first=False)
        refused.append(given)

    monkeypatch.setattr(rotation, "_seal_anew", look)
    with pytest.raises(BadKey):  # the change never reached the main database, so the swap leaves it behind
        rotated(databases)
    assert refused


def test_a_key_file_that_cannot_be_replaced_is_said_first(
    six: Riverside, databases: Databases, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = opens(databases)
    recover(store, NOW)
    before = databases.rows()
    monkeypatch.setattr(rotation, "_put_in_place", full)
    with pytest.raises(BadKey, match=r"cannot be replaced \(No space left on device\)\. Let the bot's user write"):
        rotate(store, databases.key_file, NOW)
    assert databases.rows() == before
    assert known(opens(databases)) == [address(who) for who in SIX]


def test_a_change_of_the_key_file_that_fails_leaves_no_key_beside_it(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    before = databases.key_file.read_bytes()
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(BadKey, match=r"cannot be replaced \(Permission denied\)"):
        replace_key_file(databases.key_file, [b"1" * 32])
    assert databases.key_file.read_bytes() == before
    assert list(databases.key_file.parent.glob(".*")) == []


def test_a_start_removes_what_a_change_that_was_killed_has_left_beside_the_key_file(store: Store, databases: Databases):
    left = databases.key_file.with_name(f".{databases.key_file.name}.new-k1ll3d")
    left.write_text("ab" * 32)
    settle(store, databases.key_file)
    assert not left.exists()
    left.mkdir()
    with pytest.raises(BadKey, match=r"new-k1ll3d may hold a master key and cannot be removed .*\. Delete it"):
        settle(store, databases.key_file)


def test_the_key_file_stays_its_owners_alone_and_a_link_stays_a_link(databases: Databases, tmp_path: Path):
    (tmp_path / "elsewhere").mkdir()
    real = tmp_path / "elsewhere" / "master"
    databases.key_file.rename(real)
    databases.key_file.symlink_to(real)
    replace_key_file(databases.key_file, [b"1" * 32, b"2" * 32])
    assert databases.key_file.is_symlink()
    assert read_key_file(databases.key_file) == (b"1" * 32, b"2" * 32)
    assert stat.S_IMODE(real.stat().st_mode) == 0o600


# --- cut short between any two statements: PostgreSQL, a sample; an exception undoes what a kill would


class PowerCut(Exception):
    """Made up, to end a change between two statements."""


def cut_short(store: Store, key_file: Path, point: int) -> bool:
    """Change the keys, and end at statement number `point`; False where it never came to that."""
    statements = count(1)

    def cut(*_: object) -> None:
        if next(statements) == point:
            raise PowerCut

    databases = (store.database, store.keys.database)
    for database in databases:
        event.listen(database, "before_cursor_execute", cut)
    try:
        rotate(store, key_file, NOW)
    except PowerCut:
        return True
    finally:
        for database in databases:
            event.remove(database, "before_cursor_execute", cut)
    return False


@only_postgres
def test_cut_short_on_postgres_everybody_is_found_and_the_next_start_settles_it(six: Riverside, databases: Databases):
    cuts = 0
    for point in count(1, 4):
        if not cut_short(opens(databases), databases.key_file, point):
            break
        cuts += 1
        assert known(opens(databases)) == [address(who) for who in SIX]
        settle(opens(databases), databases.key_file)
        assert_settled(opens(databases), databases.key_file)
    assert cuts > 5


def assert_settled(store: Store, key_file: Path) -> None:
    """One master key, one set of keys, and the main database says which."""
    assert len(read_key_file(key_file)) == 1
    assert store.keys.next_mark() is None
    with store.keys.database.begin() as connection:
        names = set(connection.scalars(text("SELECT name FROM key WHERE name NOT LIKE 'period:%'")))
    assert names == set(STANDING)
    with store.work() as work:
        assert work.partnerships.fact(KEYS_FACT) in (None, store.keys.mark())
    store.keys.check()


# --- killed at any moment: SQLite, a real kill at every statement, commit and move of a file


def test_killed_at_any_moment_it_is_completed_or_given_up(migrated: Path):
    with tempfile.TemporaryDirectory(dir=_fastest_folder()) as folder:  # a kill loses nothing that was written
        command = [sys.executable, __file__, str(migrated), folder]
        done = subprocess.run(command, check=False, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    deaths = json.loads(done.stdout)
    assert deaths["moments"] >= 40
    assert deaths["moments"] == deaths["completed"] + deaths["given up"]
    assert deaths["completed"] > 0 < deaths["given up"]


MOVES = ("os.rename", "tempfile.mkstemp", "os.remove")  # as Python's audit hook names them
NUMBERS = range(101, 107)


def _store(folder: Path) -> Store:
    return open_store(f"sqlite:///{folder}/pulse.db", f"sqlite:///{folder}/pulse-keys.db", folder / "pulse.key")


def _dies(folder: Path, point: int) -> bool:
    """Change the keys in a child process that is killed at its moment number `point`; False where it got through."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _rotate_until(folder, point)
            status = 0
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    assert status in {0, signal.SIGKILL}, "the change failed"
    return status != 0


def _rotate_until(folder: Path, point: int) -> None:
    moments = count(1)

    def moment(*_: object) -> None:
        if next(moments) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    store = _store(folder)
    for database in (store.database, store.keys.database):
        for name in ("before_cursor_execute", "commit"):
            event.listen(database, name, moment)
    sys.addaudithook(lambda name, _: moment() if name in MOVES else None)
    rotate(store, folder / "pulse.key", NOW)
    store.dispose()


def _whole(folder: Path, *, started: bool = False, settled: bool = False) -> str:
    """All that was kept is there, whatever state the change is in; the mark of the keys in use."""
    store = _store(folder)
    if started:
        settle(store, folder / "pulse.key")
        assert recover(store, datetime.now(UTC)) == Recovered()
    with store.work() as work:
        people = [work.people.find(f"tg:{number}") for number in NUMBERS]
        assert [work.people.address_of(p.id) for p in people if p] == [f"tg:{number}" for number in NUMBERS]
        (partnership,) = work.partnerships.all()
        current = work.rounds.open_of(partnership.id)
        assert current is not None
        assert len(work.rounds.ballots(partnership.id, current.period)) == len(NUMBERS)
    if settled:
        assert_settled(store, folder / "pulse.key")
    mark = store.keys.mark()
    store.dispose()
    return mark


def _next_start(folder: Path) -> str:
    return _whole(folder, started=True, settled=True)


def _next_change(folder: Path) -> str:
    assert not _dies(folder, 0)
    assert [path.name for path in folder.glob(".pulse.key*")] == []
    return _whole(folder, settled=True)


def _prepared(folder: Path, migrated: Path) -> Ground:
    folder.mkdir()
    ground = founded(folder, migrated)
    ground.joins(NUMBERS)
    ground.town.opens()
    ground.answers(NUMBERS, steps=2)
    recover(ground.store, ground.town.clock.now())
    ground.store.dispose()
    return ground


def _deaths(start: Path, here: Path, mend: Callable[[Path], str], every: int) -> Iterator[bool]:
    """Die at one moment after the other, look, mend, look again; whether the keys in use were new by then."""
    before = _whole(start)
    for point in count(1, every):
        shutil.copytree(start, here)
        died = _dies(here, point)
        _whole(here)
        after = mend(here)
        shutil.rmtree(here)
        if not died:
            return
        yield after != before


def _every_death(migrated: Path, folder: Path) -> dict[str, int]:
    _prepared(folder / "start", migrated)
    by_start = list(_deaths(folder / "start", folder / "here", _next_start, every=1))
    assert all(_deaths(folder / "start", folder / "here", _next_change, every=6))
    return {"moments": len(by_start), "completed": by_start.count(True), "given up": by_start.count(False)}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_every_death(Path(sys.argv[1]), Path(sys.argv[2]))))
