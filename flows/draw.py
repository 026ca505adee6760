"""A flow as a picture: mermaid text, or SVG by a small layout of our own; it knows no run and no member.

Both are drawn from the machine's own table, so that picture and machine cannot differ.
"""

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise

from flows.machine import build
from flows.model import DateQuestion, Flow, NumberQuestion, Question, RotatingQuestion, TextQuestion
from flows.run import DONE
from flows.telling import condition


@dataclass(frozen=True, slots=True)
class Step:
    """One question on the way down.

    `then` is the step looked at after it. One with an `only_if` may be left out; `otherwise` is then looked at
    instead. Both are ids of steps, or `DONE`.
    """

    id: str
    text: str
    answers: str
    then: str
    only_if: str | None
    otherwise: str | None


def steps(flow: Flow) -> tuple[Step, ...]:
    """The questions in order, each with what the machine's table leads to from it."""
    ahead = _ahead(flow)
    # The same whichever question one comes from: what follows a place in the file follows it always.
    otherwise = {may: instead for others in ahead.values() for may, instead in pairwise(others)}
    return tuple(
        Step(
            question.id,
            _asked(question),
            _answers(flow, question),
            ahead[question.id][0],
            condition(flow, question),
            otherwise.get(question.id),
        )
        for question in flow.questions
    )


def _ahead(flow: Flow) -> Mapping[str, list[str]]:
    """Question -> where "next" may lead to, in the order tried, up to what always applies."""
    ahead: dict[str, list[str]] = {question.id: [] for question in flow.questions}
    certain: set[str] = set()
    for way in build(flow).get_transitions("next"):
        source, dest = str(way.source), str(way.dest)
        if source not in certain:
            ahead[source].append(dest)
        if not way.conditions:
            certain.add(source)
    return ahead


def _asked(question: Question) -> str:
    if isinstance(question, RotatingQuestion):
        return "One question from the bank"
    return question.ask.split("\n", 1)[0]


def _answers(flow: Flow, question: Question) -> str:
    if isinstance(question, RotatingQuestion):
        return _side_by_side(f"{flow.themes[theme].title}: {len(flow.bank[theme])}" for theme in question.rotate)
    if isinstance(question, TextQuestion | NumberQuestion | DateQuestion):
        return {"text": "words", "number": "a number", "date": "a day"}[question.kind]
    labels = _side_by_side(label for _, label in flow.buttons[question.id])
    return f"up to {flow.picks[question.id]} of: {labels}" if question.id in flow.picks else labels


def _side_by_side(labels: Iterable[str]) -> str:
    """Labels in a row, which a line does not break inside of: `textwrap` leaves what is no ASCII blank alone."""
    return " ".join(f"{label}\N{NO-BREAK SPACE}·".replace(" ", "\N{NO-BREAK SPACE}") for label in labels)[:-2]


# --- mermaid


def mermaid(flow: Flow) -> str:
    """The flow as a mermaid flowchart, with a line break at its end."""
    names = {step.id: f"q{place}" for place, step in enumerate(steps(flow), start=1)}
    doors = {step.id: f"if{names[step.id][1:]}" if step.only_if else names[step.id] for step in steps(flow)}
    doors[DONE] = "done"
    lines = ["flowchart TD", f"  start([{_quoted(flow.title)}]) --> {doors[flow.questions[0].id]}"]
    for step in steps(flow):
        if step.only_if:
            door = doors[step.id]
            lines += [
                f"  {door}{{{{{_quoted(step.only_if)}}}}}",
                f"  {door} -- yes --> {names[step.id]}",
                f"  {door} -- no --> {doors[step.otherwise or DONE]}",
            ]
        lines.append(f"  {names[step.id]}[{_quoted(f'{step.id}: {step.text}')}] --> {doors[step.then]}")
    return "\n".join([*lines, "  done([The end])", ""])


def _quoted(text: str) -> str:
    """`text` as a mermaid label: what mermaid or HTML would read as more than text becomes its code."""
    lines = (re.sub(r"[#\"<>&`\\]", lambda found: f"#{ord(found[0])};", line) for line in textwrap.wrap(text, 40))
    return f'"{"<br>".join(lines)}"'


# --- SVG. Units: pixels. Colours hold on white and on black: dark words on light boxes, lines of a middle grey.

_BOX, _DOOR, _GAP, _PAD = 340, 260, 34, 10
_SPINE = _PAD + _BOX // 2
_ASIDE = _PAD + _BOX + 70 + _BOX // 2
_LANE = _ASIDE + _BOX // 2 + 24
_WIDTH = _LANE + _PAD
_LINE, _SMALL = 19, 16
_STYLE = """
text { font: 14px system-ui, "DejaVu Sans", sans-serif; fill: #1a1a1a; text-anchor: middle }
.id { font-weight: bold } .small { font-size: 12px; fill: #444 } .way { fill: #767676; font-size: 13px }
.question { fill: #fff; stroke: #767676 } .door { fill: #fff3d1; stroke: #94690a }
.stop { fill: #1f4e79; stroke: #767676 } .stopped { fill: #fff }
path { fill: none; stroke: #767676; stroke-width: 1.5 } marker path { fill: #767676; stroke: none }
"""
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
    '<path d="M0 0L8 4L0 8z"/></marker></defs>'
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A step with the lines it is written in and the place it has. Units: pixels, of the row's middle."""

    step: Step
    middle: int
    height: int

    @property
    def top(self) -> int:
        return self.middle - self.height // 2

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def entry(self) -> int:
        """Where the way from above comes in."""
        return self.middle - (_door_height(self.step) if self.step.only_if else self.height) // 2


def svg(flow: Flow) -> str:
    """The flow as one SVG, top to bottom: what is always asked at the left, what may be left out beside it."""
    rows = list(_rows(steps(flow), _PAD + 30 + _GAP))
    end = rows[-1].bottom + _GAP + 15
    drawn = [*_stop(flow.title, _PAD + 15), _way(f"M{_SPINE} {_PAD + 30}V{rows[0].entry - 2}")]
    below = [*(row for row in rows[1:]), None]
    for row, after in zip(rows, below, strict=True):
        drawn += _row(row, after, end)
    drawn += _stop("The end", end)
    size = f'viewBox="0 0 {_WIDTH} {end + 15 + _PAD}" width="{_WIDTH}" height="{end + 15 + _PAD}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">',
        f"<title>{escape(flow.title)} ({escape(flow.ref)})</title>",
        f"<style>{_STYLE}</style>",
        _TIP,
    ]
    return "\n".join([*head, *drawn, "</svg>", ""])


def _rows(found: tuple[Step, ...], top: int) -> Iterator[_Row]:
    for step in found:
        height = max(_height(step), _door_height(step))
        yield _Row(step, top + height // 2, height)
        top += height + _GAP


def _row(row: _Row, after: _Row | None, end: int) -> Iterator[str]:
    """The step of one row and the ways out of it."""
    step = row.step
    below = after.entry if after else end - 15
    following = after.step.id if after else DONE
    if step.only_if is None:
        yield from _question(step, _SPINE, row.middle)
        start = row.middle + _height(step) // 2
        yield _way(f"M{_SPINE} {start}V{below - 2}") if step.then == following else _lane(_SPINE + _BOX // 2, row, end)
        return
    yield from _door(step, row.middle)
    yield from _question(step, _ASIDE, row.middle)
    left, right = _SPINE + _DOOR // 2, _ASIDE - _BOX // 2
    yield _way(f"M{left} {row.middle}H{right - 2}")
    yield _label("yes", (left + right) // 2, row.middle - 6)
    yield _way(f"M{_SPINE} {row.middle + _door_height(step) // 2}V{below - 2}")
    yield _label("no", _SPINE - 14, row.bottom + 14)
    if step.then == following:
        yield _way(f"M{_ASIDE} {row.middle + _height(step) // 2}V{row.bottom + _GAP // 2}H{_SPINE + 2}")
    else:
        yield _lane(_ASIDE + _BOX // 2, row, end)


def _question(step: Step, x: int, middle: int) -> Iterator[str]:
    height = _height(step)
    top = middle - height // 2
    yield f'<rect class="question" x="{x - _BOX // 2}" y="{top}" width="{_BOX}" height="{height}" rx="6"/>'
    yield _label(step.id, x, top + _LINE, "id")
    asked, answers = _lines(step)
    for place, line in enumerate(asked, start=2):
        yield _label(line, x, top + _LINE * place, "")
    for place, line in enumerate(answers, start=1):
        yield _label(line, x, top + _LINE * (len(asked) + 1) + _SMALL * place, "small")


def _door(step: Step, middle: int) -> Iterator[str]:
    half, wide = _door_height(step) // 2, _DOOR // 2
    points = ((-wide, 0), (14 - wide, -half), (wide - 14, -half), (wide, 0), (wide - 14, half), (14 - wide, half))
    corners = " ".join(f"{_SPINE + x},{middle + y}" for x, y in points)
    yield f'<polygon class="door" points="{corners}"/>'
    lines = _door_lines(step)
    first = middle - _SMALL * len(lines) // 2 + 12
    for place, line in enumerate(lines):
        yield _label(line, _SPINE, first + _SMALL * place, "small")


def _stop(text: str, middle: int) -> Iterator[str]:
    yield f'<rect class="stop" x="{_SPINE - 130}" y="{middle - 15}" width="260" height="30" rx="15"/>'
    yield _label(textwrap.shorten(text, 34, placeholder="…"), _SPINE, middle + 5, "stopped")


def _lane(x: int, row: _Row, end: int) -> str:
    return _way(f"M{x} {row.middle}H{_LANE}V{end}H{_SPINE + 132}")


def _way(path: str) -> str:
    return f'<path d="{path}" marker-end="url(#tip)"/>'


def _label(text: str, x: int, y: int, kind: str = "way") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'<text{named} x="{x}" y="{y}">{escape(text)}</text>'


def _lines(step: Step) -> tuple[list[str], list[str]]:
    return textwrap.wrap(step.text, 42), textwrap.wrap(step.answers, 50)


def _door_lines(step: Step) -> list[str]:
    return textwrap.wrap(step.only_if or "", 36)


def _height(step: Step) -> int:
    asked, answers = _lines(step)
    return _LINE * (len(asked) + 1) + _SMALL * len(answers) + 12


def _door_height(step: Step) -> int:
    return _SMALL * len(_door_lines(step)) + 16 if step.only_if else 0
