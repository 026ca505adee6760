"""What a closing is given: ballots without a name, and what was asked; it holds no digest's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from digests import split as splits
from digests.record import MODES, PLACES, Correction, Digest, Limits

Option = tuple[str, str]
"""A question's id and the code of one of its choices."""


@dataclass(frozen=True, slots=True)
class Item:
    """A scored question."""

    id: str
    theme: str


@dataclass(frozen=True, slots=True)
class Ballot:
    """One member's scored answers in one period, or in one pool, without a name or an id.

    `options` are the (question id, code) pairs chosen at any time in it; `wrote` says whether at least one
    comment was shared in it.
    Shapes: `scores` is place 1..4 -> item id -> score; a place is missing where the member did not reply. A
        pool's answers stand at place 1.
    Units: 0 to 100, high is good; None is "Can't say" or Skip.
    """

    organisation: str
    seat: str
    scores: Mapping[int, Mapping[str, int | None]]
    options: frozenset[Option] = frozenset()
    wrote: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A longer check-in that this closing may tell of: each of its own questions by itself.

    `flow` names its version, `ballots` hold the answers at `places`. With a `split` its groups are compared.
    What is `pooled` was gathered over several periods and is told once anything of it may be shown: a pool
    has `options`, in `lists` as in `Facts`, and `comments` of its own, while those of a round go with its period.
    With `share` a figure is the share of people at the top of the scale, and is told without a band.
    """

    flow: str
    items: Sequence[Item]
    ballots: Sequence[Ballot]
    places: frozenset[int] = frozenset({1})
    split: str | None = None
    pooled: bool = False
    share: bool = False
    options: Sequence[Option] = ()
    lists: Mapping[str, str] = field(default_factory=dict)
    comments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that closing one round needs.

    `week` is the local date the round opened, `results_on` the date the period's figures come, `joined` how
    many were asked. `anchors` gives the order in which themes are shown; `earlier` has the anchors that only
    earlier rounds of the period asked. `history` holds the partnership's earlier digests, oldest first; the
    last 8 are enough. `options` are the (question id, code) pairs that may be told, in the check-ins' order,
    and `lists` says which questions' options make up one list: question id -> its name. `comments` are the
    shared words of the whole period, shuffled already. `flows` name the check-ins of the period so far, and
    `sets` are the longer ones among them that may be told of now.

    Raises: ValueError: no such mode or place, or a split not in its one spelling (the caller's bug).
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
    history: Sequence[Digest] = ()
    split: str = splits.DEFAULT
    limits: Limits = field(default_factory=Limits)
    options: Sequence[Option] = ()
    comments: Sequence[str] = ()
    corrections: Sequence[Correction] = ()
    earlier: Mapping[str, Item] = field(default_factory=dict)
    lists: Mapping[str, str] = field(default_factory=dict)
    flows: Sequence[str] = ()
    sets: Sequence[Asked] = ()

    def __post_init__(self) -> None:
        if self.mode not in MODES or self.place not in PLACES:
            message = f"no round is at place {self.place} of a period in {self.mode!r} mode"
            raise ValueError(message)
        for split in (self.split, *(asked.split for asked in self.sets if asked.split is not None)):
            if splits.canonical(split) != split:
                message = f"the split {split!r} is spelled {splits.canonical(split)!r}"
                raise ValueError(message)
