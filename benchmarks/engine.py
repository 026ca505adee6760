"""The conversation engine alone: one step, loading a flow, and what a machine made for each conversation costs."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from timeit import Timer

from flows.effects import Ask
from flows.engine import Engine
from flows.events import Tapped
from flows.load import library
from flows.machine import build
from flows.model import Flow
from flows.plan import rotating_item
from flows.run import DONE, Run

_SERIES = 5


@dataclass(frozen=True, slots=True)
class Costs:
    """Units: microseconds, but for `load`: milliseconds."""

    step: float
    load: float
    machine: float


def measure() -> Costs:
    """Walk whole check-ins, load the library, and build the machine anew; the median of a few series."""
    flow = max(library().values(), key=lambda f: f.version)
    engine = Engine(flow)
    steps = len(_walk(engine, flow))
    return Costs(
        step=_seconds(lambda: _walk(engine, flow), 200) / steps * 1e6,
        load=_seconds(lambda: [Engine(f) for f in library().values()], 1) * 1e3,
        machine=_seconds(lambda: build(flow), 20) * 1e6,
    )


def _seconds(work: Callable[[], object], times: int) -> float:
    return median(Timer(work).repeat(_SERIES, times)) / times


def _walk(engine: Engine, flow: Flow) -> list[Run]:
    """A check-in from end to end, always the first button; the run after each step."""
    run, after = engine.first("bench", rotating_item(flow, 1)), []
    while run.state != DONE:
        run, _ = engine.step(run, Tapped(run.turn, first_choice(engine, run)))
        after.append(run)
    return after


def first_choice(engine: Engine, run: Run, place: int = 0) -> str:
    """What the button at `place` sends; a question without choices is skipped."""
    shown = engine.view(run)
    choices = shown.choices if isinstance(shown, Ask) else ()
    return choices[place % len(choices)][0] if choices else ".skip"
