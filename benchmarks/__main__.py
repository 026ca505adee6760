"""`python -m benchmarks`: measure, compare with the goals, print a table. Everything stays on loopback."""

import argparse
import asyncio
import os
import platform
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import uvloop

from benchmarks import bots, closing, engine, pulse
from benchmarks.people import FIRST_PERSON
from benchmarks.race import BotFailed, Contender, Result, run
from benchmarks.why import profile

_PEOPLE, _MANY = 200, 2000
_GOAL_RATIO, _GOAL_MB = 2.0, 200
_GOAL_STEP, _GOAL_LOAD = 30, 500
_GOAL_LARGE, _GOAL_MANY, _GOAL_AGEING = 2.0, 60, 1.2


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure. Units: seconds."""

    pairs: int
    seconds: float


_FULL, _QUICK = Plan(3, 5.0), Plan(1, 2.0)


def _verdict(*, met: bool) -> str:
    return "met" if met else "SHORT"


def _seeded(folder: Path, people: int) -> Path:
    store = pulse.install(folder / f"seeded-{people}")
    try:
        pulse.seed(store, "Bench", range(FIRST_PERSON, FIRST_PERSON + people), datetime.now(UTC))
    finally:
        store.dispose()
    return folder / f"seeded-{people}"


# --- the parts


async def _race(mode: str, plan: Plan, folder: Path) -> None:
    """Ours and aiogram's in turn, so that whatever else the machine does meets both."""
    ours, peer = bots.ours(_seeded(folder, _PEOPLE)), bots.peer("aiogram")
    print(f"\n{mode}: steps a second, {_PEOPLE} people, every answer committed (SQLite, WAL, synchronous=FULL)")
    print(f"{'run':>5} {ours.name:>9} {peer.name:>9} {'ratio':>7}")
    pairs: list[tuple[Result, Result]] = []
    for number in range(1, plan.pairs + 1):
        a, b = [await run(one, mode, _PEOPLE, plan.seconds) for one in (ours, peer)]
        pairs.append((a, b))
        print(f"{number:>5} {a.steps_per_second:9.0f} {b.steps_per_second:9.0f} {_ratio(a, b):7.2f}")
    mine, theirs = zip(*pairs, strict=True)
    ratio = median(_ratio(a, b) for a, b in pairs)
    speeds = [median(r.steps_per_second for r in side) for side in (mine, theirs)]
    print(f"  mid {speeds[0]:9.0f} {speeds[1]:9.0f} {ratio:7.2f}  goal {_GOAL_RATIO:.2f}: "
          f"{_verdict(met=ratio >= _GOAL_RATIO)}")  # fmt: skip
    for name, side in ((ours.name, mine), (peer.name, theirs)):
        print(f"  {name}: {_details(side)}")
    if ratio < _GOAL_RATIO:
        await _explain(ours, mode, plan)


def _ratio(a: Result, b: Result) -> float:
    return a.steps_per_second / max(b.steps_per_second, 0.1)


def _details(side: tuple[Result, ...]) -> str:
    last = side[-1]
    return (
        f"CPU {median(r.cpu_ms for r in side):.2f} ms a step, {last.calls_per_step:.1f} calls a step, "
        f"tap to screen p50 {median(r.p50 for r in side):.0f} ms p99 {median(r.p99 for r in side):.0f} ms, "
        f"stuck {sum(r.stuck for r in side)}, refused {sum(r.refused for r in side)}; {last.proof}"
    )


async def _explain(contender: Contender, mode: str, plan: Plan) -> None:
    print("  where the time goes (the event loop's thread, under the profiler):")
    for line in await profile(contender, mode, _PEOPLE, plan.seconds):
        print(f"    {line}")


async def _memory(plan: Plan, folder: Path) -> None:
    seen = await run(bots.ours(_seeded(folder, _MANY)), "polling", _MANY, plan.seconds)
    print(f"\nmemory: peak {seen.peak_mb:.0f} MB with {_MANY} people at {seen.steps_per_second:.0f} steps a second, "
          f"goal below {_GOAL_MB} MB: {_verdict(met=seen.peak_mb < _GOAL_MB)}; {seen.proof}")  # fmt: skip


async def _ptb(plan: Plan, _: Path) -> None:
    seen = await run(bots.peer("ptb"), "polling", _PEOPLE, plan.seconds)
    print(f"\nptb: python-telegram-bot as it comes, polling: {seen.steps_per_second:.0f} steps a second, "
          f"CPU {seen.cpu_ms:.2f} ms a step; {seen.proof}")  # fmt: skip


async def _engine(_: Plan, __: Path) -> None:
    costs = engine.measure()
    slowest = max(costs.step, costs.longest)
    print(f"\nengine: a step of the weekly pulse {costs.step:.0f} us, of the longest check-in {costs.longest:.0f} us, "
          f"goal below {_GOAL_STEP} us: {_verdict(met=slowest < _GOAL_STEP)}; "
          f"a machine built for each conversation would add {costs.machine:.0f} us")  # fmt: skip
    print(f"  loading and compiling the flows {costs.load:.0f} ms, once; one of {engine.LARGE} questions "
          f"{costs.large:.0f} ms, goal below {_GOAL_LOAD} ms: {_verdict(met=costs.large < _GOAL_LOAD)}")  # fmt: skip


async def _closing(plan: Plan, folder: Path) -> None:
    took = await asyncio.to_thread(closing.measure, folder / "closing")
    print(f"\nclosing: a round of {closing.MEMBERS} members {took.usual:.0f} ms, the fourth of a period "
          f"{took.period:.0f} ms")  # fmt: skip
    seconds = await asyncio.to_thread(closing.large, folder / "large")
    print(f"  a period of {closing.LARGE:,} members and 4 rounds: {seconds:.2f} s, goal below {_GOAL_LARGE:.0f} s: "
          f"{_verdict(met=seconds < _GOAL_LARGE)}")  # fmt: skip
    if plan is _QUICK:
        return
    age = await asyncio.to_thread(closing.ageing, folder / "ageing")
    print(f"  a digest after {closing.YOUNG} rounds {age.young:.1f} ms, after {closing.OLD:,} rounds {age.old:.1f} ms, "
          f"ratio {age.ratio:.2f}, goal at most {_GOAL_AGEING}: {_verdict(met=age.ratio <= _GOAL_AGEING)}")  # fmt: skip
    seconds = await asyncio.to_thread(closing.many, folder / "many")
    print(f"  a period of {closing.MANY} partnerships of {closing.MEMBERS} people: {seconds:.1f} s, "
          f"goal below {_GOAL_MANY} s: {_verdict(met=seconds < _GOAL_MANY)}")  # fmt: skip


async def _polling(plan: Plan, folder: Path) -> None:
    await _race("polling", plan, folder / "polling")


async def _webhook(plan: Plan, folder: Path) -> None:
    await _race("webhook", plan, folder / "webhook")


_PARTS: dict[str, Callable[[Plan, Path], Awaitable[None]]] = {
    "engine": _engine, "closing": _closing, "polling": _polling, "webhook": _webhook, "memory": _memory, "ptb": _ptb,
}  # fmt: skip


# --- the command


def _machine(folder: Path) -> str:
    with (folder / "fsync").open("wb", buffering=0) as file:
        begin = perf_counter()
        for _ in range(100):
            file.write(b"x" * 4096)
            os.fsync(file.fileno())
        fsync = (perf_counter() - begin) * 10
    return (
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}, "
        f"one fsync {fsync:.2f} ms"
    )


async def _measure(names: list[str], plan: Plan) -> int:
    task = asyncio.current_task()
    if task is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with TemporaryDirectory(prefix="bench-") as name:
        if sys.dont_write_bytecode:  # else every bot would compile all it imports, and peak while it does
            os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": f"{name}/compiled"}
        print(_machine(Path(name)))
        for part in names:
            try:
                await _PARTS[part](plan, Path(name))
            except (BotFailed, ValueError) as exc:
                print(f"\n{part}: {exc}", file=sys.stderr)
                return 1
    return 0


def main() -> int:
    """Measure what was asked for; 1 where a bot failed or its database held less than it showed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What README's figures come from.")
    parser.add_argument("--quick", action="store_true", help="under a minute: one short pair in each mode, no ptb")
    parser.add_argument("--only", choices=list(_PARTS), help="measure this part alone")
    given = parser.parse_args()
    names = [given.only] if given.only else list(_PARTS)
    if given.quick and not given.only:
        names.remove("ptb")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            return runner.run(_measure(names, _QUICK if given.quick else _FULL))
        except (asyncio.CancelledError, KeyboardInterrupt):
            print("stopped", file=sys.stderr)
            return 130


if __name__ == "__main__":
    sys.exit(main())
