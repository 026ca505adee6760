"""Real change, agreement and gaps between groups: each line at its boundary."""

from collections import Counter
from dataclasses import replace
from math import isclose, sqrt

import pytest
from digest_themes import ANCHORS, OTHERS, crowd, facts, play, shown
from hypothesis import assume, given
from hypothesis import strategies as st

from digests import FOUR_WEEKLY, WEEKLY, Cell, Change, Figure, Gap, Item, Replies, change, close_round, disclose, score

points = st.integers(1, 19).map(lambda step: 5 * step)
people = st.integers(1, 40).map(lambda step: 5 * step)


def figure(points_, people_=20):
    return Figure(points_, score.band(points_), people_, 4)


# --- change


@pytest.mark.parametrize(
    ("moved", "people", "code"),
    [
        (20, 4, "rise"),  # 40 / sqrt(4) = 20
        (19, 4, "unsure"),
        (10, 4, "unsure"),
        (9, 4, "none"),
        (11, 100, "rise"),  # never below 11
        (10, 100, "unsure"),
        (6, 100, "unsure"),  # from 5.5
        (5, 100, "none"),
        (0, 4, "none"),
        (-20, 4, "fall"),
        (-19, 4, "unsure"),
        (-9, 4, "none"),
    ],
)
def test_a_change_is_real_from_its_line_and_unsure_from_half_of_it(moved, people, code):
    assert change.between(figure(50 + moved, people), figure(50, people)) == code


@given(points, points, people, people)
def test_a_change_is_judged_by_the_mean_of_the_people_kept(now, before, now_people, before_people):
    moved, line = now - before, max(11, 40 / sqrt((now_people + before_people) / 2))
    assume(not isclose(abs(moved), line) and not isclose(2 * abs(moved), line))
    real = "rise" if moved > 0 else "fall"
    expected = real if abs(moved) > line else "unsure" if 2 * abs(moved) > line else "none"
    assert change.between(figure(now, now_people), figure(before, before_people)) == expected


def changes(digest, audience="everyone"):
    return [cell.change for cell in digest.cells if cell.kind == "period" and cell.audience == audience]


def two_periods(first, second, mode=WEEKLY, **changes_):
    earlier = play(first, mode=mode)
    return play(second, earlier, mode=mode, period=2, **changes_)[-1]


@pytest.mark.parametrize("mode", [WEEKLY, FOUR_WEEKLY])
def test_a_period_is_compared_with_the_one_before(mode):
    fallen = two_periods(crowd(20, 75, rounds=4), crowd(20, 50, rounds=4), mode)
    assert changes(fallen) == [Change("fall", 75)] * 3
    assert changes(fallen, OTHERS) == [Change("fall", 75)] * 3
    risen = two_periods(crowd(20, 50, rounds=4), crowd(20, 75, rounds=4), mode)
    assert changes(risen) == [Change("rise", 50)] * 3


def test_the_first_period_and_a_single_week_have_no_change():
    digests = play(crowd(20, rounds=4))
    assert {cell.change for digest in digests for cell in digest.cells} == {None}
    later = play(crowd(20, 25, rounds=4), digests, period=2)
    assert {cell.change for digest in later for cell in digest.of("round")} == {None}


def test_a_new_mode_a_new_question_or_a_missed_period_starts_again():
    first, second = crowd(20, 75, rounds=4), crowd(20, 25, rounds=4)
    assert changes(play(second, play(first, mode=FOUR_WEEKLY), period=2)[-1]) == [None] * 3
    assert changes(play(second, play(first), period=3)[-1]) == [None] * 3
    asked = {**ANCHORS, "power": Item("T2", "power")}
    assert changes(two_periods(first, second, anchors=asked)) == [Change("fall", 75), None, Change("fall", 75)]


def test_a_new_split_starts_the_groups_again_and_leaves_everyone_as_they_were():
    first, second = crowd(20, 75, rounds=4), crowd(20, 25, rounds=4)
    digest = two_periods(first, second, split="lived/partner")
    assert changes(digest) == [Change("fall", 75)] * 3
    assert shown(digest, "period", "partner")["trust"] == 25
    assert changes(digest, "partner") == [None] * 3


def test_a_hidden_figure_has_no_change_and_is_no_ground_for_one():
    assert changes(two_periods(crowd(3, rounds=4), crowd(20, rounds=4))) == [None] * 3
    assert changes(two_periods(crowd(20, rounds=4), crowd(3, rounds=4))) == [None] * 3


@pytest.mark.parametrize(
    ("before", "after", "fewer"),
    [
        ([80] * 4, [60] * 4, True),
        ([80] * 4, [60, 60, 60, 70], False),
        ([90, 90, 90, 90], [70, 70, 80, 60], True),
        ([60] * 4, [80] * 4, False),
    ],
)
def test_a_rise_is_not_told_where_replies_fell_by_twenty_points(before, after, fewer):
    earlier = [
        replace(digest, replies=Replies("over-half", 20, rate))
        for digest, rate in zip(play(crowd(20, 50, rounds=4)), before, strict=True)
    ]
    now = [
        replace(digest, replies=Replies("over-half", 20, rate))
        for digest, rate in zip(play(crowd(20, 75, rounds=4), earlier, period=2), after, strict=True)
    ]
    asked = facts(crowd(20, 75, rounds=4), period=2, place=4, history=(*earlier, *now[:3]))
    cells = [replace(cell, change=None) for cell in now[-1].cells if cell.kind == "period"]
    judged = change.with_changes(cells, asked, now[-1].replies)
    told = [cell.change for cell in judged if cell.audience == "everyone"]
    assert told == ([None] if fewer else [Change("rise", 50)]) * 3


def test_a_fall_is_told_even_where_replies_fell():
    digest = two_periods(crowd(28, 75, rounds=4), crowd(8, 25, rounds=4))
    assert changes(digest) == [Change("fall", 75)] * 3
    assert changes(two_periods(crowd(28, 25, rounds=4), crowd(8, 75, rounds=4))) == [None] * 3


def test_where_no_rate_is_kept_the_middle_of_its_word_stands_for_it():
    """Eight of ten (over three quarters) and then six of ten (over half): 26 points by the words."""
    risen = two_periods(crowd(8, 0, rounds=4), crowd(6, 100, rounds=4), FOUR_WEEKLY, joined=10)
    assert changes(risen) == [Change("rise", 10)] * 3  # the first period had 30 joined: under half
    first = play(crowd(8, 0, rounds=4), mode=FOUR_WEEKLY, joined=10)
    assert changes(play(crowd(6, 100, rounds=4), first, mode=FOUR_WEEKLY, joined=10, period=2)[-1]) == [None] * 3


# --- gaps


@pytest.mark.parametrize(
    ("group", "others", "people", "far"),
    [
        (50, 71, 8, True),  # 42 x sqrt(1/8 + 1/8) = 21
        (50, 70, 8, False),
        (50, 29, 8, True),
        (50, 65, 800, True),  # never below 15
        (50, 64, 800, False),
    ],
)
def test_a_gap_is_told_from_its_line(group, others, people, far):
    assert change.apart(figure(group, people), figure(others, people)) is far


@given(points, points, people, people)
def test_a_gap_needs_more_between_small_groups(group, others, one, two):
    line = max(15, 42 * sqrt(1 / one + 1 / two))
    assume(not isclose(abs(group - others), line))
    assert change.apart(figure(group, one), figure(others, two)) is (abs(group - others) > line)


def cells_of(**groups):
    """Period cells of one theme: group -> (points, people), None where hidden."""
    kept = ((code, known and figure(*known)) for code, known in groups.items())
    return [
        Cell("period", "everyone", "trust", "T1", figure(50, 100)),
        *(Cell("period", code, "trust", "T1", known) for code, known in kept),
    ]


def test_of_two_groups_the_first_named_is_set_against_the_other():
    assert change.gaps(cells_of(lived=(20, 10), lead=(60, 30))) == (Gap("trust", "lived", 20, 60),)


def test_a_group_alone_has_no_one_to_be_compared_with():
    assert change.gaps(cells_of(lived=(20, 10), lead=None)) == ()


def test_of_three_groups_each_is_set_against_the_others_by_their_people():
    gaps = change.gaps(cells_of(lived=(20, 20), lead=(80, 5), partner=(65, 15)))
    assert gaps == (
        Gap("trust", "lived", 20, 70),  # (5 x 80 + 15 x 65) / 20 = 68.75, in fives
        Gap("trust", "lead", 80, 40),  # (20 x 20 + 15 x 65) / 35 = 39.29
        Gap("trust", "partner", 65, 30),  # (20 x 20 + 5 x 80) / 25 = 32, and 35 reaches 42 x sqrt(1/15 + 1/25)
    )


def test_a_gap_is_frozen_with_the_period_and_never_with_a_week():
    lived, others = crowd(12, 0, rounds=4, seat="lived"), crowd(12, 100, rounds=4, seat="lead")
    *weeks, last = play([*lived, *others])
    assert [digest.gaps for digest in weeks] == [()] * 3
    assert last.gaps == tuple(Gap(theme, "lived", 10, 90) for theme in ("trust", "power", "part"))


shown_figures = st.tuples(points, people).filter(lambda known: known[1] >= 20 or known[0] % 10 == 0)


@given(st.lists(shown_figures, min_size=2, max_size=4))
def test_a_gap_holds_shown_steps_only(groups):
    known = dict(zip(("lived", "lead", "partner", "frontline"), groups, strict=False))
    for gap in change.gaps(cells_of(**known)):
        assert gap.points == known[gap.group][0]
        assert gap.others % 5 == 0
        assert 5 <= gap.others <= 95


# --- agreement


def agreement(*means):
    """Units: points."""
    return score.agreement([12 * mean for mean in means])


def test_people_mostly_agree_below_an_average_distance_of_three_fifths_of_a_step():
    assert score.agreement([600, 600, 600, 151, 150]) == "agree"
    assert score.agreement([600, 600, 600, 150, 150]) == "vary"  # exactly 0.6


def test_views_vary_up_to_eighty_three_hundredths_and_then_differ_a_lot():
    assert score.agreement([0, 0, 600, 600, 645]) == "vary"  # exactly 0.83
    assert score.agreement([0, 0, 600, 600, 646]) == "differ"


def test_views_are_split_where_a_quarter_and_three_people_sit_at_each_end():
    assert agreement(*[25] * 3, *[50] * 6, *[75] * 3) == "split"
    assert agreement(*[25] * 3, *[50] * 7, *[75] * 3) == "agree"  # 3 of 13 is less than a quarter
    assert agreement(*[0] * 2, *[50] * 4, *[100] * 2) == "differ"  # two people are not three
    assert agreement(*[26] * 3, *[50] * 6, *[75] * 3) != "split"


@given(st.lists(st.integers(0, 1200), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_agreement_is_the_average_distance_from_the_median(means, dice):
    ends = min(sum(mean <= 300 for mean in means), sum(mean >= 900 for mean in means))
    least = min(sum(abs(mean - middle) for mean in means) for middle in means) / len(means) / 300
    assume(not isclose(least, 0.6) and not isclose(least, 0.83))
    expected = "agree" if least < 0.6 else "vary" if least < 0.83 else "differ"
    expected = "split" if ends >= 3 and ends / len(means) >= 0.25 else expected
    assert score.agreement(dice.sample(means, len(means))) == expected


@pytest.mark.parametrize(("people", "told"), [(15, None), (16, "agree")])  # a quarter of them from each organisation
def test_agreement_is_told_of_everyone_where_twelve_remain_without_any_organisation(people, told):
    digests = play(crowd(people, rounds=4))
    for cell in (cell for digest in digests for cell in digest.cells):
        whole = cell.kind == "period" and cell.audience == "everyone"
        assert cell.agreement == (told if whole else None)


def test_agreement_needs_a_shown_figure():
    digest = close_round(facts(crowd(20, organisations=1), place=4, mode=FOUR_WEEKLY))
    assert {cell.agreement for cell in digest.cells} == {None}
    assert disclose.may_tell_agreement(Counter(a=12, b=12))
    assert not disclose.may_tell_agreement(Counter(a=30, b=11))
