"""The same digests with rules taken away: if the intruder pinned nothing here either, it would prove nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from digests import Cell, Limits, disclose


def exactly(_: Cell, __: int, total: int) -> tuple[int, int]:
    """Read a cell as if it had not been rounded."""
    return total, total


@contextmanager
def threshold_alone() -> Iterator[None]:
    """Within it, a figure is shown from 5 people on, whoever is left over: without A3 and A4."""
    kept = disclose.outsiders_hidden, disclose.without_small_rest
    disclose.outsiders_hidden, disclose.without_small_rest = _anyone, _all
    try:
        yield
    finally:
        disclose.outsiders_hidden, disclose.without_small_rest = kept


def _anyone(_: Mapping[str, int], __: Limits) -> bool:
    return True


def _all(groups: Mapping[str, int], _: int, __: Limits) -> frozenset[str]:
    return frozenset(groups)
