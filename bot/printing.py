"""`pulse digest` and `pulse correct`: a frozen digest as a file, and a note on an old one."""

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

from bot import digest as digests_of
from bot.languages import ENGLISH
from bot.operating import opened
from bot.settings import Settings
from bot.shelf import Shelf, shelf_of
from digests import html, plain, to_csv
from flows.answers import clean
from storage.errors import NotFound, Refused
from storage.values import FrozenDigest, Partnership

FORMATS = ("text", "html", "json", "csv", "png")
_LONGEST_NOTE, _MOST_NOTES = 280, 3


def digest(settings: Settings, name: str, number: int | None, form: str) -> bytes:
    """A frozen digest in one of `FORMATS`.

    Raises:
        NotFound: no such partnership, round or format.
    """
    if form not in FORMATS:
        message = f"There is no format {form!r}. There is: {', '.join(FORMATS)}."
        raise NotFound(message)
    with opened(settings) as store:
        flows = shelf_of(store)
        with store.work() as work:
            partnership = work.partnerships.get(name)
            history = list(work.frozen.digests(partnership.id, number))
            chart = work.frozen.chart(history[-1].round_id, ENGLISH) if history else None
            note = work.frozen.correction(partnership.id, history[-1].number) if history else None
            found = bool(history) and number in (None, history[-1].number)
            if found:
                work.audit.add(datetime.now(UTC).date(), "operator", "digest_exported", partnership.id)
        if not found:
            which = f"of round {number} " if number else ""
            message = f"There is no digest {which}of {partnership.name} yet. It comes when the round closes."
            raise NotFound(message)
        return _render(flows, partnership, history, chart, note or "", form)


def correct(settings: Settings, name: str, number: int, note: str) -> dict[str, Any]:
    """Keep a note on an old digest; the next digest tells it. A digest itself is never rewritten.

    Raises:
        NotFound: no such partnership or digest.
        Refused: the note is empty, too long, or holds a figure.
    """
    said = clean(note)
    if not said or len(said) > _LONGEST_NOTE:
        message = f"A note has 1 to {_LONGEST_NOTE} letters, and this one has {len(said)}."
        raise Refused(message)
    if any(letter.isnumeric() for letter in said):
        message = "A note on an old digest holds no figure: a second figure beside the first can give somebody away."
        raise Refused(message)
    with opened(settings) as store, store.work() as work:
        partnership = work.partnerships.get(name)
        frozen = work.frozen.digests(partnership.id, number, most=1)
        if not frozen or frozen[-1].number != number:
            message = f"There is no digest of round {number} of {partnership.name} to correct."
            raise NotFound(message)
        waiting = [f.number for f, _ in work.frozen.corrections_to_tell(partnership.id) if f.number != number]
        if len(waiting) >= _MOST_NOTES:
            message = f"{len(waiting)} notes wait for the next digest already. It has room for no more: wait for it."
            raise Refused(message)
        work.frozen.correct(partnership.id, number, said)
        work.audit.add(datetime.now(UTC).date(), "operator", "correction_made", partnership.id)
        return {"partnership": partnership.id, "round": number, "note": said}


def _render(  # noqa: PLR0913  what a page is made of
    flows: Shelf, partnership: Partnership, history: list[FrozenDigest], chart: bytes | None, note: str, form: str
) -> bytes:
    thawed = [digests_of.thawed(f) for f in history]
    wording = digests_of.wording(flows, partnership, history)
    match form:
        case "text":
            return (plain(thawed[-1], wording, note) + "\n").encode()
        case "json":
            told = {"record": json.loads(history[-1].record), "seal": history[-1].seal}
            return (json.dumps(told | ({"note": note} if note else {})) + "\n").encode()
        case "csv":
            return to_csv(thawed, wording).encode()
    png = chart or _drawn(flows, partnership, history)
    if form == "png":
        return png
    return html(thawed[-1], wording, thawed, png, note).encode()


def _drawn(flows: Shelf, partnership: Partnership, history: list[FrozenDigest]) -> bytes:
    try:
        return asyncio.run(digests_of.draw(flows, partnership, history))
    except digests_of.NoChart:
        message = "The chart cannot be drawn. Install the part that draws: pip install 'partnership-pulse[charts]'."
        raise Refused(message) from None
