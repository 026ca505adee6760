"""Spreadsheets of every kind that XLSForm knows: read into a check-in that can be used, or refused with a reason."""

import contextlib
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.xlsform import ANCHORS, MAX_BYTES, MAX_UNPACKED, BadSpreadsheet, Imported, read
from bot.xlsform.expression import Known, TooMuch, bounds, condition
from flows.load import examine
from flows.model import (
    MOST_PICKED,
    MOST_QUESTIONS,
    ChoiceQuestion,
    DateQuestion,
    Flow,
    NumberQuestion,
    Question,
    TextQuestion,
    YesNoQuestion,
)

Rows = Sequence[Sequence[str | float | bool | None]]
SURVEY = ("type", "name", "label")
CHOICES = [
    ["list_name", "name", "label"],
    ["fruit", "apple", "Apples"],
    ["fruit", "pear", "Pears"],
    ["fruit", "plum", "Plums"],
    ["yes_no", "yes", "Yes"],
    ["yes_no", "no", "No"],
    ["degree", 1, "A bit"],
    ["degree", 2, "A lot"],
]


def book(survey: Rows, choices: Rows = (), settings: Rows = (), **more: Rows) -> bytes:
    """A spreadsheet with these sheets."""
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in {"survey": survey, "choices": choices, "settings": settings, **more}.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    raw = io.BytesIO()
    made.save(raw)
    return raw.getvalue()


def asked(*rows: Sequence[str | float | bool | None], columns: Sequence[str] = SURVEY) -> bytes:
    """A spreadsheet that asks these rows."""
    return book([columns, *rows], CHOICES)


def packed(content: bytes) -> bytes:
    """An archive with one file in it."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", content)
    return raw.getvalue()


@pytest.fixture
def taken(tmp_path: Path):
    """Read a spreadsheet, and put what it comes to through the check that every file goes through."""

    def take(raw: bytes) -> tuple[tuple[Question, ...], list[str], Flow]:
        made = read(raw, "form")
        flow = checked(tmp_path, made)
        own = tuple(q for q in flow.questions if q.id not in ANCHORS)
        return own, [str(left) for left in made.left], flow

    return take


def checked(folder: Path, made: Imported) -> Flow:
    file = folder / "form.yaml"
    file.write_text(made.text, encoding="utf-8")
    report = examine(file)
    assert report.flow is not None, "\n".join([made.text, *map(str, report.problems)])
    return report.flow


# --- what is carried: rows -> the questions they come to, without the words of each

CARRIED = {
    "words": ([["text", "t", "What?"]], [TextQuestion(id="t", ask="What?", kind="text")]),
    "words by another name": ([["string", "t", "What?"]], [TextQuestion(id="t", ask="What?", kind="text")]),
    "a number": ([["integer", "n", "How many?"]], [NumberQuestion(id="n", ask="How many?", kind="number")]),
    "a number for short": ([["int", "n", "How many?"]], [NumberQuestion(id="n", ask="How many?", kind="number")]),
    "a day": ([["date", "d", "When?"]], [DateQuestion(id="d", ask="When?", kind="date")]),
    "a range": ([["range", "r", "From 1 to 10?"]], [
        NumberQuestion(id="r", ask="From 1 to 10?", kind="number", least=1, most=10)
    ]),
    "one choice": ([["select_one fruit", "c", "Which?"]], [ChoiceQuestion(id="c", ask="Which?", choices="fruit")]),
    "one choice in older words": ([["select one from fruit", "c", "Which?"]], [
        ChoiceQuestion(id="c", ask="Which?", choices="fruit")
    ]),
    "several choices": ([["select_multiple fruit", "c", "Which?"]], [
        ChoiceQuestion(id="c", ask="Which?", choices="fruit", pick=3)
    ]),
    "several choices in older words": ([["select all that apply from fruit", "c", "Which?"]], [
        ChoiceQuestion(id="c", ask="Which?", choices="fruit", pick=3)
    ]),
    "yes or no": ([["select_one yes_no", "y", "Is it?"]], [YesNoQuestion(id="y", ask="Is it?", kind="yes-no")]),
    "a list used twice": ([["select_one fruit", "a", "This?"], ["select_one fruit", "b", "That?"]], [
        ChoiceQuestion(id="a", ask="This?", choices="fruit"), ChoiceQuestion(id="b", ask="That?", choices="fruit")
    ]),
    "codes that are numbers": ([["select_one degree", "c", "How much?"]], [
        ChoiceQuestion(id="c", ask="How much?", choices="degree")
    ]),
    "a group": ([["begin group", "g", "All"], ["text", "t", "What?"], ["end group"]], [
        TextQuestion(id="t", ask="What?", kind="text")
    ]),
    "groups in groups": (
        [["begin_group", "g", "All"], ["begin group", "h", None], ["text", "t", "What?"], ["end group"], ["end_group"]],
        [TextQuestion(id="t", ask="What?", kind="text")],
    ),
    "empty rows between": ([[], ["text", "t", "What?"], [], [], ["date", "d", "When?"]], [
        TextQuestion(id="t", ask="What?", kind="text"), DateQuestion(id="d", ask="When?", kind="date")
    ]),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "questions"), CARRIED.values(), ids=CARRIED)
def test_a_question_is_carried_as_what_it_is(taken, rows, questions):
    assert taken(asked(*rows))[:2] == (tuple(questions), [])


# --- what is left: a row beside one that is carried -> why

LEFT = {
    "a decimal number": (["decimal", "x", "How much?"], "only whole numbers can be asked"),
    "a time": (["time", "x", "When?"], "a time of day cannot be asked"),
    "a day and time": (["dateTime", "x", "When?"], "a time of day cannot be asked"),
    "a picture": (["image", "x", "Show us"], "pictures are not taken"),
    "a recording": (["audio", "x", "Tell us"], "recordings are not taken"),
    "a film": (["video", "x", "Show us"], "films are not taken"),
    "a file": (["file", "x", "Send us"], "files are not taken"),
    "a place": (["geopoint", "x", "Where?"], "places are not taken"),
    "a way": (["geotrace", "x", "Where?"], "places are not taken"),
    "an area": (["geoshape", "x", "Where?"], "places are not taken"),
    "a barcode": (["barcode", "x", "Scan"], "codes are not read"),
    "a ranking": (["rank fruit", "x", "Best first"], "choices cannot be put in order"),
    "choices from a file": (["select_one_from_file towns.csv", "x", "Which?"], "its choices are in another file"),
    "several from a file": (["select_multiple_from_file towns.csv", "x", "Which?"], "its choices are in another file"),
    "when it began": (["start", "x", None], "`start` is no question"),
    "when it ended": (["end", "x", None], "`end` is no question"),
    "the day of it": (["today", "x", None], "`today` is no question"),
    "the device": (["deviceid", "x", None], "`deviceid` is no question"),
    "the name of a person": (["username", "x", None], "`username` is no question"),
    "the number of a phone": (["phonenumber", "x", None], "`phonenumber` is no question"),
    "something hidden": (["hidden", "x", None], "a check-in keeps nothing hidden"),
    "a note in the middle": (["note", "x", "And now this"], "words without a question stand only in the introduction"),
    "another answer in the words": (["text", "x", "What of ${t}?"], "its words quote another answer"),
}


@pytest.mark.parametrize(("row", "why"), LEFT.values(), ids=LEFT)
def test_what_cannot_be_carried_is_told_by_its_row(taken, row, why):
    questions, left, _ = taken(asked(["text", "t", "What?"], [], row))
    assert questions == (TextQuestion(id="t", ask="What?", kind="text"),)
    assert [line for line in left if line.startswith("survey, row 4: `x`" if "note" not in row else "survey, row 4:")]
    assert any(why in line for line in left), left


def test_a_calculation_is_told_and_what_builds_on_it_is_asked_of_everyone(taken):
    columns = (*SURVEY, "calculation", "relevant")
    rows = [["text", "t", "What?"], ["calculate", "sum", None, "1 + 1"], ["date", "d", "When?", None, "${sum} = 2"]]
    questions, left, _ = taken(asked(*rows, columns=columns))
    assert [question.id for question in questions] == ["t", "d"]
    unknown = "`sum` is no earlier question with buttons or a number that could be carried"
    assert left == [
        "survey, row 3: `sum`: a check-in calculates nothing",
        f"survey, row 4: `d` is asked of everyone: of its condition `${{sum}} = 2`, {unknown}",
    ]


def test_a_repeat_is_left_with_all_in_it(taken):
    rows = [["begin repeat", "r", "Each"], ["text", "in", "Who?"], ["end repeat"], ["text", "t", "What?"]]
    questions, left, _ = taken(asked(*rows))
    assert [question.id for question in questions] == ["t"]
    assert left == ["survey, row 2: the repeat `r`, with all in it: a check-in asks each question once"]


def test_an_acknowledgement_is_asked_as_yes_or_no(taken):
    questions, left, _ = taken(asked(["acknowledge", "ok", "I have read this"]))
    assert questions == (YesNoQuestion(id="ok", ask="I have read this", kind="yes-no"),)
    assert left == ["survey, row 2: `ok`: an acknowledgement is asked as yes or no"]


def test_other_choices_come_with_the_question_that_asks_which(taken):
    questions, _, flow = taken(asked(["select_one fruit or_other", "c", "Which?"]))
    assert [question.id for question in questions] == ["c", "c_other"]
    assert [choice.code for choice in flow.choices["fruit"]] == ["apple", "pear", "plum", "other"]
    assert questions[1].when.model_dump(by_alias=True) == {"answer": "c", "is": "other"}


# --- conditions

COLUMNS = (*SURVEY, "relevant")
BEFORE = [["select_one fruit", "c", "Which?"], ["integer", "n", "How many?"]]
CONDITIONS = {
    "${c} = 'pear'": {"answer": "c", "is": "pear"},
    "'pear' = ${c}": {"answer": "c", "is": "pear"},
    "${c}='pear'": {"answer": "c", "is": "pear"},
    '${c} = "pear"': {"answer": "c", "is": "pear"},
    "selected(${c}, 'pear')": {"answer": "c", "is": "pear"},
    "${c} != 'pear'": {"not": {"answer": "c", "is": "pear"}},
    "not(selected(${c}, 'pear'))": {"not": {"answer": "c", "is": "pear"}},
    "${n} > 3": {"answer": "n", "at_least": 4},
    "${n} >= 3": {"answer": "n", "at_least": 3},
    "3 < ${n}": {"answer": "n", "at_least": 4},
    "${n} < 3": {"answer": "n", "at_most": 2},
    "${n} <= -3": {"answer": "n", "at_most": -3},
    "${n} = 3": {"both": [{"answer": "n", "at_least": 3}, {"answer": "n", "at_most": 3}]},
    "(${n} >= 3)": {"answer": "n", "at_least": 3},
    "${n} >= 3 and ${c} = 'pear'": {"both": [{"answer": "n", "at_least": 3}, {"answer": "c", "is": "pear"}]},
    "${c} = 'pear' or ${c} = 'plum'": {"any": [{"answer": "c", "is": "pear"}, {"answer": "c", "is": "plum"}]},
    "${n} > 1 and (${n} < 9 or ${c} = 'pear')": {
        "both": [
            {"answer": "n", "at_least": 2},
            {"any": [{"answer": "n", "at_most": 8}, {"answer": "c", "is": "pear"}]},
        ]
    },
}


def plain(guard: object) -> object:
    """A condition as the file has it."""
    if isinstance(guard, dict):
        return {key: plain(value) for key, value in guard.items()}
    return [plain(part) for part in guard] if isinstance(guard, tuple) else guard


@pytest.mark.parametrize(("said", "guard"), CONDITIONS.items(), ids=CONDITIONS)
def test_a_simple_condition_is_carried(taken, said, guard):
    questions, left, _ = taken(asked(*BEFORE, ["text", "t", "What?", said], columns=COLUMNS))
    assert (plain(questions[2].when.model_dump(by_alias=True)), left) == (guard, [])


TOO_MUCH = [
    "${n} + 1 > 2", "count-selected(${c}) > 1", "regex(${c}, 'p.*')", "${c} != ''", "string-length(${c}) > 3",
    "${c} = ${n}", "today() > '2026-01-01'", "true()", "${c}", "${n} > 1.5", "${n} > 'many'", "${c} = 'melon'",
    "if(${n} > 1, true(), false())", "not(not(not(not(${n} > 1)))) and ((((", "pulldata('a', 'b', 'c', ${c}) = 1",
]  # fmt: skip


@pytest.mark.parametrize("said", TOO_MUCH)
def test_a_condition_that_says_more_is_told(taken, said):
    questions, left, _ = taken(asked(*BEFORE, ["text", "t", "What?", said], columns=COLUMNS))
    assert questions[2].when is None
    assert left[0].startswith(f"survey, row 4: `t` is asked of everyone: of its condition `{said}`,")


def test_a_condition_on_a_question_to_come_is_told(taken):
    rows = [["text", "t", "What?", "${n} > 1"], ["integer", "n", "How many?", None]]
    questions, left, _ = taken(asked(*rows, columns=COLUMNS))
    assert (questions[0].when, len(left)) == (None, 1)


def test_the_condition_of_a_group_holds_for_each_question_in_it(taken):
    rows = [*BEFORE, ["begin group", "g", "Pears", "${c} = 'pear'"], ["text", "t", "What?", None],
            ["date", "d", "When?", "${n} > 1"], ["end group"]]  # fmt: skip
    questions, left, _ = taken(asked(*rows, columns=COLUMNS))
    pear = {"answer": "c", "is": "pear"}
    assert plain(questions[2].when.model_dump(by_alias=True)) == pear
    assert plain(questions[3].when.model_dump(by_alias=True)) == {"both": [pear, {"answer": "n", "at_least": 2}]}
    assert left == []


# --- bounds

BOUNDS = {
    ". >= 1 and . <= 120": (1, 120),
    ". > 0": (1, None),
    ". < 10": (None, 9),
    "(. >= 0)": (0, None),
    "5 <= .": (5, None),
    ". >= -3 and . < 3": (-3, 2),
}


@pytest.mark.parametrize(("said", "bounds"), BOUNDS.items(), ids=BOUNDS)
def test_bounds_of_a_number_are_carried(taken, said, bounds):
    questions, left, _ = taken(asked(["integer", "n", "How many?", said], columns=(*SURVEY, "constraint")))
    assert ((questions[0].least, questions[0].most), left) == (bounds, [])


@pytest.mark.parametrize(
    "said",
    [
        ". != 3",
        "regex(., '^[0-9]+$')",
        ". > 1 or . < 3",
        ". mod 2 = 0",
        ". > 1.5",
        ". > 9 and . < 9",
        f". > {'9' * 16}",
    ],
)
def test_another_constraint_is_told(taken, said):
    questions, left, _ = taken(asked(["integer", "n", "How many?", said], columns=(*SURVEY, "constraint")))
    assert (questions[0].least, questions[0].most, len(left)) == (None, None, 1)


PIECES = [
    "${c}",
    "${n}",
    "=",
    "!=",
    "<",
    ">=",
    "'pear'",
    "3",
    "-1",
    "and",
    "or",
    "not(",
    "selected(",
    "(",
    ")",
    ",",
    ".",
]
KNOWN = {"c": Known("c", {"pear": "pear"}), "n": Known("n", None)}


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=40).map(" ".join))
def test_whatever_an_expression_says_it_is_read_or_too_much(said):
    for reads in (lambda: condition(said, KNOWN), lambda: bounds(said)):
        with contextlib.suppress(TooMuch):
            reads()


# --- what stands beside a question


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("required", "yes", "every question may be skipped here"),
        ("required", "true()", "every question may be skipped here"),
        ("default", "3", "nothing is answered for anybody"),
        ("appearance", "minimal", "its appearance is left out"),
        ("read_only", "yes", "`read_only` is left out"),
        ("media::image", "a.png", "its pictures and sounds are left out"),
        ("constraint_message", "No!", "the product has its own words"),
    ],
)
def test_what_changes_how_a_question_works_is_told(taken, column, value, why):
    questions, left, _ = taken(asked(["text", "t", "What?", value], columns=(*SURVEY, column)))
    assert (len(questions), len(left)) == (1, 1)
    assert left[0].startswith("survey, row 2: `t`: ")
    assert why in left[0]


def test_a_message_in_two_languages_is_told_once(taken):
    columns = (*SURVEY, "constraint_message::English (en)", "constraint_message::Cymraeg (cy)", "constraint")
    _, left, _ = taken(asked(["integer", "n", "How many?", "No!", "Na!", ". > 0"], columns=columns))
    assert [line for line in left if "`n`" in line] == [
        "survey, row 2: `n`: its message is left out: the product has its own words"
    ]


def test_parameters_that_a_question_does_not_have_are_no_trouble(taken):
    assert taken(asked(["text", "t", "What?", "rows=8"], columns=(*SURVEY, "parameters")))[1] == []


def test_what_is_not_required_needs_no_word(taken):
    assert taken(asked(["text", "t", "What?", "no"], columns=(*SURVEY, "required")))[1] == []


def test_a_hint_goes_below_the_question(taken):
    questions, left, _ = taken(asked(["text", "t", "What?", "Take your time."], columns=(*SURVEY, "hint")))
    assert (questions[0].ask, left) == ("What?\n\nTake your time.", [])


def test_notes_before_the_first_question_are_the_introduction(taken):
    _, left, flow = taken(asked(["note", "a", "Hello."], ["note", "b", "Welcome."], ["text", "t", "What?"]))
    assert (flow.intro, left) == ("Hello.\n\nWelcome.", [])


def test_english_is_kept_and_other_languages_are_told(taken):
    columns = ("type", "name", "label::Cymraeg (cy)", "label::English (en)")
    choices = [["list_name", "name", "label::Cymraeg (cy)", "label::English (en)"],
               ["a", "x", "Un", "One"], ["a", "z", "Dau", "Two"]]  # fmt: skip
    questions, left, flow = taken(book([columns, ["select_one a", "q", "Pa un?", "Which?"]], choices))
    assert (questions[0].ask, [choice.text for choice in flow.choices["a"]]) == ("Which?", ["One", "Two"])
    assert left == ["survey: the texts in Cymraeg (cy) are left out: `pulse flow texts` takes translations in"]


def test_title_and_id_come_from_the_settings(taken):
    settings = [["form_title", "form_id", "version"], ["Our form", "our form 2026", "3"]]
    _, left, flow = taken(book([SURVEY, ["text", "t", "What?"]], (), settings))
    assert (flow.title, flow.ref, left) == ("Our form", "our_form_2026@1", [])


def test_without_settings_title_and_id_come_from_the_file(tmp_path):
    flow = checked(tmp_path, read(asked(["text", "t", "What?"]), "Our form (2)"))
    assert (flow.title, flow.ref) == ("Our form (2)", "Our_form_2@1")


def test_no_more_is_carried_than_a_check_in_holds(taken):
    rows = [["text", f"t{n}", "What?"] for n in range(499)]
    questions, left, _ = taken(asked(*rows))
    assert len(questions) == MOST_QUESTIONS - len(ANCHORS)
    assert left == [f"survey, row {n}: `t{n - 2}`: a check-in has at most 500 questions" for n in (499, 500)]


def test_of_a_long_list_some_may_be_picked_and_one_too_long_is_left(taken):
    choices = [["list_name", "name", "label"], *(["long", f"c{n}", f"Choice {n}"] for n in range(21))]
    choices += [["longer", f"c{n}", f"Choice {n}"] for n in range(51)]
    survey = [SURVEY, ["select_multiple long", "a", "Which?"], ["select_one longer", "b", "Which?"]]
    questions, left, _ = taken(book(survey, choices))
    assert [question.pick for question in questions] == [MOST_PICKED]
    assert left == [
        "survey, row 2: `a`: at most 20 of its choices may be picked",
        "survey, row 3: `b`: 51 choices are more than the 50 a phone can show",
    ]


def test_names_that_a_check_in_cannot_have_are_changed_and_told(taken):
    rows = [["text", "T1", "What?"], ["text", "a.b", "And?"], ["text", "n" * 40, "So?"], ["text", "done", "Done?"]]
    questions, left, _ = taken(asked(*rows))
    assert [question.id for question in questions] == ["T1_2", "a_b", "n" * 32, "done_2"]
    assert len(left) == 4


def test_codes_that_a_button_cannot_have_are_changed_and_told(taken):
    choices = [["list_name", "name", "label"], ["a", "x.1", "One"], ["a", "x_1", "Two"], ["a", "y" * 60, "Three"]]
    _, left, flow = taken(book([SURVEY, ["select_one a", "q", "Which?"]], choices))
    assert [choice.code for choice in flow.choices["a"]] == ["x_1", "x_1_2", "y" * 49]
    assert [line.partition(":")[0] for line in left] == ["choices, row 2", "choices, row 3", "choices, row 4"]


def test_long_codes_that_begin_alike_stay_apart(taken):
    choices = [["list_name", "name", "label"], *(["a", "y" * 60 + str(n), f"Choice {n}"] for n in range(12))]
    _, _, flow = taken(book([SURVEY, ["select_one a", "q", "Which?"]], choices))
    codes = [choice.code for choice in flow.choices["a"]]
    assert codes[:3] == ["y" * 49, "y" * 47 + "_2", "y" * 47 + "_3"]
    assert len(set(codes)) == 12


def test_a_list_with_the_name_of_a_shared_one_has_another(taken):
    choices = [["list_name", "name", "label"], ["share", "a", "One"], ["share", "b", "Two"]]
    questions, _, flow = taken(book([SURVEY, ["select_one share", "q", "Which?"]], choices))
    assert questions[0].choices != "share"
    assert [choice.text for choice in flow.choices[questions[0].choices]] == ["One", "Two"]


def test_long_words_are_cut_and_told(taken):
    choices = [["list_name", "name", "label"], ["a", "x", "w" * 70], ["a", "y", "Two"]]
    questions, left, flow = taken(book([SURVEY, ["select_one a", "q", "W" * 1200]], choices))
    assert (len(questions[0].ask), len(flow.choices["a"][0].text), len(left)) == (1000, 60, 2)


@pytest.mark.parametrize(
    "odd", ['say "hi": [a, b]', "- a\n- b", "#1", "*all", "yes", "~", "a\tb", "{x}", "a\\b", "%YAML"]
)
def test_whatever_the_words_are_the_file_is_whole(taken, odd):
    questions, _, _ = taken(asked(["text", "t", odd]))
    assert questions[0].ask == odd.replace("\t", " ")


# --- what is refused

REFUSED = {
    "no spreadsheet at all": (b"id,ask\n1,2\n", "This is no XLSForm that can be read"),
    "nothing": (b"", "This is no XLSForm that can be read"),
    "a broken archive": (b"PK\x03\x04" + bytes(40), "This is no XLSForm that can be read"),
    "a file too large": (bytes(MAX_BYTES + 1), "larger than 4 MiB"),
    "a page that never ends": (packed(bytes(MAX_UNPACKED + 1)), "unpacks to more than 64 MiB"),
    "an archive of something else": (packed(b"Hello"), "This is no XLSForm that can be read"),
    "no survey": (book([]), "survey"),
    "only headings": (asked(), "none of its questions"),
    "only notes": (asked(["note", "a", "Hello."]), "none of its questions"),
    "only what is left": (asked(["image", "x", "Show us"]), "survey, row 2: `x`: pictures are not taken"),
    "an unknown type": (asked(["telepathy", "x", "What?"]), "telepathy"),
    "an unknown list": (asked(["select_one melons", "x", "Which?"]), "melons"),
    "no name": (asked(["text", None, "What?"]), "row 2"),
    "a name with a blank": (
        asked(["text", "a b", "What?"]),
        "row 2: On the 'survey' sheet, the 'name' value is invalid",
    ),
    "a name twice": (asked(["text", "a", "What?"], ["text", "a", "And?"]), "a"),
    "a group without an end": (asked(["begin group", "g", "All"], ["text", "a", "What?"]), "group"),
    "an end without a group": (asked(["text", "a", "What?"], ["end group"]), "row 3"),
    "a condition on nobody": (asked(["text", "a", "What?", "${b} = 1"], columns=COLUMNS), "b"),
    "a choice twice": (
        book([SURVEY, ["select_one a", "q", "Which?"]], [["list_name", "name", "label"], *[["a", "x", "One"]] * 2]),
        "choices",
    ),
}


@pytest.mark.parametrize(("raw", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_form_is_refused_with_the_reason(raw, why):
    with pytest.raises(BadSpreadsheet) as refused:
        read(raw, "form")
    assert why in str(refused.value), str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_one_choice_alone_is_no_choice():
    choices = [["list_name", "name", "label"], ["a", "x", "One"]]
    with pytest.raises(BadSpreadsheet, match="one choice alone is no choice"):
        read(book([SURVEY, ["select_one a", "q", "Which?"]], choices), "form")


def test_more_than_sixty_spreadsheets_are_tried():
    assert len(CARRIED) + len(LEFT) + len(CONDITIONS) + len(TOO_MUCH) + len(BOUNDS) + len(REFUSED) > 60
