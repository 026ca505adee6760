"""The demonstration: a made-up partnership whose other members are simulated, and the weeks behind it."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot import rounds
from bot.channel import Command, Inbound, Reply, Tap, Words, unpack
from bot.clock import MovableClock
from bot.local import day_and_time, opening
from bot.phone.phones import Phone, Phones
from bot.phone.stage import Stage, install
from bot.shelf import Shelf
from bot.words import Host
from flows.model import SHARED
from storage.values import Due, Organisation, Partnership
from storage.work import Store

PAST_WEEKS = 11  # so that a visitor closes a period: groups, what really changed, and people's own words
_START = datetime(2026, 1, 2, 10, tzinfo=UTC)  # a Friday; fixed, so that every visitor meets the same weeks
_SHORT = ("/checkin", "/help", "/privacy", "/who", "/stop")

PARTNERSHIP = "Riverside Partnership"
# Organisation, how many of its members take part, and from which seats: 24 people, sizes as unequal as in life.
_PARTNERS = (
    ("City Council", ["lead"] * 5 + ["frontline"] * 2 + ["commissioner"]),
    ("Riverside Housing", ["frontline"] * 3 + ["partner"] * 2),
    ("Harbour Advice", ["frontline"] * 2 + ["partner"] * 2),
    ("Open Door Group", ["lived"] * 4),
    ("Night Shelter", ["lived"] * 2),
    ("Food Club", ["lived"]),
)
_VISITORS = (8, 17)  # whose phones are on the page: a housing worker and someone from Open Door Group
_COORDINATOR = "coordinator"
# The made-up story, week by week: how far each of the first taps leans up, in steps of the scale.
_TRUST = (2.7, 2.8, 2.6, 2.9, 2.9, 3.0, 3.0, 3.1, 3.1, 3.0, 3.2, 3.1)
_POWER = (2.8, 2.9, 2.8, 2.9, 2.9, 2.8, 2.8, 2.7, 2.2, 2.0, 1.9, 1.9)
_PART = (2.0, 2.1, 2.3, 2.2, 2.5, 2.4, 2.6, 2.7, 2.6, 2.7, 2.8, 2.7)
_LIVED_ON_POWER = 1.4  # how far people with lived experience lean lower there
_NOTES_IN_WEEK = 10
_NOTES = {
    9: "Could we have papers a week before, and shorter ones?",
    14: "The last meeting was the first one where I understood the budget. Thank you for that.",
    18: "I still hear what was decided from somebody else.",
    22: "Evenings are hard for people with a curfew at the shelter.",
}

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Person:
    number: int
    organisation: int
    seat: str

    @property
    def address(self) -> str:
        return f"phone:{self.number}"


def _people() -> list[_Person]:
    places = [(o, seat) for o, (_, seats) in enumerate(_PARTNERS, start=1) for seat in seats]
    return [_Person(n, o, seat) for n, (o, seat) in enumerate(places)]


class Demo(Stage):
    """The made-up partnership with its made-up past. `built` makes one."""

    name = "The demonstration"
    title = PARTNERSHIP
    notice = "This is a demonstration: the partnership is made up, and the other members’ answers are simulated."

    def __init__(self, store: Store, clock: MovableClock, phones: Phones) -> None:
        host = Host("Riverside Voluntary Network", "the demonstration has no post box")
        super().__init__(store, Shelf(), clock, phones, host)
        self.people = _people()
        self.status = ""
        self._random = random.Random(9)  # noqa: S311  a story needs to be the same twice, not secret

    # --- the clock

    def jumps(self) -> list[tuple[str, str]]:
        """Where the clock can go from here, as (id, label)."""
        current = self._open_round()
        if current is None:
            return [("open", "Jump to the next check-in")]
        reminder = [("reminder", "Jump to the reminder")] if self.clock.now() < current.reminds_at else []
        return [*reminder, ("close", "Jump to closing time")]

    async def _jump(self, to: str) -> None:
        current = self._open_round()
        if to == "open" and current is None:
            await self._until(opening(self.clock.now(), self._partnership()), "Opening the next check-in…", 0)
        elif to == "reminder" and current is not None:
            await self._until(current.reminds_at, "The other members answer (simulated)…", 0.5)
        elif to == "close" and current is not None:
            await self._until(current.closes_at, "The other members answer (simulated), then it closes…", 0.85)
        self.status = ""

    async def _until(self, instant: datetime, status: str, share: float) -> None:
        self.status = status
        await self.phones.touch()
        if share:
            others = [p for p in self.people if p.number not in _VISITORS and self._random.random() < share]
            await asyncio.to_thread(self._simulate, others, 1.0)
        self.clock.jump_to(instant)
        await self.settle()

    # --- set-up and simulation

    async def begin(self, progress: Progress) -> None:
        """Seed the partnership and its past weeks, then open the present one."""
        progress("Setting up 24 made-up members")
        await asyncio.to_thread(self._join_everyone)
        for week in range(1, PAST_WEEKS + 1):
            progress(f"Playing week {week} of {PAST_WEEKS} (answers are simulated)")
            await asyncio.to_thread(self._past_week)
        await self._heart.start()
        progress(f"Opening week {PAST_WEEKS + 1}")
        self.clock.jump_to(opening(self.clock.now(), self._partnership()))
        await self.settle()

    def _join_everyone(self) -> None:
        with self.store.work() as work:
            partners = tuple(Organisation(n, name, n == 1) for n, (name, _) in enumerate(_PARTNERS, start=1))
            made = work.partnerships.create(Partnership("", PARTNERSHIP, "Europe/London", 4, "10:00", partners))
            member_link = work.people.make_link(made.id, "member", self.clock.now())
            coordinator_link = work.people.make_link(made.id, "coordinator", self.clock.now())
        self.partnership = made.id
        joining = [(p.address, member_link) for p in self.people] + [(f"phone:{_COORDINATOR}", coordinator_link)]
        self._all(Inbound(address, unpack(f"join:{token}")) for address, token in joining)
        self._all(Inbound(p.address, unpack(f"org:{p.organisation}")) for p in self.people)
        self._all(Inbound(p.address, unpack(f"seat:{p.seat}")) for p in self.people)

    def _past_week(self) -> None:
        self.clock.jump_to(opening(self.clock.now(), self._partnership()))
        with self.store.work() as work:
            partnership = work.partnerships.get(self.partnership)
            current = rounds.open_round(work, self.store.keys, self.desk.flows, partnership, self.clock.now())
        self._simulate([p for p in self.people if self._random.random() < 0.85], 0.97)
        self.clock.jump_to(current.closes_at)
        with self.store.work() as work:
            rounds.close_round(work, self.desk.flows, current, self.clock.now())
            # Nobody was there to read it: the past is not sent out.
            for kind in ("digest", "tidy"):
                work.rounds.done(Due(kind, current.id, self.clock.now()))
        rounds.destroy_due(self.store, self.clock.now())

    def _simulate(self, people: Sequence[_Person], staying: float) -> None:
        """Let people walk their check-ins, tap by tap, through the desk; some leave half-way."""
        replies = self._all(Inbound(p.address, Command("checkin", "")) for p in people)
        walking = [(p, self._choose(p, r, 0)) for p, r in zip(people, replies, strict=True)]
        for step in range(1, 10):
            moves = [(p, move) for p, move in walking if move is not None and self._random.random() < staying]
            replies = self._all(Inbound(p.address, move) for p, move in moves)
            walking = [(p, self._choose(p, r, step)) for (p, _), r in zip(moves, replies, strict=True)]

    def _choose(self, person: _Person, reply: Reply, step: int) -> Tap | Words | None:
        taps = [t for row in reply.screens[0].buttons for b in row if isinstance(t := unpack(b.data), Tap)]
        choices = [t for t in taps if not t.choice.startswith(".")]
        if not choices:
            skip = next((t for t in taps if t.choice == ".skip"), None)
            note = _NOTES.get(person.number) if self._week() == _NOTES_IN_WEEK else None
            return Words(note) if skip and note else skip
        if sharing := [t for t in choices if t.choice == SHARED]:
            return sharing[0]
        scale = [t for t in choices if t.choice.isdigit()]
        return scale[self._leaning(person, step)] if scale else self._random.choice(choices)

    def _leaning(self, person: _Person, step: int) -> int:
        week = min(self._week(), len(_TRUST)) - 1
        middle = (_TRUST, _POWER, _PART)[step][week] if step < 3 else 2.4
        if person.seat == "lived" and step == 1:
            middle -= _LIVED_ON_POWER
        person_lean = random.Random(person.number).uniform(-0.8, 0.8)  # noqa: S311  same person, same leaning
        return max(0, min(4, round(middle + person_lean + self._random.gauss(0, 0.6))))

    def _week(self) -> int:
        return (self.clock.now() - _START).days // 7 + 1

    def _all(self, inbounds: Iterable[Inbound]) -> list[Reply]:
        replies = self.desk.converse(list(inbounds))
        for reply in replies:
            if isinstance(reply, Exception):
                raise reply
        return [r for r in replies if isinstance(r, Reply)]

    # --- what the page says

    def headline(self) -> str:
        """What is going on, in a sentence."""
        if self.status:
            return self.status
        current, partnership = self._open_round(), self._partnership()
        if current is None:
            return "The check-in has closed. Read the digest on a phone."
        return f"Week {current.number} is open. It closes on {day_and_time(current.closes_at, partnership.timezone)}."

    def steps(self) -> list[tuple[str, bool]]:
        """What a visitor may do next, as (text, done)."""
        closed = self._open_round() is None
        saved = any(m.screen.text.startswith("Saved") for p in self.phones.all for m in p.messages)
        return [
            ("Answer the check-in on a phone", saved or closed),
            ("Jump to closing time", closed),
            ("Read the digest and its chart", False),
        ]


def _phones() -> Phones:
    people = {p.number: p for p in _people()}
    seats = {"frontline": "Does frontline work", "lived": "Has lived through the problems"}
    visitors = [
        Phone(str(n), f"Member at {_PARTNERS[people[n].organisation - 1][0]}", seats[people[n].seat], _SHORT)
        for n in _VISITORS
    ]
    coordinator = Phone(
        _COORDINATOR, "Coordinator", "Sets the partnership up", ("/round", "/digest", "/invite", "/preview", "/who")
    )
    return Phones((*visitors, coordinator))


@asynccontextmanager
async def built(folder: Path, progress: Progress) -> AsyncIterator[Demo]:
    """A demonstration with its databases in `folder`, seeded and open."""
    demo = Demo(await install(folder), MovableClock(_START), _phones())
    await demo.begin(progress)
    try:
        yield demo
    finally:
        await demo.end()


async def script(folder: Path, progress: Progress) -> str:
    """Play one week without a browser: a visitor answers, the round closes, the digest comes. Its text."""
    async with built(folder, progress) as demo:
        visitor = demo.phones.all[0]
        planned = iter(("Mostly", "In part", "Mostly", "Yes, fully"))
        while not visitor.messages[-1].screen.text.startswith("Saved"):
            label = next(planned, visitor.messages[-1].screen.buttons[0][0].label)
            progress(f"A member taps “{label}”")
            await tap_label(demo, visitor, label)
        for place in ("reminder", "close"):
            progress({"reminder": "Jumping to the reminder", "close": "Jumping to closing time"}[place])
            await demo.jump(place)
        said = [message.screen.text for message in visitor.messages]
        first = next(n for n, text in enumerate(said) if text.startswith("How we are doing"))
        return "\n\n".join(said[first:])


async def tap_label(demo: Demo, phone: Phone, label: str) -> None:
    """Tap the button with this label on the phone's last message."""
    message = phone.messages[-1]
    data = next(b.data for row in message.screen.buttons for b in row if b.label == label)
    await demo.tap(phone, message.id, data)
