"""The calendar of the year, as rounds ask it; and the induction of those who have just joined."""

from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import FLOWS
from databases import Databases
from riverside import Riverside, riverside

from bot.clock import MovableClock
from bot.converse import Desk
from bot.words import words
from flows.plan import INDUCTION, WEEKLY, check_in, rotating_item
from storage.published import id_of
from storage.values import Round

ON_SQLITE_ALONE = True  # what is asked and said; what is kept is tested on both elsewhere

only_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
PULSE = next(engine.flow for engine in FLOWS.values() if engine.flow.id == WEEKLY)
INDUCTION_REF = next(ref for ref in FLOWS if id_of(ref) == INDUCTION)


@pytest.fixture
def town(desk: Desk, clock: MovableClock) -> Riverside:
    """Riverside Partnership, with the year's calendar and nobody in it yet."""
    return riverside(desk, clock, calendar="year")


def rounds_of(town: Riverside, weeks: int) -> list[Round]:
    """So many rounds, opened and closed by the clock."""
    opened = []
    for _ in range(weeks):
        opened.append(town.week())
        town.closes()
    return opened


def joins_late(town: Riverside, *who: str) -> None:
    """Join by a link of today: the first has run out."""
    with town.desk.store.work() as work:
        link = work.people.make_link(town.partnership.id, "member", town.clock.now())
    replace(town, member_link=link).joins(*who)


def own(town: Riverside) -> dict[str, str | None]:
    """Each member's check-in of their own in the open round, by member id."""
    with town.desk.store.work() as work:
        members = work.rounds.active_members(town.partnership.id)
        found = {member: work.runs.of_member(member) for member in members}
    return {member: run.run.flow if run and run.own else None for member, run in found.items()}


# --- which check-in


def test_the_clock_asks_what_the_calendar_has(town: Riverside):
    town.joins("ann")
    opened = rounds_of(town, 12)
    assert [id_of(r.flow) for r in opened] == [check_in(p, place) for p in (1, 2, 3) for place in (1, 2, 3, 4)]
    assert {id_of(r.flow) for r in opened} > {WEEKLY, "set-up", "risk-vote"}


def test_without_it_the_clock_asks_the_weekly_pulse_alone(desk: Desk, clock: MovableClock):
    plain = riverside(desk, clock)
    plain.joins("ann")
    assert {id_of(r.flow) for r in rounds_of(plain, 5)} == {WEEKLY}
    assert plain.partnership.calendar == "pulse"


def test_a_coordinator_who_opens_one_now_opens_what_the_calendar_has(town: Riverside):
    town.joins("ann")
    rounds_of(town, 3)
    town.coordinates("zoe")
    town.says("zoe", "/round")
    town.taps("zoe", "Open one now")
    assert id_of(town.current().flow) == "set-up"


def test_a_round_opened_by_hand_may_ask_another(town: Riverside):
    town.joins("ann")
    assert id_of(town.opens("ambition").flow) == "ambition"
    town.closes()
    assert id_of(town.week().flow) == WEEKLY


@only_sqlite
def test_the_items_that_take_turns_lose_no_turn_to_a_longer_check_in(town: Riverside):
    town.joins("ann")
    opened = rounds_of(town, 24)
    asked = [r.rotating for r in opened if id_of(r.flow) == WEEKLY]
    assert len(asked) < 24
    assert asked == [rotating_item(PULSE, n) for n in range(1, len(asked) + 1)]
    assert {r.rotating for r in opened if id_of(r.flow) != WEEKLY} == {None}


# --- a joiner's induction


def test_a_joiner_has_an_induction_in_the_second_and_the_sixth_week_and_nobody_else(town: Riverside):
    town.joins("ann")
    rounds_of(town, 8)
    joins_late(town, "eve")
    ann, eve = town.member("ann").id, town.member("eve").id
    weeks = []
    for _ in range(8):
        town.week()
        now = own(town)
        assert now[ann] is None
        weeks.append(now[eve])
        town.closes()
    assert [place for place, flow in enumerate(weeks, start=1) if flow] == [3, 6]  # the second week asks a vote
    assert set(weeks) == {None, INDUCTION_REF}


def test_a_joiner_sees_the_induction_and_others_the_pulse(town: Riverside, databases: Databases):
    town.joins("ann")
    town.week()
    town.closes()
    joins_late(town, "bob")
    town.week()
    town.closes()
    town.week()
    induction = FLOWS[INDUCTION_REF].flow
    for who, flow in (("ann", PULSE), ("bob", induction)):
        town.says(who, "/checkin")
        assert town.sees(who).startswith(flow.intro)
    assert {ref for ref, *_ in databases.rows()["flow"]} == {PULSE.ref, check_ref(town), INDUCTION_REF}


def check_ref(town: Riverside) -> str:
    return town.current().flow


def test_an_induction_is_kept_with_its_own_name_and_its_anchors_count(town: Riverside):
    people = [f"p{n}" for n in range(20)]
    town.joins("ann")
    rounds_of(town, 4)
    joins_late(town, *people)
    rounds_of(town, 1)
    current = town.week()
    assert list(own(town).values()).count(INDUCTION_REF) == 20
    for who in people[:6]:
        town.finishes(who, "75", "50", "100")
    with town.desk.store.work() as work:
        ballots = work.rounds.ballots(town.partnership.id, current.period)
    assert {ballot.places["2"]["flow"] for ballot in ballots} == {INDUCTION_REF}
    town.closes()
    digest = town.digests()[-1]
    shown = {cell.item: cell.figure.points for cell in digest.of("round") if cell.figure}
    assert shown == {"T1": 80, "P1": 50, "E1": 90}  # 100, clipped below 20 people


def test_those_who_were_there_from_the_start_are_not_new(town: Riverside):
    town.joins("ann", "bob")
    for _ in range(8):
        town.week()
        assert set(own(town).values()) == {None}
        town.closes()


def test_agreeing_to_other_words_makes_nobody_new(town: Riverside, clock: MovableClock):
    town.joins("ann")
    rounds_of(town, 8)
    town.is_run_by("Another Network")
    town.week()
    town.says("ann", "/checkin")
    town.taps("ann", words.AGREE)
    assert town.desk.host.operator == "Another Network"
    for _ in range(7):
        town.closes()
        town.week()
        assert set(own(town).values()) == {None}


def test_without_the_calendar_nobody_has_an_induction(desk: Desk, clock: MovableClock):
    plain = riverside(desk, clock)
    plain.joins("ann")
    for _ in range(7):
        plain.week()
        assert set(own(plain).values()) == {None}
        plain.closes()


def test_somebody_who_joins_while_a_round_is_open_answers_what_it_asks(town: Riverside, clock: MovableClock):
    town.joins("ann")
    rounds_of(town, 8)
    town.week()
    clock.jump_to(clock.now() + timedelta(days=2))
    joins_late(town, "eve")
    town.says("eve", "/checkin")
    assert own(town)[town.member("eve").id] is None
