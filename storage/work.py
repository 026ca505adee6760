"""One transaction, and the verbs of the product that may be used inside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from storage.db import open_database, shown_url
from storage.errors import unavailable
from storage.keys import KeyStore, open_keys
from storage.partnerships import Partnerships
from storage.people import People
from storage.rounds import Rounds
from storage.runs import Runs


class Work:
    """What is done through one `Work` is committed as a whole, or not at all."""

    def __init__(self, connection: Connection, keys: KeyStore) -> None:
        self.connection = connection
        self.people = People(connection, keys)
        self.partnerships = Partnerships(connection)
        self.rounds = Rounds(connection, keys)
        self.runs = Runs(connection, keys)


class Store:
    """The main database and the key store beside it."""

    def __init__(self, database: Engine, keys: KeyStore) -> None:
        self.database, self.keys = database, keys

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Open a transaction; steps taken are saved and all is committed, or all is rolled back.

        Raises:
            Unavailable: the database does not take the transaction; nothing was written.
            LostRace: another process stepped one of the runs first; nothing was written.
        """
        try:
            with self.database.begin() as connection:
                work = Work(connection, self.keys)
                yield work
                work.runs.save()
        except (IntegrityError, DataError):
            raise  # a rule of ours, broken by a value: the database is well
        except DBAPIError as exc:
            raise unavailable(exc, shown_url(self.database)) from exc

    def dispose(self) -> None:
        """Close every connection."""
        self.database.dispose()
        self.keys.database.dispose()


def open_store(database_url: str, keys_url: str, key_file: Path) -> Store:
    """The databases at these addresses, their keys checked.

    Raises:
        BadKey, Unavailable: which, and what to do.
    """
    keys = open_keys(keys_url, key_file)
    keys.check()
    return Store(open_database(database_url), keys)
