"""Answers of a few: sealed until there are enough to tell, then told once; else they are deleted unread."""

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
from copies import copied
from databases import Databases, only_postgres, only_sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from riverside import Riverside
from sqlalchemy import text, update

from bot import ending, retention, rounds
from bot.loot import Loot, recognise
from storage.db import truncate_wal
from storage.pools import LONGEST, Form
from storage.recovery import recover
from storage.rotation import rotate
from storage.tables import RunRow
from storage.values import Round
from storage.work import Store, open_store

TODAY = date(2026, 6, 2)
FORM = Form("exit-form@1", "change", 2, {"reason": "time", "back": "75"}, 7)
NEXT = replace(FORM, flow="exit-form@2")
OTHER = replace(FORM, flow="induction@1", answers={"N1": "50"})
EMPTY = replace(FORM, answers={})
JOINERS = ("ann", "bob", "cat", "dan", "eve")
CANARY = "Canary: nobody asked us."
WEEKLY = ("T1", "P1", "E1")

_RUN = RunRow.__table__  # type: ignore[attr-defined]


@pytest.fixture
def two(town: Riverside) -> Riverside:
    town.joins("ann", "bob")
    return town


def puts(town: Riverside, who: str, form: Form = FORM, day: date = TODAY) -> None:
    member = town.member(who).id
    with town.desk.store.work() as work:
        work.pools.put(member, form, day)


def held(town: Riverside, who: str) -> list[Form]:
    member = town.member(who).id
    with town.desk.store.work() as work:
        return list(work.pools.of(member))


def started(town: Riverside) -> None:
    """The bot starts, on the town's clock."""
    recover(town.desk.store, town.clock.now())


def told(town: Riverside) -> dict[str, list[dict[str, str]]]:
    """What a closing would be given: the answers in each pool, without whose they are."""
    with town.desk.store.work() as work:
        return {p.flow: [b.places["1"]["answers"] for b in p.ballots] for p in work.pools.opened(town.partnership.id)}


def noted(town: Riverside) -> list[str]:
    with town.desk.store.work() as work:
        return [entry.what for entry in work.audit.entries() if entry.what.startswith("pool_")]


def pools(databases: Databases) -> tuple[int, int, int]:
    """How many pools there are, ballots in them, and keys to them."""
    kept = databases.rows()
    keys = [name for name, _ in kept["key"] if str(name).startswith("pool:")]  # type: ignore[misc]
    return len(kept["pool"]), len(kept["poolballot"]), len(keys)


# --- what is kept


def test_what_was_put_in_is_read_back_and_nothing_of_it_is_in_clear(two: Riverside, databases: Databases):
    form = replace(FORM, answers={"change": CANARY})
    puts(two, "ann", form)
    assert held(two, "ann") == [form]
    assert held(two, "bob") == []
    ((name, _, sealed),) = databases.rows()["poolballot"]
    assert len(bytes(name)) == 32  # type: ignore[call-overload]
    assert len(bytes(sealed)) == 12 + 2048 + 16  # type: ignore[call-overload]
    assert CANARY.encode() not in databases.bytes()


def test_a_ballots_length_tells_no_short_answer(two: Riverside, databases: Databases):
    puts(two, "ann", EMPTY)
    puts(two, "bob", replace(FORM, answers={"change": "x" * 500}))
    assert len({len(bytes(sealed)) for *_, sealed in databases.rows()["poolballot"]}) == 1  # type: ignore[call-overload]


def test_a_later_answer_takes_the_place_of_the_one_before_in_any_version(two: Riverside, databases: Databases):
    for form in (EMPTY, FORM, NEXT):
        puts(two, "ann", form)
        assert held(two, "ann") == [form]
    puts(two, "ann", OTHER)
    assert held(two, "ann") == [NEXT, OTHER]  # another check-in's answers stay
    assert len(databases.rows()["poolballot"]) == 2


def test_answers_to_one_version_share_a_pool_with_one_key(two: Riverside, databases: Databases):
    for who in ("ann", "bob"):
        puts(two, who)
    assert pools(databases) == (1, 2, 1)
    puts(two, "bob", OTHER)
    assert pools(databases) == (2, 3, 2)


def test_a_pool_says_no_day_closer_than_its_month(two: Riverside, databases: Databases):
    puts(two, "ann", day=date(2026, 6, 17))
    ((*_, opened),) = databases.rows()["pool"]
    assert opened == date(2026, 6, 1)


def test_a_closing_sees_answers_with_organisation_and_seat_and_no_empty_form(two: Riverside):
    puts(two, "ann")
    puts(two, "bob", EMPTY)
    with two.desk.store.work() as work:
        (pool,) = work.pools.opened(two.partnership.id)
    (ballot,) = pool.ballots
    assert (pool.flow, ballot.organisation, ballot.seat) == ("exit-form@1", "1", "lead")
    assert ballot.places["1"]["answers"] == FORM.answers


def test_answers_stay_when_a_place_is_deleted_after_a_silence_and_nobody_can_tell_whose_they_were(two: Riverside):
    puts(two, "ann")
    person = two.person("ann")
    with two.desk.store.work() as work:
        work.people.forget(person)  # the place alone
    assert told(two) == {"exit-form@1": [FORM.answers]}


def test_forgetting_takes_one_persons_answers_out_of_every_pool(two: Riverside, databases: Databases):
    for who in ("ann", "bob"):
        puts(two, who)
        puts(two, who, OTHER)
    two.presses("ann", "forget:sure")
    assert len(databases.rows()["poolballot"]) == 2
    assert held(two, "bob") == [FORM, OTHER]


def test_nothing_is_kept_of_who_is_gone_or_once_the_partnership_has_ended(
    two: Riverside, store: Store, databases: Databases
):
    ann = two.member("ann").id
    two.presses("ann", "forget:sure")
    with store.work() as work:
        work.pools.put(ann, FORM, TODAY)
    ending.end(store, two.partnership.id, two.clock.now())
    puts(two, "bob")
    assert pools(databases) == (0, 0, 0)


@only_postgres
def test_two_processes_that_answer_at_once_fill_one_pool(two: Riverside, databases: Databases):
    """The second waits for the first, and finds the pool it made."""
    second = databases.open()
    ann, bob = two.member("ann").id, two.member("bob").id
    with two.desk.store.work() as work:
        work.pools.put(ann, FORM, TODAY)
        with second.database.connect() as other:
            other.execute(text("SET lock_timeout = '50ms'"))
            with pytest.raises(Exception, match="lock timeout"):
                other.execute(text("SELECT id FROM partnership FOR NO KEY UPDATE"))
    with second.work() as work:
        work.pools.put(bob, FORM, TODAY)
    assert pools(databases) == (1, 2, 1)


# --- what ends them


def test_an_ending_deletes_them_unread_and_destroys_their_keys_at_once(
    two: Riverside, store: Store, databases: Databases
):
    puts(two, "ann")
    puts(two, "bob", OTHER)
    ending.end(store, two.partnership.id, two.clock.now())  # no bot runs
    assert pools(databases) == (0, 0, 0)
    two.wakes()
    assert noted(two) == ["pool_key_destroyed"] * 2


@only_sqlite
def test_no_byte_of_what_went_unread_stays(two: Riverside, store: Store, databases: Databases):
    puts(two, "ann")
    rows = [(bytes(row[0]), bytes(row[2])) for row in databases.rows()["poolballot"]]  # type: ignore[call-overload]
    gone = [piece for name, sealed in rows for piece in (name, sealed[:64], sealed[-64:])]
    gone += [wrapped for name, wrapped in databases.rows()["key"] if str(name).startswith("pool:")]  # type: ignore[misc]
    assert all(value in databases.bytes() for value in gone)
    ending.end(store, two.partnership.id, two.clock.now())
    assert not any(value in databases.bytes() for value in gone)


@only_sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.integers(360, 372), st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_after_twelve_months_they_go_unread_and_not_a_day_sooner(two: Riverside, days: int, opened: date):
    puts(two, "ann", day=opened)
    with two.desk.store.work() as work:
        gone = work.pools.drop_old(opened.replace(day=1) + timedelta(days=days))
        work.pools.drop_all(two.partnership.id)
    assert bool(gone) == (days >= LONGEST.days)


def test_the_hourly_work_gives_old_answers_up_and_says_so(two: Riverside, store: Store, databases: Databases):
    retention.begin(store, two.clock.now())
    puts(two, "ann", day=two.clock.now().date())
    two.clock.jump_to(two.clock.now() + LONGEST - timedelta(days=3))
    retention.purge(store, two.jobs, two.clock.now())
    assert pools(databases) == (1, 1, 1)
    two.clock.jump_to(two.clock.now() + timedelta(days=3))
    retention.purge(store, two.jobs, two.clock.now())
    two.wakes()
    assert pools(databases) == (0, 0, 0)
    assert noted(two) == ["pool_given_up", "pool_key_destroyed"]


def test_with_a_lost_key_they_are_given_up_at_the_next_start(two: Riverside, store: Store, databases: Databases):
    puts(two, "ann")
    for pool in store.keys.pools():
        store.keys.destroy_pool_key(pool)
    started(two)
    assert pools(databases) == (0, 0, 0)
    assert noted(two) == ["pool_given_up"]


def test_a_key_lost_while_the_bot_runs_keeps_no_round_from_closing_and_no_answer_from_coming(
    two: Riverside, store: Store, databases: Databases
):
    puts(two, "ann")
    for pool in store.keys.pools():
        store.keys.destroy_pool_key(pool)
    assert told(two) == {}
    assert held(two, "ann") == []
    puts(two, "bob")
    assert pools(databases) == (1, 1, 1)
    assert held(two, "bob") == [FORM]


def test_a_key_that_a_crash_left_without_a_pool_is_destroyed_at_the_next_start(two: Riverside, store: Store):
    store.keys.make_pool_key("0" * 32)
    puts(two, "ann")
    started(two)
    assert len(store.keys.pools()) == 1
    assert held(two, "ann") == [FORM]
    assert noted(two) == ["pool_key_destroyed"]


# --- older copies, other keys, thieves


def test_in_an_older_copy_what_was_told_since_stays_told(two: Riverside, store: Store, databases: Databases):
    puts(two, "ann")
    copy = copied(store)
    with store.work() as work:
        work.pools.drop([pool.id for pool in work.pools.opened(two.partnership.id)])
    for pool in store.keys.pools():
        store.keys.destroy_pool_key(pool)
    copy.comes_back()
    assert pools(databases) == (1, 1, 0)
    assert told(two) == {}
    started(two)
    assert pools(databases) == (0, 0, 0)


def test_in_an_older_copy_who_was_forgotten_since_has_no_answers(two: Riverside, store: Store, databases: Databases):
    for who in ("ann", "bob"):
        puts(two, who)
    copy = copied(store)
    two.presses("ann", "forget:sure")
    copy.comes_back()
    started(two)
    assert pools(databases) == (1, 1, 1)
    assert held(two, "bob") == [FORM]


def test_a_change_of_keys_leaves_them_readable(two: Riverside, databases: Databases):
    puts(two, "ann")
    store = open_store(databases.database_url, databases.keys_url, databases.key_file)
    databases.opened.append(store)
    rotate(store, databases.key_file, two.clock.now())
    after = open_store(databases.database_url, databases.keys_url, databases.key_file)
    databases.opened.append(after)
    again = replace(two, desk=replace(two.desk, store=after))
    assert held(again, "ann") == [FORM]


@only_sqlite
def test_what_a_thief_can_read_of_them_is_counted_with_the_answers(two: Riverside, databases: Databases):
    puts(two, "ann")
    puts(two, "bob")
    for database in (two.desk.store.database, two.desk.store.keys.database):
        truncate_wal(database)
    main, keys = (recognise(path) for path in sorted(databases.files(), reverse=True) if path.suffix == ".db")
    both = Loot([main, keys, recognise(databases.key_file)])
    assert (Loot([main]).people("answers"), Loot([main]).readable_answers()) == (2, 0)
    assert both.readable_answers() == 2


# --- a joiner's own answers leave the period's ballot as its round closes


def asked_apart(town: Riverside, current: Round, *people: str) -> None:
    """These people's check-in of the round is a joiner's."""
    mine = _RUN.c.member_id.in_([town.member(who).id for who in people])
    with town.desk.store.work() as work:
        town.desk.flows.publish(work, town.desk.flows["induction@1"].flow, TODAY)
        statement = update(_RUN).where(_RUN.c.round_id == current.id, mine).values(flow="induction@1")
        work.connection.execute(statement)


def answers_all(town: Riverside, who: str) -> None:
    """The anchors, then all of the joiner's questions, by the same labels."""
    town.finishes(who, *(["75"] * 11))


def in_the_ballot(town: Riverside, period: str) -> list[dict[str, str]]:
    with town.desk.store.work() as work:
        opened = work.rounds.ballots(town.partnership.id, period)
        return [dict(kept["answers"]) for ballot in opened for kept in ballot.places.values()]


def test_with_the_round_a_joiners_own_answers_go_to_the_pool_and_the_weekly_ones_stay(two: Riverside):
    current = two.opens()
    asked_apart(two, current, "ann")
    answers_all(two, "ann")
    two.answers("bob", "75")
    assert told(two) == {}
    two.closes()
    assert told(two) == {"induction@1": [{f"N{n}": "75" for n in range(1, 9)}]}
    assert sorted(in_the_ballot(two, current.period), key=len) == [
        {"T1": "75"},
        dict.fromkeys(("T1", "P1", "E1"), "75"),
    ]


def test_a_joiner_who_answers_again_in_a_later_week_counts_once(two: Riverside, databases: Databases):
    for code in ("75", "25"):
        asked_apart(two, two.opens(), "ann")
        two.finishes("ann", *([code] * 11))
        two.closes()
    assert told(two) == {"induction@1": [{f"N{n}": "25" for n in range(1, 9)}]}
    assert pools(databases) == (1, 1, 1)


def test_a_joiner_who_answers_only_the_weekly_questions_puts_nothing_in(two: Riverside, databases: Databases):
    asked_apart(two, two.opens(), "ann")
    two.answers("ann", "75", "75", "75")
    two.closes()
    assert pools(databases) == (0, 0, 0)


def test_a_copy_shows_a_joiners_answers_before_and_after_the_round_has_closed(two: Riverside):
    def waits(name: str) -> list[str]:
        record = json.loads(two.presses("ann", "export:all").screens[-1].document or b"")
        return [answer["question"] for part in record[name] for answer in part["answers"]]

    asked_apart(two, two.opens(), "ann")
    answers_all(two, "ann")
    assert "Were you made to feel welcome?" in waits("answers")
    assert waits("waiting") == []
    two.closes()
    assert len(waits("answers")) == 3
    assert "Were you made to feel welcome?" in waits("waiting")


def period_with(town: Riverside, *joiners: str) -> None:
    for number in range(4):
        current = town.opens()
        if number == 1:
            asked_apart(town, current, *joiners)
            for who in joiners:
                answers_all(town, who)
        town.closes()


@pytest.mark.parametrize(("people", "enough"), [(JOINERS[:4], False), (JOINERS, True)])
def test_when_the_period_ends_enough_answers_are_told_and_fewer_wait(
    town: Riverside, databases: Databases, *, people: tuple[str, ...], enough: bool
):
    town.joins(*JOINERS)
    period_with(town, *people)
    result = [each for each in town.digests()[-1].sets if each.flow == "induction@1"]
    assert any(each.shown() for each in result) == enough
    assert pools(databases) == ((0, 0, 0) if enough else (1, 4, 1))
    assert noted(town) == (["pool_key_destroyed"] if enough else [])


def test_answers_of_several_periods_come_together_and_are_told_once(town: Riverside, databases: Databases):
    town.joins(*JOINERS)
    period_with(town, *JOINERS[:3])
    assert pools(databases) == (1, 3, 1)
    period_with(town, *JOINERS[3:])
    assert [len(digest.sets) for digest in town.digests()][-5:] == [0, 0, 0, 0, 1]
    assert pools(databases) == (0, 0, 0)
    period_with(town, *JOINERS[3:])
    assert not town.digests()[-1].sets
    assert pools(databases) == (1, 2, 1)


def test_the_key_is_destroyed_before_the_digest_goes_out(town: Riverside, store: Store):
    town.joins(*JOINERS)
    for _ in range(3):
        town.opens()
        town.closes()
    asked_apart(town, town.opens(), *JOINERS)
    for who in JOINERS:
        answers_all(town, who)
    with store.work() as work:
        rounds.close_now(work, town.desk.flows, town.partnership, town.clock.now())
    waiting = [due.kind for due in town.due() if due.at <= town.clock.now()]
    assert waiting.index("clear") < waiting.index("digest")
    rounds.destroy_due(store, town.clock.now())  # closed by hand, no bot runs
    assert store.keys.pools() == frozenset()
