"""Schema changes: the tables as declared, made once, wholly or not at all."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from databases import Server, raw_rows
from sqlalchemy import Engine, MetaData, create_engine, event, inspect, text

from storage import migrations
from storage.db import open_database
from storage.errors import Unavailable

ROOT = Path(__file__).parents[1]
BOTH = [migrations.MAIN, migrations.KEYS]


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database in which nothing has been made yet."""
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path}/empty.db")
        yield database
        database.dispose()
        return
    server: Server = request.getfixturevalue("server")
    url = server.make()
    database = open_database(url)
    yield database
    database.dispose()
    server.drop(url)


def tables(database: Engine) -> set[str]:
    return set(inspect(database).get_table_names())


def constraints(database: Engine) -> set[tuple[str, str, str]]:
    """Every named rule: (table, kind, name). SQLite gives a primary key no name that can be asked for."""
    found, seen = set(), inspect(database)
    for table in seen.get_table_names():
        kinds = {
            "check": seen.get_check_constraints(table),
            "unique": seen.get_unique_constraints(table),
            "foreign key": seen.get_foreign_keys(table),
            "index": [i for i in seen.get_indexes(table) if not i.get("duplicates_constraint")],
        }
        found |= {(table, kind, str(rule["name"])) for kind, rules in kinds.items() for rule in rules}
    return found - {(migrations._VERSIONS, "index", "")}


@pytest.mark.parametrize("which", BOTH)
def test_the_schema_equals_the_tables_as_declared(empty: Engine, which: str):
    migrations.upgrade(empty, which)
    with empty.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": migrations._VERSIONS})
        assert compare_metadata(context, migrations.METADATA[which]) == []


@pytest.mark.parametrize("which", BOTH)
def test_every_rule_has_the_name_it_was_declared_with(empty: Engine, which: str, tmp_path: Path):
    migrations.upgrade(empty, which)
    declared = create_engine(f"sqlite:///{tmp_path}/declared.db")
    MetaData.create_all(migrations.METADATA[which], declared)
    assert constraints(empty) == constraints(declared)
    declared.dispose()


@pytest.mark.parametrize("which", BOTH)
def test_upgrading_twice_is_upgrading_once(empty: Engine, which: str):
    assert migrations.behind(empty, which)
    migrations.upgrade(empty, which)
    assert not migrations.behind(empty, which)
    before = tables(empty), constraints(empty)
    migrations.upgrade(empty, which)
    assert (tables(empty), constraints(empty)) == before


def test_upgrading_leaves_what_is_kept_as_it_is(empty: Engine):
    migrations.upgrade(empty, migrations.MAIN)
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO fact (name, value) VALUES ('bot_name', 'pulse_bot')"))
    before = raw_rows(empty, migrations.MAIN)
    migrations.upgrade(empty, migrations.MAIN)
    assert raw_rows(empty, migrations.MAIN) == before


@pytest.mark.parametrize("which", BOTH)
def test_every_migration_can_be_taken_back_and_made_again(empty: Engine, which: str):
    scripts = migrations.script(which)
    migrations.upgrade(empty, which)
    with empty.begin() as connection:
        migrations._run(connection, scripts, which, lambda revision, _: scripts._downgrade_revs("base", revision))
    assert tables(empty) == {migrations._VERSIONS}
    migrations.upgrade(empty, which)
    assert not migrations.behind(empty, which)


# --- killed half-way


def statements(database: Engine) -> int:
    """How many statements a whole upgrade takes; makes the schema."""
    seen: list[str] = []
    event.listen(database, "before_cursor_execute", lambda *given: seen.append(given[2]))
    migrations.upgrade(database, migrations.MAIN)
    return len(seen)


KILLED_AT_EACH = """
import os, sys
from sqlalchemy import event
from storage import migrations
from storage.db import open_database

def dies_at(number, url):
    database, seen = open_database(url), []
    def count(*given):
        seen.append(given)
        if len(seen) == number:
            os._exit(9)
    event.listen(database, "after_cursor_execute", count)
    migrations.upgrade(database, migrations.MAIN)

for number in range(1, int(sys.argv[1]) + 1):
    child = os.fork()
    if not child:
        dies_at(number, f"sqlite:///{sys.argv[2]}/killed-{number}.db")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, number
"""


def test_a_migration_killed_at_any_statement_leaves_the_old_schema(tmp_path: Path):
    whole = open_database(f"sqlite:///{tmp_path}/whole.db")
    steps = statements(whole)
    assert steps > 20
    command = [sys.executable, "-c", KILLED_AT_EACH, str(steps), str(tmp_path)]
    subprocess.run(command, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)})
    for number in range(1, steps + 1):
        killed = open_database(f"sqlite:///{tmp_path}/killed-{number}.db")
        assert tables(killed) == set()
        if number in (1, steps // 2, steps):
            migrations.upgrade(killed, migrations.MAIN)
            assert (tables(killed), constraints(killed)) == (tables(whole), constraints(whole))
        killed.dispose()
    whole.dispose()


class PowerCut(Exception):
    """Made up, to end an upgrade between two statements."""


def test_an_upgrade_cut_short_on_either_database_leaves_nothing(empty: Engine):
    seen: list[str] = []

    def cut(*given: object) -> None:
        seen.append(str(given[2]))
        if len(seen) == 12:
            raise PowerCut

    event.listen(empty, "before_cursor_execute", cut)
    with pytest.raises(PowerCut):
        migrations.upgrade(empty, migrations.MAIN)
    event.remove(empty, "before_cursor_execute", cut)
    assert tables(empty) == set()
    migrations.upgrade(empty, migrations.MAIN)
    assert not migrations.behind(empty, migrations.MAIN)


# --- as the operator's command


def command(*urls: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "storage.migrations", *urls],
        check=False, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def test_the_command_makes_both_databases(tmp_path: Path):
    done = command(f"sqlite:///{tmp_path}/main.db", f"sqlite:///{tmp_path}/keys.db")
    assert (done.returncode, done.stderr) == (0, "")
    for which in BOTH:
        database = open_database(f"sqlite:///{tmp_path}/{which}.db")
        assert not migrations.behind(database, which)
        database.dispose()


def test_the_command_says_in_one_sentence_what_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys, "argv", ["", f"sqlite:///{tmp_path}/nowhere/main.db", f"sqlite:///{tmp_path}/keys.db"])
    assert migrations._command() == 1
    said = capsys.readouterr().err
    assert said.endswith("main.db cannot be opened. Check that its folder exists and may be written to.\n")
    assert said.count("\n") == 1


def test_a_file_that_is_no_database_cannot_be_upgraded(tmp_path: Path):
    (tmp_path / "letter.db").write_text("Dear partners, " * 500)
    database = open_database(f"sqlite:///{tmp_path}/letter.db")
    with pytest.raises(Unavailable, match="Restore it from a backup"):
        migrations.upgrade(database, migrations.MAIN)
    with pytest.raises(Unavailable, match="Restore it from a backup"):
        migrations.behind(database, migrations.MAIN)
    database.dispose()
