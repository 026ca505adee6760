"""The hot path: runs and ballots read and written for many steps at once, inside one transaction."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text, update

from flows.run import DONE, Run
from storage.crypto import seal, unseal
from storage.errors import BadKey, LostRace
from storage.keys import KeyStore
from storage.tables import BallotRow, MemberRow, PersonRow, RoundRow, RunRow
from storage.values import OpenRun

_RUN = RunRow.__table__  # type: ignore[attr-defined]
_ROUND = RoundRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]
_PERSON = PersonRow.__table__  # type: ignore[attr-defined]
_BALLOT = BallotRow.__table__  # type: ignore[attr-defined]

# Statements are built once: building costs more than running them. Rows are locked in one order, so that two
# processes on PostgreSQL cannot wait for each other.
_LOAD = (
    select(
        _RUN.c.id, _RUN.c.turn, _RUN.c.message, _RUN.c.member_id, _PERSON.c.lookup, _PERSON.c.language,
        _ROUND.c.period_id, _ROUND.c.place, _ROUND.c.closes_at, _ROUND.c.rotating,
        _RUN.c.flow.label("own"), _ROUND.c.flow,
    )
    .select_from(_RUN.join(_ROUND).join(_MEMBER, _MEMBER.c.id == _RUN.c.member_id).join(_PERSON))
    .where(_RUN.c.id.in_(bindparam("ids", expanding=True)), _ROUND.c.closed.is_(False))
    .order_by(_RUN.c.id)
    .with_for_update(of=_RUN)
)  # fmt: skip
_BALLOTS = select(_BALLOT.c.name, _BALLOT.c.sealed).where(_BALLOT.c.name.in_(bindparam("names", expanding=True)))
_ADVANCE = (
    update(_RUN)
    .where(_RUN.c.id == bindparam("b_id"), _RUN.c.turn == bindparam("b_seen"))
    .values(turn=bindparam("b_turn"), finished=bindparam("b_finished"))
)
_FILE = text(
    "INSERT INTO ballot (name, period_id, sealed) VALUES (:name, :period_id, :sealed)"
    " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed"
)


_PAGE = 2048


def ballot_name(period_key: bytes, member: str) -> bytes:
    """What a ballot is filed under: with the key gone, nobody can tell whose it was. Shape: 32 bytes."""
    return hmac.new(period_key, member.encode(), hashlib.sha256).digest()


def _place(period: str, name: bytes) -> bytes:
    return b"ballot:" + period.encode() + b":" + name


def seal_ballot(key: bytes, period: str, name: bytes, ballot: Mapping[str, Mapping[str, Any]]) -> bytes:
    """A ballot's contents, sealed and bound to its name.

    Units: filled up with blanks to whole pages of 2,048 bytes, or its length would tell an answer.
    """
    plain = json.dumps(ballot, separators=(",", ":")).encode()
    return seal(key, plain + b" " * (-len(plain) % _PAGE), _place(period, name))


def open_ballot(key: bytes, period: str, name: bytes, sealed: bytes) -> dict[str, dict[str, Any]]:
    """The contents of a sealed ballot: place -> {"state", "answers"}, with "flow" where it was the member's own."""
    opened: dict[str, dict[str, Any]] = json.loads(unseal(key, sealed, _place(period, name)))
    return opened


class Runs:
    """Runs and the ballots behind them. A run loaded twice in one transaction is one object."""

    def __init__(self, connection: Connection, keys: KeyStore) -> None:
        self._connection, self._keys = connection, keys
        self._loaded: dict[str, OpenRun] = {}
        self._period_keys: dict[str, bytes] = {}

    def load(self, ids: Iterable[str]) -> None:
        """Read these runs of open rounds, with their ballots, in two statements."""
        wanted = [i for i in dict.fromkeys(ids) if i not in self._loaded]
        if not wanted:
            return
        rows = self._connection.execute(_LOAD, {"ids": wanted}).all()
        self._fetch_keys({row.period_id for row in rows})
        names = [ballot_name(self._period_keys[row.period_id], row.member_id) for row in rows]
        found: dict[bytes, bytes] = dict(self._connection.execute(_BALLOTS, {"names": names}).all()) if rows else {}
        for row, name in zip(rows, names, strict=True):
            sealed = found.get(name)
            ballot = open_ballot(self._period_keys[row.period_id], row.period_id, name, sealed) if sealed else {}
            self._loaded[row.id] = _open_run(row, name, ballot)

    def flows(self) -> frozenset[str]:
        """The flows of the runs read so far, by ref."""
        return frozenset(o.run.flow for o in self._loaded.values())

    def get(self, run: str) -> OpenRun | None:
        """The run of an open round, or None."""
        self.load([run])
        return self._loaded.get(run)

    def of_member(self, member: str) -> OpenRun | None:
        """The member's run in the open round, or None."""
        query = select(_RUN.c.id).join(_ROUND).where(_RUN.c.member_id == member, _ROUND.c.closed.is_(False))
        found = self._connection.scalar(query)
        return None if found is None else self.get(found)

    def begin(self, round_id: str, members: Sequence[str], own: Mapping[str, str] = MappingProxyType({})) -> None:
        """A run for each member, of the flow that is their `own` in place of the round's where they have one.

        Shape: buttons carry a run's short random id, 8 characters, 48 bits.
        """
        rows = [
            {"id": secrets.token_urlsafe(6), "round_id": round_id, "member_id": m, "flow": own.get(m), "turn": 0,
             "finished": False}
            for m in members
        ]  # fmt: skip
        if rows:
            self._connection.execute(insert(_RUN), rows)

    def advance(self, open_run: OpenRun, after: Run) -> None:
        """Take a step in memory; `save` writes all of them."""
        open_run.run = after

    def save(self) -> None:
        """Write every run that moved, and its ballot, each in one statement.

        Raises:
            LostRace: a stored run is no longer at the turn that was read; the transaction must roll back.
        """
        moved = [o for o in self._loaded.values() if o.run.turn != o.seen]
        if not moved:
            return
        steps = [
            {"b_id": o.run.id, "b_seen": o.seen, "b_turn": o.run.turn, "b_finished": o.run.state == DONE} for o in moved
        ]
        if self._connection.execute(_ADVANCE, steps).rowcount != len(steps):
            message = "A run moved on while it was being stepped; nothing was written. Step again."
            raise LostRace(message)
        self._connection.execute(_FILE, [self._sealed(o) for o in moved])
        for o in moved:
            o.seen = o.run.turn

    def keep_message(self, run: str, message: int | None) -> None:
        """Remember which message shows the check-in where words are asked for, or brought the note that was taken."""
        if run in self._loaded:
            self._loaded[run].message = message
        self._connection.execute(update(_RUN).where(_RUN.c.id == run).values(message=message))

    def _sealed(self, o: OpenRun) -> dict[str, object]:
        own = {"flow": o.run.flow} if o.own else {}
        o.ballot[str(o.place)] = own | {"state": o.run.state, "answers": dict(o.run.answers)}
        return {
            "name": o.ballot_name,
            "period_id": o.period,
            "sealed": seal_ballot(self._period_keys[o.period], o.period, o.ballot_name, o.ballot),
        }

    def _fetch_keys(self, periods: set[str]) -> None:
        missing = periods - self._period_keys.keys()
        self._period_keys |= self._keys.period_keys(missing) if missing else {}
        if lost := periods - self._period_keys.keys():
            message = f"The key store holds no key for {len(lost)} open period(s). Restore the key store's backup."
            raise BadKey(message)


def _open_run(row: Any, name: bytes, ballot: dict[str, dict[str, Any]]) -> OpenRun:
    kept = ballot.get(str(row.place), {})
    flow, rotating = (row.own, None) if row.own else (row.flow, row.rotating)
    run = Run(row.id, flow, kept.get("state", ""), row.turn, kept.get("answers", {}), rotating)
    return OpenRun(run, row.turn, row.member_id, row.lookup, row.language, row.period_id, row.place, row.closes_at,
                   row.message, name, ballot, own=row.own is not None)  # fmt: skip


def started(run: Run, first_state: str) -> Run:
    """The run at its first state where it has not been stepped yet."""
    return run if run.state else replace(run, state=first_state)
