"""The picture of a flow is the machine's own table, as mermaid and as SVG; its words can be read as words."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import product

import pytest

from flows.draw import mermaid, steps, svg
from flows.guards import AllAre, AnswerIn, AnyOf, AtLeast, AtMost, Both, LowIs, NoneLow, Not
from flows.load import library
from flows.machine import build, follow
from flows.model import Flow
from flows.run import DONE
from flows.telling import tell

LIBRARY = library()
PULSE = LIBRARY["weekly-pulse@1"]
SVG = "{http://www.w3.org/2000/svg}"
every_flow = pytest.mark.parametrize("flow", LIBRARY.values(), ids=LIBRARY)


def drawn_to(flow: Flow, source: str, shown: frozenset[str]) -> str:
    """Where the picture leads from a question when of those that may be left out only `shown` are asked."""
    by_id = {step.id: step for step in steps(flow)}
    at = by_id[source].then
    while at != DONE and by_id[at].only_if is not None and at not in shown:
        otherwise = by_id[at].otherwise
        assert otherwise is not None
        at = otherwise
    return at


def cases(flow: Flow) -> Iterator[frozenset[str]]:
    """Each way in which questions may be left out; past eight of them, one in and one out."""
    maybe = [step.id for step in steps(flow) if step.only_if is not None]
    if len(maybe) <= 8:
        for choice in product([False, True], repeat=len(maybe)):
            yield frozenset(name for name, asked in zip(maybe, choice, strict=True) if asked)
        return
    yield from (frozenset({name}) for name in maybe)
    yield from (frozenset(maybe) - {name} for name in maybe)


@every_flow
def test_the_picture_leads_where_the_machine_leads(flow: Flow):
    machine = build(flow)
    certain = {step.id for step in steps(flow) if step.only_if is None}
    for shown in cases(flow):
        path = certain | shown
        for source in path:
            assert drawn_to(flow, source, shown) == follow(machine, "next", source, path)


@every_flow
def test_mermaid_has_a_node_for_each_question_and_no_way_into_nothing(flow: Flow):
    text = mermaid(flow)
    assert text.startswith("flowchart TD\n")
    nodes = set(re.findall(r"^ {2}(\w+)(?=[\[({])", text, re.MULTILINE))
    targets = set(re.findall(r"--> (\w+)$", text, re.MULTILINE))
    assert targets <= nodes
    assert {f"q{place}" for place in range(1, len(flow.questions) + 1)} | {"start", "done"} <= nodes
    assert nodes - {"start"} == targets


@every_flow
def test_an_svg_is_whole_and_holds_its_words_as_words(flow: Flow):
    picture = ET.fromstring(svg(flow))  # noqa: S314  our own
    words = " ".join(" ".join(text.itertext()) for text in picture.iter(f"{SVG}text"))
    for step in steps(flow):
        assert step.id in words
        assert all(word in words for word in step.text.split())
    assert flow.ref in "".join(picture.find(f"{SVG}title").itertext())


@every_flow
def test_nothing_in_an_svg_lies_outside_or_over_another(flow: Flow):
    picture = ET.fromstring(svg(flow))  # noqa: S314  our own
    wide, high = float(picture.get("width")), float(picture.get("height"))
    boxes = [tuple(float(box.get(key)) for key in ("x", "y", "width", "height")) for box in picture.iter(f"{SVG}rect")]
    for x, y, width, height in boxes:
        assert x >= 0
        assert y >= 0
        assert x + width <= wide
        assert y + height <= high
    for place, (x, y, width, height) in enumerate(boxes):
        for left, top, across, down in boxes[place + 1 :]:
            assert x + width <= left or left + across <= x or y + height <= top or top + down <= y
    for text in picture.iter(f"{SVG}text"):
        assert 0 < float(text.get("y")) < high


def test_words_that_mean_something_to_a_picture_are_only_words():
    odd = '"]) --> #quot; <script> & `b` \\'
    flow = PULSE.model_copy(update={"title": odd})
    first = mermaid(flow).splitlines()[1]
    assert re.fullmatch(r'  start\(\["[^"<>`\\]*(<br>[^"<>`\\]*)*"\]\) --> q1', first)
    assert odd in "".join(ET.fromstring(svg(flow)).find(f"{SVG}title").itertext())  # noqa: S314  our own


def test_a_condition_reads_as_a_clause():
    low = LowIs.model_validate({"lowest": ("trust", "power"), "is": "trust", "at_most": 25})
    none = NoneLow.model_validate({"lowest": ("power", "trust", "part"), "above": 25})
    unsure = AllAre.model_validate({"all": ("T1", "P1"), "are": "unsure"})
    among = AnswerIn.model_validate({"answer": "contact", "in": ("yes", "no")})
    few = AtMost.model_validate({"answer": "T1", "at_most": 25})
    many = AtLeast.model_validate({"answer": "T1", "at_least": 75})
    either = AnyOf.model_validate({"any": (few, many)})
    assert tell(PULSE, low) == "Trust is lowest, at 25 or less"
    assert tell(PULSE, none) == "none of Power, Trust and Taking part is at 25 or less"
    assert tell(PULSE, unsure) == "T1 and P1 are “Can't say”"
    assert tell(PULSE, among) == "contact is “Yes” or “No”"
    assert tell(PULSE, Not.model_validate({"not": unsure})) == "not (T1 and P1 are “Can't say”)"
    assert tell(PULSE, either) == "T1 is 25 or less or T1 is 75 or more"
    assert tell(PULSE, Both.model_validate({"both": (either, unsure)})) == (
        "(T1 is 25 or less or T1 is 75 or more) and T1 and P1 are “Can't say”"
    )
