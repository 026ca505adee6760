"""What arrives together is committed together: the only writer of answers, one transaction at a time."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bot.channel import Inbound, Reply
from bot.converse import Desk

MOST_TOGETHER = 100  # what Telegram hands out in one poll; bounds how long a step can wait for its neighbours


class Intake:
    """Takes events from any channel and answers each after its commit.

    While one transaction runs, what arrives waits and shares the next: one fsync for many steps. Events are
    stepped in the order of arrival, so a person's two taps never overtake each other.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._thread = ThreadPoolExecutor(1, "intake")
        self._waiting: list[tuple[Inbound, asyncio.Future[Reply]]] = []
        self._draining: asyncio.Task[None] | None = None

    async def take(self, inbound: Inbound) -> Reply:
        """Handle one event; returns once it is committed.

        Raises: whatever kept it from being committed; the channel must not acknowledge it.
        """
        static = self._desk.without_storage(inbound)
        if static is not None:
            return static
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((inbound, answer))
        if self._draining is None or self._draining.done():
            self._draining = asyncio.create_task(self._drain())
        return await answer

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            now, self._waiting = self._waiting[:MOST_TOGETHER], self._waiting[MOST_TOGETHER:]
            replies = await loop.run_in_executor(self._thread, self._desk.converse, [inbound for inbound, _ in now])
            for (_, answer), reply in zip(now, replies, strict=True):
                if answer.cancelled():
                    continue
                if isinstance(reply, Exception):
                    answer.set_exception(reply)
                else:
                    answer.set_result(reply)

    async def close(self) -> None:
        """Finish what was begun."""
        if self._draining is not None:
            await self._draining
        self._thread.shutdown()
