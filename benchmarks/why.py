"""Where a step's time goes: one more run under Python's profiler, for a figure that fell short."""

import pstats
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.race import Contender, run

_LINES = 15


async def profile(contender: Contender, mode: str, number: int, seconds: float) -> list[str]:
    """The functions of the event loop's thread that take most time of their own, costliest first.

    The profiler slows Python's own functions down about twofold; the order, not the figures, is the message.
    """
    with TemporaryDirectory(prefix="bench-") as name:
        kept = Path(name) / "profile"
        await run(replace(contender, before=("-m", "cProfile", "-o", str(kept))), mode, number, seconds)
        stats = pstats.Stats(str(kept)).get_stats_profile()
    costly = sorted(stats.func_profiles.items(), key=lambda pair: pair[1].tottime, reverse=True)[:_LINES]
    return [
        f"{one.tottime / stats.total_tt:5.1%}  {Path(one.file_name).name}:{one.line_number} {function}"
        for function, one in costly
    ]
