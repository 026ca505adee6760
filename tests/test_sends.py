"""One send, done once: claimed before it is made, and made again only where it is proven not to have happened."""

import asyncio
import shutil
import sys
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import structlog
from databases import Databases, only_sqlite
from riverside import Riverside, address, labels
from sqlalchemy import Engine, event, text

from bot import languages, rounds
from bot.channel import Screen, ShowError, TryLater, Unclear, Unreachable
from bot.converse import Desk
from bot.heart import Heart
from bot.queue import Queue
from bot.rounds import DIGEST, PROMPT, REMIND
from bot.sends import Sends, one_at_a_time
from bot.spoken import EDITION, freshen
from bot.words import words
from digests import EVERYONE
from storage.db import open_database
from storage.work import Store

PNG = b"\x89PNG\r\n\x1a\n"


class Wire:
    """Telegram's place: what arrived, by address, and what goes wrong with the next sends, in order."""

    def __init__(self, databases: Databases) -> None:
        self.arrived: list[tuple[str, Screen]] = []
        self.trouble: deque[Exception | None] = deque()
        self.claimed: list[tuple[object, ...]] = []
        self._databases = databases

    async def send(self, where: str, screen: Screen) -> None:
        self.claimed = self._databases.rows()["claim"]
        trouble = self.trouble.popleft() if self.trouble else None
        if trouble is not None:
            raise trouble
        self.arrived.append((where, screen))

    def texts(self, who: str) -> list[str]:
        return [screen.text for where, screen in self.arrived if where == address(who)]


@pytest.fixture
def wire(databases: Databases) -> Wire:
    return Wire(databases)


@pytest.fixture
def sends(store: Store, town: Riverside, wire: Wire) -> Sends:
    return Sends(store, town.desk.flows, wire, one_at_a_time(1000), town.desk.host)


def claims(databases: Databases) -> dict[str, bool]:
    """What was begun to be sent, and whether it is known to have arrived."""
    return {str(kind): bool(sent) for _, _, kind, sent in databases.rows()["claim"]}


def with_figures(town: Riverside, picture: bytes | None) -> str:
    """A closed round of a weekly partnership that shows figures; its id."""
    people = [f"p{n}" for n in range(20)]
    town.joins(*people)
    current = town.week()
    for who in people[:6]:
        town.answers(who, "75", "75", "75")
    town.closes()
    if picture:
        with town.desk.store.work() as work:
            work.frozen.keep_chart(current.id, "en", picture)
    return current.id


# --- prompts and reminders


async def test_a_prompt_is_claimed_and_committed_before_it_is_sent(
    town: Riverside, sends: Sends, wire: Wire, databases: Databases
):
    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    assert await sends.deliver(PROMPT, round_id, ann) is None
    assert wire.claimed == [(round_id, ann, "prompt", False)]
    assert claims(databases) == {"prompt": True}
    ((where, screen),) = wire.arrived
    assert where == address("ann")
    assert screen.text.startswith("Hello. Here is your weekly check-in.")
    assert labels(screen)[:2] == ["Not at all", "Not much"]


async def test_a_second_delivery_does_nothing(town: Riverside, sends: Sends, wire: Wire):
    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    for _ in range(3):
        assert await sends.deliver(PROMPT, round_id, ann) is None
    assert len(wire.arrived) == 1


async def test_two_deliveries_at_once_send_once(town: Riverside, sends: Sends, wire: Wire):
    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    await asyncio.gather(*(sends.deliver(PROMPT, round_id, ann) for _ in range(5)))
    assert len(wire.arrived) == 1


async def test_what_is_proven_not_delivered_is_tried_again_when_told(
    town: Riverside, sends: Sends, wire: Wire, databases: Databases
):
    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    wire.trouble.extend([TryLater(7), TryLater(3)])
    assert await sends.deliver(PROMPT, round_id, ann) == 7
    assert claims(databases) == {}
    assert await sends.deliver(PROMPT, round_id, ann) == 3
    assert await sends.deliver(PROMPT, round_id, ann) is None
    assert len(wire.arrived) == 1


@pytest.mark.parametrize("trouble", [Unclear(), ZeroDivisionError()])
async def test_what_may_have_arrived_is_never_sent_again(
    town: Riverside, sends: Sends, wire: Wire, databases: Databases, trouble: Exception
):
    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    wire.trouble.append(trouble)
    try:
        await sends.deliver(PROMPT, round_id, ann)
    except ZeroDivisionError:
        assert not isinstance(trouble, ShowError)
    assert claims(databases) == {"prompt": False}
    assert await sends.deliver(PROMPT, round_id, ann) is None
    assert wire.arrived == []
    assert town.member("ann").state == "active"
    assert await sends.deliver(REMIND, round_id, ann) is None  # the reminder covers a lost prompt
    assert len(wire.arrived) == 1


async def test_who_cannot_be_reached_is_sent_nothing_until_they_come_back(
    town: Riverside, sends: Sends, wire: Wire, databases: Databases
):
    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    wire.trouble.append(Unreachable())
    assert await sends.deliver(PROMPT, round_id, ann) is None
    assert town.member("ann").state == "blocked"
    assert claims(databases) == {}
    assert await sends.deliver(REMIND, round_id, ann) is None
    assert wire.arrived == []
    town.says("ann", "/start")
    await sends.deliver(REMIND, round_id, ann)
    assert len(wire.arrived) == 1


async def test_a_reminder_goes_to_those_who_have_not_finished(town: Riverside, sends: Sends, wire: Wire):
    town.joins("done", "half", "none")
    round_id = town.opens().id
    town.finishes("done")
    town.answers("half", "75", "75")
    for who in ("done", "half", "none"):
        await sends.deliver(REMIND, round_id, town.person(who))
    assert wire.texts("done") == []
    assert all(wire.texts(who)[0].startswith(words.REMINDER) for who in ("half", "none"))
    assert "3 of 5" in wire.texts("half")[0]


async def test_who_opened_their_answers_again_is_reminded_and_shown_none_of_them(
    town: Riverside, sends: Sends, wire: Wire
):
    town.joins("ann")
    round_id = town.opens().id
    town.finishes("ann", "75", "0", "25")
    town.taps("ann", "Change my answers")
    await sends.deliver(REMIND, round_id, town.person("ann"))
    ((_, screen),) = wire.arrived
    assert not any(word in screen.text for word in ("Mostly", "Not at all", "Not much"))


async def test_nothing_is_sent_after_stop_or_once_the_round_has_closed(
    town: Riverside, sends: Sends, wire: Wire, databases: Databases
):
    town.joins("stops", "late")
    current = town.opens()
    town.says("stops", "/stop")
    await sends.deliver(PROMPT, current.id, town.person("stops"))
    town.closes()
    for kind in (PROMPT, REMIND):
        await sends.deliver(kind, current.id, town.person("late"))
    await sends.deliver(DIGEST, current.id, town.person("stops"))
    assert wire.arrived == []
    assert claims(databases) == {}


async def test_a_person_who_is_not_there_is_sent_nothing(town: Riverside, sends: Sends, wire: Wire):
    town.joins("ann")
    round_id = town.opens().id
    assert await sends.deliver(PROMPT, round_id, "0" * 32) is None
    assert wire.arrived == []


# --- digests: a chart, then words


async def test_a_digest_without_figures_is_words_alone(town: Riverside, sends: Sends, wire: Wire, databases: Databases):
    town.joins("ann")
    round_id = town.week().id
    town.closes()
    assert await sends.deliver(DIGEST, round_id, town.person("ann")) is None
    (text,) = wire.texts("ann")
    assert text.startswith("How we are doing: week of 5 June.")
    assert claims(databases) == {"text": True}


async def test_a_chart_comes_before_its_words_each_claimed_for_itself(
    town: Riverside, sends: Sends, wire: Wire, databases: Databases
):
    round_id = with_figures(town, picture=PNG)
    assert await sends.deliver(DIGEST, round_id, town.person("p0")) is None
    (_, chart), (_, text) = wire.arrived
    assert (chart.picture, text.picture) == (PNG, None)
    assert chart.text.startswith("A chart for the digest that comes next")
    assert text.text.startswith("How we are doing")
    assert claims(databases) == {"chart": True, "text": True}


async def test_words_that_were_refused_come_later_without_their_chart_again(town: Riverside, sends: Sends, wire: Wire):
    round_id, who = with_figures(town, picture=PNG), town.person("p0")
    wire.trouble.extend([None, TryLater(4)])
    assert await sends.deliver(DIGEST, round_id, who) == 4
    assert await sends.deliver(DIGEST, round_id, who) is None
    assert [screen.picture is not None for _, screen in wire.arrived] == [True, False]


async def test_words_come_even_where_the_charts_fate_is_unknown(town: Riverside, sends: Sends, wire: Wire):
    round_id, who = with_figures(town, picture=PNG), town.person("p0")
    wire.trouble.append(Unclear())
    for _ in range(2):
        assert await sends.deliver(DIGEST, round_id, who) is None
    assert [screen.picture for _, screen in wire.arrived] == [None]


async def test_everyone_gets_the_same_words(town: Riverside, sends: Sends, wire: Wire):
    round_id = with_figures(town, picture=PNG)
    town.coordinates("boss")
    for who in ("p0", "p7", "p19", "boss"):
        await sends.deliver(DIGEST, round_id, town.person(who))
    assert len(wire.arrived) == 8
    assert len({screen for _, screen in wire.arrived}) == 2


async def test_coordinators_alone_get_questions_to_ask_after_the_digest_of_a_period(
    town: Riverside, sends: Sends, wire: Wire
):
    town.joins(*[f"p{n}" for n in range(6)])
    town.coordinates("boss")
    for _ in range(4):
        round_id = town.week().id
        for n in range(6):
            town.answers(f"p{n}", "25", "75", "75")
        town.closes()
    with town.desk.store.work() as work:
        work.frozen.keep_chart(round_id, "en", PNG)
    for who in ("p0", "boss"):
        await sends.deliver(DIGEST, round_id, town.person(who))
    assert len(wire.texts("p0")) == 2
    assert wire.texts("boss")[:2] == wire.texts("p0")
    (asked,) = wire.texts("boss")[2:]
    assert asked.startswith("To help you lead the talk: questions to ask, picked by the figures that everyone got.")
    assert "Trust (low): " in asked
    assert not any(letter.isdigit() for letter in asked)


async def test_a_longer_check_in_comes_question_by_question_after_the_digest(
    town: Riverside, sends: Sends, wire: Wire, databases: Databases
):
    people = [f"p{n}" for n in range(20)]
    town.joins(*people)
    with town.desk.store.work() as work:
        town_now, keys = town.clock.now(), town.desk.store.keys
        current = rounds.open_round(work, keys, town.desk.flows, town.partnership, town_now, "lead-partner")
    for who in people[:6]:
        town.answers(who, *["75"] * 3, *["100"] * 5, *["25"] * 5)
    town.closes()
    (digest,) = town.digests()
    (result,) = digest.sets
    assert [cell.figure and cell.figure.points for cell in result.cells if cell.audience == EVERYONE] == [
        *[90] * 5,
        *[30] * 5,
    ]
    with town.desk.store.work() as work:
        work.frozen.keep_chart(current.id, "en", PNG)
    await sends.deliver(DIGEST, current.id, town.person("p19"))
    _, text, answers = wire.texts("p19")
    assert "Our lead partner: it comes next, question by question." in text
    assert "90. Strong: Was the lead chosen in a fair and open way?" in answers
    assert set(claims(databases)) == {"chart", "text", "set1"}


@pytest.fixture
def welsh(store: Store) -> Iterator[None]:
    """A word of Welsh, brought in by an operator."""
    with store.work() as work:
        work.texts.replace("cy", {"Strong": "Cryf"})
        work.partnerships.keep_fact(EDITION, "one word")
        freshen(work)
    yield
    languages.bring({}, "")


async def test_each_person_gets_the_digest_and_its_chart_in_their_own_language(
    town: Riverside, sends: Sends, wire: Wire, welsh: None
):
    round_id, speaker = with_figures(town, picture=PNG), town.person("p1")
    with town.desk.store.work() as work:
        work.people.speak(speaker, "cy")
        work.frozen.keep_chart(round_id, "cy", PNG + b"cy")
    for who in ("p0", "p1"):
        await sends.deliver(DIGEST, round_id, town.person(who))
    assert [screen.picture for _, screen in wire.arrived] == [PNG, None, PNG + b"cy", None]
    assert "80. Strong." in wire.texts("p0")[1]
    assert "80. Cryf." in wire.texts("p1")[1]


@only_sqlite
async def test_the_chart_is_drawn_once_for_all(town: Riverside, sends: Sends, wire: Wire, databases: Databases):
    round_id = with_figures(town, picture=None)
    drawn_before = databases.rows()["chart"]
    await asyncio.gather(*(sends.deliver(DIGEST, round_id, town.person(who)) for who in ("p0", "p1", "p2")))
    ((_, language, kept),) = databases.rows()["chart"]
    assert (drawn_before, language) == ([], "en")
    assert isinstance(kept, bytes)
    assert kept.startswith(PNG)
    assert [screen.picture for _, screen in wire.arrived if screen.picture] == [kept] * 3
    assert len(wire.arrived) == 6


def test_only_the_newest_chart_of_a_partnership_is_kept(town: Riverside, store: Store):
    first, second = with_figures(town, picture=PNG), town.week().id
    town.closes()
    with store.work() as work:
        assert [work.frozen.has_chart(round_id, "en") for round_id in (first, second)] == [True, False]
        work.frozen.keep_chart(second, "en", PNG)
        assert [work.frozen.has_chart(round_id, "en") for round_id in (first, second)] == [False, True]
        assert [work.frozen.chart(round_id, "en") for round_id in (first, second)] == [None, PNG]


async def test_where_no_chart_can_be_drawn_the_words_go_out_alone(
    town: Riverside, sends: Sends, wire: Wire, monkeypatch: pytest.MonkeyPatch
):
    round_id = with_figures(town, picture=None)
    monkeypatch.setattr(sys, "executable", shutil.which("false"))  # as without matplotlib
    assert await sends.deliver(DIGEST, round_id, town.person("p0")) is None
    assert [screen.picture for _, screen in wire.arrived] == [None]


async def test_no_send_begins_before_the_limiter_lets_it(
    town: Riverside, store: Store, wire: Wire, databases: Databases
):
    class Shut:
        async def __aenter__(self):
            assert claims(databases) == {}
            raise ConnectionAbortedError

        async def __aexit__(self, *_):
            raise AssertionError

    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    waiting = Sends(store, town.desk.flows, wire, Shut(), town.desk.host)
    with pytest.raises(ConnectionAbortedError):
        await waiting.deliver(PROMPT, round_id, ann)
    assert claims(databases) == {}


# --- what carries them


@only_sqlite
async def test_the_finished_jobs_of_a_round_are_found_in_one_look_and_no_others_go(store: Store):
    looks: list[str] = []

    async def nothing(*_: str) -> None:
        return None

    def look(_: object, __: object, statement: str, *___: object) -> None:
        if "LIKE" in statement:
            looks.append(statement)

    queue, kinds = Queue(store.database, 0, 1000), sorted((PROMPT, REMIND, DIGEST))
    await asyncio.to_thread(queue.start, nothing, asyncio.get_running_loop())
    event.listen(Engine, "before_cursor_execute", look)
    try:
        with store.work() as work:
            for kind, round_id in product(kinds, ("r" * 32, "s" * 32)):
                queue.add(work.connection, kind, round_id, ["0" * 32])
        while await asyncio.to_thread(queue.waiting):  # noqa: ASYNC110  the queue tells nobody
            await asyncio.sleep(0.05)
        await asyncio.to_thread(queue.forget, "r" * 32)
    finally:
        event.remove(Engine, "before_cursor_execute", look)
        await asyncio.to_thread(queue.stop)
    with store.work() as work:
        left = work.connection.scalars(text("SELECT workflow_uuid FROM workflow_status ORDER BY 1")).all()
    assert left == [f"{kind}.{'s' * 32}.{'0' * 32}.0" for kind in kinds]
    (statement,) = looks
    assert "output" not in statement


async def said_of_a_beat(town: Riverside, sends: Sends, desk: Desk) -> dict[str, Any]:
    """What the log says first once the heart beats."""
    with structlog.testing.capture_logs() as said:
        beating = asyncio.create_task(Heart(desk, sends, town.jobs).run())
        while not said:  # noqa: ASYNC110  the log tells nobody
            await asyncio.sleep(0.01)
        beating.cancel()
    return said[0]


async def test_a_wake_up_that_fails_says_of_what_kind(town: Riverside, sends: Sends):
    town.joins("ann")
    town.week()
    with town.desk.store.work() as work:
        rounds.close_now(work, town.desk.flows, town.partnership, town.clock.now())
    town.desk.store.keys.keep_anchor(town.partnership.id, 1, "0" * 64)  # another copy's digest went out
    said = await said_of_a_beat(town, sends, town.desk)
    assert said == {"event": "wake_failed", "why": "Forked", "log_level": "warning"}


@only_sqlite
async def test_a_database_that_cannot_be_had_is_called_so(town: Riverside, sends: Sends, tmp_path: Path):
    nowhere = Store(open_database(f"sqlite:///{tmp_path}/nowhere/pulse.db"), town.desk.store.keys)
    said = await said_of_a_beat(town, sends, replace(town.desk, store=nowhere))
    assert said == {"event": "database_unavailable", "log_level": "warning"}
