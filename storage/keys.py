"""The key store: a database of its own, so that no dump or backup of the answers holds what opens them."""

import contextlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from sqlalchemy import Connection, Engine, LargeBinary, MetaData, String, delete, insert, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Column, Field, SQLModel

from storage.crypto import KEY_BYTES, new_key, seal, subkey, unseal
from storage.db import open_database, shown_url, truncate_wal
from storage.errors import BadKey, Tampered, unavailable

IDENTITY, LOOKUP, LINKS = "identity", "lookup", "links"


class _KeysModel(SQLModel):
    """Base of the key store's tables: a metadata apart from the main database's."""

    metadata = MetaData()


class KeyRow(_KeysModel, table=True):
    """One key, wrapped by the master key."""

    __tablename__ = "key"

    name: str = Field(sa_column=Column(String(80), primary_key=True))
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


_KEYS = KeyRow.__table__  # type: ignore[attr-defined]
metadata = _KeysModel.metadata


def make_key_file(path: Path) -> bool:
    """Write a new master key, readable by its owner alone; False where the file is already there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as file:
        file.write(new_key().hex().encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def read_key_file(path: Path) -> bytes:
    """The master key. Shape: 32 bytes.

    Raises:
        BadKey: missing, unreadable, or not 64 hexadecimal digits.
    """
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as exc:
        message = f"The key file {path} cannot be read. Put it back from where you keep it, or run `pulse init` once."
        raise BadKey(message) from exc
    with contextlib.suppress(ValueError):
        if len(key := bytes.fromhex(text)) == KEY_BYTES:
            return key
    message = f"The key file {path} is not a key of this bot (64 hexadecimal digits). Put the right file back."
    raise BadKey(message)


def holds_keys(database: Engine) -> bool:
    """Whether this database is a key store with keys in it."""
    if not inspect(database).has_table(_KEYS.name):
        return False
    with database.begin() as connection:
        return connection.scalar(select(_KEYS.c.name).limit(1)) is not None


class KeyStore:
    """All keys, unwrapped on demand. The master key is held in memory, never in a database."""

    def __init__(self, database: Engine, master: bytes) -> None:
        self.database = database
        self._wrapping = subkey(master, "wrap")
        self._standing: dict[str, bytes] = {}

    def prepare(self) -> None:
        """Make the standing keys where there are none."""
        with self._begin() as connection:
            have = set(connection.scalars(select(_KEYS.c.name)))
            rows = [self._row(name, new_key()) for name in (IDENTITY, LOOKUP, LINKS) if name not in have]
            if rows:
                connection.execute(insert(_KEYS), rows)

    def check(self) -> None:
        """Open every standing key.

        Raises:
            BadKey: the key store is empty, or was made with another key file.
        """
        for name in (IDENTITY, LOOKUP, LINKS):
            self.standing(name)

    def standing(self, name: str) -> bytes:
        """The key that lives as long as the installation. Shape: 32 bytes."""
        if name not in self._standing:
            found = self._find([name])
            if name not in found:
                message = f"The key store {shown_url(self.database)} holds no keys. Run `pulse init`."
                raise BadKey(message)
            self._standing |= found
        return self._standing[name]

    def make_period_key(self, period: str) -> None:
        """A fresh key for a period about to start. One without a period is harmless."""
        with self._begin() as connection:
            connection.execute(insert(_KEYS), [self._row(f"period:{period}", new_key())])

    def period_keys(self, periods: Iterable[str]) -> dict[str, bytes]:
        """The keys of the open periods among `periods`."""
        found = self._find([f"period:{period}" for period in periods])
        return {name.removeprefix("period:"): key for name, key in found.items()}

    def destroy_period_key(self, period: str) -> None:
        """After this nobody can read what was sealed in `period`, or tell whose it was."""
        with self._begin() as connection:
            connection.execute(delete(_KEYS).where(_KEYS.c.name == f"period:{period}"))
        truncate_wal(self.database)

    @contextlib.contextmanager
    def _begin(self) -> Iterator[Connection]:
        # Named here: within a piece of work the error would otherwise be taken for the main database's.
        try:
            with self.database.begin() as connection:
                yield connection
        except DBAPIError as exc:
            raise unavailable(exc, shown_url(self.database)) from exc

    def _row(self, name: str, key: bytes) -> dict[str, object]:
        return {"name": name, "wrapped": seal(self._wrapping, key, f"key:{name}".encode())}

    def _find(self, names: list[str]) -> dict[str, bytes]:
        with self._begin() as connection:
            rows = connection.execute(select(_KEYS).where(_KEYS.c.name.in_(names))).all()
        try:
            return {name: unseal(self._wrapping, wrapped, f"key:{name}".encode()) for name, wrapped in rows}
        except Tampered as exc:
            message = (
                f"The key file does not fit the key store {shown_url(self.database)}. "
                "Put back the key file that was made with it."
            )
            raise BadKey(message) from exc


def open_keys(url: str, key_file: Path) -> KeyStore:
    """The key store at `url`, opened with the master key in `key_file`.

    Raises:
        BadKey: the key file is missing or is no key.
        Unavailable: no database of that kind.
    """
    return KeyStore(open_database(url), read_key_file(key_file))
