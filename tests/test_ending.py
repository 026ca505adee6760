"""The end of a partnership: everyone is told once, then all but its digests is gone within a day."""

import json
import os
import re
from datetime import timedelta

import pytest
from databases import Databases, only_sqlite
from post import Post, dying
from riverside import Riverside, address, riverside
from typer.testing import CliRunner

from bot import cli, ending, rounds
from bot.channel import TryLater, Unclear
from bot.converse import Desk
from bot.retention import purge
from bot.words import words
from flows.reading import grade
from storage.errors import Refused
from storage.retention import GOODBYE
from storage.values import Due
from storage.work import Store

ON_SQLITE_ALONE = True  # what is asked and said; what is kept is tested on both elsewhere

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
OF_PEOPLE = ("person", "member", "coordinator", "link", "run", "ballot", "claim")
RESULTS = ("organisation", "round", "digest")


@pytest.fixture
def lived_in(town: Riverside) -> Riverside:
    """A partnership with one digest, an open round half answered, and people of every kind."""
    town.joins("ann", "bob", "cat", "blocked")
    town.coordinates("boss")
    town.coordinates("ann")
    town.presses("half", f"join:{town.member_link}")
    town.week()
    town.answers("ann", "75")
    town.closes()
    town.week()
    town.answers("bob", "75")
    town.says("cat", "/stop")
    blocked = town.person("blocked")
    with town.desk.store.work() as work:
        work.people.lose_reach(blocked)
    return town


def ends(town: Riverside) -> None:
    ending.end(town.desk.store, town.partnership.name, town.clock.now())


def later(town: Riverside, span: timedelta) -> None:
    town.clock.jump_to(town.clock.now() + span)
    town.wakes()


def people_left(databases: Databases) -> dict[str, int]:
    return {table: len(databases.rows()[table]) for table in OF_PEOPLE if databases.rows()[table]}


# --- what the operator does


def test_without_yes_it_says_what_would_go_and_does_nothing(lived_in: Riverside, store: Store, databases: Databases):
    before = databases.rows()
    said = "\n".join(ending.lines(ending.preview(store, "riverside-partnership")))
    assert databases.rows() == before
    for part in ("This would end Riverside Partnership", "The open round closes without a digest", "--yes"):
        assert part in said
    assert "Fewer than 5 people" in said


def test_at_once_the_open_period_is_gone_unread_and_its_key_with_it(
    lived_in: Riverside, store: Store, databases: Databases
):
    current = lived_in.current()
    assert store.keys.period_keys([current.period])
    digests = databases.rows()["digest"]
    with store.work() as work:
        work.rounds.claim(current.id, work.rounds.coordinators(lived_in.partnership.id)[0], "remind")
    ends(lived_in)  # no bot runs
    kept = databases.rows()
    assert kept["ballot"] == kept["run"] == kept["claim"] == kept["link"] == []
    assert kept["digest"] == digests
    assert all(closed for *_, closed in kept["period"])
    assert all(closed for *_, closed in kept["round"])
    assert store.keys.period_keys([current.period]) == {}
    assert not {row[0] for row in kept["due"]} & {"open", "prompt", "remind", "close"}


@only_sqlite
def test_no_byte_of_the_unread_answers_stays(lived_in: Riverside, databases: Databases):
    rows = [(bytes(row[0]), bytes(row[2])) for row in databases.rows()["ballot"]]  # type: ignore[call-overload]
    gone = [piece for name, sealed in rows for piece in (name, sealed[:64], sealed[-64:])]  # it lies in pieces
    gone += [wrapped for name, wrapped in databases.rows()["key"] if str(name).startswith("period:")]  # type: ignore[misc]
    assert all(value in databases.bytes() for value in gone)
    ends(lived_in)
    assert not any(value in databases.bytes() for value in gone)


def test_it_ends_once(lived_in: Riverside, store: Store):
    ends(lived_in)
    for verb in (lambda: ends(lived_in), lambda: ending.preview(store, lived_in.partnership.id)):
        with pytest.raises(Refused, match="has ended already"):
            verb()


def test_no_round_opens_and_nobody_joins_any_more(lived_in: Riverside, store: Store):
    ends(lived_in)
    with pytest.raises(Refused, match="has ended, so no round opens any more"):
        lived_in.opens()
    with pytest.raises(Refused, match="nobody can join it any more"), store.work() as work:
        work.people.make_link(lived_in.partnership.id, "member", lived_in.clock.now())
    lived_in.presses("late", f"join:{lived_in.member_link}")
    assert lived_in.sees("late") == words.BAD_LINK
    for _ in range(3):
        later(lived_in, timedelta(weeks=1))
    assert "prompt" not in [kind for kind, _, _ in lived_in.jobs.added[-3:]]
    assert lived_in.digests()[0].round == 1  # and its digests stay


def test_until_they_are_deleted_people_are_told_the_truth(lived_in: Riverside):
    ends(lived_in)
    lived_in.says("ann", "/checkin")
    assert lived_in.sees("ann") == words.goodbye(lived_in.partnership)
    for command in ("/round", "/invite", "/digest"):
        lived_in.says("boss", command)
        assert lived_in.sees("boss") == words.COORDINATORS_ONLY
    lived_in.says("ann", "/forget")
    lived_in.taps("ann", words.FORGET_SURE)
    assert lived_in.sees("ann") == words.FORGOTTEN


@only_sqlite
def test_at_the_command_line_it_needs_a_yes_and_its_digest_can_be_read_for_ever(
    lived_in: Riverside, databases: Databases, monkeypatch: pytest.MonkeyPatch
):
    for name in [name for name in os.environ if name.startswith("PULSE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(databases.key_file.parent)
    for name, value in (("DATABASE_URL", databases.database_url), ("KEYS_URL", databases.keys_url),
                        ("MASTER_KEY_FILE", str(databases.key_file))):  # fmt: skip
        monkeypatch.setenv(f"PULSE_{name}", value)

    def pulse(*command: str) -> str:
        said = CliRunner().invoke(cli.app, command, catch_exceptions=False)
        assert said.exit_code == 0
        return said.output

    assert "Nothing was done" in pulse("partnership", "end", "riverside-partnership")
    assert lived_in.current().number == 2
    ended = json.loads(pulse("partnership", "end", "Riverside Partnership", "--yes", "--json"))
    assert ended == {
        "id": "riverside-partnership",
        "name": "Riverside Partnership",
        "joined": words.about_joined(4, 5),
        "round_open": True,
        "ended": True,
    }
    assert databases.rows()["ballot"] == []
    lived_in.clock.jump_to(lived_in.clock.now() + timedelta(days=3650))
    for _ in range(2):
        later(lived_in, 20 * HOUR)
    assert people_left(databases) == {}
    assert pulse("digest", "riverside-partnership").startswith("How we are doing")


# --- the goodbye


async def test_everyone_is_told_once_those_who_stopped_too_and_then_all_are_deleted(
    lived_in: Riverside, store: Store, databases: Databases
):
    results = {table: databases.rows()[table] for table in RESULTS}
    everyone = [lived_in.person(who) for who in ("ann", "bob", "cat", "boss", "half", "blocked")]
    ends(lived_in)
    post = Post(lived_in, carried=len(lived_in.jobs.added))
    lived_in.wakes()
    await post.carry()
    told = [where for where, screen in post.arrived if screen.text == words.goodbye(lived_in.partnership)]
    assert sorted(told) == sorted(address(who) for who in ("ann", "bob", "cat", "boss", "half"))
    assert len(post.arrived) == len(told)
    later(lived_in, 10 * MINUTE)
    assert people_left(databases) == {}
    assert {row[0] for row in databases.rows()["due"]} == set()
    kept = databases.rows()
    assert kept["organisation"] == results["organisation"]
    assert kept["digest"] == results["digest"]
    assert len(kept["round"]) == len(results["round"])
    assert store.keys.erased_among(everyone) == set(everyone)
    for job in lived_in.jobs.added:
        await post.deliver(*job)  # the queue's jobs outlive them; nothing more is sent
    assert len(post.arrived) == len(told)


async def test_whom_the_goodbye_does_not_reach_keeps_the_others_no_longer_than_twenty_hours(
    lived_in: Riverside, databases: Databases
):
    ends(lived_in)
    start, post = lived_in.clock.now(), Post(lived_in, carried=len(lived_in.jobs.added))
    post.trouble.extend([Unclear(), TryLater(60)])
    lived_in.wakes()
    await post.carry()
    assert len(post.arrived) == 3
    lived_in.clock.jump_to(start + 19 * HOUR)
    lived_in.wakes()
    assert len(databases.rows()["person"]) == 6
    for job in lived_in.jobs.added:
        if job[0] == GOODBYE:
            await post.deliver(*job)
    assert len(post.arrived) == 4  # it may have arrived the first time: never again
    lived_in.clock.jump_to(start + 20 * HOUR + 10 * MINUTE)
    lived_in.wakes()
    assert people_left(databases) == {}


async def test_a_goodbyes_claim_is_kept_while_it_is_needed(lived_in: Riverside, store: Store, databases: Databases):
    ends(lived_in)
    post = Post(lived_in, carried=len(lived_in.jobs.added))
    lived_in.wakes()
    await post.carry()
    claims = databases.rows()["claim"]
    assert len(claims) == 5
    with store.work() as work:
        for due in list(work.rounds.due(lived_in.clock.now() + 10 * MINUTE)):
            assert work.rounds.done(due)
    purge(store, lived_in.jobs, lived_in.clock.now() + timedelta(days=9))
    assert databases.rows()["claim"] == claims


async def test_where_there_was_never_a_round_everyone_is_told_all_the_same(town: Riverside, databases: Databases):
    town.joins("ann")
    town.coordinates("boss")
    ends(town)
    post = Post(town)
    town.wakes()
    await post.carry()
    assert sorted(where for where, _ in post.arrived) == [address("ann"), address("boss")]
    later(town, 20 * HOUR + 10 * MINUTE)
    assert people_left(databases) == {}


async def test_a_partnership_of_nobody_ends_too(town: Riverside, databases: Databases):
    ends(town)
    town.wakes()
    later(town, 10 * MINUTE)
    assert people_left(databases) == {}
    assert town.due() == []


async def test_who_belongs_elsewhere_too_loses_this_place_alone(lived_in: Riverside, desk: Desk, databases: Databases):
    other = riverside(desk, lived_in.clock, "Lakeside Partnership")
    other.joins("boss", "dan")
    other.coordinates("bob")
    open_there = other.opens().id
    before = other.person("dan")
    ends(lived_in)
    post = Post(lived_in, carried=len(lived_in.jobs.added))
    lived_in.wakes()
    await post.carry()
    later(lived_in, 10 * MINUTE)
    assert {row[0] for row in databases.rows()["person"]} == {other.person("boss"), other.person("bob"), before}
    assert other.member("boss").partnership == other.partnership.id
    with desk.store.work() as work:
        bob = work.people.find(address("bob"))
    assert bob is not None
    assert (bob.member, bob.coordinates) == (None, (other.partnership.id,))
    assert other.current().id == open_there
    with desk.store.work() as work:
        assert work.people.link(other.member_link, lived_in.clock.now()) is not None


async def test_a_bot_that_was_off_for_days_says_goodbye_before_it_deletes(lived_in: Riverside, databases: Databases):
    ends(lived_in)
    post = Post(lived_in, carried=len(lived_in.jobs.added))
    later(lived_in, timedelta(days=3))
    await post.carry()
    assert len(post.arrived) == 5
    later(lived_in, 10 * MINUTE)
    assert people_left(databases) == {}


def test_an_ending_and_an_opening_at_once_leave_no_open_round(lived_in: Riverside, store: Store):
    """The opening comes late: what it read of the partnership is from before the end."""
    ends(lived_in)
    with store.work() as work, pytest.raises(Refused):
        rounds.open_round(work, store.keys, lived_in.desk.flows, lived_in.partnership, lived_in.clock.now())


# --- killed on the way


@only_sqlite
def test_killed_anywhere_the_next_start_does_the_rest(lived_in: Riverside, store: Store, databases: Databases):
    digests, deaths, moment = databases.rows()["digest"], 0, 0
    current = lived_in.current()
    while True:
        moment += 1
        with dying(store, moment) as died:
            with store.work() as work:
                ended = work.partnerships.get(lived_in.partnership.id).ended
            if not ended:
                ends(lived_in)
            lived_in.wakes()
            later(lived_in, 21 * HOUR)
        if not died:
            break
        deaths += 1
        kept = databases.rows()
        persons = {row[0] for row in kept["person"]}
        assert persons == {row[1] for row in kept["member"]} | {row[0] for row in kept["coordinator"]}
        assert bool(kept["ballot"]) <= bool(store.keys.period_keys([current.period]))
        assert kept["digest"] == digests
    assert people_left(databases) == {}
    assert store.keys.period_keys([current.period]) == {}
    assert lived_in.due() == []
    assert deaths > 10


def test_the_goodbye_is_plain_and_names_no_partnership_on_a_lock_screen(town: Riverside):
    text = words.goodbye(town.partnership)
    assert "Riverside" not in text[:80]
    assert "Riverside Partnership" in text
    assert grade(re.sub(r"\s+", " ", text)) <= 6


def test_what_is_planned_for_an_ended_partnership_is_struck_off(lived_in: Riverside, store: Store):
    with store.work() as work:
        work.rounds.plan(Due("stay", lived_in.partnership.id, lived_in.clock.now() + HOUR))
    ends(lived_in)
    assert {due.kind for due in lived_in.due()} <= {GOODBYE, "tidy", "destroy", "digest"}
