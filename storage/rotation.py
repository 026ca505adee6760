"""Changing the keys: the master key, and the keys to people's addresses; it may die at any step.

In this order, each step whole or not at all (docs/adr/0007): the key file holds the new master key and the old; the key
store is wrapped with the new one and holds the keys that are to follow; the key file forgets the old one; the main
database is sealed with the keys that are to follow, and says so; the key store forgets those before.
"""

import os
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from storage.audit import OPERATOR
from storage.crypto import keyed_index, new_key, seal, unseal
from storage.db import alone, truncate_wal
from storage.errors import BadKey
from storage.keyfile import NEW_FILE, masters_beside, read_key_file
from storage.keys import IDENTITY, LOOKUP, KeyStore
from storage.people import KEYS_FACT
from storage.recovery import Recovered, recover
from storage.tables import MemberRow, PersonRow
from storage.work import Store

_PERSON = PersonRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]
_BATCH = 5_000  # rows in memory at a time


def rotate(store: Store, key_file: Path, now: datetime) -> Recovered:
    """Change the master key and the keys to people's addresses. Copies from before cannot be opened any more.

    Returns: what had to be put right first, as at a start: the list of who was forgotten is emptied at the end.

    Raises:
        Unavailable: a bot serves this database; or a database does not take a write.
        BadKey: the key file cannot be replaced; or the keys do not belong together, or an open period has none.
        Forked: two copies have been running.
    """
    with alone(store.database):
        settle(store, key_file)
        found = recover(store, now)
        (old,) = read_key_file(key_file)
        new = new_key()
        replace_key_file(key_file, [new, old])
        keys = KeyStore(store.keys.database, [new, old])
        keys.renew()
        replace_key_file(key_file, [new])
        store.keys = KeyStore(keys.database, [new])
        _seal_anew(store, now.date())
        store.keys.swap()
        truncate_wal(store.database)
    return found


def settle(store: Store, key_file: Path) -> None:
    """Complete or give up a change of keys that was cut short. Nobody may be changing them now.

    Raises:
        BadKey: the keys do not belong together; nothing was written.
    """
    with store.work() as work:
        work.must_fit()  # where the main database was sealed anew, this completes it
    if store.keys.next_mark() is not None:
        store.keys.drop_next()
    masters = read_key_file(key_file)
    if len(masters) > 1:
        replace_key_file(key_file, [_that_opens(store, masters)])
    _clear_beside(key_file)


def _that_opens(store: Store, masters: Collection[bytes]) -> bytes:
    for master in masters:
        with suppress(BadKey):
            KeyStore(store.keys.database, [master]).check()
            return master
    message = "The key file does not fit the key store. Put back the key file that was made with it."
    raise BadKey(message)


# --- the main database


def _seal_anew(store: Store, today: date) -> None:
    keys = store.keys
    mark = keys.next_mark()
    assert mark is not None  # noqa: S101  those that follow have just been made
    before, after, lookup = keys.standing(IDENTITY), keys.successor(IDENTITY), keys.successor(LOOKUP)

    def person(row: Any) -> dict[str, object]:
        place = f"person:{row.id}".encode()
        address = unseal(before, row.address, place)
        sealed = seal(after, address, place)
        return {"b_id": row.id, "b_address": sealed, "b_lookup": keyed_index(lookup, address.decode())}

    def member(row: Any) -> dict[str, object]:
        place = f"heard:{row.id}".encode()
        return {"b_id": row.id, "b_heard": seal(after, unseal(before, row.heard, place), place)}

    with store.work() as work:
        work.partnerships.keep_fact(KEYS_FACT, mark)
        _each(work.connection, _PERSON, ("address", "lookup"), person)
        _each(work.connection, _MEMBER, ("heard",), member)
        work.audit.add(today, OPERATOR, "keys_rotated")


def _each(
    connection: Connection, table: Any, columns: Collection[str], anew: Callable[[Any], dict[str, object]]
) -> None:
    """Write these columns of every row anew, a batch at a time."""
    ident, last = table.c.id, ""
    writing = update(table).where(ident == bindparam("b_id")).values({c: bindparam(f"b_{c}") for c in columns})
    reading = select(ident, *(table.c[c] for c in columns)).order_by(ident).limit(_BATCH)
    while rows := connection.execute(reading.where(ident > last)).all():
        connection.execute(writing, [anew(row) for row in rows])
        last = rows[-1].id


# --- the key file


def replace_key_file(path: Path, masters: Collection[bytes]) -> None:
    """Put these master keys in the file's place in one move, and wipe what stood there.

    Raises:
        BadKey: it cannot be replaced; it is as it was.
    """
    path = path.resolve()  # a link stays a link
    try:
        with path.open("r+b") as old:
            before = os.fstat(old.fileno())
            _put_in_place(path, masters, before)
            old.write(b"0" * before.st_size)  # as far as the disk lets go of what it held
            old.flush()
            os.fsync(old.fileno())
    except OSError as exc:
        message = (
            f"The key file {path} cannot be replaced ({exc.strerror}). Let the bot's user write to the file "
            "and to its folder while the keys are changed."
        )
        raise BadKey(message) from exc


def _put_in_place(path: Path, masters: Collection[bytes], before: os.stat_result) -> None:
    with masters_beside(path, masters) as whole:
        if os.geteuid() == 0:
            os.chown(whole, before.st_uid, before.st_gid)  # changed by root, it still opens to the bot's user
        whole.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _clear_beside(path: Path) -> None:
    """Remove what a move that was cut short has left: it may hold a master key.

    Raises:
        BadKey: it cannot be removed.
    """
    path = path.resolve()
    for left in path.parent.glob(f"{NEW_FILE.format(path.name)}*"):
        try:
            left.unlink()
        except OSError as exc:
            message = f"The file {left} may hold a master key and cannot be removed ({exc.strerror}). Delete it."
            raise BadKey(message) from exc
