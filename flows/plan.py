"""Which check-in a round asks, and which item of its bank; pure functions of counts, so nothing is remembered."""

from collections.abc import Sequence

from flows.model import Flow

WEEKLY = "weekly-pulse"
INDUCTION, EXIT_FORM = "induction", "exit-form"  # asked of who has just joined, of who leaves
PERIODS_IN_A_YEAR = 13
VOTE_PLACE, SET_PLACE = 2, 4  # of the four rounds of a period: a vote and a longer check-in never meet, nor touch
INDUCTION_WEEKS = (2, 6)  # after joining

# Period of the year -> the longer check-in at its end.
_SETS = {
    1: "six-functions",
    2: "stage",
    4: "words-and-capacity",
    5: "stage",
    6: "leadership",
    7: "six-functions",
    8: "lead-partner",
    9: "stage",
    10: "ten-characteristics",
    11: "endings",
    12: "stage",
}
_FIRST_YEAR = {1: "set-up", 3: "set-up"}  # weeks 4 and 12 of a new group
_VOTES = {3: "risk-vote", 6: "risk-vote", 9: "risk-vote", 12: "risk-vote", 13: "worth-it"}


def check_in(period: int, place: int) -> str:
    """The id of the flow that the year's calendar asks in that round.

    Units: `period` counts a partnership's periods from 1, `place` the four rounds of one from 1.

    Raises:
        ValueError: there is no such period or place.
    """
    if period < 1 or not 1 <= place <= 4:
        problem = f"periods are numbered from 1 and their rounds from 1 to 4, so there is no {period}, {place}"
        raise ValueError(problem)
    year, before = divmod(period - 1, PERIODS_IN_A_YEAR)
    now = before + 1
    if place == SET_PLACE:
        return (_SETS if year else _SETS | _FIRST_YEAR).get(now, WEEKLY)
    return _VOTES.get(now, WEEKLY) if place == VOTE_PLACE else WEEKLY


def asks_induction(asked: Sequence[str]) -> bool:
    """Whether a joiner is asked `INDUCTION` alone, in place of the last of `asked`.

    `asked` holds the ids of the flows of the rounds opened since they joined, oldest first; the last is the one
    that opens now. In a week that asks something else than the weekly check-in an induction waits for the next.

    Units: the first round since joining is week 1.
    """
    due = given = False
    for week, flow in enumerate(asked, start=1):
        due = (due and not given) or week in INDUCTION_WEEKS
        given = due and flow == WEEKLY
    return given


def rotating_item(flow: Flow, number: int) -> str | None:
    """The item that a partnership's `number`-th round of this flow asks in the rotating place; None where it has none.

    Themes take turns in the order the flow names them. Within a theme the items go round, and so the one
    asked is always the one asked longest ago: each comes back after (themes x items of its theme) rounds.
    A round that asks another flow does not count, or else the calendar would pass some items by.

    Units: `number` counts from 1 the partnership's rounds that asked this flow, in any version, with this one.

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
