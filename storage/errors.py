"""What can go wrong with what is remembered; every message says what is wrong and how to mend it."""

from sqlalchemy.exc import DBAPIError


class StorageError(Exception):
    """What every error of this package is."""


class LostRace(StorageError):
    """Another event advanced a run first; nothing was written. Step again."""


class Unavailable(StorageError):
    """The database does not take a write just now; nothing was written."""


class BadKey(StorageError):
    """The key file or the key store is missing or does not fit; nothing was written."""


class Tampered(StorageError):
    """A sealed value does not open: it was moved, altered, or sealed with another key."""


class Forked(StorageError):
    """Two databases have gone on from the same copy: one partnership has two digests of one number."""

    def __init__(self, partnership: str, number: int) -> None:
        super().__init__(
            f"There are two digests of round {number} of {partnership}: two copies of this database have been running. "
            "Find the database whose digest the members have, and put that one back."
        )


class NotFound(StorageError):
    """There is no such thing; says what there is instead."""


class Refused(StorageError):
    """A rule of the product says no; says which and what to do."""


def unavailable(error: DBAPIError, url: str) -> Unavailable:
    """The plain sentence for an operator behind a driver's error; it names no value and no statement."""
    text, state = str(error.orig).lower(), getattr(error.orig, "sqlstate", None)
    if state in ("40P01", "40001"):  # deadlock_detected, serialization_failure
        why = "was busy with the same thing. Try again"
    elif "locked" in text:
        why = "is locked by another program. Close that program, or wait and try again"
    elif "readonly" in text or "read-only" in text:
        why = "cannot be written to. Check the rights on the file and its folder, and that the disk is not read-only"
    elif "full" in text or "no space" in text:
        why = "has no room left on its disk. Free some space and try again"
    elif "no such table" in text or state == "42P01":  # undefined_table
        why = "has not been set up. Run `pulse init`"
    elif 'database "' in text and "does not exist" in text:
        why = "is not there. Make it with `createdb`, then run `pulse init`"
    elif "unable to open" in text:
        why = "cannot be opened. Check that its folder exists and may be written to"
    elif "not a database" in text or "malformed" in text:
        why = "is damaged or is not a database. Restore it from a backup"
    else:
        why = f"does not answer ({type(error.orig).__name__}). Check that it runs and that its address is right"
    return Unavailable(f"The database {url} {why}.")
