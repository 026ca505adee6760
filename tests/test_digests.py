"""What a digest freezes: its figures, the lines it chooses, its record and its place in the past."""

import json
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from time import perf_counter

import pytest
from digest_themes import ANCHORS, OTHERS, WORDING, ballot, closings, crowd, facts, play, shown
from hypothesis import given
from hypothesis import strategies as st

from digests import (
    FOUR_WEEKLY,
    WEEKLY,
    Ballot,
    Cell,
    Correction,
    Digest,
    Figure,
    UnknownRecord,
    alt,
    close_round,
    points,
    score,
    seal,
)

# --- scores


def twelfths(mean, people):
    return int(mean * 12 * people)


@pytest.mark.parametrize(
    ("mean", "people", "figure"),
    [
        (Fraction(65), 19, 70),
        (Fraction(6499, 100), 19, 60),
        (Fraction(45), 5, 50),
        (Fraction(125, 2), 20, 65),
        (Fraction(6249, 100), 20, 60),
        (Fraction(135, 2), 20, 70),
        (Fraction(0), 19, 10),
        (Fraction(100), 19, 90),
        (Fraction(0), 20, 5),
        (Fraction(100), 20, 95),
        (Fraction(95), 19, 90),
        (Fraction(2), 20, 5),
    ],
)
def test_a_mean_is_rounded_half_up_and_then_clipped(mean, people, figure):
    assert score.shown(twelfths(mean, people), people) == figure


@given(st.lists(st.integers(0, 1200), min_size=5, max_size=60))
def test_a_shown_figure_is_whole_steps_and_within_half_a_step_unless_clipped(means):
    mean, people = Fraction(sum(means), 12 * len(means)), len(means)
    step = 10 if people < 20 else 5
    figure = score.figure(means, 4).points
    assert type(figure) is int
    assert figure % step == 0
    assert step <= figure <= 100 - step
    if step <= mean <= 100 - step:
        assert -step / 2 <= mean - figure < step / 2


@pytest.mark.parametrize(
    ("figure", "band"),
    [(95, "strong"), (75, "strong"), (70, "talk"), (50, "talk"), (45, "care"), (5, "care")],
)
def test_a_band_is_read_off_the_shown_figure(figure, band):
    assert score.band(figure) == band


def test_cannot_say_is_counted_as_a_reply_and_never_scored():
    digest = close_round(facts([*crowd(5, 100), *crowd(15, None)]))
    assert shown(digest)["trust"] == 90
    assert digest.replies.about == 20


def test_a_period_figure_is_the_mean_of_each_persons_own_mean():
    often = [ballot(f"org {n}", 0, 0, 0, 100) for n in range(3)]
    once = [ballot(f"org {n}", "away", "away", 100, "away") for n in range(3)]
    digest = close_round(facts([*often, *once], place=4, mode=FOUR_WEEKLY))
    assert shown(digest, "period")["trust"] == 60  # (3 x 25 + 3 x 100) / 6 = 62.5; the mean of answers is 40


@given(st.lists(st.sampled_from((0, 25, 50, 75, 100)), min_size=1, max_size=4))
def test_a_persons_own_mean_is_exact_in_twelfths(given):
    own = score.respondents([ballot("a", *given)], "T1", {1, 2, 3, 4}).means
    assert [Fraction(mean, 12) for mean in own] == [Fraction(sum(given), len(given))]


def test_a_period_may_be_closed_over_a_thousand_ballots_in_no_time():
    ballots = crowd(1000, rounds=4)
    asked = facts(ballots, place=4, joined=1000, history=play(ballots, joined=1000)[:3])
    start = perf_counter()
    close_round(asked)
    assert perf_counter() - start < 0.3


def test_facts_of_an_impossible_round_are_refused():
    with pytest.raises(ValueError, match="place 5"):
        facts(place=5)
    with pytest.raises(ValueError, match="daily"):
        facts(mode="daily")
    with pytest.raises(ValueError, match="is spelled 'lived/lead\\+partner'"):
        facts(split="lived/partner+lead")


# --- the lines that are chosen


def choosing(trust, power, part, number=1):
    one = {"T1": trust, "P1": power, "E1": part}
    people = [Ballot(f"org {n % 4}", "partner", {1: one}) for n in range(20)]
    return close_round(facts(people, round=number, rotating=None))


def test_the_highest_theme_goes_well_and_the_lowest_is_talked_about():
    digest = choosing(75, 25, 50)
    assert digest.well == "trust"
    assert (digest.talk.theme, digest.talk.pattern) == ("power", "low")


@pytest.mark.parametrize(("mostly", "well"), [(12, "trust"), (8, None)])
def test_something_goes_well_from_nearer_mostly_than_in_part(mostly, well):
    digest = close_round(facts([*crowd(mostly, 75), *crowd(20 - mostly, 50)]))  # 65 and 60
    assert digest.well == well


def test_high_figures_everywhere_ask_the_steady_question():
    digest = choosing(100, 75, 100)
    assert (digest.talk.theme, digest.talk.pattern) == ("power", "steady")


def test_the_theme_that_goes_well_is_not_the_one_to_talk_about():
    for number in range(1, 7):
        digest = choosing(75, 75, 75, number)
        assert digest.well != digest.talk.theme


def test_without_figures_the_themes_take_turns_by_the_number_of_the_round():
    themes = [close_round(facts(round=number)).talk.theme for number in range(1, 7)]
    assert themes == ["trust", "power", "part"] * 2


# --- the frozen record


@given(closings)
def test_a_record_read_back_is_the_same_digest(closing):
    digest = close_round(closing)
    assert Digest.from_record(json.loads(json.dumps(digest.to_record()))) == digest


def values_of(record):
    if isinstance(record, dict):
        assert list(record) == sorted(record)
        for value in record.values():
            yield from values_of(value)
    elif isinstance(record, list):
        for value in record:
            yield from values_of(value)
    else:
        yield record


@given(closings)
def test_a_record_is_sorted_and_holds_texts_whole_numbers_and_booleans_only(closing):
    assert all(type(value) in (str, int, bool) for value in values_of(close_round(closing).to_record()))


def test_what_is_empty_is_left_out_of_a_record():
    record = close_round(facts()).to_record()
    assert not {"comments", "corrections", "gaps", "options", "well"} & record.keys()
    assert (record["split"], record["limits"]) == (f"lived/{OTHERS}", {"outsiders": 3, "people": 5})


def test_corrections_of_older_digests_are_kept_as_they_are_given():
    notes = (Correction(date(2026, 5, 6), "One question was asked in the wrong week."),)
    assert close_round(facts(corrections=notes)).corrections == notes


def test_numbers_of_people_that_differ_within_a_step_freeze_the_same_record():
    records = [close_round(facts(crowd(people), joined=50)).to_record() for people in range(30, 35)]
    assert all(record == records[0] for record in records)


def test_a_record_holds_no_exact_mean():
    mixed = [ballot(f"org {n % 4}", value) for n, value in enumerate([100] * 8 + [50] * 5)]  # mean 80.77
    assert close_round(facts(mixed)).to_record() == close_round(facts([*crowd(12, 75), *crowd(1, 100)])).to_record()


def test_a_record_of_another_version_is_refused_in_words():
    record = {**close_round(facts()).to_record(), "spec": 99}
    with pytest.raises(UnknownRecord, match="99"):
        Digest.from_record(record)


def chain(records):
    links = [""]
    for record in records:
        links.append(seal(record, links[-1]))
    return links[1:]


def test_each_link_of_the_chain_depends_on_every_record_before_it():
    records = [close_round(facts(crowd(20), round=number)).to_record() for number in (1, 2, 3)]
    touched = [{**records[0], "place": 2}, *records[1:]]
    assert all(len(link) == 64 for link in chain(records))
    assert not set(chain(records)) & set(chain(touched))
    assert chain(records) != chain([records[1], records[0], records[2]])


def test_a_link_does_not_depend_on_the_order_of_keys():
    record = close_round(facts(crowd(20))).to_record()
    assert seal(dict(reversed(record.items())), "x") == seal(record, "x")


# --- history


def figures(week, *points_, mode=WEEKLY, items=("T1", "P1", "E1")):
    kind, place = ("round", 1) if mode == WEEKLY else ("period", 4)
    cells = tuple(
        Cell(kind, "everyone", theme, item, None if value is None else Figure(value, score.band(value), 20, 1))
        for theme, item, value in zip(ANCHORS, items, points_, strict=True)
    )
    start = date(2026, 1, 7) + timedelta(weeks=week)
    base = close_round(facts(mode=mode, place=place))
    return replace(base, week=start, results_on=start + timedelta(days=6), cells=cells)


def test_a_line_is_at_most_twelve_points_long_and_keeps_its_gaps():
    series = points([figures(week, 50, None if week % 2 else 60, 70) for week in range(15)])
    assert len(series) == 12
    assert series[0].figures["power"] is None
    assert series[-1].when == date(2026, 1, 7) + timedelta(weeks=14)


def test_a_change_of_mode_or_of_a_question_starts_a_new_line():
    new_question = [figures(0, 50, 50, 50, items=("T1", "P2", "E1")), figures(1, 50, 50, 50)]
    new_mode = [figures(0, 50, 50, 50), figures(1, 50, 50, 50, mode=FOUR_WEEKLY), figures(2, 50, 50, 50)]
    assert [len(points(history)) for history in (new_question, new_mode)] == [1, 1]


def test_in_four_weekly_mode_a_line_joins_periods_and_waits_for_the_first():
    waiting = close_round(facts(mode=FOUR_WEEKLY, place=2))
    assert points([waiting]) == ()
    assert points([]) == ()
    series = points([figures(0, 50, 60, 70, mode=FOUR_WEEKLY), waiting])
    assert [point.when for point in series] == [date(2026, 1, 13)]


def test_a_line_is_about_everyone_and_never_about_a_group():
    lived, others = crowd(12, 0, rounds=4, seat="lived"), crowd(12, 100, rounds=4, seat="lead")
    digest = play([*lived, *others], mode=FOUR_WEEKLY)[-1]
    assert shown(digest, "period", "lived")["trust"] == 10
    (point,) = points([digest])
    assert {figure.points for figure in point.figures.values()} == {50}


def test_a_picture_of_nothing_is_told_as_such():
    assert alt((), WORDING) == "An empty chart. There are no figures yet."
