"""What an operator asks about keys, as values: change them, or give up a period that cannot or must not be read."""

from datetime import UTC, datetime
from typing import Any

from bot import rounds
from bot.operating import opened
from bot.settings import Settings
from storage.audit import OPERATOR
from storage.db import driver_url
from storage.errors import Refused
from storage.recovery import drop_period, open_period
from storage.rotation import rotate as change_keys


def rotate(settings: Settings) -> dict[str, Any]:
    """Change the master key and the keys to people's addresses, while no bot runs.

    Raises:
        Unavailable, BadKey, Forked: a bot runs; the keys do not belong together, or cannot be written.
    """
    now = datetime.now(UTC)
    with opened(settings) as store:
        found = change_keys(store, settings.master_key_file, now)
    return {
        "key_file": str(settings.master_key_file),
        "day": now.date().isoformat(),
        "older": list(found.older),
        "forgotten": found.forgotten,
    }


def rotated_lines(value: dict[str, Any]) -> list[str]:
    """Changed keys for a person to read."""
    older, forgotten = ", ".join(value["older"]), value["forgotten"]
    return [
        *([f"A copy from before the last digest was put right: a new four weeks begin for {older}."] if older else []),
        *([f"People forgotten again, because they had asked for it since: {forgotten}."] if forgotten else []),
        f"The keys are new. {value['key_file']} holds the new master key.",
        "Make new copies now: of the key file, of the key store, and with `pulse backup`. Keep the three apart.",
        "Copies from before today open nothing any more. Delete them all, the old key file first.",
    ]


def drop(settings: Settings, name: str, *, sure: bool) -> dict[str, Any]:
    """Give up the answers of the open period, unread; unless `sure`, only say what that would do.

    Raises:
        NotFound, Refused: there is no partnership of that name; no period of it is open.
    """
    now = datetime.now(UTC)
    with opened(settings) as store:
        with store.work() as work:
            partnership = work.partnerships.get(name)
            current = work.rounds.open_of(partnership.id)
            period = drop_period(work, partnership.id, now) if sure else open_period(work, partnership.id)
            if period is None:
                message = f"No four weeks of {partnership.name} are under way, so there is nothing to give up."
                raise Refused(message)
            if sure:
                work.audit.add(now.date(), OPERATOR, "round_dropped", partnership.id)
        if sure:
            rounds.destroy_due(store, now)
    return {
        "id": partnership.id,
        "name": partnership.name,
        "rounds": list(period.rounds),
        "round_open": current is not None,
        "dropped": sure,
    }


def dropped_lines(value: dict[str, Any]) -> list[str]:
    """What giving up does, or would do, for a person to read."""
    first, last = value["rounds"][0], value["rounds"][-1]
    which = f"round {first}" if first == last else f"rounds {first} to {last}"
    closes = f"Round {last} closes at once, without a digest." if value["round_open"] else "No round is open now."
    return [
        f"{'Given' if value['dropped'] else 'This would give'} up all answers to {which} of {value['name']}, unread.",
        f"{closes} There will be no four-week figures for them. Digests that went out stay.",
        "The next round opens as planned and begins a new four weeks.",
        "Tell the members that their answers of these weeks are gone." if value["dropped"] else _TO_DO_IT,
    ]


_TO_DO_IT = "Nothing was done. This cannot be undone. To do it: --yes"


def what_lingers(settings: Settings) -> str:
    """What a destroyed key may leave behind where the key store lies; empty where it leaves nothing."""
    if driver_url(settings.keys_url).get_backend_name() == "sqlite":
        return ""
    return (
        "PostgreSQL keeps what was deleted in its files and its log for a while: "
        "destroyed keys may be recovered from PostgreSQL's files until `pulse keys rotate`"
    )
