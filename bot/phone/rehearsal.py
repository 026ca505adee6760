"""A dry run for the author of a check-in: one made-up phone with the whole product behind it, and nothing kept."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot import rounds
from bot.channel import Happening, Inbound, Reply, Tap, Words, unpack
from bot.clock import MovableClock
from bot.local import day_and_time
from bot.phone.phones import Phone, Phones
from bot.phone.server import Say
from bot.phone.server import serve as serve_stage
from bot.phone.stage import Stage, install
from bot.shelf import Shelf
from bot.words import Host
from flows.engine import Engine, engines
from flows.events import Event, Tapped, Wrote
from flows.load import load
from flows.run import DONE, Run
from flows.story import write
from storage.values import Organisation, Partnership
from storage.work import Store

_HOURS = timedelta(hours=4)
_COMMANDS = ("/checkin", "/help", "/privacy", "/stop")


class Rehearsal(Stage):
    """One member, asked one check-in again and again. What is played to its end is saved as a story, if wished."""

    name = "The dry run"
    notice = "Dry run: the partnership is made up, and nothing you tap or type here is kept."

    def __init__(self, store: Store, engine: Engine, save: Path | None, say: Say) -> None:
        phone = Phone("author", "A made-up member", "This is how people meet it", _COMMANDS)
        host = Host("A made-up network", "a dry run has no post box")
        others = {ref: other for ref, other in engines().items() if other.flow.id != engine.flow.id}
        shelf = Shelf(others | {engine.flow.ref: engine})  # such as the form that /stop offers
        super().__init__(store, shelf, MovableClock(datetime.now(UTC)), Phones((phone,)), host)
        self.title = f"Dry run: {engine.flow.title}"
        self._engine, self._save, self._say = engine, save, say
        self._run: Run | None = None
        self._played: list[Event] = []

    async def begin(self) -> None:
        """Join, and ask for the first time."""
        await asyncio.to_thread(self._join)
        await self._heart.start()
        await self._ask()

    def _join(self) -> None:
        now, address = self.clock.now(), self.phones.all[0].address
        partners = (Organisation(1, "A made-up organisation", lead=False),)
        with self.store.work() as work:
            made = work.partnerships.create(
                Partnership("", "A made-up partnership", "Europe/London", now.weekday(), "10:00", partners)
            )
            link = work.people.make_link(made.id, "member", now)
        self.partnership = made.id
        for data in (f"join:{link}", "org:1", "seat:undeclared"):
            for reply in self.desk.converse([Inbound(address, unpack(data))]):
                if isinstance(reply, Exception):
                    raise reply

    # --- what is played

    async def _happens(self, phone: Phone, event: Happening, message: int) -> Reply:
        reply = await super()._happens(phone, event, message)
        match event:
            case Tap(run, turn, choice) if self._run is not None and run == self._run.id:
                self._note(Tapped(turn, choice))
            case Words(text) if self._run is not None and _shows(reply, self._run.id):
                self._note(Wrote(text))
        return reply

    def _note(self, event: Event) -> None:
        """Step beside the desk, which keeps no road from a check-in to what was played."""
        if self._run is None:
            return
        self._played.append(event)
        before, (self._run, _) = self._run, self._engine.step(self._run, event)
        if self._run.state == DONE and self._run is not before and self._save is not None:
            self._keep(self._save, write(self._engine, self._run.rotating, self._played))

    def _keep(self, save: Path, story: str) -> None:
        try:
            save.write_text(story, encoding="utf-8")
        except OSError as exc:
            self._say(f"{save}: {exc.strerror}. The story is not kept. Check that its folder is there and open to you.")
        else:
            self._say(f"The story of what you played is in {save}")

    # --- the clock

    def jumps(self) -> list[tuple[str, str]]:
        """Where the clock can go from here, as (id, label)."""
        current, again = self._open_round(), ("again", "Ask it again")
        if current is None or self._engine.flow.who == "leavers":
            return [again]  # who leaves is asked at once, and waits for no closing
        reminder = [("reminder", "Jump to the reminder")] if self.clock.now() < current.reminds_at else []
        played = [again] if self._run is not None and self._run.state == DONE else []
        return [("hours", "Jump 4 hours"), *reminder, ("close", "Jump to closing time"), *played]

    async def _jump(self, to: str) -> None:
        current = self._open_round()
        if to == "again":
            await self._ask()
        elif current is not None:
            places = {
                "hours": self.clock.now() + _HOURS,
                "reminder": current.reminds_at,
                "close": current.closes_at,
            }
            # Never past its end: what the week after would ask is no part of this.
            self.clock.jump_to(min(places.get(to, self.clock.now()), current.closes_at))
            await self.settle()
            if self._open_round() is None:
                self._run = None  # no tap counts any more

    async def _ask(self) -> None:
        """Ask the check-in in a new round; one that is open closes first."""
        current = self._open_round()
        if current is not None and self._engine.flow.who == "leavers":
            with self.store.work() as work:
                work.rounds.close(current)  # without a digest: one round tells nothing of those who leave
        elif current is not None:
            self.clock.jump_to(current.closes_at)
            await self.settle()
        await asyncio.to_thread(self._open)
        await self.settle()

    def _open(self) -> None:
        with self.store.work() as work:
            partnership, flow = work.partnerships.get(self.partnership), self._engine.flow.id
            rounds.open_round(work, self.store.keys, self.desk.flows, partnership, self.clock.now(), flow)
        with self.store.work() as work:
            opened = self.desk.around.open_run(work, self.phones.all[0].address)
            self._run, self._played = opened.run if opened else None, []

    # --- what the page says

    def headline(self) -> str:
        """What is going on, in a sentence."""
        current = self._open_round()
        if current is None:
            return "The check-in has closed."
        return f"The check-in is open. It closes on {day_and_time(current.closes_at, self._partnership().timezone)}."


def _shows(reply: Reply, run: str) -> bool:
    """Whether a reply shows this check-in, so that words were taken by it and by nothing beside it."""
    events = (unpack(button.data) for screen in reply.screens for row in screen.buttons for button in row)
    return any(isinstance(event, Tap) and event.run == run for event in events)


def serve(path: Path, port: int, browser: bool, save: Path | None, say: Say) -> None:  # noqa: FBT001  the command's own flag
    """Serve a page with the flow in the file at `path` until interrupted.

    Raises:
        BadDefinition: the file is no flow; holds every problem found.
    """
    engine = Engine(load(path))
    with tempfile.TemporaryDirectory(prefix="pulse-dry-run-") as folder:
        asyncio.run(_serve(engine, Path(folder), port, browser, save, say))


async def _serve(engine: Engine, folder: Path, port: int, browser: bool, save: Path | None, say: Say) -> None:  # noqa: FBT001, PLR0913  same
    async with rehearsing(engine, folder, save, say) as stage:
        await serve_stage(stage, port, browser, say)


@asynccontextmanager
async def rehearsing(engine: Engine, folder: Path, save: Path | None, say: Say) -> AsyncIterator[Rehearsal]:
    """A dry run with its databases in `folder`, the check-in asked for the first time."""
    stage = Rehearsal(await install(folder), engine, save, say)
    await stage.begin()
    try:
        yield stage
    finally:
        await stage.end()
