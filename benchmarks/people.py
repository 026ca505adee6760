"""People with a phone each: they ask for the check-in, then tap the first button of the newest keyboard, for ever."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

FIRST_PERSON = 5_000_001
_PAUSE = 0.01  # seconds between a screen and the next tap
_PATIENCE = 10.0  # seconds without an answer after which a person starts again
_BOT = b'{"id":77,"is_bot":true,"first_name":"Bench","username":"bench_bot"}'


@dataclass(slots=True)
class Person:
    """One private chat."""

    id: int
    message: int = 0  # the one with the newest keyboard
    data: bytes = b""  # what its first button sends, as a JSON string; empty: no keyboard in sight
    acted: float = 0.0  # when the last unanswered action was made; 0 when none is under way
    tapping: bool = False  # whether that action was a tap


@dataclass(slots=True)
class Tally:
    """What was seen while counting was on, and the taps answered since the very start."""

    on: bool = False
    steps: int = 0
    waits: list[float] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    stuck: int = 0
    refused: int = 0  # webhook posts answered with anything but 2xx
    taps_ever: int = 0


class People:
    """N people who act as fast as they are answered. `deliver` takes each update to the bot."""

    def __init__(self, number: int, opening: str) -> None:
        """Make them; `opening` is the command that asks for the check-in, with its slash."""
        self.tally = Tally()
        self.settled = asyncio.Event()
        self.deliver: Callable[[int, bytes], None] = lambda _number, _update: None
        self._everyone = {FIRST_PERSON + n: Person(FIRST_PERSON + n) for n in range(number)}
        self._opening = opening.encode()
        self._update, self._query, self._message = 1000, 10**15, 1
        self._ended = False
        self._watching: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Let everyone act, the first within a second of each other."""
        for place, person in enumerate(self._everyone.values()):
            asyncio.get_running_loop().call_later(place / len(self._everyone), self._act, person)
        self._watching = asyncio.create_task(self._watch())

    def end(self) -> None:
        """Nobody acts any more; `settled` is set with the last answer."""
        self._ended = True
        if self._watching is not None:
            self._watching.cancel()
        self._settle()

    async def _watch(self) -> None:
        """Those who are left without an answer start again."""
        while True:
            await asyncio.sleep(1)
            limit = time.perf_counter() - _PATIENCE
            for person in self._everyone.values():
                if 0 < person.acted < limit:
                    self.tally.stuck += 1
                    person.data = b""
                    self._act(person)

    def _settle(self) -> None:
        if self._ended and not any(person.acted for person in self._everyone.values()):
            self.settled.set()

    def shown(self, chat: int, message: int | None, data: bytes) -> int:
        """A message, new or changed, reached `chat`; its number. `data` is what its first button sends."""
        if message is None:
            self._message += 1
            message = self._message
        person = self._everyone.get(chat)
        if person is not None:
            self._answered(person, message, data)
        return message

    def _answered(self, person: Person, message: int, data: bytes) -> None:
        person.message, person.data = message, data
        if not person.acted:
            return
        tally = self.tally
        tally.taps_ever += person.tapping
        if tally.on:
            tally.steps += 1
            tally.waits.append(time.perf_counter() - person.acted)
        person.acted = 0.0
        self._settle()
        asyncio.get_running_loop().call_later(_PAUSE, self._act, person)

    def _act(self, person: Person) -> None:
        if self._ended:
            return
        person.acted, person.tapping = time.perf_counter(), bool(person.data)
        self._update += 1
        self.deliver(self._update, b"".join(self._tap(person) if person.data else self._ask(person)))

    def _tap(self, p: Person) -> Iterator[bytes]:
        self._query += 1
        yield b'{"update_id":%d,"callback_query":{"id":"%d",' % (self._update, self._query)
        yield b'"from":{"id":%d,"is_bot":false,"first_name":"P%d","language_code":"en"},' % (p.id, p.id)
        yield b'"message":{"message_id":%d,"from":%b,' % (p.message, _BOT)
        yield b'"chat":{"id":%d,"first_name":"P%d","type":"private"},"date":%d,' % (p.id, p.id, int(time.time()))
        yield b'"text":"?","reply_markup":{"inline_keyboard":[[{"text":"a","callback_data":%b}]]}},' % p.data
        yield b'"chat_instance":"%d","data":%b}}' % (p.id, p.data)

    def _ask(self, p: Person) -> Iterator[bytes]:
        self._message += 1
        yield b'{"update_id":%d,"message":{"message_id":%d,' % (self._update, self._message)
        yield b'"from":{"id":%d,"is_bot":false,"first_name":"P%d","language_code":"en"},' % (p.id, p.id)
        yield b'"chat":{"id":%d,"first_name":"P%d","type":"private"},"date":%d,' % (p.id, p.id, int(time.time()))
        yield b'"text":"%b","entities":[{"type":"bot_command","offset":0,"length":%d}]}}' % (
            self._opening, len(self._opening),
        )  # fmt: skip
