"""Which item a round asks."""

from collections import Counter
from importlib.resources import files

import pytest

from flows.engine import Engine
from flows.load import library, load
from flows.plan import rotating_item

WEEKLY = library()["weekly-pulse@1"]
ROUNDS = range(1, 2971)  # three times 990, when every bank has come round to its start together


def asked(theme: str) -> list[tuple[int, str]]:
    """(round, item) for each round that asks this theme."""
    rounds = ((number, rotating_item(WEEKLY, number)) for number in ROUNDS)
    return [(number, item) for number, item in rounds if WEEKLY.item(item).theme == theme]


def test_themes_take_turns_trust_power_part():
    first_two_months = [WEEKLY.item(rotating_item(WEEKLY, number)).theme for number in range(1, 10)]
    assert first_two_months == ["trust", "power", "part"] * 3


def test_the_first_rounds_ask_the_first_items():
    assert [rotating_item(WEEKLY, number) for number in range(1, 7)] == ["T2", "P2", "E2", "T3", "P3", "E3"]


@pytest.mark.parametrize(("theme", "weeks"), [("trust", 27), ("power", 33), ("part", 30)])
def test_each_item_comes_back_after_the_same_number_of_weeks(theme, weeks):
    last: dict[str, int] = {}
    for number, item in asked(theme):
        assert number - last.get(item, number - weeks) == weeks
        last[item] = number


@pytest.mark.parametrize("theme", ["trust", "power", "part"])
def test_within_a_theme_the_one_asked_longest_ago_is_next(theme):
    last = {item.id: 0 for item in WEEKLY.items.values() if item.theme == theme}
    del last[WEEKLY.anchors[theme]]
    for number, item in asked(theme):
        assert last[item] == min(last.values())
        last[item] = number


def test_every_item_of_the_bank_is_asked_and_no_anchor():
    counts = Counter(rotating_item(WEEKLY, number) for number in ROUNDS)
    assert counts.keys() == WEEKLY.items.keys() - set(WEEKLY.anchors.values())


@pytest.mark.parametrize("number", [0, -1])
def test_rounds_are_numbered_from_one(number):
    with pytest.raises(ValueError, match="numbered from 1"):
        rotating_item(WEEKLY, number)


def test_a_flow_without_a_rotating_place_asks_none(tmp_path):
    text = files("flows").joinpath("library", "weekly-pulse.yaml").read_text(encoding="utf-8")
    place = "  - id: rotating\n    rotate: [trust, power, part]\n    scale: extent\n"
    path = tmp_path / "plain.yaml"
    path.write_text(text[: text.index("bank:")].replace(place, ""), encoding="utf-8")
    plain = load(path)
    assert rotating_item(plain, 1) is None
    assert Engine(plain).first("run00001", rotating_item(plain, 1)).rotating is None
