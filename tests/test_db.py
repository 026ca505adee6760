"""Opening a database: what is set on it, who may serve it, and what an operator reads when it cannot be had."""

from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import pytest
from databases import Databases, Server, only_postgres, only_sqlite, patience
from riverside import Jobs
from sqlalchemy import Engine, event, text
from sqlalchemy.exc import IntegrityError

from bot import retention
from bot.clock import MovableClock
from storage.db import Slot, open_database, shown_url, snapshot, truncate_wal
from storage.errors import Unavailable
from storage.work import Store

PROMISED = {
    "auto_vacuum": 1,  # FULL
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "busy_timeout": 5000,
    "foreign_keys": 1,
    "secure_delete": 1,
    "trusted_schema": 0,
    "temp_store": 2,  # MEMORY
}


def keeps_a_fact(store: Store) -> None:
    with store.work() as work:
        work.partnerships.keep_fact("bot_name", "pulse_bot")


def keeps_another_fact(store: Store) -> None:
    with store.work() as work:
        work.partnerships.keep_fact("doctor", "was here")


def opened(databases: Databases, url: str) -> Store:
    """The main database at another address, with the same keys."""
    return Store(open_database(url), databases.opened[0].keys)


@only_sqlite
@pytest.mark.parametrize(("name", "value"), PROMISED.items())
def test_every_sqlite_connection_has_what_was_promised(store: Store, name: str, value: object):
    for database in (store.database, store.keys.database):
        with database.connect() as connection:
            assert connection.exec_driver_sql(f"PRAGMA {name}").scalar() == value


def test_a_transaction_that_fails_leaves_nothing_behind(databases: Databases, store: Store):
    before = databases.rows()

    def fails_half_way() -> None:
        with store.work() as work:
            work.partnerships.keep_fact("bot_name", "pulse_bot")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails_half_way()
    assert databases.rows() == before


def test_a_broken_rule_of_the_schema_is_no_fault_of_the_database(store: Store):
    with pytest.raises(IntegrityError), store.work() as work:
        work.connection.execute(text("INSERT INTO fact (name, value) VALUES ('a', 'b'), ('a', 'c')"))


def test_an_error_repeats_no_value(store: Store):
    statement = text("INSERT INTO fact (name, value) VALUES (:name, :value)")
    with pytest.raises(IntegrityError) as caught, store.work() as work:
        work.connection.execute(statement, [{"name": "a", "value": "canary-4d1f"}] * 2)
    assert "canary-4d1f" not in str(caught.value)


def cut(databases: Databases) -> None:
    """End every other connection to this PostgreSQL database, as its restart would."""
    everyone = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    with databases.open().database.connect() as connection:
        connection.execute(text(f"{everyone} WHERE datname = current_database() AND pid <> pg_backend_pid()"))


# --- addresses


@pytest.mark.parametrize("url", ["mysql://localhost/pulse", "oracle://localhost"])
def test_another_kind_of_database_is_refused_with_the_two_that_will_do(url: str):
    with pytest.raises(Unavailable, match=r"Use sqlite:///FILE or postgresql://"):
        open_database(url)


def test_an_address_is_shown_without_its_password():
    database = open_database("postgresql://pulse:canary-77@db.example.org/pulse")
    assert shown_url(database) == "postgresql+psycopg://pulse:***@db.example.org/pulse"


# --- when it cannot be had, the sentence says why and what to do, and nothing is written


@only_sqlite
def test_a_file_another_program_has_locked(databases: Databases, store: Store):
    waiting = opened(databases, databases.database_url)
    patience(waiting.database, milliseconds=1)
    with store.database.begin(), pytest.raises(Unavailable, match=r"locked by another program\. Close that program"):
        keeps_a_fact(waiting)
    keeps_a_fact(waiting)
    waiting.database.dispose()


@only_sqlite
def test_a_file_that_is_read_only(databases: Databases, tmp_path: Path):
    shut = opened(databases, f"sqlite:///file:{tmp_path}/main.db?mode=ro&uri=true")
    before = databases.rows()
    with pytest.raises(Unavailable, match=r"cannot be written to\. Check the rights"):
        keeps_a_fact(shut)
    shut.database.dispose()
    assert databases.rows() == before


@only_sqlite
def test_a_disk_that_is_full(databases: Databases, store: Store):
    full = opened(databases, databases.database_url)
    event.listen(full.database, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count=1"))
    before = databases.rows()
    with pytest.raises(Unavailable, match="no room left"), full.work() as work:
        work.partnerships.keep_fact("long", "x" * 1_000_000)
    full.database.dispose()
    assert databases.rows() == before
    keeps_a_fact(store)


@only_sqlite
def test_a_folder_that_is_not_there(databases: Databases, tmp_path: Path):
    with pytest.raises(Unavailable, match="Check that its folder exists"):
        keeps_a_fact(opened(databases, f"sqlite:///{tmp_path}/nowhere/pulse.db"))


@only_sqlite
def test_a_file_that_is_no_database(databases: Databases, tmp_path: Path):
    (tmp_path / "letter.db").write_text("Dear partners, " * 500)
    damaged = opened(databases, f"sqlite:///{tmp_path}/letter.db")
    with pytest.raises(Unavailable, match="Restore it from a backup"):
        keeps_a_fact(damaged)
    damaged.database.dispose()


@only_sqlite
def test_a_file_damaged_in_the_middle(databases: Databases, store: Store, tmp_path: Path):
    truncate_wal(store.database)
    store.database.dispose()
    whole = (tmp_path / "main.db").read_bytes()
    (tmp_path / "main.db").write_bytes(whole[:100] + b"\xff" * 3996 + whole[4096:])
    with pytest.raises(Unavailable, match="Restore it from a backup"):
        keeps_a_fact(store)


@only_sqlite
def test_an_empty_file_asks_for_set_up(databases: Databases, tmp_path: Path):
    empty = opened(databases, f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(Unavailable, match="Run `pulse init`"):
        keeps_a_fact(empty)
    empty.database.dispose()


@only_postgres
def test_an_empty_postgres_database_asks_for_set_up(databases: Databases, server: Server):
    url = server.make()
    empty = opened(databases, url)
    with pytest.raises(Unavailable, match="Run `pulse init`"):
        keeps_a_fact(empty)
    empty.database.dispose()
    server.drop(url)


@only_postgres
def test_a_postgres_database_nobody_made(databases: Databases):
    missing = opened(databases, databases.database_url.replace("/pulse_", "/no_such_"))
    with pytest.raises(Unavailable, match=r"is not there\. Make it with `createdb`"):
        keeps_a_fact(missing)


@only_postgres
def test_a_postgres_server_that_does_not_answer(databases: Databases):
    away = opened(databases, "postgresql://pulse:canary-77@127.0.0.1:1/pulse")
    with pytest.raises(Unavailable, match="does not answer") as caught:
        keeps_a_fact(away)
    assert "canary-77" not in str(caught.value)


@only_postgres
def test_a_connection_cut_between_two_pieces_of_work_is_made_anew(databases: Databases, store: Store):
    keeps_a_fact(store)
    cut(databases)
    keeps_a_fact(store)


@only_postgres
def test_a_connection_cut_within_a_piece_of_work_leaves_nothing_behind(databases: Databases, store: Store):

    def is_cut_half_way() -> None:
        with store.work() as work:
            work.partnerships.keep_fact("bot_name", "pulse_bot")
            cut(databases)
            work.partnerships.all()

    with pytest.raises(Unavailable, match="does not answer"):
        is_cut_half_way()
    assert databases.rows()["fact"] == []


# --- one process for one database


@pytest.fixture
def two(databases: Databases) -> Iterator[tuple[Engine, Engine]]:
    """The same database as two processes would open it."""
    return databases.opened[0].database, databases.open().database


def test_a_second_process_is_refused_where_only_one_may_serve(two: tuple[Engine, Engine]):
    first = Slot(two[0], only_first=True)
    with pytest.raises(Unavailable, match="Stop that one first"):
        Slot(two[1], only_first=True)
    first.release()


def test_a_slot_given_back_can_be_taken_at_once(two: tuple[Engine, Engine]):
    Slot(two[0], only_first=True).release()
    second = Slot(two[1], only_first=True)
    assert second.number == 0
    second.release()


@only_postgres
def test_processes_on_postgres_take_the_first_free_slot(two: tuple[Engine, Engine]):
    first, second = Slot(two[0], only_first=False), Slot(two[1], only_first=False)
    assert (first.number, second.number) == (0, 1)
    first.release()
    third = Slot(two[1], only_first=False)
    assert third.number == 0
    second.release()
    third.release()


@only_sqlite
def test_the_write_ahead_log_is_emptied(store: Store, tmp_path: Path):
    keeps_a_fact(store)
    log = tmp_path / "main.db-wal"
    assert log.stat().st_size > 0
    assert truncate_wal(store.database)
    assert log.stat().st_size == 0


@only_sqlite
def test_while_somebody_reads_the_log_is_left_and_nobody_waits_long(databases: Databases, store: Store, tmp_path: Path):
    keeps_a_fact(store)
    with snapshot(databases.open().database) as reading:
        assert reading.scalar(text("SELECT count(*) FROM fact")) == 1
        keeps_another_fact(store)
        start = perf_counter()
        assert not truncate_wal(store.database)
        assert perf_counter() - start < PROMISED["busy_timeout"] / 1000 / 2
    with store.database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == PROMISED["busy_timeout"]
    assert truncate_wal(store.database)


@only_sqlite
def test_within_the_hour_both_logs_are_emptied(store: Store, clock: MovableClock, tmp_path: Path):
    keeps_a_fact(store)
    store.keys.make_period_key("0" * 32)
    logs = [tmp_path / "main.db-wal", tmp_path / "keys.db-wal"]
    assert all(log.stat().st_size for log in logs)
    retention.do(store, Jobs(), retention.RETAIN, clock.now())
    assert not any(log.stat().st_size for log in logs)
