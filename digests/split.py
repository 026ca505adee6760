"""The split: the 2 to 4 groups of seats that are compared, as one line of text such as "lived/lead+partner"."""

from collections.abc import Iterable
from difflib import get_close_matches

SEATS = ("lead", "partner", "frontline", "lived", "commissioner")
"""The seats a group may hold; "undeclared" ("Rather not say") is in no group."""

DEFAULT = "lived/lead+partner+frontline+commissioner"
LEAST_GROUPS, MOST_GROUPS = 2, 4
USUAL_REPLY = 70
"""Of 100 people who joined, how many answer.   Source: results.md section 2."""


class BadSplit(ValueError):
    """A split is written in a way that cannot be used; the message says why and how to mend it."""


def parse(text: str) -> dict[str, frozenset[str]]:
    """The groups of a split in the order given: code -> seats; a code is its seats in order, joined by "+".

    Raises: BadSplit: an unknown or doubled seat, or fewer than 2 or more than 4 groups.
    """
    groups = [[seat.strip() for seat in group.split("+")] for group in text.split("/")]
    if not LEAST_GROUPS <= len(groups) <= MOST_GROUPS:
        message = (
            f"A split has {LEAST_GROUPS} to {MOST_GROUPS} groups, and {text!r} has {len(groups)}. "
            f"Put / between groups and + between the seats of one, such as {DEFAULT}."
        )
        raise BadSplit(message)
    seen: set[str] = set()
    for seat in (seat for group in groups for seat in group):
        _check(seat, seen)
        seen.add(seat)
    return {_code(group): frozenset(group) for group in groups}


def canonical(text: str) -> str:
    """The one spelling of a split: seats in the order of `SEATS`, groups as given.

    Raises: BadSplit: as `parse` says.
    """
    return "/".join(parse(text))


def warnings(text: str, people: int = 5) -> tuple[str, ...]:
    """What to know before choosing this split: a sentence for each group of a single seat.

    Units: `people` is how many answers a group needs, `Limits.people`.
    Raises: BadSplit: as `parse` says.
    """
    join = -(-people * 100 // USUAL_REPLY)
    return tuple(
        f"The group {code!r} is one seat. It will show only once {people} of them answer in a period: at the usual "
        f"reply of {USUAL_REPLY} in 100, about {join} of them have to join."
        for code, seats in parse(text).items()
        if len(seats) == 1
    )


def _code(seats: Iterable[str]) -> str:
    return "+".join(sorted(seats, key=SEATS.index))


def _check(seat: str, seen: set[str]) -> None:
    if seat == "undeclared":
        message = 'People who would rather not say their seat are in no group: take "undeclared" out.'
        raise BadSplit(message)
    if seat not in SEATS:
        near = get_close_matches(seat, SEATS, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"The seats are: {', '.join(SEATS)}."
        message = f"There is no seat {seat!r}. {hint}"
        raise BadSplit(message)
    if seat in seen:
        message = f"The seat {seat!r} is named twice. Each seat is in one group: take one of them out."
        raise BadSplit(message)
