"""What a digest may show: each rule at its boundary, and no rule looks at an answer."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from digest_themes import (
    ANCHORS,
    OPTIONS,
    OTHERS,
    ROTATING,
    SCORES,
    UNSAID,
    ballot,
    closings,
    crowd,
    facts,
    limits,
    play,
    shown,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from digests import FOUR_WEEKLY, WEEKLY, Ballot, Limits, Replies, close_round, disclose
from digests.disclose import FEW, MOST, OVER_HALF, UNDER_HALF
from digests.record import canonical
from digests.split import SEATS

thorough = settings(max_examples=100)

USUAL = Limits()
counts = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 9), max_size=5).map(Counter)


def closing(ballots, **changes):
    """The last round of a four-weekly period."""
    return close_round(facts(ballots, place=4, mode=FOUR_WEEKLY, **changes))


# --- A1, A4: everyone


@pytest.mark.parametrize(
    ("people", "may"),
    [
        ({"a": 2, "b": 1, "c": 1}, False),
        ({"a": 2, "b": 2, "c": 1}, True),
        ({"a": 5}, False),
        ({"a": 40}, False),
        ({"a": 40, "b": 0}, False),
        ({"a": 3, "b": 3}, True),
        ({}, False),
    ],
)
def test_a1_needs_five_people_from_two_organisations(people, may):
    assert disclose.may_show(Counter(people), USUAL) is may


@pytest.mark.parametrize(("left", "may"), [(0, True), (1, False), (2, False), (3, True)])
def test_a4_leaves_nobody_or_three_when_one_organisation_is_taken_out(left, may):
    assert disclose.outsiders_hidden(Counter({"large": 10, "small": left}), USUAL) is may


@thorough
@given(counts, limits)
def test_a_shown_figure_keeps_its_outsiders_against_every_organisation(people, limits):
    few = people.total() < limits.people
    thin = any(people.total() - own < limits.outsiders for own in people.values())
    assert disclose.may_show(people, limits) is not (few or thin)


@thorough
@given(counts, limits)
def test_stricter_limits_show_nothing_more(people, limits):
    assert disclose.may_show(people, limits) <= disclose.may_show(people, USUAL)


@pytest.mark.parametrize(("people", "outsiders"), [(4, 3), (5, 2), (0, 0), (-5, 3)])
def test_limits_are_never_looser_than_the_defaults(people, outsiders):
    with pytest.raises(ValueError, match="would give people away"):
        Limits(people, outsiders)


@thorough
@given(st.integers(2, 9), limits)
def test_the_answers_said_to_be_needed_are_the_fewest_that_can_be_shown(organisations, limits):
    def best(people):
        return Counter(number % organisations for number in range(people))

    needed = disclose.needed(organisations, limits)
    assert disclose.may_show(best(needed), limits)
    assert not disclose.may_show(best(needed - 1), limits)


# --- A2, A3, A4: groups


@pytest.mark.parametrize(("people", "joined", "may"), [(5, 10, True), (4, 10, False), (5, 9, False)])
def test_a2_needs_five_in_the_group_and_ten_in_the_partnership(people, joined, may):
    assert disclose.large_enough(people, joined, USUAL) is may
    ballots = [*crowd(people, seat="lived"), *crowd(10, seat="lead")]
    assert (shown(closing(ballots, joined=joined), "period", "lived")["trust"] is not None) is may


@pytest.mark.parametrize(
    ("undeclared", "groups"),
    [(0, {"lived", OTHERS}), (1, {"lived"}), (4, {"lived"}), (5, {"lived", OTHERS})],
)
def test_a3_one_to_four_people_in_no_group_hide_the_largest_group_alone(undeclared, groups):
    ballots = [
        *crowd(5, seat="lived"),
        *crowd(8, seat="frontline"),
        *crowd(undeclared, seat="undeclared"),
    ]
    digest = closing(ballots)
    assert {cell.audience for cell in digest.of_groups() if cell.figure} == groups


def test_a3_of_two_groups_as_large_the_one_named_first_stays():
    assert disclose.without_small_rest({"lived": 7, OTHERS: 7}, 15, USUAL) == {"lived"}


@pytest.mark.parametrize(
    ("homes", "other", "may"),
    [(8, 0, True), (8, 1, False), (8, 2, False), (8, 3, True)],
)
def test_a4_holds_for_a_group_as_well(homes, other, may):
    lived = [*crowd(homes, organisations=1, seat="lived"), *[ballot("other", 75, seat="lived")] * other]
    digest = closing([*lived, *crowd(12, seat="lead")])
    assert (shown(digest, "period", "lived")["trust"] is not None) is may


@thorough
@given(st.dictionaries(st.sampled_from(("lived", "lead", "partner", "frontline")), counts), counts, limits)
def test_shown_groups_leave_nobody_who_could_be_worked_out(groups, rest, limits):
    everyone = sum(groups.values(), rest)
    told = disclose.shown_groups(groups, everyone, 40, limits)
    for code in told:
        assert groups[code].total() >= limits.people
        assert disclose.outsiders_hidden(groups[code], limits)
    if told:
        left = everyone.total() - sum(groups[code].total() for code in told)
        assert left == 0 or left >= limits.people
        assert disclose.may_show(everyone, limits)


def test_no_group_shows_where_everyones_own_figure_is_hidden():
    lived = crowd(7, organisations=1, seat="lived")
    digest = closing([*lived, ballot("other", 75, seat="lead")])
    assert set(shown(digest, "period").values()) == {None}
    assert set(shown(digest, "period", "lived").values()) == {None}


def test_every_group_of_the_split_has_a_cell_for_each_theme_hidden_or_not():
    digest = closing(crowd(3), split="lived/lead+partner/frontline")
    assert [(c.audience, c.item) for c in digest.cells] == [
        (audience, item)
        for audience in ("everyone", "lived", "lead+partner", "frontline")
        for item in ("T1", "P1", "E1")
    ]


# --- A5, A6: what people chose and wrote


def choosing(people, *, replied=20, organisations=4):
    """Twenty replies, the first few of which chose as `people` says: option -> how many."""
    return [
        ballot(f"org {number % organisations}", 75, options=[o for o, many in people.items() if number < many])
        for number in range(replied)
    ]


@pytest.mark.parametrize(("replied", "told"), [(7, ()), (8, OPTIONS[:1])])
def test_a5_tells_options_from_eight_replies(replied, told):
    assert closing(choosing({OPTIONS[0]: 7}, replied=replied)).options == told


@pytest.mark.parametrize(
    ("organisations", "chose", "told"),
    [(2, 5, ()), (2, 6, OPTIONS[:1]), (4, 3, ()), (4, 4, OPTIONS[:1])],
)
def test_a5_an_option_needs_three_choosers_without_any_one_organisation(organisations, chose, told):
    assert closing(choosing({OPTIONS[0]: chose}, organisations=organisations)).options == told


def test_a5_an_option_chosen_in_one_organisation_alone_is_never_told():
    assert closing([*crowd(8), *choosing({OPTIONS[0]: 20}, organisations=1)]).options == ()


def test_a5_tells_the_three_most_chosen_in_order_and_ties_as_the_check_in_has_them():
    chosen = dict(zip(OPTIONS, (5, 9, 5, 7), strict=True))
    assert closing(choosing(chosen)).options == (OPTIONS[1], OPTIONS[3], OPTIONS[0])


def test_a5_what_may_not_be_told_never_is():
    assert closing(choosing({UNSAID: 20, OPTIONS[1]: 5})).options == OPTIONS[1:2]


choices = st.lists(
    st.builds(
        ballot,
        st.sampled_from("abc"),
        st.sampled_from((75, "away")),
        options=st.sets(st.sampled_from((*OPTIONS, UNSAID))),
        wrote=st.booleans(),
    ),
    max_size=20,
)


@thorough
@given(choices, limits)
def test_a5_every_told_option_has_its_choosers_against_every_organisation(ballots, limits):
    digest = closing(ballots, limits=limits)
    if digest.options:
        assert sum(bool(one.scores) for one in ballots) >= max(8, limits.people)
    for option in digest.options:
        homes = [one.organisation for one in ballots if option in one.options]
        assert all(sum(home != own for home in homes) >= limits.outsiders for own in set(homes))


@pytest.mark.parametrize(("replied", "writers", "told"), [(8, 3, True), (7, 3, False), (8, 2, False)])
def test_a6_tells_comments_from_eight_replies_and_three_writers(replied, writers, told):
    ballots = [replace(one, wrote=number < writers) for number, one in enumerate(crowd(replied))]
    assert closing(ballots, comments=("one", "two")).comments == (("one", "two") if told else ())


@thorough
@given(choices, limits)
def test_a6_comments_are_kept_in_the_order_given_or_not_at_all(ballots, limits):
    digest = closing(ballots, limits=limits, comments=("b", "a"))
    replied, writers = sum(bool(one.scores) for one in ballots), sum(one.wrote for one in ballots)
    assert digest.comments == (("b", "a") if replied >= max(8, limits.people) and writers >= 3 else ())


@pytest.mark.parametrize("mode", [WEEKLY, FOUR_WEEKLY])
def test_words_wait_for_the_end_of_the_period(mode):
    ballots = [replace(one, wrote=True, options=frozenset(OPTIONS)) for one in crowd(20, rounds=4)]
    *early, last = play(ballots, mode=mode, comments=("hello",))
    assert [(digest.options, digest.comments) for digest in early] == [((), ())] * 3
    assert (last.options, last.comments) == (OPTIONS[:3], ("hello",))


# --- A7: who answered


@pytest.mark.parametrize(
    ("replied", "joined", "code"),
    [
        (0, 0, FEW),
        (4, 4, FEW),
        (5, 5, MOST),
        (5, 11, UNDER_HALF),
        (5, 10, UNDER_HALF),
        (6, 10, OVER_HALF),
        (15, 20, OVER_HALF),
        (16, 20, MOST),
        (20, 20, MOST),
        (21, 20, MOST),
    ],
)
def test_a7_tells_a_share_in_words(replied, joined, code):
    assert disclose.replies(replied, joined, USUAL).code == code


def test_a7_tells_a_number_from_twenty_replies_in_fives():
    assert disclose.replies(19, 40, USUAL) == Replies(UNDER_HALF, None, None)
    assert disclose.replies(20, 40, USUAL) == Replies(UNDER_HALF, 20, 50)
    assert disclose.replies(24, 40, USUAL) == Replies(OVER_HALF, 20, 50)
    assert disclose.replies(25, 40, USUAL) == Replies(OVER_HALF, 25, 60)


@thorough
@given(st.integers(20, 200), st.integers(20, 200))
def test_a7_a_kept_reply_rate_follows_from_numbers_in_fives_and_never_says_everyone(replied, joined):
    kept = disclose.replies(replied, joined, USUAL)
    assert kept.rate == disclose.replies(replied // 5 * 5, joined // 5 * 5, USUAL).rate
    assert kept.rate % 10 == 0
    assert kept.rate <= 90


# --- A9: no hidden round by subtraction


def test_a9_a_round_hidden_in_weekly_mode_leaves_the_period_figure():
    """Trust is hidden in the second round, for everyone who answers it then is of one organisation."""
    ballots = [ballot(f"org {n % 4}", 75, 75, 75, 75) for n in range(20)]
    hidden = [
        replace(one, scores={**one.scores, 2: {**one.scores[2], "T1": 0 if one.organisation == "org 0" else None}})
        for one in ballots
    ]
    digests = play(hidden)
    assert [shown(digest)["trust"] for digest in digests] == [75, None, 75, 75]
    assert shown(digests[-1], "period") == {"trust": 75, "power": 75, "part": 75}
    assert [cell.figure.rounds for cell in digests[-1].of("period")] == [3, 4, 4]


def test_a9_a_theme_hidden_all_through_a_period_has_no_period_figure():
    silent = [replace(one, scores={p: {**s, "T1": None} for p, s in one.scores.items()}) for one in crowd(20, rounds=4)]
    few = crowd(1, rounds=4, organisations=1)
    assert shown(play([*silent, *few])[-1], "period") == {"trust": None, "power": 75, "part": 75}


def test_a9_judges_the_round_being_closed_itself():
    first_only = [ballot(f"org {n % 4}", 75, "away", "away", "away") for n in range(20)]
    few_now = [ballot(f"org {n}", "away", "away", "away", 0) for n in range(4)]
    digest = play([*first_only, *few_now])[-1]
    assert shown(digest)["trust"] is None
    assert shown(digest, "period")["trust"] == 75
    assert digest.of("period")[0].figure.people == 20


def test_a9_the_groups_count_the_same_rounds_as_everyone():
    lived = [ballot(f"org {n % 4}", 0, "away", "away", 0, seat="lived") for n in range(6)]
    others = [ballot(f"org {n % 4}", 100, "away", "away", 100, seat="lead") for n in range(6)]
    few_between = [ballot(f"org {n}", "away", 50, 50, "away", seat="lived") for n in range(3)]
    digest = play([*lived, *others, *few_between])[-1]
    assert {cell.figure.rounds for cell in digest.cells if cell.kind == "period"} == {2}
    assert shown(digest, "period", "lived")["trust"] == 10


def test_a9_digests_of_another_period_say_nothing_about_this_one():
    earlier = play(crowd(20, rounds=4))
    last_only = [ballot(f"org {n % 4}", 0, 0, 0, 75) for n in range(20)]
    digest = close_round(facts(last_only, period=2, place=4, round=8, history=earlier))
    assert shown(digest, "period")["trust"] == 75


def test_in_four_weekly_mode_only_the_last_round_freezes_cells_and_every_round_counts():
    *early, last = play([ballot(f"org {n % 4}", 0, 100, 50, 50) for n in range(12)], mode=FOUR_WEEKLY)
    assert [digest.cells for digest in early] == [(), (), ()]
    assert [(cell.kind, cell.item) for cell in last.cells if cell.audience == "everyone"] == [
        ("period", "T1"),
        ("period", "P1"),
        ("period", "E1"),
    ]
    assert last.of("period")[0].figure.rounds == 4


def test_one_question_may_be_hidden_while_the_others_are_shown():
    quiet = [replace(b, scores={1: {**b.scores[1], "P1": None}}) for b in crowd(16)]
    digest = close_round(facts([*quiet, *crowd(4)]))
    assert shown(digest) == {"trust": 75, "power": None, "part": 75}
    assert [digest.shows(item) for item in ("T1", "P1", "E1")] == [True, False, True]


# --- no answer decides what is shown


def dealt(ballots, dice):
    """The same ballots after all their scored answers were dealt out again, to wherever there was one."""
    slots = [
        (number, place, item)
        for number, one in enumerate(ballots)
        for place, given in one.scores.items()
        for item, value in given.items()
        if value is not None
    ]
    fresh = [{place: dict(given) for place, given in one.scores.items()} for one in ballots]
    values = [fresh[number][place][item] for number, place, item in slots]
    dice.shuffle(values)
    for (number, place, item), value in zip(slots, values, strict=True):
        fresh[number][place][item] = value
    return [replace(one, scores=scores) for one, scores in zip(ballots, fresh, strict=True)]


def with_ballots(closing, change):
    """The same closing with its ballots, and those of its pools, changed."""
    ballots = change(closing.ballots)
    sets = [replace(each, ballots=change(each.ballots) if each.pooled else ballots) for each in closing.sets]
    return replace(closing, ballots=ballots, sets=sets)


def permuted(closing, dice):
    """The same closing after all its scored answers were dealt out again."""
    return with_ballots(closing, lambda ballots: dealt(ballots, dice))


def shape(cells):
    """What is shown and what is hidden, without the figures."""
    return [(c.kind, c.audience, c.item, c.figure and (c.figure.people, c.figure.rounds)) for c in cells]


def outline(digest):
    """All that no answer may decide."""
    return (
        shape(digest.cells),
        [cell.agreement is None for cell in digest.cells],
        [(each.flow, shape(each.cells), each.options, each.comments) for each in digest.sets],
        digest.replies,
        digest.options,
        digest.comments,
    )


@thorough
@given(closings, st.randoms(use_true_random=False))
def test_dealing_the_answers_out_again_leaves_the_set_of_shown_cells_unchanged(closing, dice):
    assert outline(close_round(closing)) == outline(close_round(permuted(closing, dice)))


def test_a_thousand_permutations_leave_the_set_of_shown_cells_unchanged():
    dice = random.Random(20261122)  # noqa: S311  chance for a test
    people = [
        Ballot(
            dice.choice("abcd"),
            dice.choice((*SEATS, "undeclared")),
            {p: {i.id: dice.choice((*SCORES, None)) for i in (*ANCHORS.values(), ROTATING)} for p in (1, 2, 3, 4)},
        )
        for _ in range(14)
    ]
    for mode in (WEEKLY, FOUR_WEEKLY):
        asked = facts(people, place=4, mode=mode, joined=20, history=play(people, mode=mode)[:3])
        once = outline(close_round(asked))
        assert any(figure for *_, figure in once[0])
        assert not all(figure for *_, figure in once[0])
        for _ in range(500):
            asked = permuted(asked, dice)
            assert outline(close_round(asked)) == once


def alike(ballots, value):
    """The same ballots with every answer turned into `value`."""
    return [
        replace(
            one,
            scores={
                place: {item: None if given is None else value for item, given in items.items()}
                for place, items in one.scores.items()
            },
        )
        for one in ballots
    ]


@thorough
@given(closings, st.sampled_from(SCORES))
def test_turning_every_answer_into_one_leaves_the_set_of_shown_cells_unchanged(closing, value):
    changed = with_ballots(closing, lambda ballots: alike(ballots, value))
    assert outline(close_round(closing)) == outline(close_round(changed))


@thorough
@given(closings, st.sampled_from(SCORES))
def test_a_digest_without_figures_depends_on_no_answer(closing, value):
    digest = close_round(closing)
    if not digest.has_figures() and not any(each.shown() for each in digest.sets):
        assert digest == close_round(with_ballots(closing, lambda ballots: alike(ballots, value)))


@thorough
@given(closings, st.randoms(use_true_random=False))
def test_the_order_of_the_ballots_changes_not_a_byte(closing, dice):
    mixed = with_ballots(closing, lambda ballots: dice.sample(ballots, len(ballots)))
    first, second = close_round(closing), close_round(mixed)
    assert canonical(first.to_record()) == canonical(second.to_record())


@settings(max_examples=50)
@given(closings)
def test_a_digest_keeps_no_exact_number_of_people(closing):
    digest = close_round(closing)
    for cell in (*digest.cells, *(cell for each in digest.sets for cell in each.cells)):
        if cell.figure is not None:
            assert cell.figure.people % 5 == 0
            assert cell.figure.people >= 5
