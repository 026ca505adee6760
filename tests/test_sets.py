"""Longer check-ins in a digest: each question by itself, under the rules for every figure, and no total."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from digest_themes import (
    ITEMS,
    OPTIONS,
    OTHERS,
    POOL,
    SET,
    SET_ITEMS,
    SET_WORDS,
    WORDING,
    asking,
    ballot,
    closings,
    crowd,
    facts,
    play,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from digests import (
    FOUR_WEEKLY,
    Asked,
    Ballot,
    Digest,
    Facts,
    Limits,
    close_round,
    disclose,
    lines,
    messages,
    plain,
    to_csv,
)
from digests.page import html
from digests.sets import patterns, told
from flows.reading import grade

thorough = settings(max_examples=100)

LEAD = "lead/partner+frontline+lived+commissioner"


def closing(ballots, **changes):
    """A weekly round in which the longer check-in was asked, closed; its one result."""
    split = changes.pop("split", f"lived/{OTHERS}")
    share = changes.pop("share", False)
    (result,) = close_round(facts(ballots, sets=(asking(ballots, split=split, share=share),), **changes)).sets
    return result


def scored(organisation, seat="partner", **scores):
    return Ballot(organisation, seat, {1: {**dict.fromkeys(ITEMS, 75), **scores}})


def figures(result, audience="everyone"):
    """Question -> shown points, None where hidden."""
    return {c.item: c.figure and c.figure.points for c in result.cells if c.audience == audience}


def said(result, digest=None, wording=WORDING):
    return told(result, digest or close_round(facts()), wording)


# --- what is frozen


def test_each_question_has_a_figure_of_its_own_and_there_is_no_total():
    result = closing([scored(f"org {n % 4}", S1=100, S2=25) for n in range(20)])
    assert figures(result) == {"S1": 95, "S2": 25, "S3": 75}
    assert {cell.kind for cell in result.cells} == {"item"}
    assert len(result.cells) == 3 * len(SET_ITEMS)


@pytest.mark.parametrize(
    ("people", "organisations", "shown"),
    [(4, 4, False), (5, 4, False), (5, 5, True), (6, 4, True), (6, 1, False), (7, 2, False), (8, 2, True)],
)
def test_a1_holds_for_each_question_and_a4_with_one_outsider_more(people, organisations, shown):
    result = closing(crowd(people, organisations=organisations))
    assert all((points is not None) is shown for points in figures(result).values())


def test_one_question_may_be_hidden_while_the_others_are_shown():
    result = closing([*[scored(f"org {n % 4}", S2=None) for n in range(16)], *crowd(4)])
    assert figures(result) == {"S1": 75, "S2": None, "S3": 75}


@pytest.mark.parametrize(("lead", "joined", "shown"), [(5, 10, True), (4, 10, False), (5, 9, False)])
def test_a2_groups_need_five_people_among_ten_joined(lead, joined, shown):
    ballots = [*crowd(lead, seat="lead", organisations=5), *crowd(6, seat="lived")]
    result = closing(ballots, split=LEAD, joined=joined)
    assert all((points is not None) is shown for points in figures(result, "lead").values())


def test_a3_a_few_people_of_no_group_hide_the_largest_group_of_that_question_alone():
    ballots = [*crowd(6, seat="lead"), *crowd(8, seat="lived")]
    ballots += [scored(f"org {n}", "undeclared", S2=None) for n in range(2)]
    result = closing(ballots, split=LEAD)
    assert figures(result, "lead") == {"S1": 80, "S2": 80, "S3": 80}
    assert figures(result, "partner+frontline+lived+commissioner") == {"S1": None, "S2": 80, "S3": None}


def test_the_groups_that_the_check_in_names_are_compared_and_no_others():
    result = closing(crowd(20, seat="lead"), split=LEAD)
    assert {cell.audience for cell in result.cells} == {"everyone", *LEAD.split("/")}


def test_a_question_is_told_apart_where_the_gap_is_wide_and_nowhere_else():
    ballots = [scored(f"org {n % 4}", "lead", S1=100) for n in range(10)]
    ballots += [scored(f"org {n % 4}", "lived", S1=0) for n in range(10)]
    result = closing(ballots, split=LEAD)
    assert [(gap.about, gap.group, gap.points, gap.others) for gap in result.gaps] == [("S1", "lead", 90, 10)]


def test_in_a_four_weekly_period_it_waits_for_the_end_and_covers_the_rounds_that_asked_it():
    ballots = crowd(9, rounds=4)
    digests = play(ballots, mode=FOUR_WEEKLY, sets=(asking(ballots, 2),))
    assert [len(digest.sets) for digest in digests] == [0, 0, 0, 1]
    assert {c.figure.rounds for c in digests[-1].sets[0].cells if c.audience == "everyone"} == {1}


@thorough
@given(closings)
def test_nothing_of_a_longer_check_in_is_told_before_its_time(closing):
    digest = close_round(closing)
    if closing.place != 4:
        assert not any(each.pooled for each in digest.sets)
        assert closing.mode != FOUR_WEEKLY or not digest.sets


@thorough
@given(closings)
def test_every_shown_cell_keeps_the_rules_and_every_hidden_one_breaks_one(closing):
    for asked, result in matched(closing, close_round(closing)):
        for item in asked.items:
            people = Counter(
                one.organisation
                for one in asked.ballots
                if any(one.scores.get(place, {}).get(item.id) is not None for place in asked.places)
            )
            limits = closing.limits if asked.pooled else disclose.asked_once(closing.limits)
            assert (figures(result)[item.id] is not None) is disclose.may_show(people, limits)
            groups = [c for c in result.cells if c.item == item.id and c.audience != "everyone" and c.figure]
            if groups:
                assert closing.joined >= 2 * closing.limits.people
                assert all(c.figure.people >= closing.limits.people // 5 * 5 for c in groups)


def matched(closing, digest):
    by_flow = {asked.flow: asked for asked in closing.sets}
    return [(by_flow[result.flow], result) for result in digest.sets]


def test_no_split_in_another_spelling_is_taken():
    with pytest.raises(ValueError, match="is spelled"):
        facts(sets=(asking((), split="lived/partner+lead"),))


# --- pools


def pool(people, **changes):
    """A period's last digest beside a pool of so many people."""
    ballots = [replace(one, options=frozenset(OPTIONS[:1]), wrote=True) for one in crowd(people)]
    asked = Asked(POOL, SET_ITEMS, ballots, pooled=True, options=OPTIONS, comments=("It was hard.",))
    return close_round(facts(crowd(20, rounds=4), place=4, sets=(asked,), **changes))


def test_a_pool_is_told_with_a_period_once_anything_of_it_may_be_shown():
    assert pool(4).sets == ()
    (result,) = pool(5).sets
    assert (result.pooled, figures(result)) == (True, {"S1": 80, "S2": 80, "S3": 80})
    assert {cell.audience for cell in result.cells} == {"everyone"}
    assert pool(5, mode=FOUR_WEEKLY).sets[0].pooled


def test_what_was_chosen_and_written_in_a_pool_has_rules_of_its_own():
    (few,), (many,) = pool(7).sets, pool(8).sets
    assert (few.options, few.comments) == ((), ())
    assert (many.options, many.comments) == (OPTIONS[:1], ("It was hard.",))
    assert pool(8).options == ()


def test_a_pool_tells_the_most_chosen_of_each_of_its_lists():
    risks = tuple(("risks", code) for code in ("money", "people", "load", "rules"))
    ballots = [replace(one, options=frozenset({*OPTIONS[:1], *risks})) for one in crowd(8)]
    asked = Asked(POOL, SET_ITEMS, ballots, pooled=True, options=(*risks, *OPTIONS), lists={"risks": "Risks"})
    (result,) = close_round(facts(crowd(20, rounds=4), place=4, sets=(asked,))).sets
    assert result.options == (*risks[:3], *OPTIONS[:1])


def test_a_pool_says_that_its_answers_were_kept():
    digest = pool(8)
    (message,) = messages(digest, WORDING)
    text = "\n".join(f"{line.label}: {line.text}" for line in message)
    assert "New here: answers kept until enough people had given theirs." in text
    assert "Somebody wrote: “It was hard.”" in text
    assert "What would help: know who decides." in text


# --- what is said


def full():
    """A round whose longer check-in is low in one question, differs in another and hides a third."""
    ballots = [scored(f"org {n % 4}", "lead", S1=100, S2=25, S3=None) for n in range(10)]
    ballots += [scored(f"org {n % 4}", "lived", S1=0, S2=25, S3=None) for n in range(10)]
    return close_round(facts(ballots, sets=(asking(ballots, split=LEAD),)))


def test_questions_are_told_best_first_then_where_views_differ_and_one_thing_to_talk_about():
    (result,) = full().sets
    total = "Each question stands by itself: there is no total."
    assert [(line.label, line.text) for line in said(result)] == [
        ("Setting up", "week of 3 June."),
        ("50. Worth a talk", "Do you know why we are working together?"),
        ("25. Needs care", "Do you know what each group brings?"),
        (
            "Where views differ",
            "lead partner staff say about 90, others say about 10: Do you know why we are working together?",
        ),
        ("Not shown", "some questions, because too few people answered them."),
        ("To talk about", "Who joined late?"),
        ("Small print", f"{' '.join(WORDING.on_figures)} {total}"),
    ]


@thorough
@given(closings)
def test_a_hidden_question_stays_out_of_every_word(closing):
    digest = close_round(closing)
    for result in digest.sets:
        hidden = [item for item, points in figures(result).items() if points is None]
        words = WORDING.sets[result.flow].items
        text = "\n".join(line.text for line in (*told(result, digest, WORDING), *lines(digest, WORDING)))
        assert not any(words[item] in text for item in hidden)
        assert not any(gap.about in hidden for gap in result.gaps)


def test_steps_are_told_as_shares_in_the_order_of_the_check_in():
    ballots = [scored(f"org {n % 4}", S1=0, S2=100 if n < 12 else 0, S3=100) for n in range(20)]
    result = closing(ballots, share=True, split=None)
    wording = replace(WORDING, sets={SET: replace(SET_WORDS, share="say “Done”")})
    labels = [line.label for line in said(result, wording=wording)]
    assert labels[1:4] == ["5 in 100 say “Done”", "60 in 100 say “Done”", "95 in 100 say “Done”"]
    assert "Strong" not in str(said(result, wording=wording))


def test_a_gap_between_shares_is_told_as_shares():
    ballots = [*crowd(10, 100, seat="lead"), *crowd(10, 0, seat="lived")]
    result = closing(ballots, share=True, split=LEAD)
    wording = replace(WORDING, sets={SET: replace(SET_WORDS, share="say “Done”")})
    gap = next(line.text for line in said(result, wording=wording) if line.label == "Where views differ")
    assert gap.startswith("about 90 in 100 of lead partner staff say “Done”, and about 10 in 100 of others: Do you")


@pytest.mark.parametrize(
    ("lead", "lived", "pattern", "question"),
    [
        (100, 0, ("split",), "Who joined late?"),
        (25, 25, ("low",), "Which part is not yet written down?"),
        (90, 20, ("split",), "Who joined late?"),
        (75, 75, ("steady",), "Pick one of these questions. What would we see if it went better?"),
    ],
)
def test_what_to_talk_about_follows_from_what_is_shown(lead, lived, pattern, question):
    result = closing([*crowd(10, lead, seat="lead"), *crowd(10, lived, seat="lived")], split=LEAD)
    assert patterns(result) == pattern
    assert next(line.text for line in said(result) if line.label == "To talk about") == question


def test_the_digest_says_that_a_longer_check_in_follows_or_that_it_cannot_be_shown():
    assert [line.text for line in lines(full(), WORDING) if line.label == "Setting up"] == [
        "it comes next, question by question."
    ]
    few = close_round(facts(crowd(4), sets=(asking(crowd(4)),)))
    assert [line.text for line in lines(few, WORDING) if line.label == "Setting up"] == [
        "not enough answers to show any of it."
    ]
    assert messages(few, WORDING) == ()


def test_a_message_of_answers_names_nothing_where_a_locked_phone_shows_it():
    for share in (False, True):
        ballots = crowd(20)
        digest = close_round(facts(ballots, sets=(asking(ballots, split=None, share=share),)))
        (message,) = messages(digest, WORDING)
        start = "\n\n".join(f"{line.label}: {line.text}" for line in message)[:80]
        assert start.startswith("More answers: here is what people said, question by question")
        assert not re.search("setting|testford|trust|power", start.lower())


def test_a_very_long_check_in_takes_more_messages_each_line_whole():
    longest = "Do we know? " * 80
    wording = replace(WORDING, sets={SET: replace(SET_WORDS, items=dict.fromkeys(("S1", "S2", "S3"), longest))})
    sent = messages(full(), wording, limit=1500)
    assert len(sent) == 3
    assert all(len("".join(f"{line.label}: {line.text}\n\n" for line in part)) <= 1500 for part in sent)
    assert [line for part in sent for line in part[1:]] == list(said(full().sets[0], full(), wording))


def test_a_longer_check_in_can_be_read_at_eleven():
    for digest in (full(), pool(8)):
        for message in messages(digest, WORDING):
            for line in message:
                assert grade(f"{re.sub(r'[^a-zA-Z ]', '', line.label)}.\n{line.text}") <= 6, line


def test_every_rendering_holds_the_longer_check_in():
    digest = full()
    assert "50. Worth a talk: Do you know why we are working together?" in plain(digest, WORDING)
    assert "<h2>Setting up: week of 3 June.</h2>" in html(digest, WORDING)
    assert "item,lead,Basics,S1,Do you know why we are working together?,yes,90,Strong,10,1" in to_csv(
        [digest], WORDING
    )


@thorough
@given(closings)
def test_a_record_with_longer_check_ins_read_back_is_the_same(closing):
    digest = close_round(closing)
    assert Digest.from_record(digest.to_record()) == digest


# --- what was chosen, list by list


def test_each_list_of_choices_has_a_line_and_three_places_of_its_own():
    risks = (("risk", "money"), ("risk", "load"))
    ballots = [ballot(f"org {n % 4}", 75, options=(*OPTIONS, *risks)) for n in range(20)]
    lists = {"help_power": "help", "help_trust": "help", "risk": "risk"}
    digest = close_round(facts(ballots, place=4, options=(*OPTIONS, *risks), lists=lists))
    assert digest.options == (*OPTIONS[:3], *risks)
    shown = {line.label: line.text for line in lines(digest, WORDING)}
    assert shown["What would help"].startswith("know who decides; ")
    assert shown["What could trip us up"] == "money; too much to do."


def test_a_theme_that_only_earlier_rounds_asked_about_keeps_its_period_figure():
    base = facts(crowd(20, rounds=4), place=4, mode=FOUR_WEEKLY)
    fewer = {theme: item for theme, item in base.anchors.items() if theme != "power"}
    digest = close_round(replace(base, anchors=fewer, earlier=base.anchors))
    assert [cell.theme for cell in digest.of("period")] == ["trust", "part", "power"]


def test_the_check_ins_whose_words_a_period_needs_are_kept_with_it():
    names = ("weekly-pulse@1", "risk-vote@1")
    assert close_round(facts(place=4, flows=names)).flows == names
    assert close_round(facts(place=3, flows=names)).flows == ()


def test_limits_that_were_raised_hold_for_longer_check_ins_too():
    strict: Facts = facts(crowd(7), limits=Limits(people=8), sets=(asking(crowd(7)),))
    assert set(figures(close_round(strict).sets[0]).values()) == {None}


@thorough
@given(st.integers(2, 5), st.integers(0, 30))
def test_more_people_never_show_fewer_questions(organisations, people):
    before, after = (
        figures(closing(crowd(number, organisations=organisations), split=None)) for number in (people, people + 1)
    )
    grown = Counter(number % organisations for number in range(people + 1))
    if disclose.may_show(grown, disclose.asked_once(Limits())):
        assert None not in after.values()
    assert before.keys() == after.keys()
