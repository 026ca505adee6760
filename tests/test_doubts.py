"""A flow that is whole may still be looked at again: what its author is warned of, and at which line."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playbook import EVERY_KIND

from bot import leaving
from flows.guards import predicate
from flows.load import examine, library, load
from flows.minutes import longest, minutes
from flows.model import ChoiceQuestion, Flow
from flows.plan import EXIT_FORM, INDUCTION
from flows.reach import reached

PULSE = library()["weekly-pulse@1"]
GOOD = """\
spec: "1.1"
id: small
version: 1
title: Small
intro: Hello.
end: Saved.
choices:
  helps:
    - {code: plan, text: A plan}
    - {code: news, text: Good news}
questions:
  - use: T1
  - {id: met, ask: Did you meet?, kind: yes-no}
  - {id: days, ask: How many days?, kind: number, least: 1, most: 7}
  - {id: help, ask: What would help?, choices: helps}
  - {id: more, ask: What else?, choices: helps}
"""


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Flow:
    path = tmp_path_factory.mktemp("small") / "flow.yaml"
    path.write_text(GOOD)
    return load(path)


HELP = "  - {id: help, ask: What would help?, choices: helps}\n"
NEVER = "nobody is ever asked this question"


def warned(tmp_path, text: str) -> list[str]:
    """Each warning as "line:column what", of a file that has no problems."""
    path = tmp_path / "flow.yaml"
    path.write_text(text)
    report = examine(path)
    assert report.flow == load(path)
    assert report.problems == ()
    assert all(warning.severity == "warning" for warning in report.warnings)
    return [f"{warning.line}:{warning.column} {warning.what}" for warning in report.warnings]


def when(condition: str) -> str:
    return GOOD.replace(HELP, HELP.replace("choices", f"when: {condition}, choices"))


def test_a_plain_flow_needs_no_warning(tmp_path):
    assert warned(tmp_path, GOOD) == []


def test_a_file_with_problems_has_no_flow_and_no_warnings_yet(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD.replace("helps}", "halps}"))
    report = examine(path)
    assert (report.flow, report.warnings) == (None, ())
    assert [(problem.line, problem.severity) for problem in report.problems] == [(15, "error"), (16, "error")]


def test_a_warning_says_so_in_its_line(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD.replace("A plan", "A" * 41))
    (warning,) = examine(path).warnings
    assert str(warning) == (
        f"{path}:9:26: warning: a button of 41 characters is cut short on a phone. To mend: use 40 or less."
    )


def test_words_that_are_hard_to_read_are_found_where_they_stand(tmp_path):
    hard = "Did organisational accountability necessitate transparency?"
    assert warned(tmp_path, GOOD.replace("Did you meet?", hard))[0].startswith("13:20 this reads at school grade")
    assert warned(tmp_path, GOOD.replace("Hello.", hard))[0].startswith("5:8 this reads at school grade")


def test_two_buttons_that_say_the_same_are_found_at_the_second(tmp_path):
    same = GOOD.replace("Good news", "A plan")
    assert warned(tmp_path, same) == ["10:26 another button of this list says “A plan” too"]


@pytest.mark.parametrize(("who", "asked"), [("joiners", INDUCTION), ("leavers", EXIT_FORM)])
def test_a_check_in_that_neither_joiners_nor_leavers_will_be_asked_says_so(tmp_path, who, asked):
    alone = GOOD.replace("end: Saved.", f"end: Saved.\nwho: {who}")
    assert warned(tmp_path, alone) == [f"7:6 {who} are asked `{asked}` and nothing else"]
    assert warned(tmp_path, alone.replace("id: small", f"id: {asked}")) == []


def test_the_form_that_leavers_are_asked_is_the_one_that_stop_offers():
    assert leaving.FORM == EXIT_FORM


def test_more_than_two_minutes_are_more_than_people_give(tmp_path):
    many = "".join(f"  - {{id: Q{n}, ask: Did you do what you said you would do, choices: helps}}\n" for n in range(30))
    assert warned(tmp_path, GOOD + many) == ["11:1 this check-in takes about 2.9 minutes; people give it 2"]


NEVER_HOLDS = [
    '{both: [{answer: met, is: "yes"}, {answer: met, is: "no"}]}',
    "{both: [{answer: T1, at_most: 25}, {answer: T1, at_least: 50}]}",
    "{answer: days, at_least: 8}",
    "{answer: days, at_most: 0}",
    "{both: [{answer: days, at_least: 4}, {answer: days, at_most: 3}]}",
    "{lowest: [power], is: power, at_most: 25}",  # nothing on power is asked
    "{both: [{lowest: [trust], is: trust, at_most: 25}, {lowest: [trust], above: 25}]}",
    "{both: [{all: [T1], are: unsure}, {answer: T1, at_least: 0}]}",
    "{not: {any: [{answer: met, is: yes}, {not: {answer: met, is: yes}}]}}",
]


@pytest.mark.parametrize("condition", NEVER_HOLDS)
def test_a_question_whose_condition_never_holds_is_found(tmp_path, condition):
    text = when(condition) + ("  - use: P1\n" if "power" in condition else "")
    assert [line.split(" ", 1)[1] for line in warned(tmp_path, text)] == [NEVER]


SOMETIMES_HOLDS = [
    '{answer: met, is: "yes"}',
    "{not: {answer: met, in: [yes, no]}}",  # it may be skipped
    "{both: [{answer: days, at_least: 3}, {answer: days, at_most: 3}]}",
    "{lowest: [trust], is: trust, at_most: 0}",
    "{lowest: [trust], above: 100}",
    "{any: [{answer: days, at_least: 8}, {all: [T1], are: unsure}]}",
]


@pytest.mark.parametrize("condition", SOMETIMES_HOLDS)
def test_a_question_whose_condition_may_hold_is_no_matter(tmp_path, condition):
    assert warned(tmp_path, when(condition)) == []


COMPARED = {"T1": ["0", "50", "100", "unsure"], "met": ["yes", "no"]}
NAMES = st.sampled_from(["T1", "met", "days"])
LEAVES = NAMES.flatmap(
    lambda name: (
        st.sampled_from(COMPARED[name]).map(lambda code: {"answer": name, "is": code})
        if name != "days"
        else st.tuples(st.sampled_from(["at_most", "at_least"]), st.integers(0, 8)).map(
            lambda line: {"answer": "days", line[0]: line[1]}
        )
    )
)
GUARDS = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(st.sampled_from(["any", "both"]), st.lists(inner, min_size=1, max_size=3).map(tuple)).map(
            lambda pair: {pair[0]: pair[1]}
        )
        | inner.map(lambda guard: {"not": guard})
    ),
    max_leaves=6,
)


@given(GUARDS)
def test_a_question_is_found_exactly_where_no_answers_at_all_lead_to_it(small, raw):
    guarded = ChoiceQuestion.model_validate({"id": "help", "ask": "So?", "choices": "helps", "when": raw})
    flow = small.model_copy(update={"questions": (*small.questions[:3], guarded)})
    answers = [(None, *["0", "25", "50", "75", "100", "unsure"]), (None, "yes", "no"), (None, *"1234567")]
    holds = predicate(guarded.when, flow.scores)
    every = (
        {name: value for name, value in zip(("T1", "met", "days"), values, strict=True) if value is not None}
        for values in product(*answers)
    )
    assert reached(flow, 3) == any(holds(given_in, {}) for given_in in every)


def test_a_question_that_waits_for_an_answer_nobody_is_asked_for_is_found_too(tmp_path):
    text = when('{both: [{answer: met, is: "yes"}, {answer: met, is: "no"}]}')
    text = text.replace("What else?,", "What else?, when: {answer: help, is: plan},")
    assert warned(tmp_path, text) == [f"15:5 {NEVER}", f"16:5 {NEVER}"]


def test_a_question_behind_an_end_that_takes_in_all_its_cases_is_found(tmp_path):
    ending = GOOD.replace("kind: yes-no}", "kind: yes-no, last: true, when: {answer: T1, at_most: 50}}")
    asked = ending.replace(HELP, HELP.replace("choices", "when: {answer: T1, at_most: 25}, choices"))
    assert warned(tmp_path, ending) == []
    assert warned(tmp_path, asked) == [f"15:5 {NEVER}"]


def test_a_dead_end_is_told_once_and_not_for_each_question_after_it(tmp_path):
    always = '{any: [{answer: T1, is: "0"}, {not: {answer: T1, is: "0"}}]}'
    text = GOOD.replace("kind: yes-no}", f"kind: yes-no, last: true, when: {always}}}")
    assert [line.split(" ", 1)[1] for line in warned(tmp_path, text)] == [
        "nobody is asked anything after this question"
    ]


def test_where_too_many_ways_would_have_to_be_tried_a_question_counts_as_reached(tmp_path):
    asked = "".join(f"  - {{id: q{n}, ask: So?, kind: yes-no}}\n" for n in range(20))
    both = ", ".join(f"{{answer: q{n}, is: {code}}}" for n in range(20) for code in ("yes", "no"))
    over = f"  - {{id: over, ask: So?, kind: yes-no, last: true, when: {{not: {{both: [{both}]}}}}}}\n"
    assert warned(tmp_path, f"{GOOD}{asked}{over}{HELP.replace('help,', 'z,')}") == []


def test_of_many_choices_only_those_that_are_compared_have_to_be_tried(tmp_path):
    many = "".join(f"    - {{code: c{n}, text: Choice {n}}}\n" for n in range(48))
    text = GOOD.replace("questions:", f"{many}questions:").replace(HELP, HELP.replace("choices", "pick: 20, choices"))
    for condition, found in (
        ("{both: [{answer: help, is: plan}, {answer: help, is: c47}]}", []),
        ("{both: [{answer: help, is: plan}, {not: {answer: help, in: [plan, c0]}}]}", [f"64:5 {NEVER}"]),
    ):
        assert warned(tmp_path, text.replace("What else?,", f"What else?, when: {condition},")) == found


def test_what_is_picked_among_several_may_hold_together(tmp_path):
    several = GOOD.replace("choices: helps}\n  - {id: more", "choices: helps, pick: 2}\n  - {id: more")
    both = "{both: [{answer: help, is: plan}, {answer: help, is: news}]}"
    asks_both = several.replace("What else?,", f"What else?, when: {both},")
    assert warned(tmp_path, asks_both) == []
    assert warned(tmp_path, asks_both.replace(", pick: 2", "")) == [f"16:5 {NEVER}"]


def test_the_check_ins_of_the_library_take_about_as_long_as_they_say():
    taken = {ref: minutes(flow) for ref, flow in library().items()}
    assert 1 <= taken["weekly-pulse@1"] <= 1.5
    assert max(taken.values()) < 2.25


def test_a_longer_check_in_takes_longer():
    path = EVERY_KIND
    flow = load(path)
    assert minutes(flow.model_copy(update={"questions": flow.questions[:4]})) < minutes(flow)


def test_the_longest_way_counts_one_of_the_questions_that_shut_each_other_out():
    assert (
        longest(PULSE) == 8
    )  # three anchors, the contact, the rotating item, one of four about help, a note, its sharing
    assert longest(load(EVERY_KIND)) == 15  # of what is low and what is high one, and two taps more for the picks
