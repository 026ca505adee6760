"""What a member sees, tap by tap, in the weekly check-in."""

import logging
from dataclasses import replace

import pytest
from playbook import Asked, Play, Saved, Told, Words

from flows.answers import NOTE_LIMIT, RAW_LIMIT, clean
from flows.effects import Ask, Finished, Notice
from flows.engine import Engine
from flows.errors import UnknownItem, WrongFlow
from flows.events import Opened, Tapped
from flows.load import library
from flows.run import Run

WEEKLY = Engine(library()["weekly-pulse@1"])


def play(rotating: str | None = "T2") -> Play:
    return Play(WEEKLY, rotating)


def at(*codes: str, rotating: str | None = "T2") -> Play:
    """A check-in in which these were tapped so far."""
    game = play(rotating)
    for code in codes:
        game = game >> code
    return game


def written(words: str) -> Play:
    """A check-in that shows these words of a note, and asks whether to share them."""
    return at("75", "75", "75", "75", "kind") >> Words(words)


def test_a_check_in_is_five_taps_a_note_and_an_end():
    assert (
        play() << Asked("T1", at="1 of 5")
        >> "75" << Asked("P1", at="2 of 5")
        >> "75" << Asked("E1", at="3 of 5")
        >> "75" << Asked("T2", at="4 of 5")
        >> "75" << Asked("helped", at="5 of 5")
        >> "plan" << Asked("note", at="0 of 5")
        >> Words("We met on time.") << Asked("share", choices=("yes", "no"), at="0 of 5", quoted="We met on time.")
        >> "yes" << Saved()
    )  # fmt: skip


def test_answers_are_kept_by_question_and_the_rotating_one_by_its_item():
    game = at("75", "50", "unsure", "100", "heard", rotating="P7") >> Words("Thanks") >> "yes" << Saved()
    assert game.run == Run(
        "run00001",
        "weekly-pulse@1",
        "done",
        turn=8,
        answers={
            "T1": "75",
            "P1": "50",
            "E1": "unsure",
            "P7": "100",
            "helped": "heard",
            "note": "Thanks",
            "share": "yes",
        },
        rotating="P7",
    )


def test_the_first_screen_says_all_there_is_to_show():
    assert WEEKLY.view(play().run) == Ask(
        question="T1",
        turn=0,
        text="Could you count on the other people in this group this week?",
        choices=(
            ("0", "Not at all"),
            ("25", "Not much"),
            ("50", "In part"),
            ("75", "Mostly"),
            ("100", "Yes, fully"),
            ("unsure", "Can't say"),
        ),
        theme="trust",
        kind="scale",
        position=1,
        total=5,
        can_back=False,
        can_skip=True,
        quoted=None,
    )


@pytest.mark.parametrize(
    ("codes", "rotating", "tap"),
    [
        (("100", "0", "75", "50"), "T2", "help_power"),
        (("25", "75", "75", "50"), "T2", "help_trust"),
        (("100", "75", "25", "50"), "T2", "help_part"),
        (("50", "50", "50", "50"), "T2", "helped"),
        (("25", "0", "0", "50"), "T2", "help_power"),  # power and part tie
        (("0", "25", "0", "50"), "T2", "help_trust"),  # trust and part tie
        (("0", "0", "0", "0"), "T2", "help_power"),
        (("25", "25", "0", "50"), "T2", "help_part"),
        (("75", "75", "75", "0"), "T2", "help_trust"),  # a low answer to the rotating item counts
        (("75", "75", "75", "0"), "E2", "help_part"),
        (("75", "75", "75", "100"), "P10r", "help_power"),  # 100 on a reversed item is 0
        (("75", "75", "75", "0"), "P10r", "helped"),
        (("unsure", "unsure", "25", "unsure"), "T2", "help_part"),
        ((".skip", ".skip", ".skip", ".skip"), "T2", "helped"),  # nothing scored is nothing low
        (("unsure", "unsure", "50", "unsure"), "T2", "helped"),
    ],
)
def test_the_fifth_tap_asks_about_the_lowest_theme(codes, rotating, tap):
    assert at(*codes, rotating=rotating) << Asked(tap, at="5 of 5")


def test_three_times_cannot_say_asks_about_contact_and_stops():
    game = at("unsure", "unsure", "unsure") << Asked("contact", choices=("yes", "no"), at="4 of 4")
    assert game >> "no" << Saved()
    assert game.run.answers["contact"] == "no"


def test_skipping_the_anchors_is_not_cannot_say():
    assert at("unsure", "unsure", ".skip") << Asked("T2", at="4 of 5")


def test_contact_is_taken_back_with_the_answer_that_led_to_it():
    game = at("unsure", "unsure", "unsure", "yes") << Saved()
    game = game >> ".again" >> "50" >> ".skip" >> ".skip" << Asked("T2")
    assert game.run.answers == {"T1": "50"}


def test_without_a_rotating_item_that_place_is_left_out():
    assert at("75", "75", "75", rotating=None) << Asked("helped", at="4 of 4")


def test_skip_takes_an_earlier_answer_away():
    game = at("0") >> ".back" << Asked("T1") >> ".skip" << Asked("P1")
    assert game.run.answers == {}


def test_skip_is_offered_on_every_question():
    game = play()
    for _ in range(6):
        assert game.seen.can_skip
        game = game >> ".skip"
    assert game << Saved()
    assert game.run.answers == {}


def test_back_asks_again_without_showing_the_answer():
    game = at("0", "25") >> ".back" << Asked("P1")
    assert game.run.turn == 3
    assert game.seen == replace(WEEKLY.view(at("0").run), turn=3)
    assert game.run.answers == {"T1": "0", "P1": "25"}


def test_back_passes_over_what_does_not_apply():
    assert at("100", "0", "75", "50", "who") >> ".back" << Asked("help_power") >> ".back" << Asked("T2")
    assert at("unsure", "unsure", "unsure") >> ".back" << Asked("E1")


def test_there_is_nothing_before_the_first_question():
    game = play() >> ".back" << Told("unfit")
    assert game.run.turn == 0


def test_a_change_of_mind_drops_the_help_that_no_longer_applies():
    game = at("100", "0", "75", "50", "who", ".done") >> ".again" >> "100" >> "75" << Asked("E1")
    assert game.run.answers == {"T1": "100", "P1": "75", "E1": "75", "T2": "50"}
    assert game >> "75" >> "50" << Asked("helped")


def test_starting_over_keeps_each_answer_until_it_is_given_anew():
    game = at("100", "75", "75", "50", "plan") >> Words("First") >> "yes" << Saved()
    before = game.run.answers
    assert game >> ".again" << Asked("T1", at="1 of 5")
    assert game.run.answers == before
    game = game >> "50" >> "75" >> "75" >> "50" >> "plan" >> Words("Second") >> "yes" << Saved()
    assert game.run.answers == {**before, "T1": "50", "note": "Second"}


def test_a_note_can_be_left_out():
    for control in (".done", ".skip"):
        game = at("75", "75", "75", "75", "kind") >> control << Saved()
        assert "note" not in game.run.answers


def test_a_note_is_shown_as_everyone_would_see_it_before_it_is_shared():
    game = written("  We\u200b met \u202etwice.\r\n") << Asked("share", quoted="We met twice.")
    assert game.run.answers["note"] == "We met twice."
    assert (game.seen.position, game.seen.can_back, game.seen.can_skip) == (0, True, False)


@pytest.mark.parametrize("reply", ["no", ".skip"])
def test_words_that_are_not_shared_are_not_kept(reply):
    game = written("We met twice.") >> reply << Saved()
    assert game.run.answers == {"T1": "75", "P1": "75", "E1": "75", "T2": "75", "helped": "kind"}


def test_back_from_the_words_leads_to_the_note_to_type_it_again():
    game = written("We met twice.") >> ".back" << Asked("note") >> Words("We met.") << Asked("share", quoted="We met.")
    assert game >> "yes" << Saved()
    assert (game.run.answers["note"], game.run.answers["share"]) == ("We met.", "yes")


def test_a_note_left_out_after_all_takes_its_words_away():
    game = written("We met twice.") >> ".back" >> ".skip" << Saved()
    assert "note" not in game.run.answers


def test_a_yes_to_earlier_words_does_not_share_new_ones():
    game = written("First") >> "yes" >> ".again" >> "75" >> "75" >> "75" >> "75" >> "kind" >> Words("Second")
    assert game << Asked("share", quoted="Second")
    assert "share" not in game.run.answers


def test_shared_words_go_with_the_note_they_were_asked_in():
    game = written("We met twice.") >> "yes" >> ".again" >> "unsure" >> "unsure" >> "unsure" << Asked("contact")
    assert game.run.answers == {"T1": "unsure", "P1": "unsure", "E1": "unsure"}


def test_words_where_their_sharing_is_asked_ask_for_a_tap():
    game = written("First") >> Words("Second") << Told("please_tap")
    assert game.run.answers["note"] == "First"


def test_a_tap_from_an_earlier_screen_is_stale():
    game = at("75") >> Tapped(0, "0") << Told("stale")
    assert game.run.answers == {"T1": "75"}
    assert game >> Tapped(2, "0") << Told("stale")


@pytest.mark.parametrize("code", ["101", "", "yes", "who", ".done", ".again", ".quit", "note", "\uff17\uff15"])
def test_a_code_that_is_no_choice_here_does_not_fit(code):
    game = play() >> code << Told("unfit")
    assert game.run == play().run


def test_words_where_a_button_was_asked_for_ask_for_a_tap():
    assert play() >> Words("Mostly") << Told("please_tap")


def test_the_end_takes_no_words_and_no_choice():
    game = at("75", "75", "75", "75", "kind", ".done")
    assert game >> Words("One more thing") << Told("no_words_here")
    assert game >> "75" << Told("unfit") >> ".back" << Told("unfit") >> ".skip" << Told("unfit")


def test_a_note_is_too_long_by_its_length_after_cleaning():
    note = at("75", "75", "75", "75", "kind")
    assert note >> Words("n" * (NOTE_LIMIT + 1)) << Told("too_long", NOTE_LIMIT + 1)
    assert note >> Words("n" * 4096) << Told("too_long", 4096)
    assert note >> Words("n" * (RAW_LIMIT + 1)) << Told("too_long", RAW_LIMIT + 1)
    assert note >> Words("  " + "n\u200b" * NOTE_LIMIT + "\r\n") << Asked("share", quoted="n" * NOTE_LIMIT)
    assert note.run.answers["note"] == "n" * NOTE_LIMIT


@pytest.mark.parametrize("words", ["", "   ", "\n\n", "\u200b\ufeff", "\u2800\u3164", "\ufe0f", "\x00"])
def test_a_note_with_nothing_to_see_is_empty(words):
    assert at("75", "75", "75", "75", "kind") >> Words(words) << Told("empty")


def test_a_code_tapped_on_the_note_does_not_fit():
    assert at("75", "75", "75", "75", "kind") >> "75" << Told("unfit")


def test_opening_shows_where_the_run_stands_and_changes_nothing():
    for game in (play(), at("75", "0"), at(".skip", ".skip", ".skip", ".skip", ".skip", ".skip")):
        run, effects = WEEKLY.step(game.run, Opened())
        assert run is game.run
        assert effects == (WEEKLY.view(game.run),)


def test_a_closed_run_takes_nothing_and_shows_nothing():
    closed = replace(at("75").run, closed=True)
    for event in (Opened(), Tapped(1, "75"), Tapped(0, "75")):
        assert WEEKLY.step(closed, event) == (closed, (Notice("closed"),))


def test_a_run_whose_answers_are_gone_can_still_be_finished():
    lost = Run("run00001", "weekly-pulse@1", "help_power", turn=4, rotating="T2")
    assert WEEKLY.view(lost).position == 0
    run, (seen,) = WEEKLY.step(lost, Tapped(4, "who"))
    assert (seen.question, run.answers) == ("helped", {})
    for control in (".skip", ".done"):
        run, (seen,) = WEEKLY.step(run, Tapped(run.turn, control))
    assert seen == Finished(8)


def test_a_yes_to_words_that_are_gone_shares_nothing():
    lost = Run("run00001", "weekly-pulse@1", "share", turn=6, rotating="T2")
    assert WEEKLY.view(lost).quoted is None
    run, (seen,) = WEEKLY.step(lost, Tapped(6, "yes"))
    assert (seen, run.answers) == (Finished(8), {})


@pytest.mark.parametrize(
    "run",
    [
        Run("r", "weekly-pulse@2", "T1"),
        Run("r", "weekly-pulse@1", "T99"),
        Run("r", "weekly-pulse@1", "T2", rotating="T2"),  # a state is the place, not the item
        Run("r", "weekly-pulse@1", "T3", rotating="T2"),
        Run("r", "weekly-pulse@1", "rotating"),
        Run("r", "weekly-pulse@1", "T1", rotating="T1"),
        Run("r", "weekly-pulse@1", "done", rotating="X1"),
    ],
)
def test_a_run_that_does_not_fit_the_flow_is_a_bug_of_the_caller(run):
    with pytest.raises(WrongFlow, match="does not fit weekly-pulse@1"):
        WEEKLY.view(run)
    with pytest.raises(WrongFlow):
        WEEKLY.step(run, Opened())


def test_only_an_item_of_the_bank_can_rotate():
    for item in ("T1", "note", "X9"):
        with pytest.raises(UnknownItem):
            WEEKLY.first("run00001", item)


def test_the_log_never_names_a_state(caplog):
    with caplog.at_level(logging.DEBUG):
        assert at("100", "0", "75", "50") << Asked("help_power")
        assert play() >> ".back" << Told("unfit")
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("  Hello \n", "Hello"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\n\n\n \n\nb", "a\n\nb"),
        ("tab\there", "tab here"),
        ("nu\x00l be\x07ll", "nul bell"),
        ("cafe\u0301", "caf\u00e9"),
        ("cafe\u200b\u0301", "caf\u00e9"),
        ("\u202eevil\u202c \u2066x\u2069 \u200ey\u200f", "evil x y"),
        ("half \ud83d pair", "half \ufffd pair"),
        ("whole \ud83d\ude00 pair", "whole \U0001f600 pair"),
        ("flag\U000e0067\U000e007f", "flag"),
        ("\u2764\ufe0f", "\u2764"),
        ("a\U000e0101\ufe01\u3164b", "ab"),
        ("\u0645\u0631\u062d\u0628\u0627", "\u0645\u0631\u062d\u0628\u0627"),
    ],
)
def test_typed_words_are_cleaned_once_for_all(raw, kept):
    assert clean(raw) == kept


@pytest.mark.parametrize(
    "codes",
    [
        ("unsure", "unsure", "unsure", "no"),
        ("75", "75", "75", "75", "kind", ".skip"),
        ("0", "0", "0", "0", "who", ".skip"),
    ],
)
def test_the_turn_of_a_finished_check_in_does_not_tell_what_was_said(codes):
    assert at(*codes).run.turn == 8
    assert (at("75", "75", "75", "75", "kind") >> Words("We met twice") >> "yes").run.turn == 8
