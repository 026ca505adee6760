"""One send, done once: wait for the limiter, commit the claim, call the channel, mark it sent."""

import asyncio
from dataclasses import dataclass, field

from aiolimiter import AsyncLimiter

from bot import checkin, digest, ending, retention
from bot.around import agree_again
from bot.channel import Channel, Screen, TryLater, Unclear, Unreachable
from bot.clock import Clock, SystemClock
from bot.logs import log, warn
from bot.retention import STAY
from bot.rounds import DIGEST, PROMPT, REMIND
from bot.shelf import Shelf
from bot.speech import language, say, speaking
from bot.spoken import marked
from bot.words import Host, words
from storage.retention import GOODBYE, Retention
from storage.runs import started
from storage.values import FrozenDigest, Partnership
from storage.work import Store, Work

_CHART = "chart"


def one_at_a_time(rate: float) -> AsyncLimiter:
    """One send every 1/rate seconds: a bucket that holds more would let its whole hold out at once."""
    return AsyncLimiter(1, 1 / rate)


@dataclass(frozen=True, slots=True)
class _Letter:
    address: str
    screen: Screen


@dataclass(frozen=True, slots=True)
class _Told:
    """A digest on its way to somebody: whether its chart is drawn, and the names of the messages in words."""

    partnership: Partnership
    history: list[FrozenDigest]
    drawn: bool
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Sends:
    """Prompts, reminders and digests, on their way to one channel."""

    store: Store
    flows: Shelf
    channel: Channel
    limiter: AsyncLimiter
    host: Host
    clock: Clock = field(default_factory=SystemClock)
    _drawing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def deliver(self, kind: str, round_id: str, person: str) -> float | None:
        """Send `kind` of a round to one person, unless it was begun before. A digest comes in `_parts`.

        Returns: None when there is nothing left to do; else the seconds after which to try again, the
            send being proven not to have happened.
        """
        with speaking(await asyncio.to_thread(self._tongue, person)):
            for part in await self._parts(round_id, person) if kind == DIGEST else (kind,):
                wait = await self._send(part, round_id, person)
                if wait is not None:
                    return wait
        return None

    async def _send(self, part: str, round_id: str, person: str) -> float | None:
        async with self.limiter:
            letter = await asyncio.to_thread(self._claim, part, round_id, person)
        if letter is None:
            return None
        try:
            await self.channel.send(letter.address, letter.screen)
        except Unreachable:
            await asyncio.to_thread(self._give_up, part, round_id, person)
        except TryLater as later:
            await asyncio.to_thread(self._release, part, round_id, person)
            return later.seconds
        except Unclear:
            # Perhaps it arrived. The claim stays, so it is never sent twice; the reminder covers a lost prompt.
            warn("send_unclear", part=part)
        else:
            await asyncio.to_thread(self._mark_sent, part, round_id, person)
        return None

    # --- one transaction each, off the event loop; what is said there is in the person's language

    def _tongue(self, person: str) -> str | None:
        with self.store.work() as work:
            address = work.people.address_of(person, stopped=True)
            return work.people.language_of(address) if address else None

    def _claim(self, part: str, round_id: str, person: str) -> _Letter | None:
        """What to send and where, claimed and committed; None where there is nothing to send."""
        with self.store.work() as work:
            address = work.people.address_of(person, stopped=part == GOODBYE)
            screen = self._screen(work, part, round_id, person) if address else None
            if address is None or screen is None or not self._begin(work, part, round_id, person):
                return None
            return _Letter(address, marked(screen))

    def _begin(self, work: Work, part: str, round_id: str, person: str) -> bool:
        """Claim the send; False where it was made or begun before."""
        match part:
            case "stay":  # its claim is the sealed day of asking: a row would list the silent
                return Retention(work.connection, self.store.keys).ask(person, self.clock.now().date())
            case "goodbye":
                return ending.claimed(work, round_id, person)
        return work.rounds.claim(round_id, person, part)

    def _screen(self, work: Work, part: str, round_id: str, person: str) -> Screen | None:
        if part == STAY:
            return retention.question()
        if part == GOODBYE:
            return ending.goodbye(work, round_id)
        if part not in (PROMPT, REMIND):
            return self._digest_screen(work, part, round_id)
        unfinished = work.rounds.unfinished(round_id, person)
        found = work.runs.get(unfinished) if unfinished else None
        if found is None:
            return None
        again = self._agree_again(work, round_id, person) if not found.run.turn else None
        if again is not None:
            return again
        self.flows.know(work, [found.run.flow])
        engine = self.flows[found.run.flow]
        run = started(found.run, engine.first(found.run.id, found.run.rotating).state)
        return checkin.screen(engine, run, words.REMINDER if part == REMIND else say(engine.flow.intro))

    def _agree_again(self, work: Work, round_id: str, person: str) -> Screen | None:
        current = work.rounds.get(round_id)
        assert current is not None  # noqa: S101  its run was just read
        return agree_again(self.host, work, "member", person, work.partnerships.get(current.partnership))

    def _digest_screen(self, work: Work, part: str, round_id: str) -> Screen | None:
        partnership, history = self._history(work, round_id)
        if part != _CHART:
            return digest.parts(self.flows, partnership, history[-1]).get(part)
        chart = work.frozen.chart(round_id, language())
        return Screen(digest.alt(self.flows, partnership, history), picture=chart) if chart else None

    def _history(self, work: Work, round_id: str) -> tuple[Partnership, list[FrozenDigest]]:
        closed = work.rounds.get(round_id)
        assert closed is not None  # noqa: S101  rounds are never deleted while their jobs live
        history = list(work.frozen.digests(closed.partnership, closed.number))
        self.flows.know(work, digest.refs(history))
        return work.partnerships.get(closed.partnership), history

    def _release(self, part: str, round_id: str, person: str) -> None:
        with self.store.work() as work:
            if part == STAY:
                Retention(work.connection, self.store.keys).take_back(person)
            work.rounds.release(round_id, person, part)

    def _give_up(self, part: str, round_id: str, person: str) -> None:
        with self.store.work() as work:
            work.rounds.release(round_id, person, part)
            work.people.lose_reach(person)

    def _mark_sent(self, part: str, round_id: str, person: str) -> None:
        with self.store.work() as work:
            work.rounds.mark_sent(round_id, person, part)

    # --- a digest's messages; its chart is drawn once, on first send

    async def _parts(self, round_id: str, person: str) -> tuple[str, ...]:
        """The chart and all that is said, prompts to coordinators alone; nothing once a later digest has followed."""
        async with self._drawing:
            told = await asyncio.to_thread(self._to_send, round_id, person)
            if told is None:
                return ()
            if not told.drawn and digest.thawed(told.history[-1]).has_figures():
                try:
                    png = await digest.draw(self.flows, told.partnership, told.history)
                except digest.NoChart:
                    log("chart_not_drawn")
                else:
                    await asyncio.to_thread(self._keep_chart, round_id, png)
        return (_CHART, *told.parts)

    def _to_send(self, round_id: str, person: str) -> _Told | None:
        with self.store.work() as work:
            partnership, history = self._history(work, round_id)
            if not work.frozen.is_newest(partnership.id, history[-1].number):
                return None
            parts = digest.parts(self.flows, partnership, history[-1])
            if person not in work.rounds.coordinators(partnership.id):
                parts.pop(digest.PROMPTS, None)
            return _Told(partnership, history, work.frozen.has_chart(round_id, language()), tuple(parts))

    def _keep_chart(self, round_id: str, png: bytes) -> None:
        with self.store.work() as work:
            work.frozen.keep_chart(round_id, language(), png)
