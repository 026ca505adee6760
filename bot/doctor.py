"""`pulse doctor`: each thing the bot needs, checked, with what to do."""

import asyncio
import os
import stat
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from bot.me import NotReached, get_me
from bot.settings import BadSettings, Settings, read_settings
from flows.errors import FlowsError
from storage.db import open_database
from storage.errors import StorageError
from storage.keys import open_keys

_DRIFT = 120  # seconds a clock may be off before rounds open at the wrong time


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing checked: whether it is well, and what was seen or what to do."""

    what: str
    ok: bool
    said: str

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


class Unwell(Exception):
    """Says what is wrong and what to do."""


def examine() -> list[Finding]:
    """Check everything; never raises for what it finds."""
    try:
        settings = read_settings()
    except BadSettings as exc:
        return [Finding("settings", ok=False, said=str(exc))]
    checks: dict[str, Callable[[Settings], str]] = {
        "settings": _settings,
        "key file": _key_file,
        "key store": _key_store,
        "database": _database,
        "thresholds": _thresholds,
        "migrations": _migrations,
        "check-ins": _flows,
        "token and clock": _telegram,
    }
    return [_one(what, check, settings) for what, check in checks.items()]


def _one(what: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    try:
        return Finding(what, ok=True, said=check(settings))
    except (BadSettings, StorageError, FlowsError, NotReached, Unwell) as exc:
        return Finding(what, ok=False, said=str(exc))


def _settings(settings: Settings) -> str:
    settings.must_serve()
    return f"run by {settings.operator}; complaints go to {settings.complaints}"


def _key_file(settings: Settings) -> str:
    keys = open_keys(settings.keys_url, settings.master_key_file)
    keys.database.dispose()
    mode = stat.S_IMODE(os.stat(settings.master_key_file).st_mode)  # noqa: PTH116  the mode is the point
    if mode & 0o077:
        message = f"{settings.master_key_file} can be read by others. Run: chmod 600 {settings.master_key_file}"
        raise Unwell(message)
    return f"{settings.master_key_file} is in place, for its owner alone"


def _key_store(settings: Settings) -> str:
    from bot.keeping import what_lingers

    keys = open_keys(settings.keys_url, settings.master_key_file)
    try:
        keys.check()
    finally:
        keys.database.dispose()
    return "; ".join(filter(None, ("it opens with the key file", what_lingers(settings))))


def _database(settings: Settings) -> str:
    from storage.recovery import must_be_whole
    from storage.work import Store

    database = open_database(settings.database_url)
    store = Store(database, open_keys(settings.keys_url, settings.master_key_file))
    try:
        with store.work() as work:
            must_be_whole(work)
            work.partnerships.keep_fact("doctor", "was here")
            count = len(work.partnerships.all())
    finally:
        store.dispose()
    return f"it takes a write; partnerships: {count}"


def _thresholds(settings: Settings) -> str:
    from storage.work import Store

    store = Store(open_database(settings.database_url), open_keys(settings.keys_url, settings.master_key_file))
    try:
        with store.work() as work:
            work.rounds.must_not_fall(settings.limits)
    finally:
        store.dispose()
    limits = settings.limits
    return f"a figure needs {limits.people} people, {limits.outsiders} of them outside any one organisation"


def _migrations(settings: Settings) -> str:
    from storage.migrations import KEYS, MAIN, behind

    for url, which in ((settings.database_url, MAIN), (settings.keys_url, KEYS)):
        database = open_database(url)
        old = behind(database, which)
        database.dispose()
        if old:
            message = "A database is not of this version. `pulse run` and `pulse init` bring it up to date."
            raise Unwell(message)
    return "both databases are of this version"


def _flows(settings: Settings) -> str:
    from bot.shelf import Shelf
    from storage.work import Store

    ours = Shelf()
    store = Store(open_database(settings.database_url), open_keys(settings.keys_url, settings.master_key_file))
    try:
        with store.work() as work:
            ours.must_agree(work)
            published = work.flows.refs()
    finally:
        store.dispose()
    return f"read: {', '.join(sorted(ours))}; published: {', '.join(published) or 'none yet'}"


def _telegram(settings: Settings) -> str:
    name, date = asyncio.run(get_me(settings))
    return f"@{name} answers; {_drift(date)}"


def _drift(date: str | None) -> str:
    if date is None:
        return "the clock could not be compared"
    off = abs((parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds())
    if off > _DRIFT:
        message = f"This machine's clock is {off:.0f} seconds off. Turn on time synchronisation."
        raise Unwell(message)
    return "the clock agrees"
