"""All that is kept of one person, gathered from every table for their own eyes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from storage.crypto import unseal
from storage.heard import Days, open_days
from storage.keys import IDENTITY, KeyStore
from storage.pools import Form, Pools
from storage.runs import ballot_name, open_ballot
from storage.tables import BallotRow, ClaimRow, CoordinatorRow, MemberRow, PeriodRow, PersonRow, RunRow

_PERSON = PersonRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]
_COORDINATOR = CoordinatorRow.__table__  # type: ignore[attr-defined]
_PERIOD = PeriodRow.__table__  # type: ignore[attr-defined]
_RUN = RunRow.__table__  # type: ignore[attr-defined]
_CLAIM = ClaimRow.__table__  # type: ignore[attr-defined]
_BALLOT = BallotRow.__table__  # type: ignore[attr-defined]

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What is kept of a person; a row is column -> value.

    `coordinates` has a row for each partnership set up, `sent` one for each message of a round that is still known.
    `run` is the check-in of an open round. `ballot` holds place -> {"state", "answers"} of the open `period`, and
    `forms` are the answers that wait in pools.
    """

    address: str
    language: str
    member: Row | None
    days: Days | None
    coordinates: Sequence[Row]
    run: Row | None
    sent: Sequence[Row]
    period: str | None
    ballot: Mapping[str, Row]
    forms: Sequence[Form]


def held(connection: Connection, keys: KeyStore, person: str) -> Held:
    """Everything of this person, opened."""

    def rows(query: Select[Any]) -> list[Row]:
        return [dict(row) for row in connection.execute(query).mappings()]

    key = keys.standing(IDENTITY)
    (about,) = rows(select(_PERSON.c.address, _PERSON.c.language).where(_PERSON.c.id == person))
    member = next(iter(rows(select(_MEMBER).where(_MEMBER.c.person_id == person))), None)
    runs = rows(select(_RUN).where(_RUN.c.member_id == member["id"])) if member else []
    period, ballot = _ballot(connection, keys, member) if member else (None, {})
    return Held(
        address=unseal(key, about["address"], f"person:{person}".encode()).decode(),
        language=about["language"],
        member=member,
        days=open_days(key, member["id"], member["heard"]) if member else None,
        coordinates=rows(select(_COORDINATOR).where(_COORDINATOR.c.person_id == person)),
        run=next(iter(runs), None),
        sent=rows(select(_CLAIM).where(_CLAIM.c.person_id == person).order_by(_CLAIM.c.round_id, _CLAIM.c.kind)),
        period=period,
        ballot=ballot,
        forms=Pools(connection, keys).of(member["id"]) if member else (),
    )


def _ballot(connection: Connection, keys: KeyStore, member: Row) -> tuple[str | None, Mapping[str, Row]]:
    mine = (_PERIOD.c.partnership_id == member["partnership_id"], _PERIOD.c.closed.is_(False))
    period = connection.scalar(select(_PERIOD.c.id).where(*mine))
    key = keys.period_keys([period]).get(period) if period else None
    if period is None or key is None:
        return None, {}
    name = ballot_name(key, member["id"])
    sealed = connection.scalar(select(_BALLOT.c.sealed).where(_BALLOT.c.name == name))
    return period, open_ballot(key, period, name, sealed) if sealed else {}
