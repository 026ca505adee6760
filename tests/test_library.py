"""The check-ins that come with the product: what each asks, how long it is, and that it can be read."""

import re
from collections import Counter
from importlib.resources import files

import pytest
from ruamel.yaml import YAML

from flows.engine import Engine
from flows.load import library
from flows.minutes import minutes
from flows.model import Flow, ScaleQuestion
from flows.plan import rotating_item
from flows.reading import grade, words

FLOWS = {flow.id: flow for flow in library().values()}
SETS = {
    "set-up": "S1 S2 S3 S4 S5 S6 S7 S12 S8 S9 S10 S11",
    "six-functions": "F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 F11 F12",
    "ten-characteristics": "C1 C2 C3 C4 C5 C6 C7 C8 C9 C10 C11 C12",
    "lead-partner": "L1 L2 L3 L4 L5 L6 L7 L8 L9 L10",
    "endings": "X1 X2 X3 X4 X5 X6 X7 X8r",
    "stage": "G1 G2 G3 G4 G5 G6 G7",
    "ambition": "A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12",
    "words-and-capacity": "W1 W2 W3 W4 W5 W6 W7 W8",
    "leadership": "D1 D2 D3 D4 D5 D6 D7 D8 D9",
    "induction": "N1 N2 N3 N4 N5 N6 N7 N8",
    "worth-it": "V1 V2 V3",
}
ANCHORS = {"trust": "T1", "power": "P1", "part": "E1"}
MOST = 6.0  # a school grade: about eleven years old
SAFETY = (
    "This is not the place to report harm or danger. If someone is at risk, call 999 or talk to a person you trust."
)
DIGITS = {"three": 3, "four": 4, "five": 5, "six": 6}


def prompts(flow: Flow) -> list[str]:
    """Every question that a digest or a coordinator may be given to talk about."""
    talks = [flow.talk, *(theme.talk for theme in flow.themes.values())]
    return [text for talk in talks for text in (*talk.low, *talk.split, *talk.falling, *talk.steady)]


def taps(flow: Flow) -> int:
    engine = Engine(flow)
    return engine.view(engine.first("run00001", rotating_item(flow, 1))).total


def files_of_the_library() -> list:
    folder = files("flows").joinpath("library")
    return [entry for entry in folder.iterdir() if entry.name.endswith(".yaml")]


def texts_in(path) -> list[str]:
    """Every text in a file that asks, says or labels something in its own right."""
    data = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    asked = [question["ask"] for question in data["questions"] if "ask" in question]
    talks = [theme["talk"] for theme in data.get("themes", {}).values()]
    return asked + [text for talk in talks for texts in talk.values() for text in texts]


# --- what is asked


@pytest.mark.parametrize("flow_id", SETS)
def test_each_set_asks_its_own_items_in_their_order(flow_id: str):
    assert " ".join(item.id for item in FLOWS[flow_id].own) == SETS[flow_id]


def test_the_library_holds_the_weekly_check_in_the_sets_the_votes_and_the_exit_form():
    assert set(FLOWS) == {"weekly-pulse", "risk-vote", "exit-form", *SETS}


def test_no_item_is_asked_under_one_id_in_two_ways():
    asked = {(item.id, item.ask, item.scale, item.reverse) for flow in FLOWS.values() for item in flow.items.values()}
    assert not [item for item, times in Counter(item for item, *_ in asked).items() if times > 1]


def test_only_items_whose_id_says_so_are_turned_round():
    items = [item for flow in FLOWS.values() for item in flow.items.values()]
    assert {item.id for item in items if item.reverse} == {"T10r", "P10r", "E10r", "X8r"}


@pytest.mark.parametrize("flow_id", [flow_id for flow_id in FLOWS if FLOWS[flow_id].who != "leavers"])
def test_the_three_weekly_anchors_come_first_in_each(flow_id: str):
    first = FLOWS[flow_id].questions[:3]
    assert all(isinstance(question, ScaleQuestion) and question.anchor for question in first)
    assert {question.theme: question.id for question in first} == ANCHORS


def test_the_anchors_are_the_same_words_everywhere():
    for theme, anchor in ANCHORS.items():
        assert len({FLOWS[i].item(anchor).ask for i in FLOWS if anchor in FLOWS[i].items}) == 1, theme


def test_scales_are_shared_and_never_drift():
    own = {
        path.name
        for path in files_of_the_library()
        if "scales" in YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    }
    assert own == {"shared.yaml"}


def test_what_is_shared_is_said_once():
    others = [text for path in files_of_the_library() if path.name != "shared.yaml" for text in texts_in(path)]
    assert not [text for text in texts_in(files("flows").joinpath("library", "shared.yaml")) if text in others]


def test_each_set_offers_something_to_talk_about_when_it_is_low_and_when_views_are_split():
    for flow_id in SETS:
        assert FLOWS[flow_id].talk.low, flow_id
        assert FLOWS[flow_id].talk.split, flow_id


def test_each_weekly_theme_has_something_to_talk_about_in_all_four_cases():
    for theme in FLOWS["weekly-pulse"].themes.values():
        assert theme.talk.low
        assert theme.talk.split
        assert theme.talk.falling
        assert theme.talk.steady


def test_prompts_are_questions_that_blame_nobody():
    for flow in FLOWS.values():
        for prompt in prompts(flow):
            assert prompt.endswith("?"), prompt
            assert not re.search(r"\b(fault|blame|fail|committed|refuse)", prompt, re.IGNORECASE), prompt


def test_the_lead_partner_review_compares_lead_staff_with_everyone_else():
    assert FLOWS["lead-partner"].compare == "lead/partner+frontline+lived+commissioner"
    assert [flow_id for flow_id in FLOWS if FLOWS[flow_id].compare] == ["lead-partner"]


def test_a_step_counts_only_when_it_is_done():
    stage = FLOWS["stage"]
    assert {code: stage.score("G1", code) for code in ("not_yet", "started", "done", "unsure")} == {
        "not_yet": 0,
        "started": 0,
        "done": 100,
        "unsure": None,
    }
    assert stage.share == "say “Done”"
    assert set(stage.scores["T1"].values()) == {0, 25, 50, 75, 100}


def test_the_votes_and_forms_say_what_they_are_told_as():
    told = {flow_id: label for flow_id, flow in FLOWS.items() for label in flow.tells.values()}
    assert told == {
        "weekly-pulse": "What would help",
        "stage": "Most like us now",
        "risk-vote": "What could trip us up",
        "exit-form": "Why people left",
    }


def test_up_to_three_risks_may_be_picked():
    vote = FLOWS["risk-vote"]
    assert vote.picks == {"risks": 3}
    assert len(vote.choices["risks"]) == 9


def test_joiners_and_leavers_have_check_ins_of_their_own():
    assert {flow_id: flow.who for flow_id, flow in FLOWS.items() if flow.who != "everyone"} == {
        "induction": "joiners",
        "exit-form": "leavers",
    }


def test_every_check_in_but_the_exit_form_ends_with_the_same_note():
    for flow_id, flow in FLOWS.items():
        assert flow.comments == ((("change", "share_change"),) if flow_id == "exit-form" else (("note", "share"),))


# --- how long it takes


@pytest.mark.parametrize("flow_id", FLOWS)
def test_no_check_in_has_more_than_fifteen_taps(flow_id: str):
    assert taps(FLOWS[flow_id]) <= 15


@pytest.mark.parametrize("flow_id", [flow_id for flow_id in FLOWS if flow_id != "exit-form"])
def test_a_check_in_says_at_its_start_how_many_taps_it_has(flow_id: str):
    said = re.search(r"It has (\w+) taps\.", FLOWS[flow_id].intro)
    assert said is not None
    assert int(DIGITS.get(said[1], said[1])) == taps(FLOWS[flow_id])


@pytest.mark.parametrize("flow_id", FLOWS)
def test_a_check_in_says_at_its_start_how_long_it_takes(flow_id: str):
    said = re.search(r"(?:It takes|They take) about (a|two|three) minutes?\.", FLOWS[flow_id].intro)
    assert said is not None
    assert minutes(FLOWS[flow_id]) <= {"a": 1, "two": 2, "three": 3}[said[1]] + 0.5


@pytest.mark.parametrize("flow_id", FLOWS)
def test_a_check_in_says_that_one_may_skip_and_stop_and_where_to_turn_in_danger(flow_id: str):
    intro = FLOWS[flow_id].intro
    assert "You can skip any question. You can stop at any time." in " ".join(intro.split())
    assert intro.endswith(SAFETY)


def test_every_set_asks_how_things_are_right_now_and_votes_and_forms_do_not():
    now = {flow_id for flow_id, flow in FLOWS.items() if flow.heading == "Right now"}
    assert now == SETS.keys() - {"worth-it"}


# --- that it can be read; tests/test_reading.py looks at every text and button of the library besides


@pytest.mark.parametrize("flow_id", FLOWS)
def test_titles_and_lines_of_a_digest_are_easy_to_read_where_they_stand(flow_id: str):
    flow = FLOWS[flow_id]
    assert grade(f"How we are doing\n{flow.title}") <= MOST
    for question, label in flow.tells.items():
        choices = next(q.choices for q in flow.questions if q.id == question)
        assert grade(". ".join([label, *(choice.text for choice in flow.choices[choices])])) <= MOST


@pytest.mark.parametrize("flow_id", FLOWS)
def test_a_question_has_one_idea_and_at_most_fifteen_words(flow_id: str):
    for item in FLOWS[flow_id].items.values():
        assert len(words(item.ask)) <= 15, item.ask


def test_questions_have_no_short_forms():
    for flow in FLOWS.values():
        for item in flow.items.values():
            assert not re.search(r"n't\b|\b[A-Z]{2,}\b", item.ask), item.ask


@pytest.mark.parametrize("flow_id", FLOWS)
def test_the_lock_screen_shows_nothing_of_what_is_asked(flow_id: str):
    shown = FLOWS[flow_id].intro[:80]
    assert not re.search(r"trust|power|taking part|partner|lived|council|money|leav(?:e|ing)", shown, re.IGNORECASE)


def test_no_check_in_is_named_after_somebody_elses_instrument():
    for flow in FLOWS.values():
        said = f"{flow.id} {flow.title} {flow.intro}"
        assert not re.search(r"MEAM|Tuckman|Purdy|PAT\b|Nuffield|Working Partnership", said), flow.id
