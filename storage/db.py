"""Opening a database. The only place that knows SQLite from PostgreSQL."""

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError

from storage.errors import Unavailable, unavailable

# FULL so that a tick is never shown for an answer a power cut can take back; secure_delete so that a deleted
# ballot leaves no bytes behind. Source: promises D17.
_PRAGMAS = {  # what is said, and what SQLite answers once it holds
    "auto_vacuum": ("FULL", 1),  # a write, and only heeded by a new file: before all others
    "journal_mode": ("WAL", "wal"),
    "synchronous": ("FULL", 2),
    "busy_timeout": ("5000", 5000),
    "foreign_keys": ("ON", 1),
    "secure_delete": ("ON", 1),
    "trusted_schema": ("OFF", 0),
    "temp_store": ("MEMORY", 2),
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
        event.listen(database, "first_connect", _must_be_sound)
        event.listen(database, "connect", _prepare_sqlite)
        event.listen(database, "begin", _begin)
        return database
    return create_engine(target, pool_pre_ping=True, hide_parameters=True)


def _prepare_sqlite(raw: Any, _: object) -> None:
    # The driver's own BEGIN comes too late (after a leading SELECT or SAVEPOINT), so we send ours.
    raw.isolation_level = None
    for name, (value, holds) in _PRAGMAS.items():
        if raw.execute(f"PRAGMA {name}").fetchone() != (holds,):
            raw.execute(f"PRAGMA {name}={value}")
            if raw.execute(f"PRAGMA {name}").fetchone() != (holds,):
                raise Unavailable(_without(raw, name))


def _without(raw: Any, name: str) -> str:
    file = raw.execute("PRAGMA database_list").fetchone()[2]
    mend = (
        f"Another program made the file. Run: sqlite3 {file} 'PRAGMA auto_vacuum=FULL; VACUUM'"
        if name == "auto_vacuum"
        else "Put the file on a disk of this machine, and use the SQLite that comes with Python 3.11 or newer."
    )
    return f"SQLite does not hold to {name} for the database {file}, and promises rest on it. {mend}"


def _must_be_sound(raw: Any, _: object) -> None:
    # Once for each process: a tenth of a second for 46 MiB. A damaged file may look well for a long time.
    try:
        sound = raw.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except UnicodeDecodeError:  # it names the broken part, whose name is broken too
        sound = False
    if not sound:
        message = "database disk image is malformed"
        raise sqlite3.DatabaseError(message)


def _begin(connection: Connection) -> None:
    reading = connection.get_execution_options().get("snapshot")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


_BRIEFLY = 100  # milliseconds: while the log's end waits for a reader, everybody who writes waits for it


@contextmanager
def snapshot(database: Engine) -> Iterator[Connection]:
    """The database as it is at one moment, to read from; nobody who writes has to wait."""
    sqlite = database.dialect.name == "sqlite"
    options: dict[str, Any] = (
        {"snapshot": True} if sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    )
    with database.connect().execution_options(**options, yield_per=1000) as connection, connection.begin():
        yield connection


def truncate_wal(database: Engine) -> bool:
    """Leave no copy of a deleted row in SQLite's write-ahead log; PostgreSQL has no such file to clear.

    Returns: False where somebody reads, a backup for example: the log stays, and is to be emptied later.
    """
    if database.dialect.name != "sqlite":
        return True
    with closing(database.raw_connection()) as raw:  # outside any transaction of ours
        cursor = raw.cursor()
        patience = cursor.execute("PRAGMA busy_timeout").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={_BRIEFLY}")
        try:
            busy, _, _ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={patience}")
    return not busy


_SLOTS = 64  # on PostgreSQL


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
        self._held = self._hold(database, 1 if only_first else _SLOTS)

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


@contextmanager
def alone(database: Engine) -> Iterator[None]:
    """Every slot held: no bot serves this database meanwhile.

    Raises:
        Unavailable: one does now.
    """
    if database.dialect.name == "sqlite":
        slot = Slot(database, only_first=True)
        try:
            yield
        finally:
            slot.release()
        return
    try:
        connection = database.connect().execution_options(isolation_level="AUTOCOMMIT")
    except DBAPIError as exc:
        raise unavailable(exc, shown_url(database)) from exc
    connection.detach()
    try:
        query = "SELECT bool_and(pg_try_advisory_lock(7857, n)) FROM generate_series(0, %s) AS n"
        if not connection.exec_driver_sql(query, (_SLOTS - 1,)).scalar_one():
            raise Unavailable(_TAKEN)
        yield
    finally:
        connection.close()


_TAKEN = "Another bot process already serves this database. Stop that one first (one process may poll Telegram)."


def _lock_file(path: Path) -> Any:
    try:
        handle = path.open("w")
    except OSError as exc:
        message = (
            f"The lock file {path} cannot be opened ({exc.strerror}). Check that its folder exists, and let the "
            "bot's user write to both."
        )
        raise Unavailable(message) from exc
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        handle.close()
        raise Unavailable(_TAKEN) from exc
    return handle
