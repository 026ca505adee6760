"""What happened to a person becomes what we know and what they see next; the same for every channel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot import checkin, coordinators, members, words
from bot.around import Around
from bot.channel import Command, Inbound, Press, Reach, Reply, Screen, Tap, Unreadable, Words
from bot.clock import Clock
from bot.limits import WrongLinks
from flows.effects import Notice
from flows.engine import Engine
from flows.events import Event, Tapped, Wrote
from flows.run import DONE
from storage.errors import Unavailable
from storage.runs import started
from storage.values import OpenRun
from storage.work import Store, Work


@dataclass(frozen=True)
class Desk:
    """The one place for events, whichever channel brings them. `app.py` and the demonstration each build one."""

    store: Store
    flows: Mapping[str, Engine]
    clock: Clock
    host: words.Host
    wrong_links: WrongLinks = field(default_factory=WrongLinks)

    @cached_property
    def around(self) -> Around:
        """What the handlers may use."""
        return Around(self.flows, self.clock, self.host, self.store.keys, self.wrong_links)

    def converse(self, inbounds: Sequence[Inbound]) -> list[Reply | Exception]:
        """Handle events in order, several in one transaction.

        Returns: one reply for each, drawn from what was committed. Where one of them spoils the shared
            transaction, each is tried alone, and one that still fails has its exception in its place.
        """
        try:
            return list(self._together(inbounds))
        except Unavailable as exc:
            return [exc] * len(inbounds)  # no event's fault: to try each alone would make all of them wait for each
        except Exception as exc:  # noqa: BLE001  one poisonous event must not take its neighbours along
            if len(inbounds) == 1:
                return [exc]
        return [reply for inbound in inbounds for reply in self.converse([inbound])]

    def _together(self, inbounds: Sequence[Inbound]) -> list[Reply]:
        with self.store.work() as work:
            work.runs.load(i.event.run for i in inbounds if isinstance(i.event, Tap))
            return [self._one(work, inbound) for inbound in inbounds]

    def _one(self, work: Work, inbound: Inbound) -> Reply:
        static = self.without_storage(inbound)
        if static is not None:
            return static
        match inbound.event:
            case Tap() as tap:
                return self._tap(work, inbound, tap)
            case Press() as press:
                return members.press(self.around, work, inbound, press) or coordinators.press(
                    self.around, work, inbound, press
                )
            case Words(text):
                return self._words(work, inbound, text)
            case Command(name) if name in words.COORDINATOR_COMMANDS and name not in words.MEMBER_COMMANDS:
                return coordinators.command(self.around, work, inbound, name)
            case Command() as command:
                return members.command(self.around, work, inbound, command)
            case Reach(is_open):
                return members.reach(work, inbound, is_open=is_open)
            case Unreadable(kind):
                return Reply((Screen(_UNREADABLE[kind]),))

    def _tap(self, work: Work, inbound: Inbound, tap: Tap) -> Reply:
        found = work.runs.get(tap.run)
        mine = found is not None and found.lookup == work.people.lookup(inbound.address)
        if found is None or not mine or self.clock.now() >= found.closes_at:
            return Reply((Screen(words.CLOSED),), over=inbound.message, notice=words.CLOSED_SHORT)
        said = self._step(work, found, Tapped(tap.turn, tap.choice))
        engine = self.flows[found.run.flow]
        if inbound.message is not None and said is None and checkin.awaits_words(engine, found.run):
            # Words carry no message to draw over, so the note's answer needs to know where the check-in stands.
            work.runs.keep_message(found.run.id, inbound.message)
        return Reply((checkin.screen(engine, found.run),), over=inbound.message, notice=said)

    def _words(self, work: Work, inbound: Inbound, text: str) -> Reply:
        found = self.around.open_run(work, inbound.address)
        if found is not None and inbound.message is not None and found.message == inbound.message:
            # The note that was taken, delivered once more; what it led to was perhaps never shown.
            return Reply((checkin.screen(self.flows[found.run.flow], found.run),), erase=inbound.message)
        if found is None or found.run.state == DONE:
            return members.said_out_of_turn(work, inbound)
        over = found.message
        said = self._step(work, found, Wrote(text))
        if said is not None:
            return Reply((Screen(said),))
        work.runs.keep_message(found.run.id, inbound.message)
        return Reply((checkin.screen(self.flows[found.run.flow], found.run),), over=over, erase=inbound.message)

    def _step(self, work: Work, found: OpenRun, event: Event) -> str | None:
        """Step the run; what to say where the event did not fit."""
        engine = self.flows[found.run.flow]
        found.run = started(found.run, engine.first(found.run.id, found.run.rotating).state)
        after, effects = engine.step(found.run, event)
        work.runs.advance(found, after)
        return next((checkin.notice(e) for e in effects if isinstance(e, Notice)), None)

    def without_storage(self, inbound: Inbound) -> Reply | None:
        """The answers that come even when the database is down: help, what is kept, how to complain."""
        match inbound.event:
            case Command("help") | Press("help"):
                return Reply((Screen(words.HELP_TEXT),))
            case Command("privacy"):
                return Reply((Screen(words.privacy(self.host)),))
            case Command("complain"):
                return Reply((Screen(words.complain(self.host)),))
        return None


_UNREADABLE = {
    "media": words.ONLY_WORDS,
    "edit": words.NO_EDITS,
    "forward": words.NO_FORWARDS,
    "button": words.UNKNOWN_BUTTON,
}
