"""Who takes part: addresses sealed and found by index, membership, invite links."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import cached_property

from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, select, update

from storage.crypto import keyed_index, seal, unseal
from storage.db import shown_url
from storage.errors import BadKey, Refused, Tampered
from storage.heard import Days, open_days, seal_days
from storage.keys import IDENTITY, LINKS, LOOKUP, KeyStore, sealed_otherwise
from storage.tables import CoordinatorRow, FactRow, LinkRow, MemberRow, PartnershipRow, PersonRow
from storage.values import Link, Member, Person

_PERSON = PersonRow.__table__  # type: ignore[attr-defined]
_MEMBER = MemberRow.__table__  # type: ignore[attr-defined]
_COORDINATOR = CoordinatorRow.__table__  # type: ignore[attr-defined]
_PARTNERSHIP = PartnershipRow.__table__  # type: ignore[attr-defined]
_LINK = LinkRow.__table__  # type: ignore[attr-defined]
_FACT = FactRow.__table__  # type: ignore[attr-defined]
KEYS_FACT = "keys"  # which keys people's addresses are sealed with
_MARK = select(_FACT.c.value).where(_FACT.c.name == KEYS_FACT).with_for_update(read=True)
_ANYBODY = select(_PERSON.c.id, _PERSON.c.address).limit(1)
_CONSENTS = {"member": _MEMBER, "coordinator": _COORDINATOR}
_MEMBER_COLUMNS = (_MEMBER.c.id, _MEMBER.c.partnership_id, _MEMBER.c.organisation, _MEMBER.c.seat, _MEMBER.c.state)

MEMBER_LINK_DAYS, MEMBER_LINK_CAP = 14, 50
COORDINATOR_LINK_HOURS = 24


def new_id() -> str:
    """A random id that says nothing. Shape: 32 hexadecimal digits."""
    return secrets.token_hex(16)


class People:
    """The identity store, inside one transaction."""

    def __init__(self, connection: Connection, keys: KeyStore) -> None:
        self._connection, self._keys = connection, keys

    def lookup(self, address: str) -> bytes:
        """The keyed index an address is found by. Shape: 32 bytes."""
        return keyed_index(self._keys.standing(LOOKUP), address)

    def find(self, address: str) -> Person | None:
        """The person at `address`, or None: a stranger of whom nothing is held."""
        found = self._connection.execute(
            select(_PERSON.c.id, *_MEMBER_COLUMNS)
            .select_from(_PERSON.outerjoin(_MEMBER))
            .where(_PERSON.c.lookup == self.lookup(address))
        ).first()
        if found is None:
            return None
        coordinates = self._connection.scalars(
            select(_COORDINATOR.c.partnership_id).where(_COORDINATOR.c.person_id == found[0]).order_by("partnership_id")
        )
        member = Member(*found[1:]) if found[1] is not None else None
        return Person(found[0], member, tuple(coordinates))

    def address_of(self, person: str, *, stopped: bool = False) -> str | None:
        """Where to send to this person; None when they are gone or cannot be reached.

        Also None when they have stopped, but for the one message that tells even them: `stopped`.
        """
        found = self._connection.execute(
            select(_PERSON.c.address, _MEMBER.c.state)
            .select_from(_PERSON.outerjoin(_MEMBER))
            .where(_PERSON.c.id == person)
        ).first()
        if found is None or found.state not in (None, "active", "stopped" if stopped else "active"):
            return None
        return unseal(self._keys.standing(IDENTITY), found.address, f"person:{person}".encode()).decode()

    def forget(self, person: str) -> None:
        """Delete the person and all that hangs on them: membership, runs, claims, rights.

        Ballots: `Rounds.forget` and `Pools.forget`, before.
        """
        self._keys.note_erased(person)  # first: a copy from before forgets them too
        self._connection.execute(delete(_PERSON).where(_PERSON.c.id == person))

    def lose_reach(self, person: str) -> None:
        """The person cannot be reached: send nothing until they come back."""
        # Who sent /stop meanwhile stays stopped, or letting the bot back in would start the messages again.
        mine = (_MEMBER.c.person_id == person, _MEMBER.c.state == "active")
        self._connection.execute(update(_MEMBER).where(*mine).values(state="blocked"))

    def add_person(self, address: str, language: str) -> str:
        """Remember a person who agreed; their id. The same address twice is the same person."""
        known = self._connection.scalar(select(_PERSON.c.id).where(_PERSON.c.lookup == self.lookup(address)))
        if known is not None:
            return str(known)
        person = new_id()
        sealed = seal(self.sealing, address.encode(), f"person:{person}".encode())
        row = {"id": person, "lookup": self.lookup(address), "address": sealed, "language": language[:8]}
        self._connection.execute(insert(_PERSON), row)
        return person

    def language_of(self, address: str) -> str | None:
        """The language of the person at `address`; None for a stranger."""
        return self._connection.scalar(select(_PERSON.c.language).where(_PERSON.c.lookup == self.lookup(address)))

    def speak(self, person: str, language: str) -> None:
        """Say everything to this person in `language` from now on."""
        self._connection.execute(update(_PERSON).where(_PERSON.c.id == person).values(language=language))

    def add_member(self, person: str, partnership: str, consent_text: str, day: date) -> str:
        """Make the person a member, organisation and seat still to pick; the member's id."""
        member = new_id()
        row = {"id": member, "person_id": person, "partnership_id": partnership, "organisation": None, "seat": None,
               "state": "active", "since": day, "consent_text": consent_text, "consent_day": day,
               "heard": seal_days(self.sealing, member, Days(day))}  # fmt: skip
        self._connection.execute(insert(_MEMBER), row)
        return member

    def add_coordinator(self, person: str, partnership: str, consent_text: str, day: date) -> None:
        """Let the person set the partnership up; twice is once."""
        row = {"person_id": person, "partnership_id": partnership}
        known = select(_COORDINATOR.c.person_id).filter_by(**row)
        if self._connection.scalar(known) is None:
            consent = {"consent_text": consent_text, "consent_day": day}
            self._connection.execute(insert(_COORDINATOR), row | consent)

    def pick(self, member: str, **choice: int | str) -> None:
        """Set `organisation`, `seat` or `state`."""
        self._connection.execute(update(_MEMBER).where(_MEMBER.c.id == member).values(**choice))

    def agreed(self, kind: str, person: str, partnership: str) -> str | None:
        """The version of the words the person agreed to as `kind` "member" or "coordinator"; None if they never did."""
        table = _CONSENTS[kind]
        mine = (table.c.person_id == person, table.c.partnership_id == partnership)
        return self._connection.scalar(select(table.c.consent_text).where(*mine))

    def agree(self, kind: str, person: str, partnership: str, version: str, day: date) -> None:
        """Record that the person agreed to other words."""
        table = _CONSENTS[kind]
        mine = (table.c.person_id == person, table.c.partnership_id == partnership)
        self._connection.execute(update(table).where(*mine).values(consent_text=version, consent_day=day))

    def leave_setting_up(self, person: str, partnership: str) -> None:
        """The person sets this partnership up no longer; one who belongs nowhere else is kept no longer either."""
        mine = (_COORDINATOR.c.person_id == person, _COORDINATOR.c.partnership_id == partnership)
        self._connection.execute(delete(_COORDINATOR).where(*mine))
        places = (exists().where(table.c.person_id == _PERSON.c.id) for table in (_MEMBER, _COORDINATOR))
        alone = select(_PERSON.c.id).where(_PERSON.c.id == person, *(~place for place in places))
        if self._connection.scalar(alone) is not None:
            self.forget(person)

    def take_new_seats(self, partnership: str) -> None:
        """A period starts: those who chose another seat speak from it from now on."""
        mine = (_MEMBER.c.partnership_id == partnership, _MEMBER.c.next_seat.is_not(None))
        self._connection.execute(update(_MEMBER).where(*mine).values(seat=_MEMBER.c.next_seat, next_seat=None))

    def joined(self, partnership: str) -> Sequence[Member]:
        """All members who have picked organisation and seat, in no telling order."""
        rows = self._connection.execute(
            select(*_MEMBER_COLUMNS)
            .where(_MEMBER.c.partnership_id == partnership, _MEMBER.c.seat.is_not(None))
            .order_by(_MEMBER.c.id)
        )
        return [Member(*row) for row in rows]

    def joiners(self, partnership: str) -> Mapping[str, date]:
        """The members to ask, each with the day they joined."""
        mine = (_MEMBER.c.partnership_id == partnership, _MEMBER.c.seat.is_not(None), _MEMBER.c.state == "active")
        return dict(tuple(row) for row in self._connection.execute(select(_MEMBER.c.id, _MEMBER.c.since).where(*mine)))

    def count_joined(self, partnership: str) -> int:
        """How many have joined."""
        query = select(func.count()).select_from(_MEMBER)
        counted = self._connection.scalar(
            query.where(_MEMBER.c.partnership_id == partnership, _MEMBER.c.seat.is_not(None))
        )
        return int(counted or 0)

    def coordinators_from(self, partnership: str) -> Sequence[int | None]:
        """The organisation of each coordinator; None for one who is no member."""
        rows = self._connection.execute(
            select(_MEMBER.c.organisation)
            .select_from(_COORDINATOR.outerjoin(_MEMBER, _MEMBER.c.person_id == _COORDINATOR.c.person_id))
            .where(_COORDINATOR.c.partnership_id == partnership)
        )
        return [row[0] for row in rows]

    # --- when members were last heard of

    def days(self, member: str) -> Days:
        """When this member was last heard of, asked to stay, and stopped."""
        sealed = self._connection.scalar(select(_MEMBER.c.heard).where(_MEMBER.c.id == member))
        assert sealed is not None  # noqa: S101  the caller has just met this member
        return open_days(self._keys.standing(IDENTITY), member, sealed)

    def note_heard(self, member: str, day: date) -> None:
        """The member joined, came back, agreed again or wants to stay: what was asked or stopped before is over."""
        mine = select(_MEMBER.c.partnership_id).where(_MEMBER.c.id == member).scalar_subquery()
        # Who had been asked was silent, and a note that changes alone would tell: then all of them are sealed anew.
        which = _MEMBER.c.id == member if self.days(member).asked is None else _MEMBER.c.partnership_id == mine
        self._reseal(which, lambda m, d: Days(day) if m == member else d)

    def note_heard_at_period_close(self, partnership: str, members_who_replied: Collection[str], day: date) -> None:
        """Note who was heard of. Every note is sealed anew: two copies compared do not tell who replied."""
        replied = frozenset(members_who_replied)
        self._reseal(
            _MEMBER.c.partnership_id == partnership,
            lambda m, d: replace(d, heard=day, asked=None) if m in replied else d,
        )

    def note_stopped(self, member: str, day: date) -> None:
        """The member wants no more messages; saying so twice does not make their place last longer."""
        self._reseal(_MEMBER.c.id == member, lambda _, d: replace(d, stopped=d.stopped or day))

    def _reseal(self, which: ColumnElement[bool], change: Callable[[str, Days], Days]) -> None:
        key = self.sealing
        found = select(_MEMBER.c.id, _MEMBER.c.heard).where(which).order_by(_MEMBER.c.id).with_for_update()
        rows = [
            {"b_id": member, "heard": seal_days(key, member, change(member, open_days(key, member, sealed)))}
            for member, sealed in self._connection.execute(found)
        ]
        if rows:
            self._connection.execute(update(_MEMBER).where(_MEMBER.c.id == bindparam("b_id")), rows)

    # --- which keys all this is sealed with

    @cached_property
    def sealing(self) -> bytes:
        """The key to seal with: of one who still runs after the keys were changed it would open nothing any more.

        Raises:
            BadKey: this database is sealed with other keys.
        """
        self.must_fit()  # once for a transaction: it holds until the end of it
        return self._keys.standing(IDENTITY)

    def must_fit(self) -> None:
        """Check that what is sealed here is sealed with these keys, and will be until this transaction ends.

        Raises:
            BadKey: it is not, or these keys do not open.
        """
        mark = self._connection.scalar(_MARK)
        if mark is not None:
            self._keys.must_fit(mark)
        elif found := self._connection.execute(_ANYBODY).first():
            try:
                unseal(self._keys.standing(IDENTITY), found.address, f"person:{found.id}".encode())
            except Tampered as exc:
                raise BadKey(sealed_otherwise(shown_url(self._keys.database))) from exc

    def nothing_sealed(self) -> bool:
        """Whether nobody has been sealed here yet, with any keys."""
        return self._connection.scalar(_MARK) is None and self._connection.execute(_ANYBODY).first() is None

    # --- invite links

    def make_link(self, partnership: str, kind: str, now: datetime, cap: int = MEMBER_LINK_CAP) -> str:
        """A new invite token; a member link of this partnership made before stops working.

        Shape: 22 characters, 128 random bits. Only its keyed hash is kept.

        Raises:
            Refused: the partnership has ended.
        """
        if self._connection.scalar(select(_PARTNERSHIP.c.ended).where(_PARTNERSHIP.c.id == partnership)):
            message = "This partnership has ended: nobody can join it any more. Set up a new one."
            raise Refused(message)
        token = secrets.token_urlsafe(16)
        member = kind == "member"
        if member:
            self._connection.execute(delete(_LINK).where(_LINK.c.partnership_id == partnership, _LINK.c.kind == kind))
        life = timedelta(days=MEMBER_LINK_DAYS) if member else timedelta(hours=COORDINATOR_LINK_HOURS)
        row = {"token": self._hash(token), "partnership_id": partnership, "kind": kind,
               "uses_left": cap if member else 1, "expires_at": now + life}  # fmt: skip
        self._connection.execute(insert(_LINK), row)
        return token

    def link(self, token: str, now: datetime) -> Link | None:
        """What the token opens; None alike for unknown, expired, used up, revoked and malformed."""
        found = self._connection.execute(
            select(_LINK.c.partnership_id, _LINK.c.kind).where(
                _LINK.c.token == self._hash(token), _LINK.c.uses_left > 0, _LINK.c.expires_at > now
            )
        ).first()
        return None if found is None else Link(*found)

    def use_link(self, token: str) -> None:
        """Take one use off the token's count."""
        uses = {"uses_left": _LINK.c.uses_left - 1}
        self._connection.execute(update(_LINK).where(_LINK.c.token == self._hash(token)).values(uses))

    def _hash(self, token: str) -> bytes:
        return keyed_index(self._keys.standing(LINKS), token)
