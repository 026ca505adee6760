"""Where a step's time goes: one more run under Python's profiler, for a figure that fell short."""

import cProfile
import importlib
import pstats
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.race import Contender, run

_LINES = 12


async def profile(contender: Contender, mode: str, number: int, seconds: float) -> list[str]:
    """What the event loop's thread spends its own time on: by package, then the costliest functions.

    The profiler slows Python's own functions down about twofold: the order, not the figures, is the message.
    It cannot see into the loop: waiting, reading and writing sockets count for Python's `run`.
    """
    with TemporaryDirectory(prefix="bench-") as name:
        kept = Path(name) / "profile"
        await run(replace(contender, before=("-m", "benchmarks.why", str(kept))), mode, number, seconds)
        # (file, line, function) -> (calls, calls not counting recursion, seconds of its own, seconds with its callees)
        rows: dict[tuple[str, int, str], tuple[int, int, float, float]] = pstats.Stats(str(kept)).stats  # type: ignore[attr-defined]
    packages: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, _, function), (_, _, itself, altogether, *_) in rows.items():
        if itself > altogether:
            continue  # the first coroutine, to which the profiler puts down the loop's waiting
        own = round(itself * 1e6)
        packages[_package(file)] += own
        functions[f"{_package(file)}: {function}"] += own
    whole = packages.total()
    shares = ", ".join(f"{name} {own / whole:.0%}" for name, own in packages.most_common(8))
    return [shares, *(f"{own / whole:6.1%}  {name}" for name, own in functions.most_common(_LINES))]


def _package(file: str) -> str:
    parts = Path(file).parts
    if "site-packages" in parts:
        return parts[parts.index("site-packages") + 1]
    root = Path(__file__).parents[1]
    if Path(file).is_relative_to(root):
        return Path(file).relative_to(root).parts[0]
    return "built in" if file == "~" else "Python"


def _profiled(kept: str, module: str) -> int:
    """Run `module`'s main under the profiler, its imports before that."""
    main = importlib.import_module(module).main
    profiler = cProfile.Profile()
    try:
        return int(profiler.runcall(main) or 0)
    finally:
        profiler.dump_stats(kept)


if __name__ == "__main__":
    sys.exit(_profiled(sys.argv[1], sys.argv[3]))
