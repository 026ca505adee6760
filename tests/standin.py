"""A Telegram for tests: people who write and tap, and a Bot API on loopback that a real bot talks to.

Inside `async with StandIn() as telegram`, a test reads like a chat: `ada = telegram.person(7)`, then
`await ada.says("/start")`, `await ada.sees("could you count")`, `await ada.taps("Mostly")`.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from standin_calls import BotApi, Call, Chat
from standin_people import Button, Message, Person, seat_bot, seen, until, write
from standin_text import commands
from standin_updates import Post
from standin_wire import Faults, Json, Server

T = TypeVar("T")
Group = Literal["group", "supergroup", "channel"]
GROUPS: dict[Group, int] = {"group": -77, "supergroup": -1_000_000_000_077, "channel": -1_000_000_000_078}
LARGEST_ID = 2**52 - 1
TOKEN = "4242:stand-in"
USERNAME = "pulse_test_bot"
__all__ = ["Button", "Call", "Message", "Person", "Post", "StandIn"]


class StandIn:
    """Telegram with one bot in it; listens while entered."""

    def __init__(self, token: str = TOKEN, username: str = USERNAME) -> None:
        self.token = token
        self.username = username
        self._api = BotApi(token, username)
        self._server = Server(token, self._api.carry)
        self._people: dict[int, Person] = {}

    async def __aenter__(self) -> Self:
        await self._server.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._api.updates.stop()
        finally:
            await self._server.stop()
        if self._server.bugs and error is None:
            raise self._server.bugs[0]

    @property
    def url(self) -> str:
        """Where the Bot API is; a bot adds "/bot", its token and the method."""
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def faults(self) -> Faults:
        """What goes wrong from now on."""
        return self._api.faults

    @property
    def calls(self) -> list[Call]:
        """Every call that came in, oldest first, carried out or not."""
        return self._api.calls

    @property
    def posts(self) -> list[Post]:
        """Every attempt to post an update to the webhook."""
        return self._api.updates.posts

    @property
    def commands(self) -> dict[tuple[str, str], dict[str, str]]:
        """(scope, language) -> command -> description, as set; the language is "" for all others."""
        return self._api.commands

    @property
    def allowed_updates(self) -> frozenset[str] | None:
        """The kinds of update the bot asked for, last time it said; None: it never did."""
        return self._api.updates.allowed

    @property
    def pending(self) -> int:
        """How many updates the bot has not confirmed: by an offset, or by a 2xx of its webhook."""
        return self._api.updates.pending

    @property
    def backoff(self) -> float:
        """Seconds before the second retry of a webhook; they double after that."""
        return self._api.updates.backoff

    @backoff.setter
    def backoff(self, seconds: float) -> None:
        self._api.updates.backoff = seconds

    def person(self, number: int, language: str | None = "en") -> Person:
        """The person with this id, whose private chat with the bot is open; the same one every time."""
        if not 0 < number <= LARGEST_ID:
            message = f"{number} is no Telegram id: 1 to 2**52-1 are"
            raise ValueError(message)
        if number not in self._people:
            self._people[number] = Person(number, self._api, self._open(number, "private"), language)
        return self._people[number]

    def sent_to(self, whom: Person | int) -> list[Message]:
        """What the bot sent into a chat, as it was then, whatever was edited or deleted since."""
        chat = self._api.chats[whom if isinstance(whom, int) else whom.id]
        return [seen(self._api, message) for message in chat.sent]

    async def group_says(
        self, text: str, *, who: Person | None = None, kind: Group = "supergroup", topic: int | None = None
    ) -> int:
        """Write into a group (or its topic, or a channel) that the bot is in.

        Returns: the message's id.
        """
        chat = self._open(GROUPS[kind], kind)
        content: Json = {"text": text, "entities": commands(text)}
        if topic is not None:
            content |= {"message_thread_id": topic, "is_topic_message": True}
        if kind == "channel":
            return await write(self._api, chat, content, update="channel_post")
        return await write(self._api, chat, {"from": (who or self.person(LARGEST_ID)).about, **content})

    async def group_adds(self, kind: Group = "supergroup") -> None:
        """Make the bot a member of a group."""
        chat = self._open(GROUPS[kind], kind)
        chat.closed = ""
        await seat_bot(self._api, chat, self.person(LARGEST_ID).about, "left", "member")

    async def bot_says(self, text: str, number: int = 5151) -> int:
        """Let another bot write to ours.

        Returns: the message's id.
        """
        sender = {"id": number, "is_bot": True, "first_name": "Another bot", "username": "another_test_bot"}
        return await write(self._api, self._open(number, "private"), {"from": sender, "text": text})

    async def deliver(self, update: dict[str, Any], *, whose: int = 0) -> None:
        """Send an update as it stands (only update_id is added), even one that no Telegram would send."""
        await self._api.updates.add_raw(update, whose)

    async def redeliver(self, times: int = 1) -> None:
        """Deliver the last update again: side by side to a webhook, in one answer to a poll."""
        await self._api.updates.repeat(times)

    async def renumber(self, number: int) -> None:
        """Go on from another update_id, as Telegram does after a quiet week; settles first."""
        await self.settled()
        self._api.updates.next_id = number

    async def settled(self) -> None:
        """Wait till the bot has confirmed every update."""
        await self.until(lambda: not self.pending, lambda: f"the bot to confirm {self.pending} updates")

    async def until(self, ready: Callable[[], T], hope: Callable[[], str] = lambda: "what was hoped for") -> T:
        """Wait till `ready` gives something true; it is asked again after everything that happens here."""
        return await until(self._api, ready, hope)

    async def forget_webhook(self) -> None:
        """Lose the webhook, as Telegram does on its own after a day of 410."""
        await self._api.updates.delete_webhook({})

    @asynccontextmanager
    async def down(self) -> AsyncIterator[None]:
        """Refuse every connection for a while; those that are open are closed."""
        await self._server.stop()
        try:
            yield
        finally:
            await self._server.start()

    def _open(self, number: int, kind: str) -> Chat:
        names = {"title": "A test group"} if kind != "private" else {"first_name": f"Person {number}"}
        return self._api.chats.setdefault(number, Chat({"id": number, "type": kind, **names}))
