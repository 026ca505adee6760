"""The Bot API methods of the stand-in: what Telegram checks, what it does, and how it words a refusal."""

import asyncio
import itertools
import re
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from standin_text import caption_of, keyboard_of, text_of, units
from standin_updates import DAY, Updates
from standin_wire import CutError, Faults, Json, RefusedError

IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"GIF8")
TOO_OLD = "Bad Request: query is too old and response timeout expired or query ID is invalid"
NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup"
    " are exactly the same as a current content and reply markup of the message"
)
NOTED = {  # nothing comes of these here but their place in `calls`
    *("sendchataction", "setchatmenubutton", "setmydefaultadministratorrights"),
    *("setmydescription", "setmyname", "setmyshortdescription"),
}


class Call(NamedTuple):
    """One call of the bot, as it came in, whatever became of it."""

    method: str
    params: Json


@dataclass(slots=True)
class Chat:
    """One chat as the bot sees it."""

    about: Json
    messages: dict[int, Json] = field(default_factory=dict)  # what is on screen now
    sent: list[Json] = field(default_factory=list)  # what the bot sent, as it was then
    closed: str = ""  # why the bot may not write here


class BotApi:
    """All that Telegram knows of one bot, and the methods that read or change it."""

    def __init__(self, token: str, username: str) -> None:
        self.me = {
            "id": int(token.split(":", maxsplit=1)[0]),
            "is_bot": True,
            "first_name": "Pulse",
            "username": username,
        }
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, bytes] = {}
        self.calls: list[Call] = []
        self.commands: dict[tuple[str, str], dict[str, str]] = {}
        self.queries: set[str] = set()
        self.answers: dict[str, str | None] = {}
        self.faults = Faults()
        self.news = asyncio.Condition()  # told of every change
        self.updates = Updates(self.news, self.faults, self.carry)
        self._message_ids = itertools.count(1)  # one row of numbers for all private chats, as in Telegram
        self._methods: dict[str, Callable[[Json], Any]] = {
            "getme": self._get_me,
            "sendmessage": self._send_message,
            "sendphoto": self._send_photo,
            "senddocument": self._send_document,
            "editmessagetext": self._edit_text,
            "editmessagecaption": self._edit_caption,
            "editmessagereplymarkup": self._edit_keyboard,
            "deletemessage": self._delete_message,
            "deletemessages": self._delete_messages,
            "answercallbackquery": self._answer_query,
            "setmycommands": self._set_commands,
            "getmycommands": self._get_commands,
            "deletemycommands": self._delete_commands,
            "leavechat": self._leave_chat,
            **dict.fromkeys(NOTED, lambda _params: True),
        }

    async def carry(self, method: str, params: Json) -> Any:
        """Carry out one call of the bot.

        Raises: RefusedError: Telegram says no. CutError: done, but the answer is to be lost.
        """
        self.calls.append(Call(method, params))
        fault = self.faults.strike(method, params)
        if fault and fault.error:
            raise fault.error
        try:
            result = await self._do(method.lower(), params)
        finally:
            async with self.news:
                self.news.notify_all()
        if fault:
            raise CutError
        return result

    async def _do(self, name: str, params: Json) -> Any:
        if name in self.updates.methods:
            return await self.updates.methods[name](params)
        if name not in self._methods:
            raise RefusedError(404, "Not Found: method not found")
        return self._methods[name](params)

    def record(self, chat: Chat, content: Json) -> Json:
        """Put a message on the screen of `chat`."""
        message = {
            "message_id": next(self._message_ids),
            "date": int(time.time()),
            "chat": chat.about,
            **content,
        }
        chat.messages[message["message_id"]] = message
        return message

    def _get_me(self, _params: Json) -> Json:
        return {
            **self.me,
            "can_join_groups": False,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }

    def _send_message(self, params: Json) -> Json:
        return self._send(params, text_of(params))

    def _send_photo(self, params: Json) -> Json:
        file_id = self._file(params, "photo")
        if not self.files[file_id].startswith(IMAGES):
            raise RefusedError(400, "Bad Request: IMAGE_PROCESS_FAILED")
        size = {"file_id": file_id, "file_unique_id": file_id, "width": 1, "height": 1}
        return self._send(params, {"photo": [size], **caption_of(params)})

    def _send_document(self, params: Json) -> Json:
        file_id = self._file(params, "document")
        return self._send(params, {"document": {"file_id": file_id, "file_unique_id": file_id}, **caption_of(params)})

    def _send(self, params: Json, content: Json) -> Json:
        chat = self._writable(params)
        message = self.record(chat, {"from": self.me, **content, **keyboard_of(params)})
        chat.sent.append(deepcopy(message))
        return message

    def _file(self, params: Json, name: str) -> str:
        given = params.get(name, "")
        if isinstance(given, str) and given.startswith("attach://"):
            given = params.get(given.removeprefix("attach://"), "")
        if given in self.files:
            return str(given)
        if not isinstance(given, bytes):
            raise RefusedError(400, "Bad Request: wrong file identifier/HTTP URL specified")
        if not given:
            raise RefusedError(400, "Bad Request: file must be non-empty")
        file_id = f"file-{len(self.files) + 1}"
        self.files[file_id] = given
        return file_id

    def _edit_text(self, params: Json) -> Json:
        message = self._editable(params)
        if "text" not in message:
            raise RefusedError(400, "Bad Request: there is no text in the message to edit")
        return self._change(message, {**text_of(params), **keyboard_of(params)}, drop={"entities", "reply_markup"})

    def _edit_caption(self, params: Json) -> Json:
        message = self._editable(params)
        if "text" in message:
            raise RefusedError(400, "Bad Request: there is no caption in the message to edit")
        drop = {"caption", "caption_entities", "reply_markup"}
        return self._change(message, {**caption_of(params), **keyboard_of(params)}, drop)

    def _edit_keyboard(self, params: Json) -> Json:
        return self._change(self._editable(params), keyboard_of(params), drop={"reply_markup"})

    def _editable(self, params: Json) -> Json:
        message = self._writable(params).messages.get(params.get("message_id", 0))
        if message is None:
            raise RefusedError(400, "Bad Request: message to edit not found")
        if message.get("from") != self.me:
            raise RefusedError(400, "Bad Request: message can't be edited")
        return message

    def _change(self, message: Json, content: Json, drop: set[str]) -> Json:
        """Replace what is named in `drop` by `content`; both together are what the edit is about."""
        kept = {name: value for name, value in message.items() if name not in drop}
        if kept | content == message:
            raise RefusedError(400, NOT_MODIFIED)
        message.clear()
        message.update(kept | content | {"edit_date": int(time.time())})
        return message

    def _delete_message(self, params: Json) -> bool:
        messages = self._chat(params).messages
        message = messages.get(params.get("message_id", 0))
        if message is None:
            raise RefusedError(400, "Bad Request: message to delete not found")
        if message["date"] < time.time() - 2 * DAY:
            raise RefusedError(400, "Bad Request: message can't be deleted")
        del messages[message["message_id"]]
        return True

    def _delete_messages(self, params: Json) -> bool:
        messages = self._chat(params).messages
        for number in params.get("message_ids", []):
            if number in messages and messages[number]["date"] >= time.time() - 2 * DAY:
                del messages[number]
        return True

    def _answer_query(self, params: Json) -> bool:
        query, words = params.get("callback_query_id", ""), params.get("text", "")
        if units(words) > 200:
            raise RefusedError(400, "Bad Request: MESSAGE_TOO_LONG")
        late = query not in self.queries or self.faults.queries_too_old
        if query in self.queries:
            self.answers.setdefault(query, None if late else words or None)
        if late:
            raise RefusedError(400, TOO_OLD)
        return True

    def _set_commands(self, params: Json) -> bool:
        commands = {each["command"].lstrip("/"): each["description"] for each in params.get("commands", [])}
        if len(commands) > 100:
            raise RefusedError(400, "Bad Request: BOT_COMMANDS_TOO_MUCH")
        if not all(re.fullmatch(r"[a-z0-9_]{1,32}", command) for command in commands):
            raise RefusedError(400, "Bad Request: BOT_COMMAND_INVALID")
        if not all(1 <= units(description) <= 256 for description in commands.values()):
            raise RefusedError(400, "Bad Request: BOT_COMMAND_DESCRIPTION_INVALID")
        self.commands[_scope(params)] = commands
        return True

    def _get_commands(self, params: Json) -> list[Json]:
        commands = self.commands.get(_scope(params), {})
        return [{"command": command, "description": words} for command, words in commands.items()]

    def _delete_commands(self, params: Json) -> bool:
        self.commands.pop(_scope(params), None)
        return True

    def _leave_chat(self, params: Json) -> bool:
        chat = self._writable(params)
        kind = chat.about["type"]
        if kind == "private":
            raise RefusedError(400, "Bad Request: chat member status can't be changed in private chats")
        chat.closed = f"Forbidden: bot is not a member of the {kind} chat"
        return True

    def _chat(self, params: Json) -> Chat:
        number = params.get("chat_id")
        if number is None:
            raise RefusedError(400, "Bad Request: chat_id is empty")
        if not isinstance(number, int) or number not in self.chats:
            raise RefusedError(400, "Bad Request: chat not found")
        return self.chats[number]

    def _writable(self, params: Json) -> Chat:
        chat = self._chat(params)
        if chat.closed:
            raise RefusedError(403, chat.closed)
        return chat


def _scope(params: Json) -> tuple[str, str]:
    """Whose commands these are: a kind of chats or one chat, and a language ("" for every other one)."""
    scope = params.get("scope") or {"type": "default"}
    chat = f" {scope['chat_id']}" if "chat_id" in scope else ""
    return scope["type"] + chat, params.get("language_code", "")
