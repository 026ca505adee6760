"""One run: a bot as a process of its own, people at its other end, and what was seen of both."""

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import psutil  # type: ignore[import-untyped]  # it ships no types

from benchmarks.load import TOKEN, Telegram
from benchmarks.people import People

_SECRET = "bench-bench-bench"  # noqa: S105  # pragma: allowlist secret (nobody's)
_COMING_UP = 60.0  # seconds a bot may take to be reachable
_WARMING_UP = 1.5  # seconds of load before anything counts
_SETTLING = 3.0  # seconds for the last answers to come in
_STOPPING = 15.0  # seconds a bot may take to drain before it is killed


class BotFailed(Exception):
    """The bot under test did not come up; carries the end of what it said."""


@dataclass(frozen=True, slots=True)
class Road:
    """How a bot is reached, and where it may write."""

    mode: str
    api: str
    port: int
    folder: Path
    token: str = TOKEN
    secret: str = _SECRET


@dataclass(frozen=True, slots=True)
class Contender:
    """A bot to measure.

    `environment` readies its folder; `proof` says what its database holds of so many answered taps, and
    raises ValueError where that is not enough.
    """

    name: str
    module: str
    opening: str
    environment: Callable[[Road], dict[str, str]]
    proof: Callable[[Path, int, int], str]
    before: tuple[str, ...] = ()  # what Python runs first, such as its profiler


@dataclass(frozen=True, slots=True)
class Result:
    """What one run showed. Units: milliseconds, and megabytes of a million bytes."""

    steps_per_second: float
    cpu_ms: float
    peak_mb: float
    calls_per_step: float
    p50: float
    p99: float
    stuck: int
    refused: int
    proof: str


async def run(contender: Contender, mode: str, number: int, seconds: float) -> Result:
    """Start the bot, let `number` people at it, measure for `seconds`, stop it.

    Raises:
        BotFailed: it did not come up.
        ValueError: its database does not hold what was answered.
    """
    people = People(number, contender.opening)
    telegram = Telegram(people)
    server, api = await telegram.listen()
    try:
        with TemporaryDirectory(prefix="bench-") as name:
            road = Road(mode, api, _free_port(), Path(name))
            async with _bot(contender, road) as process:
                await _attached(telegram, process, road.folder)
                seen = await _measured(people, psutil.Process(process.pid), seconds)
            proof = contender.proof(road.folder, people.tally.taps_ever, number)
    finally:
        server.close()
    return _result(people, seen, proof)


@asynccontextmanager
async def _bot(contender: Contender, road: Road) -> AsyncIterator[asyncio.subprocess.Process]:
    root = str(Path(__file__).parents[1])
    env = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    env |= {"PYTHONPATH": root, "MODE": road.mode, "API_URL": road.api, "PORT": str(road.port)}
    env |= contender.environment(road)
    with (road.folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *contender.before, "-m", contender.module, cwd=road.folder, env=env, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            await _stop(process)


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask it to end; kill it where it does not, or where this program is itself told to end."""
    try:
        with suppress(ProcessLookupError):
            process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOPPING)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _attached(telegram: Telegram, process: asyncio.subprocess.Process, folder: Path) -> None:
    coming, ending = asyncio.create_task(telegram.attached.wait()), asyncio.create_task(process.wait())
    await asyncio.wait({coming, ending}, timeout=_COMING_UP, return_when=asyncio.FIRST_COMPLETED)
    coming.cancel()
    ending.cancel()
    if not telegram.attached.is_set():
        raise BotFailed((folder / "log").read_text(errors="replace")[-2000:])


@dataclass(frozen=True, slots=True)
class _Seen:
    seconds: float
    cpu: float
    peak: float


async def _measured(people: People, process: psutil.Process, seconds: float) -> _Seen:
    people.begin()
    await asyncio.sleep(_WARMING_UP)
    begin, cpu, peak = monotonic(), _cpu(process), 0.0
    people.tally.on = True
    while monotonic() - begin < seconds:
        await asyncio.sleep(0.2)
        peak = max(peak, _memory(process))
    people.tally.on = False
    seen = _Seen(monotonic() - begin, _cpu(process) - cpu, peak)
    people.end()
    with suppress(TimeoutError):
        await asyncio.wait_for(people.settled.wait(), _SETTLING)
    return seen


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    times = [one.cpu_times() for one in _family(process)]
    return float(sum(t.user + t.system for t in times))


def _memory(process: psutil.Process) -> float:
    return float(sum(one.memory_info().rss for one in _family(process))) / 1e6


def _result(people: People, seen: _Seen, proof: str) -> Result:
    tally, waits = people.tally, sorted(people.tally.waits) or [0.0]
    steps = max(tally.steps, 1)
    return Result(
        steps_per_second=tally.steps / seen.seconds,
        cpu_ms=seen.cpu / steps * 1000,
        peak_mb=seen.peak,
        calls_per_step=tally.calls.total() / steps,
        p50=waits[len(waits) // 2] * 1000,
        p99=waits[len(waits) * 99 // 100] * 1000,
        stuck=tally.stuck,
        refused=tally.refused,
        proof=proof,
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
