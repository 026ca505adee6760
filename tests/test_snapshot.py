"""What is published is one text, from which the very same flow comes back."""

import json

import pytest
from playbook import EVERY_KIND

from flows.engine import Engine
from flows.errors import BadSnapshot
from flows.load import library, load
from flows.snapshot import freeze, thaw

FLOWS = list(library().values())


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.ref)
def test_a_flow_comes_back_as_it_was_and_its_text_stays_the_same(flow):
    text = freeze(flow)
    assert thaw(text) == flow
    assert freeze(thaw(text)) == text


def test_every_kind_of_question_and_condition_comes_back():
    flow = load(EVERY_KIND)
    assert thaw(freeze(flow)) == flow
    assert Engine(thaw(freeze(flow))).first("run00001", None).state == "T1"


def test_what_says_the_same_is_the_same_text_however_it_was_written(tmp_path):
    path, lines = tmp_path / "flow.yaml", EVERY_KIND.read_text().splitlines(keepends=True)
    path.write_text("# A remark\n" + "".join([lines[1], lines[0], *lines[2:]]))
    assert freeze(load(path)) == freeze(load(EVERY_KIND))


def test_a_snapshot_needs_no_other_file():
    kept = json.loads(freeze(library()["set-up@1"]))
    assert kept["questions"][0]["ask"] == "Could you count on the other people in this group this week?"
    assert list(kept["scales"]) == ["extent"]


def test_a_snapshot_keeps_what_the_author_put_in_order():
    flow = library()["weekly-pulse@1"]
    assert list(thaw(freeze(flow)).themes) == list(flow.themes) == ["trust", "power", "part"]


def test_a_snapshot_of_an_older_format_is_read_in_the_present_one():
    kept = json.loads(freeze(library()["exit-form@1"]))
    for theme in kept["themes"].values():
        theme["talk"] = {when: theme["talk"][when][0] for when in ("low", "steady")}
    kept["spec"], kept["questions"][0]["tell"] = "1.0", True
    flow = thaw(json.dumps(kept))
    assert (flow.spec, flow.tells) == ("1.1", {"reason": "What would help"})
    assert all(len(theme.talk.low) == 1 for theme in flow.themes.values())


@pytest.mark.parametrize("groups", ["lead", "lead/leed", "lead/lived/", "lead+lived/lead"])
def test_a_snapshot_that_compares_what_cannot_be_compared_is_refused_before_a_round_asks_it(groups):
    kept = json.loads(freeze(library()["lead-partner@1"]))
    with pytest.raises(BadSnapshot):
        thaw(json.dumps({**kept, "compare": groups}))


def test_what_is_compared_is_kept_in_its_one_spelling():
    kept = json.loads(freeze(library()["lead-partner@1"]))
    assert thaw(json.dumps({**kept, "compare": "commissioner+lived / lead"})).compare == "lived+commissioner/lead"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"spec": "9.0"}', "[" * 100_000])
def test_what_is_no_snapshot_is_refused_in_words(text):
    with pytest.raises(BadSnapshot, match="no flow as it is kept once published"):
        thaw(text)
