"""What coordinators may ask next: questions matched to what everyone was shown, and nothing beside it."""

import re
from dataclasses import replace

import pytest
from digest_themes import ANCHORS, OTHERS, THEMES, WORDING, asking, closings, crowd, facts, play
from hypothesis import given

from digests import Cell, Change, Figure, Gap, close_round, questions, score
from flows.reading import grade

TALK = {
    "trust": (("T low 1", "T low 2", "T low 3"), ("T split 1",), ("T falling 1",), ("T steady 1", "T steady 2")),
    "power": (("P low 1", "P low 2"), (), (), ("P steady 1",)),
    "part": (("E low 1",), ("E split 1",), (), ("E steady 1",)),
}


def wording():
    themes = {code: replace(words, talk=type(words.talk)(*TALK[code])) for code, words in THEMES.items()}
    return replace(WORDING, themes=themes)


def period(*, fewer=False, gaps=(), **themes):
    """A period's digest: theme -> (points, agreement, change)."""
    cells = tuple(
        Cell("period", "everyone", theme, ANCHORS[theme].id, Figure(points, score.band(points), 20, 4), agreed, change)
        for theme, (points, agreed, change) in themes.items()
    )
    return replace(close_round(facts()), cells=cells, fewer=fewer, gaps=gaps)


def asked(digest):
    """The questions under their heading: (what about, question)."""
    return [(line.label, line.text) for line in questions(digest, wording())[1:]]


FALL = Change("fall", 80)


def test_steady_figures_ask_one_question_of_each_theme():
    digest = period(trust=(80, "agree", None), power=(75, None, None), part=(70, None, None))
    assert asked(digest) == [
        ("Trust (steady)", "T steady 1"),
        ("Power (steady)", "P steady 1"),
        ("Taking part (steady)", "E steady 1"),
    ]


def test_a_low_theme_is_asked_about_before_steady_ones_which_only_make_up_three():
    digest = period(trust=(80, None, None), power=(40, None, None), part=(70, None, None))
    assert asked(digest) == [
        ("Power (low)", "P low 1"),
        ("Power (low)", "P low 2"),
        ("Trust (steady)", "T steady 1"),
    ]


def test_low_themes_take_turns_up_to_four_questions():
    digest = period(trust=(40, None, None), power=(40, None, None), part=(45, None, None))
    assert asked(digest) == [
        ("Trust (low)", "T low 1"),
        ("Trust (low)", "T low 2"),
        ("Power (low)", "P low 1"),
        ("Taking part (low)", "E low 1"),
    ]


def test_a_fall_asks_what_a_low_figure_asks_and_with_fewer_replies_what_is_kept_for_that():
    falling = {"trust": (60, None, FALL), "power": (75, None, None), "part": (75, None, None)}
    assert asked(period(**falling))[0] == ("Trust (a fall)", "T low 1")
    assert asked(period(fewer=True, **falling))[0] == ("Trust (a fall, and fewer replies)", "T falling 1")
    only_replies = {**falling, "trust": (60, None, None)}
    assert asked(period(fewer=True, **only_replies))[0] == ("Trust (steady)", "T steady 1")


@pytest.mark.parametrize("agreed", ["split", "differ"])
def test_views_that_differ_are_asked_about(agreed):
    digest = period(trust=(60, agreed, None), power=(75, "vary", None), part=(75, "agree", None))
    assert asked(digest)[0] == ("Trust (views differ)", "T split 1")
    assert len(asked(digest)) == 3


def test_a_gap_is_views_that_differ_and_a_missing_list_falls_back_on_the_low_one():
    digest = period(trust=(75, None, None), power=(75, None, None), gaps=(Gap("power", "lived", 30, 80),))
    assert asked(digest)[0] == ("Power (views differ)", "P low 1")


def test_no_question_comes_twice():
    digest = period(power=(40, "split", None), gaps=(Gap("power", "lived", 30, 80),))
    assert asked(digest) == [("Power (low)", "P low 1"), ("Power (low)", "P low 2")]


def test_a_longer_check_in_has_questions_of_its_own():
    ballots = [*crowd(10, 75, seat="lead"), *crowd(10, 0, seat="lived")]
    digest = close_round(facts(ballots, sets=(asking(ballots, split=f"lived/{OTHERS}"),)))
    assert [(line.label, line.text) for line in questions(digest, WORDING)[1:]] == [
        ("Setting up (low)", "Which part is not yet written down?"),
        ("Setting up (low)", "When could we book one hour for it?"),
        ("Setting up (views differ)", "Who joined late?"),
    ]


def test_a_week_without_period_figures_and_longer_check_ins_has_none():
    assert questions(close_round(facts(crowd(20))), WORDING) == ()
    assert questions(play(crowd(3, rounds=4))[-1], WORDING) == ()


@given(closings)
def test_they_hold_no_figure_and_follow_from_the_record_alone(closing):
    digest = close_round(closing)
    lines = questions(digest, WORDING)
    assert questions(type(digest).from_record(digest.to_record()), WORDING) == lines
    assert not lines or 1 <= len(lines) - 1 <= 4
    assert not any(letter.isdigit() for line in lines for letter in line.label + line.text)
    start = "\n\n".join(f"{line.label}: {line.text}" for line in lines)[:80].lower()
    assert not re.search("trust|power|taking|setting|testford", start)
    assert all(grade(line.text) <= 6 for line in lines)


def test_what_hides_nothing_from_others_depends_on_shown_cells_alone():
    digest = period(trust=(40, None, None), power=(75, None, None))
    hidden = Cell("period", "lived", "trust", "T1", None)
    assert questions(replace(digest, cells=(*digest.cells, hidden)), wording()) == questions(digest, wording())
