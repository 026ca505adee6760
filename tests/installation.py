"""The operator's hand in end-to-end tests: the real command line, the real bot process, settings by environment."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from standin import Person, StandIn

PATIENCE = 60
PARTNERS = ("City Council", "Homes", "Shelter")


def environment() -> dict[str, str]:
    """What a process of the product's is started with: none of our own settings, and compiled modules kept.

    Without those each of its starts takes seconds longer.
    """
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    compiled = Path(tempfile.gettempdir()) / f"pulse-tests-compiled-{os.getuid()}"
    return {"PYTHONPYCACHEPREFIX": str(compiled), **ours, "PYTHONPATH": str(Path(__file__).parents[1])}


class Operator:
    """One installation in a folder of its own, against a stand-in for Telegram."""

    def __init__(self, folder: Path, telegram: StandIn, **settings: str) -> None:
        self.folder, self.telegram = folder, telegram
        self.env = environment() | {
            "PULSE_TELEGRAM_TOKEN": telegram.token,
            "PULSE_TELEGRAM_API_URL": telegram.url,
            "PULSE_OPERATOR": "Voluntary Network",
            "PULSE_CONTACT": "help@example.org",
            "PULSE_COMPLAINTS": "complaints@example.org",
            "PULSE_BROADCAST_RATE": "500",
            **settings,
        }

    async def says(self, *command: str, status: int = 0) -> str:
        """Run `pulse COMMAND`; its standard output, or its standard error where a failure is expected."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", *command,
            cwd=self.folder, env=self.env,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode == status, f"{command} ended with {process.returncode}: {err.decode()}{out.decode()}"
        assert "Traceback" not in err.decode()
        return (err if status else out).decode()

    async def asks(self, *command: str) -> dict[str, Any]:
        """Run a command with --json; the one object it prints."""
        found: dict[str, Any] = json.loads(await self.says(*command, "--json"))
        return found

    async def sets_up(self) -> tuple[str, str]:
        """`pulse init` and a partnership of three; its member and coordinator tokens."""
        await self.says("init", "--yes")
        partners = [word for name in PARTNERS for word in ("--organisation", name)]
        made = await self.asks("partnership", "create", "Riverside", *partners, "--lead", PARTNERS[0])
        return made["member_link"].partition("=")[2], made["coordinator_link"].partition("=")[2]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Bot"]:
        """A running bot; told to stop at the end unless it was killed."""
        bot = Bot(await self._start())
        try:
            await self._came_up(bot)
            yield bot
        finally:
            await bot.stop()

    async def _came_up(self, bot: "Bot") -> None:
        # The stand-in is less patient than a busy machine is slow to import.
        serving = bot.process.stderr
        assert serving is not None
        async with asyncio.timeout(PATIENCE):
            while line := await serving.readline():
                bot.log += line
                if b"serving" in line:
                    return
        await bot.process.wait()
        raise AssertionError(bot.log.decode())

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "run", cwd=self.folder, env=self.env, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip


class Bot:
    """A bot process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log = b""

    async def stop(self) -> int:
        """SIGTERM; the exit status."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
        _, err = await asyncio.wait_for(self.process.communicate(), PATIENCE)
        self.log += err or b""
        return self.process.returncode if self.process.returncode is not None else -1

    async def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        await self.process.wait()


async def joins(person: Person, token: str, organisation: str, seat: str = "Rather not say") -> None:
    """Follow a member link to the end."""
    await person.says(f"/start {token}")
    await person.sees("Nothing about you is kept until you tap")
    await person.taps("I am 18 or over and I agree")
    await person.taps(organisation)
    await person.taps(seat)
    await person.sees("You have joined")


async def answers(person: Person, *labels: str) -> None:
    """Tap through the open check-in, as far as the labels go."""
    for label, then in zip(labels, _SCREENS, strict=False):
        await person.taps(label)
        await person.sees(then)  # a tap is acknowledged beside the edit, so the next screen may be a moment away


_SCREENS = ("2 of 5", "3 of 5", "4 of 5", "5 of 5", "add a note", "Saved. Thank you.")
FULL = ("Mostly", "In part", "Not much", "Mostly", "Rather not say", "No note")
