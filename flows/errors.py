"""Mistakes of callers and of flow authors; a member's mistake is a `Notice`, never an exception."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]


class FlowsError(Exception):
    """Anything `flows` raises on purpose."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in a flow file: where, what, and how to mend it. With a warning it is still a flow.

    Units: `line` and `column` count from 1, as editors do.
    """

    file: str
    line: int
    column: int
    what: str
    mend: str
    severity: Severity = "error"

    def __str__(self) -> str:
        marked = f"{self.severity}: " if self.severity == "warning" else ""
        stop = "" if self.mend.endswith("?") else "."
        return f"{self.file}:{self.line}:{self.column}: {marked}{self.what}. To mend: {self.mend}{stop}"


class BadDefinition(FlowsError):
    """A flow file is wrong; `problems` lists all that was found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


class BadSnapshot(FlowsError):
    """A text kept as a published flow is none; says what it is not, and that a backup has it."""


class BadSchedule(FlowsError):
    """A day, a time or a time zone cannot be used; says what was given and what would do."""


class WrongFlow(FlowsError):
    """A run does not fit this flow: another version, a state or a rotating item that it does not have."""


class UnknownItem(FlowsError):
    """No scored question of this flow has that id."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be; None where nothing is close."""
    folded = {name.casefold(): name for name in known}
    close = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


def instead(word: str, known: Sequence[str]) -> str:
    """How to mend `word`, which is none of those known: with the one it was probably meant to be, or any of them."""
    close = nearest(word, known)
    return f"did you mean `{close}`?" if close else f"use one of: {', '.join(known) or '(there are none)'}"
