"""A flow of an older format is read as it was meant; each format has a file from before and from after."""

from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.load import load
from flows.migrations import MIGRATIONS, migrate
from flows.model import SPEC
from flows.source import parse

SPECS = Path(__file__).parent / "specs"
STEPS = [(before, after) for before, (after, _) in MIGRATIONS.items()]


def data(before: str, after: str, name: str) -> object:
    return parse((SPECS / f"{before}-to-{after}" / f"{name}.yaml").read_text(encoding="utf-8")).data


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_each_older_format_becomes_the_one_after_it(before, after):
    old = data(before, after, "before")
    given_in = deepcopy(old)
    assert MIGRATIONS[before][1](old) | {"spec": after} == data(before, after, "after")
    assert old == given_in


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_a_flow_of_an_older_format_loads_as_if_it_were_written_today(before, after):
    folder = SPECS / f"{before}-to-{after}"
    flow = load(folder / "before.yaml")
    assert flow.spec == SPEC
    if after == SPEC:
        assert flow == load(folder / "after.yaml")


def test_every_older_format_leads_to_the_present_one_and_that_one_stays():
    for spec in MIGRATIONS:
        assert migrate({"spec": spec}) == {"spec": SPEC}
    assert SPEC not in MIGRATIONS
    assert migrate({"spec": SPEC, "questions": ()}) == {"spec": SPEC, "questions": ()}


@pytest.mark.parametrize("raw", [None, 7, (), "1.0", {}, {"spec": None}, {"spec": ("1.0",)}, {"spec": "0.9"}])
def test_what_is_of_no_older_format_is_left_as_it_is(raw):
    assert migrate(raw) == raw


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=3)
KEYS = st.sampled_from(["themes", "questions", "talk", "tell", "low", "care"])
ANYTHING = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(KEYS, inner, max_size=3)
)


@given(st.dictionaries(KEYS, ANYTHING))
def test_a_flow_of_any_shape_is_carried_over_without_a_failure(raw):
    assert migrate(raw | {"spec": "1.0"})["spec"] == SPEC
