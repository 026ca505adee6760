"""An installation with people in it, made in the test's own process, for bots that are then started and killed."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from riverside import Riverside, riverside
from sqlalchemy import text

from bot.channel import Inbound, Tap, unpack
from bot.clock import MovableClock
from bot.converse import Desk
from bot.shelf import Shelf
from bot.words import Host
from flows.engine import engines
from flows.run import Run
from storage.keyfile import make_key_file
from storage.keys import open_keys
from storage.work import Store, open_store

FLOWS = engines()
# What the taps of `installation.FULL` say, by question; the fourth asks the round's rotating item.
ANSWERS = (("T1", "75"), ("P1", "50"), ("E1", "25"), ("rotating", "75"), ("help_part", "unsaid"))


@dataclass(frozen=True)
class Ground:
    """One installation's desk, and its only partnership. Members are known by their Telegram numbers."""

    desk: Desk
    town: Riverside

    @property
    def store(self) -> Store:
        return self.desk.store

    def joins(self, numbers: Sequence[int]) -> None:
        """Make members, step by step side by side."""
        with self.store.work() as work:
            link = work.people.make_link(self.town.partnership.id, "member", self.town.clock.now(), len(numbers))
        for data in ("join:" + link, "org:{}", "seat:frontline"):
            self._all([Inbound(f"tg:{n}", unpack(data.format(n % 3 + 1))) for n in numbers])

    def answers(self, numbers: Sequence[int], steps: int = 6) -> None:
        """Give so many answers of the open check-in, the last being no note, step by step side by side."""
        runs = {number: self.run_of(number) for number in numbers}
        for turn, choice in enumerate((*(code for _, code in ANSWERS), ".skip")[:steps]):
            self._all([Inbound(f"tg:{number}", Tap(run.id, turn, choice), 5) for number, run in runs.items()])

    def _all(self, inbounds: Sequence[Inbound]) -> None:
        assert not [reply for reply in self.desk.converse(inbounds) if isinstance(reply, Exception)]

    def person(self, number: int) -> str:
        """The id of a person."""
        with self.store.work() as work:
            found = work.people.find(f"tg:{number}")
        assert found is not None
        return found.id

    def run_of(self, number: int) -> Run:
        """Where a member's check-in stands, with the answers that are in the ballot."""
        with self.store.work() as work:
            person = work.people.find(f"tg:{number}")
            assert person is not None
            assert person.member is not None
            found = work.runs.of_member(person.member.id)
        assert found is not None
        return found.run

    def claims(self) -> dict[tuple[str, str], bool]:
        """(address, what) -> whether it is known to have arrived, for every send that was begun."""
        with self.store.work() as work:
            rows = work.connection.execute(text("SELECT person_id, kind, sent FROM claim")).all()
            return {(work.people.address_of(person) or "", kind): bool(sent) for person, kind, sent in rows}

    def again(self, folder: Path) -> "Ground":
        """The same, its databases copied to `folder`, as another process opens them."""
        desk = replace(self.desk, store=_opened(folder))
        return Ground(desk, replace(self.town, desk=desk))


def founded(folder: Path, migrated: Path) -> Ground:
    """What `pulse init` leaves in `folder`, and a partnership on the present day's clock with nobody in it."""
    for made, name in (("main.db", "pulse.db"), ("keys.db", "pulse-keys.db")):
        shutil.copy(migrated / made, folder / name)
    make_key_file(folder / "pulse.key")
    keys = open_keys(f"sqlite:///{folder}/pulse-keys.db", folder / "pulse.key")
    keys.prepare()
    keys.database.dispose()
    clock, host = MovableClock(datetime.now(UTC)), Host("Voluntary Network", "help@example.org", "pulse_test_bot")
    desk = Desk(_opened(folder), Shelf(FLOWS), clock, host)
    return Ground(desk, riverside(desk, clock))


def _opened(folder: Path) -> Store:
    return open_store(f"sqlite:///{folder}/pulse.db", f"sqlite:///{folder}/pulse-keys.db", folder / "pulse.key")
