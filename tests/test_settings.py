"""What the operator may turn: what must be set before anybody is asked anything, and thresholds that only rise."""

import os
from pathlib import Path

import pytest
from databases import Databases, only_sqlite
from riverside import riverside

from bot.clock import MovableClock
from bot.converse import Desk
from bot.doctor import examine
from bot.settings import BadSettings, Settings, read_settings
from digests.record import Limits
from storage.work import open_store

TOLD = {"operator": "Voluntary Network", "contact": "help@example.org", "complaints": "complaints@example.org"}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of ours beside the tests."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("PULSE_")]:
        monkeypatch.delenv(name)


def test_a_round_may_be_opened_once_members_can_be_told_who_runs_it_and_where_to_complain():
    Settings(**TOLD).must_open()


@pytest.mark.parametrize("missing", TOLD)
def test_no_round_opens_and_nothing_serves_while_one_of_them_is_missing(missing: str):
    settings = Settings(**{**TOLD, missing: ""}, telegram_token="4242:stand-in")
    for check in (settings.must_open, settings.must_serve):
        with pytest.raises(BadSettings, match=f"^Set PULSE_{missing.upper()} in the environment or in .env"):
            check()


def test_a_bot_that_serves_needs_a_token_beside():
    Settings(**TOLD, telegram_token="4242:stand-in").must_serve()
    with pytest.raises(BadSettings, match=r"^Set PULSE_TELEGRAM_TOKEN in"):
        Settings(**TOLD).must_serve()


def test_thresholds_are_five_people_and_three_outsiders_and_may_be_raised():
    assert read_settings().limits == Limits(5, 3)
    assert read_settings(least_people=8, least_outsiders=4).limits == Limits(8, 4)


@pytest.mark.parametrize(("name", "least"), [("least_people", 5), ("least_outsiders", 3)])
@pytest.mark.parametrize("below", [1, 2, 6, 1000])
def test_a_lower_threshold_is_refused_with_the_reason(name: str, least: int, below: int):
    expected = f"PULSE_{name.upper()}: .*a handful of people can be recognised, so this is never below {least}"
    with pytest.raises(BadSettings, match=expected):
        read_settings(**{name: least - below})


@only_sqlite
def test_doctor_says_which_threshold_fell_since_a_period_before(
    databases: Databases, desk: Desk, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
):
    where = databases.database_url, databases.keys_url, databases.key_file
    for name, value in zip(("DATABASE_URL", "KEYS_URL", "MASTER_KEY_FILE"), where, strict=True):
        monkeypatch.setenv(f"PULSE_{name}", str(value))
    stricter = open_store(*where, Limits(7, 3))
    town = riverside(Desk(stricter, desk.flows, clock, desk.host), clock)
    town.joins("ann")
    town.opens()
    stricter.dispose()
    found = {finding.what: finding for finding in examine()}
    assert not found["thresholds"].ok
    assert "PULSE_LEAST_PEOPLE is 5, and was 7 before" in found["thresholds"].said
    monkeypatch.setenv("PULSE_LEAST_PEOPLE", "7")
    found = {finding.what: finding for finding in examine()}
    assert found["thresholds"].said == "a figure needs 7 people, 3 of them outside any one organisation"
