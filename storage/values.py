"""What storage hands out: frozen values; rows never leave the package."""

from dataclasses import dataclass, field
from datetime import datetime

from digests.record import Limits
from digests.split import DEFAULT
from flows.run import Run


@dataclass(frozen=True, slots=True)
class Organisation:
    """One partner, by its place in the list."""

    number: int
    name: str
    lead: bool


@dataclass(frozen=True, slots=True)
class Partnership:
    """A partnership and when its round opens. `weekday` 0 is Monday; `at` is local HH:MM; `split` as digests.split.

    `calendar` "year": the clock asks longer check-ins where `flows.plan` has one; "pulse": the weekly pulse alone.
    """

    id: str
    name: str
    timezone: str
    weekday: int
    at: str
    organisations: tuple[Organisation, ...]
    split: str = DEFAULT
    ended: bool = False
    calendar: str = "pulse"


@dataclass(frozen=True, slots=True)
class Member:
    """One person's place in a partnership; `organisation` and `seat` are None until picked."""

    id: str
    partnership: str
    organisation: int | None
    seat: str | None
    state: str

    @property
    def joined(self) -> bool:
        """Whether nothing is left to pick."""
        return self.organisation is not None and self.seat is not None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who agreed; `coordinates` are the ids of the partnerships they may set up."""

    id: str
    member: Member | None
    coordinates: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """What an invite token opens."""

    partnership: str
    kind: str


@dataclass(frozen=True, slots=True)
class Round:
    """One sending of one flow. Instants are aware UTC."""

    id: str
    partnership: str
    number: int
    period: str
    period_number: int
    place: int
    mode: str
    flow: str
    rotating: str | None
    opened_at: datetime
    reminds_at: datetime
    closes_at: datetime
    closed: bool
    split: str
    limits: Limits


@dataclass(slots=True)
class OpenRun:
    """A run in the middle of a step, with what the step must know around it.

    `language` is the person's.
    `ballot` is the member's whole ballot of the period, opened: place -> {"state", "answers"}, and "flow"
    beside them where the check-in is the member's `own`, such as a joiner's, and not the round's.
    `seen` is the turn that was read; `save` writes only over that turn.
    """

    run: Run
    seen: int
    member: str
    lookup: bytes
    language: str
    period: str
    place: int
    closes_at: datetime
    message: int | None
    ballot_name: bytes
    ballot: dict[str, dict[str, object]] = field(default_factory=dict)
    own: bool = False


@dataclass(frozen=True, slots=True)
class Due:
    """Work that time brings: `kind` for `subject` (a round's, partnership's or period's id)."""

    kind: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FrozenDigest:
    """A digest as it was frozen, and the flow its words come from."""

    number: int
    round_id: str
    flow: str
    record: str
    seal: str
