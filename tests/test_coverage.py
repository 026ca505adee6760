"""Every idea of the sources has its row in docs/coverage.md, and every row names what is there."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from flows.load import library

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "coverage.md"
FLOWS = {flow.id: flow for flow in library().values()}
IDEAS = [
    f"{source}-{number}"
    for source, count in (("000", 11), ("001", 26), ("002", 39), ("003", 9), ("004", 11))
    for number in range(1, count + 1)
]
ROWS = {
    cells[0]: cells[1:]
    for line in PAGE.read_text(encoding="utf-8").splitlines()
    if re.match(r"\| \d{3}-", line)
    for cells in [[cell.strip() for cell in line.strip("|").split("|")]]
}


@cache
def names_in(path: Path) -> frozenset[str]:
    """What a module or a page can be asked for: functions, classes and constants, or headings as links write them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return frozenset(
            re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
        )
    tree = ast.walk(ast.parse(text))
    return frozenset(
        node.name for node in tree if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    )


def missing(named: str) -> list[str]:
    """What of a name in a row is not there: "weekly-pulse: T1 P1", "flows/plan.py::check_in" or "docs/a.md#part"."""
    if (found := re.fullmatch(r"([a-z-]+): (.+)", named)) is not None:
        flow = FLOWS.get(found[1])
        known = {*flow.items, *(question.id for question in flow.questions)} if flow else set()
        return [item for item in found[2].split() if item not in known]
    path, _, name = named.replace("#", "::").partition("::")
    if not (ROOT / path).is_file():
        return [path]
    return [name] if name and name not in names_in(ROOT / path) else []


def test_every_idea_has_one_row_and_there_is_no_other():
    assert list(ROWS) == IDEAS
    assert len(IDEAS) == 96


@pytest.mark.parametrize("idea", ROWS)
def test_a_row_names_what_is_there(idea: str):
    _, where, shown, _ = ROWS[idea]
    places = re.findall(r"`([^`]+)`", where)
    assert places
    assert not [lost for place in places for lost in missing(place)]
    tests = re.findall(r"`([^`]+)`", shown)
    assert any("::test_" in test for test in tests)
    assert not [lost for test in tests for lost in missing(test)]


@pytest.mark.parametrize("idea", ROWS)
def test_a_row_says_whether_it_is_whole_and_if_not_what_is_missing(idea: str):
    short, _, _, whole = ROWS[idea]
    assert short
    assert whole == "whole" or re.fullmatch(r"in part: .{10,}", whole)


def test_every_item_of_the_library_serves_some_idea():
    named = {
        (flow, item)
        for _, where, _, _ in ROWS.values()
        for flow, items in re.findall(r"`([a-z-]+): ([^`]+)`", where)
        for item in items.split()
    }
    for flow in FLOWS.values():
        if flow.id != "weekly-pulse":
            assert any((flow.id, item) in named for item in (*flow.items, *flow.tells)), flow.id
    own = {(flow.id, item.id) for flow in FLOWS.values() for item in flow.own}
    assert len(own & named) >= 0.8 * len(own)


@pytest.mark.parametrize(
    ("named", "lost"),
    [
        ("weekly-pulse: T1 T99", ["T99"]),
        ("monthly-pulse: T1", ["T1"]),
        ("flows/nowhere.py", ["flows/nowhere.py"]),
        ("flows/plan.py::nothing", ["nothing"]),
        ("docs/coordinators.md#four-rules", ["four-rules"]),
        ("docs/coordinators.md#three-rules", []),
        ("flows/plan.py::check_in", []),
        ("stage: G1 like_us", []),
    ],
)
def test_what_is_not_there_is_found(named: str, lost: list[str]):
    assert missing(named) == lost
