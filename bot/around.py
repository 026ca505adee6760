"""What a handler may use beside the transaction: the flows, the time, who hosts, and the keys of new periods."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.clock import Clock
from bot.limits import WrongLinks
from bot.words import Host
from flows.engine import Engine
from storage.keys import KeyStore
from storage.runs import started
from storage.values import OpenRun
from storage.work import Work


@dataclass(frozen=True, slots=True)
class Around:
    """The same for every event one desk handles."""

    flows: Mapping[str, Engine]
    clock: Clock
    host: Host
    keys: KeyStore
    wrong_links: WrongLinks

    def open_run(self, work: Work, address: str) -> OpenRun | None:
        """The person's run in an open round, made now for one who joined after it opened; None if there is none."""
        person = work.people.find(address)
        if person is None or person.member is None or not person.member.joined:
            return None
        found = work.runs.of_member(person.member.id)
        if found is None:
            open_round = work.rounds.open_of(person.member.partnership)
            if open_round is None:
                return None
            work.runs.begin(open_round.id, [person.member.id])
            found = work.runs.of_member(person.member.id)
        if found is None or self.clock.now() >= found.closes_at:
            return None
        found.run = started(found.run, self.flows[found.run.flow].first(found.run.id, found.run.rotating).state)
        return found
