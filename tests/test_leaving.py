"""Why somebody leaves: three questions after /stop, told with no name or not at all, and gone when they come back."""

import json

import pytest
from databases import Databases, only_sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from riverside import Riverside, choices, labels

from bot import ending, leaving
from bot.channel import Tap
from bot.words import words
from digests.record import Cell
from flows.events import Tapped, Wrote
from storage.pools import Form
from storage.work import Store

ON_SQLITE_ALONE = True  # what is said; test_storage, test_pools and their neighbours keep it on both

WHY = words.SAY_WHY
CANARY = "Canary: the meetings were too early."


@pytest.fixture
def gone(town: Riverside) -> Riverside:
    """Ann and Bob have joined, and Ann has sent /stop."""
    town.joins("ann", "bob")
    town.says("ann", "/stop")
    return town


def forms(town: Riverside, who: str) -> list[Form]:
    member = town.member(who).id
    with town.desk.store.work() as work:
        return list(work.pools.of(member))


def held(town: Riverside, who: str) -> Form:
    (form,) = forms(town, who)
    return form


def reaches_the_words(town: Riverside, who: str, message: int | None = None) -> None:
    town.taps(who, WHY)
    town.taps(who, "No time", message)
    town.taps(who, "Mostly", message)


# --- who is asked


def test_after_stop_whoever_has_joined_may_say_why(gone: Riverside):
    assert labels(gone.screens["ann"]) == [words.COME_BACK, WHY]
    assert gone.sees("ann") == words.STOPPED
    gone.says("ann", "/stop")
    assert labels(gone.screens["ann"]) == [words.COME_BACK, WHY]


def test_who_had_not_finished_joining_is_not_asked(town: Riverside):
    town.presses("ann", f"join:{town.member_link}")
    town.says("ann", "/stop")
    assert labels(town.screens["ann"]) == [words.COME_BACK]


def test_a_member_who_sets_things_up_may_say_why_too(town: Riverside):
    town.joins("ann")
    town.coordinates("ann")
    town.says("ann", "/stop")
    assert WHY in labels(town.screens["ann"])


def test_a_partnership_that_has_ended_asks_nobody(gone: Riverside, store: Store, databases: Databases):
    ending.end(store, gone.partnership.id, gone.clock.now())
    gone.taps("ann", WHY)
    assert gone.sees("ann") == words.NOT_LEAVING
    gone.presses("ann", "exit:0:time")
    gone.says("ann", "/stop")
    assert WHY not in labels(gone.screens["ann"])
    assert databases.rows()["poolballot"] == []


@pytest.mark.parametrize("who", ["bob", "stranger"])
@pytest.mark.parametrize("data", ["exit:", "exit:0:time", "exit:x", "exit:9:.again"])
def test_nobody_else_gets_in_by_an_old_or_guessed_button(gone: Riverside, databases: Databases, who: str, data: str):
    before = databases.rows()
    gone.presses(who, data)
    assert gone.sees(who) == words.NOT_LEAVING
    assert databases.rows() == before


def test_no_day_in_clear_says_when_somebody_answered(gone: Riverside, databases: Databases):
    gone.taps("ann", WHY)
    gone.taps("ann", "Money")
    first = str(gone.clock.now().date().replace(day=1))
    assert gone.clock.now().day > 1
    ((_, _, published),) = databases.rows()["flow"]
    ((*_, opened),) = databases.rows()["pool"]
    assert (str(published), str(opened)) == (first, first)


# --- the three questions


def test_nothing_is_kept_before_the_first_answer(gone: Riverside, databases: Databases):
    before = databases.rows()
    gone.taps("ann", WHY)
    assert gone.sees("ann").startswith("Before you go")
    assert "What is your main reason for leaving?" in gone.sees("ann")
    assert databases.rows() == before


def test_the_form_is_walked_to_its_end(gone: Riverside):
    reaches_the_words(gone, "ann")
    assert "What should we change?" in gone.sees("ann")
    gone.says("ann", CANARY)
    assert f"“{CANARY}”" in gone.sees("ann")
    gone.taps("ann", "Share my words")
    assert gone.sees("ann").startswith("Saved. Thank you")
    form = held(gone, "ann")
    assert (form.state, form.answers) == ("done", {"reason": "time", "back": "75", "change": CANARY,
                                                   "share_change": "yes"})  # fmt: skip


def test_each_tap_is_kept_at_once_and_the_form_goes_on_where_it_was(gone: Riverside):
    gone.taps("ann", WHY)
    gone.taps("ann", "Money")
    assert held(gone, "ann").answers == {"reason": "money"}
    gone.says("ann", "/stop")
    gone.taps("ann", WHY)
    assert "Would you come back one day?" in gone.sees("ann")
    assert not gone.sees("ann").startswith("Before you go")


def test_any_question_may_be_skipped_and_gone_back_to(gone: Riverside):
    gone.taps("ann", WHY)
    gone.taps("ann", words.SKIP)
    gone.taps("ann", words.BACK)
    gone.taps("ann", "Something else")
    gone.taps("ann", words.SKIP)
    gone.taps("ann", words.NO_NOTE)
    assert gone.sees("ann").startswith("Saved")
    assert held(gone, "ann").answers == {"reason": "other"}
    gone.taps("ann", words.CHANGE)
    gone.taps("ann", "The work is done")
    assert held(gone, "ann").answers == {"reason": "done"}


def test_a_stale_tap_changes_nothing_and_draws_where_the_form_stands(gone: Riverside):
    gone.taps("ann", WHY)
    first = gone.screens["ann"]
    gone.tell("ann", choices(first)[0], 7)
    before = held(gone, "ann")
    reply = gone.tell("ann", choices(first)[1], 7)
    assert (reply.notice, reply.over) == (words.STALE, 7)
    assert "Would you come back one day?" in gone.sees("ann")
    assert held(gone, "ann") == before


def test_a_made_up_button_changes_nothing(gone: Riverside, databases: Databases):
    gone.taps("ann", WHY)
    before = databases.rows()
    for choice in ("nonsense", ".again", "", "75"):
        assert gone.tell("ann", Tap(leaving.RUN, 0, choice)).notice == words.UNFIT
    assert databases.rows() == before


def test_every_button_is_within_what_telegram_carries(gone: Riverside):
    gone.taps("ann", WHY)
    while not gone.sees("ann").startswith("Saved"):
        screen = gone.screens["ann"]
        assert all(len(b.data.encode()) <= 64 for row in screen.buttons for b in row)
        assert all(tap.run == leaving.RUN for tap in choices(screen))
        gone.tell("ann", choices(screen)[0])


def test_two_who_leave_have_a_form_each(gone: Riverside):
    gone.says("bob", "/stop")
    for who, label in (("ann", "Money"), ("bob", "No time")):
        gone.taps(who, WHY)
        gone.taps(who, label)
    assert [held(gone, who).answers["reason"] for who in ("ann", "bob")] == ["money", "time"]


# --- words


def test_words_are_drawn_over_the_question_and_taken_out_of_the_chat(gone: Riverside):
    reaches_the_words(gone, "ann", message=7)
    reply = gone.says("ann", CANARY, message=9)
    assert (reply.over, reply.erase) == (7, 9)
    again = gone.says("ann", CANARY, message=9)  # delivered once more
    assert (again.over, again.erase) == (None, 9)
    assert f"“{CANARY}”" in gone.sees("ann")
    assert held(gone, "ann").answers["change"] == CANARY


def test_words_too_long_or_empty_are_not_kept(gone: Riverside):
    reaches_the_words(gone, "ann")
    before = held(gone, "ann")
    gone.says("ann", "x" * 501)
    assert gone.sees("ann") == words.too_long(501, 500)
    gone.says("ann", "\u200b")
    assert gone.sees("ann") == words.EMPTY_NOTE
    assert held(gone, "ann") == before


def test_words_at_any_other_time_are_not_the_forms(gone: Riverside):
    gone.says("ann", CANARY)
    assert gone.sees("ann") == words.NOT_LISTENING
    gone.presses("ann", "exit:")
    gone.taps("ann", "Money")
    before = held(gone, "ann")
    gone.says("ann", CANARY)
    assert gone.sees("ann") == words.NOT_LISTENING
    assert held(gone, "ann") == before


def test_words_go_to_the_form_while_a_check_in_is_open_too(open_town: Riverside):
    open_town.reaches_the_note("ann")
    open_town.says("ann", "/stop")
    reaches_the_words(open_town, "ann")
    open_town.says("ann", CANARY)
    assert held(open_town, "ann").answers["change"] == CANARY


def test_words_nobody_wants_to_share_are_not_kept(gone: Riverside):
    reaches_the_words(gone, "ann")
    gone.says("ann", CANARY)
    gone.taps("ann", "Do not share them")
    assert held(gone, "ann").answers == {"reason": "time", "back": "75"}


codes = st.sampled_from(["time", "other", "0", "100", "unsure", "yes", "no", ".skip", ".back", ".again", ".done", "x"])
taps = st.tuples(st.integers(-1, 2), codes)
written = st.sampled_from(["We met too early.", "\u200b", "y" * 501])


@only_sqlite
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.lists(taps | written, max_size=14))
def test_whatever_is_tapped_or_written_the_form_is_where_its_engine_says(
    gone: Riverside, events: list[tuple[int, str] | str]
):
    engine = gone.desk.flows.newest(leaving.FORM)
    run = engine.first(leaving.RUN, None)
    gone.presses("ann", "exit:")
    for event in events:
        if isinstance(event, str):
            gone.says("ann", event)
            run, _ = engine.step(run, Wrote(event))
        else:
            gone.tell("ann", Tap(leaving.RUN, run.turn + event[0], event[1]))
            run, _ = engine.step(run, Tapped(run.turn + event[0], event[1]))
    kept = forms(gone, "ann")
    where = [(form.state, form.turn, form.answers) for form in kept] or [(engine.first("", None).state, 0, {})]
    assert where == [(run.state, run.turn, run.answers)]
    gone.presses("ann", "back:")
    gone.says("ann", "/stop")


# --- coming back, a copy, forgetting


@pytest.mark.parametrize("press", [True, False])
def test_coming_back_ends_the_form_and_deletes_its_answers(gone: Riverside, databases: Databases, *, press: bool):
    reaches_the_words(gone, "ann")
    last = choices(gone.screens["ann"])[0]
    if press:
        gone.presses("ann", "back:")
    else:
        gone.says("ann", "/start")
        gone.taps("ann", words.COME_BACK)
    assert databases.rows()["poolballot"] == []
    gone.tell("ann", last)
    assert gone.sees("ann") == words.NOT_LEAVING
    gone.says("ann", CANARY)
    assert gone.sees("ann") == words.NOT_LISTENING
    assert databases.rows()["poolballot"] == []


def test_a_form_begun_after_another_stop_begins_anew(gone: Riverside):
    reaches_the_words(gone, "ann")
    gone.presses("ann", "back:")
    gone.says("ann", "/stop")
    gone.taps("ann", WHY)
    assert "What is your main reason for leaving?" in gone.sees("ann")


def test_forgetting_deletes_the_form_of_this_person_alone(gone: Riverside, databases: Databases):
    gone.says("bob", "/stop")
    for who in ("ann", "bob"):
        reaches_the_words(gone, who)
    gone.presses("ann", "forget:sure")
    assert len(databases.rows()["poolballot"]) == 1
    assert held(gone, "bob").answers["reason"] == "time"


def test_a_copy_with_answers_has_the_form_as_it_was_shown_and_one_without_has_none_of_it(gone: Riverside):
    reaches_the_words(gone, "ann")
    gone.says("ann", CANARY)
    plain = gone.presses("ann", "export:plain").screens
    assert not any(CANARY in screen.text for screen in plain)
    assert not any(words.EXPORT_CLOSED in screen.text for screen in plain)  # of weeks before, this is kept
    assert any(words.EXPORT_CLOSED in screen.text for screen in gone.presses("bob", "export:plain").screens)
    assert "waiting" not in json.loads(plain[-1].document or b"")
    whole = gone.presses("ann", "export:all").screens
    text = "\n".join(screen.text for screen in whole)
    assert f"{words.EXPORT_WAITING}\nWhat is your main reason for leaving?\n→ No time" in text
    assert f"What should we change? Please do not put names in it.\n→ {CANARY}" in text
    (kept,) = json.loads(whole[-1].document or b"")["waiting"]
    assert kept["answers"][1] == {"question": "Would you come back one day?", "answer": "Mostly"}


# --- what becomes of it


def leaves(town: Riverside, *people: str) -> None:
    for who in people:
        town.says(who, "/stop")
        town.taps(who, WHY)
        town.taps(who, "I was not heard")
        town.taps(who, "Not much")


def cells(town: Riverside) -> list[Cell]:
    """What the last digest tells of the form."""
    return [cell for each in town.digests()[-1].sets if each.flow == "exit-form@1" for cell in each.cells]


def a_period(town: Riverside) -> None:
    for _ in range(4):
        town.opens()
        town.closes()


LEAVERS = ("ann", "bob", "cat", "dan", "eve")


def test_four_who_leave_are_told_of_nowhere_and_their_forms_wait(town: Riverside, databases: Databases):
    town.joins(*LEAVERS, "fay", seats=("frontline",))
    leaves(town, *LEAVERS[:4])
    a_period(town)
    assert not cells(town)
    assert len(databases.rows()["poolballot"]) == 4


def test_a_form_opened_and_left_empty_does_not_count(town: Riverside, databases: Databases):
    town.joins(*LEAVERS, "fay", seats=("frontline",))
    leaves(town, *LEAVERS[:4])
    town.says("eve", "/stop")
    town.taps("eve", WHY)
    town.taps("eve", words.SKIP)
    a_period(town)
    assert not cells(town)
    assert len(databases.rows()["poolballot"]) == 5


def test_with_the_fifth_they_are_told_once_and_forgotten(town: Riverside, store: Store, databases: Databases):
    town.joins(*LEAVERS, "fay", "gus", seats=("frontline",))
    leaves(town, *LEAVERS)
    a_period(town)
    (cell,) = cells(town)
    assert cell.figure is not None
    assert databases.rows()["poolballot"] == databases.rows()["pool"] == []
    assert store.keys.pools() == frozenset()
    leaves(town, "fay")  # a new pool
    a_period(town)
    assert not cells(town)
    assert len(databases.rows()["poolballot"]) == 1


def test_who_has_been_counted_and_taps_on_begins_anew(town: Riverside, databases: Databases):
    town.joins(*LEAVERS, "fay", seats=("frontline",))
    leaves(town, *LEAVERS)
    a_period(town)
    reply = town.taps("ann", words.NO_NOTE)
    assert reply.notice == words.STALE
    assert "What is your main reason for leaving?" in town.sees("ann")
    assert databases.rows()["poolballot"] == []


def test_the_button_says_how_many_questions_there_are(gone: Riverside):
    flow = gone.desk.flows.newest(leaving.FORM).flow
    asked = {question.id for question in flow.questions} - {shown for _, shown in flow.comments}
    assert len(asked) == 3
    assert "three questions" in WHY
