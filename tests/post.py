"""Telegram's place at the end of a queue: what arrives, what goes wrong, and a process that dies at a given moment."""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count

from riverside import Riverside, address
from sqlalchemy import event

from bot.channel import Screen
from bot.sends import Sends, one_at_a_time
from storage.work import Store


@dataclass
class Post:
    """Carries the town's jobs; `trouble` is what goes wrong with the next sends, in order."""

    town: Riverside
    arrived: list[tuple[str, Screen]] = field(default_factory=list)
    trouble: deque[Exception | None] = field(default_factory=deque)
    carried: int = 0

    async def send(self, where: str, screen: Screen) -> None:
        trouble = self.trouble.popleft() if self.trouble else None
        if trouble is not None:
            raise trouble
        self.arrived.append((where, screen))

    async def deliver(self, kind: str, about: str, person: str) -> float | None:
        desk = self.town.desk
        sends = Sends(desk.store, desk.flows, self, one_at_a_time(10_000), desk.host, desk.clock)
        return await sends.deliver(kind, about, person)

    async def carry(self) -> None:
        """Deliver every job that was added since the last time."""
        waiting, self.carried = self.town.jobs.added[self.carried :], len(self.town.jobs.added)
        for job in dict.fromkeys(waiting):
            await self.deliver(*job)

    def to(self, who: str) -> list[Screen]:
        return [screen for where, screen in self.arrived if where == address(who)]


class Killed(BaseException):
    """The process is gone: nothing may catch this."""


@contextmanager
def dying(store: Store, moment: int) -> Iterator[list[int]]:
    """Die at the begin or commit number `moment` of either database; a list that then holds it."""
    moments, died = count(1), list[int]()

    def at_a_moment(_: object) -> None:
        if next(moments) == moment:
            died.append(moment)
            raise Killed

    places = [(database, name) for database in (store.database, store.keys.database) for name in ("begin", "commit")]
    for database, name in places:
        event.listen(database, name, at_a_moment)
    try:
        yield died
    except Killed:
        pass
    finally:
        for database, name in places:
            event.remove(database, name, at_a_moment)
