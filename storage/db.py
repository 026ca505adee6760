"""Opening a database. The only place that knows SQLite from PostgreSQL."""

import fcntl
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from storage.errors import Unavailable, unavailable

# FULL so that a tick is never shown for an answer a power cut can take back; secure_delete so that a deleted
# ballot leaves no bytes behind. Source: promises D17.
_PRAGMAS = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "busy_timeout": "5000",
    "foreign_keys": "ON",
    "secure_delete": "ON",
    "trusted_schema": "OFF",
    "temp_store": "MEMORY",
}


def driver_url(url: str) -> URL:
    """`url` with the driver this project ships."""
    try:
        parsed = make_url(url)
    except ArgumentError:  # its own text would repeat the address, password and all
        message = "A database's address makes no sense. Use sqlite:///FILE or postgresql://…"
        raise Unavailable(message) from None
    if parsed.get_backend_name() == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return parsed.set(drivername="sqlite")
    message = f"{url.split(':', 1)[0]} is not a database this bot knows. Use sqlite:///FILE or postgresql://…"
    raise Unavailable(message)


def shown_url(database: Engine | URL) -> str:
    """The address for an error message: no password in it."""
    return (database.url if isinstance(database, Engine) else database).render_as_string(hide_password=True)


def open_database(url: str) -> Engine:
    """An engine whose every transaction is a real one, on both databases.

    Raises:
        Unavailable: neither SQLite nor PostgreSQL.
    """
    target = driver_url(url)
    # Parameters hold sealed answers and indexes: an error never repeats them.
    if target.get_backend_name() == "sqlite":
        database = create_engine(target, connect_args={"check_same_thread": False}, hide_parameters=True)
        event.listen(database, "connect", _prepare_sqlite)
        event.listen(database, "begin", _begin_immediate)
        return database
    return create_engine(target, pool_pre_ping=True, hide_parameters=True)


def _prepare_sqlite(raw: Any, _: object) -> None:
    # The driver's own BEGIN comes too late (after a leading SELECT or SAVEPOINT), so we send ours.
    raw.isolation_level = None
    if raw.execute("PRAGMA auto_vacuum").fetchone() != (1,):
        raw.execute("PRAGMA auto_vacuum=FULL")  # a write, and only heeded by a new file: before all others
    for name, value in _PRAGMAS.items():
        raw.execute(f"PRAGMA {name}={value}")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def truncate_wal(database: Engine) -> None:
    """Leave no copy of a deleted row in SQLite's write-ahead log; PostgreSQL has no such file to clear."""
    if database.dialect.name == "sqlite":
        with closing(database.raw_connection()) as raw:  # outside any transaction of ours
            raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


class Slot:
    """A place held by one living process: the first free number; the kernel or server frees it at death.

    SQLite has one slot, a lock on a file beside the database; PostgreSQL has 64, advisory locks.
    """

    def __init__(self, database: Engine, *, only_first: bool) -> None:
        """Take a slot.

        Raises:
            Unavailable: another process serves this database, and only one may.
        """
        self.number = 0
        self._held = self._hold(database, 1 if only_first else 64)

    def _hold(self, database: Engine, slots: int) -> Any:
        if database.dialect.name == "sqlite":
            return _lock_file(Path(f"{database.url.database}.lock"))
        try:
            connection = database.connect().execution_options(isolation_level="AUTOCOMMIT")
        except DBAPIError as exc:
            raise unavailable(exc, shown_url(database)) from exc
        connection.detach()  # the lock lives as long as the connection, and the pool would keep it open
        for number in range(slots):
            query = "SELECT pg_try_advisory_lock(7857, %s)"
            if connection.exec_driver_sql(query, (number,)).scalar_one():
                self.number = number
                return connection
        connection.close()
        raise Unavailable(_TAKEN)

    def release(self) -> None:
        """Give the slot back."""
        self._held.close()


_TAKEN = "Another bot process already serves this database. Stop that one first (one process may poll Telegram)."


def _lock_file(path: Path) -> Any:
    handle = path.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        handle.close()
        raise Unavailable(_TAKEN) from exc
    return handle
