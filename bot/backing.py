"""`pulse backup` and `pulse restore`: identity and results into one encrypted file, and back into an empty database."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from io import BufferedIOBase
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from bot.ending import END
from bot.local import opening
from bot.operating import opened
from bot.settings import BadSettings, Settings
from storage.audit import OPERATOR, Audit
from storage.backup import BadBackup, read_backup, write_backup
from storage.db import alone, open_database, shown_url
from storage.errors import StorageError, unavailable
from storage.recovery import drop_period, must_be_current, recover
from storage.values import Due, Partnership
from storage.work import Work


class NotWritten(StorageError):
    """The file of a backup is not there; says why and what to do."""


def backup(settings: Settings, file: Path, to: str | None, now: datetime) -> dict[str, Any]:
    """Write one encrypted file, whole or not at all; no key of ours is read for it.

    Raises:
        BadSettings: nobody's public key was given.
        StorageError: it is no such key; the database cannot be read.
        NotWritten: the disk does not take the file; one of that name is as it was.
    """
    recipient = to or settings.backup_key
    if not recipient:
        message = "Say whose key opens the backup: --to age1… or PULSE_BACKUP_KEY. `age-keygen` makes a pair of keys."
        raise BadSettings(message)
    database = open_database(settings.database_url)
    try:
        with _whole(file) as target:
            write_backup(database, target, recipient, now.date())
        _note(database, now)
    except OSError as exc:
        message = (
            f"{file} cannot be written: {exc.strerror}. Check that its folder is there, open to you, and that its disk "
            "has room. A backup of that name from before is as it was."
        )
        raise NotWritten(message) from exc
    finally:
        database.dispose()
    return {"file": str(file), "day": now.date().isoformat(), "bytes": file.stat().st_size}


def backup_lines(value: dict[str, Any]) -> list[str]:
    """A backup for a person to read."""
    return [
        f"Wrote {value['file']} ({value['bytes']} bytes): who takes part, sealed, and the digests.",
        "It holds no answers of an open period and no keys: keep copies of the key file and the key store elsewhere.",
    ]


def restore(settings: Settings, file: Path, identity: Path, now: datetime) -> dict[str, Any]:
    """Put a backup into an empty database, all of it or nothing.

    The answers of a period that was open are in no backup: that period ends without a digest.

    Raises:
        BadBackup, BadKey, Forked: why it does not fit and what to do; nothing was written.
        Unavailable: a bot serves this database, or it does not take a write.
    """
    with opened(settings) as store, alone(store.database):
        with file.open("rb") as source, store.work() as work:
            made = read_backup(work, source, identity.read_text(errors="replace"))
            if work.audit.verify() is not None:
                message = "The audit log in this backup is not whole. Take another copy. Nothing was written."
                raise BadBackup(message)
            dropped = sum(_settle(work, partnership, now) for partnership in work.partnerships.all())
            count = len(work.partnerships.all())
            work.audit.add(now.date(), OPERATOR, "backup_restored", made.day.isoformat())
        forgotten = recover(store, now).forgotten
    return {"day": made.day.isoformat(), "partnerships": count, "periods_dropped": dropped, "forgotten": forgotten}


def restore_lines(value: dict[str, Any]) -> list[str]:
    """What was brought back, for a person to read."""
    dropped, forgotten = value["periods_dropped"], value["forgotten"]
    return [
        f"Brought back the backup of {value['day']}; partnerships: {value['partnerships']}.",
        *([f"Open periods given up, because their answers are in no backup: {dropped}."] if dropped else []),
        *([f"People forgotten again, because they had asked for it since: {forgotten}."] if forgotten else []),
        "Whoever joined or stopped after that day has to do so again. `pulse doctor`, then `pulse run`.",
    ]


def _settle(work: Work, partnership: Partnership, now: datetime) -> bool:
    """Give up what cannot be gone on with, and open no round late; whether an open period was dropped."""
    dropped = drop_period(work, partnership.id, now) is not None
    must_be_current(work, partnership.id)
    planned = work.rounds.planned("open", partnership.id)
    if planned is not None and planned <= now:
        work.rounds.plan(Due("open", partnership.id, opening(now, partnership)))
    if partnership.ended:
        work.rounds.plan(Due(END, partnership.id, now))
    return dropped


@contextmanager
def _whole(file: Path) -> Iterator[BufferedIOBase]:
    """A file that takes its name once all of it is on the disk; for its owner alone."""
    handle, beside = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as target:
            yield target
            target.flush()
            os.fsync(target.fileno())
        Path(beside).replace(file)
    except BaseException:
        Path(beside).unlink()
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _note(database: Engine, now: datetime) -> None:
    try:
        with database.begin() as connection:
            audit = Audit(connection)
            audit.add(now.date(), OPERATOR, "backup_made")
            audit.save()
    except DBAPIError as exc:
        raise unavailable(exc, shown_url(database)) from exc
