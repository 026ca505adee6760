"""Our own bot, as an operator would run it: a seeded installation and the process that serves it."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from bot.rounds import open_round
from bot.shelf import Shelf
from bot.words import Host, words
from storage.keyfile import make_key_file
from storage.keys import open_keys
from storage.migrations import main as migrate
from storage.values import Due, Organisation, Partnership
from storage.work import Store, Work, open_store

_PARTNERS = tuple(Organisation(n, f"Partner {n}", lead=n == 1) for n in range(1, 11))
_SEATS = ("lead", "partner", "frontline", "lived", "undeclared")
_TOGETHER = 500  # members written in one transaction
_HOST = Host("Bench", "bench@example.org")


def settings(folder: Path) -> dict[str, str]:
    """Where the installation in `folder` keeps its answers, its keys and its master key."""
    return {
        "PULSE_DATABASE_URL": f"sqlite:///{folder}/pulse.db",
        "PULSE_KEYS_URL": f"sqlite:///{folder}/keys.db",
        "PULSE_MASTER_KEY_FILE": f"{folder}/pulse.key",
        "PULSE_OPERATOR": _HOST.operator,
        "PULSE_CONTACT": _HOST.contact,
        "PULSE_COMPLAINTS": _HOST.contact,
    }


def install(folder: Path) -> Store:
    """An installation with nobody in it."""
    folder.mkdir(parents=True)
    database, keys, key_file = list(settings(folder).values())[:3]
    make_key_file(Path(key_file))
    migrate(database, keys)
    standing = open_keys(keys, Path(key_file))
    standing.prepare()
    standing.database.dispose()
    return open_store(database, keys, Path(key_file))


def seed(store: Store, name: str, people: Iterable[int], now: datetime) -> Partnership:
    """A partnership with these Telegram users as members and a round open, nobody yet asked."""
    with store.work() as work:
        partnership = work.partnerships.create(Partnership("", name, "Europe/London", 0, "10:00", _PARTNERS))
    waiting = list(people)
    for start in range(0, len(waiting), _TOGETHER):
        with store.work() as work:
            for person in waiting[start : start + _TOGETHER]:
                _join(work, partnership, person, now)
    with store.work() as work:
        opened = open_round(work, store.keys, Shelf(), partnership, now)
        work.rounds.done(Due("prompt", opened.id, now))  # the prompts would be measured with the taps
    return partnership


def _join(work: Work, partnership: Partnership, person: int, now: datetime) -> None:
    who = work.people.add_person(f"tg:{person}", "en")
    agreed = words.version_today(_HOST, partnership, "member")
    member = work.people.add_member(who, partnership.id, agreed, now.date())
    work.people.pick(member, organisation=person % len(_PARTNERS) + 1, seat=_SEATS[person % len(_SEATS)])
