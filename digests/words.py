"""A digest in plain English, line by line in one fixed order; a line with nothing behind it is left out."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

from digests.disclose import FEW
from digests.history import Point, points
from digests.page import page
from digests.record import FOUR_WEEKLY, LOW, PERIOD, PLACES, ROTATING, ROUND, TURN, Cell, Digest, Figure
from digests.wording import BAND_WORDS, SHARE_WORDS, Wording, day, short_day


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a digest: what it is about, and what it says."""

    label: str
    text: str


def lines(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """The digest in the order of results.md section 5.

    Returns: lines whose first 80 characters, as `plain` joins them, name no partnership and no theme,
        because a locked phone shows that much.
    """
    return tuple(chain.from_iterable(section(digest, wording) for section in _SECTIONS))


def plain(digest: Digest, wording: Wording) -> str:
    """The digest as plain text, a blank line between its lines."""
    return "\n\n".join(f"{line.label}: {line.text}" for line in lines(digest, wording))


def alt(series: Sequence[Point], wording: Wording) -> str:
    """What a chart of `series` shows, for someone who hears it."""
    if not series:
        return "An empty chart. There are no figures yet."
    first, last = day(series[0].when), day(series[-1].when)
    span = first if len(series) == 1 else f"{first} to {last}"
    spoken = (
        f"{wording.themes[theme].title}: {', '.join(_short(point.figures[theme]) for point in series)}."
        for theme in series[-1].figures
    )
    return " ".join((f"A chart with one line for each theme, {span}, from 0 to 100.", *spoken))


def html(digest: Digest, wording: Wording, history: Sequence[Digest] = (), picture: bytes = b"") -> str:
    """The digest as one standalone page that loads nothing.

    `history` holds the digests its table and chart look back on, oldest first and this one last; without it
    the table has this digest alone. `picture` is the chart of the same history as PNG, if there is one.
    """
    series = points(history or (digest,))
    head, *rest = lines(digest, wording)
    said = (f"<p><b>{escape(line.label)}:</b> {escape(line.text)}</p>" for line in rest)
    return page(
        title=f"{head.label}: {head.text.rstrip('.')}",
        body="\n".join((*said, *_picture(picture, alt(series, wording)), *_table(series, wording))),
    )


def _heading(digest: Digest, _: Wording) -> tuple[Line, ...]:
    return (Line("How we are doing", f"week of {day(digest.week)}."),)


def _who_answered(digest: Digest, _: Wording) -> tuple[Line, ...]:
    replies = digest.replies
    if replies.code == FEW:
        return (Line("Who answered", "not enough answers to say. Thank you if you did."),)
    share = SHARE_WORDS[replies.code]
    people = share if replies.about is None else f"about {replies.about} people, {share}"
    return (Line("Who answered", f"{people}. Thank you."),)


def _sent_to(_: Digest, wording: Wording) -> tuple[Line, ...]:
    return (Line("Sent to", f"all who take part in {wording.partnership}, in the same words."),)


def _going_well(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    return () if digest.well is None else (Line("Going well", wording.themes[digest.well].well),)


def _progress(digest: Digest, _: Wording) -> tuple[Line, ...]:
    if digest.mode != FOUR_WEEKLY:
        return ()
    done = f"{digest.place} of {len(PLACES)} weeks done."
    if digest.place < PLACES[-1]:
        return (Line("Results", f"{done} Results for all four come on {day(digest.results_on)}."),)
    return (Line("Results", f"{done} The figures cover all four."),) if digest.has_figures() else ()


def _figures(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    if digest.cells and not digest.has_figures():
        need = f"A figure needs at least {digest.needed} answers, from more than one organisation."
        return (Line("Figures", f"not enough answers to show any this time. {need}"),)
    themes = dict.fromkeys(cell.theme for cell in digest.cells if cell.kind != ROTATING)
    said = (Line(_label(theme, wording), _theme(theme, digest)) for theme in themes)
    asked = (_rotating(cell, wording) for cell in digest.of(ROTATING))
    return (*said, *asked)


def _label(theme: str, wording: Wording) -> str:
    words = wording.themes[theme]
    return f"{words.emoji} {words.title}"


def _theme(theme: str, digest: Digest) -> str:
    cells = {cell.kind: cell.figure for cell in digest.cells if cell.theme == theme and cell.kind != ROTATING}
    if ROUND in cells:
        return " ".join((_said(cells[ROUND], "this week"), *_average(cells.get(PERIOD))))
    return _said(cells[PERIOD], "these four weeks")


def _average(period: Figure | None) -> tuple[str, ...]:
    """What the period adds to a round's own line; one round alone has been told already."""
    if period is None or period.rounds == 1:
        return ()
    weeks = "last four weeks" if period.rounds == len(PLACES) else f"{period.rounds} weeks we could show"
    return (f"The {weeks} average about {period.points}.",)


def _said(figure: Figure | None, when: str) -> str:
    if figure is None:
        return f"not enough answers to show {when}."
    return f"{figure.points}. {BAND_WORDS[figure.band]}."


def _rotating(cell: Cell, wording: Wording) -> Line:
    said = _said(cell.figure, "this week")
    return Line("We also asked", f"{wording.items[cell.item]} {said[0].upper()}{said[1:]}")


def _to_talk_about(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    words, pattern = wording.themes[digest.talk.theme], digest.talk.pattern
    question = words.talk_low if pattern == LOW else words.talk_steady
    turn = f"{words.title} has its turn this week. " if pattern == TURN else ""
    return (Line("To talk about", turn + question),)


def _small_print(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    on_figures = wording.on_figures if digest.has_figures() else ()
    return (Line("Small print", " ".join((*on_figures, *wording.small_print))),)


_SECTIONS = (
    _heading,
    _who_answered,
    _sent_to,
    _going_well,
    _progress,
    _figures,
    _to_talk_about,
    _small_print,
)


def _short(figure: Figure | None) -> str:
    return "not shown" if figure is None else f"{figure.points} ({BAND_WORDS[figure.band]})"


def _two_lines(figure: Figure | None) -> str:
    return "not shown" if figure is None else f"<b>{figure.points}</b><br>{BAND_WORDS[figure.band]}"


def _picture(picture: bytes, text: str) -> tuple[str, ...]:
    if not picture:
        return ()
    return (f'<img src="data:image/png;base64,{b64encode(picture).decode()}" alt="{escape(text)}">',)


def _table(series: Sequence[Point], wording: Wording) -> tuple[str, ...]:
    """A row for each point, newest first; nothing where no figure was ever due."""
    if not series:
        return ()
    themes = tuple(series[-1].figures)
    head = "".join(f'<th scope="col">{escape(wording.themes[theme].title)}</th>' for theme in themes)
    rows = (
        f'<tr><th scope="row">{short_day(point.when)}</th>'
        + "".join(f"<td>{_two_lines(point.figures[theme])}</td>" for theme in themes)
        + "</tr>"
        for point in reversed(series)
    )
    caption = "<caption>The figures, newest first. They run from 0 to 100.</caption>"
    return (f'<table>{caption}<tr><th scope="col">Date</th>{head}</tr>', *rows, "</table>")
