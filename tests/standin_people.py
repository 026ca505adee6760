"""People with Telegram on a phone, for tests: what they see, and all that they can do to a bot."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from standin_calls import BotApi, Chat
from standin_contents import CONTENTS
from standin_text import commands
from standin_wire import Json, found

T = TypeVar("T")
PATIENCE = 30.0  # seconds a wait may take before it is a failure; a busy machine is slow to start processes
BLOCKED = "Forbidden: bot was blocked by the user"


@dataclass(frozen=True, slots=True)
class Button:
    """A button under a message: what it says, and what a tap sends or opens."""

    label: str
    data: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a person sees it."""

    id: int
    text: str  # or the caption
    buttons: list[list[Button]]
    photo: bytes | None = field(default=None, repr=False)
    document: bytes | None = field(default=None, repr=False)
    mine: bool = False  # the person wrote it, not the bot

    @property
    def labels(self) -> list[str]:
        """What the buttons say, row by row."""
        return [button.label for row in self.buttons for button in row]


@dataclass(eq=False, slots=True)
class Person:
    """Someone with Telegram on a phone; `name` and `language` may change at any time."""

    id: int
    _api: BotApi = field(repr=False)
    _chat: Chat = field(repr=False)
    language: str | None = "en"
    name: str = ""

    @property
    def about(self) -> Json:
        """The person as updates name them."""
        language = {"language_code": self.language} if self.language else {}
        return {"id": self.id, "is_bot": False, "first_name": self.name or f"Person {self.id}", **language}

    @property
    def screen(self) -> list[Message]:
        """The chat as it looks now, oldest first."""
        return [seen(self._api, message) for message in self._chat.messages.values()]

    async def says(self, text: str, **extra: Any) -> int:
        """Write a message; `extra` fields (forward_origin, via_bot, quote ...) go with it as they are.

        Returns: the message's id.
        """
        entities = commands(text)
        content = {"from": self.about, "text": text, **({"entities": entities} if entities else {}), **extra}
        return await write(self._api, self._chat, content)

    async def sends(self, kind: str, **extra: Any) -> int:
        """Send something that is no text: any kind of `CONTENTS`.

        Returns: the message's id.
        """
        content = {"from": self.about, **CONTENTS[kind], **extra}
        return await write(self._api, self._chat, content)

    async def edits(self, number: int, text: str) -> None:
        """Change a message of one's own."""
        message = self._chat.messages[number]
        message |= {"text": text, "entities": commands(text), "edit_date": int(time.time())}
        await self._api.updates.add("edited_message", message, self.id)

    async def sees(self, words: str) -> Message:
        """Wait for a message of the bot that has these words, in any case.

        Returns: the newest one.
        """
        return await until(
            self._api,
            lambda: next((one for one in self._from_bot() if words.lower() in one.text.lower()), None),
            lambda: f"{words!r} on {self.screen}",
        )

    async def taps(self, label: str, *, wait: bool = True) -> str | None:
        """Tap the newest button with this label, once there is one.

        Returns: the words that pop up, if any, after the bot answered; nothing when not waiting.
        """
        number, data = await until(
            self._api,
            lambda: next((place for one in self._from_bot() if (place := _button(one, label))), None),
            lambda: f"a button {label!r} on {self.screen}",
        )
        return await self.taps_data(data, message=number, wait=wait)

    async def taps_data(
        self, data: str, *, message: int | None = None, chat: int | None = None, wait: bool = True
    ) -> str | None:
        """Tap a button that may not exist, under a message that may be gone, here or in another chat.

        Returns: the words that pop up, if any, after the bot answered; nothing when not waiting.
        """
        query = f"{self.id}-{len(self._api.queries) + 1}"
        self._api.queries.add(query)
        place = self._api.chats[chat] if chat else self._chat
        content = {"id": query, "from": self.about, "chat_instance": str(place.about["id"]), "data": data}
        if message is not None:
            gone = {"message_id": message, "date": 0, "chat": place.about}
            content["message"] = place.messages.get(message, gone)
        await self._api.updates.add("callback_query", content, self.id)
        if not wait:
            return None
        answers = self._api.answers
        await until(self._api, lambda: query in answers, lambda: f"an answer to a tap with {data!r}")
        return answers[query]

    async def blocks(self) -> None:
        """Block the bot."""
        self._chat.closed = BLOCKED
        await seat_bot(self._api, self._chat, self.about, "member", "kicked")

    async def unblocks(self) -> None:
        """Let the bot write again."""
        self._chat.closed = ""
        await seat_bot(self._api, self._chat, self.about, "kicked", "member")

    def _from_bot(self) -> list[Message]:
        return [message for message in reversed(self.screen) if not message.mine]


def seen(api: BotApi, message: Json) -> Message:
    """A message as the one it was sent to sees it."""
    keyboard = message.get("reply_markup", {}).get("inline_keyboard", [])
    photo = message.get("photo", [{"file_id": ""}])[-1]["file_id"]
    document = message.get("document", {"file_id": ""})["file_id"]
    return Message(
        id=message["message_id"],
        text=message.get("text", "") or message.get("caption", ""),
        buttons=[[Button(b["text"], b.get("callback_data", ""), b.get("url", "")) for b in row] for row in keyboard],
        photo=api.files.get(photo),
        document=api.files.get(document),
        mine=message["from"]["id"] != api.me["id"],
    )


async def write(api: BotApi, chat: Chat, content: Json, update: str = "message") -> int:
    """Put a message into a chat and tell the bot.

    Returns: the message's id.
    """
    message = api.record(chat, content)
    await api.updates.add(update, message, chat.about["id"])
    number: int = message["message_id"]
    return number


async def seat_bot(api: BotApi, chat: Chat, who: Json, before: str, after: str) -> None:
    """Tell the bot that `who` changed its place in a chat, from one status to another."""
    banned = {"kicked": {"until_date": 0}}
    content = {
        "chat": chat.about,
        "from": who,
        "date": int(time.time()),
        "old_chat_member": {"user": api.me, "status": before, **banned.get(before, {})},
        "new_chat_member": {"user": api.me, "status": after, **banned.get(after, {})},
    }
    await api.updates.add("my_chat_member", content, chat.about["id"])


async def until(api: BotApi, ready: Callable[[], T | None], hope: Callable[[], str]) -> T:
    """Wait till `ready` gives something, looking again whenever anything changes.

    Raises: AssertionError: it never did, though `hope` names it.
    """
    try:
        async with asyncio.timeout(PATIENCE), api.news:
            return await found(api.news, ready)
    except TimeoutError:
        message = f"waited {PATIENCE:g} s for {hope()}"
        raise AssertionError(message) from None


def _button(message: Message, label: str) -> tuple[int, str] | None:
    buttons = (button for row in message.buttons for button in row if button.label == label)
    return next(((message.id, button.data) for button in buttons), None)
