"""Periods, rounds, what is due and claims, inside one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from digests.record import Limits
from storage.errors import BadKey, Refused
from storage.keys import KeyStore
from storage.runs import ballot_name, open_ballot, seal_ballot
from storage.tables import (
    BallotRow,
    ClaimRow,
    CoordinatorRow,
    DueRow,
    MemberRow,
    PeriodRow,
    RoundRow,
    RunRow,
)
from storage.values import Due, Round

_PERIOD = PeriodRow.__table__  # type: ignore[attr-defined]
_ROUND = RoundRow.__table__  # type: ignore[attr-defined]
_RUN = RunRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]
_COORDINATOR = CoordinatorRow.__table__  # type: ignore[attr-defined]
_BALLOT = BallotRow.__table__  # type: ignore[attr-defined]
_DUE = DueRow.__table__  # type: ignore[attr-defined]
_CLAIM = ClaimRow.__table__  # type: ignore[attr-defined]
_ROUND_QUERY = select(
    _ROUND.c.id, _ROUND.c.partnership_id, _ROUND.c.number, _ROUND.c.period_id, _PERIOD.c.number, _ROUND.c.place,
    _PERIOD.c.mode, _ROUND.c.flow, _ROUND.c.rotating, _ROUND.c.opened_at, _ROUND.c.reminds_at, _ROUND.c.closes_at,
    _ROUND.c.closed, _PERIOD.c.split, _PERIOD.c.least_people, _PERIOD.c.least_outsiders,
).select_from(_ROUND.join(_PERIOD))  # fmt: skip
_REWRITE = update(_BALLOT).where(_BALLOT.c.name == bindparam("b_name")).values(sealed=bindparam("b_sealed"))


def _round(row: Any) -> Round:
    *plain, people, outsiders = row
    return Round(*(*plain, Limits(people, outsiders)))


@dataclass(frozen=True, slots=True)
class OpenedBallot:
    """One ballot of a period, with the organisation and seat of its writer and nothing else of them."""

    name: bytes
    organisation: str
    seat: str
    places: Mapping[str, Mapping[str, Any]]


class Rounds:
    """The work that time brings, as it is remembered."""

    def __init__(self, connection: Connection, keys: KeyStore) -> None:
        self._connection, self._keys = connection, keys

    # --- rounds and periods

    def get(self, round_id: str) -> Round | None:
        """The round of this id."""
        found = self._connection.execute(_ROUND_QUERY.where(_ROUND.c.id == round_id)).first()
        return None if found is None else _round(found)

    def latest(self, partnership: str) -> Round | None:
        """The partnership's newest round, open or closed; locked, so that two openings cannot cross."""
        found = self._connection.execute(
            _ROUND_QUERY.where(_ROUND.c.partnership_id == partnership)
            .order_by(_ROUND.c.number.desc()).limit(1).with_for_update(of=_ROUND)
        ).first()  # fmt: skip
        return None if found is None else _round(found)

    def next_number(self, partnership: str) -> int:
        """The number of the round to open next: after the last one, and after every digest that ever went out."""
        latest, anchor = self.latest(partnership), self._keys.anchor(partnership)
        return max(latest.number if latest else 0, anchor.number if anchor else 0) + 1

    def is_over(self, period: str) -> bool:
        """Whether the period has ended, with its fourth round or before its time."""
        return bool(self._connection.scalar(select(_PERIOD.c.closed).where(_PERIOD.c.id == period)))

    def open_of(self, partnership: str) -> Round | None:
        """The partnership's open round, or None."""
        latest = self.latest(partnership)
        return None if latest is None or latest.closed else latest

    def begin(self, new: Round) -> None:
        """Keep a new round, and its period where it is the period's first."""
        if new.place == 1:
            period = {"id": new.period, "partnership_id": new.partnership, "number": new.period_number,
                      "mode": new.mode, "split": new.split, "least_people": new.limits.people,
                      "least_outsiders": new.limits.outsiders, "closed": False}  # fmt: skip
            self._connection.execute(insert(_PERIOD), period)
        row = {"id": new.id, "partnership_id": new.partnership, "number": new.number, "period_id": new.period,
               "place": new.place, "flow": new.flow, "rotating": new.rotating, "opened_at": new.opened_at,
               "reminds_at": new.reminds_at, "closes_at": new.closes_at, "closed": False}  # fmt: skip
        self._connection.execute(insert(_ROUND), row)

    def must_not_fall(self, limits: Limits) -> None:
        """Check that no partnership ever asked for more than `limits`: thresholds only rise.

        Raises:
            Refused: one did.   Source: results.md A13.
        """
        seen = self._connection.execute(
            select(func.max(_PERIOD.c.least_people), func.max(_PERIOD.c.least_outsiders))
        ).one()
        for name, now, before in zip(("PEOPLE", "OUTSIDERS"), (limits.people, limits.outsiders), seen, strict=True):
            if before is not None and now < before:
                message = (
                    f"PULSE_LEAST_{name} is {now}, and was {before} before. It may only rise: members were told that "
                    f"figures need {before}, and a lower number could show what was hidden. Set it to {before} or more."
                )
                raise Refused(message)

    def asking(self, partnership: str, flow: str) -> int:
        """How many rounds of the partnership asked this flow, in any version."""
        mine = (_ROUND.c.partnership_id == partnership, _ROUND.c.flow.startswith(f"{flow}@", autoescape=True))
        return int(self._connection.scalar(select(func.count()).select_from(_ROUND).where(*mine)) or 0)

    def opened(self, partnership: str) -> Sequence[tuple[datetime, str]]:
        """The partnership's rounds, oldest first: when each opened, and what it asked, by ref."""
        query = select(_ROUND.c.opened_at, _ROUND.c.flow).where(_ROUND.c.partnership_id == partnership)
        return [tuple(row) for row in self._connection.execute(query.order_by(_ROUND.c.number))]

    def asked(self, round_id: str) -> int:
        """How many members the round asked."""
        counted = self._connection.scalar(select(func.count()).select_from(_RUN).where(_RUN.c.round_id == round_id))
        return int(counted or 0)

    def active_members(self, partnership: str) -> Mapping[str, str]:
        """Members to ask, as member id -> person id: joined, not stopped, not blocked."""
        rows = self._connection.execute(
            select(_MEMBER.c.id, _MEMBER.c.person_id)
            .where(_MEMBER.c.partnership_id == partnership, _MEMBER.c.seat.is_not(None), _MEMBER.c.state == "active")
            .order_by(_MEMBER.c.id)
        )
        return dict(tuple(row) for row in rows)

    def coordinators(self, partnership: str) -> Sequence[str]:
        """Person ids of the coordinators."""
        return list(
            self._connection.scalars(
                select(_COORDINATOR.c.person_id)
                .where(_COORDINATOR.c.partnership_id == partnership)
                .order_by("person_id")
            )
        )

    def all_coordinators(self) -> Sequence[str]:
        """Person ids of everybody who coordinates anything."""
        return list(self._connection.scalars(select(_COORDINATOR.c.person_id).distinct()))

    def unfinished(self, round_id: str, person: str) -> str | None:
        """The id of the person's run in this open round while it is unfinished, or None."""
        query = select(_RUN.c.id).join(_ROUND).join(_MEMBER, _MEMBER.c.id == _RUN.c.member_id).where(
            _RUN.c.round_id == round_id, _MEMBER.c.person_id == person, _RUN.c.finished.is_(False),
            _ROUND.c.closed.is_(False),
        )  # fmt: skip
        return self._connection.scalar(query)

    def of_period(self, period: str) -> Sequence[Round]:
        """The period's rounds so far, in order."""
        rows = self._connection.execute(_ROUND_QUERY.where(_ROUND.c.period_id == period).order_by(_ROUND.c.place))
        return [_round(row) for row in rows]

    def close(self, round_: Round) -> None:
        """Mark it closed and forget who answered it: runs and claims go; with the period its ballots go too."""
        self._connection.execute(update(_ROUND).where(_ROUND.c.id == round_.id).values(closed=True))
        self._connection.execute(delete(_RUN).where(_RUN.c.round_id == round_.id))
        self.forget_sends(round_.id)
        if round_.place == 4:
            self._connection.execute(update(_PERIOD).where(_PERIOD.c.id == round_.period).values(closed=True))
            self._connection.execute(delete(_BALLOT).where(_BALLOT.c.period_id == round_.period))

    def ballots(self, partnership: str, period: str) -> Sequence[OpenedBallot]:
        """Every ballot of an open period, opened.

        Raises:
            BadKey: the period's key is not in the key store.
        """
        key = self._keys.period_keys([period]).get(period)
        if key is None:
            message = (
                "The key store holds no key for this open period. Restore the key store's backup, "
                f"or give the period's answers up with `pulse round drop {partnership} --yes`."
            )
            raise BadKey(message)
        members = self._connection.execute(
            select(_MEMBER.c.id, _MEMBER.c.organisation, _MEMBER.c.seat).where(
                _MEMBER.c.partnership_id == partnership, _MEMBER.c.seat.is_not(None)
            )
        )
        writers = {ballot_name(key, m.id): (str(m.organisation), m.seat) for m in members}
        rows = self._connection.execute(select(_BALLOT.c.name, _BALLOT.c.sealed).where(_BALLOT.c.period_id == period))
        return [
            OpenedBallot(name, *writers[name], open_ballot(key, period, name, sealed))
            for name, sealed in rows
            if name in writers
        ]

    def rewrite(self, period: str, ballots: Iterable[OpenedBallot]) -> None:
        """Seal these ballots of an open period anew, with what they hold now."""
        key = self._keys.period_keys([period])[period]
        rows = [{"b_name": b.name, "b_sealed": seal_ballot(key, period, b.name, b.places)} for b in ballots]
        if rows:
            self._connection.execute(_REWRITE, rows)

    def lock_runs(self, round_id: str) -> None:
        """Let no other process step a run of this round from here on: what it holds now is what is counted."""
        self._connection.execute(select(_RUN.c.id).where(_RUN.c.round_id == round_id).with_for_update()).all()

    def repliers(self, partnership: str, period: str) -> frozenset[str]:
        """The members with a ballot in this open period; for the moment of its closing alone."""
        key = self._keys.period_keys([period]).get(period, b"")
        members = self._connection.scalars(select(_MEMBER.c.id).where(_MEMBER.c.partnership_id == partnership))
        kept = set(self._connection.scalars(select(_BALLOT.c.name).where(_BALLOT.c.period_id == period)))
        return frozenset(m for m in members if ballot_name(key, m) in kept)

    def forget(self, member: str) -> None:
        """Delete the member's ballots; only open periods have any. No other process steps the member meanwhile."""
        self._connection.execute(select(_RUN.c.id).where(_RUN.c.member_id == member).with_for_update()).all()
        query = select(_PERIOD.c.id).join(_MEMBER, _MEMBER.c.partnership_id == _PERIOD.c.partnership_id)
        periods = self._connection.scalars(query.where(_MEMBER.c.id == member, _PERIOD.c.closed.is_(False)))
        names = [ballot_name(key, member) for key in self._keys.period_keys(list(periods)).values()]
        self._connection.execute(delete(_BALLOT).where(_BALLOT.c.name.in_(names)))

    # --- what is due

    def plan(self, *due: Due) -> None:
        """Remember work; a later plan for the same kind and subject replaces the earlier."""
        for d in due:
            self.done(d)
            self._connection.execute(insert(_DUE), {"kind": d.kind, "subject": d.subject, "at": d.at})

    def due(self, now: datetime) -> Sequence[Due]:
        """What is due, oldest first."""
        rows = self._connection.execute(select(_DUE.c.kind, _DUE.c.subject, _DUE.c.at).where(_DUE.c.at <= now))
        return sorted((Due(*row) for row in rows), key=lambda d: (d.at, d.kind, d.subject))

    def planned(self, kind: str, subject: str) -> datetime | None:
        """When this work is planned for, or None."""
        return self._connection.scalar(select(_DUE.c.at).where(_DUE.c.kind == kind, _DUE.c.subject == subject))

    def done(self, due: Due) -> bool:
        """Strike it off; False where another process already did."""
        gone = self._connection.execute(delete(_DUE).where(_DUE.c.kind == due.kind, _DUE.c.subject == due.subject))
        return gone.rowcount > 0

    # --- claims: one send each

    def claim(self, round_id: str, person: str, kind: str) -> bool:
        """Claim a send before it is made; False where it was made or begun before."""
        row = {"round_id": round_id, "person_id": person, "kind": kind, "sent": False}
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(_CLAIM), row)
        except IntegrityError:
            return False
        return True

    def release(self, round_id: str, person: str, kind: str) -> None:
        """Give a claim back: the send is proven not to have happened."""
        self._connection.execute(
            delete(_CLAIM).where(
                _CLAIM.c.round_id == round_id, _CLAIM.c.person_id == person, _CLAIM.c.kind == kind
            )
        )  # fmt: skip

    def forget_sends(self, round_id: str) -> None:
        """Delete every claim of the round: nobody can tell who was sent what."""
        self._connection.execute(delete(_CLAIM).where(_CLAIM.c.round_id == round_id))

    def mark_sent(self, round_id: str, person: str, kind: str) -> None:
        """The send is known to have arrived."""
        self._connection.execute(
            update(_CLAIM)
            .where(_CLAIM.c.round_id == round_id, _CLAIM.c.person_id == person, _CLAIM.c.kind == kind)
            .values(sent=True)
        )
