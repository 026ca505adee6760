"""`pulse audit`: what was done to this installation, for the operator alone."""

from dataclasses import asdict
from typing import Any

from bot.operating import opened
from bot.settings import Settings
from storage.audit import EVENTS

_BY_ANOTHER_WAY = (
    "Somebody wrote to the database by another way than this program. Keep a copy, and find out who could."
)
_WRITE_IT_DOWN = (
    "Write number and seal down elsewhere: whoever can write to the database could make the whole log anew, "
    "and then the two no longer go together."
)


def verify(settings: Settings) -> dict[str, Any]:
    """Whether the log is whole: `broken` is None, or the first entry that does not fit and why."""
    with opened(settings) as store, store.work() as work:
        broken, (number, seal) = work.audit.verify(), work.audit.last()
    return {
        "last": number,
        "seal": seal,
        "broken": None if broken is None else {"number": broken.number, "why": broken.why},
    }


def verify_lines(value: dict[str, Any]) -> list[str]:
    """Whether the log is whole, for a person to read."""
    if broken := value["broken"]:
        return [f"The audit log does not fit from entry {broken['number']} on: {broken['why']}. {_BY_ANOTHER_WAY}"]
    if not value["last"]:
        return ["The audit log is empty."]
    return [
        f"The audit log is whole. Its last entry is {value['last']}, with the seal {value['seal']}.",
        _WRITE_IT_DOWN,
    ]


def showing(settings: Settings) -> dict[str, Any]:
    """Every entry that is kept, oldest first."""
    with opened(settings) as store, store.work() as work:
        seals = work.audit.seals()
        return {"entries": [asdict(entry) | {"seal": seals[entry.number]} for entry in work.audit.entries()]}


def showing_lines(value: dict[str, Any]) -> list[str]:
    """The entries for a person to read."""
    return [_line(entry) for entry in value["entries"]] or ["The audit log is empty."]


def _line(entry: dict[str, Any]) -> str:
    what = EVENTS.get(entry["what"], entry["what"])
    about = f": {entry['about']}" if entry["about"] else ""
    return f"{entry['number']:>5}  {entry['day']}  {entry['seal'][:8]}  {entry['actor']:<11}  {what}{about}"
