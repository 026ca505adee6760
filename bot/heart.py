"""What beats beside the conversation: the wake-ups and the queue, the same for Telegram and the browser phone."""

import asyncio
from contextlib import suppress

from bot import retention, rounds
from bot.converse import Desk
from bot.logs import warn
from bot.queue import Queue
from bot.sends import Sends
from storage.errors import Unavailable

_WAKE_SECONDS = 1.0


class Heart:
    """Wakes what is due and carries its jobs."""

    def __init__(self, desk: Desk, sends: Sends, queue: Queue) -> None:
        self._desk, self._sends, self._queue = desk, sends, queue
        self._stopping = asyncio.Event()
        self._beat = asyncio.Lock()

    async def start(self) -> None:
        """Begin to carry jobs, and to delete what is over."""
        loop = asyncio.get_running_loop()
        await asyncio.to_thread(retention.begin, self._desk.store, self._desk.clock.now())
        await asyncio.to_thread(self._queue.start, self._sends.deliver, loop)

    async def wake(self) -> int:
        """Do what is due by the desk's clock; how many things were done."""
        async with self._beat:
            desk = self._desk
            return await asyncio.to_thread(rounds.run_due, desk.store, desk.flows, self._queue, desk.clock.now())

    async def run(self) -> None:
        """Wake every second until `stop`."""
        while not self._stopping.is_set():
            try:
                await self.wake()
            except Unavailable:
                warn("database_unavailable")
            except Exception as exc:  # noqa: BLE001  the work stays due; the heart must not stop for one partnership
                warn("wake_failed", why=type(exc).__name__)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), _WAKE_SECONDS)

    async def stop(self) -> None:
        """Finish the jobs under way."""
        self._stopping.set()
        async with self._beat:
            await asyncio.to_thread(self._queue.stop)
