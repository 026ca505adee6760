"""Schema changes for both databases, in order. `python -m storage.migrations DATABASE_URL KEYS_URL` applies them.

A process of its own does it, so that the running bot never loads the migration library.
"""

import sys
from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from storage import keys, tables
from storage.db import open_database, shown_url
from storage.errors import StorageError, unavailable

MAIN, KEYS = "main", "keys"
METADATA = {MAIN: tables.metadata, KEYS: keys.metadata}
_VERSIONS = "pulse_migration"


def script(which: str) -> ScriptDirectory:
    """The migrations of one database, `main` or `keys`."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / which))
    config.set_main_option("version_locations", str(Path(__file__).parent / which))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def upgrade(database: Engine, which: str) -> None:
    """Bring one database to the newest schema, in one transaction.

    Raises:
        Unavailable: the database cannot be written to.
    """
    scripts = script(which)

    def steps(revision: object, context: MigrationContext) -> object:  # noqa: ARG001  alembic's signature
        return scripts._upgrade_revs("heads", revision)  # type: ignore[arg-type]  # noqa: SLF001  what alembic's own command calls

    try:
        with database.begin() as connection:
            _run(connection, scripts, which, steps)
    except DBAPIError as exc:
        raise unavailable(exc, shown_url(database)) from exc


def _run(connection: Connection, scripts: ScriptDirectory, which: str, steps: Callable[..., object]) -> None:
    with EnvironmentContext(Config(), scripts) as environment:
        environment.configure(
            connection=connection,
            target_metadata=METADATA[which],
            version_table=_VERSIONS,
            fn=steps,
            render_as_batch=True,
            # Our own transaction is open already, and SQLite rolls schema changes back with it.
            transactional_ddl=True,
            transaction_per_migration=False,
        )
        environment.run_migrations()


def behind(database: Engine, which: str) -> bool:
    """Whether the schema is older than this code.

    Raises:
        Unavailable: the database cannot be read.
    """
    try:
        with database.begin() as connection:
            now = MigrationContext.configure(connection, opts={"version_table": _VERSIONS}).get_current_revision()
    except DBAPIError as exc:
        raise unavailable(exc, shown_url(database)) from exc
    return now != script(which).get_current_head()


def main(database_url: str, keys_url: str) -> None:
    """Bring both databases to the newest schema."""
    for url, which in ((database_url, MAIN), (keys_url, KEYS)):
        database = open_database(url)
        upgrade(database, which)
        database.dispose()


def _command() -> int:
    if len(sys.argv) != 3:
        print("Give two addresses: the database's, then the key store's.", file=sys.stderr)  # noqa: T201  this is a command
        return 2
    try:
        main(*sys.argv[1:3])
    except StorageError as exc:
        print(exc, file=sys.stderr)  # noqa: T201  this is a command
        return 1
    return 0
