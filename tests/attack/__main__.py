"""`python -m attack`: attack made-up partnerships, print every figure, and fail where one is over the line."""

import argparse
import sys
from contextlib import suppress
from functools import partial
from multiprocessing import Pool
from multiprocessing import TimeoutError as TookTooLong
from time import monotonic

from attack.report import Tally, attack, over, table

FULL, QUICK = 20_000, 210
QUICK_SECONDS, QUICK_LEAST = 40.0, 84
"""A quick run ends after so long, and needs so many partnerships to say anything."""


def main() -> int:
    """Returns: the exit status, 0 where the gate is passed."""
    parser = argparse.ArgumentParser(prog="attack", description=__doc__)
    parser.add_argument("--partnerships", type=int, help=f"how many ({FULL}, or {QUICK} with --quick)")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help=f"a sample, in {QUICK_SECONDS:g} seconds at the very most")
    asked = parser.parse_args()
    number = asked.partnerships or (QUICK if asked.quick else FULL)
    tally, done, begin = Tally(), 0, monotonic()
    with Pool(asked.processes) as pool:
        results = pool.imap(partial(attack, seed=asked.seed, rounds=asked.rounds), range(number))
        with suppress(TookTooLong):
            while done < number:
                left = begin + QUICK_SECONDS - monotonic()
                tally.add(results.next(timeout=max(left, 0.0) if asked.quick else None))
                done += 1
    _say(f"{done} partnerships of {asked.rounds} rounds, seed {asked.seed}, {monotonic() - begin:.0f} s")
    table(tally, _say)
    failed = over(tally)
    if done < min(number, QUICK_LEAST):
        failed.append(f"only {done} partnerships in {QUICK_SECONDS:g} s: too few to judge by, so run it again")
    _say("")
    for line in failed:
        _say(f"FAILED: {line}")
    if not failed:
        _say("passed")
    return 1 if failed else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
