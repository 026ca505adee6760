"""A small language for conversations: `>>` is what the member does, `<<` is what they must see."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.effects import Ask, Effect, Finished, Notice
from flows.engine import Engine
from flows.events import Event, Tapped, Wrote
from flows.run import Run

EVERY_KIND = Path(__file__).parent / "specs" / "every-kind.yaml"


@dataclass(frozen=True)
class Asked:
    """A question on the screen, by id; the rest, such as `at` ("2 of 5"), only where it is the point."""

    question: str
    choices: tuple[str, ...] | None = None
    at: str | None = None
    quoted: str | None = None
    picked: tuple[str, ...] | None = None

    def fits(self, seen: Effect) -> bool:
        return (
            isinstance(seen, Ask)
            and seen.question == self.question
            and self.choices in (None, tuple(code for code, _ in seen.choices))
            and self.at in (None, f"{seen.position} of {seen.total}")
            and self.quoted in (None, seen.quoted)
            and self.picked in (None, seen.picked)
        )


@dataclass(frozen=True)
class Told:
    """A notice, by code."""

    code: str
    detail: int = 0

    def fits(self, seen: Effect) -> bool:
        return seen == Notice(self.code, self.detail)


@dataclass(frozen=True)
class Saved:
    """The end of the check-in."""

    def fits(self, seen: Effect) -> bool:
        return isinstance(seen, Finished)


@dataclass(frozen=True)
class Words:
    """What a member types, to tell it from what they tap."""

    text: str


class Play:
    """One run, played. A screen may go unremarked; a notice that nobody expected fails the test."""

    def __init__(self, engine: Engine, rotating: str | None = "T2") -> None:
        self.engine = engine
        self.run = engine.first("run00001", rotating)
        self.seen: Effect = engine.view(self.run)
        self.remarked = True

    def __rshift__(self, reply: "str | Words | Event") -> "Play":
        assert self.remarked or not isinstance(self.seen, Notice), f"nobody expected {self.seen}"
        match reply:
            case str():
                event: Event = Tapped(self.run.turn, reply)
            case Words():
                event = Wrote(reply.text)
            case _:
                event = reply
        # Stored and read back between any two steps, as in life.
        self.run, (self.seen,) = self.engine.step(Run(**json.loads(json.dumps(asdict(self.run)))), event)
        self.remarked = False
        return self

    def __lshift__(self, expected: Asked | Told | Saved) -> "Play":
        assert expected.fits(self.seen), f"expected {expected}, saw {self.seen}"
        self.remarked = True
        return self

    def __bool__(self) -> bool:
        return self.remarked or not isinstance(self.seen, Notice)
