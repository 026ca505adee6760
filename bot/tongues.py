"""Which language a person is spoken to in, and the buttons with which they pick another."""

from bot.channel import Button, Inbound, Press, Screen, Tap
from bot.languages import NAMES, offered, reviewed
from bot.speech import say, speaking
from bot.words import words
from storage.values import Person
from storage.work import Work

PICK, PICKED = "language", "language-is"
_MOST = 40  # characters of an invite's token that the picker's buttons carry along


def spoken_to(work: Work, inbound: Inbound) -> str | None:
    """The language to answer in: the one they press for, the one they picked, else the one their app speaks."""
    match inbound.event:
        case Press("language-is", about):
            return about.partition(":")[0]
        case Press("join", about) if about.count(":") == 2:
            return about.rpartition(":")[2]
        case Tap(run):
            found = work.runs.get(run)
            if found is not None and found.lookup == work.people.lookup(inbound.address):
                return found.language
    return work.people.language_of(inbound.address) or inbound.language


def picker(person: Person | None, token: str = "") -> Screen:
    """The languages to pick from. Who has not joined comes from an invite and goes back to it: nothing is kept."""
    if person is None and not token:
        return Screen(words.ASK_LANGUAGE_FIRST)
    rest = f":{token[:_MOST]}" if token else ""
    return Screen(words.ASK_LANGUAGE, tuple((Button(_name(code), f"{PICKED}:{code}{rest}"),) for code in offered()))


def button(token: str) -> tuple[tuple[Button, ...], ...]:
    """A row under an invite that leads to the other languages."""
    return ((Button(words.LANGUAGES, f"{PICK}:{token}"),),)


def _name(code: str) -> str:
    if reviewed(code):
        return NAMES[code]
    with speaking(code):
        return say("{language} ({note})", language=NAMES[code], note=words.NOT_REVIEWED_SHORT)
