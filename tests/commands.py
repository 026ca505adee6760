"""One command of `pulse`, run in the test's own process as a person runs it, with what it left behind."""

import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from bot import cli


@dataclass(frozen=True)
class Said:
    """What a command left behind: its status, its result, and what it said beside it."""

    status: object
    out: str
    err: str

    @property
    def sentence(self) -> str:
        """What it says on failing: nothing on standard output, one line on standard error, status 1."""
        assert (self.status, self.out, self.err.count("\n")) == (1, "", 1), self
        return self.err.strip()

    @property
    def object(self) -> dict[str, Any]:
        """The one JSON object it prints, and nothing else."""
        assert (self.status, self.out.count("\n")) == (0, 1), self
        found: dict[str, Any] = json.loads(self.out)
        return found


Pulse = Callable[..., Said]


def alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in `folder`, with no settings from outside."""
    for name in [name for name in os.environ if name.startswith("PULSE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(folder)


def run(
    capfd: pytest.CaptureFixture[str],
    command: Iterable[str],
    settings: Mapping[str, str] = MappingProxyType({}),
    typed: str | None = None,
) -> Said:
    """`pulse COMMAND` with these settings, and with what is typed where something is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["pulse", *command])
        for name, value in settings.items():
            patch.setenv(f"PULSE_{name.upper()}", value)
        if typed is not None:
            patch.setattr(sys, "stdin", io.StringIO(typed))
        mask = os.umask(0o022)
        try:
            cli.main()
        except SystemExit as end:
            return Said(end.code, *capfd.readouterr())
        finally:
            os.umask(mask)
