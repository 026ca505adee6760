"""Frozen cells as a table for a spreadsheet: nothing finer than was shown, and never a formula."""

import csv
import io
from collections.abc import Mapping, Sequence

from digests.record import Cell, Digest
from digests.wording import BAND_WORDS, Wording

COLUMNS = (
    "week", "round", "period", "place", "mode", "kind", "audience", "theme", "item", "question",
    "shown", "figure", "band", "people_at_least", "rounds", "agreement", "change", "change_from",
)  # fmt: skip

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\0")


def to_csv(history: Sequence[Digest], wording: Wording) -> str:
    """The cells of `history` in its order, one a row, as RFC 4180 has it."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for digest in history:
        themes = {code: theme.title for code, theme in wording.themes.items()}
        for cell in digest.cells:
            rows.writerow(_safe(value) for value in _row(digest, cell, themes, wording.items, wording))
        for result in digest.sets:
            words = wording.sets[result.flow]
            for cell in result.cells:
                rows.writerow(_safe(value) for value in _row(digest, cell, words.themes, words.items, wording))
    return text.getvalue()


def _row(
    digest: Digest, cell: Cell, themes: Mapping[str, str], items: Mapping[str, str], wording: Wording
) -> tuple[str | int, ...]:
    place = (digest.week.isoformat(), digest.round, digest.period, digest.place, digest.mode)
    what = (cell.kind, cell.audience, themes[cell.theme], cell.item, items.get(cell.item, ""))
    figure, change = cell.figure, cell.change
    if figure is None:
        return (*place, *what, "no", *[""] * 7)
    moved = ("", "") if change is None else (change.code, change.before)
    known = (figure.points, wording.say(BAND_WORDS[figure.band]), figure.people, figure.rounds)
    return (*place, *what, "yes", *known, cell.agreement or "", *moved)


def _safe(value: str | int) -> str | int:
    """A value no spreadsheet takes for a formula: those that would start one get an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
