"""The intruder: which values of each unknown are consistent with everything seen; sound, so never too narrow."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from attack.problem import TOP, UNIT, Agreement, Hidden, Problem, Sum
from digests.score import AGREE, VARY

EXACT = 4
"""Up to so many unknowns in a sum every pattern is tried; beyond, the ends of the ranges are used."""

MOST_SUMS = 150
"""So many differences of figures are kept at most."""

Values = list[int]
"""Per unknown the values still possible, as bits: bit 3 is set while the value 3 is."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What the intruder is sure of: the places of pinned scores, means and hidden groups."""

    scores: frozenset[int]
    means: frozenset[int]
    hidden: frozenset[int]
    values: Values


def prove(problem: Problem) -> Proof:
    """Find everything that can have one value only.

    Returns: with `values`, per unknown what is still possible: it always holds the true one.
    """
    values = [(2 << TOP) - 1] * problem.scores + [(2 << TOP * len(parts)) - 1 for parts in problem.totals]
    for unknown, most in problem.ceilings.items():
        values[unknown] &= (2 << most) - 1
    sums = [*with_differences(problem.sums), *_links(problem)]
    _propagate(sums, problem.agreements, values)
    return Proof(
        frozenset(i for i in range(problem.scores) if _single(values[i])),
        frozenset(place for place, unknown in enumerate(problem.means) if _single(values[unknown])),
        frozenset(place for place, group in enumerate(problem.hidden) if len(figures(group, sums, values)) == 1),
        values,
    )


def with_differences(sums: Sequence[Sum]) -> list[Sum]:
    """The sums, and what is left when one is taken from another: the first thing any intruder tries.

    A difference is kept where it is about fewer unknowns than the larger of the two; differences of
    differences are taken once more, so that two shown groups can be taken from everyone.
    """
    found = list(sums)
    seen = {_key(each) for each in found}
    begin = 0
    for _ in range(2):
        fresh = range(begin, len(found))
        begin = len(found)
        for late in fresh:
            for early in range(late):
                for one, other in ((found[late], found[early]), (found[early], found[late])):
                    left = _difference(one, other)
                    if left is not None and len(found) < MOST_SUMS and _key(left) not in seen:
                        seen.add(_key(left))
                        found.append(left)
    return found


def figures(group: Hidden, sums: Iterable[Sum], values: Values) -> set[int]:
    """The figures a hidden group may have."""
    low = sum(weight * _least(values[unknown]) for unknown, weight in group.terms.items())
    high = sum(weight * _most(values[unknown]) for unknown, weight in group.terms.items())
    for each in sums:
        if all(each.terms.get(unknown) == weight for unknown, weight in group.terms.items()):
            others = {unknown: weight for unknown, weight in each.terms.items() if unknown not in group.terms}
            least, most = ends(others, values)
            low, high = max(low, each.low - most), min(high, each.high - least)
    if len(group.terms) > EXACT:
        return {group.figure(low), group.figure(high)}
    possible = _reached(group.terms.items(), values)
    return {group.figure(total) for total in range(low, high + 1) if possible >> total & 1}


def _key(each: Sum) -> tuple[frozenset[tuple[int, int]], int, int]:
    return frozenset(each.terms.items()), each.low, each.high


def _difference(one: Sum, other: Sum) -> Sum | None:
    shared = one.terms.keys() & other.terms.keys()
    if 2 * len(shared) <= len(other.terms):
        return None
    terms = dict(one.terms)
    for unknown, weight in other.terms.items():
        left = terms.pop(unknown, 0) - weight
        if left:
            terms[unknown] = left
    if not terms or len(terms) >= max(len(one.terms), len(other.terms)):
        return None
    return Sum(terms, one.low - other.high, one.high - other.low)


def _links(problem: Problem) -> list[Sum]:
    """Each total is the sum of its scores."""
    return [
        Sum({**dict.fromkeys(parts, 1), problem.scores + place: -1}, 0, 0) for place, parts in enumerate(problem.totals)
    ]


def _propagate(sums: Sequence[Sum], agreements: Sequence[Agreement], values: Values) -> None:
    """Narrow until nothing moves any more."""
    about: dict[int, list[int]] = {}
    for place, each in enumerate(sums):
        for unknown in each.terms:
            about.setdefault(unknown, []).append(place)
    waiting = set(range(len(sums)))
    while waiting:
        while waiting:
            for unknown in _narrow(sums[waiting.pop()], values):
                waiting.update(about[unknown])
        for words in agreements:
            for unknown in _close_together(words, values):
                waiting.update(about.get(unknown, ()))


def narrow_all(sums: Sequence[Sum], values: Values) -> bool:
    """Narrow by ranges alone.   Returns: whether every unknown has a value left."""
    moved = True
    while moved:
        moved = False
        for each in sums:
            moved |= bool(_narrow_ends(each, values))
            least, most = ends(each.terms, values) if all(values[unknown] for unknown in each.terms) else (1, 0)
            if least > most or most < each.low or least > each.high:
                return False
    return True


def _narrow(each: Sum, values: Values) -> list[int]:
    """Take out what this sum alone rules out.   Returns: the unknowns that lost a value."""
    return (_narrow_exactly if len(each.terms) <= EXACT else _narrow_ends)(each, values)


def _narrow_ends(each: Sum, values: Values) -> list[int]:
    """By the ends of the ranges: whatever one unknown is, the others must be able to make up the rest."""
    terms = each.terms
    least, most = ends(terms, values)
    if each.low <= least and most <= each.high:
        return []
    lost = []
    for unknown, weight in terms.items():
        had = values[unknown]
        low, high = _least(had), _most(had)
        a, b = (weight * low, weight * high) if weight > 0 else (weight * high, weight * low)
        floor, top = each.low - (most - b), each.high - (least - a)
        if weight < 0:
            floor, top, weight = -top, -floor, -weight  # noqa: PLW2901
        keep = had & _between(-(-floor // weight), top // weight)
        if keep != had:
            values[unknown] = keep
            lost.append(unknown)
    return lost


def _narrow_exactly(each: Sum, values: Values) -> list[int]:
    lost = []
    items = list(each.terms.items())
    shift = sum(-weight * _most(values[unknown]) for unknown, weight in items if weight < 0)
    for place, (unknown, weight) in enumerate(items):
        others = _reached(items[:place] + items[place + 1 :], values)
        own = -weight * _most(values[unknown]) if weight < 0 else 0
        keep = 0
        for value in _each(values[unknown]):
            # the sums are counted from `shift` below nothing, so that every one is a bit
            low, high = each.low + shift - own - weight * value, each.high + shift - own - weight * value
            if others & _between(low, high):
                keep |= 1 << value
        if keep != values[unknown]:
            values[unknown] = keep
            lost.append(unknown)
            return [*lost, *(name for name in _narrow_exactly(each, values) if name != unknown)]
    return lost


def _reached(items: Iterable[tuple[int, int]], values: Values) -> int:
    """Every sum the items can come to, as bits; negative weights count from their least."""
    bits = 1
    for unknown, weight in items:
        base = -weight * _most(values[unknown]) if weight < 0 else 0
        union = 0
        for value in _each(values[unknown]):
            union |= bits << (weight * value + base)
        bits = union
    return bits


def _close_together(words: Agreement, values: Values) -> list[int]:
    """Where people are told to be close together, take out what would be too far from everyone else."""
    if words.code not in (AGREE, VARY):
        return []
    people = len(words.outsiders) + len(words.insiders)
    most = UNIT * people * (60 if words.code == AGREE else 83)  # in hundredths
    spans = [ends(terms, values) for terms in words.outsiders]
    points = sorted({end for span in spans for end in span} | set(words.insiders))
    bases = [
        sum(abs(point - mean) for mean in words.insiders)
        + sum(max(low - point, point - high, 0) for low, high in spans)
        for point in points
    ]
    lost = []
    for terms, (low, high) in zip(words.outsiders, spans, strict=True):
        if len(terms) != 1:
            continue
        ((unknown, weight),) = terms.items()
        keep = 0
        for value in _each(values[unknown]):
            mean = weight * value
            nearest = min(
                base - max(low - point, point - high, 0) + abs(point - mean)
                for point, base in zip((*points, mean), (*bases, _base(mean, words, spans)), strict=True)
            )
            if 100 * nearest <= most:
                keep |= 1 << value
        if keep != values[unknown]:
            values[unknown] = keep
            lost.append(unknown)
    return lost


def _base(point: int, words: Agreement, spans: Sequence[tuple[int, int]]) -> int:
    own = sum(abs(point - mean) for mean in words.insiders)
    return own + sum(max(low - point, point - high, 0) for low, high in spans)


def ends(terms: Mapping[int, int], values: Values) -> tuple[int, int]:
    """The least and the greatest the terms can come to."""
    least = most = 0
    for unknown, weight in terms.items():
        low, high = _least(values[unknown]), _most(values[unknown])
        if weight > 0:
            least += weight * low
            most += weight * high
        else:
            least += weight * high
            most += weight * low
    return least, most


def _between(low: int, high: int) -> int:
    """The bits from `low` to `high`."""
    if high < low or high < 0:
        return 0
    return (2 << high) - (1 << max(low, 0))


def _least(bits: int) -> int:
    return (bits & -bits).bit_length() - 1


def _most(bits: int) -> int:
    return bits.bit_length() - 1


def _single(bits: int) -> bool:
    return bits & (bits - 1) == 0


def _each(bits: int) -> Iterable[int]:
    return (value for value in range(bits.bit_length()) if bits >> value & 1)
