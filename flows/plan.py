"""Which item of the bank a round asks; a pure function of the round's number, so nothing is remembered."""

from flows.model import Flow


def rotating_item(flow: Flow, number: int) -> str | None:
    """The item that a partnership's round `number` asks in the rotating place; None where the flow has none.

    Themes take turns in the order the flow names them. Within a theme the items go round, and so the one
    asked is always the one asked longest ago: each comes back after (themes x items of its theme) rounds.

    Units: `number` counts a partnership's rounds from 1.

    Raises:
        ValueError: `number` is below 1.
    """
    if number < 1:
        problem = f"rounds are numbered from 1, not {number}"
        raise ValueError(problem)
    if flow.rotation is None:
        return None
    themes = flow.rotation.rotate
    turn, place = divmod(number - 1, len(themes))
    bank = flow.bank[themes[place]]
    return bank[turn % len(bank)].id
