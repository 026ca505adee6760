"""The templates say what the program does: each column about a person, each number, each command and setting."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from bot import export
from bot.cli import app
from bot.ending import LATEST
from bot.settings import Settings
from bot.words import words
from digests.disclose import LEAST_ORGANISATIONS
from digests.record import Limits
from flows.reading import grade
from storage import heard, keys, people, retention, tables

FOLDER = Path(__file__).parents[1] / "docs" / "templates"
TEMPLATES = {path.name: path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.md"))}
NAMES = ("dpia.md", "joint-controllers.md", "lawful-basis.md", "privacy-notice.md", "record-of-processing.md")
RECORD, NOTICE, DPIA = (" ".join(TEMPLATES[name].split()) for name in (NAMES[4], NAMES[3], NAMES[0]))

ABOUT_PEOPLE = ("person", "member", "coordinator", "run", "ballot", "poolballot", "claim", "erased")
COLUMNS = [
    f"{table.name}.{column.name}"
    for metadata in (tables.metadata, keys.metadata)
    for table in metadata.sorted_tables
    if table.name in ABOUT_PEOPLE
    for column in table.columns
]
OF_BACKUPS = {"PULSE_BACKUP_KEY"}


def hours(delta) -> str:
    return f"{int(delta.total_seconds() // 3600)} hours"


def days(delta) -> str:
    return f"{delta.days} days"


def test_all_five_are_there():
    assert tuple(TEMPLATES) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_says_that_it_is_no_legal_advice_and_leaves_room_to_write(name: str):
    assert "not legal advice" in " ".join(TEMPLATES[name].split())
    assert re.search(r"\[[^\]]+\](?!\()", TEMPLATES[name])


# --- what is kept


@pytest.mark.parametrize("column", COLUMNS)
def test_every_column_about_a_person_is_in_the_record(column: str):
    assert f"`{column}`" in RECORD


def test_the_record_names_no_column_that_is_not_there():
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", RECORD))
    assert named == set(COLUMNS)


def test_every_table_with_a_person_in_it_is_looked_at():
    of_people = {"person_id", "member_id", "address", "lookup", "who"}
    with_people = {
        table.name
        for metadata in (tables.metadata, keys.metadata)
        for table in metadata.sorted_tables
        if of_people & {column.name for column in table.columns}
    }
    assert with_people <= set(ABOUT_PEOPLE)


# --- for how long


@pytest.mark.parametrize("said", [
    f"| the member sent `/stop` | {days(heard.STOPPED)} |",
    f"| no sign of life | {days(heard.SILENCE)}, then they are asked once, and deleted {days(heard.TO_ANSWER)} later |",
    f"| no sign of life from somebody who has blocked the bot | {days(heard.SILENCE)} |",
    f"| joining was begun and not finished | {days(retention.UNFINISHED)} |",
    f"at most {hours(retention.CLAIMS)} after the round closes",
    f"invite links last {people.MEMBER_LINK_DAYS} days, a coordinator's {people.COORDINATOR_LINK_HOURS} hours",
    f"is kept for {retention.AUDIT.days // 30} months",
    f"out of the chat after {export.LASTING / 60:.0f} minutes",
    f"from {Limits().people} people of {LEAST_ORGANISATIONS} organisations, with {Limits().outsiders} left",
])  # fmt: skip
def test_the_record_has_the_program_s_own_numbers(said: str):
    assert said in RECORD


@pytest.mark.parametrize("said", [
    f"{days(heard.STOPPED)} after you send `/stop`",
    f"taken no part for {days(heard.SILENCE)}",
    f"do not answer in {days(heard.TO_ANSWER)}",
    f"after {days(retention.UNFINISHED)}, if you began to join",
    f"{hours(retention.CLAIMS)} after the check-in closes",
])  # fmt: skip
def test_the_notice_has_the_program_s_own_numbers(said: str):
    assert said in NOTICE


def test_the_assessment_has_the_program_s_own_numbers():
    assert f"links end after {people.MEMBER_LINK_DAYS} days" in DPIA
    assert (
        f"{days(heard.STOPPED)} after `/stop`, {heard.SILENCE.days} and {days(heard.TO_ANSWER)} of silence, "
        f"{days(retention.UNFINISHED)} of unfinished joining"
    ) in DPIA
    assert f"from {Limits().people} people, {Limits().outsiders} of them outside any one organisation" in DPIA


def test_ending_a_partnership_leaves_time_within_the_day_that_is_promised():
    assert LATEST.total_seconds() < 24 * 3600
    assert "| the partnership ends | 24 hours |" in RECORD


# --- what is named is there


def commands(command: Any, name: str = "pulse") -> set[str]:
    inner = getattr(command, "commands", {})
    return {name} if not inner else {found for n, c in inner.items() for found in commands(c, f"{name} {n}")}


@pytest.mark.parametrize("name", NAMES)
def test_no_command_or_setting_is_named_that_does_not_exist(name: str):
    typed = set(re.findall(r"`(pulse [a-z ]+[a-z])`", TEMPLATES[name]))
    assert typed <= commands(typer.main.get_command(app))
    sent = set(re.findall(r"`/([a-z]+)`", TEMPLATES[name]))
    assert sent <= words.COORDINATOR_COMMANDS.keys()
    settings = {f"PULSE_{field.upper()}" for field in Settings.model_fields} | OF_BACKUPS
    assert set(re.findall(r"PULSE_[A-Z_]+", TEMPLATES[name])) <= settings
    for path in re.findall(r"\b(?:docs/)?[a-zA-Z-]+\.md\b", TEMPLATES[name]):
        assert (FOLDER / path).exists() or (FOLDER.parents[1] / path).exists(), path


# --- how it is said


def test_members_can_read_the_notice():
    plain = re.sub(r"^>.*$|[`*#|]|\[|\]|^\|---.*$|^[-] ", "", TEMPLATES["privacy-notice.md"], flags=re.MULTILINE)
    assert grade(re.sub(r"(?<![.\n|])\n(?=[a-z(\[])", " ", plain)) <= 6


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_promised_that_cannot_be_kept(name: str):
    for word in ("completely anonymous", "guarantee", "we will help"):
        assert word not in TEMPLATES[name].lower()


def test_consent_is_no_lawful_basis_and_the_opt_in_stays():
    said = " ".join(TEMPLATES["lawful-basis.md"].split())
    assert "As a *lawful basis* consent is unsafe here" in said
    assert "**the opt-in stays all the same**" in said


def test_adults_alone_are_asked():
    assert "Who takes part: adults." in DPIA
    assert "18 or over" in DPIA
