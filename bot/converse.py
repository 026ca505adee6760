"""What happened to a person becomes what we know and what they see next; the same for every channel."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bot import checkin, coordinators, leaving, members, tongues
from bot.around import Around
from bot.channel import Command, Inbound, Press, Reach, Reply, Screen, Tap, Unreadable, Words
from bot.clock import Clock
from bot.limits import WrongLinks
from bot.preview import Previews, is_test
from bot.shelf import Shelf
from bot.speech import language, speaking
from bot.spoken import Spoken, brief, marked
from bot.words import Host, words
from flows.effects import Notice
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
    flows: Shelf
    clock: Clock
    host: Host
    wrong_links: WrongLinks = field(default_factory=WrongLinks)
    previews: Previews = field(default_factory=Previews)
    spoken: Spoken = field(default_factory=Spoken)

    @cached_property
    def around(self) -> Around:
        """What the handlers may use."""
        return Around(self.flows, self.clock, self.host, self.store.keys, self.wrong_links, self.previews)

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
            self.flows.know(work, work.runs.flows())
            return [self._one(work, inbound) for inbound in inbounds]

    def _one(self, work: Work, inbound: Inbound) -> Reply:
        static = self.without_storage(inbound)
        if static is not None:
            return static
        with speaking(tongues.spoken_to(work, inbound)):
            self.spoken.note(inbound, language())
            return _shown(self._answered(work, inbound))

    def _answered(self, work: Work, inbound: Inbound) -> Reply:
        if not isinstance(inbound.event, Words):
            self.previews.look_away(work.people.lookup(inbound.address))
        match inbound.event:
            case Tap() as tap:
                return self._tap(work, inbound, tap)
            case Press() as press:
                return self._press(work, inbound, press)
            case Words(text):
                return self._words(work, inbound, text)
            case Command(name) if name in words.COORDINATOR_COMMANDS and name not in words.MEMBER_COMMANDS:
                return coordinators.command(self.around, work, inbound, name)
            case Command() as command:
                return members.command(self.around, work, inbound, command)
            case Reach(is_open):
                return members.reach(work, inbound, is_open=is_open)
            case Unreadable(kind):
                return Reply((Screen(words.UNREADABLE[kind]),))

    def _press(self, work: Work, inbound: Inbound, pressed: Press) -> Reply:
        for answer in (members.pick_language, members.press):
            reply = answer(self.around, work, inbound, pressed)
            if reply is not None:
                return reply
        return coordinators.press(self.around, work, inbound, pressed)

    def _tap(self, work: Work, inbound: Inbound, tap: Tap) -> Reply:
        if is_test(tap.run):
            return self.previews.tap(work.people.lookup(inbound.address), inbound, tap, self.clock.now())
        if tap.run == leaving.RUN:
            return leaving.tap(self.around, work, inbound, tap)
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
        test = self.previews.write(work.people.lookup(inbound.address), inbound, text, self.clock.now())
        asked = test or leaving.write(self.around, work, inbound, text)
        if asked is not None:
            return asked
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
        with speaking(self.spoken.last(inbound)):
            match inbound.event:
                case Command("help"):
                    return _shown(Reply((Screen(words.HELP_TEXT),)))
                case Command("privacy"):
                    return _shown(Reply((Screen(words.privacy(self.host)),)))
                case Command("complain"):
                    return _shown(Reply((Screen(words.complain(self.host)),)))
                case Press("help", asked_in):
                    with speaking(asked_in or language()):
                        return _shown(Reply((Screen(words.HELP_TEXT),)))
        return None


def _shown(reply: Reply) -> Reply:
    """The reply as the language spoken now has to be shown."""
    screens = tuple(marked(screen) for screen in reply.screens)
    return replace(reply, screens=screens, notice=brief(reply.notice))
