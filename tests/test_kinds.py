"""The kinds of question beside scale, choice and note: several choices, yes or no, a number, a date."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playbook import EVERY_KIND, Asked, Play, Saved, Told, Words

from flows.answers import RAW_LIMIT
from flows.effects import Ask
from flows.engine import Engine
from flows.events import Tapped, Wrote
from flows.load import library, load

FLOW = load(EVERY_KIND)
ENGINE = Engine(FLOW)
VOTE = Engine(library()["risk-vote@1"])


def at(*replies: str | Words) -> Play:
    """A check-in with every kind, in which these were tapped and written so far."""
    game = Play(ENGINE, "B1")
    for reply in replies:
        game = game >> reply
    return game


TO_NEEDS = ("75", "half", "half", "half")
TO_MET = (*TO_NEEDS, ".done")
TO_OFTEN = (*TO_MET, "yes")
TO_FIRST = (*TO_OFTEN, Words("4"))


def test_a_check_in_of_every_kind_goes_from_end_to_end():
    game = (
        at() << Asked("T1", at="1 of 6")
        >> "75" << Asked("step") >> "half" << Asked("undone") >> "half" << Asked("B1") >> "finished"
        << Asked("needs", at="5 of 6", picked=())
        >> "time" << Asked("needs", at="5 of 6", picked=("time",)) >> ".done"
        << Asked("met", at="6 of 6", choices=("yes", "no"))
        >> "yes" << Asked("often", at="7 of 7", choices=())
        >> Words("12") << Asked("first", at="8 of 8")
        >> Words("3/6/2026") << Asked("high") >> Words("It works.")
        << Asked("note") >> ".skip" << Saved()
    )  # fmt: skip
    assert game.run.answers == {
        "T1": "75", "step": "half", "undone": "half", "B1": "finished", "needs": "time", "met": "yes", "often": "12",
        "first": "2026-06-03", "high": "It works.",
    }  # fmt: skip


def test_picking_marks_the_choice_on_the_same_question_and_keeps_it_at_once():
    game = at(*TO_NEEDS) >> "people" << Asked("needs", picked=("people",))
    assert (game.run.turn, game.run.state, game.run.answers["needs"]) == (5, "needs", "people")
    game = game >> "money" << Asked("needs", picked=("money", "people"))
    assert game.run.answers["needs"] == "money,people"  # in the order of the list, not of the taps
    assert FLOW.chosen("needs", "money,people") == ("money", "people")


def test_picking_again_puts_it_back():
    game = at(*TO_NEEDS, "time", "time") << Asked("needs", picked=())
    assert "needs" not in game.run.answers


def test_no_more_may_be_picked_than_the_question_says():
    game = at(*TO_NEEDS, "money", "time") >> "people" << Told("too_many", 2)
    assert game.run.answers["needs"] == "money,time"
    assert game >> "time" << Asked("needs", picked=("money",)) >> "people" << Asked("needs", picked=("money", "people"))


def test_the_screen_says_how_many_may_be_picked():
    assert (at(*TO_NEEDS).seen.kind, at(*TO_NEEDS).seen.most) == ("several", 2)
    assert (at().seen.kind, at().seen.most, at().seen.picked) == ("scale", None, ())


def test_going_on_keeps_what_is_picked_and_skipping_clears_it():
    assert at(*TO_NEEDS, "time", ".done").run.answers["needs"] == "time"
    assert "needs" not in at(*TO_NEEDS, "time", ".skip").run.answers
    assert "needs" not in at(*TO_NEEDS, ".done").run.answers


def test_going_back_shows_what_is_picked_still():
    assert at(*TO_NEEDS, "time", ".done", ".back") << Asked("needs", picked=("time",))


def test_a_pick_from_an_earlier_screen_is_stale_and_words_ask_for_a_tap():
    game = at(*TO_NEEDS, "time")
    assert game >> Tapped(4, "money") << Told("stale")
    assert game >> Words("Money") << Told("please_tap")
    assert game >> "10" << Told("unfit")


def test_picks_whose_codes_are_gone_are_left_out():
    run = replace(at(*TO_NEEDS).run, answers={"T1": "75", "needs": "gone,time"})
    after, (seen,) = ENGINE.step(run, Tapped(run.turn, "money"))
    assert (after.answers["needs"], seen.picked) == ("money,time", ("money", "time"))


def test_the_turn_of_a_finished_vote_does_not_tell_how_many_were_picked():
    turns = set()
    for picks in ((), ("money",), ("money", "people", "load")):
        for note in (".skip", Words("So it is.")):
            game = Play(VOTE, None) >> "75" >> "75" >> "75"
            for pick in picks:
                game = game >> pick
            game = game >> ".done" >> note
            game = game if note == ".skip" else game >> "yes"
            assert game << Saved()
            turns.add(game.run.turn)
    assert len(turns) == 1


@pytest.mark.parametrize("flow", library().values(), ids=lambda flow: flow.ref)
def test_the_turn_of_a_finished_check_in_does_not_tell_who_wrote_a_note(flow):
    turns = set()
    for written in (False, True):
        game = Play(Engine(flow), None)
        while isinstance(game.seen, Ask):
            typed = game.seen.kind == "text" and written
            game = game >> (Words("Words") if typed else game.seen.choices[0][0] if game.seen.quoted else ".skip")
        turns.add(game.run.turn)
    assert len(turns) == 1


@pytest.mark.parametrize(
    ("words", "kept"),
    [("12", "12"), (" 012 ", "12"), ("+7", "7"), ("1", "1"), ("30", "30"), ("\u0661\u0662", "12"), ("1\u200b2", "12")],
)
def test_a_number_is_kept_in_its_plainest_form(words, kept):
    assert (at(*TO_OFTEN) >> Words(words)).run.answers["often"] == kept


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("0", Told("too_small", 1)), ("-3", Told("too_small", 1)), ("31", Told("too_large", 30)),
        ("999999999999999", Told("too_large", 30)), ("9999999999999999", Told("no_number")), ("", Told("no_number")),
        ("two", Told("no_number")), ("1.5", Told("no_number")), ("1,5", Told("no_number")), ("1 2", Told("no_number")),
        ("12 times", Told("no_number")), ("--1", Told("no_number")), ("\u00b2", Told("no_number")),
        ("1" * (RAW_LIMIT + 1), Told("too_long", RAW_LIMIT + 1)),
    ],
)  # fmt: skip
def test_what_is_no_number_that_fits_says_so(words, told):
    game = at(*TO_OFTEN) >> Words(words) << told
    assert "often" not in game.run.answers


def test_a_number_below_zero_may_be_typed_with_either_minus(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(EVERY_KIND.read_text().replace("least: 1, most: 30", "most: 30"))
    engine = Engine(load(path))
    for words in ("-3", "\u22123"):
        assert engine.step(at(*TO_OFTEN).run, Wrote(words))[0].answers["often"] == "-3"


@pytest.mark.parametrize(
    "words", ["2026-06-03", "3/6/2026", "3.6.2026", "3-6-2026", "03/06/2026", "2026-6-3", " 3/6/2026 ", "\u0663/6/2026"]
)
def test_a_day_may_be_typed_in_the_usual_ways_with_the_day_first(words):
    assert (at(*TO_FIRST) >> Words(words)).run.answers["first"] == "2026-06-03"


@pytest.mark.parametrize(
    "words",
    ["", "June", "3 June 2026", "2026", "31/6/2026", "29/2/2026", "3/13/2026", "0/1/2026", "3/6.2026", "3/6/26",
     "0000-01-01", "2026/06/03", "2026-06-03T10:00"],
)  # fmt: skip
def test_what_is_no_day_says_so(words):
    game = at(*TO_FIRST) >> Words(words) << Told("no_date")
    assert "first" not in game.run.answers


def test_a_number_and_a_day_may_be_skipped_and_take_no_other_tap():
    assert "often" not in at(*TO_OFTEN, Words("3"), ".back", ".skip").run.answers
    assert at(*TO_OFTEN) >> "3" << Told("unfit")
    assert at(*TO_FIRST) >> ".done" << Told("unfit")


@given(st.dates())
def test_any_day_is_kept_as_it_was_meant(day):
    for words in (day.isoformat(), f"{day.day}/{day.month}/{day.year:04}"):
        assert (at(*TO_FIRST) >> Words(words)).run.answers["first"] == day.isoformat()


@pytest.mark.parametrize(
    ("replies", "then"),
    [
        (("75", "half", "half", "half", ".done", "no"), "alone"),
        (("75", "half", "half", "half", "people", ".done", "no"), "high"),  # one of those in the list
        (("75", "half", "half", "half", "time", "people", ".done", "no"), "high"),  # among those picked
        (("75", "finished", "half", "half", ".done", "no"), "high"),  # a score above the line
        (("75", "unsure", "half", "half", ".done", "no"), "high"),  # no score is not at most anything
        (("75", "half", "half", "half", "time", "money", ".done", ".skip"), "which"),
        (("75", "half", "not_yet", "half", ".done", ".skip"), "which"),  # a reversed item counts turned round
        (("75", "half", "finished", "half", ".done", ".skip"), "low"),
        (("75", "unsure", "unsure", "half", ".done", ".skip"), "which"),
        (("75", ".skip", ".skip", ".skip", ".skip", ".skip"), "high"),
        (("75", "half", "half", "half", ".done", "yes", Words("1")), "high"),
        (("75", "half", "half", "half", ".done", "yes", Words("2")), "first"),
        (("75", "half", "half", "half", ".done", "yes", ".skip"), "high"),  # a missing answer is not at least anything
    ],
)
def test_a_condition_compares_what_was_answered(replies, then):
    assert at(*replies) << Asked(then)


def test_after_a_last_yes_or_no_the_check_in_ends():
    assert at(*TO_MET, "no") << Asked("alone") >> "yes" << Saved()


def test_the_heading_stands_above_the_flows_own_scored_questions_alone():
    seen = {}
    game = at()
    for reply in ("75", "half", "half", "half", ".done"):
        seen[game.seen.question] = game.seen.heading
        game = game >> reply
    assert seen == {"T1": None, "step": "Right now", "undone": "Right now", "B1": None, "needs": None}


def test_a_place_on_a_scale_counts_its_points_and_not_its_code():
    assert FLOW.scores["step"] == {"not_yet": 0, "half": 50, "finished": 100}
    assert FLOW.scores["undone"] == {"not_yet": 100, "half": 50, "finished": 0}


def test_a_flow_says_of_itself_what_its_readers_ask():
    assert [item.id for item in FLOW.own] == ["step", "undone"]
    assert FLOW.tells == {"needs": "What we need"}
    assert FLOW.told == (("needs", "money"), ("needs", "time"), ("needs", "people"))
    assert FLOW.chosen("met", "yes") == ("yes",)
    assert FLOW.buttons["met"] == (("yes", "Yes"), ("no", "No"))
    assert FLOW.themes["care"].talk.low == ("Who could use a hand?", "Who is not here?")
    assert (FLOW.talk.low, FLOW.talk.steady, FLOW.who) == (("What is in the way?",), (), "everyone")


def test_every_text_of_a_flow_is_said_once_and_nothing_else_is():
    texts = list(FLOW.texts())
    assert len(texts) == len(set(texts))
    wanted = ["Every kind of question", "Right now", "What is in the way?", "Care", "Half done", "More people", "Yes"]
    assert [text for text in texts if text in wanted] == wanted
    assert {"What we need", "Did you meet?", "Is it cold here?", "Who left?", "Mostly", "Share my words"} <= {*texts}
    assert not {"every-kind", "care", "not_yet", "C", "lead/partner+frontline"} & {*texts}
