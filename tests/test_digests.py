"""What a digest freezes, what it hides, and what it says."""

import csv
import io
import json
import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from digest_themes import THEMES
from hypothesis import given
from hypothesis import strategies as st

from digests import (
    FOUR_WEEKLY,
    WEEKLY,
    Ballot,
    Cell,
    Digest,
    Facts,
    Figure,
    Item,
    Replies,
    UnknownRecord,
    Wording,
    alt,
    close_round,
    disclose,
    english,
    html,
    lines,
    plain,
    points,
    score,
    seal,
    to_csv,
)
from digests.disclose import FEW, MOST, OVER_HALF, UNDER_HALF

ANCHORS = {"trust": Item("T1", "trust"), "power": Item("P1", "power"), "part": Item("E1", "part")}
ROTATING = Item("T2", "trust")
WORDING = english(
    "Testford Partnership",
    THEMES,
    {
        "T1": "Could you count on the other people in this group this week?",
        "P1": "Did your view count when things were decided this week?",
        "E1": "Was taking part worth your time this week?",
        "T2": "Did people who have lived through these problems shape what we did?",
    },
)
SCORES = (0, 25, 50, 75, 100)


def ballot(organisation, *rounds, items=("T1", "P1", "E1", "T2")):
    """One ballot; each round is one score for all items, or "away" for a round without a reply."""
    scores = {place: dict.fromkeys(items, value) for place, value in enumerate(rounds, start=1) if value != "away"}
    return Ballot(organisation, "partner", scores)


def facts(ballots=(), **changes):
    base = Facts(
        round=1,
        period=1,
        place=1,
        mode=WEEKLY,
        week=date(2026, 6, 3),
        results_on=date(2026, 6, 30),
        joined=30,
        organisations=4,
        anchors=ANCHORS,
        rotating=ROTATING,
        ballots=tuple(ballots),
        shown={},
    )
    return replace(base, **changes)


def crowd(people, value=75, *, rounds=1, organisations=4):
    return [ballot(f"org {number % organisations}", *[value] * rounds) for number in range(people)]


def shown(digest, kind="round"):
    return {cell.theme: cell.figure and cell.figure.points for cell in digest.cells if cell.kind == kind}


# --- scores


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
    assert score.shown(mean, people) == figure


@given(st.fractions(0, 100), st.integers(5, 60))
def test_a_shown_figure_is_whole_steps_and_within_half_a_step_unless_clipped(mean, people):
    step = 10 if people < 20 else 5
    figure = score.shown(mean, people)
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


# --- what may be shown


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
    assert disclose.may_show(Counter(people)) is may


@pytest.mark.parametrize(("left", "may"), [(0, True), (1, False), (2, False), (3, True)])
def test_a4_leaves_nobody_or_three_when_one_organisation_is_taken_out(left, may):
    assert disclose.outsiders_hidden(Counter({"large": 10, "small": left})) is may


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 8), max_size=6))
def test_a_shown_figure_keeps_three_outsiders_against_every_organisation(people):
    if disclose.may_show(Counter(people)):
        assert sum(people.values()) >= 5
        assert all(sum(people.values()) - own >= 3 for own in people.values())


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
    assert disclose.replies(replied, joined).code == code


def test_a7_tells_a_number_from_twenty_replies_in_fives():
    assert disclose.replies(19, 40) == Replies(UNDER_HALF, None, None)
    assert disclose.replies(20, 40) == Replies(UNDER_HALF, 20, 50)
    assert disclose.replies(24, 40) == Replies(OVER_HALF, 20, 50)
    assert disclose.replies(25, 40) == Replies(OVER_HALF, 25, 60)


@given(st.integers(20, 200), st.integers(20, 200))
def test_a_kept_reply_rate_follows_from_numbers_in_fives_and_never_says_everyone(replied, joined):
    kept = disclose.replies(replied, joined)
    assert kept.rate == disclose.replies(replied // 5 * 5, joined // 5 * 5).rate
    assert kept.rate % 10 == 0
    assert kept.rate <= 90


def test_a9_a_round_hidden_in_weekly_mode_leaves_the_period_figure():
    ballots = crowd(20, rounds=4)
    low_second = [replace(b, scores={**b.scores, 2: dict.fromkeys(("T1", "P1", "E1"), 0)}) for b in ballots]
    places = {"trust": frozenset({1, 2, 3}), "power": frozenset({1, 3}), "part": frozenset()}
    digest = close_round(facts(low_second, place=4, shown=places))
    assert shown(digest, "period") == {"trust": 55, "power": 75, "part": 75}
    assert [cell.figure.rounds for cell in digest.of("period")] == [4, 3, 1]


def test_a9_a_theme_hidden_all_through_a_period_has_no_period_figure():
    away_now = [ballot(f"org {n % 4}", 75, 75, 75, "away") for n in range(20)]
    digest = close_round(facts(away_now, place=4, shown={"trust": frozenset({1})}))
    assert shown(digest, "period") == {"trust": 75, "power": None, "part": None}


def test_a9_judges_the_round_being_closed_itself():
    first_only = [ballot(f"org {n % 4}", 75, "away", "away", "away") for n in range(20)]
    few_now = [ballot(f"org {n}", "away", "away", "away", 0) for n in range(4)]
    digest = close_round(facts([*first_only, *few_now], place=4, shown={"trust": frozenset({1, 4})}))
    assert shown(digest)["trust"] is None
    assert shown(digest, "period")["trust"] == 75


def test_in_four_weekly_mode_rounds_one_to_three_freeze_no_cell():
    for place in (1, 2, 3):
        assert close_round(facts(crowd(12, rounds=4), place=place, mode=FOUR_WEEKLY)).cells == ()


def test_in_four_weekly_mode_the_last_round_freezes_the_period_alone():
    digest = close_round(facts(crowd(12, rounds=4), place=4, mode=FOUR_WEEKLY))
    assert [(cell.kind, cell.item) for cell in digest.cells] == [
        ("period", "T1"),
        ("period", "P1"),
        ("period", "E1"),
    ]


def test_one_question_may_be_hidden_while_the_others_are_shown():
    quiet = [replace(b, scores={1: {**b.scores[1], "P1": None}}) for b in crowd(16)]
    digest = close_round(facts([*quiet, *crowd(4)]))
    assert shown(digest) == {"trust": 75, "power": None, "part": 75}
    assert digest.shown() == {"trust", "part"}


def test_facts_of_an_impossible_round_are_refused():
    with pytest.raises(ValueError, match="place 5"):
        facts(place=5)
    with pytest.raises(ValueError, match="daily"):
        facts(mode="daily")


answers = st.fixed_dictionaries({item: st.sampled_from((*SCORES, None)) for item in ("T1", "P1", "E1", "T2")})
ballots = st.lists(
    st.builds(
        Ballot,
        st.sampled_from("abcd"),
        st.just("partner"),
        st.dictionaries(st.integers(1, 4), answers, max_size=4),
    ),
    max_size=30,
)
closings = st.builds(
    facts,
    ballots,
    place=st.integers(1, 4),
    round=st.integers(1, 60),
    mode=st.sampled_from((WEEKLY, FOUR_WEEKLY)),
    joined=st.integers(0, 40),
    rotating=st.sampled_from((ROTATING, None)),
    shown=st.fixed_dictionaries({theme: st.frozensets(st.integers(1, 3)) for theme in ANCHORS}),
)


def permuted(closing, random):
    """The same closing after all scored answers of each item and round were dealt out again."""
    slots = {}
    for number, one in enumerate(closing.ballots):
        for place, items in one.scores.items():
            for item, value in items.items():
                if value is not None:
                    slots.setdefault((place, item), []).append((number, value))
    fresh = [{place: dict(items) for place, items in one.scores.items()} for one in closing.ballots]
    for (place, item), held in slots.items():
        values = [value for _, value in held]
        random.shuffle(values)
        for (number, _), value in zip(held, values, strict=True):
            fresh[number][place][item] = value
    dealt = [replace(one, scores=scores) for one, scores in zip(closing.ballots, fresh, strict=True)]
    return replace(closing, ballots=dealt)


def outline(digest):
    """What is shown and what is hidden, without the figures."""
    return [(cell.kind, cell.item, cell.figure and (cell.figure.people, cell.figure.rounds)) for cell in digest.cells]


@given(closings, st.randoms(use_true_random=False))
def test_dealing_the_answers_out_again_leaves_the_set_of_shown_cells_unchanged(closing, random):
    before, after = close_round(closing), close_round(permuted(closing, random))
    assert outline(before) == outline(after)
    assert before.replies == after.replies


@given(closings, st.sampled_from(SCORES))
def test_turning_every_answer_into_one_leaves_the_set_of_shown_cells_unchanged(closing, value):
    alike = [
        replace(
            one,
            scores={
                place: {item: None if given is None else value for item, given in items.items()}
                for place, items in one.scores.items()
            },
        )
        for one in closing.ballots
    ]
    assert outline(close_round(closing)) == outline(close_round(replace(closing, ballots=alike)))


@given(closings)
def test_a_digest_without_figures_depends_on_no_answer(closing):
    digest = close_round(closing)
    if not digest.has_figures():
        silent = [
            replace(one, scores={place: dict.fromkeys(items) for place, items in one.scores.items()})
            for one in closing.ballots
        ]
        assert digest == close_round(replace(closing, ballots=silent))


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


# --- words


def longest():
    """A last weekly round with every line there is, and long numbers."""
    people = [ballot(f"org {n % 4}", *[75] * 4) for n in range(40)]
    return close_round(facts(people, place=4, joined=60, shown=dict.fromkeys(ANCHORS, frozenset({1, 2, 3}))))


def text(digest):
    return plain(digest, WORDING)


EVERY_KIND = [
    longest(),
    close_round(facts(crowd(20))),
    close_round(facts(crowd(3))),
    close_round(facts()),
    close_round(facts(crowd(9, rounds=4), mode=FOUR_WEEKLY, place=2, joined=12)),
    close_round(facts(crowd(9, 0, rounds=4), mode=FOUR_WEEKLY, place=4, joined=12)),
    close_round(facts(crowd(4, rounds=4), mode=FOUR_WEEKLY, place=4, joined=12)),
]


def test_the_lines_come_in_one_order():
    labels = [line.label for line in lines(close_round(facts(crowd(20))), WORDING)]
    assert labels == [
        "How we are doing",
        "Who answered",
        "Sent to",
        "Going well",
        "🤝 Trust",
        "⚖️ Power",
        "🙌 Taking part",
        "We also asked",
        "To talk about",
        "Small print",
    ]


@pytest.mark.parametrize("digest", EVERY_KIND)
def test_a_digest_is_at_most_220_words_without_decimals_or_the_word_score(digest):
    assert len(text(digest).split()) <= 220
    assert not re.search(r"\d[.,]\d", text(digest))
    assert "score" not in text(digest).lower()


@pytest.mark.parametrize("digest", EVERY_KIND)
@pytest.mark.parametrize("code", [FEW, UNDER_HALF, OVER_HALF, MOST])
def test_the_first_80_characters_name_no_partnership_and_no_theme(digest, code):
    start = text(replace(digest, week=date(2026, 5, 3), replies=Replies(code, None, None)))[:80]
    assert start.startswith("How we are doing: week of 3 May.")
    assert not re.search("testford|trust|power|part", start.lower())


@pytest.mark.parametrize("digest", EVERY_KIND)
def test_only_commands_that_exist_are_printed(digest):
    assert set(re.findall(r"/\w+", text(digest))) == {"/stop", "/who"}


def grade(said):
    """Flesch-Kincaid grade, a syllable being a run of vowels without a silent final e."""
    words = re.findall(r"[A-Za-z']+", said)
    sentences = re.findall(r"[.?!](?=\s|$)", said)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


@pytest.mark.parametrize("digest", EVERY_KIND)
def test_a_digest_can_be_read_at_eleven(digest):
    assert grade(text(digest)) <= 6


def test_every_fixed_sentence_can_be_read_at_eleven():
    for theme in WORDING.themes.values():
        for said in (f"Going well: {theme.well}", theme.talk_low, theme.talk_steady):
            assert grade(said) <= 6, said
    assert grade(" ".join((*WORDING.on_figures, *WORDING.small_print))) <= 6


def test_a_figure_stands_beside_its_band_in_words():
    said = text(choosing(75, 50, 25))
    assert "🤝 Trust: 75. Strong." in said
    assert "⚖️ Power: 50. Worth a talk." in said
    assert "🙌 Taking part: 25. Needs care." in said


def test_a_hidden_figure_gets_an_honest_sentence():
    quiet = [replace(b, scores={1: {**b.scores[1], "T1": None, "T2": None}}) for b in crowd(20)]
    said = text(close_round(facts(quiet)))
    assert "🤝 Trust: not enough answers to show this week." in said
    assert "shape what we did? Not enough answers to show this week." in said


@pytest.mark.parametrize(("organisations", "needed"), [(2, 6), (3, 5), (9, 5)])
def test_where_nothing_is_shown_one_line_says_what_a_figure_needs(organisations, needed):
    said = text(close_round(facts(crowd(3), organisations=organisations)))
    assert f"A figure needs at least {needed} answers, from more than one organisation." in said
    assert "Trust:" not in said
    assert "Figures run" not in said


def test_the_fourth_week_adds_the_average_of_the_period():
    assert "🤝 Trust: 75. Strong. The last four weeks average about 75." in text(longest())


def test_an_average_over_fewer_weeks_says_so_and_one_week_is_not_told_twice():
    ballots = crowd(20, rounds=4)
    places = {"trust": frozenset({1}), "power": frozenset(), "part": frozenset({1, 2, 3})}
    said = text(close_round(facts(ballots, place=4, shown=places)))
    assert "🤝 Trust: 75. Strong. The 2 weeks we could show average about 75." in said
    assert "⚖️ Power: 75. Strong.\n" in said


def test_four_weekly_rounds_say_how_far_along_they_are_and_no_figure():
    digest = close_round(
        facts(crowd(9, rounds=2), mode=FOUR_WEEKLY, place=2, round=2, joined=12, results_on=date(2026, 6, 14))
    )
    said = text(digest)
    assert "Who answered: over half. Thank you." in said
    assert "Results: 2 of 4 weeks done. Results for all four come on 14 June." in said
    assert "To talk about: Power has its turn this week. Who joined us last" in said
    assert "Trust" not in said


def test_wording_read_back_is_the_same_in_the_same_order():
    again = Wording.from_record(json.loads(json.dumps(WORDING.to_record(), sort_keys=True)))
    assert again == WORDING
    assert list(again.themes) == ["trust", "power", "part"]


# --- page and table

NASTY = '<script>alert("x")</script>&'


def test_a_page_loads_nothing_and_escapes_every_word():
    digest = close_round(facts(crowd(20)))
    page = html(digest, replace(WORDING, partnership=NASTY, items={"T2": NASTY}), picture=b"png")
    assert "default-src 'none'" in page
    assert NASTY not in page
    assert "&lt;script&gt;alert(&quot;x&quot;)" in page
    assert re.findall(r'(?:src|href)="([^"]{0,22})', page) == ["data:image/png;base64,"]
    assert "style=" not in page


def test_a_page_says_what_its_picture_shows_and_lists_the_figures():
    first, second = (
        close_round(facts(crowd(20, value), week=date(2026, 6, day))) for value, day in ((50, 3), (75, 10))
    )
    page = html(second, WORDING, (first, second), b"png")
    assert 'alt="A chart with one line for each theme, 3 June to 10 June, from 0 to 100.' in page
    assert "Trust: 50 (Worth a talk), 75 (Strong). Power:" in page
    assert page.index('<th scope="row">10 Jun</th><td><b>75</b><br>Strong</td>') < page.index("3 Jun<")


def test_a_page_without_a_picture_or_a_figure_has_neither_image_nor_table():
    page = html(close_round(facts(crowd(9), mode=FOUR_WEEKLY, place=2)), WORDING)
    assert "<img" not in page
    assert "<table" not in page


def test_a_table_holds_each_frozen_cell_and_nothing_finer():
    rows = list(csv.DictReader(io.StringIO(to_csv([longest()], WORDING), newline="")))
    assert len(rows) == 7
    assert rows[0]["figure"] == "75"
    assert rows[0]["people_at_least"] == "40"
    assert rows[3]["question"] == WORDING.items["T2"]


def test_a_hidden_cell_is_an_empty_one():
    row = next(csv.DictReader(io.StringIO(to_csv([close_round(facts())], WORDING), newline="")))
    assert (row["shown"], row["figure"], row["people_at_least"]) == ("no", "", "")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_table_is_a_formula(start):
    sheet = to_csv([close_round(facts(crowd(20)))], replace(WORDING, items={"T2": start + 'cmd,"x"\n'}))
    rows = list(csv.reader(io.StringIO(sheet, newline="")))
    assert rows[4][8] == f"'{start}" + 'cmd,"x"\n'
    assert sheet.endswith("\r\n")


# --- history


def figures(week, *points_, mode=WEEKLY, items=("T1", "P1", "E1")):
    kind, place = ("round", 1) if mode == WEEKLY else ("period", 4)
    cells = tuple(
        Cell(kind, theme, item, None if value is None else Figure(value, score.band(value), 20, 1))
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


def test_a_picture_of_nothing_is_told_as_such():
    assert alt((), WORDING) == "An empty chart. There are no figures yet."
