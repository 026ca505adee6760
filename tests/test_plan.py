"""Which check-in a round asks, and which item of its bank."""

import re
from collections import Counter
from collections.abc import Iterable
from importlib.resources import files
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows import plan
from flows.engine import Engine
from flows.load import library, load
from flows.model import Flow
from flows.plan import PERIODS_IN_A_YEAR, asks_induction, check_in, rotating_item

LIBRARY = library()
BY_ID = {flow.id: flow for flow in LIBRARY.values()}
WEEKLY = LIBRARY["weekly-pulse@1"]
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
    assert plain.rotation is None
    assert rotating_item(plain, 1) is None
    assert Engine(plain).first("run00001", rotating_item(plain, 1)).rotating is None


# --- the calendar of the year

YEAR = range(1, PERIODS_IN_A_YEAR + 1)
PERIODS = st.integers(1, 200)
PLACES = range(1, 5)


def taps(flow: Flow) -> int:
    """How many taps the longest way through takes, if every bit of it applies."""
    ask = Engine(flow).view(Engine(flow).first("run00001", rotating_item(flow, 1)))
    return ask.total


def longer(flow_id: str) -> bool:
    """Whether a check-in has more taps than a vote."""
    return taps(BY_ID[flow_id]) > 6


def year(periods: Iterable[int]) -> list[str]:
    """The check-ins of these periods, week by week."""
    return [check_in(period, place) for period in periods for place in PLACES]


def test_the_first_year_goes_as_planned():
    asked = {(period, place): check_in(period, place) for period in YEAR for place in PLACES}
    assert {when: flow for when, flow in asked.items() if flow != plan.WEEKLY} == {
        (1, 4): "set-up",
        (2, 4): "stage",
        (3, 2): "risk-vote",
        (3, 4): "set-up",
        (4, 4): "words-and-capacity",
        (5, 4): "stage",
        (6, 2): "risk-vote",
        (6, 4): "leadership",
        (7, 4): "six-functions",
        (8, 4): "lead-partner",
        (9, 2): "risk-vote",
        (9, 4): "stage",
        (10, 4): "ten-characteristics",
        (11, 4): "endings",
        (12, 2): "risk-vote",
        (12, 4): "stage",
        (13, 2): "worth-it",
    }


def test_a_new_group_is_asked_how_it_set_up_in_weeks_four_and_twelve():
    assert [week for week, flow in enumerate(year(YEAR), start=1) if flow == "set-up"] == [4, 12]


def test_a_later_year_asks_the_six_functions_in_place_of_setting_up():
    weeks = enumerate(zip(year(YEAR), year(range(14, 27)), strict=True), start=1)
    assert [(week, first, second) for week, (first, second) in weeks if first != second] == [
        (4, "set-up", "six-functions"),
        (12, "set-up", "weekly-pulse"),
    ]


@given(PERIODS)
def test_every_later_year_is_alike(period: int):
    for place in PLACES:
        if period > PERIODS_IN_A_YEAR:
            assert check_in(period, place) == check_in(period + PERIODS_IN_A_YEAR, place)


@given(PERIODS)
def test_no_period_has_two_longer_check_ins_and_no_two_come_in_weeks_that_touch(period: int):
    weeks = year([period, period + 1])
    assert sum(map(longer, weeks[:4])) <= 1
    assert not any(longer(one) and longer(two) for one, two in pairwise(weeks))


@given(PERIODS)
def test_a_vote_never_touches_a_longer_check_in(period: int):
    weeks = [flow != plan.WEEKLY for flow in year([period])]
    assert not any(one and two for one, two in pairwise(weeks))


@given(PERIODS)
def test_most_weeks_ask_the_weekly_check_in(period: int):
    assert year([period]).count(plan.WEEKLY) >= 2
    assert check_in(period, 1) == check_in(period, 3) == plan.WEEKLY


def test_everything_for_everyone_is_asked_within_the_first_year():
    everyone = {flow.id for flow in LIBRARY.values() if flow.who == "everyone"}
    assert set(year(YEAR)) == everyone - {"ambition"}  # asked when a plan is made, so opened by hand


def test_each_longer_check_in_but_the_first_ones_comes_every_year():
    later = set(year(range(14, 27)))
    assert later == set(year(YEAR)) - {"set-up"}


def test_the_calendar_names_only_what_the_library_holds():
    assert {plan.INDUCTION, *year(YEAR), *year(range(14, 27))} <= BY_ID.keys()


@pytest.mark.parametrize(("period", "place"), [(0, 1), (-1, 2), (1, 0), (1, 5)])
def test_periods_and_places_are_numbered_from_one(period: int, place: int):
    with pytest.raises(ValueError, match="numbered from 1"):
        check_in(period, place)


def test_a_longer_check_in_has_at_most_fifteen_taps_and_a_vote_six():
    assert {flow.id: taps(flow) for flow in LIBRARY.values()} == {
        "weekly-pulse": 5,
        "set-up": 15,
        "six-functions": 15,
        "ten-characteristics": 15,
        "lead-partner": 13,
        "endings": 11,
        "exit-form": 2,
        "stage": 11,
        "ambition": 15,
        "words-and-capacity": 11,
        "leadership": 12,
        "induction": 11,
        "risk-vote": 4,
        "worth-it": 6,
    }


# --- the bank goes on counting the rounds that ask the weekly check-in

CALENDARS = {"year": check_in, "pulse": lambda _period, _place: plan.WEEKLY}


@pytest.mark.parametrize("calendar", CALENDARS)
def test_each_item_returns_evenly_whatever_the_calendar_asks_between(calendar: str):
    items: list[str] = []
    for period in range(1, 40 * PERIODS_IN_A_YEAR):
        for place in PLACES:
            if CALENDARS[calendar](period, place) == plan.WEEKLY:
                items.append(rotating_item(WEEKLY, len(items) + 1) or "")
    counts = Counter(items)
    for theme, bank in WEEKLY.bank.items():
        asked = [counts[item.id] for item in bank]
        assert max(asked) - min(asked) <= 1, theme
        for item in bank:
            weeks = [week for week, other in enumerate(items) if other == item.id]
            assert {two - one for one, two in pairwise(weeks)} == {3 * len(bank)}


@pytest.mark.parametrize(("theme", "items"), [("trust", 9), ("power", 11), ("part", 10)])
def test_the_bank_has_thirty_items(theme: str, items: int):
    assert len(WEEKLY.bank[theme]) == items


# --- joiners


def inductions(weeks: list[str]) -> list[int]:
    """The weeks since joining in which a joiner is asked the induction."""
    return [week for week in range(1, len(weeks) + 1) if asks_induction(weeks[:week])]


def test_a_joiner_is_asked_in_weeks_two_and_six():
    assert inductions([plan.WEEKLY] * 60) == [2, 6]


@pytest.mark.parametrize("taken", ["stage", "risk-vote"])
def test_an_induction_waits_while_everyone_is_asked_something_else(taken: str):
    assert inductions([plan.WEEKLY, taken, *[plan.WEEKLY] * 20]) == [3, 6]
    assert inductions([*[plan.WEEKLY] * 5, taken, taken, *[plan.WEEKLY] * 20]) == [2, 8]


def test_nobody_is_asked_before_the_first_round():
    assert not asks_induction([])


@given(st.integers(1, 13 * 8), st.integers(8, 30))
def test_in_the_calendar_whoever_joins_is_asked_twice_and_never_later_than_a_week_after(joined: int, stays: int):
    weeks = year(range(1, 60))[joined : joined + stays]
    first, second = inductions(weeks)
    assert first in {2, 3}
    assert second in {6, 7}


@given(st.lists(st.sampled_from([plan.WEEKLY, "stage", "ambition"]), max_size=30))
@example([plan.WEEKLY, *["stage"] * 5, plan.WEEKLY, plan.WEEKLY])
def test_an_induction_takes_only_the_place_of_a_weekly_check_in_and_comes_twice_at_most(weeks: list[str]):
    asked = inductions(weeks)
    assert len(asked) <= 2
    assert all(weeks[week - 1] == plan.WEEKLY for week in asked)


# --- the page for coordinators says the same

PAGE = (Path(__file__).parents[1] / "docs" / "check-ins.md").read_text(encoding="utf-8")


def week(period: int, place: int) -> str:
    """A week of the calendar as the page has it; "" where it asks the weekly check-in."""
    flow = check_in(period, place)
    return "" if flow == plan.WEEKLY else f"week {4 * ((period - 1) % PERIODS_IN_A_YEAR) + place}: {BY_ID[flow].title}"


def test_the_page_for_coordinators_has_the_calendar_of_the_year():
    rows = re.findall(r"^\| (\d+ to \d+) \|(.*)\|(.*)\|(.*)\|$", PAGE, re.MULTILINE)
    told = {weeks: tuple(cell.strip() for cell in cells) for weeks, *cells in rows}
    assert told == {
        f"{4 * period - 3} to {4 * period}": (
            week(period, 2),
            week(period, 4),
            "the same" if week(period, 4) == week(period + 13, 4) != "" else week(period + 13, 4),
        )
        for period in YEAR
    }


def test_the_page_for_coordinators_lists_every_check_in_with_its_taps_and_minutes():
    rows = re.findall(r"^\| ([^|]+) \| `([a-z-]+)` \| [^|]+ \| (\d+)\D*, about (\w+) minutes? \|", PAGE, re.MULTILINE)
    assert {flow_id: title for title, flow_id, _, _ in rows} == {flow.id: flow.title for flow in LIBRARY.values()}
    for _, flow_id, shown, minutes in rows:
        assert int(shown) == taps(BY_ID[flow_id]), flow_id
        assert f"about {minutes} minute" in BY_ID[flow_id].intro, flow_id
