"""What an author should look at again in a flow that is whole: hard words, long labels, ways that nobody goes."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from math import ceil

from flows.minutes import minutes
from flows.model import Choice, Flow, Point, RotatingQuestion
from flows.plain import Fault
from flows.plan import EXIT_FORM, INDUCTION
from flows.reach import ends, reached
from flows.reading import grade, words
from flows.source import Path

GRADE, MINUTES, LABEL = 6, 2, 40
"""The school grade a text is written for, how long a check-in may take, how much of a button a phone shows."""

_ASKED_OF = {"joiners": INDUCTION, "leavers": EXIT_FORM}


def doubts(flow: Flow) -> Iterator[Fault]:
    """Each thing to look at again, in no particular order."""
    yield from _hard(flow)
    yield from _long(flow)
    yield from _alike(flow)
    yield from _unreached(flow)
    if flow.id != (asked := _ASKED_OF.get(flow.who, flow.id)):
        what = f"{flow.who} are asked `{asked}` and nothing else"
        yield Fault(("who",), what, f"write a new version of `{asked}`, or take `who:` away")
    if (taken := minutes(flow)) > MINUTES:
        what = f"this check-in takes about {ceil(taken * 10) / 10} minutes; people give it {MINUTES}"
        yield Fault(("questions",), what, "leave out what you can do without", at_key=True)


def _hard(flow: Flow) -> Iterator[Fault]:
    for path, text in _said(flow):
        if len(words(text)) > 2 and (found := grade(text)) > GRADE:  # one or two words give no fair grade
            mend = "use shorter sentences and everyday words"
            yield Fault(path, f"this reads at school grade {found:.1f}; {GRADE} or less suits everyone", mend)


def _said(flow: Flow) -> Iterator[tuple[Path, str]]:
    yield from ((("intro",), flow.intro), (("end",), flow.end))
    for place, question in enumerate(flow.questions):
        if not isinstance(question, RotatingQuestion):
            yield ("questions", place, "ask"), question.ask
    for theme, bank in flow.bank.items():
        yield from ((("bank", theme, place, "ask"), item.ask) for place, item in enumerate(bank))


def _long(flow: Flow) -> Iterator[Fault]:
    for path, text in chain(*_lists(flow)):
        if len(text) > LABEL:
            what = f"a button of {len(text)} characters is cut short on a phone"
            yield Fault(path, what, f"use {LABEL} or less")


def _alike(flow: Flow) -> Iterator[Fault]:
    for buttons in _lists(flow):
        seen: set[str] = set()
        for path, text in buttons:
            if text in seen:
                yield Fault(path, f"another button of this list says “{text}” too", "give each its own words")
            seen.add(text)


def _lists(flow: Flow) -> Iterator[list[tuple[Path, str]]]:
    """The texts on the buttons, list by list, with the path to each."""
    sections: dict[str, Mapping[str, Sequence[Point | Choice]]] = {"scales": flow.scales, "choices": flow.choices}
    for section, lists in sections.items():
        for name, entries in lists.items():
            yield [((section, name, place, "text"), entry.text) for place, entry in enumerate(entries)]


def _unreached(flow: Flow) -> Iterator[Fault]:
    """Questions that no answers lead to; where all after a question are such, that question, a dead end."""
    every = range(len(flow.questions))
    missed = {place for place in every if not reached(flow, place)}
    for place in ends(flow):
        if place not in missed and missed.issuperset(after := every[place + 1 :]):
            mend = "change its `when:`, or take `last: true` away"
            yield Fault(("questions", place, "last"), "nobody is asked anything after this question", mend)
            missed -= {*after}
    for place in missed:
        yield Fault(("questions", place), "nobody is ever asked this question", "change its `when:`, or take it out")
