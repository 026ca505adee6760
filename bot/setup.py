"""`pulse init`: a .env, a key file and two databases, asked for kindly and never overwritten."""

import os
from pathlib import Path

import typer

from bot.schema import migrate
from bot.settings import Settings, read_settings
from storage.db import open_database, shown_url
from storage.errors import BadKey
from storage.keyfile import make_key_file
from storage.keys import holds_keys, open_keys
from storage.work import Store

_QUESTIONS = {
    "telegram_token": "The bot's token, from @BotFather",
    "operator": "Who runs this bot, as members read it (such as a voluntary sector council)",
    "contact": "How members reach them (an e-mail address or a phone number)",
    "complaints": "Where members complain (an address, a phone number or a page)",
}


def initialise(given: dict[str, str | None], *, ask: bool, folder: Path = Path()) -> list[str]:
    """Write what is missing; a line for each thing done.

    Raises:
        BadSettings, StorageError: what does not fit; what was there before is as it was.
    """
    env = folder / ".env"
    known = _read(env)
    for name, question in _QUESTIONS.items():
        if given.get(name) is None and f"PULSE_{name.upper()}" not in known | os.environ.keys() and ask:
            contact = given.get("contact") or read_settings().contact
            given[name] = typer.prompt(question, default=contact or None if name == "complaints" else None)
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = read_settings(**chosen)
    _must_not_orphan(settings)
    said = [f"{'made' if make_key_file(settings.master_key_file) else 'kept'} {settings.master_key_file}"]
    migrate(settings)
    store = Store(open_database(settings.database_url), open_keys(settings.keys_url, settings.master_key_file))
    try:
        store.prepare()
    finally:
        store.dispose()
    said.append("both databases are ready")
    _write(env, {f"PULSE_{name.upper()}": value for name, value in chosen.items()})
    said.append(f"wrote {env} (keep it and the key file private, and a copy of the key file somewhere else)")
    missing = [n for n in _QUESTIONS if not getattr(read_settings(**chosen), n)]
    if missing:
        names = ", ".join(f"PULSE_{n.upper()}" for n in missing)
        said.append(f"still to set in {env} before `pulse run`: {names}")
    return said


def _must_not_orphan(settings: Settings) -> None:
    """A new key file beside an old key store opens nothing, and would hide that the right one is missing.

    Raises:
        BadKey: the key store has keys and the key file is gone.
    """
    if settings.master_key_file.exists():
        return
    database = open_database(settings.keys_url)
    try:
        made_before = holds_keys(database)
    finally:
        database.dispose()
    if made_before:
        message = (
            f"The key store {shown_url(database)} was made with a key file that is not at {settings.master_key_file}. "
            "Put that file back. Without it, what was kept cannot be read: then start with new databases."
        )
        raise BadKey(message)


def _read(env: Path) -> dict[str, str]:
    lines = env.read_text().splitlines() if env.exists() else []
    pairs = (line.partition("=") for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value for name, _, value in pairs}


def _write(env: Path, new: dict[str, str]) -> None:
    """Replace the file in one move, its other lines kept; its rights are its owner's alone."""
    lines = env.read_text().splitlines() if env.exists() else []
    kept = [line for line in lines if line.partition("=")[0].strip() not in new]
    quoted = [f"{name}='{value.replace(chr(39), '’')}'" for name, value in new.items()]
    beside = env.with_suffix(".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write("\n".join([*kept, *quoted]) + "\n")
    beside.replace(env)
