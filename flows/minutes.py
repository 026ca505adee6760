"""How long a check-in takes: in minutes for somebody who reads all of it once, and in replies at the most."""

from collections.abc import Iterable

from flows.guards import LowIs, NoneLow
from flows.model import ChoiceQuestion, Flow, Question, RotatingQuestion, ScaleQuestion
from flows.reading import words

WORDS_A_MINUTE = 238
"""How fast an adult reads English to themselves.   Source: Brysbaert (2019), Journal of Memory and Language 109."""
TAP_SECONDS = 2.65
"""To make up one's mind, point and press.   Source: Card, Moran and Newell (1980), keystroke-level model: M + P + B."""


def minutes(flow: Flow) -> float:
    """How long the check-in takes for those it asks least of: who writes no note, and meets no special case.

    Labels count once for each list of them, as nobody reads the same buttons twice. Of questions of which
    one at most is asked, the longest counts.
    """
    asked = [question for question in flow.questions if question.when is None and not _quotes(question)]
    reading = _words(_ask(flow, question) for question in asked)
    seen = dict.fromkeys(labels for question in asked if (labels := _labels(flow, question)))
    cases = [max(_words([_ask(flow, q), *_labels(flow, q)]) for q in group) for group in _cases(flow)]
    reading += sum(map(_words, seen)) + sum(cases) + _words([flow.intro, flow.end])
    taps = len(asked) + len(cases) + sum(flow.picks.get(question.id, 0) for question in asked)
    return reading / WORDS_A_MINUTE + taps * TAP_SECONDS / 60


def longest(flow: Flow) -> int:
    """The most replies that a check-in walked straight through can take; a few may be counted that never come."""
    cases = _cases(flow)
    apart = {question.id for group in cases for question in group}
    most = {question.id: 1 + flow.picks.get(question.id, 0) for question in flow.questions}
    straight = sum(replies for name, replies in most.items() if name not in apart)
    # Of one group, only questions on the same theme can follow each other.
    return straight + sum(
        max(sum(most[q.id] for q in group if _theme(q) == theme) for theme in {_theme(q) for q in group})
        for group in cases
    )


def _cases(flow: Flow) -> list[list[Question]]:
    """The questions that stand for the cases of one distinction: which of these themes is lowest, if any is low."""
    groups: dict[tuple[tuple[str, ...], int], list[Question]] = {}
    for question in flow.questions:
        match question.when:
            case LowIs(lowest=themes, at_most=line) | NoneLow(lowest=themes, above=line):
                groups.setdefault((themes, line), []).append(question)
    return list(groups.values())


def _theme(question: Question) -> str | None:
    return question.when.theme if isinstance(question.when, LowIs) else None


def _quotes(question: Question) -> bool:
    return isinstance(question, ChoiceQuestion) and question.quotes is not None


def _ask(flow: Flow, question: Question) -> str:
    if not isinstance(question, RotatingQuestion):
        return question.ask
    items = sorted((item.ask for bank in flow.bank.values() for item in bank), key=lambda ask: len(words(ask)))
    return items[len(items) // 2]


def _labels(flow: Flow, question: Question) -> tuple[str, ...]:
    if isinstance(question, RotatingQuestion | ScaleQuestion):
        return tuple(point.text for point in flow.scales[question.scale])
    return tuple(label for _, label in flow.buttons.get(question.id, ()))


def _words(texts: Iterable[str]) -> int:
    return sum(len(words(text)) for text in texts)
