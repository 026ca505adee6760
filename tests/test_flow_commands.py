"""The author's commands: what each prints and writes, what it leaves alone, and how it ends."""

import json
import re
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from commands import Pulse, Said, alone, run
from ground import founded

from flows.engine import Engine
from flows.load import SHARED_FILE, examine, library, load
from flows.schema import KEYS, schema
from flows.source import parse
from flows.story import play, read

SHIPPED = sorted(
    (entry.name, entry.read_text(encoding="utf-8"))
    for entry in files("flows").joinpath("library").iterdir()
    if entry.name.endswith(".yaml") and entry.name != SHARED_FILE
)
EVERY_KIND = """\
spec: "1.1"
id: kinds
version: 1
title: Kinds
intro: Hello.
end: Saved. Thank you.
choices:
  gifts: [{code: time, text: Time}, {code: skills, text: Skills}, {code: rooms, text: Rooms}]
questions:
  - use: T1
  - {id: gift, ask: What could you bring?, choices: gifts, pick: 2}
  - {id: came, ask: Did you come?, kind: yes-no}
  - {id: hours, ask: How many hours?, kind: number, least: 0, most: 9}
  - {id: since, ask: Since when?, kind: date}
  - {id: words, ask: What else?, kind: text}
"""


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Pulse:
    """`pulse flow COMMAND` in a folder of its own; `typed` is what is typed."""
    alone(tmp_path, monkeypatch)

    def said(*command: str, typed: Iterable[str] = ()) -> Said:
        return run(capfd, ["flow", *command], typed="".join(f"{line}\n" for line in typed))

    return said


@pytest.fixture
def kinds(tmp_path: Path) -> Path:
    file = tmp_path / "kinds.yaml"
    file.write_text(EVERY_KIND, encoding="utf-8")
    return file


# --- new


def test_a_new_check_in_has_nothing_to_mend_or_to_look_at_again(pulse: Pulse):
    assert pulse("new", "our-check-in", "--title", 'How "we" are: #1').status == 0
    report = examine(Path("our-check-in.yaml"))
    assert report.flow is not None
    assert (report.flow.ref, report.flow.title, report.warnings) == ("our-check-in@1", 'How "we" are: #1', ())


def test_the_longest_id_and_no_title_do_as_well(pulse: Pulse):
    ident = "a_b-" + "c" * 28
    assert pulse("new", ident).status == 0
    report = examine(Path(f"{ident}.yaml"))
    assert report.flow is not None
    assert (report.flow.id, report.flow.title) == (ident, f"A b {'c' * 28}")


def test_what_is_there_is_left_as_it_is(pulse: Pulse, kinds: Path):
    before = kinds.read_bytes()
    said = pulse("new", "kinds")
    assert (said.status, said.out) == (1, "")
    assert said.err == "kinds.yaml is there already, and is left as it is. Take another name.\n"
    assert kinds.read_bytes() == before


@pytest.mark.parametrize("ident", ["1st", "a b", "../up", "é", "", "a" * 33, "a.yaml"])
def test_an_id_that_is_no_name_is_refused(pulse: Pulse, tmp_path: Path, ident: str):
    said = pulse("new", ident)
    assert (said.status, said.err.count("\n")) == (1, 1)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("title", [" ", "t" * 61])
def test_a_title_that_is_none_is_refused(pulse: Pulse, tmp_path: Path, title: str):
    assert pulse("new", "fine", "--title", title).status == 1
    assert not list(tmp_path.iterdir())


# --- check


def test_a_file_that_can_be_used_ends_with_how_long_it_takes(pulse: Pulse, kinds: Path):
    said = pulse("check", str(kinds))
    assert (said.status, said.err) == (0, "")
    assert re.fullmatch(r".*kinds\.yaml: kinds@1 can be used\. About .* to answer; .*\.", said.out.splitlines()[-1])


def test_all_problems_of_all_files_are_told_at_once_and_end_with_one(pulse: Pulse, kinds: Path, tmp_path: Path):
    bad = tmp_path / "bad.yaml"
    bad.write_text(EVERY_KIND.replace("title:", "titel:").replace("use: T1", "use: T2"), encoding="utf-8")
    said = pulse("check", str(kinds), str(bad))
    assert said.status == 1
    lines = said.out.splitlines()
    assert f"{bad}:4:1: `titel` is not a key here. To mend: did you mean `title`?" in lines
    assert f"{bad}:10:10: `T2` is not in the shared questions. To mend: use one of: T1, P1, E1, note, share." in lines
    assert lines[-1] == f"{bad}: 4 things to mend."


def test_warnings_alone_end_with_nought(pulse: Pulse, kinds: Path):
    kinds.write_text(EVERY_KIND.replace("text: Time", f"text: {'Time ' * 10}"), encoding="utf-8")
    said = pulse("check", str(kinds))
    assert said.status == 0
    assert f"{kinds}:8:30: warning: a button of 49 characters is cut short on a phone" in said.out


def test_a_script_gets_one_object(pulse: Pulse, kinds: Path, tmp_path: Path):
    said = pulse("check", str(kinds), str(tmp_path / "none.yaml"), "--json")
    assert (said.status, said.err, said.out.count("\n")) == (1, "", 1)
    found = json.loads(said.out)
    assert found["ok"] is False
    good, none = found["files"]
    assert (good["flow"], good["problems"], none["flow"], none["minutes"]) == ("kinds@1", [], None, None)
    assert good["minutes"] > 0
    assert "Kinds" in good["missing"]["cy"]
    assert none["problems"] == [
        {"line": 1, "column": 1, "what": "this file cannot be read: No such file or directory",
         "mend": "check its name and place", "severity": "error"}
    ]  # fmt: skip


# --- play


def test_a_check_in_is_played_to_its_end_and_saved_as_a_story(pulse: Pulse, kinds: Path):
    typed = ["5", "1", "3", "5", "1", "7", "3/6/2026", "We met, twice."]
    said = pulse("play", str(kinds), "--save", "story.yaml", typed=typed)
    assert (said.status, said.err) == (0, "")
    assert "   5  Yes, fully\n" in said.out
    assert "1 of 5" in said.out
    assert "Saved. Thank you." in said.out
    story = read(Path("story.yaml"))
    play(Engine(load(kinds)), story)
    assert [(step.does, step.words) for step in story.steps] == [
        ("taps", ("Yes, fully",)),
        ("picks", ("Time", "Rooms")),
        ("taps", ("Yes",)),
        ("writes", ("7",)),
        ("writes", ("2026-06-03",)),
        ("writes", ("We met, twice.",)),
        ("ends", ()),
    ]


def test_what_does_not_fit_is_answered_and_asked_again(pulse: Pulse, kinds: Path):
    said = pulse("play", str(kinds), typed=["99", "0", "hello", "", "8"])
    assert said.status == 0
    assert "» There is no button 99." in said.out
    assert "» There is no button 0." in said.out
    assert "» Please tap one of the buttons above." in said.out
    assert "» Members read here where to find help." in said.out
    assert said.out.count("Could you count on the other people") == 2  # at first, and after words


def test_back_and_skip_are_buttons_like_any_other(pulse: Pulse, kinds: Path):
    said = pulse("play", str(kinds), "--save", "story.yaml", typed=["7", "4", "5", "5", "4", "/2", "/2", "/1"])
    assert said.status == 0
    does = [step.does for step in read(Path("story.yaml")).steps]
    assert does == ["skips", "goes back", "taps", "skips", "skips", "skips", "skips", "skips", "ends"]


def test_where_numbers_are_asked_for_a_number_is_an_answer(pulse: Pulse, kinds: Path):
    said = pulse("play", str(kinds), typed=["1", "5", "1", "10", "2"])
    assert "/1  Back" in said.out
    assert "» " in said.out  # ten hours are too many
    assert "Since when?" in said.out


def test_a_story_that_is_there_is_left_as_it_is(pulse: Pulse, kinds: Path):
    Path("story.yaml").write_text("ours", encoding="utf-8")
    for more in ([], ["--phone"]):
        said = pulse("play", str(kinds), "--save", "story.yaml", *more)
        assert (said.status, said.out) == (1, "")
        assert "is there already" in said.err
    assert Path("story.yaml").read_text(encoding="utf-8") == "ours"


def test_a_story_for_a_folder_that_is_not_there_is_refused_before_anything_is_played(pulse: Pulse, kinds: Path):
    said = pulse("play", str(kinds), "--save", "none/story.yaml", typed=["5"])
    assert (said.status, said.out) == (1, "")
    assert said.err == "There is no folder none. Make it, or take another name.\n"


@pytest.mark.parametrize("port", ["-1", "65536", "web"])
def test_a_port_that_is_none_is_refused(pulse: Pulse, kinds: Path, port: str):
    said = pulse("play", str(kinds), "--phone", "--port", port)
    assert said.status != 0
    assert "Traceback" not in said.err
    assert "--port" in said.err


def test_where_nobody_plays_there_is_no_story(pulse: Pulse, kinds: Path):
    said = pulse("play", str(kinds), "--save", "story.yaml")
    assert (said.status, said.err) == (0, "\nNothing was played, so there is no story.\n")
    assert not Path("story.yaml").exists()


def test_the_rotating_place_asks_what_is_given(pulse: Pulse, tmp_path: Path):
    file = tmp_path / "pulse.yaml"
    file.write_text(dict(SHIPPED)["weekly-pulse.yaml"], encoding="utf-8")
    flow = load(file)
    typed = ["1", "1", "1", "1"]
    assert flow.item("E2").ask in pulse("play", str(file), "--rotating", "E2", typed=typed).out
    assert flow.item("T2").ask in pulse("play", str(file), typed=typed).out
    said = pulse("play", str(file), "--rotating", "X9", typed=typed)
    assert (said.status, said.err.count("\n")) == (1, 1)


def test_a_broken_file_is_not_played_but_told(pulse: Pulse, kinds: Path):
    kinds.write_text("spec: 1\n", encoding="utf-8")
    for command in (["play", "kinds.yaml"], ["draw", "kinds.yaml"], ["diff", "kinds.yaml", "kinds.yaml"]):
        said = pulse(*command)
        assert (said.status, said.out) == (1, "")
        assert said.err.startswith("kinds.yaml:1:")


# --- draw, diff, import


def test_a_picture_is_text_or_a_file(pulse: Pulse, kinds: Path):
    assert pulse("draw", str(kinds)).out.startswith('flowchart TD\n  start(["Kinds"]) --> q1\n')
    said = pulse("draw", str(kinds), "--svg", "kinds.svg")
    assert (said.status, said.out, said.err) == (0, "", "kinds.svg is written.\n")
    assert Path("kinds.svg").read_text(encoding="utf-8").startswith("<svg")


def test_a_picture_takes_the_place_of_an_older_picture_and_of_nothing_else(pulse: Pulse, kinds: Path):
    assert (
        pulse("draw", str(kinds), "--svg", "kinds.svg").status
        == pulse("draw", str(kinds), "--svg", "kinds.svg").status
        == 0
    )
    before = kinds.read_bytes()
    said = pulse("draw", str(kinds), "--svg", str(kinds))
    assert (said.status, said.out) == (1, "")
    assert said.err == f"{kinds} is there already, and is left as it is. Take another name.\n"
    assert kinds.read_bytes() == before


def test_two_versions_are_compared_for_a_person_or_a_script(pulse: Pulse, kinds: Path):
    new = kinds.with_name("new.yaml")
    new.write_text(EVERY_KIND.replace("version: 1", "version: 2").replace("What else?", "And?"), encoding="utf-8")
    said = pulse("diff", str(kinds), str(new))
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines()[0].startswith("words: it is worded anew: give it a new id")
    told = json.loads(pulse("diff", str(kinds), str(new), "--json").out)["changes"]
    assert (told[0]["weight"], told[0]["question"]) == ("breaks", "words")
    assert {change["weight"] for change in told[1:]} == {"stays"}


def test_a_spreadsheet_that_is_none_is_refused_in_a_sentence(pulse: Pulse, kinds: Path):
    for file in ("kinds.yaml", "none.xlsx"):
        said = pulse("import", file)
        assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)


def test_what_is_imported_is_told_in_no_digest_and_the_command_says_so(pulse: Pulse, tmp_path: Path):
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (["type", "name", "label"], ["select_one how", "good", "How good was it?"]):
        book.active.append(row)
    choices = book.create_sheet("choices")
    for row in (["list_name", "name", "label"], ["how", 1, "Disagree"], ["how", 2, "Agree"]):
        choices.append(row)
    book.save(tmp_path / "our form.xlsx")
    said = pulse("import", "our form.xlsx", "--out", "form.yaml")
    assert said.status == 0
    assert said.err.splitlines()[-1].startswith("our form.xlsx: no digest tells what is answered here.")
    flow = load(Path("form.yaml"))
    assert (flow.ref, flow.title, flow.told) == ("our_form@1", "our form", ())


# --- publish


def test_a_published_version_never_changes(pulse: Pulse, kinds: Path, tmp_path: Path, migrated: Path):
    founded(tmp_path, migrated).store.dispose()
    (tmp_path / ".env").write_text("PULSE_OPERATOR=Network\nPULSE_CONTACT=help@example.org\nPULSE_COMPLAINTS=a page\n")
    assert json.loads(pulse("publish", str(kinds), "--json").out) == {"flow": "kinds@1"}
    assert "pulse round open PARTNERSHIP --flow kinds" in pulse("publish", str(kinds)).out
    kinds.write_text(EVERY_KIND.replace("What else?", "And?"), encoding="utf-8")
    said = pulse("publish", str(kinds))
    assert (said.status, said.out, said.err.count("\n")) == (1, "", 1)
    kinds.write_text(EVERY_KIND.replace("What else?", "And?").replace("version: 1", "version: 2"), encoding="utf-8")
    assert pulse("publish", str(kinds)).status == 0


# --- schema


def fits(value: object, node: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Whether `value` is as `node` of a schema says: as much of JSON Schema as ours uses."""
    if "$ref" in node:
        return fits(value, root["$defs"][node["$ref"].rpartition("/")[2]], root)
    if "anyOf" in node:
        return any(fits(value, one, root) for one in node["anyOf"])
    if "oneOf" in node:
        return sum(fits(value, one, root) for one in node["oneOf"]) == 1
    types = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": tuple, "null": type(None)}
    right = isinstance(value, types[node["type"]]) if "type" in node else True
    if not right or (node.get("type") == "integer" and isinstance(value, bool)):
        return False
    match value:
        case dict():
            return _keys_fit(value, node, root)
        case tuple():
            long_enough = node.get("minItems", 0) <= len(value)
            return long_enough and all(fits(entry, node["items"], root) for entry in value)
        case str():
            right = node.get("minLength", 0) <= len(value.strip()) <= node.get("maxLength", len(value))
            right = right and re.search(node.get("pattern", ""), value) is not None
        case int():
            right = node.get("minimum", value) <= value <= node.get("maximum", value)
    return right and value == node.get("const", value) and value in node.get("enum", [value])


def _keys_fit(value: Mapping[str, object], node: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    if not all(key in value for key in node.get("required", ())):
        return False
    others = node.get("additionalProperties", True)
    patterns = node.get("patternProperties", {})
    for key, entry in value.items():
        inner = node.get("properties", {}).get(key)
        inner = inner or next((one for pattern, one in patterns.items() if re.search(pattern, key)), others)
        if not fits(key, {"type": "string", **node.get("propertyNames", {})}, root):
            return False
        if inner is False or (isinstance(inner, dict) and not fits(entry, inner, root)):
            return False
    return True


def test_the_schema_is_printed_whole(pulse: Pulse):
    said = pulse("schema")
    assert (said.status, json.loads(said.out)) == (0, schema())


@pytest.mark.parametrize(("name", "text"), SHIPPED, ids=[name for name, _ in SHIPPED])
def test_each_check_in_of_the_library_fits_the_schema(name: str, text: str):
    made = schema()
    assert fits(parse(text).data, made, made)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Kinds", "titel: Kinds"),
        ("version: 1", "version: 0"),
        ("version: 1", "version: one"),
        ('spec: "1.1"', 'spec: "1.0"'),
        ("use: T1", "use: 1st"),
        ("kind: date", "kind: day"),
        ("pick: 2", "pick: 1"),
        ("pick: 2", "pick: 2, tell: "),
        ("title: Kinds", "title: Kinds\ncompare: lead"),
        ("title: Kinds", "title: Kinds\ncompare: lead/leed"),
        ("code: time", "code: [time]"),
        ("What else?, ", ""),
        (EVERY_KIND[EVERY_KIND.index("questions:") :], "questions: []"),
    ],
)
def test_what_is_no_check_in_does_not_fit_the_schema(old: str, new: str):
    made = schema()
    assert fits(parse(EVERY_KIND).data, made, made)
    assert EVERY_KIND.count(old) == 1
    assert not fits(parse(EVERY_KIND.replace(old, new)).data, made, made)


def test_each_key_of_the_schema_says_what_it_is_for():
    made, described = schema(), set()
    for node in (made, *made["$defs"].values()):
        for key, value in node.get("properties", {}).items():
            assert value["description"] == KEYS[key]
            described.add(key)
    assert described == KEYS.keys()


def test_the_library_is_what_was_checked():
    assert len(library()) == len(SHIPPED)
