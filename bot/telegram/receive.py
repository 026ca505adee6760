"""Receiving from Telegram, polled or posted: an update is acknowledged after its commit, never before."""

import asyncio
import hmac
import json
from collections import Counter
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, TelegramError

from bot.logs import warn
from bot.telegram.handlers import Careful
from bot.telegram.read import update_of
from bot.telegram.wire import calling
from storage.errors import LostRace, Unavailable

ALLOWED = ["message", "edited_message", "callback_query", "my_chat_member"]
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  # pragma: allowlist secret (the header's name)
_POLL_SECONDS = 25
_MOST = 100  # updates in one batch, Telegram's own limit
_TRIES = 3  # of an update that fails for no reason of the database's; then it is set aside
_LARGEST = 1 << 20
_CONFLICT_PAUSE, _CONFLICT_SECONDS = 5, 180

T = TypeVar("T")


class OtherPoller(Exception):
    """Another program polls with this token."""


def _read(raw: dict[str, Any] | bytes, bot: Bot) -> Update | None:
    """The update; None where it makes no sense, which it will make no more the next time."""
    try:
        return update_of(json.loads(raw) if isinstance(raw, bytes) else raw, bot)
    except Exception as exc:  # noqa: BLE001  whatever an update may hold, the next one is to be read
        warn("update_unreadable", why=type(exc).__name__)
        return None


class Poller:
    """Long polling, one batch after another."""

    def __init__(self, application: Careful) -> None:
        self._application = application
        self._offset = 0
        self._taken: set[int] = set()
        self._tries: Counter[int] = Counter()
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Poll until `stop`.

        Raises:
            OtherPoller: another program has polled with this token for three minutes.
            InvalidToken: Telegram refuses the token.
        """
        pause = conflicts = 0.0
        hooked = True  # perhaps; Telegram lets nobody poll while there is a webhook
        while not self._stopping.is_set():
            try:
                if hooked:
                    await self._or_stop(self._application.bot.delete_webhook())
                    hooked = False
                updates = await self._or_stop(self._fetch())
                pause = 0.0 if await self._take(updates or ()) else min(pause * 2 + 0.2, 5)
                conflicts = 0.0
            except InvalidToken:
                raise
            except Conflict:
                pause = min(pause + _CONFLICT_PAUSE, 60)
                conflicts += pause
                warn("other_poller")
                if conflicts > _CONFLICT_SECONDS:
                    raise OtherPoller from None
            except TelegramError as exc:
                pause = min(pause * 2 + 0.5, 30)
                warn("poll_failed", why=type(exc).__name__)
            if pause:
                await self._or_stop(asyncio.sleep(pause))
        await self._confirm()

    def stop(self) -> None:
        """End after the batch in hand."""
        self._stopping.set()

    async def _fetch(self, limit: int = _MOST, seconds: int = _POLL_SECONDS) -> list[dict[str, Any]]:
        """What waits, as Telegram wrote it: the library's own reading loses a whole batch to one bad update."""
        asked = {"offset": self._offset, "limit": limit, "timeout": seconds, "allowed_updates": ALLOWED}
        waiting: list[dict[str, Any]] = await calling(self._application.bot, "getUpdates", asked, seconds + 10)
        return waiting

    async def _take(self, updates: Sequence[dict[str, Any]]) -> bool:
        """Process a batch; move the offset past what is committed. False where something has to come again."""
        fresh = [u for u in updates if u["update_id"] not in self._taken]
        outcomes = await asyncio.gather(*(self._one(u) for u in fresh))
        self._taken.update(u["update_id"] for u, done in zip(fresh, outcomes, strict=True) if done)
        for update in updates:
            # Update ids start anew at a random number after a quiet week, so "the next" is only ever "this plus one".
            if update["update_id"] not in self._taken:
                return False
            self._offset = update["update_id"] + 1
        self._taken.clear()
        return True

    async def _one(self, raw: dict[str, Any]) -> bool:
        update = _read(raw, self._application.bot)
        if update is None:
            return True
        try:
            await self._application.process_update(update)
        except (Unavailable, LostRace):
            warn("database_unavailable")
            return False
        except Exception as exc:  # noqa: BLE001  one bad update must not hold up a chat for ever
            self._tries[update.update_id] += 1
            if self._tries[update.update_id] < _TRIES:
                return False
            warn("update_set_aside", why=type(exc).__name__)
        self._tries.pop(update.update_id, None)
        return True

    async def _or_stop(self, work: Coroutine[Any, Any, T]) -> T | None:
        """The outcome of `work`, or None where `stop` came first."""
        task, stopping = asyncio.ensure_future(work), asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait({task, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if task.done():
            return task.result()
        task.cancel()
        with suppress(asyncio.CancelledError, TelegramError):
            await task
        return None

    async def _confirm(self) -> None:
        """Tell Telegram what is committed, so that the next start does not meet it again."""
        if self._offset:
            with suppress(TelegramError):
                await self._fetch(limit=1, seconds=0)


class Webhook:
    """The route Telegram posts to. It answers 200 when the step is committed, else what makes Telegram come again."""

    def __init__(self, application: Careful, path: str, secret: str) -> None:
        self._application, self._secret = application, secret.encode()
        self._tries: Counter[int] = Counter()
        self.web = Starlette(routes=[Route(path, self._receive, methods=["POST"])])

    async def register(self, url: str) -> None:
        """Tell Telegram where to post; nothing waiting is dropped."""
        await self._application.bot.set_webhook(
            url, allowed_updates=ALLOWED, secret_token=self._secret.decode(), max_connections=40
        )

    async def watch(self, url: str) -> None:
        """Register anew if Telegram has dropped or changed the address (it does after a day of refusals)."""
        with suppress(TelegramError):
            if (await self._application.bot.get_webhook_info()).url != url:
                warn("webhook_lost")
                await self.register(url)

    async def _receive(self, request: Request) -> Response:
        given = request.headers.get(SECRET_HEADER, "").encode()
        if not hmac.compare_digest(given, self._secret):
            return Response(status_code=404)
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > _LARGEST:
                return Response(status_code=413)
        update = _read(bytes(body), self._application.bot)
        return Response(status_code=200) if update is None else await self._process(update)

    async def _process(self, update: Update) -> Response:
        try:
            await self._application.process_update(update)
        except (Unavailable, LostRace):
            warn("database_unavailable")
            return Response(status_code=503, headers={"Retry-After": "5"})
        except Exception as exc:  # noqa: BLE001  one bad update must not hold up a chat for ever
            self._tries[update.update_id] += 1
            if self._tries[update.update_id] < _TRIES:
                return Response(status_code=500)
            warn("update_set_aside", why=type(exc).__name__)
        self._tries.pop(update.update_id, None)
        return Response(status_code=200)
