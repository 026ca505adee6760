"""A new version of a check-in says which lines of figures go on: the gravest change first, one line each."""

from pathlib import Path

import pytest

from flows.diff import Weight, diff
from flows.load import load
from flows.model import Flow

OLD = """\
spec: "1.1"
id: small
version: 1
title: Small check-in
intro: Hello.
end: Saved.
scales:
  degree:
    - {code: "0", text: "No"}
    - {code: "100", text: "Yes"}
choices:
  helps:
    - {code: plan, text: A plan}
    - {code: news, text: Good news}
    - {code: time, text: More time}
questions:
  - use: T1
  - use: P1
  - {id: C1, theme: trust, scale: degree, ask: Was it calm?}
  - {id: C2, theme: power, scale: degree, ask: Was it fair?}
  - {id: spot, rotate: [trust], scale: degree}
  - {id: help, ask: What would help?, choices: helps, tell: What would help}
  - {id: often, kind: number, least: 0, most: 9, ask: How often?, when: {answer: C1, at_most: 50}}
  - use: note
bank:
  trust:
    - {id: B1, ask: Was it kind?}
    - {id: B2, ask: Was it clear?}
"""
STAYED = "the same; its figures go on"


@pytest.fixture
def change(tmp_path: Path):
    """What becomes of the check-in, version raised, when this is written in that one's place."""

    def flow(name: str, text: str) -> Flow:
        file = tmp_path / name
        file.write_text(text, encoding="utf-8")
        return load(file)

    def changed(*pairs: tuple[str, str], version: str = "version: 2") -> list[str]:
        new = OLD.replace("version: 1", version)
        for before, after in pairs:
            assert new.count(before) == 1
            new = new.replace(before, after)
        found = diff(flow("old.yaml", OLD), flow("new.yaml", new))
        assert [each.weight for each in found] == sorted(each.weight for each in found)
        return [str(each) for each in found if each.weight is not Weight.STAYS]

    return changed


NOT_JOINED = "give it a new id, as the figures of before and after must not be joined"


def test_where_nothing_changes_each_question_is_named_as_the_same(tmp_path: Path):
    file = tmp_path / "old.yaml"
    file.write_text(OLD, encoding="utf-8")
    found = diff(load(file), load(file))
    asked = ["T1", "P1", "C1", "C2", "help", "often", "note", "B1", "B2"]
    assert [str(each) for each in found] == [f"{name}: {STAYED}" for name in asked]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("Was it calm?", "Was it very calm?", f"C1: it is worded anew: {NOT_JOINED}"),
        ("Was it kind?", "Were they kind?", f"B1: it is worded anew: {NOT_JOINED}"),
        ("theme: trust, scale", "theme: power, scale", f"C1: its theme was trust and is power: {NOT_JOINED}"),
        (
            "ask: Was it calm?}",
            "ask: Was it calm?, reverse: true}",
            f"C1: what counts as high is turned round: {NOT_JOINED}",
        ),
        ("{code: plan, text: A plan}", "{code: plans, text: A plan}", f"help: its codes changed: {NOT_JOINED}"),
        ("    - {code: time, text: More time}\n", "", f"help: its codes changed: {NOT_JOINED}"),
        ("text: A plan", "text: A good plan", f"help: its buttons are worded anew: {NOT_JOINED}"),
        (
            "    - {code: plan, text: A plan}\n    - {code: news, text: Good news}\n",
            "    - {code: news, text: Good news}\n    - {code: plan, text: A plan}\n",
            f"help: its buttons are in another order: {NOT_JOINED}",
        ),
        (
            "choices: helps, tell",
            "choices: helps, pick: 2, tell",
            f"help: it was a choices question and is a several-choices question: {NOT_JOINED}",
        ),
        (
            "kind: number, least: 0, most: 9",
            "kind: yes-no",
            f"often: it was a number question and is a yes-no question: {NOT_JOINED}",
        ),
        (
            "{id: C2, theme: power, scale: degree, ask: Was it fair?}",
            "{id: C2, kind: text, ask: Was it fair?}",
            f"C2: it was a scored question and is a text question: {NOT_JOINED}",
        ),
    ],
)
def test_figures_that_would_be_joined_and_must_not_be_are_told(change, before, after, said):
    assert change((before, after)) == [said]


def test_other_points_for_a_scale_break_each_line_on_it(change):
    said = change(('{code: "0", text: "No"}', '{code: "0", text: "No", points: 50}'))
    assert [line.partition(":")[0] for line in said] == ["C1", "C2", "B1", "B2"]
    assert all("its answers count for other points" in line for line in said)


def test_a_question_that_goes_and_one_that_comes(change):
    asked = "theme: trust, scale: degree, ask:"
    gone, come = f"id: C1, {asked} Was it calm?", f"id: C9, {asked} Was it quiet?"
    said = change((gone, come), ("when: {answer: C1", "when: {answer: C9"))
    assert said == [
        "C1: gone; its figures end, and its id must not be used again",
        "C9: new; its figures start here",
        "often: `when:` changed; other people are asked than before",
    ]


def test_the_same_words_under_a_new_id_are_one_line_to_keep(change):
    said = change(("id: B1", "id: B7"))
    assert said == ["B1: gone, and B7 asks the same: keep the id B1, or its figures start anew"]


def test_as_few_as_can_be_are_said_to_have_moved(change):
    line = "  - {id: help, ask: What would help?, choices: helps, tell: What would help}\n"
    said = change((line, ""), ("  - use: P1\n", f"{line}  - use: P1\n"))
    assert said == ["help: moved; what is asked before a question can change its answers"]


def test_what_changes_nothing_that_is_counted_lets_the_figures_go_on(change):
    assert change(("tell: What would help", "tell: Wishes")) == ["help: `tell:` changed; its figures go on"]
    assert change(("least: 0, ", "")) == ["often: `least:` changed; its figures go on"]
    assert change(("most: 9", "most: 12")) == ["often: `most:` changed; its figures go on"]
    assert change(("intro: Hello.", "intro: Good day.")) == []
    assert change(("ask: Was it calm?", 'ask: "Was it  calm?"')) == []


def test_other_people_and_another_way_to_tell_are_said(change):
    said = change(
        ("intro: Hello.", "who: joiners\nheading: Right now\nshare: say “Yes”\ncompare: lead/lived\nintro: Hello.")
    )
    assert said == [
        "it is for joiners and was for everyone",
        "`compare:` changed; its results are told in another way",
        "`share:` changed; its results are told in another way",
        "`heading:` changed; what stands above a question can change its answers",
    ]


def test_a_change_needs_the_next_version(change):
    said = change(("Was it calm?", "Was it very calm?"), version="version: 1")
    assert said[0] == "the version is 1 and was 1: write `version: 2`"


def test_two_check_ins_share_no_line(change):
    said = change(("id: small", "id: smaller"))
    assert said == ["these are two check-ins, small and smaller: no line of figures is shared by them"]
