"""Three hundred and more ways to break a flow file: each is refused with its line and how to mend it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from flows.errors import BadDefinition, Problem
from flows.load import MAX_BYTES, load

GOOD = """\
spec: "1.1"
id: small
version: 1
title: Small check-in
intro: Hello.
end: Saved.
who: everyone
heading: Right now
compare: lead/lived
share: say “Yes”
talk:
  low: [What is low?]
  split: [Who differs?]
themes:
  calm:
    title: Calm
    emoji: C
    well: people are calm
    talk:
      low: [What could calm us?]
      steady: [What keeps us calm?]
scales:
  degree:
    - code: "0"
      text: "No"
    - code: full
      text: "Yes"
      points: 100
    - code: unsure
      text: Can't say
      scored: false
choices:
  helps:
    - code: plan
      text: A plan
    - code: news
      text: Good news
      told: false
questions:
  - use: T1
  - id: C1
    theme: calm
    ask: Was it calm?
    scale: degree
    reverse: true
  - id: spot
    rotate: [calm]
    scale: degree
  - id: help
    when: {lowest: [calm, trust], is: calm, at_most: 25}
    ask: What would help?
    choices: helps
    pick: 2
    tell: What would help
  - id: came
    kind: yes-no
    ask: Did you come?
    when: {not: {answer: help, is: plan}}
  - id: often
    kind: number
    ask: How often?
    least: 0
    most: 31
    when: {answer: C1, at_most: 50}
  - id: since
    kind: date
    ask: Since when?
    when: {any: [{answer: help, in: [plan, news]}, {answer: often, at_least: 3}]}
  - use: note
  - use: share
bank:
  calm:
    - id: C2
      ask: Was it quiet?
      reverse: true
"""
LINES = GOOD.splitlines()
KEYED = re.compile(r"^(?P<before> *(?:- )?)(?P<key>[a-z_]+): (?P<value>.+)$")
# Where nothing is written, a key that may be left out is left out.
MAY_BE_LEFT_OUT = {"heading", "compare", "share", "when", "pick", "tell", "least", "most", "points"}
TEXTS = {"title", "intro", "end", "heading", "share", "emoji", "well", "text", "ask", "tell"}


class Broken(NamedTuple):
    """A name that no other has, the file, and the line that is wrong (None: where is not said here)."""

    name: str
    raw: bytes
    line: int | None


def broken(name: str, text: str, line: int | None = None) -> Broken:
    return Broken(name, text.encode(), line)


# What can happen to any line that gives a key a value: how it reads then. The line is named in what is said.
LINE_BY_LINE = {
    "a tab before it": "\t{before}{key}: {value}",
    "a tab behind it": "{before}{key}: {value}\t# why",
    "an anchor": "{before}{key}: &here {value}",
    "an alias": "{before}{key}: *there",
    "a tag": "{before}{key}: !!str {value}",
    "code to run": "{before}{key}: !!python/object/apply:os.system [ls]",
    "a misspelt key": "{before}{key}zz: {value}",
    "nothing at all": "{before}{key}:",
    "the wrong type": "{before}{key}: {wrong}",
    "a NUL": "{before}{key}: {value}\0",
    "a control character": "{before}{key}: {value}\x07",
    "two colons": "{before}{key}: a: b: c",
    "keys with values for it": "{before}{key}: {{a: {{b: c}}}}",
}


def lines_broken() -> Iterator[Broken]:
    """Each line with a key suffers a third of what can happen, turn and turn about, or is given twice."""
    for place, line in enumerate(LINES):
        found = KEYED.match(line)
        if found is None:
            continue
        named, before, after = f"line {place + 1} ({line.strip()})", LINES[:place], LINES[place + 1 :]
        wrong = "[[7]]" if found["key"] in TEXTS else '"x y"'
        for turn, (what, form) in enumerate(LINE_BY_LINE.items(), start=place):
            if turn % 3 == 0 and not (what == "nothing at all" and found["key"] in MAY_BE_LEFT_OUT):
                changed = form.format(**found.groupdict(), wrong=wrong)
                yield broken(f"{named} with {what}", "\n".join([*before, changed, *after, ""]), place + 1)
        if place % 3 == 0:
            again = " " * len(found["before"]) + line[len(found["before"]) :]
            yield broken(f"{named} twice", "\n".join([*before, line, again, *after, ""]), place + 2)


# One change to the good file, which leaves its shape whole: (what stood there, what stands there now).
MEANINGS = {
    "an id with a blank": ("id: small", "id: very small"),
    "an id that starts with a digit": ("id: small", "id: 2small"),
    "an id of 33 characters": ("id: small", f"id: {'s' * 33}"),
    "a version of zero": ("version: 1", "version: 0"),
    "a version below zero": ("version: 1", "version: -1"),
    "a version with a point": ("version: 1", "version: 1.5"),
    "a version in quotes": ("version: 1", 'version: "1"'),
    "a version that is true": ("version: 1", "version: true"),
    "a version too high": ("version: 1", "version: 10000"),
    "a spec of tomorrow": ('spec: "1.1"', 'spec: "9.9"'),
    "a spec that is a number": ('spec: "1.1"', "spec: 1.1"),
    "a title of 61 characters": ("title: Small check-in", f"title: {'t' * 61}"),
    "an intro of 1001 characters": ("intro: Hello.", f"intro: {'h' * 1001}"),
    "a title of blanks": ("title: Small check-in", 'title: "   "'),
    "somebody unknown who is asked": ("who: everyone", "who: nobody"),
    "groups compared in capitals": ("compare: lead/lived", "compare: LEAD"),
    "a question twice": ("  - id: came", "  - id: C1"),
    "an item of the bank that has a question's id": ("    - id: C2", "    - id: C1"),
    "the id that ends a check-in": ("  - id: came", "  - id: done"),
    "the id of a shared question": ("  - id: came", "  - id: P1"),
    "a shared question that is not there": ("  - use: note", "  - use: nota"),
    "a shared question with another wording": ("  - use: note", "  - use: note\n    ask: A note?"),
    "a shared question twice": ("  - use: note", "  - use: T1"),
    "a shared question by number": ("  - use: note", "  - use: 1"),
    "two shared questions in one": ("  - use: note", "  - use: [note, share]"),
    "a shared scale made anew": ("  degree:\n", "  extent:\n"),
    "a shared theme made anew": ("themes:\n  calm:", "themes:\n  trust:"),
    "a shared list of choices made anew": ("choices:\n  helps:", "choices:\n  yes_no:"),
    "a theme that nobody knows": ("    theme: calm", "    theme: clam"),
    "a scale that nobody knows": (
        "    ask: Was it calm?\n    scale: degree",
        "    ask: Was it calm?\n    scale: degre",
    ),
    "choices that nobody knows": ("    choices: helps", "    choices: help"),
    "a kind that nobody knows": ("    kind: date", "    kind: dat"),
    "a kind of the wrong type": ("    kind: date", "    kind: [date]"),
    "a question that says nothing of its kind": ("    kind: date\n", ""),
    "a question of two kinds": ("    kind: date", "    kind: date\n    scale: degree"),
    "a question without words": ("    ask: Since when?\n", ""),
    "a question without an id": ("  - id: since\n    kind: date", "  - kind: date"),
    "a question that is one word": ("  - use: note", "  - note"),
    "a question that is a list": ("  - use: note", "  - [note]"),
    "one pick": ("    pick: 2", "    pick: 1"),
    "21 picks": ("    pick: 2", "    pick: 21"),
    "picks in words": ("    pick: 2", "    pick: two"),
    "more picks than choices": ("    pick: 2", "    pick: 3"),
    "a line to tell that is true": ("    tell: What would help", "    tell: true"),
    "a lowest above the highest": ("    least: 0", "    least: 32"),
    "a lowest in words": ("    least: 0", "    least: none"),
    "a number for a date": ("    kind: date", "    kind: date\n    least: 1"),
    "a code twice": ("    - code: news", "    - code: plan"),
    "a code with a dot before it": ("    - code: news", "    - code: .skip"),
    "a code with a colon": ("    - code: news", '    - code: "a:b"'),
    "a code with a blank": ("    - code: news", "    - code: good news"),
    "a code with a comma": ("    - code: news", '    - code: "a,b"'),
    "a code with an accent": ("    - code: news", "    - code: café"),
    "a code of 50 characters": ("    - code: news", f"    - code: {'n' * 50}"),
    "a code that is a number": ('    - code: "0"', "    - code: 0"),
    "a code of nothing": ("    - code: news", '    - code: ""'),
    "a scored code without points": ("      points: 100\n", ""),
    "101 points": ("      points: 100", "      points: 101"),
    "points below zero": ("      points: 100", "      points: -1"),
    "a label of 61 characters": ("      text: A plan", f"      text: {'p' * 61}"),
    "one choice": ("    - code: news\n      text: Good news\n      told: false\n", ""),
    "no choices": ("choices:\n  helps:", "choices:\n  none: []\n  helps:"),
    "no questions": (GOOD[GOOD.index("questions:") : GOOD.index("bank:")], "questions: []\n"),
    "no key for questions": (GOOD[GOOD.index("questions:") : GOOD.index("bank:")], ""),
    "a theme without talk": ("    talk:\n      low: [What could calm us?]\n      steady: [What keeps us calm?]\n", ""),
    "talk of one text": ("      low: [What could calm us?]", "      low: What could calm us?"),
    "talk of nothing": ("      low: [What could calm us?]", "      low: []"),
    "talk without a low": ("      low: [What could calm us?]\n", ""),
    "talk about something unknown": ("  split: [Who differs?]", "  splits: [Who differs?]"),
    "no question of all check-ins": ("  - use: T1\n", ""),
    "a theme with two anchors": (
        "    reverse: true\n  - id: spot",
        "    reverse: true\n    anchor: true\n    theme: trust\n  - id: spot",
    ),
    "an anchor with a condition": (
        "    reverse: true\n  - id: spot",
        "    anchor: true\n    when: {answer: T1, is: unsure}\n  - id: spot",
    ),
    "a condition of nothing": ("when: {answer: C1, at_most: 50}", "when: {}"),
    "a condition in words": ("when: {answer: C1, at_most: 50}", "when: C1 <= 50"),
    "a condition that is a list": ("when: {answer: C1, at_most: 50}", "when: [C1]"),
    "a condition to run": ("when: {answer: C1, at_most: 50}", "when: {eval: import os}"),
    "a condition on a question to come": ("when: {answer: C1, at_most: 50}", "when: {answer: since, is: plan}"),
    "a condition on itself": ("when: {answer: C1, at_most: 50}", "when: {answer: often, at_most: 50}"),
    "a condition on nobody": ("when: {answer: C1, at_most: 50}", "when: {answer: C9, at_most: 50}"),
    "a condition on the rotating place": ("when: {answer: C1, at_most: 50}", "when: {answer: spot, at_most: 50}"),
    "a condition on words": ("{answer: often, at_least: 3}", "{answer: note, at_least: 3}"),
    "a condition that compares choices": ("when: {answer: C1, at_most: 50}", "when: {answer: help, at_most: 50}"),
    "a condition that compares with words": ("when: {answer: C1, at_most: 50}", "when: {answer: C1, at_most: half}"),
    "a condition without a comparison": ("when: {answer: C1, at_most: 50}", "when: {answer: C1}"),
    "a condition with two comparisons": (
        "when: {answer: C1, at_most: 50}",
        "when: {answer: C1, at_most: 5, at_least: 1}",
    ),
    "a condition on a code that is not there": ("{answer: help, is: plan}", "{answer: help, is: plans}"),
    "a condition on codes that are not there": ("in: [plan, news]", "in: [plan, olds]"),
    "a condition on no codes": ("in: [plan, news]", "in: []"),
    "a condition of none": ("{any: [{answer: help, in: [plan, news]}, {answer: often, at_least: 3}]}", "{any: []}"),
    "a condition of both and nothing": (
        "{any: [{answer: help, in: [plan, news]}, {answer: often, at_least: 3}]}",
        "{both: []}",
    ),
    "a condition on themes that are not there": ("lowest: [calm, trust]", "lowest: [calm, trsut]"),
    "a condition on a theme not compared": ("is: calm, at_most: 25", "is: power, at_most: 25"),
    "a condition on too high a score": ("at_most: 25}", "at_most: 101}"),
    "a condition on too low a score": ("at_most: 25}", "at_most: -1}"),
    "a condition on half of what is needed": ("is: calm, at_most: 25", "is: calm"),
    "a condition on all of nothing": ("when: {answer: C1, at_most: 50}", "when: {all: [], are: unsure}"),
    "a condition on all, with a code not there": ("when: {answer: C1, at_most: 50}", "when: {all: [T1], are: unsur}"),
    "a condition on all, who are not there": ("when: {answer: C1, at_most: 50}", "when: {all: [T7], are: unsure}"),
    "two rotating places": ("  - id: help\n", "  - {id: spot2, rotate: [calm], scale: degree}\n  - id: help\n"),
    "a rotating place that goes nowhere": ("    rotate: [calm]", "    rotate: []"),
    "a rotating place that names a theme twice": ("    rotate: [calm]", "    rotate: [calm, calm]"),
    "a rotating place that nobody fills": ("    rotate: [calm]", "    rotate: [calm, trust]"),
    "a bank that nobody asks": ("    rotate: [calm]", "    rotate: [trust]"),
    "a bank of an unknown theme": ("bank:\n  calm:", "bank:\n  clam:"),
    "a bank of nothing": (GOOD[GOOD.index("bank:\n  calm:") :], "bank:\n  calm: []\n"),
    "a first question with a condition": (
        "  - use: T1\n  - id: C1\n",
        "  - id: C1\n    when: {answer: T1, is: unsure}\n",
    ),
    "words that are quoted before they are written": ("  - use: note\n  - use: share", "  - use: share\n  - use: note"),
    "words that nobody wrote": (
        "  - use: share",
        "  - {id: mine, quotes: nota, ask: Share?, choices: share}",
    ),
    "words that a date quotes": ("  - use: share", "  - {id: mine, quotes: since, ask: Share?, choices: share}"),
    "words without a yes to share them": (
        "  - use: share",
        "  - {id: mine, quotes: note, ask: Share?, choices: helps}",
    ),
    "an end in the middle": ("    ask: Was it calm?", "    ask: Was it calm?\n    last: true"),
    "questions behind the end": (
        "  - use: note",
        "  - {id: over, ask: Over?, kind: yes-no, last: true}\n  - use: note",
    ),
    "a key of another language": ("title: Small check-in", "titel: Klein\ntitle: Small check-in"),
    "a text that starts with an at": ("intro: Hello.", "intro: @all hello"),
    "a text that starts with a percent": ("intro: Hello.", "intro: %5 hello"),
    "a text that starts with a backtick": ("intro: Hello.", "intro: `hello`"),
    "a bracket never closed": ("  low: [What is low?]", "  low: [What is low?"),
    "a brace never closed": ("when: {answer: C1, at_most: 50}", "when: {answer: C1, at_most: 50"),
    "a key without a colon": ("end: Saved.\n", "end\n"),
    "a line one blank too far to the left": ("    theme: calm", "   theme: calm"),
    "a line one blank too far to the right": ("    theme: calm", "     theme: calm"),
    "a second document": ("bank:\n", "---\nbank:\n"),
    "a merge of keys": ("choices:\n  helps:", "choices:\n  <<: *all\n  helps:"),
    "a key that is a list": ("end: Saved.", "[end]: Saved."),
    "a key that is a number": ("end: Saved.", "7: Saved."),
    "a key that is nothing": ("end: Saved.", "~: Saved."),
    "a key with a question mark": ("end: Saved.", "? {a: b}\n: Saved."),
    "a word of YAML 1.1": ("    reverse: true\n  - id: spot", "    reverse: yes\n  - id: spot"),
    "a truth in quotes": ("    reverse: true\n  - id: spot", '    reverse: "true"\n  - id: spot'),
    "an escape that there is not": ('      text: "No"', '      text: "N\\o"'),
    "half a surrogate pair": ('      text: "No"', '      text: "\\ud83d"'),
}


def meanings_broken() -> Iterator[Broken]:
    for name, (old, new) in MEANINGS.items():
        assert GOOD.count(old) == 1, name
        yield broken(name, GOOD.replace(old, new))


def nested(opening: str, closing: str, depth: int) -> str:
    return GOOD.replace("title: Small check-in", f"title: {opening * depth}x{closing * depth}")


def bomb(doubled: int) -> str:
    """A billion laughs, in as many lines."""
    lines = ["a0: &a0 [lol, lol]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, doubled))]
    return "\n".join([*lines, ""])


def files_broken() -> Iterator[Broken]:
    whole = {
        "nothing": "",
        "blanks": "   \n  \n",
        "a remark": "# nothing yet\n",
        "a word": "hello\n",
        "a number": "7\n",
        "a list": "- spec\n- id\n",
        "a list of flows": "- {spec: '1.1', id: small}\n",
        "only a spec": 'spec: "1.1"\n',
        "a spec and an id": 'spec: "1.1"\nid: small\n',
        "JSON cut short": '{"spec": "1.1", "id": "small"',
        "a story": "flow: weekly-pulse@1\nstory:\n  - asks: Hello?\n    skips: true\n",
        "a page of the web": "<!doctype html>\n<title>Hello</title>\n",
        "a table": "id,ask\nT1,Was it calm?\n",
        "YAML of 1.1": "%YAML 1.1\n---\n" + GOOD,
        "a directive nobody knows": "%FOO 1\n---\na: %b\n",
        "three documents": "---\n" + GOOD + "---\na: b\n---\nc: d\n",
        "a document that never starts": "...\n...\na: b\n",
        "a bracket": "[",
        "a brace": "{",
        "a quote": '"',
        "another quote": "'",
        "an alias": "*a",
        "an anchor": "&a",
        "a tag": "!a",
        "a pipe": "|",
        "a hash of merges": "<<: {a: b}\n",
        "many brackets": "[" * 20_000,
        "many braces": "a: " + "{a: " * 20_000,
        "many dashes": "- " * 20_000,
        "many question marks": "? " * 2_000,
        "a very long key": "k" * 5_000 + ": v\n",
        "an alias to itself": "a: &a [*a]\n",
        "a file too large": GOOD + "#" * MAX_BYTES,
    }
    yield from (broken(f"a file of {name}", text) for name, text in whole.items())
    yield from (broken(f"lists {depth} deep", nested("[", "]", depth)) for depth in (2, 9, 11, 30, 1_000))
    yield from (broken(f"mappings {depth} deep", nested("{a: ", "}", depth)) for depth in (2, 9, 11, 30, 1_000))
    yield from (broken(f"a bomb of {doubled} aliases", bomb(doubled)) for doubled in (2, 10, 30, 300))
    raws = {
        "Latin-1": GOOD.replace("calm us", "caf\xe9").replace("“", "'").replace("”", "'").encode("latin-1"),
        "UTF-16": GOOD.encode("utf-16"),
        "UTF-32": GOOD.encode("utf-32"),
        "half a character": GOOD.encode() + b"# \xe2\x80",
        "a surrogate": b"title: \xed\xa0\xbd\n",
        "a picture": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        "a spreadsheet": b"PK\x03\x04\x14\0\x06\0",
        "noughts": b"\0" * 1000,
    }
    yield from (Broken(f"a file of {name}", raw, None) for name, raw in raws.items())
    for code in (0x01, 0x08, 0x0B, 0x0C, 0x1B, 0x7F, 0x80, 0x9F, 0xFFFE):
        yield broken(f"character U+{code:04X}", GOOD.replace("Hello.", f"Hel{chr(code)}lo."), 5)


ALL = [*lines_broken(), *meanings_broken(), *files_broken()]


def refusal(path: Path) -> tuple[Problem, ...]:
    """What is wrong with the file; nothing where it was taken in."""
    try:
        load(path)
    except BadDefinition as refused:
        return refused.problems
    return ()


def test_there_are_three_hundred_ways_and_more():
    assert len({way.name for way in ALL}) == len({way.raw for way in ALL}) == len(ALL) > 300


def test_the_file_they_start_from_is_whole(tmp_path: Path):
    path = tmp_path / "flow.yaml"
    path.write_text(GOOD, encoding="utf-8")
    assert load(path).ref == "small@1"


@pytest.mark.parametrize("first", range(0, len(ALL), 100))
def test_each_is_refused_with_its_line_and_how_to_mend_it(tmp_path: Path, first: int):
    path = tmp_path / "flow.yaml"
    for way in ALL[first : first + 100]:
        path.write_bytes(way.raw)
        problems = refusal(path)
        lines = way.raw.count(b"\n") + 1
        said = "\n".join([way.name, *map(str, problems)])
        # Of a question that says nothing sensible of its kind, its first line is named.
        near = {problem.line for problem in problems} | {problem.line + 1 for problem in problems}
        assert problems, said
        assert all(1 <= problem.line <= lines and problem.column >= 1 for problem in problems), said
        assert all(problem.what and problem.mend for problem in problems), said
        assert not re.search(r"pydantic|Input should|ruamel|Traceback|\bdict\b|NoneType", said), said
        assert way.line is None or way.line in near, said
