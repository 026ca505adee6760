"""THREATS.md names all there is: every table, every role, every secret, and every kind of intruder we thought of."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.settings import Settings
from storage import keys, tables
from storage.audit import ACTORS, CLOCK

ROOT = Path(__file__).parents[1]
THREATS = (ROOT / "THREATS.md").read_text(encoding="utf-8")
NAMED = set(re.findall(r"`([^`]+)`", THREATS))

TABLES = [table.name for metadata in (tables.metadata, keys.metadata) for table in metadata.sorted_tables]
ROLES = [actor for actor in ACTORS if actor != CLOCK]
SECRET_SETTINGS = [
    f"PULSE_{name.upper()}"
    for name, field in Settings.model_fields.items()
    if SecretStr.__name__ in str(field.annotation)
]
KINDS_OF_KEYS = [keys._NEXT, keys._PERIOD, keys._POOL]
INTRUDERS = ("coordinator", "one organisation", "dump or a backup", "key store", "root", "token", "Telegram", "phone",
             "custom Telegram client", "member who guesses")  # fmt: skip


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_named(table: str):
    assert table in NAMED


@pytest.mark.parametrize("role", ROLES)
def test_every_role_is_named(role: str):
    assert f"**{role}**" in THREATS


@pytest.mark.parametrize("secret", [*SECRET_SETTINGS, "PULSE_MASTER_KEY_FILE", "PULSE_BACKUP_KEY"])
def test_every_secret_setting_is_named(secret: str):
    assert secret in NAMED


@pytest.mark.parametrize("key", [*keys.STANDING, *(f"{kind}…" for kind in KINDS_OF_KEYS)])
def test_every_key_is_named(key: str):
    assert key in NAMED


def test_no_key_is_made_under_a_name_that_this_page_has_not_heard_of():
    made = {name for name, value in vars(keys).items() if name.isupper() and isinstance(value, str) and "_" not in name}
    assert {vars(keys)[name] for name in made} == set(keys.STANDING)


@pytest.mark.parametrize("intruder", INTRUDERS)
def test_every_kind_of_intruder_has_a_section_that_says_can_and_cannot(intruder: str):
    sections = [part for part in THREATS.split("\n### ")[1:] if intruder in part.partition("\n")[0]]
    assert sections
    for section in sections:
        assert re.search(r"^Ha(s|ve): ", section, re.MULTILINE)
        assert "**Can" in section
        assert "annot" in section


def test_the_limits_that_no_software_lifts_are_said():
    plain = " ".join(THREATS.replace("**", "").split())
    for said in ("Can change the code", "way of writing", "dead rows", "no proof", "several Telegram accounts"):
        assert said in plain


def test_files_that_are_named_are_there():
    for name in NAMED:
        if name.startswith(("tests/", "digests/")):
            assert (ROOT / name).exists(), name
    for link in re.findall(r"\]\(([^)#]+)", THREATS):
        assert (ROOT / link).exists(), link


def test_security_md_leads_here():
    assert "(THREATS.md)" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")
