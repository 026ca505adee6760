"""The wire of the stand-in: HTTP in, JSON out, and the faults between; it knows no chat and no update."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

T = TypeVar("T")
Json = dict[str, Any]
Carry = Callable[[str, Json], Awaitable[Any]]

LARGEST_BODY = 50 * 1024 * 1024  # bytes, Telegram's own limit for an upload
# Forms carry these as JSON text; every other field is the text that it seems to be.
STRUCTURED = frozenset(
    {
        *(
            "allowed_updates",
            "caption_entities",
            "commands",
            "entities",
            "link_preview_options",
            "message_ids",
        ),
        *("reply_markup", "reply_parameters", "scope"),
        *(
            "cache_time",
            "chat_id",
            "limit",
            "max_connections",
            "message_id",
            "message_thread_id",
            "offset",
            "timeout",
        ),
        *("disable_notification", "drop_pending_updates", "protect_content", "show_alert"),
    }
)


class RefusedError(Exception):
    """Telegram says no: a status, its words, and for 429 the seconds to wait."""

    def __init__(self, status: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status = status
        self.description = description
        self.parameters = {} if retry_after is None else {"parameters": {"retry_after": retry_after}}

    def response(self) -> web.Response:
        """The refusal as Telegram puts it on the wire."""
        body = {"ok": False, "error_code": self.status, "description": self.description, **self.parameters}
        return web.json_response(body, status=self.status)


class CutError(Exception):
    """The call was carried out, but its answer gets lost."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that will go wrong, once."""

    method: str
    chat: int | None
    error: RefusedError | None  # None: done, then the connection is cut

    def fits(self, method: str, params: Json) -> bool:
        """Whether this call is the one that goes wrong."""
        return self.method.lower() == method.lower() and self.chat in {None, params.get("chat_id")}


@dataclass(slots=True)
class Faults:
    """What goes wrong: single faults, each used up by one call, and switches that stay as they are put."""

    webhook_down: bool = False  # Telegram cannot reach the bot
    queries_too_old: bool = False  # every answerCallbackQuery comes too late
    taps_overtake: bool = False  # taps and messages of one person travel to the webhook in separate queues
    scheduled: list[Fault] = field(default_factory=list)

    def fail_next(
        self,
        method: str,
        status: int = 429,
        *,
        retry_after: int | None = None,
        description: str | None = None,
        chat: int | None = None,
    ) -> None:
        """Refuse the next call of `method` (to `chat`, if given); nothing of it is carried out."""
        if status == 429:
            retry_after = 1 if retry_after is None else retry_after
            description = description or f"Too Many Requests: retry after {retry_after}"
        error = RefusedError(status, description or "Internal Server Error", retry_after=retry_after)
        self.scheduled.append(Fault(method, chat, error))

    def drop_reply(self, method: str, *, chat: int | None = None) -> None:
        """Carry out the next call of `method` (to `chat`, if given), then cut the connection unanswered."""
        self.scheduled.append(Fault(method, chat, None))

    def strike(self, method: str, params: Json) -> Fault | None:
        """The oldest fault that fits this call, now used up."""
        fault = next((fault for fault in self.scheduled if fault.fits(method, params)), None)
        if fault:
            self.scheduled.remove(fault)
        return fault


class Server:
    """The HTTP side of the stand-in, on a loopback port that stays the same through stops and starts."""

    def __init__(self, token: str, carry: Carry) -> None:
        self.port = 0
        self.bugs: list[Exception] = []  # the stand-in's own, for the test to fail with
        self._token = token
        self._carry = carry
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen: on any free port the first time, on the same one after that."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        # A long poll outlasts any patience, so a stop drops what is under way; to aiohttp, 0 means never.
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Close every connection and refuse new ones."""
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.Response:
        if request.match_info["token"] != self._token:
            return RefusedError(401, "Unauthorized").response()
        try:
            result = await self._carry(request.match_info["method"], await read(request))
        except RefusedError as refused:
            return refused.response()
        except CutError:
            if request.transport:
                request.transport.abort()
            return web.Response()
        except Exception as bug:
            self.bugs.append(bug)
            raise
        return web.json_response({"ok": True, "result": result})


async def found(news: asyncio.Condition, ready: Callable[[], T | None]) -> T:
    """What `ready` gives, once that is something; it is asked again at all `news`."""
    while not (thing := ready()):
        await news.wait()
    return thing


async def read(request: web.Request) -> Json:
    """The parameters of a call, from its query, form, multipart or JSON body; an upload is its bytes.

    Raises: RefusedError: a field is not the JSON that it has to be.
    """
    given: Json = dict(request.query)
    if request.content_type == "application/json":
        given |= _decoded("body", await request.text())
    else:
        for name, value in (await request.post()).items():
            given[name] = _upload(value) if isinstance(value, web.FileField) else value
    return {
        name: _decoded(name, value) if name in STRUCTURED and isinstance(value, str) else value
        for name, value in given.items()
    }


def _upload(part: web.FileField) -> bytes:
    with part.file as file:
        return file.read()


def _decoded(name: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise RefusedError(400, f"Bad Request: can't parse {name} as JSON") from None
