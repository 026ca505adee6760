"""The page: what the phones show, taps, words and jumps. Loopback only, with a token of its own."""

import asyncio
import hmac
import secrets
import socket
import webbrowser
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from bot.phone.phones import Message, Phone
from bot.phone.stage import Stage
from bot.settings import BadSettings
from bot.web import Server, listen, told_to_stop

_WAIT_SECONDS = 25
_LONGEST = 4096  # characters in one message, as in Telegram
_POLICY = (
    "default-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_LOCAL = ("127.0.0.1", "localhost", "[::1]")

Handler = Callable[[Request], Awaitable[Response]]
Say = Callable[[str], None]


class Page:
    """A stage as a web application."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._token = secrets.token_urlsafe(16)
        self._jumps: set[asyncio.Task[None]] = set()
        get, post = ["GET"], ["POST"]
        self.web = Starlette(
            routes=[
                Route("/", _from_here(self._page), methods=get),
                Route("/api/state", _from_here(self._state), methods=get),
                Route("/api/wait", _from_here(self._wait), methods=get),
                Route("/api/photo/{message:int}.png", _from_here(self._photo), methods=get),
                Route("/api/tap", _from_here(self._trusted(self._tap)), methods=post),
                Route("/api/write", _from_here(self._trusted(self._write)), methods=post),
                Route("/api/jump", _from_here(self._trusted(self._jump)), methods=post),
            ]
        )

    async def _page(self, _: Request) -> Response:
        html = files("bot.phone").joinpath("page.html").read_text().replace("__TOKEN__", self._token)
        return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})

    async def _state(self, _: Request) -> Response:
        return JSONResponse(await asyncio.to_thread(self._seen))

    async def _wait(self, request: Request) -> Response:
        since = request.query_params.get("version", "0")
        await self._stage.phones.changed(int(since) if since.isdigit() else 0, _WAIT_SECONDS)
        return await self._state(request)

    async def _photo(self, request: Request) -> Response:
        png = self._stage.phones.picture(request.path_params["message"])
        return Response(png, media_type="image/png") if png else Response(status_code=404)

    def _trusted(self, handle: Callable[[Any], Awaitable[Response]]) -> Handler:
        """Take JSON from our own page alone."""

        async def handler(request: Request) -> Response:
            if not hmac.compare_digest(request.headers.get("X-Pulse-Token", ""), self._token):
                return JSONResponse({"error": "Please load this page again."}, 403)
            try:
                given = await request.json()
            except ValueError:
                given = None
            if not isinstance(given, dict):
                return JSONResponse({"error": "That is not what this page sends."}, 400)
            return await handle(given)

        return handler

    async def _tap(self, given: dict[str, Any]) -> Response:
        phone, message, data = self._phone(given), given.get("message"), given.get("data")
        if phone is None or not isinstance(message, int) or not isinstance(data, str):
            return JSONResponse({"error": "There is no such phone or button."}, 400)
        return JSONResponse({"toast": await self._stage.tap(phone, message, data)})

    async def _write(self, given: dict[str, Any]) -> Response:
        phone, text = self._phone(given), given.get("text")
        if phone is None or not isinstance(text, str) or not text.strip():
            return JSONResponse({"error": "There is no such phone, or nothing was written."}, 400)
        await self._stage.write(phone, text.strip()[:_LONGEST])
        return JSONResponse({})

    async def _jump(self, given: dict[str, Any]) -> Response:
        if not self._stage.busy:
            task = asyncio.create_task(self._stage.jump(str(given.get("to"))))
            self._jumps.add(task)
            task.add_done_callback(self._jumps.discard)
            await asyncio.sleep(0)  # the jump takes hold before the page asks how things stand
        return JSONResponse({})

    def _phone(self, given: dict[str, Any]) -> Phone | None:
        return self._stage.phones.phone(str(given.get("phone")))

    # --- what the page is told

    def _seen(self) -> dict[str, Any]:
        stage = self._stage
        version = stage.phones.version  # first: what changes while we look is told the next time
        now = stage.local_now()
        return {
            "version": version,
            "title": stage.title,
            "clock": f"{now:%A} {now.day} {now:%B %Y, %H:%M}",
            "status": stage.headline(),
            "notice": stage.notice,
            "steps": [{"text": text, "done": done} for text, done in stage.steps()],
            "jumps": [{"id": ident, "label": label} for ident, label in stage.jumps()],
            "busy": stage.busy,
            "phones": [_phone(phone) for phone in stage.phones.all],
        }


def _phone(phone: Phone) -> dict[str, Any]:
    return {
        "id": phone.id,
        "name": phone.name,
        "detail": phone.detail,
        "commands": list(phone.commands),
        "messages": [_message(message) for message in phone.messages],
    }


def _message(message: Message) -> dict[str, Any]:
    screen, picture = message.screen, message.screen.picture is not None
    file = f"\n\n{screen.document.decode()}" if screen.document else ""
    return {
        "id": message.id,
        "mine": message.mine,
        "text": "" if picture else screen.text + file,
        "bold": [list(span) for span in screen.bold],
        "photo": f"/api/photo/{message.id}.png" if picture else None,
        "alt": screen.text if picture else "",
        "buttons": [[{"label": b.label, "data": b.data} for b in row] for row in screen.buttons],
    }


def _from_here(handle: Handler) -> Handler:
    """Answer only requests addressed to this machine by its own name: no other site may drive the page."""

    async def handler(request: Request) -> Response:
        host = request.headers.get("host", "").rsplit(":", 1)[0]
        return await handle(request) if host in _LOCAL else Response("This page is local.", 421)

    return handler


async def serve(stage: Stage, port: int, browser: bool, say: Say) -> None:  # noqa: FBT001  the commands' own flag
    """Serve the stage's page until interrupted."""
    told, server, door = told_to_stop(), Server(Page(stage).web), _door(port)
    serving = asyncio.create_task(server.serve([door]))
    while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn tells nobody
        await asyncio.sleep(0.05)
    url = f"http://127.0.0.1:{door.getsockname()[1]}/"
    say(f"{stage.name} is at {url} (Ctrl-C ends it; nothing is kept)")
    if browser:
        await asyncio.to_thread(webbrowser.open, url)
    await told.wait()
    await stage.phones.hang_up()
    server.should_exit = True
    await serving


def _door(port: int) -> socket.socket:
    """A socket on this port, or on a free one where it is taken."""
    try:
        return listen("127.0.0.1", port)
    except BadSettings:
        return listen("127.0.0.1", 0)
