"""What goes when its time is over: one limit each, a bounded piece at a time, inside one transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, exists, func, or_, select, update

from storage.errors import Tampered
from storage.heard import ASK, DELETE, KEEP, SILENCE, Days, heard_since, open_days, seal_days, verdict
from storage.keys import IDENTITY, KeyStore
from storage.runs import ballot_name
from storage.tables import (
    BallotRow,
    ClaimRow,
    CoordinatorRow,
    DueRow,
    LinkRow,
    MemberRow,
    PartnershipRow,
    PeriodRow,
    PersonRow,
    RoundRow,
    RunRow,
)

CLAIMS = timedelta(hours=72)  # after a round was to close; finished jobs likewise.  Source: promises D10
UNFINISHED = timedelta(days=30)  # since somebody began to join
AUDIT = timedelta(days=366)  # twelve months.  Source: promises D10
GOODBYE = "goodbye"  # the one claim that outlives its round: until the people it names are gone

_ASKING = ("open", "prompt", "remind", "close", "stay", "sweep")  # not to be done once a partnership has ended
_AT_ONCE = 500  # rows deleted in one transaction: nobody's tap waits longer for it
_PAGE = 10_000  # rows looked at in one transaction

_PARTNERSHIP = PartnershipRow.__table__  # type: ignore[attr-defined]
_PERSON = PersonRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]
_COORDINATOR = CoordinatorRow.__table__  # type: ignore[attr-defined]
_LINK = LinkRow.__table__  # type: ignore[attr-defined]
_PERIOD = PeriodRow.__table__  # type: ignore[attr-defined]
_ROUND = RoundRow.__table__  # type: ignore[attr-defined]
_RUN = RunRow.__table__  # type: ignore[attr-defined]
_BALLOT = BallotRow.__table__  # type: ignore[attr-defined]
_CLAIM = ClaimRow.__table__  # type: ignore[attr-defined]
_DUE = DueRow.__table__  # type: ignore[attr-defined]

_IS_MEMBER = exists().where(_MEMBER.c.person_id == _PERSON.c.id)
_COORDINATES = exists().where(_COORDINATOR.c.person_id == _PERSON.c.id)
# Who sets a partnership up is not silent: the place stays with the rights, and remembers whether they want messages.
_SILENCE_COUNTS = (_MEMBER.c.seat.is_not(None), ~exists().where(_COORDINATOR.c.person_id == _MEMBER.c.person_id))
_PLACE = (_MEMBER.c.id, _MEMBER.c.person_id, _MEMBER.c.partnership_id, _MEMBER.c.state, _MEMBER.c.heard)


@dataclass(frozen=True, slots=True)
class Place:
    """A member's place, and what is to be done about it: KEEP, ASK or DELETE."""

    member: str
    person: str
    partnership: str
    state: str
    verdict: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page of members: the silent among them, where the next page begins (None: nowhere), how many do not open."""

    silent: Sequence[Place]
    last: str | None
    unreadable: int


class Retention:
    """Deletes what is kept no longer. Every verb may be called again, and does then what is left to do."""

    def __init__(self, connection: Connection, keys: KeyStore) -> None:
        self._connection, self._keys = connection, keys

    # --- what is over by the clock alone

    def links(self, now: datetime) -> int:
        """Delete the invite links that have expired; how many."""
        return self._connection.execute(delete(_LINK).where(_LINK.c.expires_at <= now)).rowcount

    def claims(self, now: datetime) -> int:
        """Delete the claims of a round whose time is long over; how many. Call it until there are none."""
        over = _ROUND.c.closed.is_(True) & (_ROUND.c.closes_at <= now - CLAIMS)
        query = select(_CLAIM.c.round_id).join(_ROUND).where(over, _CLAIM.c.kind != GOODBYE).limit(1)
        mine = _CLAIM.c.round_id == self._connection.scalar(query)
        return self._connection.execute(delete(_CLAIM).where(mine, _CLAIM.c.kind != GOODBYE)).rowcount

    def unfinished(self, today: date) -> int:
        """Delete places begun long ago with nothing picked since; how many. Call it until there are none."""
        begun = select(_MEMBER.c.id).where(_MEMBER.c.seat.is_(None), _MEMBER.c.consent_day <= today - UNFINISHED)
        gone = list(self._connection.scalars(begun.limit(_AT_ONCE)))
        return self._connection.execute(delete(_MEMBER).where(_MEMBER.c.id.in_(gone))).rowcount

    def nobodies(self, after: str) -> str | None:
        """Delete those of the next page of persons who are neither members nor coordinators; where it ended."""
        page = select(_PERSON.c.id).where(_PERSON.c.id > after).order_by(_PERSON.c.id).limit(_PAGE).subquery()
        last: str | None = self._connection.scalar(select(func.max(page.c.id)))
        if last is not None:
            within = (_PERSON.c.id > after, _PERSON.c.id <= last)
            self._connection.execute(delete(_PERSON).where(*within, ~_IS_MEMBER, ~_COORDINATES))
        return last

    # --- silence

    def silent(self, after: str, today: date) -> Page:
        """The next page of members, and whom of them nobody has heard of for long."""
        key, cut, unreadable = self._keys.standing(IDENTITY), today - SILENCE, 0
        rows = self._connection.execute(
            select(*_PLACE).where(_MEMBER.c.id > after, *_SILENCE_COUNTS).order_by(_MEMBER.c.id).limit(_PAGE)
        ).all()
        found = []
        for row in rows:
            try:
                if row.state == "stopped" or not heard_since(key, row.id, row.heard, cut):
                    found.append(self._judged(row, today))
            except Tampered:
                unreadable += 1
        return Page(self._silent_of(found), rows[-1].id if rows else None, unreadable)

    def delete_silent(self, members: Collection[str], today: date) -> int:
        """Delete those of these places that are still to go, as their owners would themselves; how many."""
        mine = select(*_PLACE).where(_MEMBER.c.id.in_(members), *_SILENCE_COUNTS).order_by(_MEMBER.c.id)
        places = [self._judged(row, today) for row in self._connection.execute(mine.with_for_update(of=_MEMBER))]
        gone = [place for place in self._silent_of(places) if place.verdict == DELETE]
        self._connection.execute(delete(_BALLOT).where(_BALLOT.c.name.in_(list(self._ballots(gone)))))
        self._forget([place.person for place in gone])
        return len(gone)

    def ask(self, person: str, today: date) -> bool:
        """Note that the person is being asked to stay; False where there is nothing to ask, or they were asked.

        The note is sealed anew in either case: two copies compared do not tell who was asked.
        """
        mine = select(*_PLACE).where(_MEMBER.c.person_id == person, *_SILENCE_COUNTS)
        row = self._connection.execute(mine.with_for_update(of=_MEMBER)).first()
        if row is None:
            return False
        place = self._judged(row, today)
        asks = place.verdict == ASK and bool(self._silent_of([place]))
        days = open_days(self._keys.standing(IDENTITY), row.id, row.heard)
        self._keep(row.id, replace(days, asked=today) if asks else days)
        return asks

    def take_back(self, person: str) -> None:
        """The question is proven not to have reached the person: nobody has asked them."""
        query = select(_MEMBER.c.id, _MEMBER.c.heard).where(_MEMBER.c.person_id == person).with_for_update()
        row = self._connection.execute(query).first()
        if row is not None:
            days = open_days(self._keys.standing(IDENTITY), row.id, row.heard)
            self._keep(row.id, replace(days, asked=None))

    def _keep(self, member: str, days: Days) -> None:
        sealed = seal_days(self._keys.standing(IDENTITY), member, days)
        self._connection.execute(update(_MEMBER).where(_MEMBER.c.id == member).values(heard=sealed))

    def _judged(self, row: Any, today: date) -> Place:
        days = open_days(self._keys.standing(IDENTITY), row.id, row.heard)
        return Place(row.id, row.person_id, row.partnership_id, row.state, verdict(row.state, days, today))

    def _silent_of(self, places: Sequence[Place]) -> list[Place]:
        """Those to ask or delete. An answer in an open period is a sign of life that no note has yet."""
        places = [place for place in places if place.verdict != KEEP]
        names = self._ballots([place for place in places if place.state != "stopped"])
        kept = self._connection.scalars(select(_BALLOT.c.name).where(_BALLOT.c.name.in_(list(names))))
        answering = {names[name] for name in kept}
        return [place for place in places if place.member not in answering]

    def _ballots(self, places: Sequence[Place]) -> dict[bytes, str]:
        """What the members' ballots of open periods are filed under, as name -> member."""
        theirs = _PERIOD.c.partnership_id.in_({place.partnership for place in places})
        periods = self._connection.execute(
            select(_PERIOD.c.partnership_id, _PERIOD.c.id).where(theirs, _PERIOD.c.closed.is_(False))
        ).all()
        keys = self._keys.period_keys([period for _, period in periods]) if periods else {}
        open_keys = {partnership: keys[period] for partnership, period in periods if period in keys}
        mine = [place for place in places if place.partnership in open_keys]
        return {ballot_name(open_keys[place.partnership], place.member): place.member for place in mine}

    def _forget(self, persons: Sequence[str]) -> None:
        self._keys.note_erased(*persons)  # first: a copy from before forgets them too
        self._connection.execute(delete(_PERSON).where(_PERSON.c.id.in_(persons)))

    # --- the end of a partnership

    def end(self, partnership: str) -> tuple[list[str], list[str]]:
        """Nothing is asked any more: links die, what is open closes without a digest, its answers go unread.

        Returns: the ids of the rounds and of the periods that were open. The periods' keys are the caller's.
        """
        mine = _ROUND.c.partnership_id == partnership
        rounds = list(self._connection.scalars(select(_ROUND.c.id).where(mine, _ROUND.c.closed.is_(False))))
        every, subject = select(_ROUND.c.id).where(mine), _DUE.c.subject
        of_it = _PERIOD.c.partnership_id == partnership
        periods = list(self._connection.scalars(select(_PERIOD.c.id).where(of_it, _PERIOD.c.closed.is_(False))))
        for statement in (
            update(_PARTNERSHIP).where(_PARTNERSHIP.c.id == partnership).values(ended=True),
            update(_ROUND).where(_ROUND.c.id.in_(rounds)).values(closed=True),
            update(_PERIOD).where(_PERIOD.c.id.in_(periods)).values(closed=True),
            delete(_LINK).where(_LINK.c.partnership_id == partnership),
            delete(_RUN).where(_RUN.c.round_id.in_(rounds)),
            delete(_CLAIM).where(_CLAIM.c.round_id.in_(rounds)),
            delete(_BALLOT).where(_BALLOT.c.period_id.in_(periods)),
            delete(_DUE).where(_DUE.c.kind.in_(_ASKING), or_(subject == partnership, subject.in_(every))),
        ):
            self._connection.execute(statement)
        return rounds, periods

    def to_tell(self, partnership: str, round_id: str | None) -> list[str]:
        """Person ids of all who belong to the partnership, can be reached, and are not known to have had the goodbye.

        `round_id` is the round that goodbyes are claimed under; None where there was none ever.
        """
        told = exists().where(
            _CLAIM.c.round_id == round_id, _CLAIM.c.person_id == _PERSON.c.id, _CLAIM.c.kind == GOODBYE,
            _CLAIM.c.sent.is_(True),
        )  # fmt: skip
        blocked = exists().where(_MEMBER.c.person_id == _PERSON.c.id, _MEMBER.c.state == "blocked")
        query = select(_PERSON.c.id).where(_belongs_to(partnership), ~blocked, ~told)
        return list(self._connection.scalars(query.order_by(_PERSON.c.id)))

    def empty(self, partnership: str) -> None:
        """Delete everybody from a partnership, and those who belong nowhere else with all that is kept of them."""
        people = list(self._connection.scalars(select(_PERSON.c.id).where(_belongs_to(partnership))))
        rounds = select(_ROUND.c.id).where(_ROUND.c.partnership_id == partnership)
        self._connection.execute(delete(_MEMBER).where(_MEMBER.c.partnership_id == partnership))
        self._connection.execute(delete(_COORDINATOR).where(_COORDINATOR.c.partnership_id == partnership))
        self._connection.execute(delete(_CLAIM).where(_CLAIM.c.round_id.in_(rounds)))
        nowhere = select(_PERSON.c.id).where(_PERSON.c.id.in_(people), ~_IS_MEMBER, ~_COORDINATES)
        self._forget(list(self._connection.scalars(nowhere)))


def _belongs_to(partnership: str) -> ColumnElement[bool]:
    return or_(
        exists().where(_MEMBER.c.person_id == _PERSON.c.id, _MEMBER.c.partnership_id == partnership),
        exists().where(_COORDINATOR.c.person_id == _PERSON.c.id, _COORDINATOR.c.partnership_id == partnership),
    )
