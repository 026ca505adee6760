"""The end of a partnership: nothing is asked any more, everyone is told once, then its people are deleted."""

from datetime import datetime, timedelta
from typing import Any

from bot.channel import Screen
from bot.retention import Jobs
from bot.words import words
from digests.disclose import needed
from storage.audit import OPERATOR
from storage.db import truncate_wal
from storage.errors import Refused
from storage.keys import KeyStore
from storage.pools import CLEAR
from storage.retention import GOODBYE, Retention
from storage.values import Due
from storage.work import Store, Work

TOLD, END = "told", "end"
STEPS = (GOODBYE, TOLD, END)
"""What is due once a partnership has ended, in this order."""

LATEST = timedelta(hours=20)  # of saying goodbye; the rest of a day is for the deleting.  Source: promises D26
_LOOK = timedelta(minutes=10)


# --- what an operator asks for


def preview(store: Store, name: str) -> dict[str, Any]:
    """What ending the partnership would do; nothing is done.

    Raises:
        NotFound, Refused: there is none of that name; it has ended already.
    """
    with store.work() as work:
        return _value(work, name) | {"ended": False}


def end(store: Store, name: str, now: datetime) -> dict[str, Any]:
    """End the partnership: close what is open without a digest, destroy its key, plan the goodbye.

    Raises:
        NotFound, Refused: there is none of that name; it has ended already.
    """
    with store.work() as work:
        value = _value(work, name)
        work.rounds.latest(value["id"])  # locked, as an opening locks it: neither slips in before the other
        rounds, periods = Retention(work.connection, store.keys).end(value["id"])
        pools = work.pools.drop_all(value["id"])
        work.rounds.plan(
            Due(GOODBYE, value["id"], now),
            *(Due("tidy", round_id, now) for round_id in rounds),
            *(Due("destroy", period, now) for period in periods),
            *(Due(CLEAR, pool, now) for pool in pools),
        )
        work.audit.add(now.date(), OPERATOR, "partnership_ended", value["id"])
    for period in periods:
        store.keys.destroy_period_key(period)  # now, bot or no bot; what is due would do it after a crash here
    for pool in pools:
        store.keys.destroy_pool_key(pool)
    truncate_wal(store.database)
    return value | {"ended": True}


def _value(work: Work, name: str) -> dict[str, Any]:
    partnership = work.partnerships.get(name)
    if partnership.ended:
        message = f"{partnership.name} has ended already. `pulse digest {partnership.id}` still shows its digests."
        raise Refused(message)
    least = needed(len(partnership.organisations), work.limits)
    return {
        "id": partnership.id,
        "name": partnership.name,
        "joined": words.about_joined(work.people.count_joined(partnership.id), least),
        "round_open": work.rounds.open_of(partnership.id) is not None,
    }


def lines(value: dict[str, Any]) -> list[str]:
    """What an ending does, or would do, for a person to read."""
    did = value["ended"]
    open_round = "The open round closes without a digest. " if value["round_open"] else ""
    return [
        f"{value['name']} ({value['id']}) has ended." if did else f"This would end {value['name']} ({value['id']}).",
        value["joined"],
        f"At once: {open_round}Invite links stop. No round opens again.",
        "Answers that no digest has shown are deleted unread, and their key is destroyed.",
        "Then everyone is told, once. A running bot does this.",
        "Within a day of that: members, coordinators, and all that says how to reach them are deleted.",
        "What stays: the name, the organisations, and the digests.",
        "Keep the bot running until tomorrow." if did else "Nothing was done. This cannot be undone. To do it: --yes",
    ]


# --- what time brings then


def step(work: Work, keys: KeyStore, jobs: Jobs, due: Due, now: datetime) -> None:
    """Say goodbye; look whether everyone has had it; delete everybody when they have, or when it is time."""
    retention, last = Retention(work.connection, keys), work.rounds.latest(due.subject)
    about = last.id if last else due.subject
    match due.kind:
        case "goodbye":
            jobs.add(work.connection, GOODBYE, about, retention.to_tell(due.subject, about))
            work.rounds.plan(Due(TOLD, due.subject, now + _LOOK), Due(END, due.subject, now + LATEST))
        case "told" if work.rounds.planned(END, due.subject) is not None:
            waiting = bool(retention.to_tell(due.subject, about))
            work.rounds.plan(Due(TOLD if waiting else END, due.subject, now + _LOOK if waiting else now))
        case "end":
            retention.empty(due.subject)
            work.rounds.plan(Due("tidy", about, now))


def goodbye(work: Work, about: str) -> Screen:
    """The last message. `about` is the partnership's last round; its own id where there was none."""
    last = work.rounds.get(about)
    return Screen(words.goodbye(work.partnerships.get(last.partnership if last else about)))


def claimed(work: Work, about: str, person: str) -> bool:
    """Claim the goodbye; False where it was begun before. Where there was no round there is no claim to make."""
    return work.rounds.get(about) is None or work.rounds.claim(about, person, GOODBYE)
