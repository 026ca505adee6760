"""Screens onto Telegram: send, edit, take away; and what each of Telegram's refusals means."""

import asyncio
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

from telegram import Bot, BotCommand, BotCommandScopeAllPrivateChats, BotCommandScopeChat
from telegram.error import (
    BadRequest,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channel import Inbound, Reply, Screen, TryLater, Unclear, Unreachable
from bot.languages import ENGLISH, offered
from bot.logs import warn
from bot.speech import speaking
from bot.telegram.read import user_of
from bot.telegram.wire import NotSent, calling
from bot.words import words

_MOST_PATIENCE = 60  # seconds a reply to a tap waits when told to; the next tap redraws in any case
_FILE = "kept-about-you.json"
_GONE = ("chat not found", "user is deactivated", "bot was blocked", "not a member", "bot was kicked")  # said as 400


def _fields(chat: int, screen: Screen) -> dict[str, Any]:
    """A screen as the Bot API's fields."""
    fields: dict[str, Any] = {"chat_id": chat, "text": screen.text}
    if screen.buttons:
        rows = [[{"text": b.label, "callback_data": b.data} for b in row] for row in screen.buttons]
        fields["reply_markup"] = {"inline_keyboard": rows}
    if screen.bold:
        # Plain text and entities: nothing a person typed or an operator named can turn into markup.
        fields["entities"] = [{"type": "bold", "offset": start, "length": length} for start, length in screen.bold]
    return fields


class TelegramChannel:
    """One bot's messages."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._fading: dict[tuple[int, int], asyncio.TimerHandle] = {}
        self._taking_away: set[asyncio.Task[None]] = set()

    # --- broadcasts: each failure is told apart, because none may be sent twice

    async def send(self, address: str, screen: Screen) -> None:
        """Show a new message.

        Raises:
            Unreachable: blocked, deactivated or gone.
            TryLater: proven not delivered.
            Unclear: perhaps delivered, or refused for a reason that trying again will not mend.
        """
        try:
            await self._new(user_of(address), screen)
        except RetryAfter as exc:
            raise TryLater(_seconds(exc)) from None
        except NotSent:
            raise TryLater(5) from None
        except InvalidToken:
            warn("token_refused")
            raise TryLater(60) from None
        except Forbidden:
            raise Unreachable from None
        except BadRequest as exc:
            if any(sign in str(exc).lower() for sign in _GONE):
                raise Unreachable from None
            warn("send_refused")
            raise Unclear from None
        except TelegramError:
            raise Unclear from None

    async def _new(self, chat: int, screen: Screen) -> None:
        if screen.picture is not None:
            await self._bot.send_photo(chat, screen.picture, caption=screen.text[:1024])
            return
        if screen.document is not None:
            sent = await self._bot.send_document(
                chat, screen.document, caption=screen.text[:1024], filename=_FILE, protect_content=True
            )
            self._fade(chat, sent.message_id, screen)
            return
        # A check-in stays in its chat, and so does what is for one pair of eyes; a digest is for sharing.
        protect = bool(screen.buttons) or screen.lasting is not None
        new = await calling(self._bot, "sendMessage", _fields(chat, screen) | {"protect_content": protect})
        self._fade(chat, new["message_id"], screen)

    # --- messages that take themselves away

    def _fade(self, chat: int, message: int, screen: Screen) -> None:
        if screen.lasting is not None:
            loop = asyncio.get_running_loop()
            self._fading[chat, message] = loop.call_later(screen.lasting, self._begin_taking_away, chat, message)

    def _begin_taking_away(self, chat: int, message: int) -> None:
        self._fading.pop((chat, message), None)
        task = asyncio.create_task(self._take_away(chat, message))
        self._taking_away.add(task)
        task.add_done_callback(self._taking_away.discard)

    async def _take_away(self, chat: int, message: int) -> None:
        # Best effort, and its words say so: the person may have deleted it, or blocked the bot.
        with suppress(TelegramError):
            await self._bot.delete_message(chat, message)

    async def close(self) -> None:
        """Take away now what was to go later: nobody will be there to do it."""
        for (chat, message), timer in list(self._fading.items()):
            timer.cancel()
            self._begin_taking_away(chat, message)
        if self._taking_away:
            await asyncio.wait(set(self._taking_away), timeout=10)

    # --- replies: drawn from the committed state, so drawing again is harmless and failing is survivable

    async def answer(self, inbound: Inbound, query: str | None, reply: Reply) -> None:
        """Show a reply; `query` is the tap to acknowledge. Never raises for Telegram's troubles."""
        turn = self._turns.setdefault(inbound.address, asyncio.Lock())
        async with turn:
            acknowledging = asyncio.create_task(self._acknowledge(query, reply.notice)) if query else None
            await self._draw(user_of(inbound.address), reply)
            if acknowledging is not None:
                await acknowledging

    async def _acknowledge(self, query: str, notice: str | None) -> None:
        # Best effort: Telegram forgets a tap after a while, and the answer is saved all the same.
        with suppress(TelegramError):
            await calling(self._bot, "answerCallbackQuery", {"callback_query_id": query, "text": notice})

    async def _draw(self, chat: int, reply: Reply) -> None:
        if reply.erase is not None:
            await self._erase(chat, reply.erase)
        try:
            for place, screen in enumerate(reply.screens):
                await self._patiently(chat, screen, reply.over if place == 0 else None)
        except Forbidden:
            pass  # blocked meanwhile; Telegram tells us in an update of its own
        except TelegramError as exc:
            warn("reply_not_shown", why=type(exc).__name__)

    async def _erase(self, chat: int, message: int) -> None:
        """Take a note out of the chat; once more where Telegram is busy or does not answer."""
        for pause in (1.0, 0.0):
            try:
                await self._bot.delete_message(chat, message)
            except (BadRequest, Forbidden):
                return  # gone already, or too old
            except TelegramError as exc:
                warn("note_not_erased", why=type(exc).__name__)
                await asyncio.sleep(pause)
            else:
                return

    async def _patiently(self, chat: int, screen: Screen, over: int | None) -> None:
        try:
            await self._place(chat, screen, over)
        except RetryAfter as exc:
            await asyncio.sleep(min(_seconds(exc), _MOST_PATIENCE))
            await self._place(chat, screen, over)
        except (BadRequest, TimedOut):
            raise
        except NetworkError:
            if over is not None:
                await self._place(chat, screen, over)  # an edit made twice is one edit

    async def _place(self, chat: int, screen: Screen, over: int | None) -> None:
        if over is None:
            await self._new(chat, screen)
            return
        try:
            await calling(self._bot, "editMessageText", _fields(chat, screen) | {"message_id": over})
        except BadRequest as exc:
            if "not modified" not in str(exc):
                await self._new(chat, screen)
                return
        self._fade(chat, over, screen)

    # --- the menu of commands

    async def set_menus(self, coordinators: list[tuple[str, str]]) -> None:
        """Tell Telegram which commands to offer to whom, in which language; display only, never a right.

        English goes to apps in any language that has no menu of its own; who picked a language in `coordinators`,
        as (address, language), keeps it.
        """
        for code in offered():
            with suppress(TelegramError):
                await self._bot.set_my_commands(
                    _commands(code, coordinator=False),
                    BotCommandScopeAllPrivateChats(),
                    language_code=None if code == ENGLISH else code,
                )
        for address, code in coordinators:
            await self.offer_menu(address, code, coordinator=True)

    async def offer_menu(self, address: str, code: str, *, coordinator: bool) -> None:
        """Offer commands in one chat, in this language whatever the app's is."""
        with suppress(TelegramError):
            await self._bot.set_my_commands(
                _commands(code, coordinator=coordinator), BotCommandScopeChat(user_of(address))
            )


def _commands(code: str, *, coordinator: bool) -> list[BotCommand]:
    with speaking(code):
        menu = words.COORDINATOR_COMMANDS if coordinator else words.MEMBER_COMMANDS
        return [BotCommand(name, about) for name, about in menu.items()]


def _seconds(exc: RetryAfter) -> float:
    wait = exc.retry_after
    return float(wait if isinstance(wait, int | float) else wait.total_seconds())
