"""A flow file is read as written, or refused with every problem at its line."""

import contextlib
from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from digests import split
from flows import seats
from flows.engine import Engine
from flows.errors import BadDefinition
from flows.events import Tapped, Wrote
from flows.guards import LowIs, Not, predicate
from flows.load import MAX_BYTES, flows_in, library, load
from flows.model import RotatingQuestion

GOOD = """\
spec: "1.1"
id: small
version: 1
title: Small check-in
intro: Hello.
end: Saved.
themes:
  faith:
    title: Trust
    emoji: T
    well: people faith
    talk: {low: [Low?], steady: [Steady?]}
scales:
  degree:
    - {code: "0", text: "No"}
    - {code: "100", text: "Yes"}
    - {code: unsure, text: Can't say, scored: false}
choices:
  helps:
    - {code: plan, text: A plan}
    - {code: news, text: Good news}
questions:
  - id: Q1
    theme: faith
    anchor: true
    ask: Was it so?
    scale: degree
  - id: spot
    rotate: [faith]
    scale: degree
  - id: help
    when: {lowest: [faith], is: faith, at_most: 25}
    ask: What would help?
    choices: helps
  - id: seen
    when: {not: {all: [Q1], are: unsure}}
    ask: What did you see?
    choices: helps
  - id: memo
    kind: text
    ask: A memo?
bank:
  faith:
    - {id: Q2, ask: Was it fair?}
    - {id: Q3r, ask: Was it hard?, reverse: true}
"""


def problems(tmp_path, raw: str | bytes) -> list[str]:
    """Each problem as "line:column what (mend)"."""
    path = tmp_path / "flow.yaml"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass"))
    with pytest.raises(BadDefinition) as caught:
        load(path)
    assert all(problem.file == str(path) for problem in caught.value.problems)
    return [f"{p.line}:{p.column} {p.what} ({p.mend})" for p in caught.value.problems]


def test_a_good_file_is_a_flow(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD)
    flow = load(path)
    assert flow.ref == "small@1"
    assert flow.anchors == {"faith": "Q1"}
    assert list(flow.items) == ["Q1", "Q2", "Q3r"]
    assert (flow.score("Q1", "0"), flow.score("Q3r", "0")) == (0, 100)
    assert flow.score("Q1", "unsure") is flow.score("Q1", "9") is flow.score("memo", "0") is None
    assert flow.item("Q3r").reverse
    assert flow.questions[1] == RotatingQuestion(id="spot", rotate=("faith",), scale="degree")
    assert flow.questions[2].when == LowIs.model_validate({"lowest": ("faith",), "is": "faith", "at_most": 25})


# One change to the good file -> where the problem is, and words of what is said about it.
BROKEN = [
    ("title: Small", "titel: Small", "4:1 `titel` is not a key here (did you mean `title`?"),
    ("end: Saved.", "end: Saved.\nmusic: on", "7:1 `music` is not a key here (the keys here"),
    ("    ask: Was it so?\n", "", "23:5 `ask` is missing"),
    ("    emoji: T\n", "", "9:5 `emoji` is missing"),
    ("{code: plan, text: A plan}", "{code: plan}", "20:7 `text` is missing"),
    ("id: small", "id: small\nid: other", "3:1 key `id` was given on line 2 already"),
    (
        "{code: plan, text: A plan}",
        "{code: plan, text: A plan, code: x}",
        "20:34 key `code` was given",
    ),
    ("title: Small", "[a]: Small", "4:1 this key is not text"),
    ("  helps:\n", "  7:\n", "19:3 this key is not text"),
    ("  helps:\n", "  more: *helps\n  helps:\n", "19:9 here is an alias, `*helps`"),
    ("  helps:\n", "  helps: &helps\n", "19:10 here is an anchor, `&helps`"),
    ("version: 1", "version: !!int 1", "3:10 here is a tag"),
    ("    theme: faith", "\ttheme: faith", "24:1 here is a tab (use spaces"),
    ("Was it fair?", "Was\tit fair?", "44:24 here is a tab"),
    ("id: small", "id: small #\there", "2:12 here is a tab"),
    ("bank:\n", "---\nbank:\n", "42:1 a second document starts here"),
    ("Was it hard?", '"Was it hard?', "45:22 a quote is never closed"),
    ("Was it so?", "Was it: so?", "26:16 a colon does not fit here"),
    ("rotate: [faith]", "rotate: [faith", "30:10 a comma or a closing bracket"),
    ("    theme: faith", "   theme: faith", "24:4 this line does not line up"),
    ("Hello.", "@all hello", "5:8 a text cannot start with this character"),
    ("end: Saved.", "end\n", "6:1 a colon is missing"),
    ('code: "100"', "code: 100", '16:14 100 is no text here (put it in quotes: "100"'),
    ('text: "No"', "text: true", '15:25 true is no text here (put it in quotes: "true"'),
    ("Hello.", "[a, b]", "5:8 this must be text"),
    ("version: 1", 'version: "1"', "3:10 this must be a whole number"),
    ("anchor: true", "anchor: yes", "25:13 this must be true or false"),
    ("rotate: [faith]", "rotate: faith", "29:13 this must be a list"),
    ("talk: {low: [Low?], steady: [Steady?]}", "talk: Low?", "12:11 this must be keys"),
    ("intro: Hello.", "intro:", "5:1 there is nothing here"),
    ("intro: Hello.", 'intro: "  "', "5:8 this text is empty"),
    ("text: A plan", "text: " + "p" * 61, "20:26 this text is longer than 60"),
    ("version: 1", "version: 0", "3:10 0 is too low (use 1 or more"),
    ("at_most: 25", "at_most: 101", "32:49 101 is too high (use 100 or less"),
    ('spec: "1.1"', 'spec: "9.0"', "1:7 `9.0` is not known here (use '1.1'"),
    ('spec: "1.1"', "spec: 1.1", '1:7 1.1 is no text here (put it in quotes: "1.1"'),
    ("Hello.", '"\\u0007"', "5:8 character U+0007 is not text (delete it"),
    ("text: A plan", "text: Null", '20:20 `Null` stands for nothing here (put it in quotes: "Null"'),
    ("bank:\n", "  -\nbank:\n", "42:4 there is nothing here"),
    ("id: Q1", "id: Q 1", "23:9 `Q 1` is no name"),
    ("  faith:\n    title", "  tru st:\n    title", "8:3 `tru st` is no name"),
    (
        '    - {code: "100", text: "Yes"}\n    - {code: unsure, text: Can\'t say, scored: false}\n',
        "",
        "15:5 this list is too short (give it 2 or more",
    ),
    ("    kind: text\n", "", "39:5 a question needs `scale`"),
    ("    kind: text\n", "    knd: text\n", "40:5 `knd` is not a key here"),
    ("kind: text", "kind: voice", "40:11 `voice` is not known here"),
    ("{not: {all: [Q1], are: unsure}}", "{Q1: 0}", "36:11 a condition needs `answer`"),
    ("lowest: [faith], is", "lowset: [faith], is", "32:12 `lowset` is not a key here"),
    ("are: unsure}", "are: unsure, at: 1}", "36:42 `at` is not a key here"),
    ("theme: faith", "theme: faithh", "24:12 `faithh` is not in `themes` (did you mean"),
    ("theme: faith", "theme: money", "24:12 `money` is not in `themes` (use one of: faith"),
    ("    scale: degree\n  - id: spot", "    scale: degrae\n  - id: spot", "27:12 `degrae`"),
    ("choices: helps\n  - id: seen", "choices: help\n  - id: seen", "34:14 `help` is not"),
    ("bank:\n  faith:", "bank:\n  faithy:", "43:3 `faithy` is not in `themes`"),
    ("lowest: [faith]", "lowest: [fath]", "32:21 `fath` is not in `themes`"),
    ("is: faith", "is: fiath", "32:33 `fiath` is not in `lowest`"),
    ("all: [Q1]", "all: [Q9]", "36:24 `Q9` is not in the questions before"),
    ("all: [Q1]", "all: [memo]", "36:24 `memo` is not in the questions before"),
    ("all: [Q1]", "all: [seen]", "36:24 `seen` is not in the questions before"),
    ("are: unsure", "are: unsur", "36:34 `unsur` is not in the codes of `Q1` (did you"),
    ("id: Q2", "id: Q1", "44:12 id `Q1` is used twice"),
    ("id: memo", "id: done", "39:9 id `done` is kept for the end"),
    ("code: news", "code: plan", "21:14 code `plan` is in this list twice"),
    ("code: plan", "code: .plan", "20:14 code `.plan` starts with a dot"),
    ("code: plan", 'code: "a:b"', "20:14 code `a:b` is not plain"),
    ("code: plan", "code: " + "p" * 50, "20:14 this code is longer than 49 bytes"),
    ("say, scored: false", "say", "17:14 code `unsure` is no score"),
    (
        "  - id: spot\n",
        "  - {id: Q4, theme: faith, anchor: true, ask: So?, scale: degree}\n  - id: spot\n",
        "28:36 theme `faith` has a second anchor",
    ),
    ("    anchor: true\n", "", "22:1 no question here is an anchor"),
    (
        "    anchor: true\n",
        "    anchor: true\n    when: {lowest: [faith], above: 25}\n",
        "26:11 an anchor is asked every time",
    ),
    (
        "  - id: help\n",
        "  - {id: spot2, rotate: [faith], scale: degree}\n  - id: help\n",
        "31:25 a flow has one rotating place",
    ),
    ("rotate: [faith]", "rotate: [faith, faith]", "29:21 theme `faith` is named twice"),
    (GOOD[GOOD.index("bank:") :], "", "29:14 theme `faith` has nothing in the bank"),
    ("  - id: spot\n    rotate: [faith]\n    scale: degree\n", "", "40:3 the bank of `faith`"),
    (
        "questions:\n",
        "questions:\n  - {id: Q, when: {lowest: [faith], above: 1}, ask: So?, choices: helps}\n",
        "23:19 the first question is always shown",
    ),
    (
        "    when: {lowest: [faith], is: faith, at_most: 25}\n    ask: What would help?\n",
        "    last: true\n    ask: What would help?\n",
        "32:11 no question after this one",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN, ids=[said for _, _, said in BROKEN])
def test_a_broken_file_says_where_and_how_to_mend_it(tmp_path, old, new, said):
    assert GOOD.count(old) == 1
    found = problems(tmp_path, GOOD.replace(old, new))
    assert any(problem.startswith(said) for problem in found), found


# The small flow, with one question of each further kind; one change to it -> what is said.
MORE = GOOD.replace(
    "bank:\n",
    """\
  - id: picks
    ask: Which ones?
    choices: helps
    pick: 2
  - id: again
    ask: Again?
    kind: yes-no
    when: {answer: help, in: [plan, news]}
  - id: days
    ask: How many days?
    kind: number
    least: 0
    most: 7
    when: {both: [{answer: Q1, at_least: 50}, {any: [{answer: picks, is: plan}, {answer: again, is: "yes"}]}]}
  - id: since
    ask: Since when?
    kind: date
    when: {answer: days, at_most: 3}
  - use: P1
bank:
""",
)
BROKEN_MORE = [
    ("pick: 2", "pick: 1", "45:11 1 is too low (use 2 or more"),
    ("pick: 2", "pick: 3", "45:11 3 cannot be picked of 2 (use 2 or less"),
    ("pick: 2", 'pick: "2"', "45:11 this must be a whole number"),
    ("pick: 2", "pick: 2\n    quotes: memo", "45:11 words are shared or not"),
    ("pick: 2", "pick: 2\n    tell: true", "46:11 true is no text here"),
    ("kind: yes-no", "kind: yesno", "48:11 `yesno` is not known here (did you mean `yes-no`?"),
    ("kind: yes-no", "kind: 7", "48:11 this is no kind of question (use one of: yes-no, text"),
    ("kind: yes-no", "kind: {is: date}", "48:11 this is no kind of question (use one of: yes-no, text"),
    ("kind: yes-no", "kind:", "48:5 there is nothing here (write something, or take it away"),
    ("kind: date", "kind: day", "58:11 `day` is not known here (use one of: yes-no"),
    ("least: 0", "least: none", "53:12 this must be a whole number"),
    ("most: 7", "most: -1", "54:11 -1 is less than `least`, 0"),
    ("most: 7", "mots: 7", "54:5 `mots` is not a key here (did you mean `most`?"),
    ("answer: help, in", "answer: halp, in", "49:20 `halp` is not in the questions before this one (did you mean"),
    ("answer: help, in", "answer: spot, in", "49:20 `spot` is not in the questions before this one"),
    ("[plan, news]", "[plan, nwes]", "49:37 `nwes` is not in the codes of `help` (did you mean `news`?"),
    ("[plan, news]", "[]", "49:30 this list is too short"),
    ("[plan, news]", "plan", "49:30 this must be a list"),
    ("in: [plan, news]", "is: 7", "49:30 7 is no text here"),
    ("in: [plan, news]", "equals: plan", "49:26 `equals` is not a key here"),
    ("{answer: help, in: [plan, news]}", "{answer: help}", "49:11 `is` is missing"),
    ("at_least: 50", "at_least: 101", "55:42 101 is no score (use a number from 0 to 100"),
    ("Q1, at_least: 50", "help, at_least: 50", "55:44 `help` has no score"),
    ("{answer: picks, is: plan}", "{answer: memo, is: plan}", "55:73 `memo` has no codes"),
    ("{answer: picks, is: plan}", "{picks: plan}", "55:54 a condition needs `answer`"),
    ('is: "yes"', "is: maybe", "55:101 `maybe` is not in the codes of `again` (use one of: yes, no"),
    ("answer: days, at_most: 3", "answer: days, is: many", "59:30 `days` has no codes to compare with"),
    ("use: P1", "use: P9", "60:10 `P9` is not in the shared questions (use one of: T1, P1"),
    ("use: P1", "use: 7", "60:10 this must be the id of a shared question"),
    ("use: P1", "use: P1\n    when: {answer: Q1, at_least: 50}", "61:5 `when` cannot stand beside `use`"),
    ("use: P1", "use: P1\n  - use: P1", "61:5 id `P1` is used twice"),
    ("use: P1", "us: P1", "60:5 `us` is not a key here (did you mean `use`?"),
    ("id: since", "id: T1", "56:9 `T1` is a shared question already (write `use: T1` alone"),
    ("id: Q2", "id: E1", "63:12 `E1` is a shared question already"),
    ("scales:\n", "scales:\n  extent: []\n", "14:3 `extent` is in the shared file already (take it away"),
    ("themes:\n", "themes:\n  trust: {}\n", "8:3 `trust` is in the shared file already"),
    ('code: "0"', 'code: "0", points: 101', "15:27 101 is too high"),
    ("code: unsure", "code: unsure, points: 5", "17:30 a place on a scale that is not scored has no points"),
    ("end: Saved.", "end: Saved.\nwho: someone", "7:6 `someone` is not known here"),
    ("end: Saved.", "end: Saved.\ncompare: lead", "7:10 nothing is compared with only one group"),
    ("end: Saved.", "end: Saved.\ncompare: lead/partnr", "7:10 `partnr` is not in the seats (did you mean `partner`?"),
    ("end: Saved.", "end: Saved.\ncompare: lead/lead", "7:10 seat `lead` is named twice"),
    ("end: Saved.", "end: Saved.\ncompare: lead//lived", "7:10 a seat is missing here (use one of: lead, partner"),
    ("end: Saved.", "end: Saved.\ncompare: LEAD/lived", "7:10 `LEAD` is not in the seats (did you mean `lead`?"),
    ("end: Saved.", "end: Saved.\ncompare: 7", "7:10 7 is no text here"),
    ("end: Saved.", "end: Saved.\nheading: [Now]", "7:10 this must be text"),
    ("end: Saved.", "end: Saved.\ntalk: {hihg: [So?]}", "7:8 `hihg` is not a key here"),
    ("steady: [Steady?]", "steady: []", "12:33 this list is too short"),
    ("low: [Low?]", "low: Low?", "12:17 this must be a list"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN_MORE, ids=[said for _, _, said in BROKEN_MORE])
def test_a_broken_file_with_every_kind_says_where_and_how_to_mend_it(tmp_path, old, new, said):
    assert MORE.count(old) == 1
    found = problems(tmp_path, MORE.replace(old, new))
    assert any(problem.startswith(said) for problem in found), found


def test_what_counts_neither_nothing_nor_all_is_not_told_as_a_share(tmp_path):
    sharing = MORE.replace("end: Saved.", "end: Saved.\nshare: say yes")
    assert not any("`share:`" in found for found in problems(tmp_path, sharing + "}"))
    halved = sharing.replace('{code: "100", text: "Yes"}', '{code: "50", text: Half}').replace("    anchor: true\n", "")
    assert any(found.startswith("27:12 with `share:` a place") for found in problems(tmp_path, halved))


def test_the_seats_a_flow_may_compare_are_those_that_a_split_may_hold():
    assert seats.SEATS == split.SEATS


SPELT = st.lists(st.sampled_from([*split.SEATS, "Lead", "", "leed", "undeclared"]), min_size=1, max_size=6)


@given(SPELT, st.lists(st.sampled_from(["+", "/", " + ", "//"]), min_size=6, max_size=6))
def test_what_a_flow_compares_can_always_be_compared_and_has_one_spelling(named, between):
    said = "".join(chain(*zip(named, [*between[: len(named) - 1], ""], strict=True)))
    try:
        compared = TypeAdapter(seats.Groups).validate_python(said)
    except ValidationError:
        with pytest.raises(split.BadSplit):
            split.parse(said)
    else:
        assert compared == split.canonical(said) == split.canonical(compared)


# A line of the flow -> that line with an optional key that has no value.
EMPTY = [
    *(("end: Saved.", f"end: Saved.\n{key}:") for key in ("who", "heading", "talk", "compare", "share")),
    *(("pick: 2", f"pick: 2\n    {key}:") for key in ("tell", "last", "quotes", "when")),
    ("pick: 2", "pick:"),
    ("least: 0", "least:"),
    ("most: 7", "most:"),
    ("anchor: true", "anchor:"),
    ("when: {answer: days, at_most: 3}", "when:"),
]


@pytest.mark.parametrize(("old", "new"), EMPTY, ids=[new for _, new in EMPTY])
def test_a_key_without_a_value_is_refused_at_its_line_and_not_taken_as_left_out(tmp_path, old, new):
    assert MORE.count(old) == 1
    line = (MORE[: MORE.index(old)] + new).count("\n") + 1
    found = problems(tmp_path, MORE.replace(old, new))
    assert [said for said in found if said.startswith(f"{line}:")] == [
        f"{line}:{1 if old.startswith('end') else 5} there is nothing here (write something, or take it away)"
    ]


def test_an_empty_section_does_not_hide_what_is_shared(tmp_path):
    start, end = MORE.index("scales:\n"), MORE.index("choices:\n")
    found = problems(tmp_path, MORE[:start] + "scales:\n" + MORE[end:])
    assert "13:1 there is nothing here (write something, or take it away)" in found
    assert not any("`extent`" in said for said in found), found


def test_two_files_of_one_id_and_version_are_no_library(tmp_path):
    (tmp_path / "one.yaml").write_text(GOOD)
    assert list(flows_in(tmp_path)) == ["small@1"]
    (tmp_path / "two.yaml").write_text(GOOD)
    with pytest.raises(BadDefinition, match=r"two.yaml:3:10: another file is small@1 already. To mend: raise the ver"):
        flows_in(tmp_path)
    (tmp_path / "two.yaml").write_text(GOOD.replace("version: 1", "version: 2"))
    assert list(flows_in(tmp_path)) == ["small@1", "small@2"]


def test_no_more_is_asked_than_a_phone_and_a_person_bear(tmp_path):
    many = "".join(f"  - {{id: q{n}, kind: yes-no, ask: So?}}\n" for n in range(496))
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD.replace("bank:\n", f"{many[: many.index('  - {id: q495')]}bank:\n"))
    assert len(load(path).questions) == 500
    assert problems(tmp_path, GOOD.replace("bank:\n", f"{many}bank:\n")) == [
        "23:3 this list is too long (give it 500 or fewer entries)"
    ]
    plans = "".join(f"    - {{code: c{n}, text: A plan}}\n" for n in range(49))
    assert problems(tmp_path, GOOD.replace("  helps:\n", f"  helps:\n{plans}")) == [
        "20:5 this list is too long (give it 50 or fewer entries)"
    ]


def test_what_is_used_is_taken_in_whole_with_all_it_names(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(MORE)
    flow, pulse = load(path), library()["weekly-pulse@1"]
    assert flow.questions[-1] == pulse.questions[1]
    assert (flow.themes["power"], flow.scales["extent"]) == (pulse.themes["power"], pulse.scales["extent"])
    assert (list(flow.themes), list(flow.scales), list(flow.choices)) == (
        ["power", "faith"], ["extent", "degree"], ["helps"],
    )  # fmt: skip
    assert list(flow.anchors) == ["power", "faith"]


def test_a_problem_in_a_file_of_an_older_format_is_found_at_its_line(tmp_path):
    older = GOOD.replace('"1.1"', '"1.0"').replace("[Low?]", "Low?").replace("[Steady?]", "Steady?")
    older = older.replace("What would help?\n", "What would help?\n    tell: true\n")
    path = tmp_path / "flow.yaml"
    path.write_text(older)
    assert load(path).tells == {"help": "What would help"}
    assert problems(tmp_path, older.replace("Steady?", '""')) == ["12:31 this text is empty (write something)"]


# The small flow, in which the note may be shared.
SHARING = GOOD.replace(
    "  helps:\n", '  shares: [{code: "yes", text: "Yes"}, {code: "no", text: "No"}]\n  helps:\n'
).replace("bank:\n", "  - {id: allow, quotes: memo, ask: Share it?, choices: shares}\nbank:\n")
SHARE = SHARING.splitlines()[42]
BROKEN_SHARING = [
    ("quotes: memo", "quotes: Q1", "43:25 `Q1` is not in the text questions before this one (use one of: memo"),
    ("quotes: memo", "quotes: mema", "43:25 `mema` is not in the text questions before this one (did you mean `memo`?"),
    ("quotes: memo", "quots: memo", "43:17 `quots` is not a key here (did you mean `quotes`?"),
    ("id: memo", "id: later", "43:25 `memo` is not in the text questions before this one (use one of: later"),
    (
        "quotes: memo",
        "when: {lowest: [faith], above: 25}, quotes: memo",
        "43:23 a question with `quotes:` is asked whenever there are words",
    ),
    ("choices: shares", "choices: helps", '43:56 no choice here shares the words (add one with `code: "yes"`'),
    (SHARE, f"{SHARE}\n{SHARE.replace('allow,', 'again,')}", "44:25 the words of `memo` are quoted already"),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN_SHARING, ids=[said for _, _, said in BROKEN_SHARING])
def test_a_note_that_cannot_be_shared_says_where_and_how_to_mend_it(tmp_path, old, new, said):
    assert SHARING.count(old) == 1
    found = problems(tmp_path, SHARING.replace(old, new))
    assert [problem for problem in found if problem.startswith(said)], found


def test_a_question_behind_the_words_can_be_reached_even_where_they_end_the_check_in(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(SHARING.replace(SHARE, f"{SHARE[:-1]}, last: true}}\n  - {{id: more, ask: More?, choices: helps}}"))
    engine = Engine(load(path))
    for reply, then in ((Wrote("Words"), "allow"), (Tapped(5, ".skip"), "more")):
        run = replace(engine.first("run00001", None), state="memo", turn=5)
        _, (seen,) = engine.step(run, reply)
        assert seen.question == then


def test_what_a_digest_may_name_is_what_the_file_says(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(
        SHARING.replace("text: Good news}", "text: Good news, told: false}").replace(
            "What would help?\n", "What would help?\n    tell: What would help\n"
        )
    )
    assert (load(path).told, load(path).comments) == ((("help", "plan"),), (("memo", "allow"),))
    path.write_text(GOOD)
    assert (load(path).told, load(path).comments) == ((), ())


DEEP = "questions: " + "[" * 11 + "]" * 11
RAW = {
    "no text at all": ("", "1:1 a flow is keys with values"),
    "only a comment": ("# nothing yet\n", "1:1 a flow is keys with values"),
    "a list of flows": ("- id: small\n", "1:1 a flow is keys with values"),
    "a file too large": ("#" * (MAX_BYTES + 1), "1:1 this file is larger than 256 KiB"),
    "lists too deep": (GOOD[: GOOD.index("questions:")] + DEEP, "22:21 this is nested more than 10 deep"),
    "a great many brackets": ("a: " + "[" * 100_000, "1:13 this is nested more than 10 deep"),
    "Latin-1": (b"spec: '1.0'\ntitle: caf\xe9\n", "2:11 this is not UTF-8 text"),
    "UTF-16": ("spec: '1.0'".encode("utf-16"), "1:1 this is not UTF-8 text"),
    "a NUL": ("spec: '1.0'\nid: a\x00b\n", "2:6 character U+0000 is not text"),
    "a surrogate": ("title: \ud83d\n", "1:8 this is not UTF-8 text"),
    "a bomb of aliases": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "2:8 here is an alias, `*a`"),
    "an alias to nothing": ("a: *b\n", "1:4 here is an alias, `*b`"),
    "a tag that runs code": ("a: !!python/object:os.system x\n", "1:4 here is a tag"),
    "YAML 1.1": ("%YAML 1.1\n---\n" + GOOD, "2:1 flows are YAML 1.2"),
    "an unknown directive": ("%FOO 1\n---\na: %b\n", "3:4 a text cannot start"),
}


@pytest.mark.parametrize(("raw", "said"), RAW.values(), ids=RAW)
def test_what_is_no_flow_at_all_is_refused_in_words(tmp_path, raw, said):
    assert any(problem.startswith(said) for problem in problems(tmp_path, raw))


PIECES = [
    "\n",
    "  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "#",
    "&a ",
    "*a",
    "!x ",
    "? ",
    "|",
    "<<",
    "[key]",
    "low is",
]


@given(st.integers(0, len(GOOD)), st.integers(0, 40), st.sampled_from(PIECES) | st.text(max_size=4))
def test_no_damage_to_a_file_makes_a_traceback(tmp_path_factory, start, cut, piece):
    path = tmp_path_factory.getbasetemp() / "damaged.yaml"
    path.write_text(GOOD[:start] + piece + GOOD[start + cut :], encoding="utf-8")
    with contextlib.suppress(BadDefinition):
        Engine(load(path)).first("run00001", None)


@pytest.mark.parametrize("word", ["low is", "[key]", "a scale question", "", "<<", "{given}"])
def test_a_key_of_any_name_is_refused_in_words(tmp_path, word):
    for place in ("id: small\n", "    theme: faith\n", "    emoji: T\n"):
        indent = place[: len(place) - len(place.lstrip())]
        assert problems(tmp_path, GOOD.replace(place, f'{place}{indent}"{word}": x\n'))
    assert problems(tmp_path, GOOD.replace("  helps:\n", f'  "{word}": 7\n  helps:\n'))
    assert problems(tmp_path, GOOD.replace("theme: faith", f'theme: "{word}"'))


def test_all_that_is_missing_is_told(tmp_path):
    found = problems(tmp_path, "spec: '1.1'\n")
    missing = ["id", "version", "title", "intro", "end", "questions"]
    assert found == [f"1:1 `{key}` is missing (add `{key}:`)" for key in missing]


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path):
    raw = (
        GOOD.replace("title: Small", "titel: Small")
        .replace("theme: faith", "theme: faithh")
        .replace("id: help\n", "id: help\n    id: help\n")
        .replace("choices: helps\n  - id: seen", "choices: help\n  - id: seen")
        .replace("id: Q2", "id: Q1")
    )
    found = [line.split()[0] for line in problems(tmp_path, raw)]
    assert found == ["1:1", "4:1", "24:12", "32:5", "35:14", "45:12"]


def test_an_error_reads_as_one_line_per_problem_for_an_editor_to_follow(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD.replace("version: 1", "version: 0").replace("theme: faith", "theme: faithh"))
    with pytest.raises(BadDefinition) as caught:
        load(path)
    assert str(caught.value).splitlines()[0] == f"{path}:3:10: 0 is too low. To mend: use 1 or more."


def test_a_file_that_is_not_there_is_refused_in_words(tmp_path):
    with pytest.raises(BadDefinition, match="cannot be read: No such file"):
        load(tmp_path / "none.yaml")


def test_plain_words_are_read_by_yaml_1_2(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD.replace("A plan", "no").replace("Good news", "10:00"))
    assert [choice.text for choice in load(path).choices["helps"]] == ["no", "10:00"]


def test_a_byte_order_mark_and_windows_lines_are_no_problem(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(path).ref == "small@1"


def test_a_flow_cannot_be_changed(tmp_path):
    flow = library()["weekly-pulse@1"]
    with pytest.raises(ValueError, match="frozen"):
        flow.title = "Another"


def test_the_library_holds_the_weekly_pulse():
    flow = library()["weekly-pulse@1"]
    assert flow.anchors == {"trust": "T1", "power": "P1", "part": "E1"}
    assert {theme: len(bank) for theme, bank in flow.bank.items()} == {"trust": 9, "power": 11, "part": 10}
    assert [item for item in flow.items if flow.item(item).reverse] == ["T10r", "P10r", "E10r"]
    assert all(len(flow.choices[name]) == 6 for name in ("help_trust", "help_power", "help_part", "helped"))


def test_a_digest_may_name_what_would_help_and_the_notes_their_writers_shared():
    flow = library()["weekly-pulse@1"]
    helps = [(name, choice.code) for name in ("help_power", "help_trust", "help_part") for choice in flow.choices[name]]
    assert list(flow.told) == [(name, code) for name, code in helps if code != "unsaid"]
    assert flow.comments == (("note", "share"),)


@pytest.mark.parametrize(("low", "holds"), [({}, True), ({"trust": 0}, False), ({"trust": 50, "part": 25}, True)])
def test_a_condition_can_be_turned_round(low, holds):
    guard = Not.model_validate({"not": {"lowest": ("trust", "part"), "is": "trust", "at_most": 25}})
    assert predicate(guard)({}, low) is holds
