"""A flow file is read as written, or refused with every problem at its line."""

import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine import Engine
from flows.errors import BadDefinition
from flows.events import Tapped, Wrote
from flows.guards import LowIs, Not, predicate
from flows.load import MAX_BYTES, library, load
from flows.model import RotatingQuestion

GOOD = """\
spec: "1.0"
id: small
version: 1
title: Small check-in
intro: Hello.
end: Saved.
themes:
  trust:
    title: Trust
    emoji: T
    well: people trust
    talk: {low: Low?, steady: Steady?}
scales:
  extent:
    - {code: "0", text: "No"}
    - {code: "100", text: "Yes"}
    - {code: unsure, text: Can't say, scored: false}
choices:
  helps:
    - {code: plan, text: A plan}
    - {code: news, text: Good news}
questions:
  - id: T1
    theme: trust
    anchor: true
    ask: Was it so?
    scale: extent
  - id: spot
    rotate: [trust]
    scale: extent
  - id: help
    when: {lowest: [trust], is: trust, at_most: 25}
    ask: What would help?
    choices: helps
  - id: seen
    when: {not: {all: [T1], are: unsure}}
    ask: What did you see?
    choices: helps
  - id: note
    kind: text
    ask: A note?
bank:
  trust:
    - {id: T2, ask: Was it fair?}
    - {id: T3r, ask: Was it hard?, reverse: true}
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
    assert flow.anchors == {"trust": "T1"}
    assert list(flow.items) == ["T1", "T2", "T3r"]
    assert (flow.score("T1", "0"), flow.score("T3r", "0")) == (0, 100)
    assert flow.score("T1", "unsure") is flow.score("T1", "9") is flow.score("note", "0") is None
    assert flow.item("T3r").reverse
    assert flow.questions[1] == RotatingQuestion(id="spot", rotate=("trust",), scale="extent")
    assert flow.questions[2].when == LowIs.model_validate({"lowest": ("trust",), "is": "trust", "at_most": 25})


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
    ("    theme: trust", "\ttheme: trust", "24:1 here is a tab (use spaces"),
    ("Was it fair?", "Was\tit fair?", "44:24 here is a tab"),
    ("id: small", "id: small #\there", "2:12 here is a tab"),
    ("bank:\n", "---\nbank:\n", "42:1 a second document starts here"),
    ("Was it hard?", '"Was it hard?', "45:22 a quote is never closed"),
    ("Was it so?", "Was it: so?", "26:16 a colon does not fit here"),
    ("rotate: [trust]", "rotate: [trust", "30:10 a comma or a closing bracket"),
    ("    theme: trust", "   theme: trust", "24:4 this line does not line up"),
    ("Hello.", "@all hello", "5:8 a text cannot start with this character"),
    ("end: Saved.", "end\n", "6:1 a colon is missing"),
    ('code: "100"', "code: 100", '16:14 100 is no text here (put it in quotes: "100"'),
    ('text: "No"', "text: true", '15:25 true is no text here (put it in quotes: "true"'),
    ("Hello.", "[a, b]", "5:8 this must be text"),
    ("version: 1", 'version: "1"', "3:10 this must be a whole number"),
    ("anchor: true", "anchor: yes", "25:13 this must be true or false"),
    ("rotate: [trust]", "rotate: trust", "29:13 this must be a list"),
    ("talk: {low: Low?, steady: Steady?}", "talk: Low?", "12:11 this must be keys"),
    ("intro: Hello.", "intro:", "5:1 there is nothing here"),
    ("intro: Hello.", 'intro: "  "', "5:8 this text is empty"),
    ("text: A plan", "text: " + "p" * 61, "20:26 this text is longer than 60"),
    ("version: 1", "version: 0", "3:10 0 is too low (use 1 or more"),
    ("at_most: 25", "at_most: 101", "32:49 101 is too high (use 100 or less"),
    ('spec: "1.0"', 'spec: "9.0"', "1:7 `9.0` is not known here (use '1.0'"),
    ("id: T1", "id: T 1", "23:9 `T 1` is no name"),
    ("  trust:\n    title", "  tru st:\n    title", "8:3 `tru st` is no name"),
    (
        '    - {code: "100", text: "Yes"}\n    - {code: unsure, text: Can\'t say, scored: false}\n',
        "",
        "15:5 this list is too short (give it 2 or more",
    ),
    ("    kind: text\n", "", "39:5 a question needs `scale`"),
    ("    kind: text\n", "    knd: text\n", "40:5 `knd` is not a key here"),
    ("kind: text", "kind: voice", "40:11 `voice` is not known here"),
    ("{not: {all: [T1], are: unsure}}", "{T1: 0}", "36:11 a condition needs `lowest`"),
    ("lowest: [trust], is", "lowset: [trust], is", "32:12 `lowset` is not a key here"),
    ("are: unsure}", "are: unsure, at: 1}", "36:42 `at` is not a key here"),
    ("theme: trust", "theme: trusst", "24:12 `trusst` is not in `themes` (did you mean"),
    ("theme: trust", "theme: money", "24:12 `money` is not in `themes` (use one of: trust"),
    ("    scale: extent\n  - id: spot", "    scale: extant\n  - id: spot", "27:12 `extant`"),
    ("choices: helps\n  - id: seen", "choices: help\n  - id: seen", "34:14 `help` is not"),
    ("bank:\n  trust:", "bank:\n  trusty:", "43:3 `trusty` is not in `themes`"),
    ("lowest: [trust]", "lowest: [trst]", "32:21 `trst` is not in `themes`"),
    ("is: trust", "is: truth", "32:33 `truth` is not in `lowest`"),
    ("all: [T1]", "all: [T9]", "36:24 `T9` is not in the questions before"),
    ("all: [T1]", "all: [note]", "36:24 `note` is not in the questions before"),
    ("all: [T1]", "all: [seen]", "36:24 `seen` is not in the questions before"),
    ("are: unsure", "are: unsur", "36:34 `unsur` is not in the codes of `T1` (did you"),
    ("id: T2", "id: T1", "44:12 id `T1` is used twice"),
    ("id: note", "id: done", "39:9 id `done` is kept for the end"),
    ("code: news", "code: plan", "21:14 code `plan` is in this list twice"),
    ("code: plan", "code: .plan", "20:14 code `.plan` starts with a dot"),
    ("code: plan", 'code: "a:b"', "20:14 code `a:b` is not plain"),
    ("code: plan", "code: " + "p" * 50, "20:14 this code is longer than 49 bytes"),
    ("say, scored: false", "say", "17:14 code `unsure` is no score"),
    (
        "  - id: spot\n",
        "  - {id: T4, theme: trust, anchor: true, ask: So?, scale: extent}\n  - id: spot\n",
        "28:36 theme `trust` has a second anchor",
    ),
    ("    anchor: true\n", "", "8:3 theme `trust` has no anchor"),
    (
        "    anchor: true\n",
        "    anchor: true\n    when: {lowest: [trust], above: 25}\n",
        "26:11 an anchor is asked every time",
    ),
    (
        "  - id: help\n",
        "  - {id: spot2, rotate: [trust], scale: extent}\n  - id: help\n",
        "31:25 a flow has one rotating place",
    ),
    ("rotate: [trust]", "rotate: [trust, trust]", "29:21 theme `trust` is named twice"),
    (GOOD[GOOD.index("bank:") :], "", "29:14 theme `trust` has nothing in the bank"),
    ("  - id: spot\n    rotate: [trust]\n    scale: extent\n", "", "40:3 the bank of `trust`"),
    (
        "questions:\n",
        "questions:\n  - {id: Q, when: {lowest: [trust], above: 1}, ask: So?, choices: helps}\n",
        "23:19 the first question is always shown",
    ),
    (
        "    when: {lowest: [trust], is: trust, at_most: 25}\n    ask: What would help?\n",
        "    last: true\n    ask: What would help?\n",
        "32:11 no question after this one",
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), BROKEN, ids=[said for _, _, said in BROKEN])
def test_a_broken_file_says_where_and_how_to_mend_it(tmp_path, old, new, said):
    assert GOOD.count(old) == 1
    found = problems(tmp_path, GOOD.replace(old, new))
    assert any(problem.startswith(said) for problem in found), found


# The small flow, in which the note may be shared.
SHARING = GOOD.replace(
    "  helps:\n", '  shares: [{code: "yes", text: "Yes"}, {code: "no", text: "No"}]\n  helps:\n'
).replace("bank:\n", "  - {id: share, quotes: note, ask: Share it?, choices: shares}\nbank:\n")
SHARE = SHARING.splitlines()[42]
BROKEN_SHARING = [
    ("quotes: note", "quotes: T1", "43:25 `T1` is not in the text questions before this one (use one of: note"),
    ("quotes: note", "quotes: nota", "43:25 `nota` is not in the text questions before this one (did you mean `note`?"),
    ("quotes: note", "quots: note", "43:17 `quots` is not a key here (did you mean `quotes`?"),
    ("id: note", "id: later", "43:25 `note` is not in the text questions before this one (use one of: later"),
    (
        "quotes: note",
        "when: {lowest: [trust], above: 25}, quotes: note",
        "43:23 a question with `quotes:` is asked whenever there are words",
    ),
    ("choices: shares", "choices: helps", '43:56 no choice here shares the words (add one with `code: "yes"`'),
    (SHARE, f"{SHARE}\n{SHARE.replace('share,', 'again,')}", "44:25 the words of `note` are quoted already"),
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
    for reply, then in ((Wrote("Words"), "share"), (Tapped(5, ".skip"), "more")):
        run = replace(engine.first("run00001", None), state="note", turn=5)
        _, (seen,) = engine.step(run, reply)
        assert seen.question == then


def test_what_a_digest_may_name_is_what_the_file_says(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(
        SHARING.replace("text: Good news}", "text: Good news, told: false}").replace(
            "What would help?\n", "What would help?\n    tell: true\n"
        )
    )
    assert (load(path).told, load(path).comments) == ((("help", "plan"),), (("note", "share"),))
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
    for place in ("id: small\n", "    theme: trust\n", "    emoji: T\n"):
        indent = place[: len(place) - len(place.lstrip())]
        assert problems(tmp_path, GOOD.replace(place, f'{place}{indent}"{word}": x\n'))
    assert problems(tmp_path, GOOD.replace("  helps:\n", f'  "{word}": 7\n  helps:\n'))
    assert problems(tmp_path, GOOD.replace("theme: trust", f'theme: "{word}"'))


def test_all_that_is_missing_is_told(tmp_path):
    found = problems(tmp_path, "spec: '1.0'\n")
    missing = ["id", "version", "title", "intro", "end", "themes", "scales", "questions"]
    assert found == [f"1:1 `{key}` is missing (add `{key}:`)" for key in missing]


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path):
    raw = (
        GOOD.replace("title: Small", "titel: Small")
        .replace("theme: trust", "theme: trusst")
        .replace("id: help\n", "id: help\n    id: help\n")
        .replace("choices: helps\n  - id: seen", "choices: help\n  - id: seen")
        .replace("id: T2", "id: T1")
    )
    found = [line.split()[0] for line in problems(tmp_path, raw)]
    assert found == ["1:1", "4:1", "24:12", "32:5", "35:14", "45:12"]


def test_an_error_reads_as_one_line_per_problem_for_an_editor_to_follow(tmp_path):
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD.replace("version: 1", "version: 0").replace("theme: trust", "theme: trusst"))
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
