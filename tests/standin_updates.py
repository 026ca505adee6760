"""Updates on their way to the bot, by long poll or by webhook; what they say is none of its business."""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import aiohttp
from standin_wire import Carry, CutError, Faults, Json, RefusedError, found

FIRST_ID = 700_000_001
ON_REQUEST_ONLY = frozenset({"chat_member", "message_reaction", "message_reaction_count"})
LONGEST_POLL = 50  # seconds
LIFETIMES = {"callback_query": 150}  # seconds in the queue; everything else waits a day
DAY = 86_400
LANES = {
    "callback_query": 3,
    "my_chat_member": 5,
}  # Telegram's own numbers of the queues beside a chat's messages
OTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
WEBHOOK_CAME = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """One update as the bot gets it, and the queue it waits in."""

    body: Json
    lane: tuple[int, int]  # whose it is, and which of that person's queues
    expires: float  # unix time

    @property
    def id(self) -> int:
        """The update's number."""
        number: int = self.body["update_id"]
        return number


@dataclass(frozen=True, slots=True)
class Webhook:
    """What setWebhook asked for."""

    url: str
    secret: str
    max_connections: int


@dataclass(frozen=True, slots=True)
class Post:
    """One attempt to post an update to the webhook."""

    update_id: int
    status: int  # 0: no answer
    retry_after: str | None = None


class Updates:
    """The queue of updates, its two ways out, and the settings that Telegram remembers for it."""

    def __init__(self, news: asyncio.Condition, faults: Faults, carry: Carry) -> None:
        self.queue: list[Update] = []
        self.again: list[Update] = []  # deliveries repeated on purpose: no offset confirms them
        self.last: Update | None = None
        self.next_id = FIRST_ID
        self.allowed: frozenset[str] | None = None
        self.webhook: Webhook | None = None
        self.posts: list[Post] = []
        self.backoff = 0.05  # seconds before the second retry; doubles after that
        self.longest_backoff = 1.0  # seconds; Telegram's minutes, and any Retry-After, shortened for tests
        self.methods = {
            "getupdates": self.get_updates,
            "setwebhook": self.set_webhook,
            "deletewebhook": self.delete_webhook,
            "getwebhookinfo": self.webhook_info,
        }
        self._news = news
        self._faults = faults
        self._carry = carry
        self._poll: object | None = None
        self._handed = 0
        self._busy: set[Update] = set()
        self._poster: asyncio.Task[None] | None = None
        self._last_error: Json = {}

    @property
    def pending(self) -> int:
        """How many updates the bot has not confirmed."""
        now = time.time()
        self.queue = [update for update in self.queue if update.expires > now]
        return len(self.queue) + len(self.again)

    async def add(self, kind: str, content: Json, lane: int) -> None:
        """Queue an update, if the bot asked for its kind."""
        if kind in self.allowed if self.allowed else kind not in ON_REQUEST_ONLY:
            await self.add_raw({kind: content}, lane)

    async def add_raw(self, body: Mapping[str, object], lane: int) -> None:
        """Queue an update as it stands, whatever the bot asked for."""
        kind = next(iter(body), "")
        contents = {name: deepcopy(value) for name, value in body.items() if name != "update_id"}
        update = Update(
            {"update_id": self.next_id, **contents},
            (lane, LANES.get(kind, 0) if self._faults.taps_overtake else 0),
            time.time() + LIFETIMES.get(kind, DAY),
        )
        self.next_id += 1
        self.last = update
        async with self._news:
            self.queue.append(update)
            self._news.notify_all()

    async def repeat(self, times: int) -> None:
        """Deliver the last update again, `times` side by side, confirmed or not.

        Raises: LookupError: there was no update yet.
        """
        if self.last is None:
            message = "no update was made yet, so none can be delivered again"
            raise LookupError(message)
        async with self._news:
            self.again += [replace(self.last) for _ in range(times)]
            self._news.notify_all()

    async def get_updates(self, params: Json) -> list[Json]:
        """Answer a poll: at once if anything waits, else when it comes or the poll's time is over."""
        if self.webhook:
            raise RefusedError(409, WEBHOOK_ACTIVE)
        self._remember_allowed(params)
        async with self._news:
            self._confirm(params.get("offset", 0))
            self._news.notify_all()
            wait = max(0, min(params.get("timeout", 0), LONGEST_POLL))
            if wait and not self.pending:
                await self._long_poll(wait)
            batch = (self.again + self.queue)[: max(1, min(params.get("limit", 100), 100))]
            self._handed = min(len(self.again), len(batch))
        return [update.body for update in batch]

    async def _long_poll(self, wait: float) -> None:
        mine = self._poll = object()  # whoever polled before finds its place taken
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await found(self._news, lambda: self.pending or self._poll is not mine)
        if self._poll is not mine:
            raise RefusedError(409, WEBHOOK_CAME if self.webhook else OTHER_POLL)

    def _confirm(self, offset: int) -> None:
        del self.again[: self._handed]
        self._handed = 0
        if offset < 0:
            self.queue = self.queue[offset:]
        elif offset <= self.next_id + 10:  # Telegram ignores an offset further in the future, as after new numbers
            self.queue = [update for update in self.queue if update.id >= offset]

    def _remember_allowed(self, params: Json) -> None:
        if "allowed_updates" in params:
            self.allowed = frozenset(params["allowed_updates"])

    async def set_webhook(self, params: Json) -> bool:
        """Post updates to `url` from now on; an empty one ends that."""
        url, secret = params.get("url", ""), params.get("secret_token", "")
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise RefusedError(400, "Bad Request: invalid webhook URL specified")
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
            raise RefusedError(400, "Bad Request: secret token contains unallowed characters")
        connections = max(1, min(params.get("max_connections", 40), 100))
        webhook = Webhook(url, secret, connections) if url else None
        self._remember_allowed(params)
        await self.stop()
        async with self._news:
            self.webhook, self._last_error = webhook, {}
            if params.get("drop_pending_updates"):
                self.queue, self.again = [], []
            if webhook:
                self._poll = None
                self._poster = asyncio.create_task(self._post_all(webhook))
            self._news.notify_all()
        return True

    async def delete_webhook(self, params: Json) -> bool:
        """Go back to long polls."""
        return await self.set_webhook({**params, "url": ""})

    async def webhook_info(self, _params: Json) -> Json:
        """What Telegram tells of the webhook."""
        info = {"url": "", "has_custom_certificate": False, "pending_update_count": self.pending}
        if self.webhook:
            info |= {
                "url": self.webhook.url,
                "max_connections": self.webhook.max_connections,
                **self._last_error,
            }
        if self.allowed:
            info["allowed_updates"] = sorted(self.allowed)
        return info

    async def stop(self) -> None:
        """Post nothing more.

        Raises: BaseExceptionGroup: posting broke, by a bug of the stand-in.
        """
        poster, self._poster = self._poster, None
        if poster is None:
            return
        poster.cancel()
        await asyncio.wait({poster})
        self._busy.clear()
        if not poster.cancelled():
            poster.result()

    async def _post_all(self, webhook: Webhook) -> None:
        limit = aiohttp.ClientTimeout(total=60)  # Telegram's own patience with a webhook
        async with aiohttp.ClientSession(timeout=limit) as http, asyncio.TaskGroup() as posts:
            while True:
                async with self._news:
                    update = await found(self._news, lambda: self._free(webhook.max_connections))
                    self._busy.add(update)
                posts.create_task(self._deliver(http, webhook, update))

    def _free(self, connections: int) -> Update | None:
        """The next update to post: a repeated one at once, any other after those of its lane."""
        if not self.pending or len(self._busy) >= connections:
            return None
        lanes = {update.lane for update in self._busy}
        repeated = (update for update in self.again if update not in self._busy)
        return next(repeated, None) or next((update for update in self.queue if update.lane not in lanes), None)

    async def _deliver(self, http: aiohttp.ClientSession, webhook: Webhook, update: Update) -> None:
        pause = 0.0  # the first retry comes at once
        while update.expires > time.time() and not await self._post(http, webhook, update):
            await self._tell()
            await asyncio.sleep(pause)
            pause = min(max(self.backoff, 2 * pause), self.longest_backoff)
        async with self._news:
            self.queue = [other for other in self.queue if other is not update]
            self.again = [other for other in self.again if other is not update]
            self._busy.discard(update)
            self._news.notify_all()

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

    async def _post(self, http: aiohttp.ClientSession, webhook: Webhook, update: Update) -> bool:
        headers = {"X-Telegram-Bot-Api-Secret-Token": webhook.secret} if webhook.secret else {}
        try:
            if self._faults.webhook_down:
                raise aiohttp.ClientConnectionError
            async with http.post(webhook.url, json=update.body, headers=headers, allow_redirects=False) as answer:
                self.posts.append(Post(update.id, answer.status, answer.headers.get("Retry-After")))
                taken = 200 <= answer.status <= 299
                if not taken:
                    self._fail(f"Wrong response from the webhook: {answer.status} {answer.reason}")
                elif answer.content_type == "application/json":
                    await self._carry_answer(await answer.text())
                return taken
        except (aiohttp.ClientError, TimeoutError):
            self.posts.append(Post(update.id, 0))
            self._fail("Connection refused")
            return False

    def _fail(self, message: str) -> None:
        self._last_error = {"last_error_date": int(time.time()), "last_error_message": message}

    async def _carry_answer(self, text: str) -> None:
        """Carry out the call that a webhook's answer may hold; its result is told to nobody."""
        call: Json = json.loads(text or "{}")
        method = call.pop("method", "")
        if method and not method.lower().startswith(("get", "setwebhook", "deletewebhook")):
            with suppress(RefusedError, CutError):
                await self._carry(method, call)
