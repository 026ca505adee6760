"""Telegram as it behaves: doubled, late, forged, lost and refused, on the wire to the bot's Telegram side.

The bot runs in the test's own loop, built as `bot.app` builds it, on a real SQLite database.
"""

import asyncio
import logging
import random
import sqlite3
import string
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import aiohttp
import pytest
import structlog
from databases import Databases, patience
from installation import FULL, answers, joins
from riverside import Riverside
from standin import GROUPS, Person, StandIn
from standin_contents import CONTENTS
from telegram import Bot
from telegram.error import InvalidToken

from bot import app
from bot.channel import Inbound, unpack
from bot.intake import Intake
from bot.logs import set_up_logs
from bot.sends import Sends, one_at_a_time
from bot.settings import Settings
from bot.telegram import receive
from bot.telegram.handlers import Reception, build
from bot.telegram.receive import SECRET_HEADER, OtherPoller
from bot.telegram.screen import TelegramChannel
from bot.words import words
from flows.run import DONE, Run
from storage.values import Round

POLLING, WEBHOOK = "polling", "webhook"
SECRET = "a-word-for-the-tests"  # pragma: allowlist secret
LARGEST_ID = 2**52 - 1

on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
both_ways = pytest.mark.parametrize("way", [POLLING, WEBHOOK], indirect=True)
by_webhook = pytest.mark.parametrize("way", [WEBHOOK], indirect=True)
pytestmark = on_sqlite


@dataclass
class Line:
    """The bot's Telegram side at work; `said` are its log events."""

    telegram: StandIn
    town: Riverside
    bot: Bot
    reception: Reception
    receiving: asyncio.Task[None]
    sends: Sends
    url: str
    said: list[Any]

    async def settled(self) -> None:
        """Wait until every update is confirmed and every reply is shown."""
        await self.telegram.settled()
        await self.reception.drain()

    def joined(self, *numbers: int) -> list[Person]:
        """Members, taken in without the wire."""
        desk = self.town.desk
        for data in (f"join:{self.town.member_link}", "org:1", "seat:frontline"):
            for reply in desk.converse([inbound(number, data) for number in numbers]):
                assert not isinstance(reply, Exception)
        return [self.telegram.person(number) for number in numbers]

    async def asked(self, *numbers: int) -> list[Person]:
        """Members with the prompt of an open round on their screens."""
        people = self.joined(*numbers)
        current = self.town.opens()
        for person in people:
            assert await self.sent("prompt", person, current) is None
        return people

    async def sent(self, kind: str, person: Person, current: Round | None = None) -> float | None:
        """Carry one job, as the queue does; the seconds after which it wants to be tried again."""
        with self.town.desk.store.work() as work:
            found = work.people.find(f"tg:{person.id}")
        assert found is not None
        return await self.sends.deliver(kind, (current or self.town.current()).id, found.id)

    def run_of(self, person: Person) -> Run:
        """Where the person's check-in stands, with the answers as they are in the ballot."""
        with self.town.desk.store.work() as work:
            found = work.people.find(f"tg:{person.id}")
            assert found is not None
            assert found.member is not None
            open_run = work.runs.of_member(found.member.id)
        assert open_run is not None
        return open_run.run

    def state_of(self, person: Person) -> str | None:
        """The member's state; None for a stranger."""
        with self.town.desk.store.work() as work:
            found = work.people.find(f"tg:{person.id}")
        return found.member.state if found and found.member else None

    def events(self) -> list[str]:
        return [each["event"] for each in self.said]


def inbound(number: int, data: str) -> Inbound:
    return Inbound(f"tg:{number}", unpack(data))


def settings(telegram: StandIn, **more: str) -> Settings:
    return Settings(
        telegram_token=telegram.token,
        telegram_api_url=telegram.url,
        operator="Voluntary Network",
        contact="help@example.org",
        complaints="complaints@example.org",
        _env_file=None,
        **more,
    )


def hook(port: int) -> dict[str, str]:
    """What makes a bot serve by webhook."""
    return {
        "webhook_url": f"http://127.0.0.1:{port}/hook-3f9c",
        "webhook_listen": f"127.0.0.1:{port}",
        "webhook_secret": SECRET,
    }


@asynccontextmanager
async def serving(telegram: StandIn, town: Riverside, said: list[Any], **more: str) -> AsyncIterator[Line]:
    """The receiving half of `bot.app.serve`, without its queue and its signals."""
    given, store = settings(telegram, **more), town.desk.store
    application = build(telegram.token, telegram.url)
    await application.initialize()
    channel, intake, told = TelegramChannel(application.bot), Intake(town.desk), asyncio.Event()
    reception = Reception(application, intake, channel)
    sends = Sends(store, town.desk.flows, channel, one_at_a_time(1000), town.desk.host)
    receive_ = app._webhook(given, application, told) if given.webhook_url else app._polling(application, told)
    receiving = asyncio.create_task(receive_)
    try:
        await telegram.until(lambda: telegram.allowed_updates)
        yield Line(telegram, town, application.bot, reception, receiving, sends, given.webhook_url or "", said)
    finally:
        told.set()
        await asyncio.wait({receiving})
        await reception.drain()
        await intake.close()
        await application.shutdown()
    receiving.result()


@pytest.fixture
async def telegram() -> AsyncIterator[StandIn]:
    async with StandIn() as standin:
        yield standin


@pytest.fixture
def said() -> Iterator[list[Any]]:
    """The log events from now on."""
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def way(request: pytest.FixtureRequest, unused_tcp_port: int) -> dict[str, str]:
    """The settings by which updates come: polling, unless a test says otherwise."""
    return hook(unused_tcp_port) if getattr(request, "param", POLLING) == WEBHOOK else {}


@pytest.fixture
async def line(telegram: StandIn, town: Riverside, said: list[Any], way: dict[str, str]) -> AsyncIterator[Line]:
    async with serving(telegram, town, said, **way) as line:
        yield line


@contextmanager
def locked(databases: Databases, line: Line) -> Iterator[None]:
    """Another program holds the database; the bot waits for it a moment only."""
    database = line.town.desk.store.database
    database.dispose()
    patience(database, 20)
    other = sqlite3.connect(database.url.database or "", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def from_bot(person: Person) -> list[str]:
    """The bot's messages on the person's screen."""
    return [message.text for message in person.screen if not message.mine]


def button(person: Person, label: str) -> str:
    """The data of the button with this label on the newest message that has one."""
    found = (b.data for m in reversed(person.screen) for row in m.buttons for b in row if b.label == label)
    return next(found)


# --- doubled, late, elsewhere


@both_ways
@pytest.mark.parametrize("times", [1, 2, 5])
async def test_a_tap_delivered_again_is_taken_once(line: Line, times: int):
    (ada,) = await line.asked(7)
    await ada.taps("Mostly")
    await line.telegram.redeliver(times)
    await line.settled()
    assert (line.run_of(ada).turn, line.run_of(ada).answers) == (1, {"T1": "75"})
    (only,) = from_bot(ada)
    assert "2 of 5" in only


@both_ways
async def test_a_note_delivered_again_is_kept_once_and_nobody_is_told_otherwise(line: Line):
    (ada,) = await line.asked(7)
    await answers(ada, *FULL[:-1])
    await ada.says("We met twice")
    await ada.sees("“We met twice”")
    await line.telegram.redeliver(3)
    await line.settled()
    run = line.run_of(ada)
    assert (run.state, run.turn, run.answers["note"]) == ("share", 6, "We met twice")
    assert not any("have not been kept" in text for text in from_bot(ada))


async def test_a_late_tap_changes_nothing_and_shows_where_the_person_is(line: Line):
    (ada,) = await line.asked(7)
    first, message = button(ada, "Not at all"), ada.screen[-1].id
    await ada.taps("Mostly")
    await ada.sees("2 of 5")
    assert await ada.taps_data(first, message=message) == words.STALE
    await line.settled()
    assert line.run_of(ada).answers == {"T1": "75"}
    assert [text for text in from_bot(ada) if "2 of 5" in text] == from_bot(ada)


async def test_a_screen_that_is_up_to_date_already_is_no_trouble(line: Line):
    (ada,) = await line.asked(7)
    first, message = button(ada, "Mostly"), ada.screen[-1].id
    await ada.taps("Mostly")
    for _ in range(3):
        await ada.taps_data(first, message=message)
    await line.settled()
    assert [call.method for call in line.telegram.calls].count("editMessageText") == 4
    assert len(line.telegram.sent_to(ada)) == 1
    assert line.events() == []


async def test_a_tap_under_a_message_that_is_gone_gets_a_fresh_one(line: Line):
    (ada,) = await line.asked(7)
    data, message = button(ada, "Mostly"), ada.screen[-1].id
    del ada._chat.messages[message]
    await ada.taps_data(data, message=message)
    assert "2 of 5" in (await ada.sees("2 of 5")).text
    assert line.run_of(ada).answers == {"T1": "75"}


async def test_a_tap_that_names_no_message_gets_a_fresh_one(line: Line):
    (ada,) = await line.asked(7)
    await ada.taps_data(button(ada, "Mostly"))
    await ada.sees("2 of 5")
    assert len(line.telegram.sent_to(ada)) == 2


async def test_a_tap_telegram_has_forgotten_is_saved_all_the_same(line: Line):
    (ada,) = await line.asked(7)
    line.telegram.faults.queries_too_old = True
    await ada.taps("Mostly")
    await ada.sees("2 of 5")
    assert line.run_of(ada).answers == {"T1": "75"}
    assert line.events() == []


async def test_a_tap_after_closing_time_is_refused(line: Line, databases: Databases):
    (ada,) = await line.asked(7)
    line.town.clock.jump_to(line.town.current().closes_at)
    before = databases.rows()
    assert await ada.taps("Mostly") == words.CLOSED_SHORT
    await ada.sees("This check-in has closed")
    assert databases.rows() == before


async def test_last_weeks_button_never_answers_this_weeks_question(line: Line):
    (ada,) = await line.asked(7)
    old, message = button(ada, "Mostly"), ada.screen[-1].id
    line.town.closes()
    line.town.opens()
    assert await ada.taps_data(old, message=message) == words.CLOSED_SHORT
    await line.settled()
    assert line.run_of(ada).turn == 0


async def test_update_numbers_may_start_anew_lower_down(line: Line):
    (ada,) = await line.asked(7)
    await answers(ada, "Mostly", "In part")
    await line.telegram.renumber(12)
    await ada.taps("Not much")
    await ada.sees("4 of 5")
    await line.telegram.renumber(900_000_000)
    await ada.taps("Mostly")
    await ada.sees("5 of 5")
    assert line.run_of(ada).turn == 4


@both_ways
async def test_the_largest_id_telegram_may_give_joins_and_answers(line: Line):
    eve = line.telegram.person(LARGEST_ID)
    line.town.opens()
    await joins(eve, line.town.member_link, "City Council")
    await eve.taps("Answer the check-in")
    await eve.sees("1 of 5")
    await answers(eve, *FULL)
    assert line.run_of(eve).state == DONE


@by_webhook
async def test_a_tap_and_words_that_overtake_each_other_end_in_one_state(line: Line):
    people = await line.asked(*range(7, 13))
    line.telegram.faults.taps_overtake = True
    await asyncio.gather(*(answers(person, *FULL[:-1]) for person in people))
    for person in people:
        await person.taps("No note", wait=False)
        await person.says("We met twice")
    await line.settled()
    assert {line.run_of(person).turn for person in people} <= {6, 8}
    assert {line.run_of(person).state for person in people} <= {DONE, "share"}


# --- forged


def forged(run: str, turn: int) -> list[str]:
    """What a changed client may send: near misses of somebody's button, then anything at all."""
    pick = random.Random(20)  # noqa: S311  the same noise every time
    near = [
        f"{run}:{turn}:{choice}" for choice in ("75", ".skip", ".back", ".again", ".done", "33", "", "75 ", "75:75")
    ]
    near += [f"{run}:{t}:75" for t in ("-1", "1e3", "999999999", "9999999999", "٣", "", " 0", "0x0", "None")]
    near += [f"{run[:-1]}:{turn}:75", f"{run}", f"{run}:", f":{turn}:75", "::", ":", "", "0:0:0", "a" * 64, "é" * 32]
    near += ["org:1", "org:99", "seat:king", "seat:", "join:", "join:" + "a" * 59, "back", "no", "help", "checkin"]
    near += [f"round-{step}:{place}" for step in ("open", "sure", "close", "") for place in ("riverside", "x", "")]
    near += ["join:\ud800", "\ud800:0:75", "\x00:0:75", "join:\x00", f"{run}:{turn}:\x00", "round:\x00", "\u202e:0:1"]
    alphabet = string.printable + "\x00\x07\u202e\ufeff😀é"
    noise = ["".join(pick.choices(alphabet, k=pick.randint(1, 16))) for _ in range(100)]
    mutated = [f"{run[:n]}{pick.choice(alphabet)}{run[n + 1 :]}:{turn}:75" for n in range(len(run))]
    return near + noise + mutated


@both_ways
async def test_no_forged_tap_changes_anything(line: Line, databases: Databases):
    ada, mallory = await line.asked(7, 8)
    stranger = line.telegram.person(9)
    before = databases.rows()
    run = line.run_of(ada)
    for data in forged(run.id, run.turn):
        await mallory.taps_data(data, message=mallory.screen[-1].id)
        await stranger.taps_data(data)
    await line.settled()
    assert databases.rows() == before
    assert line.events() == []
    assert from_bot(ada) == [line.telegram.sent_to(ada)[0].text]


async def test_a_tap_from_a_group_is_not_heeded_there(line: Line):
    (ada,) = await line.asked(7)
    await line.telegram.group_adds()
    await line.settled()
    await ada.taps_data(button(ada, "Mostly"), message=1, chat=GROUPS["supergroup"], wait=False)
    await line.settled()
    assert line.telegram.sent_to(GROUPS["supergroup"]) == []
    assert line.run_of(ada).turn == 0


# --- what people send instead


async def test_words_where_a_tap_was_asked_are_not_kept(line: Line, databases: Databases):
    (ada,) = await line.asked(7)
    before = databases.rows()
    await ada.says("Mostly, canary-33f0")
    await ada.sees("Please tap one of the buttons above")
    assert databases.rows() == before
    assert b"canary-33f0" not in databases.bytes()


async def test_nothing_but_words_is_opened_or_kept(line: Line, databases: Databases):
    (ada,) = await line.asked(7)
    before = databases.rows()
    for kind in CONTENTS:
        await ada.sends(kind)
        await ada.sends(kind, caption="My note")
    await line.settled()
    assert from_bot(ada)[1:] == [words.UNREADABLE["media"]] * (2 * len(CONTENTS))
    assert databases.rows() == before
    assert not any(call.method.lower().startswith("getfile") for call in line.telegram.calls)


async def test_an_edited_message_changes_no_answer(line: Line):
    (ada,) = await line.asked(7)
    await answers(ada, *FULL[:-1])
    number = await ada.says("We met twice")
    await ada.taps("Share my words")
    await ada.sees("Saved. Thank you.")
    ada._chat.messages[number] = {"message_id": number, "date": 1, "chat": ada._chat.about, "from": ada.about}
    await ada.edits(number, "We never met")
    await ada.sees("Changing a message does not change a saved answer")
    assert line.run_of(ada).answers["note"] == "We met twice"


@pytest.mark.parametrize(
    "passed_on",
    [
        {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Somebody"}},
        {"forward_origin": {"type": "user", "date": 1, "sender_user": {"id": 5, "is_bot": False, "first_name": "B"}}},
        {"via_bot": {"id": 5, "is_bot": True, "first_name": "Another bot"}},
    ],
)
async def test_what_is_passed_on_is_no_note(line: Line, passed_on: dict[str, Any]):
    (ada,) = await line.asked(7)
    await answers(ada, *FULL[:-1])
    await ada.says("We met twice", **passed_on)
    await ada.sees("Please type your own words")
    assert "note" not in line.run_of(ada).answers


async def test_a_note_of_4096_characters_is_not_kept_and_may_be_sent_shorter(line: Line):
    (ada,) = await line.asked(7)
    await answers(ada, *FULL[:-1])
    await ada.says("y" * 4096)
    await ada.sees("Your note has 4,096 letters. Please keep it to 500")
    await ada.says("y" * 500)
    await ada.sees("“yyy")
    assert line.run_of(ada).answers["note"] == "y" * 500


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("left \u202etfel\u202c left", "left tfel left"),
        ("nul\x00 and bell\x07", "nul and bell"),
        ("half of a pair \ud83d here", "half of a pair � here"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("=cmd()|'a'!A1", "=cmd()|'a'!A1"),
        ("<b>bold</b> & [x](tg://user?id=7)", "<b>bold</b> & [x](tg://user?id=7)"),
    ],
)
async def test_a_note_is_kept_without_what_cannot_be_seen(line: Line, sent: str, kept: str):
    (ada,) = await line.asked(7)
    await answers(ada, *FULL[:-1])
    await ada.says(sent)
    await ada.sees(f"“{kept}”")
    assert line.run_of(ada).answers["note"] == kept


async def test_a_note_nobody_can_see_is_asked_for_again(line: Line):
    (ada,) = await line.asked(7)
    await answers(ada, *FULL[:-1])
    await ada.says("\u200b \u202e\u3164")
    await ada.sees("There are no words in that note")
    assert "note" not in line.run_of(ada).answers


@pytest.mark.parametrize("start", ["/start \ud800", "/start \x00", "/start " + "a" * 4000, "/start é", "/start a b"])
async def test_a_link_that_is_no_link_is_refused_in_words(line: Line, databases: Databases, start: str):
    before = databases.rows()
    stranger = line.telegram.person(9)
    await stranger.says(start)
    await stranger.sees("This invite link does not work")
    assert databases.rows() == before


@pytest.mark.parametrize("kind", ["group", "supergroup", "channel"])
async def test_the_bot_leaves_a_group_and_says_nothing_there(line: Line, kind: Any):
    line.joined(7)
    await line.telegram.group_adds(kind)
    await line.telegram.until(lambda: "leaveChat" in [call.method for call in line.telegram.calls])
    await line.telegram.group_says("/start", who=line.telegram.person(7), kind=kind)
    await line.settled()
    assert line.telegram.sent_to(GROUPS[kind]) == []


async def test_a_channel_post_and_a_topic_make_the_bot_leave_too(line: Line):
    await line.telegram.group_says("/checkin", topic=3)
    about = {"id": GROUPS["channel"], "type": "channel", "title": "A channel"}
    await line.telegram.deliver({"channel_post": {"message_id": 1, "date": 1, "chat": about, "text": "/start"}})
    await line.settled()
    left = [call.params["chat_id"] for call in line.telegram.calls if call.method == "leaveChat"]
    assert left == [GROUPS["supergroup"], GROUPS["channel"]]
    assert not any(call.method == "sendMessage" for call in line.telegram.calls)


async def test_another_bot_is_not_answered(line: Line):
    await line.telegram.bot_says("/start")
    await line.settled()
    assert not any(call.method == "sendMessage" for call in line.telegram.calls)


# --- what Telegram refuses, and what gets lost


async def test_a_reply_told_to_wait_comes_later(line: Line):
    (ada,) = await line.asked(7)
    line.telegram.faults.fail_next("editMessageText", retry_after=1)
    await ada.taps("Mostly")
    await ada.sees("2 of 5")
    assert len(line.telegram.sent_to(ada)) == 1


async def test_an_edit_whose_answer_is_lost_is_made_again(line: Line):
    (ada,) = await line.asked(7)
    line.telegram.faults.drop_reply("editMessageText")
    await ada.taps("Mostly")
    await ada.sees("2 of 5")
    await line.settled()
    assert len(line.telegram.sent_to(ada)) == 1
    assert line.events() == []


@pytest.mark.parametrize("method", ["editMessageText", "answerCallbackQuery"])
@pytest.mark.parametrize("status", [400, 403, 404, 500, 502])
async def test_a_reply_that_fails_loses_no_answer(line: Line, method: str, status: int):
    (ada,) = await line.asked(7)
    for _ in range(3):
        line.telegram.faults.fail_next(method, status)
    await ada.taps("Mostly", wait=False)
    await line.settled()
    line.telegram.faults.scheduled.clear()
    assert line.run_of(ada).answers == {"T1": "75"}
    await ada.says("/checkin")
    await ada.sees("2 of 5")


@pytest.mark.parametrize("how", [500, 502, None])
async def test_a_prompt_of_unknown_fate_is_never_sent_again_and_the_reminder_covers_it(line: Line, how: int | None):
    (ada,) = line.joined(7)
    line.town.opens()
    if how is None:
        line.telegram.faults.drop_reply("sendMessage")
    else:
        line.telegram.faults.fail_next("sendMessage", how)
    for _ in range(3):
        assert await line.sent("prompt", ada) is None
    assert [call.method for call in line.telegram.calls].count("sendMessage") == 1
    assert "send_unclear" in line.events()
    for _ in range(2):
        assert await line.sent("remind", ada) is None
    assert "Your check-in is still open" in from_bot(ada)[-1]
    assert [call.method for call in line.telegram.calls].count("sendMessage") == 2


async def test_a_prompt_told_to_wait_is_sent_later_once(line: Line):
    (ada,) = line.joined(7)
    line.town.opens()
    line.telegram.faults.fail_next("sendMessage", retry_after=17)
    assert await line.sent("prompt", ada) == 17
    for _ in range(2):
        assert await line.sent("prompt", ada) is None
    assert len(line.telegram.sent_to(ada)) == 1


async def test_a_prompt_that_found_no_connection_is_sent_later_once(line: Line):
    (ada,) = line.joined(7)
    line.town.opens()
    async with line.telegram.down():
        assert await line.sent("prompt", ada) is not None
    for _ in range(2):
        assert await line.sent("prompt", ada) is None
    assert len(line.telegram.sent_to(ada)) == 1


@pytest.mark.parametrize(
    ("status", "description"),
    [
        (403, "Forbidden: bot was blocked by the user"),
        (403, "Forbidden: user is deactivated"),
        (403, "Forbidden: bot was kicked from the group chat"),
        (403, "Forbidden: bot is not a member of the channel chat"),
        (403, "Forbidden: bot can't initiate conversation with a user"),
        (403, "Forbidden: in words nobody has seen before"),
        (400, "Bad Request: chat not found"),
        (400, "Bad Request: user is deactivated"),
    ],
)
async def test_a_member_who_cannot_be_reached_is_left_in_peace_until_they_come_back(
    line: Line, status: int, description: str
):
    (ada,) = line.joined(7)
    line.town.opens()
    line.telegram.faults.fail_next("sendMessage", status, description=description)
    assert await line.sent("prompt", ada) is None
    assert line.state_of(ada) == "blocked"
    for kind in ("prompt", "remind"):
        assert await line.sent(kind, ada) is None
    assert [call.method for call in line.telegram.calls].count("sendMessage") == 1
    await ada.says("/start")
    await ada.sees("1 of 5")
    assert line.state_of(ada) == "active"


@pytest.mark.parametrize(
    "description", ["Bad Request: PEER_ID_INVALID", "Bad Request: in words nobody has seen before"]
)
async def test_a_refusal_that_trying_again_will_not_mend_is_not_tried_again(line: Line, description: str):
    (ada,) = line.joined(7)
    line.town.opens()
    line.telegram.faults.fail_next("sendMessage", 400, description=description)
    for _ in range(2):
        assert await line.sent("prompt", ada) is None
    assert line.telegram.sent_to(ada) == []
    assert line.state_of(ada) == "active"
    assert "send_refused" in line.events()


async def test_a_member_who_blocks_and_comes_back_finds_the_check_in_where_it_was(line: Line):
    (ada,) = await line.asked(7)
    await ada.taps("Mostly")
    await ada.sees("2 of 5")
    await ada.blocks()
    await line.settled()
    assert line.state_of(ada) == "blocked"
    assert await line.sent("remind", ada) is None
    await ada.unblocks()
    await line.settled()
    assert line.state_of(ada) == "active"
    assert len(line.telegram.sent_to(ada)) == 1
    await ada.taps("In part")
    await ada.sees("3 of 5")


# --- the database is not to be had


@both_ways
async def test_while_the_database_is_locked_nothing_is_acknowledged_and_nothing_is_lost(
    line: Line, databases: Databases
):
    people = await line.asked(*range(7, 13))
    with locked(databases, line):
        for person in people:
            await person.taps("Mostly", wait=False)
        await line.telegram.until(lambda: line.events().count("database_unavailable") >= 2 * len(people))
        assert line.telegram.pending == len(people)
        assert all("1 of 5" in from_bot(person)[-1] for person in people)
    await asyncio.gather(*(person.sees("2 of 5") for person in people))
    await line.settled()
    assert [line.run_of(person).answers for person in people] == [{"T1": "75"}] * len(people)
    assert {(post.status, post.retry_after) for post in line.telegram.posts} <= {(200, None), (503, "5")}


@both_ways
async def test_help_comes_while_the_database_is_locked(line: Line, databases: Databases):
    with locked(databases, line):
        stranger = line.telegram.person(9)
        await stranger.says("/help")
        await stranger.sees("call 999")


# --- updates that make no sense


MALFORMED: list[dict[str, Any]] = [
    {},
    {"message": 5},
    {"message": {"message_id": "x"}},
    {"callback_query": {"id": "1"}},
    {"callback_query": []},
    {"my_chat_member": {"chat": None}},
    {"message": {"message_id": 1, "date": "today", "chat": {"id": 7, "type": "private"}, "text": "/start"}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "from": 7, "text": "/start"}},
    {"message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "nobody's"}},
    {
        "message": {
            "message_id": 1,
            "date": 1,
            "chat": {"id": 7, "type": "private"},
            "from": {"id": 7, "is_bot": False, "first_name": "A"},
            "text": {"a": "canary-71e2"},
        }
    },
    {"a_kind_of_next_year": {"id": 1, "text": "canary-71e2"}},
    {"guest_message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": "canary-71e2"}},
]


@both_ways
async def test_an_update_that_makes_no_sense_holds_up_nobody(line: Line):
    ada, ben = await line.asked(7, 8)
    for update in MALFORMED:
        await line.telegram.deliver(update, whose=ada.id)
        await line.telegram.deliver(update, whose=8)
    await asyncio.gather(answers(ada, *FULL), answers(ben, *FULL))
    await line.settled()
    assert {line.run_of(person).state for person in (ada, ben)} == {DONE}
    assert {post.status for post in line.telegram.posts} <= {200, 500}


# --- one bot, one poller


async def test_another_poller_is_noticed_and_outlasted(line: Line, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(receive, "_CONFLICT_PAUSE", 0.05)
    (ada,) = await line.asked(7)
    line.telegram.faults.fail_next("getUpdates", 409, description="Conflict: terminated by other getUpdates request")
    await ada.taps("Mostly")
    await ada.sees("2 of 5")
    await ada.taps("In part")
    await ada.sees("3 of 5")
    assert "other_poller" in line.events()


async def until_it_ends(telegram: StandIn, town: Riverside, status: int, description: str) -> None:
    """Serve until the next poll is refused for good."""
    async with serving(telegram, town, []) as line:
        telegram.faults.fail_next("getUpdates", status, description=description)
        await telegram.person(9).says("/help")
        await line.receiving


async def test_a_poller_that_stays_is_a_reason_to_stop(
    telegram: StandIn, town: Riverside, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(receive, "_CONFLICT_SECONDS", 1)
    with pytest.raises(OtherPoller):
        await until_it_ends(telegram, town, 409, "Conflict: terminated by other getUpdates request")


@pytest.mark.parametrize(("status", "description"), [(401, "Unauthorized"), (404, "Not Found")])
async def test_a_token_taken_back_is_a_reason_to_stop(
    telegram: StandIn, town: Riverside, status: int, description: str
):
    with pytest.raises(InvalidToken):
        await until_it_ends(telegram, town, status, description)


@both_ways
@pytest.mark.parametrize("method", ["deleteWebhook", "setWebhook", "getUpdates"])
async def test_telegram_failing_at_the_start_is_waited_for(
    telegram: StandIn, town: Riverside, way: dict[str, str], method: str
):
    telegram.faults.fail_next(method, 500)
    async with serving(telegram, town, [], **way) as line:
        (ada,) = await line.asked(7)
        await ada.taps("Mostly")
        await ada.sees("2 of 5")


async def test_a_menu_that_telegram_refuses_keeps_nobody_from_anything(line: Line):
    channel = TelegramChannel(line.bot)
    for status in (400, 429, 500):
        line.telegram.faults.fail_next("setMyCommands", status)
        await channel.set_menus([])


async def test_telegram_away_for_a_while_is_waited_for(line: Line):
    (ada,) = await line.asked(7)
    async with line.telegram.down():
        await ada.taps("Mostly", wait=False)
    await ada.sees("2 of 5")
    assert set(line.events()) <= {"poll_failed", "reply_not_shown"}


# --- the webhook's door


@by_webhook
async def test_the_webhook_lets_in_telegram_alone(line: Line, databases: Databases, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    before = databases.rows()
    right = {SECRET_HEADER: SECRET}
    cases: list[tuple[str, dict[str, str], Any, set[int]]] = [
        ("POST", {}, b"{}", {404}),
        ("POST", {SECRET_HEADER: ""}, b"{}", {404}),
        ("POST", {SECRET_HEADER: "canary-5ac1"}, b"{}", {404}),  # pragma: allowlist secret
        ("POST", {SECRET_HEADER: "canary-5ac1" * 100}, b"{}", {404}),  # pragma: allowlist secret
        ("POST", {SECRET_HEADER: "caf\xe9"}, b"{}", {404}),  # pragma: allowlist secret
        ("GET", {}, None, {405}),
        ("GET", right, None, {405}),
        ("PUT", right, b"{}", {405}),
        ("POST", right, BytesIO(b"x" * ((1 << 20) + 1)), {413}),
        ("POST", right, in_pieces(b"x" * (1 << 16), 17), {413}),
        *(("POST", right, body, {200, 400}) for body in NO_UPDATES),
    ]
    async with aiohttp.ClientSession() as http:
        for method, headers, body, statuses in cases:
            async with http.request(method, line.url, data=body, headers=headers) as answer:
                assert answer.status in statuses, (method, headers, body)
        async with http.post(line.url.rpartition("/")[0] + "/elsewhere", data=b"{}", headers=right) as answer:
            assert answer.status == 404
    assert databases.rows() == before
    assert "canary-5ac1" not in caplog.text
    assert "canary-5ac1" not in str(line.said)
    (ada,) = await line.asked(7)
    await answers(ada, *FULL)


NO_UPDATES = [
    *(b"", b"{", b"null", b"[]", b"5", b'"x"', b"{}", b"\xff\xfe", b"NaN", b'{"update_id": 1}', b"[" * 100_000),
    *(b'{"update_id": "x"}', b'{"update_id": 1, "message": []}', b'{"update_id": null, "message": {"text": "x"}}'),
]


async def in_pieces(piece: bytes, times: int) -> AsyncIterator[bytes]:
    """A body of unannounced length."""
    for _ in range(times):
        yield piece


@by_webhook
async def test_a_webhook_telegram_has_dropped_is_set_again(
    telegram: StandIn, town: Riverside, said: list[Any], way: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(app, "_WATCH_SECONDS", 0.02)
    async with serving(telegram, town, said, **way) as line:
        (ada,) = await line.asked(7)
        await telegram.forget_webhook()
        await ada.taps("Mostly", wait=False)
        await ada.sees("2 of 5")
        assert "webhook_lost" in line.events()


@by_webhook
async def test_telegram_comes_again_until_the_bot_can_be_reached(line: Line):
    (ada,) = await line.asked(7)
    line.telegram.faults.webhook_down = True
    await ada.taps("Mostly", wait=False)
    await line.telegram.until(lambda: len([p for p in line.telegram.posts if not p.status]) >= 3)
    line.telegram.faults.webhook_down = False
    await ada.sees("2 of 5")
    assert line.run_of(ada).turn == 1


# --- nobody is named in a log, and nothing is kept in the clear


CANARIES = (
    "Canary-Given",
    "Canary-Family",
    "canary_user",
    "+4479460000",
    "canary-note-9c",
    "canary words",
    "canary-cap",
)


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[[], str]]:
    """All that is logged or printed, by the product as it sets logging up, and by all that it leaves uncapped."""
    root = logging.getLogger()
    kept, level = root.handlers[:], root.level
    capped = {name: logging.getLogger(name).level for name in logging.root.manager.loggerDict}
    set_up_logs()
    root.addHandler(caplog.handler)
    root.setLevel(logging.DEBUG)
    printed: list[str] = []

    def heard() -> str:
        printed.extend(capfd.readouterr())
        return caplog.text + "".join(printed)

    yield heard
    root.handlers[:] = kept
    root.setLevel(level)
    for name, was in capped.items():
        logging.getLogger(name).setLevel(was)
    structlog.reset_defaults()


@both_ways
async def test_no_name_note_id_or_token_is_in_a_log_or_in_the_clear(
    logged: Callable[[], str], way: dict[str, str], telegram: StandIn, town: Riverside, databases: Databases
):
    number = 3_141_592_653_589
    town.opens()
    # Not the fixture: it keeps the events from the log they are to be looked for in.
    async with serving(telegram, town, [], **way) as line:
        await everything_goes_wrong(line, databases, logged, number)
    heard = logged()
    for event in ("update_unreadable", "database_unavailable", "reply_not_shown", "send_unclear"):
        assert event in heard
    for canary in (*CANARIES, town.member_link, town.coordinator_link, telegram.token, str(number), SECRET):
        assert canary not in heard, canary
        assert canary.encode() not in databases.bytes(), canary
    assert number.to_bytes(6, "big") not in databases.bytes()


async def everything_goes_wrong(line: Line, databases: Databases, logged: Callable[[], str], number: int) -> None:
    """One person's way through the bot, with every fault beside it that might make a program talk."""
    ada = line.telegram.person(number)
    ada.name = "Canary-Given"
    about = {**ada.about, "last_name": "Canary-Family", "username": "canary_user"}
    await joins(ada, line.town.member_link, "City Council")
    await ada.says("canary words", **{"from": about})
    await ada.sends("photo", caption="canary-cap", **{"from": about})
    await ada.sends("contact", contact={"phone_number": "+4479460000", "first_name": "Canary-Given"})
    await ada.taps("Answer the check-in")
    await ada.sees("1 of 5")
    await answers(ada, *FULL[:-1])
    await ada.says("canary-note-9c", **{"from": about})
    await ada.taps("Share my words")
    await ada.sees("Saved. Thank you.")
    for status in (400, 500, 403):
        line.telegram.faults.fail_next("sendMessage", status)
        await ada.says("/checkin canary words")
        await line.settled()
    for update in MALFORMED:
        broken = {"broken": update, "from": about, "text": "canary words", "chat": {"id": number}}
        await line.telegram.deliver({"message": broken}, whose=number)
        await line.telegram.deliver({"callback_query": {"from": about, "data": "canary words"}}, whose=number)
    with locked(databases, line):
        await ada.taps("Change my answers", wait=False)
        await line.telegram.until(lambda: "database_unavailable" in logged())
    await ada.sees("1 of 5")
    line.telegram.faults.fail_next("sendMessage", 500)
    await line.sent("remind", ada)
    await line.settled()
