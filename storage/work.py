"""One transaction, and the verbs of the product that may be used inside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from digests.record import Limits
from storage.audit import Audit
from storage.db import open_database, shown_url
from storage.errors import StorageError, unavailable
from storage.frozen import Frozen
from storage.keys import KeyStore, holds_keys, open_keys
from storage.partnerships import Partnerships
from storage.people import KEYS_FACT, People
from storage.pools import Pools
from storage.published import Flows
from storage.rounds import Rounds
from storage.runs import Runs
from storage.texts import Texts


class Work:
    """What is done through one `Work` is committed as a whole, or not at all."""

    def __init__(self, connection: Connection, keys: KeyStore, limits: Limits) -> None:
        self.connection, self.keys, self.limits = connection, keys, limits
        self.people = People(connection, keys)
        self.partnerships = Partnerships(connection)
        self.rounds = Rounds(connection, keys)
        self.frozen = Frozen(connection, keys)
        self.runs = Runs(connection, keys)
        self.pools = Pools(connection, keys)
        self.flows = Flows(connection)
        self.texts = Texts(connection)
        self.audit = Audit(connection)

    def must_fit(self) -> None:
        """Check that what is sealed here is sealed with these keys, and will be until this transaction ends.

        Raises:
            BadKey: it is not, or these keys do not open.
        """
        self.people.must_fit()


class Store:
    """The main database and the key store beside it; `limits` are the thresholds of periods to come."""

    def __init__(self, database: Engine, keys: KeyStore, limits: Limits = Limits()) -> None:  # noqa: B008  frozen
        self.database, self.keys, self.limits = database, keys, limits

    @contextmanager
    def work(self) -> Iterator[Work]:
        """Open a transaction; steps taken are saved and all is committed, or all is rolled back.

        Raises:
            Unavailable: the database does not take the transaction; nothing was written.
            LostRace: another process stepped one of the runs first; nothing was written.
        """
        try:
            with self.database.begin() as connection:
                work = Work(connection, self.keys, self.limits)
                yield work
                work.runs.save()
                work.audit.save()
        except (IntegrityError, DataError):
            raise  # a rule of ours, broken by a value: the database is well
        except DBAPIError as exc:
            raise unavailable(exc, shown_url(self.database)) from exc

    def prepare(self) -> None:
        """Make the standing keys of a new installation, and note in the main database which they are.

        Raises:
            BadKey: the main database has been sealed with keys that are not in the key store; nothing was written.
        """
        with self.work() as work:
            if work.people.nothing_sealed() or holds_keys(self.keys.database):
                self.keys.prepare()
            self.keys.check()
            work.must_fit()
            work.partnerships.keep_fact(KEYS_FACT, self.keys.mark())

    def dispose(self) -> None:
        """Close every connection."""
        self.database.dispose()
        self.keys.database.dispose()


def open_store(database_url: str, keys_url: str, key_file: Path, limits: Limits = Limits()) -> Store:  # noqa: B008  frozen
    """The databases at these addresses, their keys checked.

    Raises:
        BadKey, Unavailable: which, and what to do.
        Refused: `limits` are below those of a period before.
    """
    keys = open_keys(keys_url, key_file)
    keys.check()
    store = Store(open_database(database_url), keys, limits)
    try:
        with store.work() as work:
            work.must_fit()
            work.rounds.must_not_fall(limits)
    except StorageError:
        store.dispose()
        raise
    return store
