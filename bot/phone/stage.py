"""What every page of phones stands on: the real desk, storage and queue, a clock that can be moved, and the phones."""

import asyncio
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from bot.channel import Command, Happening, Inbound, Reply, Words, unpack
from bot.clock import MovableClock
from bot.converse import Desk
from bot.heart import Heart
from bot.intake import Intake
from bot.phone.phones import Phone, Phones
from bot.queue import Queue
from bot.sends import Sends, one_at_a_time
from bot.shelf import Shelf
from bot.words import Host
from storage.db import Slot, open_database
from storage.keyfile import make_key_file
from storage.keys import open_keys
from storage.migrations import main as migrate
from storage.values import Partnership, Round
from storage.work import Store

_SENDS_A_SECOND = 1000  # a page has no limit such as Telegram's


class Stage(ABC):
    """A made-up partnership and a few of its phones. All of its parts are the product's own."""

    name: str
    """What the command line calls it."""
    title: str
    """The page's heading."""
    notice: str
    """What the page is, in a sentence."""

    def __init__(self, store: Store, flows: Shelf, clock: MovableClock, phones: Phones, host: Host) -> None:
        self.store, self.clock, self.phones = store, clock, phones
        self.desk = Desk(store, flows, clock, host)
        self.intake = Intake(self.desk)
        self.partnership = ""
        self._jumping = asyncio.Lock()
        self._slot = Slot(store.database, only_first=True)
        self._queue = Queue(store.database, self._slot.number, _SENDS_A_SECOND)
        sends = Sends(store, flows, phones, one_at_a_time(_SENDS_A_SECOND), host, clock)
        self._heart = Heart(self.desk, sends, self._queue)

    # --- what a visitor does

    async def tap(self, phone: Phone, message: int, data: str) -> str | None:
        """Tap a button on a phone; what the bot says in passing."""
        return (await self._happens(phone, unpack(data), message)).notice

    async def write(self, phone: Phone, text: str) -> None:
        """Write a message on a phone."""
        message = await self.phones.write(phone, text)
        name, _, rest = text[1:].partition(" ")
        event = Command(name.lower(), rest.strip()) if text.startswith("/") else Words(text)
        await self._happens(phone, event, message)

    async def _happens(self, phone: Phone, event: Happening, message: int) -> Reply:
        inbound = Inbound(phone.address, event, message)
        reply = await self.intake.take(inbound)
        await self.phones.answer(inbound, reply)
        return reply

    # --- the clock

    @property
    def busy(self) -> bool:
        """Whether a jump is under way."""
        return self._jumping.locked()

    async def jump(self, to: str) -> None:
        """Move the clock to a place of `jumps`, and do what falls due on the way."""
        async with self._jumping:
            await self._jump(to)
        await self.phones.touch()

    async def settle(self) -> None:
        """Do all that is due, and wait until every message is out."""
        while await self._heart.wake() or await asyncio.to_thread(self._queue.waiting):  # noqa: ASYNC110  the queue tells nobody
            await asyncio.sleep(0.05)

    async def end(self) -> None:
        """Stop the queue and close the databases."""
        await self._heart.stop()
        await self.intake.close()
        self._slot.release()
        self.store.dispose()

    # --- what the page says

    @abstractmethod
    def jumps(self) -> list[tuple[str, str]]:
        """Where the clock can go from here, as (id, label)."""

    @abstractmethod
    async def _jump(self, to: str) -> None: ...

    @abstractmethod
    def headline(self) -> str:
        """What is going on, in a sentence."""

    def steps(self) -> list[tuple[str, bool]]:
        """What a visitor may do next, as (text, done)."""
        return []

    def local_now(self) -> datetime:
        """The time of this clock in the partnership's zone."""
        return self.clock.now().astimezone(ZoneInfo(self._partnership().timezone))

    def _partnership(self) -> Partnership:
        with self.store.work() as work:
            return work.partnerships.get(self.partnership)

    def _open_round(self) -> Round | None:
        with self.store.work() as work:
            return work.rounds.open_of(self.partnership)


async def install(folder: Path) -> Store:
    """A new installation with its databases and its key in `folder`."""
    database_url, keys_url = f"sqlite:///{folder}/pulse.db", f"sqlite:///{folder}/pulse-keys.db"
    make_key_file(folder / "pulse.key")
    await asyncio.to_thread(migrate, database_url, keys_url)
    keys = open_keys(keys_url, folder / "pulse.key")
    keys.prepare()
    return Store(open_database(database_url), keys)
