"""A copy brought back: nothing is shown or asked twice, nobody forgotten comes back, what does not fit is refused."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from copies import copied
from databases import Databases, only_sqlite
from ground import founded
from installation import Operator
from riverside import Riverside, address, riverside
from sqlalchemy import event, text
from standin import StandIn

from bot import keeping, rounds
from bot.clock import MovableClock
from bot.converse import Desk
from bot.local import opening
from bot.settings import Settings
from digests import seal
from storage import recovery
from storage.errors import BadKey, Forked, Refused
from storage.keyfile import make_key_file
from storage.people import KEYS_FACT
from storage.recovery import Recovered, drop_period, must_be_current, open_period, recover
from storage.work import Store, open_store

SIX = ("ann", "bob", "cat", "dan", "eve", "fay")
NOTHING = Recovered()


def plays(town: Riverside, weeks: int) -> None:
    """Six people answer for so many weeks, and each week's digest goes out."""
    for _ in range(weeks):
        town.week()
        for who in SIX:
            town.finishes(who, "75")
        town.closes()


def started(town: Riverside) -> Recovered:
    """What the start of the bot finds, on the town's clock."""
    return recover(town.desk.store, town.clock.now())


def counted(store: Store, table: str) -> int:
    with store.work() as work:
        return int(work.connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)  # noqa: S608  ours


def seals(store: Store) -> list[tuple[int, str, str]]:
    with store.work() as work:
        query = text("SELECT number, previous, seal FROM digest ORDER BY number")
        return [tuple(row) for row in work.connection.execute(query)]


@pytest.fixture
def six(town: Riverside) -> Riverside:
    town.joins(*SIX)
    return town


# --- where nothing was brought back


def test_a_start_changes_nothing(six: Riverside, databases: Databases):
    plays(six, 2)
    six.week()
    assert started(six) == NOTHING  # the first notes which keys the database is sealed with
    before = databases.rows()
    assert started(six) == NOTHING
    assert databases.rows() == before


def test_a_copy_as_new_as_the_last_digest_goes_on(six: Riverside, store: Store):
    plays(six, 1)
    six.week()
    copy, number = copied(store), six.current().number
    six.answers("ann", "75")
    copy.comes_back()
    assert started(six) == NOTHING
    assert six.current().number == number


def test_a_digest_frozen_but_not_sent_yet_is_no_reason_to_doubt(six: Riverside, store: Store):
    six.week()
    with store.work() as work:
        rounds.close_now(work, six.desk.flows, six.partnership, six.clock.now())
    assert started(six) == NOTHING
    six.wakes()
    assert store.keys.anchors()[six.partnership.id].number == 1


# --- a copy from before the last digest


@pytest.fixture
def older(six: Riverside, store: Store) -> Riverside:
    """A copy from the middle of the second round has come back two weeks later, in the third."""
    plays(six, 1)
    six.week()
    for who in SIX:
        six.answers(who, "75", "50")
    copy = copied(store)
    six.closes()
    six.week()
    six.jobs.added.clear()
    copy.comes_back()
    return six


def test_its_period_ends_without_a_digest(older: Riverside, store: Store):
    period = older.current().period
    digests = seals(store)
    assert started(older) == Recovered(older=(older.partnership.id,))
    with store.work() as work:
        assert work.rounds.open_of(older.partnership.id) is None
        assert work.rounds.is_over(period)
        assert open_period(work, older.partnership.id) is None
    assert [counted(store, table) for table in ("ballot", "run", "claim")] == [0, 0, 0]
    assert store.keys.periods() == frozenset()
    assert seals(store) == digests
    with store.work() as work:
        assert [e.what for e in work.audit.entries()][-1] == "older_copy_found"


def test_nothing_is_shown_or_asked_twice(older: Riverside, store: Store):
    started(older)
    older.wakes()
    assert older.jobs.added == []


def test_the_story_goes_on_after_the_digest_that_was_lost(older: Riverside, store: Store):
    anchor = store.keys.anchors()[older.partnership.id]
    assert anchor.number == 2
    started(older)
    older.week()
    new = older.current()
    assert (new.number, new.place, new.period_number) == (3, 1, 2)
    assert started(older) == NOTHING, "what was opened since is not given up"
    for who in SIX:
        older.finishes(who, "75")
    older.closes()
    assert [number for number, _, _ in seals(store)] == [1, 3]
    assert seals(store)[-1][1] == anchor.seal
    assert store.keys.anchors()[older.partnership.id].number == 3
    assert older.week().number == 4
    assert started(older) == NOTHING


def test_an_opening_whose_time_is_past_waits_for_the_next_one_by_the_clock(older: Riverside):
    started(older)
    now = older.clock.now()
    assert older.planned("open", older.partnership.id) == opening(now, older.partnership)


def test_an_opening_still_to_come_stays_planned(six: Riverside, store: Store):
    plays(six, 1)
    six.week()
    copy, planned = copied(store), six.planned("open", six.partnership.id)
    with store.work() as work:
        rounds.close_now(work, six.desk.flows, six.partnership, six.clock.now())
    six.wakes()
    copy.comes_back()
    assert started(six).older == (six.partnership.id,)
    assert six.planned("open", six.partnership.id) == planned


def test_a_digest_that_the_copy_still_meant_to_send_is_not_sent_again(six: Riverside, store: Store):
    six.week()
    with store.work() as work:
        rounds.close_now(work, six.desk.flows, six.partnership, six.clock.now())
    copy = copied(store)
    six.wakes()
    plays(six, 1)
    six.jobs.added.clear()
    copy.comes_back()
    started(six)
    six.wakes()
    assert "digest" not in six.jobs.kinds()
    with store.work() as work:
        assert [work.frozen.is_newest(six.partnership.id, number) for number in (1, 2, 3)] == [False, True, True]


def test_an_opening_that_is_due_at_a_later_start_is_only_late(older: Riverside):
    started(older)
    planned = older.planned("open", older.partnership.id)
    assert planned is not None
    older.clock.jump_to(planned + timedelta(hours=2))
    assert started(older) == NOTHING
    assert older.planned("open", older.partnership.id) == planned
    older.wakes()
    assert older.current().number == 3


def test_each_lost_digest_moves_the_opening_anew(six: Riverside, store: Store):
    plays(six, 1)
    copy = copied(store)
    for _ in range(2):
        plays(six, 1)
        copy.comes_back()
        started(six)
        assert six.planned("open", six.partnership.id) == opening(six.clock.now(), six.partnership)
        copy = copied(store)


def test_a_copy_from_between_two_periods_does_not_ask_at_once(six: Riverside, store: Store):
    plays(six, 4)
    copy = copied(store)
    plays(six, 2)
    six.jobs.added.clear()
    copy.comes_back()
    assert started(six).older == (six.partnership.id,)
    six.wakes()
    assert six.jobs.added == []
    assert six.week().number == 7


def test_a_copy_from_before_the_first_round_goes_on_with_the_numbers(six: Riverside, store: Store):
    copy = copied(store)
    plays(six, 2)
    copy.comes_back()
    started(six)
    six.wakes()
    assert six.week().number == 3


def test_a_second_start_finds_nothing_more(older: Riverside, databases: Databases):
    started(older)
    before = databases.rows()
    assert started(older) == NOTHING
    assert databases.rows() == before


def test_the_partnership_beside_it_is_left_alone(six: Riverside, desk: Desk, clock: MovableClock, store: Store):
    beside = riverside(desk, clock, "Hillside Partnership")
    beside.joins("gus")
    plays(six, 1)
    beside.opens()
    six.opens()
    copy, begun = copied(store), beside.current()
    closes_by_hand(six)
    six.wakes()
    copy.comes_back()
    assert started(six).older == (six.partnership.id,)
    assert beside.current() == begun
    assert store.keys.periods() == {begun.period}


def test_before_a_start_has_put_it_right_no_command_opens_or_closes_a_round(older: Riverside, databases: Databases):
    before = databases.rows()
    for deed in (older.opens, lambda: closes_by_hand(older)):
        with pytest.raises(Refused, match=r"copy from before the last digest .* went out\. Start the bot once"):
            deed()
    assert databases.rows() == before


def closes_by_hand(town: Riverside) -> None:
    with town.desk.store.work() as work:
        rounds.close_now(work, town.desk.flows, town.partnership, town.clock.now())


class PowerCut(Exception):
    """Made up, to end a start between two statements."""


def test_a_start_cut_short_anywhere_is_made_good_by_the_next(older: Riverside, store: Store, databases: Databases):
    copy, keys = copied(store), databases.rows()
    for point in count(1, 1 if store.database.dialect.name == "sqlite" else 7):
        statements = count(1)

        def cut(*_: object, point: int = point, statements: Iterator[int] = statements) -> None:
            if next(statements) == point:
                raise PowerCut

        for database in (store.database, store.keys.database):
            event.listen(database, "before_cursor_execute", cut)
        try:
            started(older)
            whole = True
        except PowerCut:
            whole = False
        finally:
            for database in (store.database, store.keys.database):
                event.remove(database, "before_cursor_execute", cut)
        started(older)
        assert [counted(store, table) for table in ("ballot", "run", "claim")] == [0, 0, 0]
        assert store.keys.periods() == frozenset()
        assert older.planned("open", older.partnership.id) == opening(older.clock.now(), older.partnership)
        if whole:
            break
        copy.comes_back()
        with store.keys.database.begin() as connection:
            connection.execute(text("DELETE FROM key WHERE name LIKE 'period:%'"))
            for name, wrapped in keys["key"]:
                if str(name).startswith("period:"):
                    connection.execute(text("INSERT INTO key VALUES (:n, :w)"), {"n": name, "w": wrapped})
    assert point > 20


# --- keys of periods that are over


def destroyed(store: Store, period: str) -> int:
    """How often the audit log says that the key of this period was destroyed."""
    with store.work() as work:
        return [(e.what, e.about) for e in work.audit.entries()].count(("period_key_destroyed", period))


def test_a_key_store_brought_back_does_not_keep_the_key_of_a_period_that_is_over(
    six: Riverside, store: Store, databases: Databases
):
    six.week()
    over = six.current().period
    kept = {"name": f"period:{over}", "wrapped": dict(databases.rows()["key"])[f"period:{over}"]}
    with store.work() as work:
        drop_period(work, six.partnership.id, six.clock.now())
    six.wakes()
    six.week()
    with store.keys.database.begin() as connection:
        connection.execute(text("INSERT INTO key (name, wrapped) VALUES (:name, :wrapped)"), kept)
    assert started(six) == NOTHING
    assert store.keys.periods() == {six.current().period}
    assert destroyed(store, over) == 2
    assert started(six) == NOTHING
    assert destroyed(store, over) == 2


def test_a_start_between_the_end_of_a_period_and_of_its_key_notes_it_once(six: Riverside, store: Store):
    plays(six, 3)
    over = six.week().period
    closes_by_hand(six)
    assert store.keys.periods() == {over}
    started(six)
    assert store.keys.periods() == frozenset()
    six.wakes()
    assert destroyed(store, over) == 1


def test_the_end_of_a_key_that_only_the_lost_database_knew_is_noted(six: Riverside, store: Store):
    copy = copied(store)
    plays(six, 1)
    (lost,) = store.keys.periods()
    copy.comes_back()
    started(six)
    assert (store.keys.periods(), destroyed(store, lost)) == (frozenset(), 1)


def test_the_end_of_the_key_of_a_period_that_is_given_up_is_noted_once(older: Riverside, store: Store):
    given_up = older.current().period
    started(older)
    older.wakes()
    assert destroyed(store, given_up) == 1


# --- two copies have been running


def test_another_digest_of_the_same_number_is_refused_and_nothing_written(
    six: Riverside, store: Store, databases: Databases
):
    six.week()
    copy = copied(store)
    six.answers("ann", "75")
    six.closes()
    copy.comes_back()
    current = six.current()
    with store.work() as work:
        work.frozen.freeze(current, "{}", "", seal({"made": "by another copy"}, ""))
    before = databases.rows()
    with pytest.raises(Forked, match="two digests of round 1 of riverside-partnership"):
        started(six)
    with pytest.raises(Forked), store.work() as work:
        must_be_current(work, six.partnership.id)
    assert databases.rows() == before


# --- forgotten before, forgotten again


def test_who_was_forgotten_stays_so_when_an_older_copy_comes_back(six: Riverside, store: Store):
    six.coordinates("gus")
    six.week()
    for who in SIX:
        six.answers(who, "75", "25")
    gone = six.person("ann")
    copy = copied(store)
    for who in ("ann", "gus"):
        six.says(who, "/forget")
        six.presses(who, "forget:sure")
    copy.comes_back()
    assert started(six) == Recovered(forgotten=2)
    with store.work() as work:
        assert work.people.find(address("ann")) is None
        assert work.people.find(address("gus")) is None
        assert work.people.find(address("bob")) is not None
        assert not work.connection.scalar(text("SELECT count(*) FROM member WHERE person_id = :p"), {"p": gone})
    assert counted(store, "ballot") == len(SIX) - 1
    assert started(six) == NOTHING


def test_a_change_of_keys_on_a_copy_brought_back_forgets_them_first(six: Riverside, store: Store, databases: Databases):
    copy = copied(store)
    six.says("ann", "/forget")
    six.presses("ann", "forget:sure")
    copy.comes_back()
    said = keeping.rotated_lines(keeping.rotate(settings_of(databases)))
    assert said[0] == "People forgotten again, because they had asked for it since: 1."
    with opens(databases).work() as work:
        assert work.people.find(address("ann")) is None
        assert work.people.find(address("bob")) is not None


def test_a_change_of_keys_says_what_a_copy_brought_back_has_lost(older: Riverside, databases: Databases):
    said = keeping.rotated_lines(keeping.rotate(settings_of(databases)))
    assert said[0].endswith("was put right: a new four weeks begin for riverside-partnership.")


def test_who_comes_back_of_their_own_will_is_kept(six: Riverside):
    six.says("ann", "/forget")
    six.presses("ann", "forget:sure")
    six.joins("ann")
    assert started(six) == NOTHING
    assert six.member("ann").joined


def test_people_are_gone_through_in_batches(six: Riverside, store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recovery, "_AT_ONCE", 2)
    store.keys.note_erased(*(six.person(who) for who in ("bob", "eve", "fay")))
    assert started(six).forgotten == 3
    assert counted(store, "person") == len(SIX) - 3


@only_sqlite
def test_of_who_was_forgotten_again_no_byte_stays(six: Riverside, store: Store, databases: Databases):
    copy, gone = copied(store), six.person("ann")
    store.keys.note_erased(gone)
    copy.comes_back()
    assert gone.encode() in databases.bytes()
    started(six)
    assert gone.encode() not in databases.bytes()


# --- the operator's hand, and the bot's start


def settings_of(databases: Databases) -> Settings:
    return Settings(
        database_url=databases.database_url, keys_url=databases.keys_url, master_key_file=databases.key_file
    )


def test_giving_a_period_up_is_explained_before_it_is_done(six: Riverside, store: Store, databases: Databases):
    plays(six, 1)
    six.week()
    six.answers("ann", "75")
    before, settings = databases.rows(), settings_of(databases)
    said = keeping.dropped_lines(keeping.drop(settings, "Riverside Partnership", sure=False))
    assert databases.rows() == before
    assert said[0] == "This would give up all answers to rounds 1 to 2 of Riverside Partnership, unread."
    assert said[-1] == "Nothing was done. This cannot be undone. To do it: --yes"
    said = keeping.dropped_lines(keeping.drop(settings, six.partnership.id, sure=True))
    assert said[0] == "Given up all answers to rounds 1 to 2 of Riverside Partnership, unread."
    assert said[1].startswith("Round 2 closes at once, without a digest.")
    assert (counted(store, "ballot"), store.keys.periods()) == (0, frozenset())
    with store.work() as work:
        assert ("operator", "round_dropped") in [(entry.actor, entry.what) for entry in work.audit.entries()]
    with pytest.raises(Refused, match="No four weeks of Riverside Partnership are under way"):
        keeping.drop(settings, six.partnership.id, sure=True)


async def test_a_bot_that_starts_on_an_older_copy_puts_it_right_before_anything_is_sent(tmp_path: Path, migrated: Path):
    ground = founded(tmp_path, migrated)
    ground.joins([101, 102])
    gone = ground.person(102)
    ground.town.opens()
    ground.store.dispose()
    shutil.copy(tmp_path / "pulse.db", tmp_path / "copy.db")
    closes_by_hand(ground.town)
    ground.town.wakes()
    ground.store.keys.note_erased(gone)
    ground.store.dispose()
    shutil.move(tmp_path / "copy.db", tmp_path / "pulse.db")
    async with StandIn() as telegram:
        ann, bob = telegram.person(101), telegram.person(102)
        async with Operator(tmp_path, telegram).running() as bot:
            await ann.says("/checkin")
            await ann.sees("nothing to answer just now")
            await bob.says("/checkin")
            await bob.sees("link")
            assert len(ann.screen) == 2, "what they said and what they read: no prompt, no digest"
            await bot.stop()
        assert b"older_copy_found" in bot.log
        assert b"forgotten_again" in bot.log


# --- keys that do not fit: refused in words, and nothing written


def refused(databases: Databases, match: str, use: Callable[[], object]) -> None:
    before = databases.rows()
    with pytest.raises(BadKey, match=match):
        use()
    assert databases.rows() == before


def opens(databases: Databases) -> Store:
    store = open_store(databases.database_url, databases.keys_url, databases.key_file)
    databases.opened.append(store)
    return store


def test_an_open_period_without_its_key_is_refused_and_can_be_given_up(
    six: Riverside, store: Store, databases: Databases
):
    plays(six, 1)
    six.week()
    six.answers("ann", "75")
    store.keys.destroy_period_key(six.current().period)
    words = r"no key for the open period of Riverside Partnership.* Restore .*`pulse round drop riverside-partnership"
    refused(databases, words, lambda: started(six))
    with store.work() as work:
        dropped = drop_period(work, six.partnership.id, six.clock.now())
        assert dropped is not None
        assert (dropped.number, dropped.rounds) == (1, (1, 2))
    assert started(six) == NOTHING
    assert counted(store, "ballot") == counted(store, "run") == 0
    assert [number for number, _, _ in seals(store)] == [1]
    six.wakes()
    assert six.week().place == 1


def test_between_two_rounds_a_period_can_be_given_up_too(six: Riverside, store: Store):
    plays(six, 2)
    with store.work() as work:
        drop_period(work, six.partnership.id, six.clock.now())
        assert drop_period(work, six.partnership.id, six.clock.now()) is None
    six.wakes()
    assert store.keys.periods() == frozenset()
    new = six.week()
    assert (new.number, new.place, new.period_number) == (3, 1, 2)


def test_a_digest_on_its_way_is_sent_though_its_period_is_given_up(six: Riverside, store: Store):
    six.week()
    with store.work() as work:
        rounds.close_now(work, six.desk.flows, six.partnership, six.clock.now())
        drop_period(work, six.partnership.id, six.clock.now())
    six.jobs.added.clear()
    six.wakes()
    assert six.jobs.kinds() == ["digest"]


def test_an_empty_key_store_is_refused(six: Riverside, store: Store, databases: Databases):
    with store.keys.database.begin() as connection:
        connection.execute(text("DELETE FROM key"))
    refused(databases, "holds no keys. If it was lost, put its newest copy back", lambda: opens(databases))


def test_a_lost_key_store_is_not_made_anew_beside_what_it_sealed(six: Riverside, store: Store, databases: Databases):
    with store.keys.database.begin() as connection:
        connection.execute(text("DELETE FROM key"))
    fresh = databases.open()
    refused(databases, "holds no keys. If it was lost, put its newest copy back", fresh.prepare)


def test_setting_up_twice_changes_nothing(six: Riverside, store: Store, databases: Databases):
    store.prepare()
    before = databases.rows()
    databases.open().prepare()
    assert databases.rows() == before
    assert (KEYS_FACT, store.keys.mark()) in before["fact"]


@pytest.mark.parametrize("noted", [True, False])
def test_the_key_store_of_another_installation_is_refused(six: Riverside, databases: Databases, *, noted: bool):
    if noted:
        databases.opened[0].prepare()
    other = databases.opened[0].keys.database
    with other.begin() as connection:
        connection.execute(text("DELETE FROM key"))
    databases.key_file.unlink()
    make_key_file(databases.key_file)
    databases.open().keys.prepare()
    words = (
        "sealed with other keys .* or it is another bot's. Put back the database and the key store that belong together"
    )
    refused(databases, words, lambda: opens(databases))
    refused(databases, words, lambda: recover(databases.open(), six.clock.now()))


def test_another_key_file_is_refused(six: Riverside, databases: Databases):
    databases.key_file.write_text("ab" * 32)
    refused(databases, "does not fit the key store", lambda: opens(databases))
    refused(databases, "does not fit the key store", lambda: recover(databases.open(), six.clock.now()))


def test_a_missing_key_file_is_refused(six: Riverside, databases: Databases):
    databases.key_file.unlink()
    refused(databases, "cannot be read. Put it back", lambda: opens(databases))


@only_sqlite
def test_a_refusal_leaves_every_byte_as_it_was(six: Riverside, store: Store, databases: Databases):
    six.week()
    store.keys.destroy_period_key(six.current().period)
    with store.database.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    before = databases.bytes()
    with pytest.raises(BadKey):
        recover(databases.open(), six.clock.now())
    databases.key_file.write_text("ab" * 32)
    with pytest.raises(BadKey):
        opens(databases)
    assert databases.bytes() == before


def test_where_nothing_is_sealed_yet_any_keys_will_do(databases: Databases):
    opens(databases)
