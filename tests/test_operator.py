"""The operator's contract: what each command prints, where, and with which status; trouble is one sentence.

In this process where a process adds nothing; a real one for each way of ending.
"""

import asyncio
import csv
import io
import json
import shutil
import sqlite3
import stat
import sys
from contextlib import closing
from pathlib import Path

import pytest
from commands import Pulse, Said, alone, run
from ground import Ground, founded
from installation import Operator
from standin import TOKEN, StandIn

from bot import rounds
from storage import db

PARTNERS = ("--organisation", "City Council", "--organisation", "Riverside Homes")


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Pulse:
    """`pulse COMMAND` in an empty folder; keywords are settings."""
    alone(tmp_path, monkeypatch)
    return lambda *command, **settings: run(capfd, command, settings)


@pytest.fixture
def ground(tmp_path: Path, migrated: Path, pulse: Pulse) -> Ground:
    """An installation with Riverside Partnership in it, its members told who runs it."""
    made = founded(tmp_path, migrated)
    (tmp_path / ".env").write_text("PULSE_OPERATOR=Network\nPULSE_CONTACT=help@example.org\nPULSE_COMPLAINTS=a page\n")
    made.store.dispose()
    return made


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Path:
    """A folder with an installation whose first round is closed and has figures."""
    folder = tmp_path_factory.mktemp("closed")
    made = founded(folder, migrated)
    made.joins(range(101, 125))
    made.town.opens()
    made.answers(range(101, 125))
    with made.store.work() as work:
        rounds.close_now(work, made.desk.flows, made.town.partnership, made.town.clock.now())
    made.store.dispose()
    return folder


@pytest.fixture
def with_digest(closed: Path, tmp_path: Path, pulse: Pulse) -> Path:
    shutil.copytree(closed, tmp_path, dirs_exist_ok=True)
    return tmp_path


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- init


def test_init_makes_what_is_missing_for_its_owner_alone(pulse: Pulse, tmp_path: Path):
    said = pulse("init", "--yes", "--token", TOKEN, "--operator", "Voluntary Network", "--contact", "help@example.org")
    assert (said.status, said.err) == (0, "")
    assert "made pulse.key" in said.out
    for name in (".env", "pulse.key", "pulse.db", "pulse-keys.db"):
        assert rights(tmp_path / name) == 0o600, name
    assert TOKEN not in said.out
    assert pulse("partnership", "list", "--json").object == {"partnerships": []}


def test_init_again_keeps_what_is_there(pulse: Pulse, tmp_path: Path):
    (tmp_path / ".env").write_text("# ours\nOTHER=1\nPULSE_OPERATOR=Before\nPULSE_CONTACT='it''s us'\n")
    (tmp_path / ".env").chmod(0o644)
    pulse("init", "--yes", "--operator", "Voluntary Network")
    made = pulse("partnership", "create", "Riverside", *PARTNERS, "--json").object
    kept = {name: (tmp_path / name).read_bytes() for name in (".env", "pulse.key")}
    said = pulse("init", "--yes")
    assert "kept pulse.key" in said.out
    assert "still to set in .env before `pulse run`: PULSE_TELEGRAM_TOKEN" in said.out
    assert {name: (tmp_path / name).read_bytes() for name in kept} == kept
    assert kept[".env"].startswith(b"# ours\nOTHER=1\nPULSE_CONTACT='it''s us'\n")
    assert kept[".env"].count(b"PULSE_OPERATOR") == 1
    assert rights(tmp_path / ".env") == 0o600
    assert [p["id"] for p in pulse("partnership", "list", "--json").object["partnerships"]] == [made["id"]]


def test_init_makes_no_new_key_file_beside_an_old_key_store(pulse: Pulse, ground: Ground, tmp_path: Path):
    (tmp_path / "pulse.key").unlink()
    assert "Put that file back" in pulse("init", "--yes").sentence
    assert not (tmp_path / "pulse.key").exists()


def test_init_asks_for_what_telegram_and_members_need(pulse: Pulse, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    answers = io.StringIO(f"{TOKEN}\nVoluntary Network\nhelp@example.org\n\n")
    monkeypatch.setattr(answers, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", answers)
    assert pulse("init").status == 0
    written = (tmp_path / ".env").read_text()
    assert written.count("PULSE_") == 4
    assert "PULSE_COMPLAINTS='help@example.org'" in written  # the contact, unless another is given


# --- partnerships


def test_a_partnership_is_made_listed_and_shown_as_one_object_each(pulse: Pulse, ground: Ground):
    said = pulse("partnership", "create", "Harbour Café", *PARTNERS, "--lead", "City Council", "--json")
    assert said.object.keys() == {
        "id", "member_link", "coordinator_link", "split", "calendar", "needed", "warnings"
    }  # fmt: skip
    assert "only once 5 of them answer" in said.object["warnings"][0]
    assert said.object["id"] == "harbour-cafe"
    assert "Until then the links say BOT" in said.err
    listed = pulse("partnership", "list", "--json").object["partnerships"]
    assert [p["name"] for p in listed] == ["Harbour Café", "Riverside Partnership"]
    shown = pulse("partnership", "show", "Harbour Café", "--json").object
    assert shown["organisations"] == [
        {"name": "City Council", "lead": True},
        {"name": "Riverside Homes", "lead": False},
    ]
    assert (shown["round"], shown["calendar"]) == (None, "year")
    assert shown["joined"].startswith("Fewer than 5")


def test_for_a_person_the_same_is_lines(pulse: Pulse, ground: Ground):
    assert "For members (14 days): https://t.me/BOT?start=" in pulse("partnership", "create", "Harbour", *PARTNERS).out
    assert pulse("partnership", "list").out.startswith("harbour  Harbour  (")
    assert "No round is open." in pulse("partnership", "show", "harbour").out


def test_the_calendar_is_chosen_once_and_told(pulse: Pulse, ground: Ground):
    assert "longer check-ins and votes through the year" in pulse("partnership", "create", "Harbour", *PARTNERS).out
    pulse("partnership", "create", "Quay", *PARTNERS, "--calendar", "pulse")
    assert "Calendar: the weekly pulse alone." in pulse("partnership", "show", "quay").out
    wrong = pulse("partnership", "create", "Pier", *PARTNERS, "--calendar", "month")
    assert "There is no calendar 'month'. There is: year, pulse." in wrong.err


def test_a_new_link_is_one_object_too(pulse: Pulse, ground: Ground):
    made = pulse("partnership", "link", "riverside-partnership", "--coordinator", "--json").object
    assert made["kind"] == "coordinator"
    assert made["link"].startswith("https://t.me/BOT?start=")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--timezone", "Europe/Lodnon"), "'Europe/Lodnon' is no time zone. Did you mean Europe/London"),
        (("--timezone", "Lisbon"), "Europe/Lisbon"),
        (("--timezone", "../../etc/passwd"), "is no time zone"),
        (("--day", "fryday"), "'fryday' is no day of the week. Did you mean Friday?"),
        (("--at", "25:00"), "'25:00' is no time of day. Write hours and minutes like 10:00"),
        (("--at", "ten"), "'ten' is no time of day"),
        (("--organisation", "city council"), "two or more organisations with different names"),
        (("--organisation", " \u200b "), "A name is empty"),
        (("--organisation", "x" * 61), "longer than 60 letters"),
        (("--lead", "Somebody Else"), "'Somebody Else' is not one of the organisations: City Council, Riverside Homes"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(
    pulse: Pulse, ground: Ground, options: tuple[str, ...], sentence: str
):
    assert sentence in pulse("partnership", "create", "Harbour", *PARTNERS, *options).sentence
    assert len(pulse("partnership", "list", "--json").object["partnerships"]) == 1


def test_a_partnership_needs_two_organisations_and_a_name_of_its_own(pulse: Pulse, ground: Ground):
    lonely = pulse("partnership", "create", "Harbour", "--organisation", "City Council")
    assert "two or more organisations" in lonely.sentence
    again = pulse("partnership", "create", "Riverside Partnership", *PARTNERS)
    assert "already. Pick another name." in again.sentence


@pytest.mark.parametrize(
    "command",
    [
        ("partnership", "show"),
        ("partnership", "link"),
        ("round", "open"),
        ("round", "remind"),
        ("round", "close"),
        ("digest",),
    ],
)
def test_an_unknown_partnership_is_refused_with_the_nearest(pulse: Pulse, ground: Ground, command: tuple[str, ...]):
    assert "Did you mean 'riverside-partnership'?" in pulse(*command, "riverside-partnershp").sentence
    assert "`pulse partnership list` shows them" in pulse(*command, "x").sentence


def test_where_there_is_none_yet_it_says_how_to_make_one(pulse: Pulse, ground: Ground):
    with ground.store.work() as work:
        for table in ("due", "link", "organisation", "partnership"):
            work.connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608  ours
    ground.store.dispose()
    assert "`pulse partnership create`" in pulse("partnership", "list").out
    assert "Make one with `pulse partnership create`" in pulse("partnership", "show", "riverside").sentence


# --- rounds


def test_a_round_is_opened_once_and_closed_once(pulse: Pulse, ground: Ground):
    ground.joins([101, 102])
    ground.store.dispose()
    opened = pulse("round", "open", "Riverside Partnership", "--json").object
    assert (opened["open"], opened["number"], opened["invited"]) == (True, 1, 2)
    assert opened["closes_at"].endswith("+00:00")
    assert "Round 1 of Riverside Partnership is open already. It closes on" in (
        pulse("round", "open", "riverside-partnership").sentence
    )
    assert pulse("round", "remind", "riverside-partnership", "--json").object["open"] is True
    assert pulse("round", "close", "riverside-partnership", "--json").object["open"] is False
    for verb in ("close", "remind"):
        assert "`pulse round open riverside-partnership` opens one" in (
            pulse("round", verb, "riverside-partnership").sentence
        )
    assert "Round 2 is open." in pulse("round", "open", "riverside-partnership").out


def test_an_unknown_check_in_is_refused_with_those_there_are(pulse: Pulse, ground: Ground):
    said = pulse("round", "open", "riverside-partnership", "--flow", "weekly")
    assert "There is no check-in called 'weekly'. There is:" in said.sentence
    assert "weekly-pulse" in said.sentence


def test_a_round_is_not_opened_before_members_can_be_told_who_runs_this(pulse: Pulse, ground: Ground, tmp_path: Path):
    (tmp_path / ".env").unlink()
    assert "PULSE_COMPLAINTS" in pulse("round", "open", "riverside-partnership").sentence
    assert pulse("partnership", "show", "riverside-partnership", "--json").object["round"] is None


@pytest.mark.parametrize(
    ("split", "sentence"),
    [
        ("lived", "A split has 2 to 4 groups"),
        ("lived/leed", "Did you mean 'lead'?"),
        ("lived/lived+lead", "named twice"),
        ("lived/undeclared", "in no group"),
    ],
)
def test_a_split_that_does_not_fit_is_refused(pulse: Pulse, ground: Ground, split: str, sentence: str):
    assert sentence in pulse("partnership", "create", "Harbour", *PARTNERS, "--split", split).sentence
    assert len(pulse("partnership", "list", "--json").object["partnerships"]) == 1


# --- digests


def test_a_correction_is_words_without_figures_and_stands_beside_its_digest(pulse: Pulse, with_digest: Path):
    assert (
        "holds no figure" in pulse("correct", "riverside-partnership", "--round", "1", "--note", "It was 60.").sentence
    )
    assert "1 to 280 letters" in pulse("correct", "riverside-partnership", "--round", "1", "--note", " ").sentence
    assert "no digest of round 2" in pulse("correct", "riverside-partnership", "--round", "2", "--note", "No.").sentence
    before = pulse("digest", "riverside-partnership", "--format", "json").object
    assert pulse("correct", "riverside-partnership", "--round", "1", "--note", "The week was wrong.").status == 0
    for form in ("text", "html"):
        assert "The week was wrong." in pulse("digest", "riverside-partnership", "--format", form).out
    assert pulse("digest", "riverside-partnership", "--format", "json").object == before | {
        "note": "The week was wrong."
    }


def test_a_digest_comes_in_every_format(pulse: Pulse, with_digest: Path):
    def digest(form: str) -> str:
        said = pulse("digest", "riverside-partnership", "--format", form)
        assert (said.status, said.err) == (0, "")
        return said.out

    assert pulse("digest", "riverside-partnership").out == digest("text")
    assert "How we are doing: week of" in digest("text")
    assert digest("html").startswith("<!doctype html>")
    assert json.loads(digest("json")).keys() == {"record", "seal"}
    assert len({len(row) for row in csv.reader(digest("csv").splitlines())}) == 1
    assert pulse("digest", "riverside-partnership", "--format", "png", "--out", "chart.png").out == ""
    assert (with_digest / "chart.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--format", "pdf"), "There is no format 'pdf'. There is: text, html, json, csv, png."),
        (("--round", "7"), "There is no digest of round 7 of Riverside Partnership yet"),
        (("--round", "0"), "There is no digest"),
        (("--out", "nowhere/digest.txt"), "nowhere/digest.txt cannot be written: No such file or directory"),
        (("--out", "."), ". cannot be written: Is a directory"),
    ],
)
def test_a_digest_that_cannot_be_had_says_why(pulse: Pulse, with_digest: Path, options: tuple[str, ...], sentence: str):
    assert sentence in pulse("digest", "riverside-partnership", *options).sentence


def test_before_the_first_round_has_closed_there_is_no_digest(pulse: Pulse, ground: Ground):
    assert "It comes when the round closes" in pulse("digest", "riverside-partnership").sentence


# --- settings


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("broadcast_rate", "-1"),
        ("broadcast_rate", "fast"),
        ("keys_url", "sqlite:///pulse.db"),
        ("webhook_listen", "8443"),
        ("webhook_listen", "127.0.0.1"),
        ("webhook_listen", "127.0.0.1:99999"),
        ("webhook_secret", "x" * 257),
    ],
)
def test_a_setting_that_does_not_fit_is_named(pulse: Pulse, ground: Ground, setting: str, value: str):
    said = pulse("partnership", "list", **{setting: value})
    assert said.sentence.startswith(f"A setting does not fit: PULSE_{setting.upper()}: ")


def test_a_secret_that_does_not_fit_is_not_repeated(pulse: Pulse, ground: Ground):
    said = pulse("partnership", "list", webhook_secret="canary 81d0")
    assert "use letters, digits, _ and - alone" in said.sentence
    assert "canary" not in said.sentence
    said = pulse("partnership", "list", database_url="canary-81d0@nowhere")
    assert "canary" not in said.sentence


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({}, "PULSE_TELEGRAM_TOKEN and PULSE_OPERATOR and PULSE_CONTACT and PULSE_COMPLAINTS"),
        ({"telegram_token": TOKEN, "contact": "help@example.org", "complaints": "x"}, "PULSE_OPERATOR"),
        ({"telegram_token": TOKEN, "operator": "Voluntary Network", "complaints": "x"}, "PULSE_CONTACT"),
        ({"telegram_token": TOKEN, "operator": "Voluntary Network", "contact": "x"}, "PULSE_COMPLAINTS"),
        (
            {
                "telegram_token": TOKEN,
                "operator": "Voluntary Network",
                "contact": "help@example.org",
                "complaints": "help@example.org",
                "webhook_url": "https://bot.example.org/x",
            },
            "PULSE_WEBHOOK_SECRET",
        ),
    ],
)
def test_the_bot_does_not_run_without_saying_who_runs_it(
    pulse: Pulse, ground: Ground, tmp_path: Path, given: dict[str, str], missing: str
):
    (tmp_path / ".env").unlink()
    assert pulse("run", **given).sentence.startswith(f"Set {missing} in the environment or in .env")


@pytest.mark.parametrize("url", ["mysql://localhost/pulse", "nonsense", "", "sqlite"])
@pytest.mark.parametrize("setting", ["database_url", "keys_url"])
def test_an_address_that_is_no_database_is_refused(pulse: Pulse, ground: Ground, setting: str, url: str):
    assert "Use sqlite:///FILE or postgresql://" in pulse("partnership", "list", **{setting: url}).sentence


# --- keys and databases


def test_without_its_key_file_nothing_is_opened(pulse: Pulse, ground: Ground, tmp_path: Path):
    (tmp_path / "pulse.key").rename(tmp_path / "elsewhere.key")
    assert "The key file pulse.key cannot be read" in pulse("partnership", "list").sentence
    assert pulse("partnership", "list", master_key_file="elsewhere.key").status == 0


@pytest.mark.parametrize("content", [b"", b"not a key\n", b"ab" * 31, b"\xff\xfe\x00", b"g" * 64])
def test_a_file_that_is_no_key_is_refused(pulse: Pulse, ground: Ground, tmp_path: Path, content: bytes):
    (tmp_path / "pulse.key").write_bytes(content)
    assert pulse("partnership", "list").sentence.startswith("The key file pulse.key ")


def test_another_installations_key_file_is_refused(pulse: Pulse, ground: Ground, tmp_path: Path):
    (tmp_path / "pulse.key").write_text("ab" * 32)
    assert "The key file does not fit the key store" in pulse("partnership", "list").sentence


def test_a_folder_that_is_not_there_is_named(pulse: Pulse, tmp_path: Path):
    said = pulse("init", "--yes", master_key_file="nowhere/pulse.key")
    assert "nowhere/pulse.key" in said.sentence
    said = pulse("init", "--yes", database_url=f"sqlite:///{tmp_path}/nowhere/pulse.db")
    assert "Check that its folder exists" in said.sentence


def test_a_database_that_is_read_only_is_named(pulse: Pulse, ground: Ground, tmp_path: Path):
    read_only = f"sqlite:///file:{tmp_path}/pulse.db?mode=ro&uri=true"
    said = pulse("partnership", "create", "Harbour", *PARTNERS, database_url=read_only)
    assert "cannot be written to. Check the rights" in said.sentence


def test_a_database_that_is_locked_is_named(
    pulse: Pulse, ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(db._PRAGMAS, "busy_timeout", ("20", 20))
    with closing(sqlite3.connect(tmp_path / "pulse.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "locked by another program" in pulse("round", "open", "riverside-partnership").sentence


def test_a_database_that_was_never_set_up_is_named(pulse: Pulse, ground: Ground):
    said = pulse("partnership", "list", database_url="sqlite:///other.db")
    assert "Run `pulse init`" in said.sentence


# --- doctor


def findings(said: Said) -> dict[str, str]:
    """What doctor finds wrong."""
    assert (said.status, said.err, said.out.count("\n")) == (1, "", 1)
    found = json.loads(said.out)
    assert found["ok"] is False
    return {each["what"]: each["said"] for each in found["findings"] if not each["ok"]}


def serving(telegram: StandIn) -> dict[str, str]:
    return {
        "telegram_token": telegram.token,
        "telegram_api_url": telegram.url,
        "operator": "Voluntary Network",
        "contact": "help@example.org",
        "complaints": "complaints@example.org",
    }


async def test_doctor_finds_a_well_installation_well(pulse: Pulse, ground: Ground):
    async with StandIn() as telegram:
        said = await asyncio.to_thread(pulse, "doctor", **serving(telegram))
        assert (said.status, said.err) == (0, "")
        assert {line[:4] for line in said.out.splitlines()} == {"ok  "}
        told = await asyncio.to_thread(pulse, "doctor", "--json", **serving(telegram))
        assert told.object["ok"] is True


async def test_doctor_names_each_thing_that_is_wrong_and_what_to_do(pulse: Pulse, ground: Ground, tmp_path: Path):
    async with StandIn() as telegram:

        async def wrong(**more: str) -> dict[str, str]:
            given = {**serving(telegram), **more}
            return findings(await asyncio.to_thread(pulse, "doctor", "--json", **given))

        token = await wrong(telegram_token="4242:another")
        assert token.keys() == {"token and clock"}
        assert "Telegram refuses the token" in token["token and clock"]
        away = await wrong(telegram_api_url="http://127.0.0.1:1")
        assert "Telegram cannot be reached" in away["token and clock"]
        assert telegram.token not in str(away)
        unset = await wrong(operator="")
        assert unset == {"settings": "Set PULSE_OPERATOR in the environment or in .env, or run `pulse init`."}
        missing = await wrong(database_url="sqlite:///other.db")
        assert missing.keys() == {"database", "thresholds", "migrations", "check-ins"}
        assert "Run `pulse init`" in missing["database"]
        (tmp_path / "pulse.key").chmod(0o644)
        assert (await wrong()) == {"key file": "pulse.key can be read by others. Run: chmod 600 pulse.key"}
        (tmp_path / "pulse.key").write_text("broken")
        broken = await wrong()
        assert broken.keys() == {"key file", "key store", "database", "thresholds", "check-ins"}
        assert (await wrong(broadcast_rate="0")).keys() == {"settings"}


# --- real processes: one for each way of ending


async def test_a_real_process_ends_as_the_same_command_does_here(tmp_path: Path):
    async with StandIn() as telegram:
        operator = Operator(tmp_path, telegram)
        assert "made pulse.key" in await operator.says("init", "--yes")
        made = await operator.asks("partnership", "create", "Riverside", *PARTNERS)
        assert made["member_link"].startswith("https://t.me/pulse_test_bot?start=")
        assert (await operator.says("partnership", "show", "riversid", status=1)).count("\n") == 1
        hooked = Operator(tmp_path, telegram, PULSE_WEBHOOK_URL="ftp://127.0.0.1/x", PULSE_WEBHOOK_SECRET="word")
        assert (await hooked.says("run", status=1)).splitlines()[-1:] == [
            "Telegram refuses what it is asked: Invalid webhook url specified. Check PULSE_WEBHOOK_URL."
        ]
        assert "No such command" in await operator.says("partnership", "sing", status=2)
        refused = Operator(tmp_path, telegram, PULSE_TELEGRAM_TOKEN="4242:another")
        assert (await refused.says("run", status=1)).splitlines() == [
            "Telegram refuses the token. Copy PULSE_TELEGRAM_TOKEN again from @BotFather."
        ]


async def test_of_two_bots_on_one_database_the_second_ends_and_says_why(tmp_path: Path, ground: Ground):
    async with StandIn() as telegram:
        operator = Operator(tmp_path, telegram)
        async with operator.running() as bot:
            assert "Another bot process already serves this database" in await operator.says("run", status=1)
            await bot.kill()
