"""The state machine of a flow, and the only module that names `transitions`; it keeps nobody's state."""

import logging
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from transitions import EventData, Machine

from flows.answers import Move
from flows.model import ChoiceQuestion, Flow, Question, RotatingQuestion, YesNoQuestion
from flows.run import DONE

# The library writes each change of state to its log, and the name of a state can give away a low answer.
logging.getLogger("transitions").setLevel(logging.CRITICAL)


@dataclass(slots=True)
class Cursor:
    """What the library moves: made for one step and thrown away with it."""

    state: str


def build(flow: Flow) -> Machine:
    """The transition table of `flow`: every way forward, every way back, and from the end to the start."""
    first = flow.questions[0].id
    ways: list[dict[str, Any]] = [{"trigger": "again", "source": DONE, "dest": first}]
    for place, question in enumerate(flow.questions):
        for trigger, others in (("next", _ahead(flow, place)), ("back", _behind(flow, place))):
            for other in others:
                condition = {"conditions": [_applies(other.id)]} if _may_be_left_out(other) else {}
                ways.append({"trigger": trigger, "source": question.id, "dest": other.id, **condition})
        # Tried last, as it has no condition; behind a question that always applies it is never reached.
        ways.append({"trigger": "next", "source": question.id, "dest": DONE})
    return Machine(
        model=None,
        states=[*(question.id for question in flow.questions), DONE],
        initial=first,
        transitions=ways,
        auto_transitions=False,
        send_event=True,
        ignore_invalid_triggers=True,
    )


def follow(machine: Machine, move: Move, state: str, path: Collection[str]) -> str | None:
    """The state that `move` leads to from `state` among those of `path`, which apply; None where to none."""
    event = machine.events.get(move)
    cursor = Cursor(state)
    return cursor.state if event is not None and event.trigger(cursor, path=path) else None


def _ahead(flow: Flow, place: int) -> Iterator[Question]:
    question = flow.questions[place]
    if isinstance(question, ChoiceQuestion | YesNoQuestion) and question.last:
        return iter(())
    return _until_certain(flow.questions[place + 1 :])


def _behind(flow: Flow, place: int) -> Iterator[Question]:
    return _until_certain(flow.questions[:place][::-1])


def _until_certain(questions: tuple[Question, ...]) -> Iterator[Question]:
    for question in questions:
        yield question
        if not _may_be_left_out(question):
            return


def _may_be_left_out(question: Question) -> bool:
    quotes = isinstance(question, ChoiceQuestion) and question.quotes is not None
    return quotes or question.when is not None or isinstance(question, RotatingQuestion)


def _applies(state: str) -> Callable[[EventData], bool]:
    # A callable, never a string: the library would import a dotted name and call it.
    return lambda data: state in data.kwargs["path"]
