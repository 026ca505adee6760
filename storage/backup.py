"""One encrypted file of identity and results, the same from SQLite and from PostgreSQL; never a ballot, never a key.

Inside the encryption are lines of canonical JSON: a header, then for each table a line that names it and its columns,
then its rows. Addresses in it are sealed as they are in the database, and what opens them is not there.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from io import BufferedIOBase
from typing import Any

import pyrage
from pyrage import x25519
from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from digests import canonical, seal
from storage.crypto import keyed_index, unseal
from storage.db import shown_url, snapshot
from storage.errors import StorageError, Tampered, unavailable
from storage.frozen import NO_SEAL
from storage.keys import IDENTITY, LOOKUP
from storage.people import KEYS_FACT
from storage.tables import Instant, metadata
from storage.work import Work

FORMAT = 1
KEPT = ("fact", "audit", "flow", "text", "partnership", "organisation", "person", "coordinator", "member", "link",
        "period", "round", "digest", "correction", "due")  # fmt: skip
LEFT_OUT = ("ballot", "run", "claim", "pool", "poolballot", "chart")  # a chart is drawn again
PLANS = ("open",)  # of what is due; all else is about sends and ballots, which are not kept, or plans itself
_BATCH = 1000
_TABLES = [metadata.tables[name] for name in KEPT]


class BadBackup(StorageError):
    """The file cannot be brought back; says why and what to do. Nothing was written."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a backup says of itself: its form, the schema, the mark of its keys, and its day."""

    format: int
    schema: str
    keys: str
    day: date


# --- writing


def write_backup(database: Engine, file: BufferedIOBase, recipient: str, day: date) -> None:
    """Write all that is kept, as it is at one moment; neither keys nor the key file are needed or read.

    Raises:
        BadBackup: `recipient` is no public key of age.
        Unavailable: the database cannot be read.
        OSError: the file does not take all of it.
    """
    try:
        to = x25519.Recipient.from_str(recipient.strip())
    except pyrage.RecipientError:
        message = "That is no public key of age. It begins with age1; `age-keygen` makes one."
        raise BadBackup(message) from None
    try:
        with snapshot(database) as connection:
            source, sink = _Source(_lines(connection, day)), _Sink(file)
            try:
                pyrage.encrypt_io(source, sink, [to])
            except pyrage.EncryptError as exc:
                raise source.failed or sink.failed or exc from None
            if sink.failed is not None:  # the library says nothing where its last few bytes fail
                raise sink.failed
    except DBAPIError as exc:
        raise unavailable(exc, shown_url(database)) from exc


def _lines(connection: Connection, day: date) -> Iterator[bytes]:
    header = Header(FORMAT, _schema(connection), _mark(connection), day)
    yield _line(asdict(header))
    for table in _TABLES:
        yield _line({"table": table.name, "columns": _columns(table)})
        for row in connection.execute(_rows(table)):
            yield _line(list(row))


def _columns(table: Any) -> list[str]:
    return [column.name for column in table.columns]


def _rows(table: Any) -> Select[Any]:
    query = select(*(table.c[name] for name in _columns(table))).order_by(*table.primary_key)
    return query.where(table.c.kind.in_(PLANS)) if table.name == "due" else query


def _line(value: object) -> bytes:
    return json.dumps(value, default=_plain, separators=(",", ":"), sort_keys=True).encode() + b"\n"


def _plain(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value.isoformat())


def _schema(connection: Connection) -> str:
    return str(connection.scalar(text("SELECT version_num FROM pulse_migration")))


def _mark(connection: Connection) -> str:
    fact = metadata.tables["fact"]
    return str(connection.scalar(select(fact.c.value).where(fact.c.name == KEYS_FACT)) or "")


class _Source(BufferedIOBase):
    """Lines as a file to read from, as the encrypting library wants them."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.failed: Exception | None = None  # the library would tell of it in text alone
        self._lines, self._rest = lines, b""

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""
        size = size if size and size > 0 else 1 << 16
        try:
            while len(self._rest) < size and (line := next(self._lines, None)) is not None:
                self._rest += line
        except Exception as exc:
            self.failed = exc
            raise
        now, self._rest = self._rest[:size], self._rest[size:]
        return now


class _Sink(BufferedIOBase):
    """A file to write to that remembers the first write that failed."""

    def __init__(self, file: BufferedIOBase) -> None:
        self.failed: Exception | None = None
        self._file = file

    def write(self, data: Any, /) -> int:
        """Write the next bytes, all of them."""
        try:
            return self._file.write(data)
        except Exception as exc:
            self.failed = self.failed or exc
            raise


# --- reading


def read_backup(work: Work, file: BufferedIOBase, identity: str) -> Header:
    """Put all that is kept back, in the caller's one transaction, and check that it is whole.

    Raises:
        BadBackup: another key, a damaged file, another version, or a database that holds something already.
        BadKey: the key store is not the one its addresses were sealed with.
    """
    _must_be_empty(work.connection)
    target = _Target(work.connection)
    try:
        pyrage.decrypt_io(file, target, _identities(identity))
        header = target.end()
        work.must_fit()
        _must_open(work)
        _must_chain(work.connection)
    except pyrage.DecryptError as exc:
        if "No matching keys" in str(exc):
            message = "The backup was written for another key of age. Give the key file that belongs to it."
            raise BadBackup(message) from None
        raise BadBackup(_DAMAGED) from None
    except (IntegrityError, DataError, Tampered) as exc:
        raise BadBackup(_DAMAGED) from exc
    except (StorageError, DBAPIError):
        raise
    except Exception as exc:  # whatever its bytes are, the way to mend it is one
        raise BadBackup(_DAMAGED) from exc
    return header


_DAMAGED = "The file is damaged, or is no backup of this bot. Nothing was written. Take another copy of it."


def _identities(text_: str) -> list[x25519.Identity]:
    lines = [line.strip() for line in text_.splitlines()]
    try:
        found = [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        found = []
    if not found:
        message = "The key file holds no secret key of age. Its line begins with AGE-SECRET-KEY-1."
        raise BadBackup(message)
    return found


def _must_be_empty(connection: Connection) -> None:
    for table in metadata.sorted_tables:
        if table.name != "fact" and connection.scalar(select(func.count()).select_from(table)):
            message = (
                "This database holds something already, and a backup is only put into an empty one. Set "
                "PULSE_DATABASE_URL to a new database and run `pulse init`, then restore again. Nothing was written."
            )
            raise BadBackup(message)


class _Target(BufferedIOBase):
    """Takes bytes as they are decrypted, and inserts whole rows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._header: Header | None = None
        self._rest = b""
        self._table: Any = None
        self._columns: list[str] = []
        self._rows: list[dict[str, Any]] = []

    def write(self, data: Any, /) -> int:
        """Take the next bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(json.loads(line))
        return len(data)

    def end(self) -> Header:
        """All is there: the header.

        Raises:
            ValueError: it is not.
        """
        self._insert()
        if self._rest or self._header is None or self._table is None or self._table.name != KEPT[-1]:
            raise ValueError
        return self._header

    def _take(self, value: Any) -> None:
        if self._header is None:
            self._header = _fitting(self._connection, value)
            self._connection.execute(delete(metadata.tables["fact"]))
        elif isinstance(value, dict):
            self._insert()
            self._table = metadata.tables[_kept(value["table"])]
            self._columns = value["columns"]
            if self._columns != _columns(self._table):
                raise ValueError
        else:
            pairs = zip(self._columns, value, strict=True)
            self._rows.append({name: _native(self._table.c[name].type, kept) for name, kept in pairs})
            if len(self._rows) == _BATCH:
                self._insert()

    def _insert(self) -> None:
        if self._rows:
            self._connection.execute(insert(self._table), self._rows)
            self._rows = []


def _kept(table: str) -> str:
    if table not in KEPT:
        raise ValueError
    return table


def _native(kind: Any, kept: Any) -> Any:
    if kept is None:
        return None
    if isinstance(kind, Instant):
        return datetime.fromisoformat(kept)
    if kind.python_type is bytes:
        return base64.b64decode(kept, validate=True)
    return date.fromisoformat(kept) if kind.python_type is date else kept


def _fitting(connection: Connection, said: Mapping[str, Any]) -> Header:
    header = Header(said["format"], said["schema"], said["keys"], date.fromisoformat(said["day"]))
    here = _schema(connection)
    if (header.format, header.schema) != (FORMAT, here):
        message = (
            f"The backup of {header.day} was written by another version (form {header.format}, schema {header.schema}; "
            f"here {FORMAT} and {here}). Restore it with the version that wrote it, then upgrade. Nothing was written."
        )
        raise BadBackup(message)
    return header


# --- checking what came back


def _must_open(work: Work) -> None:
    person, key, lookup = metadata.tables["person"], work.keys.standing(IDENTITY), work.keys.standing(LOOKUP)
    query = select(person.c.id, person.c.lookup, person.c.address).execution_options(yield_per=_BATCH)
    with work.connection.execute(query) as rows:
        for row in rows:
            address = unseal(key, row.address, f"person:{row.id}".encode()).decode()
            if keyed_index(lookup, address) != row.lookup:
                raise ValueError


def _must_chain(connection: Connection) -> None:
    digest = metadata.tables["digest"]
    query = select(*(digest.c[name] for name in ("partnership_id", "number", "record", "previous", "seal")))
    query = query.order_by(digest.c.partnership_id, digest.c.number).execution_options(yield_per=_BATCH)
    last: tuple[str, int, str] = ("", 0, NO_SEAL)
    with connection.execute(query) as rows:
        for row in rows:
            _, number, before = last if last[0] == row.partnership_id else ("", 0, NO_SEAL)
            record = json.loads(row.record)
            if canonical(record).decode() != row.record or seal(record, row.previous) != row.seal:
                raise ValueError
            if row.previous != before and not _is_gap(connection, row.partnership_id, number, row.number):
                raise ValueError
            last = (row.partnership_id, row.number, row.seal)


def _is_gap(connection: Connection, partnership: str, before: int, after: int) -> bool:
    """Whether a round between these two is not there: those that an older restore had lost are known by their seal."""
    number, mine = metadata.tables["round"].c.number, metadata.tables["round"].c.partnership_id == partnership
    there = connection.scalar(select(func.count()).where(mine, number > before, number < after))
    return int(there or 0) < after - before - 1
