"""Which item of the bank a round asks; a pure function of the round's number, so nothing is remembered."""

from flows.errors import UnknownItem
from flows.model import Flow


def rotating_item(flow: Flow, number: int) -> str:
    """The item that a partnership's round `number` asks in the rotating place.

    Themes take turns in the order the flow names them. Within a theme the items go round, and so the one
    asked is always the one asked longest ago: each comes back after (themes x items of its theme) rounds.

    Units: `number` counts a partnership's rounds from 1.

    Raises:
        ValueError: `number` is below 1.
        UnknownItem: this flow has no rotating place.
    """
    if number < 1:
        problem = f"rounds are numbered from 1, not {number}"
        raise ValueError(problem)
    if flow.rotation is None:
        problem = f"{flow.ref} has no rotating place"
        raise UnknownItem(problem)
    themes = flow.rotation.rotate
    turn, place = divmod(number - 1, len(themes))
    bank = flow.bank[themes[place]]
    return bank[turn % len(bank)].id
