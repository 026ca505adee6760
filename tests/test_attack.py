"""The intruder is sound and no fool, the defender is honest, and the rules keep people hidden from it."""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest
from attack import report
from attack.doubt import HIDDEN, MEAN, SCORE, Search
from attack.pins import prove
from attack.problem import Hidden, Problem, Sum, reach, shown
from attack.report import CONTROLS, EXACT, LONGER, ORDINARY, STRESS, Case, Tally, over
from attack.settle import settle
from attack.sight import View, unchanging_views, views
from attack.weaker import exactly, threshold_alone
from attack.world import Closed, Partnership, live, organisations_by_size
from hypothesis import given
from hypothesis import strategies as st

from digests import close_round


def problem(sums, *, scores=4, hidden=(), totals=(), means=()):
    return Problem(scores, totals, means, sums, hidden, (), {})


def living(number, joined, *, unchanging=False):
    return live(Partnership(Random(number), joined, unchanging=unchanging))  # noqa: S311


# --- reading figures


@given(st.integers(1, 60), st.data())
def test_a_figure_is_read_as_just_the_sums_that_are_shown_so(people, data):
    total = data.draw(st.integers(0, 48 * people))
    low, high = reach(shown(total, people), people)
    assert low <= total <= high
    assert shown(low, people) == shown(high, people) == shown(total, people)
    assert low == 0 or shown(low - 1, people) != shown(total, people)
    assert high == 48 * people or shown(high + 1, people) != shown(total, people)


# --- the intruder


def test_three_outsiders_who_must_all_have_the_top_score_are_pinned():
    proof = prove(problem([Sum({0: 12, 1: 12, 2: 12}, 140, 150)], scores=3))
    assert proof.scores == {0, 1, 2}
    assert proof.values == [0b10000] * 3


def test_three_outsiders_with_room_between_them_are_not():
    assert prove(problem([Sum({0: 12, 1: 12, 2: 12}, 60, 110)], scores=3)).scores == set()


def test_the_person_in_one_sum_and_not_in_another_is_found_by_difference():
    both, one = Sum(dict.fromkeys(range(6), 12), 132, 132), Sum(dict.fromkeys(range(5), 12), 120, 120)
    assert prove(problem([both, one], scores=6)).scores == {5}


def test_patterns_are_tried_where_the_ends_of_ranges_tell_nothing():
    proof = prove(problem([Sum({0: 12, 1: 8}, 28, 30)], scores=2))
    assert proof.scores == {0, 1}  # 12 + 2 x 8 and nothing else


def test_a_hidden_group_is_what_everyone_leaves_beside_a_shown_group():
    everyone, group = Sum(dict.fromkeys(range(12), 12), 310, 310), Sum(dict.fromkeys(range(8), 12), 200, 205)
    rest = Hidden(dict.fromkeys(range(8, 12), 12), 0, 4)
    assert prove(problem([everyone, group], scores=12, hidden=[rest])).hidden == {0}
    assert prove(problem([everyone], scores=12, hidden=[rest])).hidden == set()


def test_a_mean_may_be_pinned_where_no_answer_is():
    proof = prove(problem([Sum({2: 6}, 12, 12)], scores=2, totals=[(0, 1)], means=[2]))
    assert proof.means == {0}
    assert proof.scores == set()


@pytest.mark.parametrize("unchanging", [False, True])
def test_the_true_answers_are_always_among_those_the_intruder_thinks_possible(unchanging):
    for number, joined in enumerate((8, 12, 20, 30)):
        closed = living(number, joined, unchanging=unchanging)
        for view in (unchanging_views if unchanging else views)(closed, organisations_by_size(closed)[0]):
            values = prove(view.problem).values
            assert all(values[unknown] >> score & 1 for unknown, score in enumerate(view.truth))
            assert all(
                values[view.problem.scores + place] >> sum(view.truth[part] for part in parts) & 1
                for place, parts in enumerate(view.problem.totals)
            )


def test_what_is_pinned_exactly_is_the_truth_when_figures_are_not_rounded():
    with threshold_alone():
        closed = living(3, 12)
    for view in views(closed, organisations_by_size(closed)[0], reading=exactly):
        values = prove(view.problem).values
        assert all(values[unknown] >> score & 1 for unknown, score in enumerate(view.truth))


# --- the defender


def test_nothing_is_both_proved_and_in_doubt():
    for number, joined in enumerate((12, 20, 30)):
        closed = living(number, joined, unchanging=True)
        for view in unchanging_views(closed, organisations_by_size(closed)[0]):
            proof, search = prove(view.problem), Search(view, Random(1))  # noqa: S311
            for kind, pinned in ((SCORE, proof.scores), (MEAN, proof.means), (HIDDEN, proof.hidden)):
                assert not any(search.other(search.wanted(kind, place), hard=True) for place in pinned)


def other_ballots(each: Closed, view: View, scores, picked):
    """The ballots of one closing in another world."""
    changed = {asked: score for pairs, score in zip(view.asked, scores, strict=True) for asked in pairs}
    places = {number: closed.digest.place for number, closed in view.choices.rounds.items()}
    ballots = dict(zip(each.ballots, view.choices.ballots(each, picked), strict=True))
    for (who, number), score in changed.items():
        if who in ballots and number <= each.digest.round and (n := places[number]) in ballots[who].scores:
            same_period = view.choices.rounds[number].digest.period == each.digest.period
            if same_period:
                answers = {**ballots[who].scores[n], view.item: 25 * score}
                ballots[who] = replace(ballots[who], scores={**ballots[who].scores, n: answers})
    return tuple(ballots.values())


@pytest.mark.parametrize("unchanging", [False, True])
def test_the_product_gives_the_very_same_digests_in_every_other_world_found(unchanging):
    worlds = 0
    for number, joined in ((5, 12), (6, 30)):
        closed = living(number, joined, unchanging=unchanging)
        for view in (unchanging_views if unchanging else views)(closed, organisations_by_size(closed)[0]):
            search = Search(view, Random(2))  # noqa: S311
            for kind, count in ((SCORE, view.problem.scores), (HIDDEN, len(view.problem.hidden))):
                for place in range(count):
                    search.other(search.wanted(kind, place), hard=kind == HIDDEN)
            for scores, room in search.found[-6:]:
                assert list(scores) != list(view.truth)
                picked = view.choices.arrangement(room)
                for each in view.choices.rounds.values():
                    ballots = other_ballots(each, view, scores, picked)
                    assert close_round(replace(each.facts, ballots=ballots)) == each.digest
                worlds += 1
    assert worlds > 20


# --- the rules


def test_a_threshold_alone_gives_most_hidden_groups_away_and_the_rules_do_not():
    tally = Tally()
    for number in range(2, 30, 7):  # 20 joined
        report._control(tally, Case(number, 1, 12))
        report._judge(tally, ORDINARY, Case(number, 1, 12), views)
    asked, pinned, _ = tally.row(EXACT, HIDDEN, [20])
    assert asked > 10
    assert pinned > 0.6 * asked
    asked, pinned, unsettled = tally.row(ORDINARY, HIDDEN, [20])
    assert asked > 20
    assert pinned + unsettled <= 0.02 * asked


def test_the_digests_of_a_made_up_partnership_are_the_products_own():
    closed = living(1, 30)
    assert [each.digest for each in closed] == [
        close_round(replace(each.facts, ballots=tuple(each.ballots.values()))) for each in closed
    ]
    assert any(cell.figure for each in closed for cell in each.digest.of_groups())
    assert any(each.digest.options for each in closed)


def test_a_partnership_comes_out_the_same_again():
    first, again = Tally(), Tally()
    first.add(report.attack(1, 4, 4))
    again.add(report.attack(1, 4, 4))
    assert first == again


def gate(**pinned):
    """A tally of 1,000 secrets in each row, with so many pinned; all hidden groups are, where there is no rule."""
    tally = Tally()
    for run in (ORDINARY, LONGER, STRESS, *CONTROLS):
        for kind in (SCORE, MEAN, HIDDEN):
            tally.asked[run, kind, 20] = 1000
    tally.pinned = Counter({(EXACT, HIDDEN, 20): 1000})
    tally.pinned.update({(name.split("_")[0], name.split("_")[1], 20): number for name, number in pinned.items()})
    return tally


@pytest.mark.parametrize(
    ("name", "most"), [("ordinary_hidden", 5), ("ordinary_score", 10), ("stress_hidden", 50), ("stress_score", 50)]
)
def test_the_gate_is_passed_up_to_its_line_and_failed_beyond(name, most):
    assert over(gate(**{name: most})) == []
    assert len(over(gate(**{name: most + 1}))) == 1


def test_the_gate_fails_an_intruder_who_pins_nothing_without_the_rules():
    weak = gate()
    weak.pinned.clear()
    assert "too weak" in over(weak)[0]


def test_what_is_settled_neither_way_counts_against_us_in_the_ordinary_run():
    tally = gate()
    tally.unsettled[ORDINARY, HIDDEN, 20] = 6
    assert "6 of 1000 hidden groups" in over(tally)[0]


def test_a_secret_is_pinned_unsettled_or_in_doubt():
    closed = living(9, 12, unchanging=True)
    for view in unchanging_views(closed, organisations_by_size(closed)[0]):
        for verdict in settle(view, Random(3)).values():  # noqa: S311
            assert not verdict.pinned & verdict.unsettled
            assert len(verdict.pinned) + len(verdict.unsettled) <= verdict.asked
