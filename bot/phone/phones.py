"""Phones in memory: a channel like any other, whose screens a page can show."""

import asyncio
from dataclasses import dataclass, field
from itertools import count

from bot.channel import Inbound, Reply, Screen


@dataclass(slots=True)
class Message:
    """One bubble. `mine` is true for what the phone's owner wrote."""

    id: int
    mine: bool
    screen: Screen


@dataclass(slots=True)
class Phone:
    """One person's phone, as the page shows it."""

    id: str
    name: str
    detail: str
    commands: tuple[str, ...]
    messages: list[Message] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Where the bot sends to."""
        return f"phone:{self.id}"


class Phones:
    """All phones on the page. Messages to people who have none here go nowhere."""

    def __init__(self, phones: tuple[Phone, ...]) -> None:
        self.all = phones
        self._by_address = {phone.address: phone for phone in phones}
        self._ids = count(1)
        self.version = 1
        self._changed = asyncio.Condition()
        self._erasing: set[asyncio.Task[None]] = set()
        self._ended = False

    async def send(self, address: str, screen: Screen) -> None:
        """Show a new message."""
        phone = self._by_address.get(address)
        if phone is not None:
            phone.messages.append(Message(next(self._ids), mine=False, screen=screen))
            await self.touch()

    async def answer(self, inbound: Inbound, reply: Reply) -> None:
        """Show a reply, its first screen over the message it belongs to."""
        phone = self._by_address[inbound.address]
        for place, screen in enumerate(reply.screens):
            old = next((m for m in phone.messages if place == 0 and m.id == reply.over), None)
            if old is not None:
                old.screen = screen
            else:
                old = Message(next(self._ids), mine=False, screen=screen)
                phone.messages.append(old)
            if screen.lasting is not None:
                asyncio.get_running_loop().call_later(screen.lasting, self._begin_erasing, phone, old.id)
        await self._erase(phone, reply.erase)

    def _begin_erasing(self, phone: Phone, message: int) -> None:
        task = asyncio.create_task(self._erase(phone, message))
        self._erasing.add(task)
        task.add_done_callback(self._erasing.discard)

    async def _erase(self, phone: Phone, message: int | None) -> None:
        phone.messages = [m for m in phone.messages if m.id != message]
        await self.touch()

    async def write(self, phone: Phone, text: str) -> int:
        """Show what the phone's owner wrote; the message's id."""
        message = Message(next(self._ids), mine=True, screen=Screen(text))
        phone.messages.append(message)
        await self.touch()
        return message.id

    def phone(self, ident: str) -> Phone | None:
        """The phone of this id."""
        return self._by_address.get(f"phone:{ident}")

    def picture(self, message: int) -> bytes | None:
        """The picture in a message. Shape: PNG."""
        found = (m for phone in self.all for m in phone.messages if m.id == message)
        return next((m.screen.picture for m in found), None)

    async def touch(self) -> None:
        """Let every waiting page know that something changed."""
        async with self._changed:
            self.version += 1
            self._changed.notify_all()

    async def hang_up(self) -> None:
        """Let every waiting page go: the demonstration ends."""
        self._ended = True
        await self.touch()

    async def changed(self, since: int, seconds: float) -> None:
        """Return when something is newer than `since`, or after `seconds`."""

        async def newer() -> None:
            async with self._changed:
                await self._changed.wait_for(lambda: self._ended or self.version > since)

        try:
            await asyncio.wait_for(newer(), seconds)
        except TimeoutError:
            return
