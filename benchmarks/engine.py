"""The conversation engine alone: one step, loading a flow, and what a machine made for each conversation costs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from timeit import Timer

from flows.effects import Ask
from flows.engine import Engine
from flows.events import Tapped
from flows.load import library, load
from flows.machine import build
from flows.model import Flow
from flows.plan import rotating_item
from flows.run import DONE, Run

LARGE = 500  # questions of the largest flow
_SERIES = 5
_HEAD = """\
spec: "1.1"
id: large
version: 1
title: Large
intro: Hello.
end: Saved.
choices:
  helps: [{code: plan, text: A plan}, {code: news, text: Good news}, {code: time, text: More time}]
questions:
  - use: T1
"""
_FOUR = """\
  - {{id: Q{0}, theme: trust, scale: extent, ask: Was number {0} so?}}
  - {{id: Q{1}, when: {{answer: Q{0}, at_most: 25}}, choices: helps, ask: What would help with number {1}?}}
  - {{id: Q{2}, kind: yes-no, ask: Did you see number {2}?}}
  - {{id: Q{3}, when: {{answer: Q{2}, is: "yes"}}, kind: number, ask: How often did you see number {3}?}}
"""


@dataclass(frozen=True, slots=True)
class Costs:
    """What the pulse takes for a step, and the longest check-in of the library; what loading takes.

    Units: microseconds, but for `load` and `large`: milliseconds.
    """

    step: float
    longest: float
    load: float
    large: float
    machine: float


def measure() -> Costs:
    """Walk whole check-ins, load the library and a large flow, build a machine anew; the median of a few series."""
    flows = library()
    pulse = flows["weekly-pulse@1"]
    return Costs(
        step=_step(pulse),
        longest=_step(max(flows.values(), key=lambda flow: len(flow.questions))),
        load=_seconds(lambda: [Engine(f) for f in library().values()], 1) * 1e3,
        large=_large() * 1e3,
        machine=_seconds(lambda: build(pulse), 20) * 1e6,
    )


def _step(flow: Flow) -> float:
    engine = Engine(flow)
    met = _walk(engine, flow)
    return _seconds(lambda: [engine.step(*one) for one in met], 200) / len(met) * 1e6


def _large() -> float:
    """To load and compile a flow of 500 questions, of several kinds and with conditions."""
    numbers = range(0, LARGE, 4)
    asked = "".join(_FOUR.format(n, n + 1, n + 2, n + 3) for n in numbers).splitlines(keepends=True)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "large.yaml"
        path.write_text(_HEAD + "".join(asked[: LARGE - 1]))  # the head has one
        return _seconds(lambda: Engine(load(path)), 1)


def _seconds(work: Callable[[], object], times: int) -> float:
    return median(Timer(work).repeat(_SERIES, times)) / times


def _walk(engine: Engine, flow: Flow) -> list[tuple[Run, Tapped]]:
    """A check-in from end to end, always the first button: each run with the tap it meets."""
    run, met = engine.first("bench", rotating_item(flow, 1)), []
    while run.state != DONE:
        met.append((run, Tapped(run.turn, first_choice(engine, run))))
        run, _ = engine.step(*met[-1])
    return met


def first_choice(engine: Engine, run: Run, place: int = 0) -> str:
    """What the button at `place` sends; a question without choices is skipped."""
    shown = engine.view(run)
    if not isinstance(shown, Ask) or not shown.choices:
        return ".skip"
    return ".done" if shown.picked else shown.choices[place % len(shown.choices)][0]
