"""Partnerships and their organisations, inside one transaction."""

import difflib
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, text

from storage.errors import NotFound, Refused
from storage.tables import FactRow, OrganisationRow, PartnershipRow
from storage.values import Organisation, Partnership

_PARTNERSHIP = PartnershipRow.__table__  # type: ignore[attr-defined]
_ORGANISATION = OrganisationRow.__table__  # type: ignore[attr-defined]
_FACT = FactRow.__table__  # type: ignore[attr-defined]
# Written over, never deleted and made anew: whoever reads it locked waits for the new one.
_KEEP = text(
    "INSERT INTO fact (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def keep_fact(connection: Connection, name: str, value: str) -> None:
    """Write a fact over the one before."""
    connection.execute(_KEEP, {"name": name, "value": value})


class Partnerships:
    """Set-up of partnerships, and the installation's few facts."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def create(self, partnership: Partnership) -> Partnership:
        """Keep a new partnership under an id made from its name; the partnership with that id.

        Raises:
            Refused: a partnership of that name is there already.
        """
        known = {row.name for row in self.all()}
        if partnership.name in known:
            message = f"There is a partnership called {partnership.name!r} already. Pick another name."
            raise Refused(message)
        row = {"id": self._free_id(partnership.name), "name": partnership.name, "timezone": partnership.timezone,
               "weekday": partnership.weekday, "at": partnership.at,
               "split": partnership.split, "calendar": partnership.calendar, "ended": False}  # fmt: skip
        self._connection.execute(insert(_PARTNERSHIP), row)
        organisations = [
            {"partnership_id": row["id"], "number": o.number, "name": o.name, "lead": o.lead}
            for o in partnership.organisations
        ]
        self._connection.execute(insert(_ORGANISATION), organisations)
        return self.get(str(row["id"]))

    def all(self) -> Sequence[Partnership]:
        """Every partnership, by name."""
        rows = self._connection.execute(select(_PARTNERSHIP).order_by(_PARTNERSHIP.c.name)).all()
        return [self._with_organisations(row) for row in rows]

    def get(self, wanted: str) -> Partnership:
        """The partnership of this id or name.

        Raises:
            NotFound: none; names the nearest.
        """
        row = self._connection.execute(
            select(_PARTNERSHIP).where((_PARTNERSHIP.c.id == wanted) | (_PARTNERSHIP.c.name == wanted))
        ).first()
        if row is None:
            raise NotFound(self._nothing_called(wanted))
        return self._with_organisations(row)

    def fact(self, name: str) -> str | None:
        """A fact of this installation, such as `bot_name`."""
        return self._connection.scalar(select(_FACT.c.value).where(_FACT.c.name == name))

    def keep_fact(self, name: str, value: str) -> None:
        """Write a fact over the one before."""
        keep_fact(self._connection, name, value)

    def _with_organisations(self, row: Any) -> Partnership:
        rows = self._connection.execute(
            select(_ORGANISATION.c.number, _ORGANISATION.c.name, _ORGANISATION.c.lead)
            .where(_ORGANISATION.c.partnership_id == row.id)
            .order_by(_ORGANISATION.c.number)
        )
        partners = tuple(Organisation(*o) for o in rows)
        return Partnership(row.id, row.name, row.timezone, row.weekday, row.at, partners, row.split, row.ended,
                           row.calendar)  # fmt: skip

    def _free_id(self, name: str) -> str:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:24].strip("-") or "partnership"
        taken = set(self._connection.scalars(select(_PARTNERSHIP.c.id)))
        return next(i for n in range(len(taken) + 1) if (i := stem if n == 0 else f"{stem}-{n + 1}") not in taken)

    def _nothing_called(self, wanted: str) -> str:
        names = [name for p in self.all() for name in (p.id, p.name)]
        near = difflib.get_close_matches(wanted, names, n=1)
        if near:
            return f"There is no partnership called {wanted!r}. Did you mean {near[0]!r}?"
        if names:
            return f"There is no partnership called {wanted!r}. `pulse partnership list` shows them."
        return (
            f"There is no partnership called {wanted!r}; there is none yet. Make one with `pulse partnership create`."
        )
