"""Bringing the databases up to date, in a process of its own."""

import subprocess
import sys

from bot.settings import Settings
from storage.errors import StorageError


def migrate(settings: Settings) -> None:
    """Bring both databases to the newest schema.

    Raises:
        StorageError: why not.
    """
    command = [sys.executable, "-m", "storage.migrations", settings.database_url, settings.keys_url]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  our own module
    if done.returncode:
        raise StorageError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "The migration failed.")
