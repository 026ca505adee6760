"""Answers of a few, held over periods until there are enough to tell together: each pool under a key of its own.

A pool is for one partnership and one version of a check-in. Its row is there for as long as it takes answers; once it
is gone, only its key is left to destroy.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from storage.keys import KeyStore
from storage.people import People, new_id
from storage.rounds import OpenedBallot
from storage.runs import ballot_name, open_ballot, seal_ballot
from storage.tables import MemberRow, PartnershipRow, PoolBallotRow, PoolRow

LONGEST = timedelta(days=366)  # twelve months.  Source: results.md section 4
CLEAR = "clear"
"""What is due once a pool is gone: the destruction of its key."""

_ANSWERS, _WHO = "1", "who"  # the parts of a ballot: the answers, at a place as in a period, and whose they are
_POOL = PoolRow.__table__  # type: ignore[attr-defined]
_BALLOT = PoolBallotRow.__table__  # type: ignore[attr-defined]
_PARTNERSHIP = PartnershipRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Form:
    """What one member has in a pool: which check-in, how far they are in it, and the message that shows it."""

    flow: str
    state: str
    turn: int
    answers: Mapping[str, str]
    message: int | None = None

    @property
    def check_in(self) -> str:
        """The check-in's id, whatever its version."""
        return _check_in(self.flow)


@dataclass(frozen=True, slots=True)
class OpenedPool:
    """A pool's ballots that hold an answer, opened: their answers stand at place 1. `flow` is the ref they answer."""

    id: str
    flow: str
    ballots: Sequence[OpenedBallot]


@dataclass(frozen=True, slots=True)
class _Pool:
    id: str
    flow: str
    key: bytes


class Pools:
    """The pools, inside one transaction: who looks into those of a partnership has them alone until it ends."""

    def __init__(self, connection: Connection, keys: KeyStore) -> None:
        self._connection, self._keys = connection, keys

    # --- what members put in

    def put(self, member: str, form: Form, day: date) -> None:
        """Keep what the member has answered, in place of all they gave to any version of the check-in before.

        Nothing is kept of a member who is gone, or of a partnership that has ended.
        """
        self.forget(member, form.check_in)
        query = select(_MEMBER.c.partnership_id, _MEMBER.c.organisation, _MEMBER.c.seat)
        mine = query.join(_PARTNERSHIP).where(_MEMBER.c.id == member, _PARTNERSHIP.c.ended.is_(False))
        if (place := self._connection.execute(mine).first()) is None:
            return
        pool = self._pool(place.partnership_id, form.flow, day)
        name = ballot_name(pool.key, member)
        content = {
            _ANSWERS: {"state": form.state, "turn": form.turn, "answers": dict(form.answers), "message": form.message},
            _WHO: {"organisation": str(place.organisation), "seat": place.seat},
        }
        row = {"name": name, "pool_id": pool.id, "sealed": seal_ballot(pool.key, pool.id, name, content)}
        self._connection.execute(insert(_BALLOT), row)

    def move(self, partnership: str, period: str, forms: Mapping[bytes, Form], day: date) -> None:
        """Keep what was taken out of ballots of an open period, by the ballots' names."""
        if not forms:
            return
        key = self._keys.period_keys([period])[period]
        members = self._connection.scalars(select(_MEMBER.c.id).where(_MEMBER.c.partnership_id == partnership)).all()
        for member in members:
            if (form := forms.get(ballot_name(key, member))) is not None:
                self.put(member, form, day)

    def of(self, member: str, check_in: str | None = None) -> Sequence[Form]:
        """What the member has in the pools: of one check-in, or of all."""
        return [
            Form(pool.flow, **open_ballot(pool.key, pool.id, name, sealed)[_ANSWERS])
            for pool, name in self._mine(member, check_in)
            if (sealed := self._connection.scalar(select(_BALLOT.c.sealed).where(_BALLOT.c.name == name)))
        ]

    def forget(self, member: str, check_in: str | None = None) -> None:
        """Delete what the member has in the pools: of one check-in, or of all."""
        names = [name for _, name in self._mine(member, check_in)]
        self._connection.execute(delete(_BALLOT).where(_BALLOT.c.name.in_(names)))

    # --- what becomes of them

    def opened(self, partnership: str) -> Sequence[OpenedPool]:
        """The partnership's pools, opened; a form without an answer is left out."""
        return [OpenedPool(pool.id, pool.flow, list(self._ballots(pool))) for pool in self._alone(partnership)]

    def drop(self, pools: Iterable[str]) -> None:
        """Delete these pools with their ballots. Their keys are the caller's."""
        self._dropped(_POOL.c.id.in_(list(pools)))

    def drop_all(self, partnership: str) -> Sequence[str]:
        """Delete the partnership's pools; their ids."""
        return list(self._dropped(_POOL.c.partnership_id == partnership))

    def drop_old(self, today: date) -> Mapping[str, str]:
        """Delete the pools that have waited too long; the id of each -> its partnership's."""
        return self._dropped(_POOL.c.opened <= today - LONGEST)

    def drop_lost(self) -> Mapping[str, str]:
        """Delete the pools that no key opens any more; the id of each -> its partnership's."""
        return self._dropped(_POOL.c.id.not_in(self._keys.pools()))

    def ids(self) -> frozenset[str]:
        """All pools there are."""
        return frozenset(self._connection.scalars(select(_POOL.c.id)))

    def _dropped(self, which: ColumnElement[bool]) -> dict[str, str]:
        found = dict(map(tuple, self._connection.execute(select(_POOL.c.id, _POOL.c.partnership_id).where(which))))
        self._connection.execute(delete(_POOL).where(_POOL.c.id.in_(found)))
        return found

    # --- rows

    def _alone(self, partnership: str) -> list[_Pool]:
        """The partnership's pools that have a key, locked by its row: there may be no pool yet."""
        mine = select(_PARTNERSHIP.c.id).where(_PARTNERSHIP.c.id == partnership)
        self._connection.execute(mine.with_for_update(key_share=True))
        query = select(_POOL.c.id, _POOL.c.flow).where(_POOL.c.partnership_id == partnership).order_by(_POOL.c.flow)
        rows = self._connection.execute(query).all()
        keys = self._keys.pool_keys([row.id for row in rows]) if rows else {}
        return [_Pool(row.id, row.flow, keys[row.id]) for row in rows if row.id in keys]

    def _mine(self, member: str, check_in: str | None) -> list[tuple[_Pool, bytes]]:
        """The pools of this check-in, or all, each with what the member's ballot in it is filed under."""
        partnership = self._connection.scalar(select(_MEMBER.c.partnership_id).where(_MEMBER.c.id == member))
        pools = self._alone(partnership) if partnership is not None else []
        return [(p, ballot_name(p.key, member)) for p in pools if check_in in (None, _check_in(p.flow))]

    def _pool(self, partnership: str, flow: str, day: date) -> _Pool:
        """The pool for this version, made where there is none; one that has lost its key makes room."""
        for pool in self._alone(partnership):
            if pool.flow == flow:
                return pool
        self._dropped((_POOL.c.partnership_id == partnership) & (_POOL.c.flow == flow))
        new = new_id()
        People(self._connection, self._keys).must_fit()  # until it is there, a start takes its key for one left over
        self._keys.make_pool_key(new)
        # The first of the month: the day itself would tell on which day somebody left.
        row = {"id": new, "partnership_id": partnership, "flow": flow, "opened": day.replace(day=1)}
        self._connection.execute(insert(_POOL), row)
        return _Pool(new, flow, self._keys.pool_keys([new])[new])

    def _ballots(self, pool: _Pool) -> Iterator[OpenedBallot]:
        rows = self._connection.execute(select(_BALLOT.c.name, _BALLOT.c.sealed).where(_BALLOT.c.pool_id == pool.id))
        for name, sealed in rows:
            held: dict[str, Any] = open_ballot(pool.key, pool.id, name, sealed)
            if held[_ANSWERS]["answers"]:
                yield OpenedBallot(name, **held[_WHO], places={_ANSWERS: held[_ANSWERS]})


def _check_in(flow: str) -> str:
    return flow.partition("@")[0]
