"""The audit log: what is written down, by which role, and that nobody can touch it unseen. On both databases."""

import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path

import pytest
from databases import Databases, only_postgres, only_sqlite
from riverside import Riverside
from sqlalchemy import Connection, text
from typer.testing import CliRunner

from bot import auditing, cli, operating, printing
from bot.settings import Settings
from storage import tables
from storage.audit import ACTORS, EVENTS, Broken, Entry
from storage.work import Store

DAY = date(2026, 6, 2)


def wrote(store: Store, count: int, day: date = DAY) -> None:
    """So many entries, each in a transaction of its own."""
    for number in range(count):
        with store.work() as work:
            work.audit.add(day, "operator", "member_link_made", f"partnership-{number}")


def verified(store: Store) -> Broken | None:
    with store.work() as work:
        return work.audit.verify()


def kept(store: Store) -> list[Entry]:
    with store.work() as work:
        return list(work.audit.entries())


def noted(store: Store) -> list[tuple[str, str, str]]:
    return [(entry.actor, entry.what, entry.about) for entry in kept(store)]


def settings(databases: Databases) -> Settings:
    return Settings(
        _env_file=None, database_url=databases.database_url, keys_url=databases.keys_url,
        master_key_file=databases.key_file, operator="Voluntary Network", contact="help@example.org",
        telegram_token="12345:made-up",
    )  # fmt: skip


# --- the chain


def test_an_empty_log_is_whole(store: Store):
    assert verified(store) is None
    with store.work() as work:
        assert work.audit.last() == (0, "")


def test_entries_are_numbered_from_one_and_kept_as_written(store: Store):
    wrote(store, 2)
    assert kept(store) == [
        Entry(1, "2026-06-02", "operator", "member_link_made", "partnership-0"),
        Entry(2, "2026-06-02", "operator", "member_link_made", "partnership-1"),
    ]
    assert verified(store) is None


def test_an_entry_is_written_with_what_it_is_about_or_not_at_all(store: Store):
    def fail() -> None:
        with store.work() as work:
            work.audit.add(DAY, "operator", "partnership_made", "riverside")
            work.audit.save()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert kept(store) == []
    assert verified(store) is None


@pytest.mark.parametrize(("actor", "what"), [("Ann", "round_opened"), ("operator", "Ann said hello")])
def test_only_roles_and_events_on_the_list_can_be_written(store: Store, actor: str, what: str):
    with pytest.raises(ValueError, match="no role"), store.work() as work:
        work.audit.add(DAY, actor, what)


def test_every_role_and_event_fits_its_column():
    columns = tables.metadata.tables["audit"].c
    assert all(len(actor) <= columns.actor.type.length for actor in ACTORS)
    assert all(len(what) <= columns.what.type.length for what in EVENTS)


def altered(connection: Connection) -> None:
    connection.execute(text("UPDATE audit SET about = 'another' WHERE number = 3"))


def altered_with_its_seal(connection: Connection) -> None:
    previous = connection.scalar(text("SELECT previous FROM audit WHERE number = 3"))
    link = Entry(3, "2026-06-02", "operator", "member_link_made", "another").sealed(previous)
    connection.execute(text("UPDATE audit SET about = 'another', seal = :seal WHERE number = 3"), {"seal": link})


def deleted(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit WHERE number = 3"))


def deleted_and_renumbered(connection: Connection) -> None:
    deleted(connection)
    for number in (4, 5):
        connection.execute(text("UPDATE audit SET number = :to WHERE number = :at"), {"at": number, "to": number - 1})


def first_deleted(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit WHERE number = 1"))


def tail_cut_off(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit WHERE number > 3"))


def emptied(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit"))


def put_in_at_the_end(connection: Connection) -> None:
    previous = connection.scalar(text("SELECT seal FROM audit WHERE number = 5"))
    entry = Entry(6, "2026-06-02", "operator", "round_closed", "")
    row = {"previous": previous, "seal": entry.sealed(previous), "day": DAY}
    connection.execute(
        text("INSERT INTO audit VALUES (6, :day, 'operator', 'round_closed', '', :previous, :seal)"), row
    )


def last_replaced(connection: Connection) -> None:
    connection.execute(text("DELETE FROM audit WHERE number = 5"))
    previous = connection.scalar(text("SELECT seal FROM audit WHERE number = 4"))
    entry = Entry(5, "2026-06-02", "operator", "round_closed", "")
    row = {"previous": previous, "seal": entry.sealed(previous), "day": DAY}
    connection.execute(
        text("INSERT INTO audit VALUES (5, :day, 'operator', 'round_closed', '', :previous, :seal)"), row
    )


def end_forgotten(connection: Connection) -> None:
    connection.execute(text("DELETE FROM fact WHERE name = 'audit'"))


TOUCHED: list[tuple[Callable[[Connection], None], int]] = [
    (altered, 3),
    (altered_with_its_seal, 4),
    (deleted, 3),
    (deleted_and_renumbered, 3),
    (first_deleted, 1),
    (tail_cut_off, 4),
    (emptied, 1),
    (put_in_at_the_end, 6),
    (last_replaced, 5),
    (end_forgotten, 5),
]


@pytest.mark.parametrize(("touch", "number"), TOUCHED, ids=[touch.__name__ for touch, _ in TOUCHED])
def test_a_log_that_was_touched_names_the_first_entry_that_does_not_fit(
    databases: Databases, store: Store, touch: Callable[[Connection], None], number: int
):
    wrote(store, 5)
    with store.database.begin() as connection:
        touch(connection)
    broken = verified(store)
    assert broken is not None
    assert broken.number == number
    lines = auditing.verify_lines(auditing.verify(settings(databases)))
    assert len(lines) == 1
    assert f"from entry {number} on" in lines[0]
    wrote(store, 2)  # the bot goes on, and heals nothing
    still = verified(store)
    assert still is not None
    assert still.number in (number, number + 1)


@only_sqlite
def test_bytes_where_words_belong_are_found_and_not_stumbled_over(store: Store):
    wrote(store, 3)
    with store.database.begin() as connection:
        connection.execute(text("UPDATE audit SET day = 'someday', about = x'00ff' WHERE number = 2"))
    assert verified(store) == Broken(2, "it was altered")
    assert kept(store)[1].day == "someday"


def test_processes_that_write_at_once_make_one_chain(databases: Databases):
    stores = [databases.open() for _ in range(4)]
    with ThreadPoolExecutor(len(stores)) as pool:
        list(pool.map(wrote, stores, [5] * len(stores)))
    assert [entry.number for entry in kept(stores[0])] == list(range(1, 21))
    assert verified(stores[0]) is None


@only_postgres
def test_an_entry_written_during_a_check_does_not_look_put_in(databases: Databases, store: Store):
    wrote(store, 1)
    other = databases.open()
    with ThreadPoolExecutor(1) as pool:
        with store.work() as work:
            assert work.audit.verify() is None
            writing = pool.submit(wrote, other, 1)
            assert work.audit.verify() is None
        writing.result()
    assert verified(store) is None


# --- keeping no more than a year


def test_purging_takes_what_is_older_and_leaves_a_whole_chain(store: Store):
    wrote(store, 3)
    wrote(store, 2, DAY + timedelta(days=1))
    with store.work() as work:
        assert work.audit.purge(DAY) == 0
        assert work.audit.purge(DAY + timedelta(days=1)) == 3
        assert work.audit.purge(DAY + timedelta(days=1)) == 0
    assert [entry.number for entry in kept(store)] == [4, 5]
    assert verified(store) is None


def test_a_log_purged_to_nothing_goes_on_where_it_ended(store: Store):
    wrote(store, 3)
    with store.work() as work:
        assert work.audit.purge(DAY + timedelta(days=400)) == 3
    assert verified(store) is None
    wrote(store, 1)
    assert [entry.number for entry in kept(store)] == [4]
    assert verified(store) is None


def test_an_entry_with_an_older_day_after_a_newer_one_stays(store: Store):
    wrote(store, 1)
    wrote(store, 1, DAY - timedelta(days=30))  # a clock that was set back
    with store.work() as work:
        assert work.audit.purge(DAY) == 0
    assert len(kept(store)) == 2


def test_what_a_purge_left_is_still_watched(store: Store):
    wrote(store, 3)
    with store.work() as work:
        work.audit.purge(DAY)
    wrote(store, 1, DAY + timedelta(days=9))
    with store.work() as work:
        work.audit.purge(DAY + timedelta(days=1))
    with store.database.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE number = 4"))
    assert verified(store) == Broken(4, "it is missing: the end of the log was cut off")


# --- totals and settings


def test_people_are_counted_without_a_day_and_told_when_a_period_closes(store: Store):
    for _ in range(3):
        with store.work() as work:
            work.audit.count("forgotten")
    assert kept(store) == []
    with store.work() as work:
        work.audit.count("silent_deleted", 2)
        work.audit.count("silent_deleted", 0)
        work.audit.tell_totals(DAY)
    with store.work() as work:
        work.audit.count("silent_deleted", 0)
        work.audit.tell_totals(DAY)  # nobody since
    assert noted(store) == [("member", "forgotten", "3"), ("clock", "silent_deleted", "2")]


def test_a_setting_is_noted_when_it_changes_and_never_its_value(databases: Databases, store: Store):
    for contact in ("help@example.org", "help@example.org", "other@example.org"):
        with store.work() as work:
            work.audit.note_settings(DAY, operator="Voluntary Network", contact=contact)
    assert noted(store) == [("operator", "settings_changed", "contact")]
    assert b"other@example.org" not in databases.bytes()


# --- what is written down


def test_a_partnership_s_life_is_written_down_by_role(town: Riverside, store: Store):
    town.coordinates("cat")
    town.joins("ann", "bob")
    town.says("cat", "/invite")
    town.says("cat", "/round")
    town.taps("cat", "Open one now")
    town.taps("cat", "Close it now")
    town.taps("cat", "Yes, close it")
    town.says("ann", "/forget")
    town.taps("ann", "Yes, delete my place")
    town.says("cat", "/forget")
    town.taps("cat", "Yes, delete my place")
    here = town.partnership.id
    assert noted(store) == [
        ("coordinator", "coordinator_joined", here),
        ("coordinator", "member_link_made", here),
        ("coordinator", "round_opened", here),
        ("clock", "digest_frozen", here),
        ("coordinator", "round_closed", here),
        ("coordinator", "coordinator_left", here),
    ]
    for _ in range(3):
        town.opens()
        town.closes()
    told = noted(store)
    assert ("member", "forgotten", "2") in told
    assert told.count(("clock", "digest_frozen", here)) == 4
    assert told[-1][:2] == ("clock", "period_key_destroyed")
    assert verified(store) is None


def test_members_and_their_answers_leave_no_entry(open_town: Riverside, store: Store):
    before = noted(store)
    open_town.finishes("ann")
    open_town.says("bob", "/stop")
    assert noted(store) == before


def test_no_one_in_the_chat_can_ask_for_the_log(town: Riverside):
    town.coordinates("cat")
    assert "do not know that command" in town.says("cat", "/audit").screens[0].text


def test_the_operator_s_commands_are_written_down(databases: Databases):
    here = settings(databases)
    asked = operating.Asked("Riverside", ("City Council", "Homes"), "Europe/London", None, "friday", "10:00")
    with databases.open().work() as work:
        work.partnerships.keep_fact("bot_name", "pulse_bot")
    operating.create(here, asked, print)
    operating.link(here, "riverside", "coordinator", print)
    operating.open_round(here.model_copy(update={"complaints": "help@example.org"}), "riverside", "weekly-pulse")
    operating.close(here, "riverside")
    printing.digest(here, "riverside", None, "json")
    printing.correct(here, "riverside", 1, "The week was named wrongly.")
    value = auditing.showing(here)
    assert [entry["what"] for entry in value["entries"]] == [
        "partnership_made", "member_link_made", "coordinator_link_made", "coordinator_link_made", "round_opened",
        "digest_frozen", "round_closed", "digest_exported", "correction_made",
    ]  # fmt: skip
    assert {entry["about"] for entry in value["entries"]} == {"riverside"}
    assert "operator     closed a round by hand: riverside" in auditing.showing_lines(value)[6]


# --- the commands


def test_the_commands_end_with_one_when_the_chain_is_broken(
    databases: Databases, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for name in [name for name in os.environ if name.startswith("PULSE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    env = {"PULSE_DATABASE_URL": databases.database_url, "PULSE_KEYS_URL": databases.keys_url,
           "PULSE_MASTER_KEY_FILE": str(databases.key_file)}  # fmt: skip

    def pulse(*command: str) -> tuple[int, str, str]:
        done = CliRunner().invoke(cli.app, command, env=env)
        return done.exit_code, done.stdout, done.stderr

    wrote(store, 2)
    status, out, _ = pulse("audit", "verify", "--json")
    whole = json.loads(out)
    assert (status, whole["last"], whole["broken"]) == (0, 2, None)
    assert whole["seal"] in pulse("audit", "verify")[1]
    assert len(json.loads(pulse("audit", "show", "--json")[1])["entries"]) == 2
    assert pulse("audit", "show")[1].count("\n") == 2
    assert whole["seal"][:8] in pulse("audit", "show")[1].splitlines()[1]  # to compare with what was written down
    with store.database.begin() as connection:
        connection.execute(text("DELETE FROM audit WHERE number = 1"))
    status, out, err = pulse("audit", "verify")
    assert (status, out) == (1, "")
    assert err.startswith("The audit log does not fit from entry 1 on: it is missing")
    status, out, _ = pulse("audit", "verify", "--json")
    assert (status, json.loads(out)["broken"]["number"]) == (1, 1)
