"""The key file: the master key that wraps every other, apart from both databases."""

import contextlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from storage.crypto import KEY_BYTES, new_key
from storage.errors import BadKey

NEW_FILE = ".{}.new-"  # how a file begins that is to become the key file of this name


def make_key_file(path: Path) -> bool:
    """Write a new master key, readable by its owner alone; False where the file is already there."""
    if not path.exists():
        with masters_beside(path, [new_key()]) as whole, contextlib.suppress(FileExistsError):
            os.link(whole, path)  # a move would write over a file that came there meanwhile
            return True
    return False


def read_key_file(path: Path) -> tuple[bytes, ...]:
    """The master key; while it is being changed, the new one and then the old. Shape: one or two of 32 bytes.

    Raises:
        BadKey: missing, unreadable, or not 64 hexadecimal digits.
    """
    try:
        lines = path.read_text().split()
    except (OSError, UnicodeDecodeError) as exc:
        message = f"The key file {path} cannot be read. Put it back from where you keep it, or run `pulse init` once."
        raise BadKey(message) from exc
    with contextlib.suppress(ValueError):
        found = tuple(map(bytes.fromhex, lines))
        if len(found) in (1, 2) and all(len(key) == KEY_BYTES for key in found):
            return found
    message = f"The key file {path} is not a key of this bot (64 hexadecimal digits). Put the right file back."
    raise BadKey(message)


@contextlib.contextmanager
def masters_beside(path: Path, masters: Iterable[bytes]) -> Iterator[Path]:
    """A whole file of these master keys, for its owner alone, beside `path`, to take its name; gone at the end."""
    try:
        handle, beside = tempfile.mkstemp(prefix=NEW_FILE.format(path.name), dir=path.parent)
    except OSError as exc:
        exc.filename = str(path)  # the name that whoever reads of it knows
        raise
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(b"".join(key.hex().encode() + b"\n" for key in masters))
            file.flush()
            os.fsync(file.fileno())
        yield Path(beside)
    finally:
        Path(beside).unlink(missing_ok=True)
