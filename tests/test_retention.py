"""What is deleted when its time is over, not an hour sooner; and how somebody silent is asked, once, unseen."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from databases import Databases, only_sqlite
from hypothesis import given
from hypothesis import strategies as st
from post import Post, dying
from riverside import Riverside, address, labels
from sqlalchemy import text

from bot import retention
from bot.channel import TryLater, Unclear, Unreachable
from bot.queue import Queue
from bot.words import words
from storage.audit import OPERATOR
from storage.heard import ASK, DELETE, KEEP, Days, verdict
from storage.retention import CLAIMS, GOODBYE, Retention
from storage.values import Due
from storage.work import Store

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def tended(town: Riverside, store: Store) -> Riverside:
    """Riverside with its standing work planned, as a bot that has started plans it."""
    retention.begin(store, town.clock.now())
    town.wakes()
    return town


def at(town: Riverside, instant: datetime) -> None:
    """The clock moves on, and what is due by then is done."""
    town.clock.jump_to(instant)
    town.wakes()


def quiet(town: Riverside, start: datetime) -> None:
    """Ninety-one days: the night finds who is silent, the day asks them."""
    at(town, start + 90 * DAY + HOUR)
    at(town, start + 91 * DAY)


def asks(town: Riverside, *people: str) -> list[bool]:
    """Who of these would be asked now."""
    persons, store = [town.person(who) for who in people], town.desk.store
    with store.work() as work:
        verbs = Retention(work.connection, store.keys)
        return [verbs.ask(person, town.clock.now().date()) for person in persons]


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def goes(town: Riverside, rows: Callable[[], int], limit: datetime) -> bool:
    """Whether the rows are there an hour before their limit, and none an hour after it."""
    at(town, limit - HOUR)
    before = rows()
    at(town, limit + HOUR)
    return before > 0 and rows() == 0


def asleep(town: Riverside, databases: Databases) -> datetime:
    """No round opens any more: weeks pass without a sign of life. The last midnight."""
    with town.desk.store.work() as work:
        work.rounds.done(Due("open", town.partnership.id, town.clock.now()))
    assert not [row for row in databases.rows()["due"] if row[0] == "open"]
    return midnight(town.clock.now().date())


# --- by the clock alone


def test_an_invite_link_goes_when_it_has_expired(tended: Riverside, databases: Databases):
    def links() -> int:
        return len(databases.rows()["link"])

    at(tended, tended.clock.now() + 25 * HOUR)
    assert links() == 1  # the coordinator's is gone
    assert goes(tended, links, datetime(2026, 6, 16, 9, tzinfo=UTC))


def test_claims_go_three_days_after_their_round_but_a_goodbyes(tended: Riverside, store: Store, databases: Databases):
    tended.joins("ann")
    current, ann = tended.week(), tended.person("ann")
    tended.closes()
    with store.work() as work:  # as a bot leaves them that was switched off before it could tidy up
        work.rounds.done(Due("sweep", current.id, current.closes_at))
        for kind in ("text", GOODBYE):
            assert work.rounds.claim(current.id, ann, kind)
    assert goes(
        tended,
        lambda: len([row for row in databases.rows()["claim"] if row[2] != GOODBYE]),
        current.closes_at + timedelta(hours=72),
    )
    assert len(databases.rows()["claim"]) == 1


def test_who_began_to_join_and_did_not_finish_is_gone_after_thirty_days(tended: Riverside, databases: Databases):
    tended.joins("done")
    tended.coordinates("boss")
    for who in ("half", "boss"):
        tended.presses(who, f"join:{tended.member_link}")
        tended.presses(who, "org:1")
    half, boss = tended.person("half"), tended.person("boss")

    def unfinished() -> int:
        return len([row for row in databases.rows()["member"] if row[4] is None])

    assert goes(tended, unfinished, midnight(tended.clock.now().date()) + 30 * DAY)
    people = {row[0] for row in databases.rows()["person"]}
    assert half not in people
    assert boss in people  # who coordinates


def test_who_is_neither_member_nor_coordinator_goes_within_the_hour(tended: Riverside, store: Store):
    tended.joins("ann")
    tended.coordinates("boss")
    with store.work() as work:
        work.people.add_person(address("nobody"), "en")
    at(tended, tended.clock.now() + HOUR)
    with store.work() as work:
        found = {who: work.people.find(address(who)) is not None for who in ("ann", "boss", "nobody")}
    assert found == {"ann": True, "boss": True, "nobody": False}


def test_the_audit_log_reaches_back_twelve_months(tended: Riverside, store: Store, databases: Databases):
    with store.work() as work:
        work.audit.add(tended.clock.now().date(), OPERATOR, "partnership_made", tended.partnership.id)
    tended.clock.jump_to(tended.clock.now() + 366 * DAY - HOUR)
    tended.wakes()
    assert len(databases.rows()["audit"]) == 1
    tended.clock.jump_to(tended.clock.now() + DAY + HOUR)
    tended.wakes()
    assert databases.rows()["audit"] == []
    with store.work() as work:
        assert work.audit.verify() is None


def test_finished_jobs_go_after_three_days(tended: Riverside):
    assert tended.jobs.forgotten_before is not None
    assert abs(tended.clock.now() - CLAIMS - tended.jobs.forgotten_before) < timedelta(minutes=5)


@only_sqlite
async def test_the_queue_drops_the_finished_jobs_of_before_and_no_other(store: Store):
    async def nothing(*_: str) -> None:
        return None

    queue = Queue(store.database, 0, 1000)
    await asyncio.to_thread(queue.start, nothing, asyncio.get_running_loop())
    try:
        with store.work() as work:
            queue.add(work.connection, "prompt", "r" * 32, [f"{n:032}" for n in range(3)])
        while await asyncio.to_thread(queue.waiting):  # noqa: ASYNC110  the queue tells nobody
            await asyncio.sleep(0.05)
        for before, left in ((datetime.now(UTC) - HOUR, 3), (datetime.now(UTC) + HOUR, 0)):
            await asyncio.to_thread(queue.forget_before, before)
            with store.work() as work:
                assert work.connection.scalar(text("SELECT count(*) FROM workflow_status")) == left
    finally:
        await asyncio.to_thread(queue.stop)


def test_the_standing_work_plans_itself_anew_each_hour_and_each_night(tended: Riverside, store: Store):
    at(tended, tended.clock.now() + 3 * DAY)
    now = tended.clock.now()
    nights = tended.planned("silence", "all")
    hours = tended.planned("retain", "all")
    assert hours is not None
    assert now < hours <= now + HOUR
    assert nights == midnight(now.date()) + DAY + timedelta(minutes=5)
    retention.begin(store, now)  # a bot that starts again looks at once: perhaps it was killed in the middle
    assert tended.planned("silence", "all") == now.replace(microsecond=0)


# --- silence


async def test_a_silent_member_is_asked_once_by_day_and_deleted_two_weeks_later(
    tended: Riverside, store: Store, databases: Databases
):
    tended.joins("ann")
    ann, start, post = tended.person("ann"), asleep(tended, databases), Post(tended)
    at(tended, start + 90 * DAY - HOUR)
    assert tended.jobs.to("stay") == []
    at(tended, start + 90 * DAY + HOUR)
    asked = tended.planned("stay", tended.partnership.id)
    assert asked == start + 90 * DAY + 9 * HOUR  # ten o'clock in London: nobody is asked in the night
    at(tended, asked)
    await post.carry()
    (question,) = post.to("ann")
    assert question.text == words.ASK_STAY
    assert labels(question) == [words.STAY, words.LEAVE]
    at(tended, start + 104 * DAY - HOUR)
    await post.carry()
    assert len(post.to("ann")) == 1
    assert len(databases.rows()["member"]) == 1
    at(tended, start + 104 * DAY + HOUR)
    assert databases.rows()["person"] == databases.rows()["member"] == []
    assert store.keys.erased_among([ann]) == {ann}  # a restored copy forgets them too


async def test_who_was_never_reached_with_the_question_is_not_deleted(tended: Riverside, databases: Databases):
    tended.joins("ann")
    start, post = asleep(tended, databases), Post(tended)
    post.trouble.append(TryLater(3))
    quiet(tended, start)
    await post.carry()
    assert post.arrived == []
    at(tended, start + 120 * DAY)
    assert len(databases.rows()["member"]) == 1
    at(tended, start + 121 * DAY)
    await post.carry()
    assert len(post.to("ann")) == 1


async def test_a_question_that_may_have_arrived_is_not_sent_again(tended: Riverside, databases: Databases):
    tended.joins("ann")
    start, post = asleep(tended, databases), Post(tended)
    post.trouble.append(Unclear())
    quiet(tended, start)
    await post.carry()
    at(tended, start + 95 * DAY)
    await post.carry()
    assert post.arrived == []


async def test_who_wants_to_stay_stays(tended: Riverside, databases: Databases):
    tended.joins("ann", "bob")
    start, post = asleep(tended, databases), Post(tended)
    quiet(tended, start)
    await post.carry()
    tended.screens["ann"] = post.to("ann")[0]
    tended.taps("ann", words.STAY)
    assert tended.sees("ann") == words.STAYED
    ann = tended.person("ann")
    at(tended, start + 106 * DAY)
    assert [row[1] for row in databases.rows()["member"]] == [ann]  # bob said nothing


async def test_who_wants_to_go_is_asked_whether_they_are_sure(tended: Riverside, databases: Databases):
    tended.joins("ann")
    start, post = asleep(tended, databases), Post(tended)
    quiet(tended, start)
    await post.carry()
    tended.screens["ann"] = post.to("ann")[0]
    tended.taps("ann", words.LEAVE)
    assert tended.sees("ann") == words.ASK_FORGET
    tended.taps("ann", words.FORGET_SURE)
    assert databases.rows()["person"] == []


def test_an_answer_in_the_open_period_is_a_sign_of_life(tended: Riverside, databases: Databases):
    tended.joins("answers", "silent")
    tended.week()
    tended.answers("answers", "75")
    tended.closes()
    start = asleep(tended, databases)
    at(tended, start + 95 * DAY)
    assert asks(tended, "answers", "silent") == [False, True]


def test_who_answers_every_period_is_never_asked(tended: Riverside):
    tended.joins("ann", "bob")
    for week in range(20):
        tended.week()
        if week % 4 == 0:
            tended.answers("ann", "75")
        tended.closes()
    assert asks(tended, "ann", "bob") == [False, True]


async def test_after_stop_nothing_is_sent_and_the_place_goes_after_ninety_days(tended: Riverside, databases: Databases):
    tended.joins("ann")
    tended.week()
    tended.answers("ann", "75")
    sent = len(tended.jobs.added)
    tended.says("ann", "/stop")
    start, post = midnight(tended.clock.now().date()), Post(tended)
    at(tended, start + 2 * DAY)
    tended.says("ann", "/stop")  # once more does not make it last longer
    assert len(databases.rows()["ballot"]) == 1
    assert goes(tended, lambda: len(databases.rows()["person"]), start + 90 * DAY)
    assert databases.rows()["ballot"] == []
    await post.carry()
    assert post.arrived == []
    assert not [job for job in tended.jobs.added[sent:] if job[0] in ("stay", "remind")]


def test_who_comes_back_after_stop_starts_anew(tended: Riverside, databases: Databases):
    tended.joins("ann")
    start = asleep(tended, databases)
    tended.says("ann", "/stop")
    at(tended, start + 80 * DAY)
    tended.presses("ann", "back:")
    at(tended, start + 81 * DAY)
    tended.says("ann", "/stop")
    assert goes(tended, lambda: len(databases.rows()["member"]), start + 171 * DAY)


async def test_who_blocked_the_bot_is_deleted_after_ninety_days_unasked(tended: Riverside, databases: Databases):
    tended.joins("ann")
    start, ann = asleep(tended, databases), tended.person("ann")
    with tended.desk.store.work() as work:
        work.people.lose_reach(ann)
    assert goes(tended, lambda: len(databases.rows()["member"]), start + 90 * DAY)
    assert tended.jobs.to("stay") == []


async def test_who_turns_out_to_have_blocked_the_bot_when_asked_goes_too(tended: Riverside, databases: Databases):
    tended.joins("ann")
    start, post = asleep(tended, databases), Post(tended)
    post.trouble.append(Unreachable())
    quiet(tended, start)
    await post.carry()
    at(tended, start + 92 * DAY)
    assert databases.rows()["member"] == []


async def test_who_coordinates_is_neither_asked_nor_deleted(tended: Riverside, databases: Databases):
    tended.joins("boss")
    tended.coordinates("boss")
    tended.says("boss", "/stop")
    start, post = asleep(tended, databases), Post(tended)
    at(tended, start + 200 * DAY)
    await post.carry()
    assert post.arrived == []
    assert tended.member("boss").state == "stopped"


def test_who_is_deleted_for_silence_is_counted_and_not_named(tended: Riverside, databases: Databases):
    tended.joins("ann", "bob")
    for who in ("ann", "bob"):
        tended.says(who, "/stop")
    at(tended, asleep(tended, databases) + 91 * DAY)
    assert ("silent_deleted", "2") in databases.rows()["fact"]


def test_a_note_that_does_not_open_does_not_keep_the_others(tended: Riverside, store: Store, databases: Databases):
    tended.joins("ann", "bob")
    for who in ("ann", "bob"):
        tended.says(who, "/stop")
    ann = tended.member("ann").id
    with store.work() as work:
        work.connection.execute(text("UPDATE member SET heard = :x WHERE id = :i"), {"x": b"\0" * 108, "i": ann})
    at(tended, asleep(tended, databases) + 91 * DAY)
    assert [row[0] for row in databases.rows()["member"]] == [ann]


# --- what two copies of the database, compared, do not tell


def days(town: Riverside, who: str) -> Days:
    member = town.member(who).id
    with town.desk.store.work() as work:
        return work.people.days(member)


def notes(databases: Databases) -> dict[object, bytes]:
    return {row[0]: bytes(value) for row in databases.rows()["member"] for value in row if isinstance(value, bytes)}


def changed(before: dict[object, bytes], after: dict[object, bytes]) -> int:
    assert {len(note) for note in after.values()} == {len(note) for note in before.values()}
    return sum(before[member] != note for member, note in after.items())


def test_closing_a_period_seals_the_notes_of_those_who_did_not_answer_too(town: Riverside, databases: Databases):
    town.joins("ann", "bob", "cat")
    for week in range(4):
        town.week()
        if week == 1:
            town.answers("ann", "75")
        before = notes(databases)
        town.closes()
        assert changed(before, notes(databases)) == (3 if week == 3 else 0)
    heard = {who: days(town, who).heard for who in ("ann", "bob")}
    assert heard == {"ann": town.clock.now().date(), "bob": date(2026, 6, 2)}


def test_stopping_survives_the_close_of_a_period_that_was_answered_in(town: Riverside):
    town.joins("ann", "bob")
    for _ in range(4):
        town.week()
        if town.current().place == 1:
            town.answers("ann", "75")
            town.says("ann", "/stop")
        town.closes()
    kept = days(town, "ann")
    assert kept.stopped == date(2026, 6, 5)
    assert kept.heard == town.clock.now().date()


async def test_asking_seals_the_notes_of_those_who_are_not_asked_too(tended: Riverside, databases: Databases):
    tended.joins("old")
    start = asleep(tended, databases)
    at(tended, start + 10 * DAY)
    tended.joins("new", "newer")
    quiet(tended, start)
    before, post = notes(databases), Post(tended)
    await post.carry()
    assert [where for where, _ in post.arrived] == [address("old")]
    assert changed(before, notes(databases)) == 3
    before = notes(databases)
    tended.presses("old", "stay:")
    assert changed(before, notes(databases)) == 3
    before = notes(databases)
    tended.says("newer", "/stop")
    assert changed(before, notes(databases)) == 1


# --- killed on the way


@only_sqlite
def test_killed_anywhere_nobody_is_half_deleted_and_the_next_start_does_the_rest(
    tended: Riverside, store: Store, databases: Databases
):
    tended.joins("ann", "bob", "cat")
    tended.week()
    tended.answers("ann", "75")
    tended.answers("cat", "75")
    cat = tended.person("cat")
    for who in ("ann", "bob"):
        tended.says(who, "/stop")
    gone = [tended.person(who) for who in ("ann", "bob")]
    tended.clock.jump_to(tended.clock.now() + 91 * DAY)
    with store.work() as work:
        for due in work.rounds.due(tended.clock.now()):
            work.rounds.done(due)
    moment, deaths = 0, 0
    while True:
        moment += 1
        retention.begin(store, tended.clock.now())
        with dying(store, moment) as died:
            tended.wakes()
        kept = databases.rows()
        persons, members = {row[0] for row in kept["person"]}, {row[1] for row in kept["member"]}
        assert persons == members >= {cat}
        assert len(kept["ballot"]) == (2 if gone[0] in persons else 1)
        assert store.keys.erased_among(gone) >= set(gone) - persons
        if not died:
            break
        deaths += 1
    assert persons == {cat}
    assert deaths > 10


# --- the rule


@given(
    state=st.sampled_from(["active", "stopped", "blocked"]),
    heard=st.integers(0, 400),
    asked=st.none() | st.integers(0, 60),
    stopped=st.none() | st.integers(0, 400),
)
def test_a_verdict_counts_whole_days(state: str, heard: int, asked: int | None, stopped: int | None):
    today = date(2027, 1, 1)

    def ago(days: int | None) -> date | None:
        return None if days is None else today - days * DAY

    said = verdict(state, Days(today - heard * DAY, ago(asked), ago(stopped)), today)
    if state == "stopped":
        assert (said == DELETE) == ((heard if stopped is None else stopped) >= 90)
    elif heard < 90:
        assert said == KEEP
    elif state == "blocked":
        assert said == DELETE
    else:
        assert said == (ASK if asked is None else DELETE if asked >= 14 else KEEP)


def test_a_clock_that_goes_back_deletes_nobody():
    future = date(2027, 1, 1)
    for state in ("active", "stopped", "blocked"):
        assert verdict(state, Days(future, future, future), date(2026, 1, 1)) == KEEP
