"""Files that got out: what each is, told by its content and never by its name, and how many people are in it."""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings
from digests.sheet import COLUMNS
from storage.db import driver_url
from storage.errors import StorageError

DATABASE, KEYS, BOTH, PART, BACKUP = "database", "keys", "both", "part", "backup"
KEY_FILE, BACKUP_KEY, SETTINGS = "key file", "backup key", "settings"
LOG, DIGEST, PICTURE, OWN_COPY, UNKNOWN = "log", "digest", "picture", "own copy", "unknown"

KINDS = {
    DATABASE: "the main database, or a copy of it",
    KEYS: "the key store, or a copy of it",
    BOTH: "a dump with the main database and the key store in it",
    PART: "a write-ahead log: the newest part of the database that it lay beside",
    BACKUP: "an encrypted backup",
    KEY_FILE: "the key file",
    BACKUP_KEY: "the secret key that opens encrypted backups",
    SETTINGS: "settings",
    LOG: "a log of the bot: events and counts, nothing about a person",
    DIGEST: "a digest, which everyone who takes part has",
    PICTURE: "a picture; a digest's chart is in the hands of everyone who takes part",
    OWN_COPY: "what one member got by /export: all that is kept of that one person, open to read",
    UNKNOWN: "nothing this program makes, or too damaged to tell: look at it yourself",
}

SECRETS = frozenset(
    f"PULSE_{name.upper()}" for name, value in Settings.model_fields.items() if "SecretStr" in str(value.annotation)
)

Rows = Mapping[str, frozenset[tuple[str, ...]]]
_Read = Iterator[tuple[str, Mapping[str, str] | None]]  # (table, None) where a table begins

# The columns that tell people and keys apart; nothing else is read.
_TELLING = {
    "person": ("id",), "member": ("person_id",), "coordinator": ("person_id",), "ballot": ("name", "period_id"),
    "poolballot": ("name", "pool_id"), "run": ("member_id",), "claim": ("person_id",), "key": ("name",),
}  # fmt: skip
_SETTING = re.compile(r"^(?:export\s+)?(PULSE_[A-Z_]+|PGPASSWORD)=[\"']?([^\"'\n]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Got:
    """One file. `rows` are its telling columns, None where they cannot be read; `secrets` names of settings."""

    file: str
    kind: str
    rows: Rows | None = None
    secrets: frozenset[str] = frozenset()


def recognise(path: Path) -> Got:
    """What the file is.

    Raises: OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(1 << 20)
    if head.startswith(b"SQLite format 3\0"):
        return _counted(path, _sqlite(path))
    if head[:4] in (b"\x37\x7f\x06\x82", b"\x37\x7f\x06\x83"):
        return Got(str(path), PART)
    if head.startswith((b"age-encryption.org/", b"-----BEGIN AGE ENCRYPTED FILE-----")):
        return Got(str(path), BACKUP)
    if head.startswith(b"PGDMP"):
        return Got(str(path), _kind(main=b"ballot" in head, keys=b"wrapped" in head))
    if head.startswith(b"\x89PNG\r\n"):
        return Got(str(path), PICTURE)
    return _text(path, head.decode(errors="replace"))


def _text(path: Path, head: str) -> Got:
    if re.fullmatch(r"\s*([0-9a-fA-F]{64}\s*)+", head):
        return Got(str(path), KEY_FILE)
    if "AGE-SECRET-KEY-" in head:
        return Got(str(path), BACKUP_KEY)
    if "PostgreSQL database dump" in head[:4096]:
        return _counted(path, _collected(_dumped(path)))
    if head.startswith("{") and re.match(r'.*"schema":', head):
        return _counted(path, _collected(_backed_up(path)))
    if _SETTING.search(head):
        return Got(str(path), SETTINGS, secrets=frozenset(_secrets(head)))
    if re.search(r"\bevent='[a-z_]+'", head):
        return Got(str(path), LOG)
    if re.match(r'\{\s*"address":', head) and '"sets_up":' in head:
        return Got(str(path), OWN_COPY)
    told = head.startswith(("How we are doing:", ",".join(COLUMNS[:3]), '{"record": {'))
    return Got(str(path), DIGEST if told or "<h1>How we are doing:" in head else UNKNOWN)


def _secrets(text: str) -> Iterator[str]:
    for name, value in _SETTING.findall(text):
        if value and (name in SECRETS or "PASSWORD" in name):
            yield name
        with suppress(StorageError):
            if "://" in value and name.endswith(("DATABASE_URL", "KEYS_URL")) and driver_url(value).password:
                yield name


def _counted(path: Path, rows: Rows | None) -> Got:
    return Got(str(path), UNKNOWN if rows is None else _kind(main="person" in rows, keys="key" in rows), rows)


def _kind(*, main: bool, keys: bool) -> str:
    return {(True, True): BOTH, (True, False): DATABASE, (False, True): KEYS, (False, False): UNKNOWN}[main, keys]


def _sqlite(path: Path) -> Rows | None:
    # Immutable: neither a lock nor a log comes to lie beside what may be evidence.
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as raw:
            raw.execute("PRAGMA trusted_schema=OFF")
            there = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            return {
                table: frozenset(tuple(map(str, row)) for row in raw.execute(_query(table, columns)))
                for table, columns in _TELLING.items()
                if table in there
            }
    except sqlite3.Error:
        return None


def _query(table: str, columns: Sequence[str]) -> str:
    return f'SELECT {", ".join(columns)} FROM "{table}"'  # noqa: S608  names of our own


def _dumped(path: Path) -> _Read:
    """The rows of a plain dump of PostgreSQL."""
    table, columns = "", [""]
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            if begun := re.match(r'COPY (?:\w+\.)?"?(\w+)"? \((.*)\) FROM stdin;', line):
                table, columns = begun[1], [name.strip(' "') for name in begun[2].split(",")]
                yield table, None
            elif line.startswith("\\."):
                table = ""
            elif table:
                yield table, dict(zip(columns, line.rstrip("\n").split("\t"), strict=False))


def _backed_up(path: Path) -> _Read:
    """The rows of a backup of ours, decrypted."""
    table, columns = "", [""]
    with path.open(encoding="utf-8", errors="replace") as file:
        for line in file:
            with suppress(ValueError):  # a file cut off in the middle of a line
                read = json.loads(line)
                if isinstance(read, dict) and "table" in read:
                    table, columns = read["table"], read["columns"]
                    yield table, None
                elif isinstance(read, list):
                    yield table, dict(zip(columns, map(str, read), strict=False))


def _collected(read: _Read) -> Rows:
    found: dict[str, set[tuple[str, ...]]] = {}
    for table, row in read:
        if table in _TELLING:
            kept = found.setdefault(table, set())
            if row is not None:
                kept.add(tuple(row.get(column, "") for column in _TELLING[table]))
    return {table: frozenset(kept) for table, kept in found.items()}


class Loot:
    """All that got out, taken together: two copies of one database count once. Keys are taken to fit."""

    def __init__(self, got: Iterable[Got]) -> None:
        self.got = tuple(got)
        self.secrets: frozenset[str] = frozenset().union(*(g.secrets for g in self.got))
        self._rows: dict[str, set[tuple[str, ...]]] = {}
        for table, rows in ((t, r) for g in self.got for t, r in (g.rows or {}).items()):
            self._rows.setdefault(table, set()).update(rows)

    def has(self, *kinds: str) -> bool:
        """Whether a file of one of these kinds is among them."""
        return any(g.kind in kinds for g in self.got)

    @property
    def people_in_it(self) -> bool:
        """Whether what is kept of people is among them, sealed or not."""
        return self.has(DATABASE, BOTH, PART) or (self.has(BACKUP) and self.has(BACKUP_KEY))

    @property
    def keys_in_it(self) -> bool:
        """Whether the keys are among them, and what opens the keys."""
        return self.has(KEYS, BOTH) and self.has(KEY_FILE)

    def people(self, code: str) -> int | None:
        """How many people a class of data covers; None where a file cannot be counted."""
        if self._uncounted(DATABASE, BOTH, PART, *((BACKUP,) if code in ("who", "place") else ())):
            return None  # a backup holds no answer and nothing of an open round
        rows = {table: len(self._rows.get(table, ())) for table in _TELLING}
        placed = self._rows.get("member", set()) | self._rows.get("coordinator", set())
        counts = {"who": rows["person"], "place": len(placed),
                  "answers": rows["ballot"] + rows["poolballot"],
                  "progress": max(rows["run"], rows["claim"])}  # fmt: skip
        return counts.get(code, 0)

    def readable_answers(self) -> int | None:
        """How many people's answers can be read, the key to them being there too; None where that is unknown."""
        if not self.keys_in_it:
            return 0
        if self._uncounted(DATABASE, BOTH, PART, KEYS):
            return None
        keys = {name.partition(":")[2] for (name,) in self._rows.get("key", ())}  # of what: a period, or a pool
        ballots = (*self._rows.get("ballot", ()), *self._rows.get("poolballot", ()))
        return sum(under in keys for _, under in ballots)

    def _uncounted(self, *kinds: str) -> bool:
        return any(g.rows is None and g.kind in kinds for g in self.got)
