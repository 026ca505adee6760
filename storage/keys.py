"""The key store: a database of its own, so that no dump or backup of the answers holds what opens them."""

import contextlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Connection,
    Engine,
    LargeBinary,
    MetaData,
    String,
    bindparam,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError
from sqlmodel import Column, Field, SQLModel

from storage.crypto import keyed_index, new_key, seal, subkey, unseal
from storage.db import open_database, shown_url, truncate_wal
from storage.errors import BadKey, Forked, Tampered, unavailable
from storage.keyfile import read_key_file

IDENTITY, LOOKUP, LINKS, ERASED = "identity", "lookup", "links", "erased"
STANDING = (IDENTITY, LOOKUP, LINKS, ERASED)
_RENEWED = (IDENTITY, LOOKUP)  # what people's addresses hang on; the others open nothing that is kept
_NEXT, _PERIOD, _POOL = "next:", "period:", "pool:"


class _KeysModel(SQLModel):
    """Base of the key store's tables: a metadata apart from the main database's."""

    metadata = MetaData()


class KeyRow(_KeysModel, table=True):
    """One key, wrapped by the master key."""

    __tablename__ = "key"

    name: str = Field(sa_column=Column(String(80), primary_key=True))
    wrapped: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class ErasedRow(_KeysModel, table=True):
    """Somebody who asked to be forgotten: a keyed hash of their id, so that a restored copy forgets them again."""

    __tablename__ = "erased"

    who: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))


class AnchorRow(_KeysModel, table=True):
    """A partnership's newest digest: an older copy of the answers shows itself by having an older one."""

    __tablename__ = "anchor"

    partnership_id: str = Field(sa_column=Column(String(32), primary_key=True))
    number: int
    seal: str = Field(sa_column=Column(String(64), nullable=False))


_KEYS = KeyRow.__table__  # type: ignore[attr-defined]
_ERASED = ErasedRow.__table__  # type: ignore[attr-defined]
_ANCHOR = AnchorRow.__table__  # type: ignore[attr-defined]
metadata = _KeysModel.metadata
_NOTE_ERASED = text("INSERT INTO erased (who) VALUES (:who) ON CONFLICT (who) DO NOTHING")
_RAISE_ANCHOR = text(
    "INSERT INTO anchor (partnership_id, number, seal) VALUES (:partnership_id, :number, :seal)"
    " ON CONFLICT (partnership_id) DO UPDATE SET number = excluded.number, seal = excluded.seal"
    " WHERE anchor.number < excluded.number"
)


@dataclass(frozen=True, slots=True)
class Anchor:
    """The newest digest that went out: its round's number, and its seal."""

    number: int
    seal: str


# --- the store


def holds_keys(database: Engine) -> bool:
    """Whether this database is a key store with keys in it."""
    if not inspect(database).has_table(_KEYS.name):
        return False
    with database.begin() as connection:
        return connection.scalar(select(_KEYS.c.name).limit(1)) is not None


class KeyStore:
    """All keys, unwrapped on demand. The master key is held in memory, never in a database.

    Of two master keys the first is the new one; either opens, and what is wrapped anew is wrapped as the rest is.
    """

    def __init__(self, database: Engine, masters: Collection[bytes]) -> None:
        self.database = database
        self._wrappings = [subkey(master, "wrap") for master in masters]
        self._standing: dict[str, bytes] = {}

    def prepare(self) -> None:
        """Make the standing keys where there are none."""
        with self._begin() as connection:
            have = set(connection.scalars(select(_KEYS.c.name)))
            missing = [name for name in STANDING if name not in have]
            if missing:
                wrapping = self._wrapping(connection) if have else self._wrappings[0]
                connection.execute(insert(_KEYS), [_row(wrapping, name, new_key()) for name in missing])

    def check(self) -> None:
        """Open every standing key.

        Raises:
            BadKey: the key store is empty, or was made with another key file.
        """
        for name in STANDING:
            self.standing(name)

    def standing(self, name: str) -> bytes:
        """A key that lives until the keys are changed. Shape: 32 bytes."""
        if name not in self._standing:
            found = self._find([name])
            if name not in found:
                raise BadKey(self._no_keys())
            self._standing |= found
        return self._standing[name]

    # --- what ballots are sealed with: a key for each period, and one for each pool

    def make_period_key(self, period: str) -> None:
        """A fresh key for a period about to start. One without a period is harmless.

        Raises:
            BadKey: the keys were changed since this store was opened; nothing was written.
        """
        self._make(_PERIOD + period)

    def make_pool_key(self, pool: str) -> None:
        """The same for a pool.

        Raises:
            BadKey: as for a period.
        """
        self._make(_POOL + pool)

    def period_keys(self, periods: Iterable[str]) -> dict[str, bytes]:
        """The keys of the open periods among `periods`."""
        return self._of(_PERIOD, periods)

    def pool_keys(self, pools: Iterable[str]) -> dict[str, bytes]:
        """The keys of the open pools among `pools`."""
        return self._of(_POOL, pools)

    def periods(self) -> frozenset[str]:
        """The periods that have a key."""
        return self._that_have(_PERIOD)

    def pools(self) -> frozenset[str]:
        """The pools that have a key."""
        return self._that_have(_POOL)

    def destroy_period_key(self, period: str) -> None:
        """After this nobody can read what was sealed in `period`, or tell whose it was."""
        self._destroy(_PERIOD + period)

    def destroy_pool_key(self, pool: str) -> None:
        """The same for a pool."""
        self._destroy(_POOL + pool)

    # --- what an older copy of the answers would not know

    def note_erased(self, *people: str) -> None:
        """Remember who asked to be forgotten, before they are: a copy brought back forgets them again."""
        rows = [{"who": self._erased(person)} for person in people]
        if rows:
            with self._begin() as connection:
                connection.execute(_NOTE_ERASED, rows)

    def erased_among(self, people: Iterable[str]) -> frozenset[str]:
        """Those of these people who asked to be forgotten; one pass over them, and none where nobody asked."""
        with self._begin() as connection:
            known = set(connection.scalars(select(_ERASED.c.who)))
        return frozenset(person for person in people if self._erased(person) in known) if known else frozenset()

    def keep_anchor(self, partnership: str, number: int, seal: str) -> None:
        """Remember the newest digest, before anybody reads it. An older one changes nothing.

        Raises:
            Forked: another digest of this number was kept before.
        """
        with self._begin() as connection:
            connection.execute(_RAISE_ANCHOR, {"partnership_id": partnership, "number": number, "seal": seal})
        kept = self.anchor(partnership)
        if kept is not None and kept.number == number and kept.seal != seal:
            raise Forked(partnership, number)

    def anchors(self) -> dict[str, Anchor]:
        """Each partnership's newest digest, by the partnership's id."""
        with self._begin() as connection:
            rows = connection.execute(select(_ANCHOR.c.partnership_id, _ANCHOR.c.number, _ANCHOR.c.seal))
            return {partnership: Anchor(number, seal) for partnership, number, seal in rows}

    def anchor(self, partnership: str) -> Anchor | None:
        """The partnership's newest digest; None before the first."""
        query = select(_ANCHOR.c.number, _ANCHOR.c.seal).where(_ANCHOR.c.partnership_id == partnership)
        with self._begin() as connection:
            row = connection.execute(query).first()
            return None if row is None else Anchor(*row)

    # --- which keys these are, and changing them (`storage.rotation`)

    def mark(self) -> str:
        """What the main database says of the keys it is sealed with. Shape: 32 hexadecimal digits."""
        return _mark(self.standing(IDENTITY))

    def must_fit(self, mark: str) -> None:
        """Check that the main database is sealed with these keys; complete a change of keys that was cut short.

        Raises:
            BadKey: it is a copy from before the keys were changed, or another installation's.
        """
        if mark == self.mark():
            return
        self._standing.clear()  # they may have been changed a moment ago
        if mark == self.next_mark():
            self.swap()
        if mark != self.mark():
            raise BadKey(sealed_otherwise(shown_url(self.database)))

    def next_mark(self) -> str | None:
        """The mark of the keys that are to follow; None where no change is under way."""
        found = self._find([_NEXT + IDENTITY])
        return _mark(*found.values()) if found else None

    def successor(self, name: str) -> bytes:
        """The key that is to follow. Shape: 32 bytes."""
        return self.standing(_NEXT + name)

    def renew(self) -> None:
        """Wrap every key with the first master key, and make those that are to follow; in one transaction."""
        with self._begin() as connection:
            self._wrapping(connection, write=True)
            self._drop_next(connection)
            rows = connection.execute(select(_KEYS)).all()
            again = [_row(self._wrappings[0], name, self._open(name, wrapped)) for name, wrapped in rows]
            self._rewrap(connection, again)
            connection.execute(insert(_KEYS), [_row(self._wrappings[0], _NEXT + name, new_key()) for name in _RENEWED])

    def swap(self) -> None:
        """Put the keys that were to follow in the place of those before, and forget who was erased.

        No copy of the answers from before can be opened any more, so nobody in one has to be forgotten again.
        """
        with self._begin() as connection:
            wrapping = self._wrapping(connection, write=True)
            names = [_NEXT + name for name in _RENEWED]
            rows = connection.execute(select(_KEYS).where(_KEYS.c.name.in_(names))).all()
            if rows:
                opened = {name.removeprefix(_NEXT): self._open(name, wrapped) for name, wrapped in rows}
                self._rewrap(connection, [_row(wrapping, name, key) for name, key in opened.items()])
                connection.execute(delete(_ERASED))
            self._drop_next(connection)
        self._standing.clear()
        truncate_wal(self.database)

    def drop_next(self) -> None:
        """Give up a change of keys that never reached the main database."""
        with self._begin() as connection:
            self._drop_next(connection)

    # --- rows

    @contextlib.contextmanager
    def _begin(self) -> Iterator[Connection]:
        # Named here: within a piece of work the error would otherwise be taken for the main database's.
        try:
            with self.database.begin() as connection:
                yield connection
        except DBAPIError as exc:
            raise unavailable(exc, shown_url(self.database)) from exc

    def _make(self, name: str) -> None:
        with self._begin() as connection:
            connection.execute(insert(_KEYS), _row(self._wrapping(connection), name, new_key()))

    def _of(self, kind: str, ids: Iterable[str]) -> dict[str, bytes]:
        found = self._find([kind + ident for ident in ids])
        return {name.removeprefix(kind): key for name, key in found.items()}

    def _that_have(self, kind: str) -> frozenset[str]:
        with self._begin() as connection:
            names = connection.scalars(select(_KEYS.c.name).where(_KEYS.c.name.startswith(kind)))
            return frozenset(name.removeprefix(kind) for name in names)

    def _destroy(self, name: str) -> None:
        with self._begin() as connection:
            connection.execute(delete(_KEYS).where(_KEYS.c.name == name))
        truncate_wal(self.database)

    def _erased(self, person: str) -> bytes:
        return keyed_index(self.standing(ERASED), person)

    def _wrapping(self, connection: Connection, *, write: bool = False) -> bytes:
        """The key that all rows are wrapped with now, and until this transaction ends."""
        query = select(_KEYS.c.wrapped).where(_KEYS.c.name == LINKS).with_for_update(read=not write)
        wrapped = connection.scalar(query)
        if wrapped is None:
            raise BadKey(self._no_keys())
        for wrapping in self._wrappings:
            with contextlib.suppress(Tampered):
                unseal(wrapping, wrapped, _place(LINKS))
                return wrapping
        raise BadKey(self._no_fit())

    def _rewrap(self, connection: Connection, rows: list[dict[str, object]]) -> None:
        again = update(_KEYS).where(_KEYS.c.name == bindparam("b_name")).values(wrapped=bindparam("b_wrapped"))
        connection.execute(again, [{f"b_{column}": value for column, value in row.items()} for row in rows])

    def _drop_next(self, connection: Connection) -> None:
        connection.execute(delete(_KEYS).where(_KEYS.c.name.startswith(_NEXT)))

    def _find(self, names: list[str]) -> dict[str, bytes]:
        with self._begin() as connection:
            rows = connection.execute(select(_KEYS).where(_KEYS.c.name.in_(names))).all()
        return {name: self._open(name, wrapped) for name, wrapped in rows}

    def _open(self, name: str, wrapped: bytes) -> bytes:
        for wrapping in self._wrappings:
            with contextlib.suppress(Tampered):
                return unseal(wrapping, wrapped, _place(name))
        raise BadKey(self._no_fit())

    def _no_keys(self) -> str:
        return (
            f"The key store {shown_url(self.database)} holds no keys. If it was lost, put its newest copy "
            "back. Run `pulse init` for a new bot."
        )

    def _no_fit(self) -> str:
        return (
            f"The key file does not fit the key store {shown_url(self.database)}. Put back the key file that was "
            "made with it. If the keys were changed while this bot ran, just start it again."
        )


def sealed_otherwise(keys: str) -> str:
    """The plain sentence for a main database that these keys do not open."""
    return (
        f"The database was sealed with other keys than those in {keys}: it is a copy from before the keys were "
        "changed, or it is another bot's. Put back the database and the key store that belong together."
    )


def _place(name: str) -> bytes:
    return f"key:{name}".encode()


def _row(wrapping: bytes, name: str, key: bytes) -> dict[str, object]:
    return {"name": name, "wrapped": seal(wrapping, key, _place(name))}


def _mark(identity: bytes) -> str:
    return subkey(identity, "mark").hex()[:32]


def open_keys(url: str, key_file: Path) -> KeyStore:
    """The key store at `url`, opened with the master key in `key_file`.

    Raises:
        BadKey: the key file is missing or is no key.
        Unavailable: no database of that kind.
    """
    return KeyStore(open_database(url), read_key_file(key_file))
