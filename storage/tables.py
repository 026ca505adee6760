"""Rows: one class per table, no behaviour. Every rule is also a CHECK, a key or a UNIQUE."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

# Names for every constraint, so that a migration can drop one on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class _Model(SQLModel):
    metadata = MetaData(naming_convention=NAMING)


metadata = _Model.metadata


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant, kept as whole seconds since 1970: the same on both databases, no zone to lose."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  SQLAlchemy's signature
        """The whole seconds to keep."""
        return None if value is None else int(value.timestamp())

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's signature
        """The aware instant of what was kept."""
        return None if value is None else datetime.fromtimestamp(value, UTC)


def _owner(target: str, **options: Any) -> Column[str]:
    return Column(String(32), ForeignKey(target, ondelete="CASCADE"), nullable=False, **options)


class PartnershipRow(_Model, table=True):
    """Organisations working together, and when their round opens."""

    __tablename__ = "partnership"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("calendar IN ('year', 'pulse')", name="calendar"),
    )

    id: str = Field(sa_column=Column(String(32), primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    timezone: str = Field(sa_column=Column(String(64), nullable=False))
    weekday: int = Field(description="0 is Monday")
    at: str = Field(sa_column=Column(String(5), nullable=False), description="local time, HH:MM")
    split: str = Field(
        sa_column=Column(String(80), nullable=False), description="groups of seats, as digests.split has it"
    )
    calendar: str = Field(
        sa_column=Column(String(8), nullable=False), description="whether longer check-ins are asked through the year"
    )
    ended: bool = Field(default=False, description="nothing is asked any more; only its digests stay")


class OrganisationRow(_Model, table=True):
    """One partner; `number` is its place in the list and the code in its button."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("partnership_id", "name"),)

    partnership_id: str = Field(sa_column=_owner("partnership.id", primary_key=True))
    number: int = Field(primary_key=True)
    name: str = Field(sa_column=Column(Text, nullable=False))
    lead: bool


class PersonRow(_Model, table=True):
    """Somebody who agreed: an address nobody can read here, found by a keyed index."""

    __tablename__ = "person"

    id: str = Field(sa_column=Column(String(32), primary_key=True))
    lookup: bytes = Field(sa_column=Column(LargeBinary, nullable=False, unique=True))
    address: bytes = Field(sa_column=Column(LargeBinary, nullable=False), description="sealed, bound to the id")
    language: str = Field(sa_column=Column(String(8), nullable=False))


class MemberRow(_Model, table=True):
    """A person's place in a partnership: one organisation, one seat. Day-grained consent, no times."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'stopped', 'blocked')", name="state"),
        ForeignKeyConstraint(
            ["partnership_id", "organisation"],
            ["organisation.partnership_id", "organisation.number"],
            name="fk_member_organisation",
        ),
    )

    id: str = Field(sa_column=Column(String(32), primary_key=True))
    person_id: str = Field(sa_column=_owner("person.id", unique=True))
    partnership_id: str = Field(sa_column=_owner("partnership.id", index=True))
    organisation: int | None = Field(default=None, description="None until picked")
    seat: str | None = Field(default=None, sa_column=Column(String(16), nullable=True))
    next_seat: str | None = Field(
        default=None, sa_column=Column(String(16), nullable=True), description="takes over when a period starts"
    )
    state: str = Field(sa_column=Column(String(8), nullable=False))
    heard: bytes = Field(
        sa_column=Column(LargeBinary, nullable=False), description="sealed days: last heard of, asked to stay, stopped"
    )
    since: date = Field(description="the day they joined; agreeing to other words does not change it")
    consent_text: str = Field(sa_column=Column(String(16), nullable=False), description="hash of the words agreed to")
    consent_day: date


class CoordinatorRow(_Model, table=True):
    """Who may set a partnership up; says nothing about being a member."""

    __tablename__ = "coordinator"

    person_id: str = Field(sa_column=_owner("person.id", primary_key=True))
    partnership_id: str = Field(sa_column=_owner("partnership.id", primary_key=True))
    consent_text: str = Field(sa_column=Column(String(16), nullable=False), description="hash of the words agreed to")
    consent_day: date


class LinkRow(_Model, table=True):
    """An invite link: only the keyed hash of its token is kept."""

    __tablename__ = "link"
    __table_args__ = (
        CheckConstraint("kind IN ('member', 'coordinator')", name="kind"),
        CheckConstraint("uses_left >= 0", name="uses"),
    )

    token: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    partnership_id: str = Field(sa_column=_owner("partnership.id", index=True))
    kind: str = Field(sa_column=Column(String(12), nullable=False))
    uses_left: int
    expires_at: datetime = Field(sa_column=Column(Instant, nullable=False))


class PeriodRow(_Model, table=True):
    """Four rounds; the life of a ballot key. The mode, the split and the thresholds are fixed at its start."""

    __tablename__ = "period"
    __table_args__ = (
        UniqueConstraint("partnership_id", "number"),
        CheckConstraint("mode IN ('weekly', 'four-weekly')", name="mode"),
        CheckConstraint("least_people >= 5 AND least_outsiders >= 3", name="least"),
    )

    id: str = Field(sa_column=Column(String(32), primary_key=True))
    partnership_id: str = Field(sa_column=_owner("partnership.id"))
    number: int
    mode: str = Field(sa_column=Column(String(12), nullable=False))
    split: str = Field(sa_column=Column(String(80), nullable=False))
    least_people: int = Field(description="respondents a figure needs; never below 5")
    least_outsiders: int = Field(description="people left when one organisation is taken out; never below 3")
    closed: bool


class RoundRow(_Model, table=True):
    """One sending of one flow to every member."""

    __tablename__ = "round"
    __table_args__ = (
        UniqueConstraint("partnership_id", "number"),
        CheckConstraint("place BETWEEN 1 AND 4", name="place"),
        Index("uq_round_open", "partnership_id", unique=True, sqlite_where=text("closed = 0"),
              postgresql_where=text("NOT closed")),
    )  # fmt: skip

    id: str = Field(sa_column=Column(String(32), primary_key=True))
    partnership_id: str = Field(sa_column=_owner("partnership.id"))
    number: int
    period_id: str = Field(sa_column=_owner("period.id", index=True))
    place: int
    flow: str = Field(sa_column=Column(String(80), nullable=False), description="id@version")
    rotating: str | None = Field(default=None, sa_column=Column(String(32), nullable=True))
    opened_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    reminds_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    closes_at: datetime = Field(sa_column=Column(Instant, nullable=False))
    closed: bool


class FlowRow(_Model, table=True):
    """A check-in as it was published: whole, so that rounds and digests need no file."""

    __tablename__ = "flow"

    ref: str = Field(sa_column=Column(String(80), primary_key=True), description="id@version")
    body: str = Field(sa_column=Column(Text, nullable=False), description="canonical JSON; never rewritten")
    published: date


class RunRow(_Model, table=True):
    """One member's passage through one round: turn and progress; the answers are in the ballot."""

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("round_id", "member_id"),)

    id: str = Field(sa_column=Column(String(8), primary_key=True))
    round_id: str = Field(sa_column=_owner("round.id"))
    member_id: str = Field(sa_column=_owner("member.id", index=True))
    flow: str | None = Field(
        default=None, sa_column=Column(String(80), nullable=True), description="None: the one its round asks"
    )
    turn: int = Field(description="optimistic lock and staleness token")
    finished: bool = Field(description="the bit reminders ask; no time beside it")
    message: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, nullable=True),
        description="what a note is drawn over; then the note's own",
    )


class BallotRow(_Model, table=True):
    """One member's answers in one period. No member id, no time, no order."""

    __tablename__ = "ballot"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: bytes = Field(
        sa_column=Column(LargeBinary, primary_key=True), description="HMAC-SHA256(period key, member id)"
    )
    period_id: str = Field(sa_column=_owner("period.id", index=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class PoolRow(_Model, table=True):
    """Answers that come one by one, to one flow, until there are enough to show; the life of a key of its own."""

    __tablename__ = "pool"
    __table_args__ = (UniqueConstraint("partnership_id", "flow"),)

    id: str = Field(sa_column=Column(String(32), primary_key=True))
    partnership_id: str = Field(sa_column=_owner("partnership.id"))
    flow: str = Field(sa_column=Column(String(80), nullable=False), description="id@version")
    opened: date = Field(description="the first day of the month in which it was")


class PoolBallotRow(_Model, table=True):
    """One person's answers in one pool, with their organisation and seat. No member id, no time, no order."""

    __tablename__ = "poolballot"
    __table_args__ = ({"sqlite_with_rowid": False},)

    name: bytes = Field(sa_column=Column(LargeBinary, primary_key=True), description="HMAC-SHA256(pool key, member id)")
    pool_id: str = Field(sa_column=_owner("pool.id", index=True))
    sealed: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DueRow(_Model, table=True):
    """Work that time brings: `kind` for `subject`, not before `at`. Gone when done."""

    __tablename__ = "due"

    kind: str = Field(sa_column=Column(String(8), primary_key=True))
    subject: str = Field(sa_column=Column(String(32), primary_key=True))
    at: datetime = Field(sa_column=Column(Instant, nullable=False, index=True))


class ClaimRow(_Model, table=True):
    """A send that was begun. One left unsent by a crash has an unknown fate and is not sent again."""

    __tablename__ = "claim"

    round_id: str = Field(sa_column=_owner("round.id", primary_key=True))
    person_id: str = Field(sa_column=_owner("person.id", primary_key=True))
    kind: str = Field(sa_column=Column(String(8), primary_key=True))
    sent: bool


class DigestRow(_Model, table=True):
    """A frozen digest; `seal` covers the record and the seal before it."""

    __tablename__ = "digest"

    partnership_id: str = Field(sa_column=_owner("partnership.id", primary_key=True))
    number: int = Field(primary_key=True, description="the round's number")
    round_id: str = Field(sa_column=_owner("round.id", unique=True))
    record: str = Field(sa_column=Column(Text, nullable=False), description="canonical JSON; never rewritten")
    flow: str = Field(sa_column=Column(String(80), nullable=False), description="where its words come from")
    previous: str = Field(sa_column=Column(String(64), nullable=False))
    seal: str = Field(sa_column=Column(String(64), nullable=False))


class ChartRow(_Model, table=True):
    """A digest's chart in one language, drawn once, on first send."""

    __tablename__ = "chart"

    round_id: str = Field(sa_column=_owner("round.id", primary_key=True))
    language: str = Field(sa_column=Column(String(8), primary_key=True))
    png: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class CorrectionRow(_Model, table=True):
    """A note on a frozen digest, in words alone: told with the next digest."""

    __tablename__ = "correction"

    partnership_id: str = Field(sa_column=_owner("partnership.id", primary_key=True))
    number: int = Field(primary_key=True, description="the round's number")
    text: str = Field(sa_column=Column(Text, nullable=False))
    told: bool


class AuditRow(_Model, table=True):
    """Who did what on which day, as a chain: never a person, never an answer."""

    __tablename__ = "audit"

    number: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    day: date
    actor: str = Field(sa_column=Column(String(12), nullable=False), description="a role: operator, coordinator, clock")
    what: str = Field(sa_column=Column(String(32), nullable=False))
    about: str = Field(
        sa_column=Column(String(64), nullable=False), description="a partnership's id, a count; or nothing"
    )
    previous: str = Field(sa_column=Column(String(64), nullable=False))
    seal: str = Field(sa_column=Column(String(64), nullable=False))


class TextRow(_Model, table=True):
    """A sentence in another language, as an operator brought it in; without a source, what the file says of itself."""

    __tablename__ = "text"

    language: str = Field(sa_column=Column(String(8), primary_key=True))
    number: int = Field(primary_key=True, description="its place; the source may be longer than an index can hold")
    source: str = Field(sa_column=Column(Text, nullable=False), description="the English")
    said: str = Field(sa_column=Column(Text, nullable=False))


class FactRow(_Model, table=True):
    """A small fact about this installation, such as the bot's user name."""

    __tablename__ = "fact"

    name: str = Field(sa_column=Column(String(32), primary_key=True))
    value: str = Field(sa_column=Column(Text, nullable=False))
