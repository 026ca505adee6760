"""kill -9 and SIGTERM: what a person saw is kept, nothing is kept twice, and nobody is written to twice.

Real processes on real SQLite files, and a stand-in for Telegram that outlives them.
"""

import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import standin_people
from ground import ANSWERS, Ground, founded
from installation import FULL, PATIENCE, Bot, Operator, environment
from standin import Message, Person, StandIn

from bot import rounds
from flows.run import DONE, Run

SLOW, FAST = "30", "500"  # sends a second: slow enough to be killed in the middle, fast to be through with the rest
AT_ONCE = 16  # jobs under way in one process: the most whose fate a kill can leave unknown
Send = tuple[str, str]  # an address, and what goes there


@pytest.fixture
def ground(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ground]:
    monkeypatch.setattr(standin_people, "PATIENCE", PATIENCE)  # a bot that starts anew keeps people waiting
    made = founded(tmp_path, migrated)
    yield made
    made.store.dispose()


def people_of(ground: Ground, telegram: StandIn, number: int) -> list[Person]:
    """So many members, with a round open that has asked nobody yet."""
    people = [telegram.person(101 + n) for n in range(number)]
    ground.joins([person.id for person in people])
    ground.town.opens()
    return people


# --- killed while people tap


def saw(person: Person) -> int:
    """How many answers the person has been shown as saved."""
    shown = [message.text for message in person.screen if not message.mine]
    positions = [int(found[1]) - 1 for each in shown if (found := re.search(r"(\d) of 5", each))]
    positions += [5 for each in shown if "add a note" in each] + [6 for each in shown if "Saved. Thank you." in each]
    return max(positions, default=0)


async def taps_next(person: Person, *, wait: bool = True) -> None:
    """Give the next answer, under the newest question."""
    label = FULL[saw(person)]
    message = next(m for m in reversed(person.screen) if label in m.labels)
    data = next(b.data for row in message.buttons for b in row if b.label == label)
    await person.taps_data(data, message=message.id, wait=wait)


async def walks(telegram: StandIn, person: Person) -> None:
    """Answer to the end, each tap once the screen of the one before is there."""
    while (seen := saw(person)) < len(FULL):
        await taps_next(person)
        await telegram.until(lambda seen=seen: saw(person) > seen)


async def kill_while_walking(telegram: StandIn, bot: Bot, people: Sequence[Person], method: str, times: int) -> None:
    """Let everybody tap at once; kill -9 as soon as the bot has called `method` so many times."""
    before = len(telegram.calls)
    walking = [asyncio.create_task(walks(telegram, person)) for person in people]
    await telegram.until(
        lambda: [call.method.lower() for call in telegram.calls[before:]].count(method.lower()) >= times
    )
    await bot.kill()
    for walk in walking:
        walk.cancel()
    await asyncio.wait(walking)


def taken(run: Run) -> int:
    """How many taps of `FULL` were taken; at the end the turn says more, so that it tells nothing."""
    return len(FULL) if run.state == DONE else run.turn


def assert_kept(run: Run, shown: int) -> None:
    """What was shown as saved is saved; one answer more may be, whose tick was on its way."""
    assert shown <= taken(run) <= shown + 1
    expected = {(run.rotating if item == "rotating" else item): code for item, code in ANSWERS[: taken(run)]}
    assert run.answers == expected


# The calls that follow a commit, in whatever order six people's taps make of them; a poll confirms many at once.
@pytest.mark.parametrize(("method", "times"), [("editMessageText", 13), ("getUpdates", 3)])
async def test_killed_while_six_people_tap_it_keeps_what_they_saw_and_goes_on_from_there(
    ground: Ground, tmp_path: Path, method: str, times: int
):
    async with StandIn() as telegram:
        operator, people = Operator(tmp_path, telegram), people_of(ground, telegram, 6)
        async with operator.running() as bot:
            await asyncio.gather(*(person.sees("It has five taps") for person in people))
            await kill_while_walking(telegram, bot, people, method, times)
        shown = {person.id: saw(person) for person in people}
        assert 0 < sum(shown.values()) < len(people) * len(FULL)
        for person in people:
            assert_kept(ground.run_of(person.id), shown[person.id])
            if shown[person.id] < len(FULL):
                await taps_next(person, wait=False)
        async with operator.running() as bot:
            await telegram.settled()
            for person in people:
                steps = taken(ground.run_of(person.id))
                assert steps >= min(shown[person.id] + 1, len(FULL)), "a tap made while the bot was down is taken"
                await telegram.until(lambda person=person, steps=steps: saw(person) == steps)
            await asyncio.gather(*(walks(telegram, person) for person in people))
            await bot.kill()
        for person in people:
            run = ground.run_of(person.id)
            assert (run.state, run.turn) == (DONE, 8)
            assert_kept(run, len(FULL))


# --- killed, or told to stop, in the middle of a broadcast


def part_of(message: Message) -> str:
    """Which kind of send this message is."""
    if message.photo:
        return "chart"
    parts = {"It has five taps": "prompt", "Your check-in is still open": "remind", "How we are doing": "text"}
    return next(part for words, part in parts.items() if words in message.text)


def received(telegram: StandIn, people: Sequence[Person]) -> Counter[Send]:
    """How often each send arrived, whatever became of the message afterwards."""
    return Counter((f"tg:{person.id}", part_of(m)) for person in people for m in telegram.sent_to(person))


def all_to(people: Sequence[Person], *parts: str) -> set[Send]:
    return {(f"tg:{person.id}", part) for person in people for part in parts}


async def all_carried(folder: Path) -> None:
    """Wait until the queue holds no job that is neither done nor given up: nothing more will be sent."""
    query = "SELECT count(*) FROM workflow_status WHERE status NOT IN ('SUCCESS', 'ERROR', 'CANCELLED')"
    with closing(sqlite3.connect(folder / "pulse.db")) as database:
        async with asyncio.timeout(PATIENCE):
            while database.execute(query).fetchone() != (0,):  # noqa: ASYNC110  another process's queue tells nobody
                await asyncio.sleep(0.05)


async def killed_in_a_broadcast(
    ground: Ground, operator: Operator, wanted: set[Send], people: Sequence[Person]
) -> set[Send]:
    """Start, kill -9 when twenty have arrived, and look: the sends that were begun and whose fate nobody knows."""
    telegram = operator.telegram
    async with operator.running() as bot:
        await telegram.until(lambda: received(telegram, people).total() >= 20)
        await bot.kill()
    operator.env["PULSE_BROADCAST_RATE"] = FAST
    sent, claims = received(telegram, people), ground.claims()
    assert set(sent.values()) == {1}
    assert len(sent) < len(wanted), "the broadcast was over before the kill"
    begun = {send for send, known in claims.items() if not known}
    assert len(begun) <= AT_ONCE
    assert set(claims) - begun <= set(sent) <= set(claims) <= wanted
    return begun


async def test_killed_while_prompts_go_out_it_sends_none_twice_and_the_reminder_covers_a_lost_one(
    ground: Ground, tmp_path: Path
):
    async with StandIn() as telegram:
        operator, people = Operator(tmp_path, telegram, PULSE_BROADCAST_RATE=SLOW), people_of(ground, telegram, 60)
        prompts = all_to(people, "prompt")
        begun = await killed_in_a_broadcast(ground, operator, prompts, people)
        before = received(telegram, people)
        lost = next(p for p in people if not all_to([p], "prompt") & (set(before) | begun))
        telegram.faults.fail_next("sendMessage", 500, chat=lost.id)
        # Of those begun at the kill some may never have arrived, and nobody can know which; all others arrive.
        certain = prompts - begun - all_to([lost], "prompt")
        async with operator.running() as bot:
            await telegram.until(lambda: certain <= set(received(telegram, people)))
            await all_carried(tmp_path)
            assert not telegram.faults.scheduled, "the lost one was on its way"
            with ground.store.work() as work:
                rounds.remind_now(work, ground.town.partnership, datetime.now(UTC))
            await telegram.until(lambda: all_to(people, "remind") <= set(received(telegram, people)))
            await all_carried(tmp_path)
            await bot.kill()
        after = received(telegram, people)
        assert set(after) == certain | (set(before) & begun) | all_to(people, "remind")
        assert set(after.values()) == {1}


async def test_killed_while_a_digest_goes_out_it_sends_none_twice(ground: Ground, tmp_path: Path):
    async with StandIn() as telegram:
        operator, people = Operator(tmp_path, telegram, PULSE_BROADCAST_RATE=SLOW), people_of(ground, telegram, 60)
        ground.answers([person.id for person in people])
        with ground.store.work() as work:
            rounds.close_now(work, ground.desk.flows, ground.town.partnership, datetime.now(UTC))
        digests = all_to(people, "chart", "text")
        begun = await killed_in_a_broadcast(ground, operator, digests, people)
        before = received(telegram, people)
        async with operator.running() as bot:
            await telegram.until(lambda: digests - begun <= set(received(telegram, people)))
            await all_carried(tmp_path)
            await bot.kill()
        after = received(telegram, people)
        assert set(after) == (digests - begun) | (set(before) & begun)
        assert set(after.values()) == {1}
        assert len({m.photo for person in people for m in telegram.sent_to(person) if m.photo}) == 1


async def test_told_to_stop_while_prompts_go_out_it_drains_and_sends_the_rest_after_a_restart(
    ground: Ground, tmp_path: Path
):
    async with StandIn() as telegram:
        operator, people = Operator(tmp_path, telegram, PULSE_BROADCAST_RATE=SLOW), people_of(ground, telegram, 60)
        async with operator.running() as bot:
            await telegram.until(lambda: received(telegram, people).total() >= 15)
            assert await bot.stop() == 0
        operator.env["PULSE_BROADCAST_RATE"] = FAST
        sent = received(telegram, people)
        assert ground.claims() == dict.fromkeys(sent, True), "what was begun is finished and known"
        assert 15 <= len(sent) < len(people)
        async with operator.running() as bot:
            await telegram.until(lambda: set(received(telegram, people)) == all_to(people, "prompt"))
            await all_carried(tmp_path)
            await bot.kill()
        assert set(received(telegram, people).values()) == {1}


# --- killed at every moment that counts


def test_killed_at_any_moment_of_a_piece_of_work_all_of_it_is_done_or_none_and_once_when_done_again(
    tmp_path: Path, migrated: Path
):
    script = Path(__file__).with_name("deaths.py")
    command = [sys.executable, str(script), str(migrated), str(tmp_path / "deaths")]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    died = json.loads(done.stdout)
    assert died.keys() == {"a tap", "a note", "a prompt", "an opening", "a period's end"}
    assert all(deaths >= 5 for deaths in died.values()), died
