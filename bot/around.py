"""What a handler may use beside the transaction: the flows, the time, who hosts, and the keys of new periods."""

from dataclasses import dataclass

from bot.channel import Button, Screen
from bot.clock import Clock
from bot.limits import WrongLinks
from bot.preview import Previews
from bot.shelf import Shelf
from bot.spoken import help_button
from bot.words import Host, words
from storage.keys import KeyStore
from storage.runs import started
from storage.values import OpenRun, Partnership
from storage.work import Work


@dataclass(frozen=True, slots=True)
class Around:
    """The same for every event one desk handles."""

    flows: Shelf
    clock: Clock
    host: Host
    keys: KeyStore
    wrong_links: WrongLinks
    previews: Previews

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
        self.flows.know(work, [found.run.flow])
        found.run = started(found.run, self.flows[found.run.flow].first(found.run.id, found.run.rotating).state)
        return found


def agree_again(host: Host, work: Work, kind: str, person: str, partnership: Partnership) -> Screen | None:
    """Today's words with buttons to agree, where a "member" or "coordinator" agreed to others; else None."""
    version = words.version_today(host, partnership, kind)
    if work.people.agreed(kind, person, partnership.id) == version:
        return None
    agree, leave = f"agree:{version}", "stop:"
    if kind == "coordinator":
        agree, leave = f"round-agree:{version}:{partnership.id}", f"round-leave:{partnership.id}"
    tools = (Button(words.NO_THANKS, leave), help_button())
    text = f"{words.CHANGED[kind]}\n\n{words.consent(host, partnership, kind)}"
    return Screen(text, ((Button(words.AGREE, agree),), tools))
