"""A `when:` in words that its author can check: names of themes and labels of answers in place of codes."""

from collections.abc import Sequence

from flows.guards import AllAre, AnswerIn, AnswerIs, AnyOf, AtLeast, AtMost, Both, Guard, LowIs, NoneLow, Not
from flows.model import ChoiceQuestion, Flow, Question, RotatingQuestion


def condition(flow: Flow, question: Question) -> str | None:
    """When `question` is shown; None where it always is."""
    parts = [] if question.when is None else [tell(flow, question.when)]
    if isinstance(question, ChoiceQuestion) and question.quotes is not None:
        parts.append(f"words were written at {question.quotes}")
    if isinstance(question, RotatingQuestion):
        parts.append("a question of the bank has its turn")
    return " and ".join(parts) or None


def tell(flow: Flow, guard: Guard) -> str:  # noqa: C901  one case a condition
    """`guard` as a clause."""
    match guard:
        case LowIs():
            return f"{_theme(flow, guard.theme)} is lowest, at {guard.at_most} or less"
        case NoneLow():
            return f"none of {_listed([_theme(flow, theme) for theme in guard.lowest])} is at {guard.above} or less"
        case AllAre():
            label = _label(flow, guard.questions[0], guard.code)
            return f"{_listed(guard.questions)} {'are' if len(guard.questions) > 1 else 'is'} “{label}”"
        case AnswerIs():
            return f"{guard.answer} is “{_label(flow, guard.answer, guard.code)}”"
        case AnswerIn():
            labels = [f"“{_label(flow, guard.answer, code)}”" for code in guard.codes]
            return f"{guard.answer} is {_listed(labels, 'or')}"
        case AtMost():
            return f"{guard.answer} is {guard.most} or less"
        case AtLeast():
            return f"{guard.answer} is {guard.least} or more"
        case Not():
            return f"not ({tell(flow, guard.guard)})"
        case AnyOf():
            return " or ".join(_bracketed(flow, inner) for inner in guard.guards)
        case Both():
            return " and ".join(_bracketed(flow, inner) for inner in guard.guards)


def _bracketed(flow: Flow, guard: Guard) -> str:
    said = tell(flow, guard)
    return f"({said})" if isinstance(guard, AnyOf | Both) else said


def _theme(flow: Flow, name: str) -> str:
    return flow.themes[name].title if name in flow.themes else name


def _label(flow: Flow, question: str, code: str) -> str:
    return dict(flow.buttons.get(question, ())).get(code, code)


def _listed(names: Sequence[str], word: str = "and") -> str:
    return f"{', '.join(names[:-1])} {word} {names[-1]}" if len(names) > 1 else names[0]
