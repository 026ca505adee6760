"""The values of a closing: what it is given and what it freezes; nothing frozen holds an exact count."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

SPEC = 1
WEEKLY, FOUR_WEEKLY = "weekly", "four-weekly"
MODES = (WEEKLY, FOUR_WEEKLY)
PLACES = range(1, 5)

ROUND, ROTATING, PERIOD = "round", "rotating", "period"
"""What a cell is about: a theme's anchor in one round, a rotating item, or a theme over a whole period."""

LOW, STEADY, TURN = "low", "steady", "turn"
"""Why a theme is the one to talk about: its figure, no low figure anywhere, or only that it is its turn."""


class UnknownRecord(ValueError):
    """A frozen record was written by another version of the program."""

    def __init__(self, spec: object) -> None:
        super().__init__(f"This program reads digests of spec {SPEC}, and this one is {spec!r}: update it.")


@dataclass(frozen=True, slots=True)
class Item:
    """A scored question."""

    id: str
    theme: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """One member's scored answers in one period, without a name or an id.

    Shapes: `scores` is place 1..4 -> item id -> score; a place is missing where the member did not reply.
    Units: 0, 25, 50, 75 or 100, high is good; None is "Can't say" or Skip.
    """

    organisation: str
    seat: str
    scores: Mapping[int, Mapping[str, int | None]]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that closing one round needs.

    `week` is the local date the round opened, `results_on` the date the period's figures come, `joined` how
    many were asked. `anchors` gives the order in which themes are shown. `shown` gives, per theme, the
    places of this period whose figure is already frozen as shown.

    Raises: ValueError: no such mode or place (the caller's bug).
    """

    round: int
    period: int
    place: int
    mode: str
    week: date
    results_on: date
    joined: int
    organisations: int
    anchors: Mapping[str, Item]
    rotating: Item | None
    ballots: Sequence[Ballot]
    shown: Mapping[str, frozenset[int]]

    def __post_init__(self) -> None:
        if self.mode not in MODES or self.place not in PLACES:
            message = f"no round is at place {self.place} of a period in {self.mode!r} mode"
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Figure:
    """A shown figure.

    Units: `points` 0 to 100, already rounded and clipped; `people` respondents, rounded down to 5; `rounds`
        how many rounds it covers.
    """

    points: int
    band: str
    people: int
    rounds: int

    def to_record(self) -> dict[str, Any]:
        """The part of a cell's record that only a shown cell has."""
        return {"band": self.band, "figure": self.points, "people": self.people, "rounds": self.rounds}


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure for everyone, or the fact that it is hidden (`figure` is None)."""

    kind: str
    theme: str
    item: str
    figure: Figure | None

    def to_record(self) -> dict[str, Any]:
        """The cell as JSON-ready values."""
        rest = {} if self.figure is None else self.figure.to_record()
        return {
            "item": self.item,
            "kind": self.kind,
            "shown": self.figure is not None,
            "theme": self.theme,
            **rest,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The cell that `to_record` wrote."""
        figure = (
            Figure(record["figure"], record["band"], record["people"], record["rounds"]) if record["shown"] else None
        )
        return cls(record["kind"], record["theme"], record["item"], figure)


@dataclass(frozen=True, slots=True)
class Replies:
    """Who answered, as far as it may be told.

    Units: `code` as `disclose.share` gives it; `about` people, rounded down to 5, and `rate` percent, rounded
        to 10: both None below 20 replies.
    """

    code: str
    about: int | None
    rate: int | None

    def to_record(self) -> dict[str, Any]:
        """The replies as JSON-ready values."""
        known = {"about": self.about, "rate": self.rate}
        return {"code": self.code, **{name: value for name, value in known.items() if value is not None}}


@dataclass(frozen=True, slots=True)
class Talk:
    """The one thing to talk about: a theme, and which of its questions (`LOW`, `STEADY` or `TURN`)."""

    theme: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Digest:
    """The frozen cells and codes of one closed round; one and the same for every reader."""

    round: int
    period: int
    place: int
    mode: str
    week: date
    results_on: date
    replies: Replies
    needed: int
    cells: tuple[Cell, ...]
    well: str | None
    talk: Talk

    def of(self, kind: str) -> tuple[Cell, ...]:
        """The cells of one kind, in display order."""
        return tuple(cell for cell in self.cells if cell.kind == kind)

    def shown(self) -> frozenset[str]:
        """The themes whose figure of this very round is shown; rule A9 needs it when the period closes."""
        return frozenset(cell.theme for cell in self.of(ROUND) if cell.figure is not None)

    def has_figures(self) -> bool:
        """Whether any figure is shown at all, and so whether a chart has news."""
        return any(cell.figure is not None for cell in self.cells)

    def to_record(self) -> dict[str, Any]:
        """The digest as it is frozen.

        Returns: sorted, JSON-ready values: text, whole numbers and booleans, never null.
        """
        record: dict[str, Any] = {
            "cells": [cell.to_record() for cell in self.cells],
            "mode": self.mode,
            "needed": self.needed,
            "period": self.period,
            "place": self.place,
            "replies": self.replies.to_record(),
            "results_on": self.results_on.isoformat(),
            "round": self.round,
            "spec": SPEC,
            "talk": {"pattern": self.talk.pattern, "theme": self.talk.theme},
            "week": self.week.isoformat(),
        }
        if self.well is not None:
            record["well"] = self.well
        result: dict[str, Any] = json.loads(canonical(record))
        return result

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The digest that `to_record` wrote.

        Raises: UnknownRecord: another version wrote it.
        """
        if record.get("spec") != SPEC:
            raise UnknownRecord(record.get("spec"))
        replies, talk = record["replies"], record["talk"]
        return cls(
            round=record["round"],
            period=record["period"],
            place=record["place"],
            mode=record["mode"],
            week=date.fromisoformat(record["week"]),
            results_on=date.fromisoformat(record["results_on"]),
            replies=Replies(replies["code"], replies.get("about"), replies.get("rate")),
            needed=record["needed"],
            cells=tuple(Cell.from_record(cell) for cell in record["cells"]),
            well=record.get("well"),
            talk=Talk(talk["theme"], talk["pattern"]),
        )


def canonical(record: Mapping[str, Any]) -> bytes:
    """The one spelling of a record: sorted keys, no spaces, ASCII."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def seal(record: Mapping[str, Any], previous: str) -> str:
    """The link of a frozen record in its partnership's chain, after the link `previous` ("" for the first).

    Returns: SHA-256 in hex; any later change to this record or an earlier one breaks it.
    """
    return hashlib.sha256(canonical({"previous": previous, "record": dict(record)})).hexdigest()
