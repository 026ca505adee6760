"""What a digest says: in lines, in messages, as a page and as a table; each a pure rendering of the record."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from itertools import chain, pairwise, zip_longest
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from digest_themes import ANCHORS, OPTIONS, OTHERS, WORDING, asking, ballot, closings, crowd, facts, play
from hypothesis import given, settings
from hypothesis import strategies as st

import digests
from digests import (
    FOUR_WEEKLY,
    Cell,
    Change,
    Correction,
    Digest,
    Figure,
    Gap,
    Limits,
    Prompts,
    Replies,
    SetWords,
    ThemeWords,
    Tongue,
    alt,
    close_round,
    html,
    lines,
    messages,
    plain,
    points,
    questions,
    quotes,
    score,
    to_csv,
    worded,
)
from digests.disclose import FEW, MOST, OVER_HALF, UNDER_HALF
from flows.reading import grade

NOTE = Correction(date(2026, 5, 6), "One question was asked in the wrong week.")


def figure(points, rounds=4):
    return Figure(points, score.band(points), 120, rounds)


def fullest():
    """Everything at its longest: a week with period figures that all fell, a gap, options, comments."""
    base = close_round(facts(crowd(30, rounds=4), place=4, joined=140))
    cells = [
        *(Cell("round", "everyone", theme, item.id, figure(70, 1)) for theme, item in ANCHORS.items()),
        Cell("rotating", "everyone", "trust", "T2", figure(50, 1)),
        *(
            Cell("period", "everyone", theme, item.id, figure(70), "differ", Change("fall", 95))
            for theme, item in ANCHORS.items()
        ),
        *(
            Cell("period", group, theme, item.id, None if theme == "part" else figure(20))
            for group in ("lived", OTHERS)
            for theme, item in ANCHORS.items()
        ),
    ]
    return replace(
        base,
        cells=tuple(cells),
        replies=Replies(MOST, 120, 90),
        well="power",
        gaps=(Gap("part", "lived", 20, 95), Gap("power", "lived", 20, 60)),
        options=OPTIONS[1:],
        comments=("We are heard.", "Too many papers."),
    )


HEADING = "In people's own words, in mixed order. Each writer chose to share. Please do not guess who wrote what."


def text(digest, wording=WORDING):
    return plain(digest, wording)


def without_comments(digest):
    return text(digest).partition(f"\n\n{HEADING}")[0]


def said(digest, label):
    """What the line of this label says; None where it is left out."""
    return next((line.text for line in lines(digest, WORDING) if label in line.label), None)


EVERY_KIND = [
    fullest(),
    play(crowd(40, rounds=4), joined=60, corrections=(NOTE,))[-1],
    close_round(facts(crowd(20))),
    close_round(facts(crowd(3))),
    close_round(facts()),
    close_round(facts(crowd(9, rounds=4), mode=FOUR_WEEKLY, place=2, joined=12)),
    close_round(facts(crowd(9, 0, rounds=4), mode=FOUR_WEEKLY, place=4, joined=12)),
    close_round(facts(crowd(4, rounds=4), mode=FOUR_WEEKLY, place=4, joined=12)),
]


# --- all of it


def test_the_lines_come_in_one_order():
    labels = [line.label for line in lines(replace(fullest(), corrections=(NOTE,)), WORDING)]
    assert labels == [
        "How we are doing",
        "Who answered",
        "Sent to",
        "Going well",
        "🤝 Trust",
        "⚖️ Power",
        "🙌 Taking part",
        "We also asked",
        "Where views differ (last four weeks)",
        "What would help",
        "In people's own words",
        "Put right",
        "To talk about",
        "Small print",
    ]


@pytest.mark.parametrize("digest", EVERY_KIND)
def test_a_digest_is_at_most_220_words_without_decimals_or_the_word_score(digest):
    assert len(without_comments(replace(digest, comments=())).split()) <= 220
    assert not re.search(r"\d[.,]\d", text(digest))
    assert not re.search(r"(?<!\w)[-\u2212]\d", text(digest))
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


@given(closings)
def test_every_rendering_follows_from_the_record_alone(closing):
    digest = close_round(closing)
    again = Digest.from_record(json.loads(json.dumps(digest.to_record())))
    assert text(again) == text(digest)
    assert html(again, WORDING) == html(digest, WORDING)
    assert to_csv([again], WORDING) == to_csv([digest], WORDING)
    assert quotes(again, WORDING) == quotes(digest, WORDING)


# --- reading age: five more than the grade


@pytest.mark.parametrize("digest", EVERY_KIND)
def test_a_digest_can_be_read_at_eleven(digest):
    assert grade(text(digest)) <= 6


def every_line():
    """Each kind of line in each of its forms; a label is a heading of its own, and names are short."""
    wording = replace(WORDING, partnership="North Shore")
    group_hidden = replace(fullest(), gaps=())
    changed = [
        replace(fullest(), cells=(Cell("period", "everyone", "part", "E1", figure(50, weeks), agreed, change),))
        for weeks in (1, 2, 4)
        for agreed in ("agree", "vary", "differ", "split")
        for change in (*(Change(code, 60) for code in ("rise", "fall", "none", "unsure")), None)
    ]
    in_a_week = [replace(one, cells=(Cell("round", "everyone", "part", "E1", None), *one.cells)) for one in changed]
    notes = replace(fullest(), corrections=(NOTE,))
    for digest in (*EVERY_KIND, group_hidden, notes, *changed, *in_a_week):
        for line in lines(digest, wording):
            yield f"{re.sub(r'[^a-zA-Z() ]', '', line.label)}.\n{line.text}"


def test_every_line_can_be_read_at_eleven():
    for line in {*every_line()}:
        assert grade(line) <= 6, line


def test_every_fixed_sentence_can_be_read_at_eleven():
    for theme in WORDING.themes.values():
        for said in (f"Going well: {theme.well}", *theme.talk.low, *theme.talk.steady):
            assert grade(said) <= 6, said
    for sentence in (*WORDING.on_figures, *WORDING.small_print):
        assert grade(sentence) <= 6, sentence


# --- figures


def test_a_figure_stands_beside_its_band_in_words():
    one = {"T1": 75, "P1": 50, "E1": 25}
    people = [replace(ballot(f"org {n % 4}"), scores={1: one}) for n in range(20)]
    said = text(close_round(facts(people, rotating=None)))
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
    assert "Figures (0" not in said


def test_four_weekly_rounds_say_how_far_along_they_are_and_no_figure():
    digest = close_round(
        facts(crowd(9, rounds=2), mode=FOUR_WEEKLY, place=2, round=2, joined=12, results_on=date(2026, 6, 14))
    )
    said = text(digest)
    assert "Who answered: over half. Thank you." in said
    assert "Results: 2 of 4 weeks done. Results for all four come on 14 June." in said
    assert "To talk about: Power has its turn this week. Who joined us last" in said
    assert "Trust" not in said


# --- what the period adds


def theme(digest, title="Trust"):
    return said(digest, title)


def test_the_fourth_week_adds_the_average_of_the_period():
    digest = play(crowd(40, rounds=4), joined=60)[-1]
    assert theme(digest) == "75. Strong. Over four weeks: 75. People mostly agree."


def test_an_average_over_fewer_weeks_says_so_and_one_week_is_not_told_twice():
    def answering(*places):
        return [
            replace(b, scores={p: {**s, "T1": 75 if p in places else None} for p, s in b.scores.items()})
            for b in crowd(20, rounds=4)
        ]

    assert theme(play(answering(1, 4))[-1]).startswith("75. Strong. Over the 2 weeks we could show: 75. ")
    assert theme(play(answering(4))[-1]) == "75. Strong. People mostly agree."


@pytest.mark.parametrize(
    ("first", "second", "weekly", "four_weekly"),
    [
        (
            75,
            50,
            "Over four weeks: 50, before that 75. This fall looks real.",
            "The four weeks before: 75. This fall",
        ),
        (
            50,
            75,
            "Over four weeks: 75, before that 50. This rise looks real.",
            "The four weeks before: 50. This rise",
        ),
        (75, 75, "Over four weeks: 75. No real change.", "Strong. No real change."),
    ],
)
def test_a_change_is_told_in_words_beside_the_figure_before(first, second, weekly, four_weekly):
    earlier = play(crowd(20, first, rounds=4))
    assert weekly in theme(play(crowd(20, second, rounds=4), earlier, period=2)[-1])
    earlier = play(crowd(20, first, rounds=4), mode=FOUR_WEEKLY)
    assert four_weekly in theme(play(crowd(20, second, rounds=4), earlier, mode=FOUR_WEEKLY, period=2)[-1])


def test_a_change_that_may_be_chance_is_told_as_not_sure_yet_and_without_a_number():
    people = [*crowd(12, 75, rounds=4), *crowd(8, 50, rounds=4)]  # 65, and 75 before
    digest = play(people, play(crowd(20, rounds=4)), period=2)[-1]
    assert theme(digest).startswith("65. Worth a talk. Over four weeks: 65. Not sure yet if this is a change.")


def test_agreement_is_told_in_words():
    both = [*crowd(10, 0, rounds=4), *crowd(10, 100, rounds=4)]
    assert theme(play(both)[-1]).endswith("Views are split.")


def test_a_gap_names_the_group_and_never_sets_others_against_others():
    lived, others = crowd(12, 0, rounds=4, seat="lived"), crowd(12, 100, rounds=4, seat="lead")
    digest = play([*lived, *others])[-1]
    assert said(digest, "views differ") == "Trust: people with lived experience say about 10. Others say about 90."


def test_only_the_widest_gap_is_told():
    assert said(fullest(), "views differ") == (
        "Taking part: people with lived experience say about 20. Others say about 95."
    )


@pytest.mark.parametrize(
    ("lived", "lead", "told"),
    [
        (4, 20, "some figures for smaller groups. No news is not proof of calm."),  # 4 are left over, so both hide
        (5, 20, None),
        (0, 20, "some figures for people with lived experience. No news is not proof of calm."),
    ],
)
def test_silence_about_a_group_is_told_once_as_no_proof_of_calm(lived, lead, told):
    ballots = [*crowd(lived, rounds=4, seat="lived"), *crowd(lead, rounds=4, seat="lead")]
    assert said(play(ballots)[-1], "Not shown") == told


def test_a_hidden_group_is_told_of_beside_a_gap_between_others():
    groups = (("lived", 0, 12), ("lead", 100, 12), ("frontline", 50, 5), ("partner", 50, 0))
    ballots = [one for seat, value, many in groups for one in crowd(many, value, rounds=4, seat=seat)]
    digest = play(ballots, split="lived/lead/partner/frontline")[-1]
    assert said(digest, "views differ") is not None
    assert said(digest, "Not shown").startswith("some figures for partner staff.")


def test_rounds_without_period_figures_say_nothing_of_groups():
    assert said(close_round(facts(crowd(20))), "Not shown") is None
    assert said(close_round(facts(crowd(3), place=4)), "Not shown") is None


# --- what people chose and wrote


def test_what_would_help_is_a_list_in_order():
    assert said(fullest(), "would help") == (
        "more say in what we discuss; more time to get to know people; sort out something from the past."
    )


def test_a_correction_names_its_week():
    digest = replace(fullest(), corrections=(NOTE,))
    assert said(digest, "Put right") == "week of 6 May. One question was asked in the wrong week."


def test_comments_follow_the_digest_and_stand_alone():
    assert said(fullest(), "own words") == "they come next, in mixed order."
    assert text(fullest()).endswith(f"{HEADING}\n\n“We are heard.”\n\n“Too many papers.”")
    assert quotes(fullest(), WORDING) == (f"{HEADING}\n\n“We are heard.”\n\n“Too many papers.”",)


def test_no_comment_stands_where_a_locked_phone_shows_it():
    many = replace(fullest(), comments=("We are heard. " * 30,) * 20)
    messages = quotes(many, WORDING)
    assert len(messages) > 2
    assert all("heard" not in message[:80] for message in messages)
    assert "Trust" not in alt(points((fullest(),)), WORDING)[:80]


def test_raised_thresholds_are_told_once():
    raised = close_round(facts(crowd(12), limits=Limits(people=8), history=(close_round(facts(crowd(12))),)))
    assert said(raised, "From now on") == "a figure needs 8 answers or more."
    again = close_round(facts(crowd(12), limits=Limits(people=8), history=(raised,)))
    assert not again.raised
    assert Digest.from_record(raised.to_record()) == raised


def test_without_comments_there_is_no_message_and_no_line_of_them():
    digest = replace(fullest(), comments=())
    assert quotes(digest, WORDING) == ()
    assert "own words" not in text(digest)
    assert "<ul>" not in html(digest, WORDING)


comments = st.lists(st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=500), min_size=1)


@settings(max_examples=50)
@given(comments, st.integers(1100, 4000))
def test_messages_of_comments_hold_each_whole_in_order_and_within_the_limit(comments, limit):
    messages = quotes(replace(fullest(), comments=tuple(comments)), WORDING, limit)
    assert "\n\n".join(messages).split("\n\n")[1:] == [f"“{comment}”" for comment in comments]
    assert messages[0].startswith("In people's own words")
    assert all(len(message.encode("utf-16-le")) <= 2 * limit for message in messages)
    for first, second in pairwise(messages):  # none could have held one more
        assert len(f"{first}\n\n{second.partition(chr(10))[0]}".encode("utf-16-le")) > 2 * limit


# --- wording


@pytest.mark.parametrize(
    ("split", "names"),
    [
        (f"lived/{OTHERS}", ["people with lived experience", "others"]),
        ("lived/lead+partner", ["people with lived experience", "lead partner staff and partner staff"]),
        (
            f"{OTHERS}/lived",
            ["lead partner staff, partner staff, frontline staff and commissioners", "people with lived experience"],
        ),
        ("lived/lead/partner+frontline+commissioner", [
            "people with lived experience", "lead partner staff", "partner staff, frontline staff and commissioners",
        ]),
    ],
)  # fmt: skip
def test_a_group_is_called_by_its_seats_and_the_second_of_two_that_hold_all_is_others(split, names):
    wording = worded("Testford", {}, {}, split=split)
    assert [wording.group(code) for code in split.split("/")] == names


def test_a_group_of_an_older_split_still_has_a_name():
    assert worded("Testford", {}, {}).group("lead+partner") == "lead partner staff and partner staff"


# --- other languages

PLACE = re.compile(r"\{\w+\}")


class Crosses:
    """A language that says every letter as x; it remembers which texts it was asked for."""

    def __init__(self):
        self.said, self.counted = set(), set()

    def say(self, text, **parts):
        self.said.add(text)
        return self._crossed(text).format_map(parts)

    def count(self, one, many, n, /, **parts):
        self.counted.add((one, many))
        return self._crossed(many).format_map({"n": n, **parts})

    def _crossed(self, text):
        between = (re.sub("[a-zA-Z]", "x", part) for part in PLACE.split(text))
        return "".join(chain.from_iterable(zip_longest(between, PLACE.findall(text), fillvalue="")))

    def tongue(self):
        return Tongue("ar", right_to_left=True, say=self.say, count=self.count)


def crossed(crosses):
    """Words given in figures alone, so that every letter comes from the digest itself."""
    talk = Prompts(("1", "2"), ("3",), ("4",), ("5",))
    themes = {code: ThemeWords("6", "7", "8", talk) for code in WORDING.themes}
    items = dict.fromkeys(WORDING.items, "9")
    sets = {ref: SetWords("10", dict.fromkeys(words.items, "11"), words.themes) for ref, words in WORDING.sets.items()}
    base = worded("12", themes, items, dict.fromkeys(WORDING.options, "13"), tongue=crosses.tongue())
    return replace(base, sets=sets)


def every_rendering(digest, wording):
    yield text(digest, wording)
    yield from quotes(digest, wording)
    said = chain(questions(digest, wording), *messages(digest, wording))
    yield from (f"{line.label}: {line.text}" for line in said)
    yield from (alt(series, wording) for series in (points((digest,)), points((digest, digest)), ()))
    page = html(digest, wording, picture=b"png", note="14")
    yield from re.findall(r">([^<>{]+)<|alt=\"([^\"]+)", page.partition("</style>")[2])


def renderings(crosses):
    """All that can be said of digests of every kind, in a language that has no letter but x."""
    ballots = crowd(20, rounds=4)
    sets = [close_round(facts(ballots, place=4, sets=(asking(ballots, split=f"lived/{OTHERS}", share=share),)))
            for share in (False, True)]  # fmt: skip
    kinds = (*EVERY_KIND, *sets, replace(fullest(), fewer=True), play(crowd(20, rounds=3))[-1])
    for digest in kinds:
        quiet = replace(digest, comments=("15",) * len(digest.comments), corrections=())
        yield from chain.from_iterable(map("".join, every_rendering(quiet, crossed(crosses))))


def test_every_word_of_a_digest_is_said_in_the_readers_language():
    months = re.compile(r"[\u0600-\u06ff]")
    letters = {letter for letter in renderings(Crosses()) if letter.isalpha() and not months.match(letter)}
    assert letters == {"x"}


def test_a_translator_is_given_every_text_that_a_digest_says():
    crosses = Crosses()
    assert any(renderings(crosses))
    found = {
        message
        for path in Path(digests.__file__).parent.glob("*.py")
        for _, message, _, _ in extract_from_file(
            "python", path, keywords={"say": None, "later": None, "count": (1, 2)}
        )
    }
    assert crosses.said - found == set()
    assert crosses.counted - found == set()


def test_dates_and_lists_are_written_as_the_language_writes_them():
    polish = replace(WORDING, tongue=Tongue("pl"))
    assert "week of 3 czerwca." in text(close_round(facts()), polish)
    assert worded("Testford", {}, {}, split="lived/lead+partner", tongue=Tongue("pl")).group("lead+partner") == (
        "lead partner staff i partner staff"
    )


def test_a_page_says_its_language_and_which_way_it_runs():
    digest = close_round(facts())
    assert '<html lang="en" dir="ltr">' in html(digest, WORDING)
    assert '<html lang="ur" dir="rtl">' in html(digest, replace(WORDING, tongue=Tongue("ur", right_to_left=True)))


# --- page and table

NASTY = '<script>alert("x")</script>&'


def test_a_page_loads_nothing_and_escapes_every_word():
    digest = replace(fullest(), comments=(NASTY,))
    page = html(digest, replace(WORDING, partnership=NASTY, items={"T2": NASTY}), picture=b"png")
    assert "default-src 'none'" in page
    assert NASTY not in page
    assert page.count("&lt;script&gt;alert(&quot;x&quot;)") == 3
    assert re.findall(r'(?:src|href)="([^"]{0,22})', page) == ["data:image/png;base64,"]
    assert "style=" not in page


def test_a_page_lists_the_comments():
    page = html(fullest(), WORDING)
    assert '<li dir="auto">“We are heard.”</li>\n<li dir="auto">“Too many papers.”</li>\n</ul>' in page
    assert page.index("Small print") < page.index("<ul>") < page.index("<table>")


def test_a_page_says_what_its_picture_shows_and_lists_the_figures():
    first, second = (
        close_round(facts(crowd(20, value), week=date(2026, 6, day))) for value, day in ((50, 3), (75, 10))
    )
    page = html(second, WORDING, (first, second), b"png")
    assert (
        'alt="A chart for the digest that comes next: one line for each theme, 3 June to 10 June, from 0 to 100.'
        in page
    )
    assert "Trust: 50 (Worth a talk), 75 (Strong). Power:" in page
    assert page.index('<th scope="row">10 Jun</th><td><b>75</b><br>Strong</td>') < page.index("3 Jun<")


def test_a_page_without_a_picture_or_a_figure_has_neither_image_nor_table():
    page = html(close_round(facts(crowd(9), mode=FOUR_WEEKLY, place=2)), WORDING)
    assert "<img" not in page
    assert "<table" not in page


def rows_of(*digests, wording=WORDING):
    return list(csv.DictReader(io.StringIO(to_csv(digests, wording), newline="")))


def test_a_table_holds_each_frozen_cell_and_nothing_finer():
    rows = rows_of(fullest())
    assert len(rows) == 13
    assert (rows[0]["audience"], rows[0]["figure"], rows[0]["people_at_least"]) == ("everyone", "70", "120")
    assert rows[3]["question"] == WORDING.items["T2"]
    assert (rows[4]["agreement"], rows[4]["change"], rows[4]["change_from"]) == ("differ", "fall", "95")
    assert [(row["audience"], row["shown"]) for row in rows[7:10]] == [
        ("lived", "yes"),
        ("lived", "yes"),
        ("lived", "no"),
    ]


def test_a_hidden_cell_is_an_empty_one():
    row = rows_of(close_round(facts()))[0]
    assert (row["shown"], row["figure"], row["people_at_least"], row["change_from"]) == ("no", "", "", "")
    assert None not in row.values()


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_table_is_a_formula(start):
    sheet = to_csv([close_round(facts(crowd(20)))], replace(WORDING, items={"T2": start + 'cmd,"x"\n'}))
    rows = list(csv.reader(io.StringIO(sheet, newline="")))
    assert rows[4][9] == f"'{start}" + 'cmd,"x"\n'
    assert sheet.endswith("\r\n")
