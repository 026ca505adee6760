"""Check-ins as they were published: whole, never rewritten, so that a round finishes on the one it opened with."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from sqlalchemy import Connection, bindparam, select, text

from storage.errors import NotFound, Refused
from storage.tables import FlowRow

_FLOW = FlowRow.__table__  # type: ignore[attr-defined]
_PUBLISH = text(
    "INSERT INTO flow (ref, body, published) VALUES (:ref, :body, :published) ON CONFLICT DO NOTHING"
).bindparams(bindparam("published", type_=_FLOW.c.published.type))


def another(ref: str) -> str:
    """What to say where a check-in would take the place of another."""
    return (
        f"There is another check-in {ref} already, and people may have answered it. It stays as it is: "
        "give the changed one its next version."
    )


class Flows:
    """The published check-ins, inside one transaction. `ref` is id@version; a body is canonical JSON."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def publish(self, ref: str, body: str, day: date) -> None:
        """Keep a check-in for good; the same twice is once.

        Raises:
            Refused: another check-in was published as `ref`.
        """
        self._connection.execute(_PUBLISH, {"ref": ref, "body": body, "published": day})
        if self.get(ref) != body:
            raise Refused(another(ref))

    def get(self, ref: str) -> str:
        """The body of `ref`.

        Raises:
            NotFound: it was never published.
        """
        known = self.bodies([ref])
        if ref not in known:
            message = f"No check-in {ref} was published. `pulse flow publish FILE` publishes one."
            raise NotFound(message)
        return known[ref]

    def bodies(self, refs: Collection[str]) -> Mapping[str, str]:
        """The bodies of those of `refs` that were published."""
        rows = self._connection.execute(select(_FLOW.c.ref, _FLOW.c.body).where(_FLOW.c.ref.in_(list(refs))))
        return dict(tuple(row) for row in rows)

    def refs(self) -> Sequence[str]:
        """All that were published, in order of id and version."""
        return sorted(self._connection.scalars(select(_FLOW.c.ref)), key=_parts)

    def newest(self, ident: str) -> str | None:
        """The newest published version of this check-in; None where there is none."""
        mine = [ref for ref in self.refs() if id_of(ref) == ident]
        return mine[-1] if mine else None


def id_of(ref: str) -> str:
    """The id in id@version."""
    return ref.partition("@")[0]


def _parts(ref: str) -> tuple[str, int]:
    return id_of(ref), int(ref.partition("@")[2])
