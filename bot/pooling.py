"""What a check-in for a few holds back: its own answers wait in a pool, the weekly ones count in the round."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from flows.engine import Engine
from flows.model import Flow
from storage.pools import Form
from storage.rounds import OpenedBallot
from storage.values import Round
from storage.work import Work


def hold_back(
    work: Work, flows: Mapping[str, Engine], current: Round, ballots: Sequence[OpenedBallot], day: date
) -> list[OpenedBallot]:
    """Move the answers that joiners gave to their own check-in in this round into its pool.

    Returns: the ballots as they are kept from now on.
    """
    forms, left, place = dict[bytes, Form](), list(ballots), str(current.place)
    for number, ballot in enumerate(ballots):
        kept = ballot.places.get(place, {"answers": {}})
        flow = flows[kept.get("flow", current.flow)].flow
        own = _own(flow, kept["answers"]) if flow.who == "joiners" else {}
        if own:
            forms[ballot.name] = Form(flow.ref, kept["state"], 0, own)
            stays = {question: code for question, code in kept["answers"].items() if question not in own}
            left[number] = replace(ballot, places={**ballot.places, place: {**kept, "answers": stays}})
    if forms:
        work.pools.move(current.partnership, current.period, forms, day)
        work.rounds.rewrite(current.period, [ballot for ballot in left if ballot.name in forms])
    return left


def _own(flow: Flow, answers: Mapping[str, str]) -> dict[str, str]:
    """The answers that are the check-in's own: all but the anchors, the note, and whether it is shared."""
    told_with_the_round = {*flow.anchors.values(), *(question for pair in flow.comments for question in pair)}
    return {question: code for question, code in answers.items() if question not in told_with_the_round}
