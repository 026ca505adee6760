"""The guide for flow authors is true: each example in it is a check-in that works, each command in it is run."""

import io
import re
import shlex
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest
from ground import founded
from installation import PATIENCE, environment

from bot import cli
from bot.authoring.starting import start
from flows.engine import Engine
from flows.load import examine, shared
from flows.schema import KEYS
from flows.shared import SECTIONS

GUIDE = (Path(__file__).parents[1] / "docs" / "flow-authors.md").read_text(encoding="utf-8")
HEAD = {"spec": '"1.1"', "id": "example", "version": "1", "title": "Example", "intro": "Hello.", "end": "Saved."}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


EXAMPLES = blocks("yaml")
COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def whole(example: str) -> str:
    """An example as a file: with the head it leaves out, and the questions that all check-ins start with."""
    given = set(re.findall(r"^(\w+):", example, re.MULTILINE))
    head = "".join(f"{key}: {value}\n" for key, value in HEAD.items() if key not in given)
    if "use: T1" not in example:
        example = example.replace("questions:\n", "questions:\n  - use: T1\n  - use: P1\n  - use: E1\n")
    return head + example


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"example {n}" for n, _ in enumerate(EXAMPLES, 1)])
def test_each_example_is_a_check_in_with_nothing_to_mend_or_to_look_at_again(tmp_path: Path, example: str):
    file = tmp_path / "example.yaml"
    file.write_text(whole(example), encoding="utf-8")
    report = examine(file)
    assert report.flow is not None, report.problems
    assert [str(warning) for warning in report.warnings] == []
    Engine(report.flow)


def test_the_examples_use_every_key_that_there_is():
    used = set(re.findall(r"(\w+):", "\n".join(EXAMPLES)))
    told = set(re.findall(r"`(?:\{)?(\w+):?", GUIDE)) | set(re.findall(r"[{,] ?(\w+): ", GUIDE))
    assert KEYS.keys() - used - told == set()


def test_what_all_check_ins_share_is_named():
    names = [name for section in SECTIONS for name in shared()[section]] + [q["id"] for q in shared()["questions"]]
    for name in names:
        assert f"`{name}`" in GUIDE or f"use: {name}" in GUIDE


def test_what_the_guide_shows_of_a_check_is_what_is_said(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = start("our-check-in", "Our check-in")
    file.write_text(file.read_text(encoding="utf-8").replace("scale: extent", "scael: extent"), encoding="utf-8")
    assert "".join(f"{problem}\n" for problem in examine(file).problems) in blocks("text")


# --- the commands, in the order of the guide, in one folder


def form(file: Path) -> None:
    """A spreadsheet to import."""
    book = openpyxl.Workbook()
    book.active.title = "survey"
    for row in (["type", "name", "label"], ["integer", "miles", "How many miles is it?"]):
        book.active.append(row)
    book.create_sheet("choices").append(["list_name", "name", "label"])
    book.save(file)


def run(command: list[str], monkeypatch: pytest.MonkeyPatch, typed: str) -> object:
    """Run one command in this process, with this typed; its status."""
    monkeypatch.setattr(sys, "argv", command)
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


def serves(command: list[str], folder: Path) -> str:
    """Start a command that serves a page, read where the page is, and stop it."""
    line = [sys.executable, "-m", "bot.cli", *command[1:], "--port", "0", "--no-browser"]
    with subprocess.Popen(line, cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        process.terminate()
        assert process.wait(PATIENCE) == 0
    return said


def test_each_command_does_what_the_guide_says(tmp_path: Path, migrated: Path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    founded(tmp_path, migrated).store.dispose()
    (tmp_path / ".env").write_text("PULSE_OPERATOR=Network\nPULSE_CONTACT=help@example.org\nPULSE_COMPLAINTS=a page\n")
    form(tmp_path / "form.xlsx")
    answers = "1\n2\n3\n4\n1\nWe met twice.\n1\n"
    for line in COMMANDS:
        command = shlex.split(line)
        assert command[0] == "pulse"
        if "--phone" in command:
            assert "http://127.0.0.1:" in serves(command, tmp_path)
            continue
        if "diff" in command:
            old = Path("our-check-in.yaml").read_text(encoding="utf-8")
            changed = old.replace("version: 1", "version: 2").replace("Did you have a say", "Did you have your say")
            changed = changed[: changed.index("  - id: our_check_in_wish")] + changed[changed.index("  - use: note") :]
            Path("our-check-in-2.yaml").write_text(changed, encoding="utf-8")
        status = run(command, monkeypatch, answers)
        said = capfd.readouterr()
        assert (status, "Traceback" in said.err) == (0, False), f"{line}: {said.err}"
        if "diff" in command:
            assert any(said.out.startswith(block) for block in blocks("text"))
    made = {"our-check-in.svg", "story.yaml", "from-form.yaml"}
    assert made <= {file.name for file in tmp_path.iterdir()}
