"""The groups of seats that a flow compares, as one line of text in its one spelling: "lead/partner+frontline"."""

from collections.abc import Sequence
from itertools import chain
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from flows.errors import instead

SEATS = ("lead", "partner", "frontline", "lived", "commissioner")
LEAST, MOST = 2, 4


def _spelt(text: str) -> str:
    """Seats in the order of `SEATS`, groups as given."""
    groups = [[seat.strip() for seat in group.split("+")] for group in text.split("/")]
    if wrong := _wrong(groups):
        kind, said = "unfit", dict(zip(("what", "mend"), wrong, strict=True))
        raise PydanticCustomError(kind, "{what}", said)
    return "/".join("+".join(sorted(group, key=SEATS.index)) for group in groups)


def _wrong(groups: Sequence[Sequence[str]]) -> tuple[str, str] | None:
    """What is wrong, and how to mend it."""
    seats = list(chain(*groups))
    for seat in seats:
        if seat not in SEATS:
            return f"`{seat}` is not in the seats" if seat else "a seat is missing here", instead(seat, SEATS)
        if seats.count(seat) > 1:
            return f"seat `{seat}` is named twice", "name it once"
    if LEAST <= len(groups) <= MOST:
        return None
    mend = "put `/` between 2 to 4 groups, and `+` between the seats of one, as in lead/partner+frontline"
    return "nothing is compared with only one group, or with more than four", mend


_SEAT = f"({'|'.join(SEATS)})"
Groups = Annotated[
    str, AfterValidator(_spelt), WithJsonSchema({"type": "string", "pattern": f"^{_SEAT}([+/]{_SEAT})+$"})
]
