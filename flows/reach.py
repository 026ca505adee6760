"""Which questions of a flow somebody can come to: answers are tried, one for each way a condition may go."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations, product
from typing import TypeVar

from flows.answers import BETWEEN
from flows.guards import (
    NOTHING,
    AllAre,
    AnswerIn,
    AnswerIs,
    AnyOf,
    AtLeast,
    AtMost,
    Both,
    Guard,
    LowIs,
    NoneLow,
    Not,
    predicate,
    within,
)
from flows.model import ChoiceQuestion, Flow, NumberQuestion, Question, ScaleQuestion, TextQuestion, YesNoQuestion

TRIED = 20_000  # sets of answers, of picks or of scores; a question that needs more of them counts as reached
DEEP = 100  # questions that decide about one; so too

Comparison = AnswerIs | AnswerIn | AtMost | AtLeast
Leaf = LowIs | NoneLow | Comparison
Values = tuple[str | None, ...]
Tried = TypeVar("Tried")


class _TooManyError(Exception):
    """More would have to be tried than is worth it."""


def reached(flow: Flow, place: int) -> bool:
    """Whether some answers lead to the question at `place`; yes also where too many would have to be tried."""
    try:
        return _found(flow, place)
    except _TooManyError:
        return True


def _found(flow: Flow, place: int) -> bool:
    target = flow.questions[place]
    wanted = _wanted(flow, place)
    before = [question for question in flow.questions[:place] if question.id in wanted]
    if len(before) > DEEP:
        raise _TooManyError
    leaves = [leaf for question in (*before, target) for leaf in _leaves(question.when)]
    values = {question.id: _values(flow, question, leaves) for question in before}
    tries = ((answers, low) for low in _lows(flow, place, leaves) for answers in _ways(flow, before, values, low))
    return any(answers is not None and _shown(flow, target, answers, low) for answers, low in _few(tries))


def _few(tries: Iterable[Tried]) -> Iterator[Tried]:
    for tried, one in enumerate(tries):
        if tried == TRIED:
            raise _TooManyError
        yield one


def ends(flow: Flow) -> list[int]:
    """The places of the questions that a check-in may end behind, but for the one at its end."""
    return [place for place, question in enumerate(flow.questions[:-1]) if _last(question)]


def _wanted(flow: Flow, place: int) -> set[str]:
    """The earlier questions that decide: those which conditions name, and those that may end the check-in."""
    named = {question.id: _named(question) for question in flow.questions}
    lasts = [flow.questions[end].id for end in ends(flow) if end < place]
    waiting, wanted = [flow.questions[place].id, *lasts], {*lasts}
    while waiting:
        more = named[waiting.pop()] - wanted
        wanted |= more
        waiting += more
    return wanted


def _ways(
    flow: Flow, questions: list[Question], values: Mapping[str, Values], low: Mapping[str, int]
) -> Iterator[Mapping[str, str] | None]:
    """The answers to these questions, one set for each way through them; None for a way that ends among them."""
    if not questions:
        yield {}
        return
    *earlier, question = questions
    for answers in _ways(flow, earlier, values, low):
        if answers is None or not _shown(flow, question, answers, low):
            yield answers
        elif _last(question):
            yield None
        else:
            yield from (answers if v is None else {**answers, question.id: v} for v in values[question.id])


def _shown(flow: Flow, question: Question, answers: Mapping[str, str], low: Mapping[str, int]) -> bool:
    if isinstance(question, ChoiceQuestion) and question.quotes is not None:
        return question.quotes in answers
    return question.when is None or predicate(question.when, flow.scores)(answers, low)


def _values(flow: Flow, question: Question, leaves: list[Leaf]) -> Values:
    """One answer for each way that the conditions which compare it may go; None is no answer."""
    compared = [leaf for leaf in leaves if not isinstance(leaf, LowIs | NoneLow) and leaf.answer == question.id]
    tests = [predicate(leaf, flow.scores) for leaf in compared]
    kinds: dict[tuple[bool, ...], str | None] = {}
    for value in _possible(flow, question, compared):
        answers = {} if value is None else {question.id: value}
        kinds.setdefault(tuple(test(answers, {}) for test in tests), value)
    # Words are compared with nothing, but to have written some is what asks whether to share them.
    return (None, "words") if isinstance(question, TextQuestion) else tuple(kinds.values())


def _possible(flow: Flow, question: Question, compared: list[Comparison]) -> Values:
    if isinstance(question, NumberQuestion):
        lines = {leaf.most for leaf in compared if isinstance(leaf, AtMost)}
        lines |= {leaf.least for leaf in compared if isinstance(leaf, AtLeast)}
        near = (line + step for line in sorted(lines) for step in (-1, 0, 1))
        return (None, *(str(value) for value in near if within(value, question.least, question.most)))
    codes = [code for code, _ in flow.buttons.get(question.id, ())]
    if (most := flow.picks.get(question.id)) is None:
        return (None, *codes)
    # What no condition names is all alike: one of it stands for the rest.
    named = {code for leaf in compared for code in _codes(leaf)}
    telling = [code for code in codes if code in named] + [code for code in codes if code not in named][:1]
    return (None, *_few(BETWEEN.join(some) for count in range(1, most + 1) for some in combinations(telling, count)))


def _codes(leaf: Comparison) -> tuple[str, ...]:
    match leaf:
        case AnswerIs():
            return (leaf.code,)
        case AnswerIn():
            return leaf.codes
        case _:
            return ()


def _lows(flow: Flow, place: int, leaves: list[Leaf]) -> list[Mapping[str, int]]:
    """The lowest scores of the themes, one set for each way that the conditions about them may go."""
    about = [leaf for leaf in leaves if isinstance(leaf, LowIs | NoneLow)]
    themes = list(dict.fromkeys(theme for leaf in about for theme in leaf.lowest))
    tests = [predicate(leaf) for leaf in about]
    kinds: dict[tuple[bool, ...], Mapping[str, int]] = {}
    for scores in _few(product(*(_levels(flow, place, theme) for theme in themes))):
        low = dict(zip(themes, scores, strict=True))
        kinds.setdefault(tuple(test({}, low) for test in tests), low)
    return list(kinds.values())


def _levels(flow: Flow, place: int, theme: str) -> list[int]:
    """The scores that a theme may have from the questions before `place`, and none at all."""
    before = flow.questions[:place]
    asked = {question.id for question in before if isinstance(question, ScaleQuestion)}
    if flow.rotation in before:
        asked |= {item.id for bank in flow.bank.values() for item in bank}
    found = {score for name in asked if flow.items[name].theme == theme for score in flow.scores[name].values()}
    return [NOTHING, *sorted(found)]


def _leaves(guard: Guard | None) -> Iterator[Leaf]:
    """The conditions that `guard` is made of."""
    match guard:
        case AllAre():
            code = guard.code
            yield from (AnswerIs.model_validate({"answer": name, "is": code}) for name in guard.questions)
        case Not():
            yield from _leaves(guard.guard)
        case AnyOf() | Both():
            for inner in guard.guards:
                yield from _leaves(inner)
        case None:
            return
        case _:
            yield guard


def _named(question: Question) -> set[str]:
    """The questions whose answers decide about this one."""
    if isinstance(question, ChoiceQuestion) and question.quotes is not None:
        return {question.quotes}
    return {leaf.answer for leaf in _leaves(question.when) if not isinstance(leaf, LowIs | NoneLow)}


def _last(question: Question) -> bool:
    return isinstance(question, ChoiceQuestion | YesNoQuestion) and question.last
