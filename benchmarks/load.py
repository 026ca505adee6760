"""A light Bot API on loopback between people and a bot: polled or posted. It checks nothing and must stay cheap."""

import asyncio
import json
import re
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from benchmarks.line import Line
from benchmarks.people import People

TOKEN = "77:bench"  # noqa: S105  nobody's
_BOT = (
    b'{"id":77,"is_bot":true,"first_name":"Bench","username":"bench_bot","can_join_groups":false,'
    b'"can_read_all_group_messages":false,"supports_inline_queries":false}'
)
_NUMBER = r'(?:^|[&"{\s])%s["=:\s]+(\d+)'
_CHAT, _MESSAGE, _OFFSET, _TIMEOUT, _LINES = (
    re.compile((_NUMBER % name).encode()) for name in ("chat_id", "message_id", "offset", "timeout", "max_connections")
)
_BUTTON = re.compile(r'callback_data"\s*:\s*("(?:[^"\\]|\\.)*")')
_METHOD = re.compile(rb'"method"\s*:\s*"(\w+)"')
_MOST_AT_ONCE = 100  # updates in one answer to getUpdates, as Telegram has it


@dataclass(slots=True)
class Waiting:
    """A long poll that is being held."""

    line: Line
    end: asyncio.TimerHandle


class Telegram:
    """The Bot API. Updates wait in `queue` until the bot fetches and confirms them, or are posted to its webhook."""

    def __init__(self, people: People) -> None:
        self.people = people
        self.attached = asyncio.Event()  # set once the bot fetches or has named its webhook
        self.queue: deque[tuple[int, bytes]] = deque()
        self.hook: Hook | None = None
        self._held: Waiting | None = None
        self._flushing = False
        people.deliver = self._deliver

    async def listen(self) -> tuple[asyncio.Server, str]:
        """Open a port; the server and the address to give to the bot."""
        server = await asyncio.get_running_loop().create_server(lambda: BotLine(self), "127.0.0.1", 0, backlog=512)
        return server, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    def call(self, method: str, body: bytes, line: Line | None) -> bytes | None:
        """Carry out one call; its result, or None where the answer comes later."""
        tally = self.people.tally
        if tally.on and method != "getupdates":
            tally.calls[method] += 1
        match method:
            case "sendmessage" | "editmessagetext":
                return self._show(method, body)
            case "answercallbackquery":
                return b"true"
            case "getupdates" if line is not None:
                return self._fetch(body, line)
            case "getme":
                return _BOT
            case "setwebhook":
                self.hook = Hook(self, body)
                self.attached.set()
            case "getwebhookinfo":
                return b'{"url":"","has_custom_certificate":false,"pending_update_count":0}'
        return b"true"

    def _show(self, method: str, body: bytes) -> bytes:
        chat, message = _first(_CHAT, body), _first(_MESSAGE, body) if method == "editmessagetext" else None
        at = body.find(b"callback_data")
        piece = body[at : at + 300].decode() if at >= 0 else ""
        button = _BUTTON.search(piece if '"' in piece else unquote_plus(piece))
        number = self.people.shown(chat, message, button[1].encode() if button else b"")
        return b'{"message_id":%d,"date":%d,"chat":{"id":%d,"type":"private"},"text":"?"}' % (
            number, int(time.time()), chat,
        )  # fmt: skip

    # --- polled

    def _deliver(self, number: int, update: bytes) -> None:
        if self.hook is not None:
            self.hook.post(update)
            return
        self.queue.append((number, update))
        if self._held is not None and not self._flushing:
            self._flushing = True  # what is tapped in the same moment goes out together
            asyncio.get_running_loop().call_soon(self._flush)

    def _fetch(self, body: bytes, line: Line) -> bytes | None:
        offset = _first(_OFFSET, body)
        while self.queue and self.queue[0][0] < offset:
            self.queue.popleft()
        self._release(b"[]")
        self.attached.set()
        wait = _first(_TIMEOUT, body)
        if self.queue or not wait:
            return self._batch()
        end = asyncio.get_running_loop().call_later(wait, self._release, b"[]")
        self._held = Waiting(line, end)
        return None

    def _flush(self) -> None:
        self._flushing = False
        if self.queue:
            self._release(self._batch())

    def _release(self, result: bytes) -> None:
        if self._held is not None:
            held, self._held = self._held, None
            held.end.cancel()
            held.line.answer(b'{"ok":true,"result":%b}' % result)

    def forget(self, line: Line) -> None:
        """Drop a long poll whose connection closed."""
        if self._held is not None and self._held.line is line:
            self._held.end.cancel()
            self._held = None

    def _batch(self) -> bytes:
        updates = [update for _, update in list(self.queue)[:_MOST_AT_ONCE]]
        return b"[%b]" % b",".join(updates)


def _first(pattern: re.Pattern[bytes], body: bytes) -> int:
    found = pattern.search(body)
    return int(found[1]) if found else 0


class BotLine(Line):
    """A connection the bot opened to call methods."""

    def __init__(self, telegram: Telegram) -> None:
        self._telegram = telegram

    def heard(self, head: bytes, body: bytes) -> None:
        """Answer a call at `/bot<token>/<method>`."""
        path, _, query = head.split(b" ", 2)[1].partition(b"?")
        result = self._telegram.call(path.rpartition(b"/")[2].decode().lower(), body or query, self)
        if result is not None:
            self.answer(b'{"ok":true,"result":%b}' % result)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        """A long poll held here has nobody left to answer."""
        self._telegram.forget(self)


class Hook:
    """Posts updates to the address the bot gave, over as many keep-alive connections as it allowed."""

    def __init__(self, telegram: Telegram, body: bytes) -> None:
        fields = json.loads(body) if body.startswith(b"{") else dict(parse_qsl(body.decode()))
        url = urlsplit(fields["url"])
        self.telegram = telegram
        self._host, self._port = url.hostname or "", url.port or 80
        secret = fields.get("secret_token", "")
        self.head = (
            f"POST {url.path or '/'} HTTP/1.1\r\nHost: {url.netloc}\r\nContent-Type: application/json\r\n"
            f"X-Telegram-Bot-Api-Secret-Token: {secret}\r\nContent-Length: "
        ).encode()
        self.free: list[PostLine] = []
        self._room = _first(_LINES, body) or 40  # Telegram's default
        self._queue: deque[bytes] = deque()
        self._opening: set[asyncio.Task[None]] = set()

    def post(self, update: bytes) -> None:
        """Send it now, or when a connection is free."""
        self._queue.append(update)
        self.pump()

    def pump(self) -> None:
        """Use every free connection; open another where there is room."""
        while self._queue and self.free:
            self.free.pop().post(self._queue.popleft())
        if self._queue and self._room:
            self._room -= 1
            task = asyncio.create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    def again(self, update: bytes | None) -> None:
        """A connection closed: there is room for a new one; what it carried goes again."""
        self._room += 1
        if update is not None:
            self._queue.appendleft(update)
        asyncio.get_running_loop().call_later(0.1, self.pump)

    async def _open(self) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            _, line = await loop.create_connection(lambda: PostLine(self), self._host, self._port)
            self.free.append(line)
            self.pump()
            return
        self.again(None)


class PostLine(Line):
    """A connection to the bot's webhook."""

    def __init__(self, hook: Hook) -> None:
        self._hook = hook
        self._carried: bytes | None = None

    def post(self, update: bytes) -> None:
        """Send one update; the connection is busy until the answer."""
        self._carried = update
        self.transport.write(b"%b%d\r\n\r\n%b" % (self._hook.head, len(update), update))

    def heard(self, head: bytes, body: bytes) -> None:
        """Take the answer: 2xx confirms, and its body may hold one call."""
        telegram, update = self._hook.telegram, self._carried
        self._carried = None
        if head[9:10] != b"2" and update is not None:
            telegram.people.tally.refused += 1
            asyncio.get_running_loop().call_later(0.1, self._hook.post, update)
        elif called := _METHOD.search(body):
            telegram.call(called[1].decode().lower(), body, None)
        self._hook.free.append(self)
        self._hook.pump()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        """Make room for another."""
        if self in self._hook.free:
            self._hook.free.remove(self)
        self._hook.again(self._carried)
