"""The values that a closing freezes, and the chain they stand in; none of them holds an exact count."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from digests import split as splits

SPEC = 1
WEEKLY, FOUR_WEEKLY = "weekly", "four-weekly"
MODES = (WEEKLY, FOUR_WEEKLY)
PLACES = range(1, 5)

ROUND, ROTATING, PERIOD, ITEM = "round", "rotating", "period", "item"
"""What a cell is about: a theme's anchor in one round, a rotating item, a theme over a whole period, or one
question of a longer check-in."""

EVERYONE = "everyone"
"""The audience of a cell that is about no group."""

RISE, FALL, NO_CHANGE, UNSURE = "rise", "fall", "none", "unsure"
"""What a period figure did since the period before."""

LOW, STEADY, TURN = "low", "steady", "turn"
"""Why a theme is the one to talk about: its figure, no low figure anywhere, or only that it is its turn."""

SPLIT, FALLING = "split", "falling"
"""What else may be asked about beside a low and a steady figure: views that differ, figures and replies that fall."""


class UnknownRecord(ValueError):
    """A frozen record was written by another version of the program."""

    def __init__(self, spec: object) -> None:
        super().__init__(f"This program reads digests of spec {SPEC}, and this one is {spec!r}: update it.")


@dataclass(frozen=True, slots=True)
class Limits:
    """How many people stand behind what is shown; a partnership may only ask for more.

    Units: `people` respondents to a figure, `outsiders` respondents left when one organisation is taken out.
    Raises: ValueError: looser than the defaults.   Source: results.md A1, A4, A13.
    """

    people: int = 5
    outsiders: int = 3

    def __post_init__(self) -> None:
        if self.people < 5 or self.outsiders < 3:
            message = (
                f"{self.people} people and {self.outsiders} outsiders would give people away: "
                "a figure needs at least 5 people, and 3 without any one organisation."
            )
            raise ValueError(message)


@dataclass(frozen=True, slots=True)
class Correction:
    """A note on an older digest, the one of `week`; its text holds no figure."""

    week: date
    text: str

    def to_record(self) -> dict[str, Any]:
        """The note as JSON-ready values."""
        return {"text": self.text, "week": self.week.isoformat()}


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
class Change:
    """What a period figure did (`RISE`, `FALL`, `NO_CHANGE` or `UNSURE`) since the one before.

    Units: `before` is the last period's shown figure, 0 to 100.
    """

    code: str
    before: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure for one audience, or the fact that it is hidden (`figure` is None).

    `audience` is `EVERYONE` or a group's code; `agreement` (as `score.agreement` gives it) and `change` stand
    beside some period figures.
    """

    kind: str
    audience: str
    theme: str
    item: str
    figure: Figure | None
    agreement: str | None = None
    change: Change | None = None

    def to_record(self) -> dict[str, Any]:
        """The cell as JSON-ready values."""
        rest = {} if self.figure is None else self.figure.to_record()
        if self.agreement is not None:
            rest["agreement"] = self.agreement
        if self.change is not None:
            rest |= {"before": self.change.before, "change": self.change.code}
        return {
            "audience": self.audience,
            "item": self.item,
            "kind": self.kind,
            "shown": self.figure is not None,
            "theme": self.theme,
            **rest,
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The cell that `to_record` wrote."""
        return cls(
            kind=record["kind"],
            audience=record["audience"],
            theme=record["theme"],
            item=record["item"],
            figure=Figure(record["figure"], record["band"], record["people"], record["rounds"])
            if record["shown"]
            else None,
            agreement=record.get("agreement"),
            change=Change(record["change"], record["before"]) if "change" in record else None,
        )


@dataclass(frozen=True, slots=True)
class Gap:
    """A group that sees something unlike everyone else.   Units: shown points of the group and of all others.

    `about` is a theme, or the id of one question of a longer check-in.
    """

    about: str
    group: str
    points: int
    others: int


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
class SetResult:
    """What a longer check-in, the version named `flow`, came to: each question by itself, and no total.

    `split` names the groups that were compared, where some were. `options` and `comments` are a pool's own.
    """

    flow: str
    cells: tuple[Cell, ...]
    gaps: tuple[Gap, ...] = ()
    split: str | None = None
    pooled: bool = False
    share: bool = False
    options: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()

    def shown(self) -> tuple[tuple[Cell, Figure], ...]:
        """Everyone's cells that are shown, each with its figure, in the order of the check-in."""
        everyone = (cell for cell in self.cells if cell.audience == EVERYONE)
        return tuple((cell, cell.figure) for cell in everyone if cell.figure is not None)

    def to_record(self) -> dict[str, Any]:
        """The result as JSON-ready values."""
        perhaps = {
            "comments": list(self.comments),
            "gaps": [asdict(gap) for gap in self.gaps],
            "options": [list(option) for option in self.options],
            "pooled": self.pooled,
            "share": self.share,
            "split": self.split,
        }
        told = {name: value for name, value in perhaps.items() if value}
        return {"cells": [cell.to_record() for cell in self.cells], "flow": self.flow, **told}

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The result that `to_record` wrote."""
        return cls(
            flow=record["flow"],
            cells=tuple(Cell.from_record(cell) for cell in record["cells"]),
            gaps=tuple(Gap(**gap) for gap in record.get("gaps", ())),
            split=record.get("split"),
            pooled=record.get("pooled", False),
            share=record.get("share", False),
            options=tuple((question, code) for question, code in record.get("options", ())),
            comments=tuple(record.get("comments", ())),
        )


@dataclass(frozen=True, slots=True)
class Digest:
    """The frozen cells, codes and shared words of one closed round; one and the same for every reader.

    `fewer` says that replies fell against the period before. `flows` name the check-ins whose words its
    options and themes need beside those of its own round; `sets` name theirs themselves.
    """

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
    split: str = splits.DEFAULT
    limits: Limits = Limits()
    gaps: tuple[Gap, ...] = ()
    options: tuple[tuple[str, str], ...] = ()
    comments: tuple[str, ...] = ()
    corrections: tuple[Correction, ...] = ()
    raised: bool = False
    fewer: bool = False
    flows: tuple[str, ...] = ()
    sets: tuple[SetResult, ...] = ()

    def of(self, kind: str) -> tuple[Cell, ...]:
        """Everyone's cells of one kind, in display order."""
        return tuple(cell for cell in self.cells if cell.kind == kind and cell.audience == EVERYONE)

    def of_groups(self) -> tuple[Cell, ...]:
        """The cells of the split's groups, in display order."""
        return tuple(cell for cell in self.cells if cell.audience != EVERYONE)

    def shows(self, item: str) -> bool:
        """Whether everyone's figure of this anchor in this very round is shown; rule A9 asks when a period closes."""
        return any(cell.kind == ROUND and cell.item == item and cell.figure is not None for cell in self.cells)

    def has_figures(self) -> bool:
        """Whether any figure is shown at all, and so whether a chart has news."""
        return any(cell.figure is not None for cell in self.cells)

    def to_record(self) -> dict[str, Any]:
        """The digest as it is frozen.

        Returns: sorted, JSON-ready values: text, whole numbers and booleans, never null; what is empty is left out.
        """
        record: dict[str, Any] = {
            "cells": [cell.to_record() for cell in self.cells],
            "limits": asdict(self.limits),
            "mode": self.mode,
            "needed": self.needed,
            "period": self.period,
            "place": self.place,
            "replies": self.replies.to_record(),
            "results_on": self.results_on.isoformat(),
            "round": self.round,
            "spec": SPEC,
            "split": self.split,
            "talk": asdict(self.talk),
            "week": self.week.isoformat(),
        }
        perhaps = {
            "comments": list(self.comments),
            "corrections": [note.to_record() for note in self.corrections],
            "fewer": self.fewer,
            "flows": list(self.flows),
            "gaps": [asdict(gap) for gap in self.gaps],
            "options": [list(option) for option in self.options],
            "raised": self.raised,
            "sets": [each.to_record() for each in self.sets],
            "well": self.well,
        }
        record |= {name: value for name, value in perhaps.items() if value}
        result: dict[str, Any] = json.loads(canonical(record))
        return result

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """The digest that `to_record` wrote.

        Raises: UnknownRecord: another version wrote it.
        """
        if record.get("spec") != SPEC:
            raise UnknownRecord(record.get("spec"))
        replies = record["replies"]
        notes = record.get("corrections", ())
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
            talk=Talk(**record["talk"]),
            split=record["split"],
            limits=Limits(**record["limits"]),
            gaps=tuple(Gap(**gap) for gap in record.get("gaps", ())),
            options=tuple((question, code) for question, code in record.get("options", ())),
            comments=tuple(record.get("comments", ())),
            corrections=tuple(Correction(date.fromisoformat(note["week"]), note["text"]) for note in notes),
            raised=record.get("raised", False),
            fewer=record.get("fewer", False),
            flows=tuple(record.get("flows", ())),
            sets=tuple(SetResult.from_record(each) for each in record.get("sets", ())),
        )


def canonical(record: Mapping[str, Any]) -> bytes:
    """The one spelling of a record: sorted keys, no spaces, ASCII."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def seal(record: Mapping[str, Any], previous: str) -> str:
    """The link of a frozen record in its partnership's chain, after the link `previous` ("" for the first).

    Returns: SHA-256 in hex; any later change to this record or an earlier one breaks it.
    """
    return hashlib.sha256(canonical({"previous": previous, "record": dict(record)})).hexdigest()
