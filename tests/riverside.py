"""A partnership played through the desk: what people tap and write, what they see, what time brings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot import rounds
from bot.channel import Command, Happening, Inbound, Reply, Screen, Tap, Words, unpack
from bot.clock import MovableClock
from bot.converse import Desk
from bot.digest import thawed
from bot.local import opening
from digests import Digest
from storage.values import Due, Member, Organisation, Partnership, Round

ORGANISATIONS = ("City Council", "Riverside Homes", "Open Door")
SEATS = ("lead", "frontline", "lived")


class Jobs:
    """The durable queue's place: a list of what would be sent, by kind, round and person."""

    def __init__(self) -> None:
        self.added: list[tuple[str, str, str]] = []
        self.forgotten: list[str] = []
        self.forgotten_before: datetime | None = None

    def add(self, connection: Connection, kind: str, round_id: str, people: Iterable[str]) -> None:
        self.added += [(kind, round_id, person) for person in people]

    def forget(self, round_id: str) -> None:
        self.forgotten.append(round_id)

    def forget_before(self, instant: datetime) -> None:
        self.forgotten_before = instant

    def kinds(self) -> list[str]:
        """What was sent, in order, each kind named once for all its people."""
        sent = dict.fromkeys((kind, round_id) for kind, round_id, _ in self.added)
        return [kind for kind, _ in sent]

    def to(self, kind: str) -> list[str]:
        return [person for added, _, person in self.added if added == kind]


class Letters:
    """A channel's place: what arrived, by address."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, Screen]] = []

    async def send(self, where: str, screen: Screen) -> None:
        self.arrived.append((where, screen))


@dataclass
class Riverside:
    """One partnership: people are known by a short name, and each holds the last screen they saw."""

    desk: Desk
    clock: MovableClock
    partnership: Partnership
    member_link: str
    coordinator_link: str
    jobs: Jobs = field(default_factory=Jobs)
    screens: dict[str, Screen] = field(default_factory=dict)

    # --- what people do

    def tell(self, who: str, event: Happening, message: int | None = None) -> Reply:
        """One event alone; an exception in its place is raised."""
        return self.tell_all([(who, event, message)])[0]

    def tell_all(self, events: Sequence[tuple[str, Happening, int | None]]) -> list[Reply]:
        """Several events in one batch."""
        replies = self.desk.converse([Inbound(address(who), event, message) for who, event, message in events])
        for (who, _, _), reply in zip(events, replies, strict=True):
            if isinstance(reply, Exception):
                raise reply
            if reply.screens:
                self.screens[who] = reply.screens[-1]
        return [reply for reply in replies if isinstance(reply, Reply)]

    def says(self, who: str, text: str, message: int | None = None) -> Reply:
        """Send a command or words."""
        if text.startswith("/"):
            name, _, rest = text[1:].partition(" ")
            return self.tell(who, Command(name, rest), message)
        return self.tell(who, Words(text), message)

    def presses(self, who: str, data: str, message: int | None = None) -> Reply:
        """Tap a button with this data, whether or not it is on the screen."""
        return self.tell(who, unpack(data), message)

    def taps(self, who: str, label: str, message: int | None = None) -> Reply:
        """Tap the button with this label on the screen last seen."""
        return self.presses(who, button(self.screens[who], label), message)

    def sees(self, who: str) -> str:
        """The text of the screen last seen."""
        return self.screens[who].text

    def joins(self, *people: str, seats: Sequence[str] = SEATS) -> None:
        """Agree, then pick organisations and seats in turn."""
        self.tell_all([(who, unpack(f"join:{self.member_link}"), None) for who in people])
        numbers = [n % len(ORGANISATIONS) + 1 for n in range(len(people))]
        self.tell_all([(who, unpack(f"org:{n}"), None) for who, n in zip(people, numbers, strict=True)])
        chosen = [seats[n % len(seats)] for n in range(len(people))]
        self.tell_all([(who, unpack(f"seat:{s}"), None) for who, s in zip(people, chosen, strict=True)])

    def coordinates(self, who: str) -> None:
        """Become a coordinator, by a link of their own."""
        with self.desk.store.work() as work:
            link = work.people.make_link(self.partnership.id, "coordinator", self.clock.now())
        self.presses(who, f"join:{link}")

    def answers(self, who: str, *codes: str) -> None:
        """Open the check-in and give these answers, as far as they go."""
        self.says(who, "/checkin")
        for code in codes:
            self.gives(who, code)

    def gives(self, who: str, code: str) -> Reply:
        """Tap the answer with this code on the screen last seen."""
        return self.tell(who, next(tap for tap in choices(self.screens[who]) if tap.choice == code))

    def finishes(self, who: str, *codes: str) -> None:
        """Give these answers, then the first choice or no note, to the end."""
        self.answers(who, *codes)
        while not self.sees(who).startswith("Saved"):
            taps = choices(self.screens[who])
            done = next((t for t in taps if t.choice == ".done"), None)  # where several may be picked
            self.tell(who, done or next((t for t in taps if not t.choice.startswith(".")), taps[0]))

    def reaches_the_note(self, who: str, *codes: str, message: int | None = None) -> None:
        """Give these answers, or the best, as far as the note; the check-in stands in `message`."""
        self.says(who, "/checkin")
        given = iter(codes)
        while not self.sees(who).split("\n\n")[1].startswith("Would you like to add a note?"):
            code = next(given, "75")
            taps = choices(self.screens[who])
            self.tell(who, next((t for t in taps if t.choice == code), taps[0]), message)

    def is_run_by(self, operator: str) -> None:
        """Another body runs the bot from now on, so the words to agree to are others."""
        self.desk = replace(self.desk, host=replace(self.desk.host, operator=operator))

    # --- what time brings

    def opens(self, flow: str | None = None) -> Round:
        """Open a round now."""
        keys, flows = self.desk.store.keys, self.desk.flows
        with self.desk.store.work() as work:
            return rounds.open_round(work, keys, flows, self.partnership, self.clock.now(), flow)

    def closes(self) -> None:
        """Let the open round's time run out, and do what is due."""
        self.clock.jump_to(self.current().closes_at)
        self.wakes()

    def week(self) -> Round:
        """The clock moves to the next opening; the round opens and its prompts go out."""
        self.clock.jump_to(opening(self.clock.now(), self.partnership))
        if self.planned("open", self.partnership.id) is None:
            self.opens()
        self.wakes()
        return self.current()

    def wakes(self, now: datetime | None = None) -> int:
        """Do what is due until nothing is; how many things were done."""
        done = 0
        while more := rounds.run_due(self.desk.store, self.desk.flows, self.jobs, now or self.clock.now()):
            done += more
        return done

    # --- what is kept

    def current(self) -> Round:
        with self.desk.store.work() as work:
            found = work.rounds.open_of(self.partnership.id)
        assert found is not None
        return found

    def due(self) -> list[Due]:
        """All that is planned, the next first."""
        with self.desk.store.work() as work:
            return list(work.rounds.due(self.clock.now() + timedelta(days=1000)))

    def planned(self, kind: str, subject: str) -> datetime | None:
        with self.desk.store.work() as work:
            return work.rounds.planned(kind, subject)

    def digests(self) -> list[Digest]:
        with self.desk.store.work() as work:
            return [thawed(frozen) for frozen in work.frozen.digests(self.partnership.id)]

    def member(self, who: str) -> Member:
        with self.desk.store.work() as work:
            person = work.people.find(address(who))
        assert person is not None
        assert person.member is not None
        return person.member

    def person(self, who: str) -> str:
        with self.desk.store.work() as work:
            person = work.people.find(address(who))
        assert person is not None
        return person.id


def riverside(
    desk: Desk, clock: MovableClock, name: str = "Riverside Partnership", calendar: str = "pulse"
) -> Riverside:
    """The partnership as `pulse partnership create` makes it, but for its calendar: check-ins open on Friday at ten."""
    partners = tuple(Organisation(n, name, n == 1) for n, name in enumerate(ORGANISATIONS, start=1))
    with desk.store.work() as work:
        made = work.partnerships.create(Partnership("", name, "Europe/London", 4, "10:00", partners, calendar=calendar))
        links = [work.people.make_link(made.id, kind, clock.now()) for kind in ("member", "coordinator")]
    return Riverside(desk, clock, made, *links)


def address(who: str) -> str:
    return f"phone:{who}"


def button(screen: Screen, label: str) -> str:
    """The data of the button with this label."""
    return next(b.data for row in screen.buttons for b in row if b.label == label)


def labels(screen: Screen) -> list[str]:
    return [b.label for row in screen.buttons for b in row]


def choices(screen: Screen) -> list[Tap]:
    """The check-in's taps on a screen, in order."""
    read = (unpack(b.data) for row in screen.buttons for b in row)
    return [event for event in read if isinstance(event, Tap)]
