"""What time brings: a round opens, reminds and closes once, its digest is frozen, and it forgets who answered."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from databases import Databases
from riverside import Riverside, choices, riverside
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from bot import rounds
from bot.clock import MovableClock
from bot.converse import Desk
from bot.local import opening
from digests import Figure, seal
from digests.disclose import FEW, MOST, UNDER_HALF
from storage.errors import BadKey, Refused
from storage.keys import Anchor
from storage.values import Due
from storage.work import Store

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


def people(count: int) -> list[str]:
    return [f"p{n}" for n in range(count)]


def period_keys(databases: Databases) -> list[object]:
    return [name for name, _ in databases.rows()["key"] if str(name).startswith("period:")]


# --- one round


def test_a_round_opens_reminds_closes_and_sends_its_digest_in_that_order(town: Riverside):
    town.joins("ann", "bob")
    current = town.week()
    for due in (current.reminds_at, current.closes_at):
        town.clock.jump_to(due)
        town.wakes()
    assert town.jobs.kinds() == ["prompt", "remind", "digest"]
    assert town.jobs.forgotten == [current.id]
    everyone = sorted([town.person("ann"), town.person("bob")])
    assert all(sorted(town.jobs.to(kind)) == everyone for kind in ("prompt", "remind", "digest"))


def test_nothing_is_done_a_second_before_its_time(town: Riverside):
    town.joins("ann")
    town.week()
    for _ in range(12):
        due = town.due()[0]
        assert town.wakes(due.at - timedelta(seconds=1)) == 0
        assert town.wakes(due.at) > 0


def test_waking_again_does_nothing_again(town: Riverside):
    town.joins("ann")
    town.week()
    sent = list(town.jobs.added)
    assert town.wakes() == 0
    assert town.jobs.added == sent


def test_a_second_round_is_refused_while_one_is_open(town: Riverside, databases: Databases):
    town.joins("ann")
    town.opens()
    before = databases.rows()
    with pytest.raises(Refused, match=r"Round 1 of Riverside Partnership is open already\. It closes on Monday 8 June"):
        town.opens()
    assert databases.rows() == before


def test_two_open_rounds_break_a_rule_of_the_schema_too(town: Riverside, store: Store):
    town.joins("ann")
    town.opens()
    copy = "INSERT INTO round SELECT 'another', partnership_id, 2, period_id, 2, flow, rotating, opened_at, reminds_at,"
    with pytest.raises(IntegrityError, match=r"(?i)unique"), store.work() as work:
        work.connection.execute(text(f"{copy} closes_at, closed FROM round"))


def test_nothing_can_be_closed_or_reminded_while_none_is_open(town: Riverside, store: Store):
    now = town.clock.now()
    with store.work() as work:
        with pytest.raises(Refused, match=r"No round of Riverside Partnership is open\. `pulse round open"):
            rounds.close_now(work, town.desk.flows, town.partnership, now)
        with pytest.raises(Refused, match="No round of Riverside Partnership is open"):
            rounds.remind_now(work, town.partnership, now)


def test_a_partnership_of_nobody_opens_nothing_and_asks_again_next_week(town: Riverside, store: Store):
    friday = datetime(2026, 6, 5, 9, tzinfo=UTC)  # ten o'clock in London
    with store.work() as work:
        work.rounds.plan(Due("open", town.partnership.id, friday))
    town.wakes(friday)
    assert town.due() == [Due("open", town.partnership.id, friday + WEEK)]
    assert town.jobs.added == []


def test_a_round_opened_by_hand_counts_and_the_next_comes_on_its_day(town: Riverside):
    town.joins("ann")
    current = town.opens()  # on a Tuesday
    town.closes()  # on the Monday after
    assert town.planned("open", town.partnership.id) == datetime(2026, 6, 12, 9, tzinfo=UTC)
    following = town.week()
    assert (current.number, current.place, following.number, following.place) == (1, 1, 2, 2)
    assert following.period == current.period


def test_closing_by_hand_leaves_nothing_due_but_sending_and_the_next_opening(town: Riverside, store: Store):
    town.joins("ann")
    current = town.opens()
    with store.work() as work:
        rounds.close_now(work, town.desk.flows, town.partnership, town.clock.now())
    assert {(due.kind, due.subject) for due in town.due()} == {
        ("digest", current.id),
        ("tidy", current.id),
        ("open", town.partnership.id),
    }


def test_a_reminder_brought_forward_is_the_only_one_planned(town: Riverside, store: Store):
    town.joins("ann")
    town.week()
    with store.work() as work:
        rounds.remind_now(work, town.partnership, town.clock.now())
    town.wakes()
    town.clock.jump_to(town.current().reminds_at)
    town.wakes()
    assert town.jobs.to("remind") == [town.person("ann")]


# --- closing


def test_closing_forgets_who_answered_and_keeps_one_digest(town: Riverside, store: Store, databases: Databases):
    town.joins("ann", "bob")
    current = town.week()
    town.answers("ann", "75", "50")
    ann = town.person("ann")
    with store.work() as work:
        work.rounds.claim(current.id, ann, "prompt")
    town.closes()
    kept = databases.rows()
    assert (kept["run"], kept["claim"]) == ([], [])
    assert len(kept["digest"]) == 1
    assert len(kept["ballot"]) == 1  # its period is still open
    assert period_keys(databases) == [f"period:{current.period}"]


def test_a_day_after_its_digest_nobody_can_tell_who_was_sent_it(
    town: Riverside, store: Store, clock: MovableClock, databases: Databases
):
    town.joins("ann")
    current = town.week()
    town.closes()
    ann = town.person("ann")
    with store.work() as work:
        work.rounds.claim(current.id, ann, "text")
    clock.jump_to(clock.now() + DAY - HOUR)
    town.wakes()
    assert len(databases.rows()["claim"]) == 1  # it may still be on its way to others
    clock.jump_to(clock.now() + 2 * HOUR)
    town.wakes()
    assert databases.rows()["claim"] == []
    assert town.jobs.forgotten == [current.id, current.id]


def test_with_the_fourth_round_its_ballots_and_their_key_are_gone(town: Riverside, databases: Databases):
    town.joins("ann", "bob")
    for _ in range(4):
        town.week()
        town.finishes("ann")
        town.finishes("bob")
        assert len(databases.rows()["ballot"]) == 2
        assert len(period_keys(databases)) == 1
        town.closes()
    kept = databases.rows()
    assert (kept["ballot"], kept["run"], kept["claim"], period_keys(databases)) == ([], [], [], [])
    assert [closed for *_, closed in kept["period"]] == [True]
    following = town.week()
    assert (following.number, following.place, following.period_number) == (5, 1, 2)
    assert period_keys(databases) == [f"period:{following.period}"]


def test_a_key_is_destroyed_after_the_ballots_are_gone_never_before(town: Riverside, databases: Databases):
    town.joins("ann")
    for _ in range(3):
        town.week()
        town.closes()
    current = town.week()
    town.finishes("ann")
    with town.desk.store.work() as work:
        rounds.close_now(work, town.desk.flows, town.partnership, town.clock.now())
    kept = databases.rows()
    assert kept["ballot"] == []
    assert period_keys(databases) == [f"period:{current.period}"]  # a crash here leaves a key of nothing
    assert Due("destroy", current.period, town.due()[0].at) in town.due()
    town.wakes()
    assert period_keys(databases) == []


def test_a_closing_that_fails_leaves_the_round_open_and_the_work_due(town: Riverside, databases: Databases):
    town.joins("ann")
    current = town.week()
    town.answers("ann", "75")
    key = databases.rows()["key"]
    town.desk.store.keys.destroy_period_key(current.period)
    town.clock.jump_to(current.closes_at)
    before = databases.rows()
    with pytest.raises(BadKey):
        rounds.run_due(town.desk.store, town.desk.flows, town.jobs, town.clock.now())
    after = databases.rows()
    assert [due.kind for due in town.due()] == ["close", "open"]
    assert {k: v for k, v in after.items() if k != "due"} == {k: v for k, v in before.items() if k != "due"}
    with town.desk.store.keys.database.begin() as connection:  # the operator puts the backup back
        name, wrapped = next(row for row in key if row[0] == f"period:{current.period}")
        connection.execute(text("INSERT INTO key VALUES (:n, :w)"), {"n": name, "w": wrapped})
    town.wakes()
    assert town.jobs.kinds()[-1] == "digest"


def test_one_partnerships_trouble_does_not_stop_another(town: Riverside, desk: Desk):
    other = riverside(desk, town.clock, "Lakeside Partnership")
    for place in (town, other):
        place.joins(f"ann at {place.partnership.id}")
    broken = town.opens()
    desk.store.keys.destroy_period_key(broken.period)
    well = other.opens()
    town.clock.jump_to(well.closes_at)
    with pytest.raises(BadKey):
        other.wakes()
    assert other.digests()[0].round == 1
    assert town.current().id == broken.id


def test_every_digest_seals_the_one_before(town: Riverside, databases: Databases):
    town.joins("ann")
    for _ in range(5):
        town.week()
        town.closes()
    chain = sorted(databases.rows()["digest"], key=lambda row: int(str(row[1])))
    previous = ""
    for _, number, _, record, _, names, sealed in chain:
        assert names == previous
        assert sealed == seal(json.loads(record), previous)
        assert json.loads(record)["round"] == number
        previous = sealed
    assert len(chain) == 5


def test_a_frozen_digest_stays_as_it_is(town: Riverside, databases: Databases):
    town.joins("ann")
    town.week()
    town.closes()
    (first,) = databases.rows()["digest"]
    for _ in range(4):
        town.week()
        town.finishes("ann")
        town.closes()
    assert first in databases.rows()["digest"]


# --- the figures


@pytest.mark.parametrize(("joined", "mode"), [(19, "four-weekly"), (20, "weekly")])
def test_twenty_joined_make_a_period_weekly(town: Riverside, joined: int, mode: str):
    town.joins(*people(joined))
    assert town.opens().mode == mode


def test_a_mode_holds_for_its_period_whoever_joins_or_leaves(town: Riverside):
    town.joins(*people(19))
    modes = [town.week().mode]
    town.joins("the-twentieth")
    for _ in range(4):
        town.closes()
        modes.append(town.week().mode)
    assert modes == ["four-weekly"] * 4 + ["weekly"]


def test_somebody_who_has_not_picked_a_seat_has_not_joined(town: Riverside):
    town.joins(*people(19))
    town.presses("half", f"join:{town.member_link}")
    town.presses("half", "org:1")
    current = town.opens()
    assert current.mode == "four-weekly"
    town.wakes()
    assert len(town.jobs.to("prompt")) == 19


def test_a_weekly_digest_has_the_figures_worked_out_by_hand(town: Riverside):
    town.joins(*people(20))
    town.week()
    assert town.current().rotating == "T2"
    for who, trust, power, part, kept in (
        ("p0", "75", "25", "100", "50"),
        ("p1", "75", "25", "100", "50"),
        ("p2", "50", "0", "75", "50"),
        ("p3", "50", "50", "75", "unsure"),
        ("p4", "100", "50", "100", "50"),
        ("p5", "25", "unsure", "100", "unsure"),
    ):
        town.answers(who, trust, power, part, kept)
    town.closes()
    (digest,) = town.digests()
    shown = {(cell.kind, cell.item): cell.figure for cell in digest.cells}
    assert shown == {
        ("round", "T1"): Figure(60, "talk", 5, 1),  # 375 / 6 = 62.5
        ("round", "P1"): Figure(30, "care", 5, 1),  # 150 / 5 = 30
        ("round", "E1"): Figure(90, "strong", 5, 1),  # 550 / 6 = 91.7, clipped below 20 people
        ("rotating", "T2"): None,  # four said something that counts
    }
    assert (digest.replies.code, digest.replies.about) == (UNDER_HALF, None)  # 6 of 20
    assert (digest.well, digest.talk.theme, digest.talk.pattern) == ("part", "power", "low")


def test_a_four_weekly_period_shows_its_figures_once_and_counts_each_person_once(town: Riverside):
    town.joins(*people(6))
    for week in range(4):
        town.week()
        for who in people(6):
            if who != "p5" or week == 0:  # who came once has one vote, as the others have
                town.answers(who, "100" if who == "p5" else "50", "25")
        town.closes()
    *early, last = town.digests()
    assert [digest.cells for digest in early] == [(), (), ()]
    shown = {cell.item: cell.figure for cell in last.of("period")}
    assert shown == {
        "T1": Figure(60, "talk", 5, 4),  # (5 x 50 + 100) / 6 = 58.3
        "P1": Figure(30, "care", 5, 4),  # 25, half up
        "E1": None,
    }


def test_a_weekly_period_counts_only_the_rounds_it_has_shown(town: Riverside):
    town.joins(*people(20))
    for code in ("100", "50", "0", "50"):
        town.week()
        answering = people(6) if code != "0" else people(4)  # four are too few to show
        for who in answering:
            town.answers(who, code)
        town.closes()
    (last,) = [d for d in town.digests() if d.place == 4]
    (trust,) = [cell.figure for cell in last.of("period") if cell.theme == "trust"]
    assert trust == Figure(70, "talk", 5, 3)  # (100 + 50 + 50) / 3 = 66.7


def test_one_organisation_alone_is_never_shown(town: Riverside):
    town.joins(*people(20))
    town.week()
    for n in range(0, 20, 3):  # seven people, all of City Council
        town.answers(f"p{n}", "75", "75", "75")
    town.closes()
    (digest,) = town.digests()
    assert not digest.has_figures()


def test_who_only_opened_the_check_in_has_not_replied(town: Riverside):
    town.joins(*people(20))
    town.week()
    for who in people(20):
        town.says(who, "/checkin")
    for who in people(4):
        town.answers(who, "75")
    town.closes()
    assert town.digests()[0].replies.code == FEW


# --- members who come and go


def test_who_stops_mid_round_is_counted_and_hears_no_more(town: Riverside):
    town.joins(*people(6))
    current = town.week()
    for who in people(5):
        town.answers(who, "75", "75", "75")
    leaver = town.person("p0")
    town.says("p0", "/stop")
    town.clock.jump_to(current.reminds_at)
    town.wakes()
    town.closes()
    assert town.digests()[0].replies.code == MOST  # five of six: the one who stopped among them
    assert leaver in town.jobs.to("prompt")
    assert leaver not in town.jobs.to("remind") + town.jobs.to("digest")


def test_who_is_blocked_or_stopped_is_not_asked_in_the_next_round(town: Riverside, store: Store):
    town.joins("ann", "bob", "cat")
    town.says("ann", "/stop")
    bob = town.person("bob")
    with store.work() as work:
        work.people.lose_reach(bob)
    current = town.week()
    assert town.jobs.to("prompt") == [town.person("cat")]
    with store.work() as work:
        assert work.rounds.asked(current.id) == 1


def test_who_joins_late_can_answer_at_once_and_is_counted(town: Riverside):
    town.joins(*people(4))
    town.week()
    for who in people(4):
        town.answers(who, "75")
    town.joins("late")
    assert "Answer the check-in" in [b.label for row in town.screens["late"].buttons for b in row]
    town.taps("late", "Answer the check-in")
    assert choices(town.screens["late"])
    town.gives("late", "75")
    town.closes()
    assert town.digests()[0].replies.code != FEW  # five answered: with four it would say so


def test_who_joins_late_and_does_not_answer_was_not_asked(town: Riverside, store: Store):
    town.joins("ann")
    current = town.week()
    town.joins("late")
    with store.work() as work:
        assert work.rounds.asked(current.id) == 1
    town.clock.jump_to(town.current().reminds_at)
    town.wakes()
    assert town.person("late") in town.jobs.to("remind")  # asked at sending: nothing unfinished, nothing sent


def test_coordinators_get_the_digest_once_members_or_not(town: Riverside):
    town.joins("ann")
    town.coordinates("ann")
    town.week()
    town.coordinates("boss")
    town.closes()
    assert sorted(town.jobs.to("digest")) == sorted([town.person("ann"), town.person("boss")])
    assert town.jobs.to("prompt") == [town.person("ann")]


# --- the calendar


@pytest.mark.parametrize("start", [datetime(2026, 9, 29, 9, tzinfo=UTC), datetime(2027, 2, 23, 9, tzinfo=UTC)])
def test_nine_weeks_over_a_clock_change_keep_local_time_and_send_everything_once(
    town: Riverside, store: Store, start: datetime
):
    town.joins("ann", "bob")
    first = opening(start, town.partnership)
    with store.work() as work:
        work.rounds.plan(Due("open", town.partnership.id, first))
    local = []
    while (due := town.due()[0]).at < first + 9 * WEEK - HOUR:
        if due.kind in ("open", "remind", "close"):
            local.append((due.kind, f"{due.at.astimezone(ZoneInfo('Europe/London')):%a %H:%M}"))
        town.wakes(due.at)
    assert local == [("open", "Fri 10:00"), ("remind", "Mon 10:00"), ("close", "Thu 10:00")] * 9
    assert len(set(town.jobs.added)) == len(town.jobs.added)
    assert Counter(kind for kind, _, _ in town.jobs.added) == {"prompt": 18, "remind": 18, "digest": 18}
    assert [digest.round for digest in town.digests()] == list(range(1, 10))


# --- waking late


def test_after_eight_days_asleep_the_digest_is_late_and_nothing_stale_is_sent(town: Riverside, clock: MovableClock):
    town.joins("ann")
    first = town.week()
    clock.jump_to(first.opened_at + 8 * DAY)
    town.wakes()
    assert [(kind, round_id == first.id) for kind, round_id, _ in town.jobs.added] == [
        ("prompt", True),
        ("digest", True),
        ("prompt", False),
    ]
    assert town.current().number == 2
    assert town.current().closes_at > clock.now() + 5 * DAY


@pytest.mark.parametrize(("left", "sent"), [(12 * HOUR + timedelta(minutes=1), 1), (11 * HOUR, 0)])
def test_an_overdue_prompt_is_sent_while_half_a_day_is_left(
    town: Riverside, clock: MovableClock, left: timedelta, sent: int
):
    town.joins("ann")
    current = town.opens()
    clock.jump_to(current.closes_at - left)
    town.wakes()
    assert len(town.jobs.to("prompt")) == len(town.jobs.to("remind")) == sent


def test_a_year_asleep_brings_one_digest_and_one_prompt(town: Riverside, clock: MovableClock):
    town.joins("ann")
    town.week()
    clock.jump_to(clock.now() + 365 * DAY)
    town.wakes()
    assert town.jobs.kinds() == ["prompt", "digest", "prompt"]


def test_a_clock_that_goes_back_does_nothing_twice(town: Riverside):
    town.joins("ann")
    current = town.week()
    town.closes()
    sent = list(town.jobs.added)
    for back in (DAY, 3 * DAY, 6 * DAY):
        town.wakes(current.closes_at - back)
    assert town.jobs.added == sent


def test_two_processes_that_wake_together_do_each_thing_once(
    town: Riverside, databases: Databases, store: Store, clock: MovableClock
):
    town.joins("ann")
    current = town.opens()
    with store.work() as work:
        waiting = work.rounds.due(clock.now())
    assert [due.kind for due in waiting] == ["prompt"]
    other = databases.open()
    done = [rounds.run_due(s, town.desk.flows, town.jobs, clock.now()) for s in (other, store)]
    assert done == [1, 0]
    assert town.jobs.added == [("prompt", current.id, town.person("ann"))]


def test_without_the_bot_the_keys_of_ended_periods_can_be_destroyed(town: Riverside, databases: Databases):
    town.joins("ann")
    for _ in range(4):
        town.week()
        with town.desk.store.work() as work:
            rounds.close_now(work, town.desk.flows, town.partnership, town.clock.now())
    assert len(period_keys(databases)) == 1
    rounds.destroy_due(town.desk.store, town.clock.now())
    assert period_keys(databases) == []
    assert "destroy" not in [due.kind for due in town.due()]


def test_without_the_bot_a_digest_is_remembered_before_anybody_can_ask_for_it(town: Riverside, store: Store):
    town.joins("ann")
    current = town.week()
    with store.work() as work:
        rounds.close_now(work, town.desk.flows, town.partnership, town.clock.now())
        (frozen,) = work.frozen.digests(town.partnership.id)
    for _ in range(2):
        rounds.destroy_due(store, town.clock.now())
    assert store.keys.anchor(town.partnership.id) == Anchor(1, frozen.seal)
    assert ("digest", current.id) in [(due.kind, due.subject) for due in town.due()], "a running bot sends it"
    town.wakes()
    assert store.keys.anchor(town.partnership.id) == Anchor(1, frozen.seal)
