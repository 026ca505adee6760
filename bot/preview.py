"""A check-in walked as a test, by a coordinator in their own chat; all of it is in memory, and nothing is kept."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot import checkin
from bot.channel import Button, Inbound, Reply, Screen, Tap, utf16
from bot.speech import say
from bot.words import words
from flows.effects import Notice
from flows.engine import Engine
from flows.events import Event, Tapped, Wrote
from flows.run import DONE, Run

MOST, LASTS = 100, timedelta(hours=1)
# A stored run's id has 8 characters, so a test's button can never be taken for a check-in's, nor the other way round.
_ID_BYTES, _ID_LETTERS = 5, 7


@dataclass(slots=True)
class _Trial:
    """Where one person's test stands; `message` shows it or brought the words last taken, as in a stored run.

    `near` where the last thing they tapped or sent was in it: only then their words are for the test.
    """

    engine: Engine
    run: Run
    seen: datetime
    message: int | None
    near: bool = True


class Previews:
    """The tests under way, one for each person by keyed index of the address: few, and none for long."""

    def __init__(self) -> None:
        self._tests: dict[bytes, _Trial] = {}

    def start(self, who: bytes, engine: Engine, message: int | None, now: datetime) -> Screen:
        """Begin a test in the place of the person's last one; its first screen."""
        self._tests = {other: test for other, test in self._tests.items() if other != who and now < test.seen + LASTS}
        if len(self._tests) >= MOST:
            del self._tests[min(self._tests, key=lambda other: self._tests[other].seen)]
        rotation = engine.flow.rotation
        first = engine.flow.bank[rotation.rotate[0]][0].id if rotation else None
        run = engine.first(secrets.token_urlsafe(_ID_BYTES), first)
        self._tests[who] = _Trial(engine, run, now, message)
        return _screen(self._tests[who])

    def tap(self, who: bytes, inbound: Inbound, tap: Tap, now: datetime) -> Reply:
        """Answer a test's button, also of a test that is over."""
        test = self._under_way(who, now)
        if test is None or test.run.id != tap.run:
            return Reply((Screen(words.PREVIEW_OVER),), over=inbound.message)
        said = _step(test, Tapped(tap.turn, tap.choice), now)
        test.message, test.near = inbound.message, True
        return Reply((_screen(test),), over=inbound.message, notice=said)

    def write(self, who: bytes, inbound: Inbound, text: str, now: datetime) -> Reply | None:
        """Take words a test asks for; None where it asks for none."""
        test = self._under_way(who, now)
        if test is None or not test.near:
            return None
        if inbound.message is not None and inbound.message == test.message:
            return Reply((_screen(test),), erase=inbound.message)  # the same words, delivered once more
        if not checkin.awaits_words(test.engine, test.run):
            return None
        over, said = test.message, _step(test, Wrote(text), now)
        if said is not None:
            return Reply((Screen(_headed(said)),))
        test.message = inbound.message
        return Reply((_screen(test),), over=over, erase=inbound.message)

    def look_away(self, who: bytes) -> None:
        """The person turns to something else, such as their own check-in: no words of theirs are lost to a test."""
        if who in self._tests:
            self._tests[who].near = False

    def _under_way(self, who: bytes, now: datetime) -> _Trial | None:
        test = self._tests.get(who)
        return test if test is not None and now < test.seen + LASTS else None


def is_test(run_id: str) -> bool:
    """Whether a button with this id is a test's, under way or over."""
    return len(run_id) == _ID_LETTERS


def pick(flows: Mapping[str, Engine]) -> Reply:
    """The check-ins to choose from, the newest version of each."""
    newest = {engine.flow.id: engine for engine in sorted(flows.values(), key=lambda engine: engine.flow.version)}
    ordered = sorted(newest.values(), key=lambda engine: engine.flow.title)
    rows = tuple((Button(say(engine.flow.title), f"preview:{engine.flow.ref}"),) for engine in ordered)
    return Reply((Screen(words.PICK_PREVIEW, rows),))


def _step(test: _Trial, event: Event, now: datetime) -> str | None:
    """Step the test; what to say where the event did not fit."""
    after, effects = test.engine.step(test.run, event)
    test.run, test.seen = (replace(after, answers={}) if after.state == DONE else after), now
    return next((checkin.notice(effect) for effect in effects if isinstance(effect, Notice)), None)


def _screen(test: _Trial) -> Screen:
    shown = checkin.screen(test.engine, test.run)
    moved = utf16(_headed(""))
    return replace(shown, text=_headed(shown.text), bold=tuple((start + moved, length) for start, length in shown.bold))


def _headed(text: str) -> str:
    return f"{words.PREVIEW}\n\n{text}"
