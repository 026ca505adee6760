"""Frozen digests in their chain, the notes put on them since, and their charts, inside one transaction."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select, text, update

from storage.keys import KeyStore
from storage.tables import ChartRow, CorrectionRow, DigestRow, RoundRow
from storage.values import FrozenDigest, Round

_ROUND = RoundRow.__table__  # type: ignore[attr-defined]
_DIGEST = DigestRow.__table__  # type: ignore[attr-defined]
_CORRECTION = CorrectionRow.__table__  # type: ignore[attr-defined]
_CHART = ChartRow.__table__  # type: ignore[attr-defined]
_FROZEN = (_DIGEST.c.number, _DIGEST.c.round_id, _DIGEST.c.flow, _DIGEST.c.record, _DIGEST.c.seal)
_KEEP_CHART = text(
    "INSERT INTO chart (round_id, language, png) VALUES (:round_id, :language, :png) ON CONFLICT DO NOTHING"
)

NO_SEAL = ""  # what the first digest of a partnership names as the one before


class Frozen:
    """What everyone was told, for ever as it was."""

    def __init__(self, connection: Connection, keys: KeyStore) -> None:
        self._connection, self._keys = connection, keys

    def freeze(self, round_: Round, record: str, previous: str, seal: str) -> None:
        """Keep a digest for ever."""
        row = {"partnership_id": round_.partnership, "number": round_.number, "round_id": round_.id,
               "flow": round_.flow,
               "record": record, "previous": previous, "seal": seal}  # fmt: skip
        self._connection.execute(insert(_DIGEST), row)

    def last_seal(self, partnership: str) -> str:
        """The seal the next digest names as the one before, here or lost with a newer database.

        Shape: 64 hexadecimal digits, or none.
        """
        last, anchor = self.digests(partnership, most=1), self._keys.anchor(partnership)
        if anchor is not None and not (last and last[-1].number >= anchor.number):
            return anchor.seal
        return last[-1].seal if last else NO_SEAL

    def is_newest(self, partnership: str, number: int) -> bool:
        """Whether no digest after this one went out: in an older copy, one that did is not to be sent again."""
        anchor = self._keys.anchor(partnership)
        return anchor is None or anchor.number <= number

    def digests(self, partnership: str, up_to: int | None = None, most: int = 12) -> Sequence[FrozenDigest]:
        """The last `most` digests up to round `up_to`, oldest first."""
        query = select(*_FROZEN).where(_DIGEST.c.partnership_id == partnership)
        if up_to is not None:
            query = query.where(_DIGEST.c.number <= up_to)
        rows = self._connection.execute(query.order_by(_DIGEST.c.number.desc()).limit(most)).all()
        return [FrozenDigest(*row) for row in reversed(rows)]

    # --- corrections: notes on a frozen digest, told with the next one

    def correct(self, partnership: str, number: int, note: str) -> None:
        """Keep a note on the digest of round `number`; one not told yet is replaced."""
        mine = (_CORRECTION.c.partnership_id == partnership, _CORRECTION.c.number == number)
        self._connection.execute(delete(_CORRECTION).where(*mine))
        row = {"partnership_id": partnership, "number": number, "text": note, "told": False}
        self._connection.execute(insert(_CORRECTION), row)

    def correction(self, partnership: str, number: int) -> str | None:
        """The note on the digest of round `number`, or None."""
        query = select(_CORRECTION.c.text).where(_CORRECTION.c.partnership_id == partnership)
        return self._connection.scalar(query.where(_CORRECTION.c.number == number))

    def corrections_to_tell(self, partnership: str) -> Sequence[tuple[FrozenDigest, str]]:
        """The notes no digest has told yet, each with the digest it is about, oldest first."""
        query = select(*_FROZEN, _CORRECTION.c.text).join_from(
            _CORRECTION, _DIGEST,
            (_DIGEST.c.partnership_id == _CORRECTION.c.partnership_id) & (_DIGEST.c.number == _CORRECTION.c.number),
        )  # fmt: skip
        rows = self._connection.execute(
            query.where(_CORRECTION.c.partnership_id == partnership, _CORRECTION.c.told.is_(False)).order_by(
                _DIGEST.c.number
            )
        )
        return [(FrozenDigest(*frozen), note) for *frozen, note in rows]

    def told_corrections(self, partnership: str) -> None:
        """The digest just frozen has told them."""
        self._connection.execute(
            update(_CORRECTION).where(_CORRECTION.c.partnership_id == partnership).values(told=True)
        )

    # --- charts

    def chart(self, round_id: str, language: str) -> bytes | None:
        """The digest's chart in this language, once drawn. Shape: PNG."""
        mine = (_CHART.c.round_id == round_id, _CHART.c.language == language)
        return self._connection.scalar(select(_CHART.c.png).where(*mine))

    def has_chart(self, round_id: str, language: str) -> bool:
        """Whether the digest's chart has been drawn in this language."""
        mine = (_CHART.c.round_id == round_id, _CHART.c.language == language)
        return self._connection.scalar(select(_CHART.c.round_id).where(*mine)) is not None

    def keep_chart(self, round_id: str, language: str, png: bytes) -> None:
        """Keep the chart unless one is kept already: everyone gets the same picture. Those of other rounds go."""
        row = {"round_id": round_id, "language": language, "png": png}
        self._connection.execute(_KEEP_CHART, row)
        partnership = select(_ROUND.c.partnership_id).where(_ROUND.c.id == round_id).scalar_subquery()
        # For whoever asks for an older digest its chart is drawn again.
        others = select(_ROUND.c.id).where(_ROUND.c.partnership_id == partnership, _ROUND.c.id != round_id)
        self._connection.execute(delete(_CHART).where(_CHART.c.round_id.in_(others)))
