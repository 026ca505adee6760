"""A digest in plain English, line by line in one fixed order; a line with nothing behind it is left out."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain

from digests.disclose import FEW
from digests.history import Point, points
from digests.page import page
from digests.record import (
    FALL,
    FOUR_WEEKLY,
    LOW,
    NO_CHANGE,
    PERIOD,
    PLACES,
    RISE,
    ROTATING,
    ROUND,
    TURN,
    UNSURE,
    Cell,
    Change,
    Digest,
    Figure,
)
from digests.wording import AGREEMENT_WORDS, BAND_WORDS, SHARE_WORDS, Wording, day, short_day

OWN_WORDS = "In people's own words"
# Each as long as what a locked phone shows.
_HEADING = f"{OWN_WORDS}, in mixed order. Each writer chose to share. Please do not guess who wrote what."
_MORE = "More of what people chose to share, in mixed order. Please do not guess who wrote what. Thank you."
CHANGE_WORDS = {
    RISE: "This rise looks real.",
    FALL: "This fall looks real.",
    NO_CHANGE: "No real change.",
    UNSURE: "Not sure yet if this is a change.",
}


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


def plain(digest: Digest, wording: Wording, note: str = "") -> str:
    """The digest as plain text, a blank line between its lines, and people's own words at the end.

    `note` is a correction made since.
    """
    said = (f"{line.label}: {line.text}" for line in (*lines(digest, wording), *_noted(note)))
    return "\n\n".join((*said, *_own_words(digest)))


def quotes(digest: Digest, limit: int = 3500) -> tuple[str, ...]:
    """The messages that carry people's own words, each comment whole.

    Units: `limit` in UTF-16 code units, as Telegram counts; a comment is far shorter.
    Returns: as few messages as hold them in order, each with a heading that keeps the words themselves off a
        locked phone; none where there are no comments.
    """
    messages: list[str] = []
    for part in _own_words(digest)[1:]:
        longer = f"{messages[-1]}\n\n{part}" if messages else f"{_HEADING}\n\n{part}"
        if messages and len(longer.encode("utf-16-le")) > 2 * limit:
            messages.append(f"{_MORE}\n\n{part}")
        else:
            messages[-1:] = [longer]
    return tuple(messages)


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
    # The first sentence is as long as what a locked phone shows.
    return " ".join(
        (f"A chart for the digest that comes next: one line for each theme, {span}, from 0 to 100.", *spoken)
    )


def html(digest: Digest, wording: Wording, history: Sequence[Digest] = (), picture: bytes = b"", note: str = "") -> str:
    """The digest as one standalone page that loads nothing.

    `history` holds the digests its table and chart look back on, oldest first and this one last; without it
    the table has this digest alone. `picture` is the chart of the same history as PNG, if there is one;
    `note` a correction made since.
    """
    series = points(history or (digest,))
    head, *rest = lines(digest, wording)
    said = (f"<p><b>{escape(line.label)}:</b> {escape(line.text)}</p>" for line in (*rest, *_noted(note)))
    shown = (*_picture(picture, alt(series, wording)), *_table(series, wording))
    return page(
        title=f"{head.label}: {head.text.rstrip('.')}",
        body="\n".join((*said, *_comments(digest), *shown)),
    )


def _noted(note: str) -> tuple[Line, ...]:
    return (Line("A note made since", note),) if note else ()


def _short(figure: Figure | None) -> str:
    return "not shown" if figure is None else f"{figure.points} ({BAND_WORDS[figure.band]})"


# --- the lines, in their order


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
    return (Line("Sent to", f"everyone in {wording.partnership}."),)


def _going_well(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    return () if digest.well is None else (Line("Going well", wording.themes[digest.well].well),)


def _progress(digest: Digest, _: Wording) -> tuple[Line, ...]:
    if digest.mode != FOUR_WEEKLY:
        return ()
    done = f"{digest.place} of {len(PLACES)} weeks done."
    if digest.place < PLACES[-1]:
        return (Line("Results", f"{done} Results for all four come on {day(digest.results_on)}."),)
    if not digest.has_figures():
        return ()
    return (Line("Results", f"{done} The figures cover all four. In a small group, use them to start a talk."),)


def _figures(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    if digest.cells and not digest.has_figures():
        need = f"A figure needs at least {digest.needed} answers, from more than one organisation."
        return (Line("Figures", f"not enough answers to show any this time. {need}"),)
    weeks, periods = ({cell.theme: cell for cell in digest.of(kind)} for kind in (ROUND, PERIOD))
    said = (Line(_label(theme, wording), _theme(weeks.get(theme), periods.get(theme))) for theme in weeks | periods)
    asked = (_rotating(cell, wording) for cell in digest.of(ROTATING))
    return (*said, *asked)


def _views_differ(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """The widest gap alone; all of them are frozen."""
    if not digest.gaps:
        return ()
    gap = max(digest.gaps, key=lambda gap: abs(gap.points - gap.others))
    said = f"{wording.group(gap.group)} say about {gap.points}. Others say about {gap.others}."
    return (Line("Where views differ (last four weeks)", f"{wording.themes[gap.theme].title}: {said}"),)


def _hidden_groups(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """That silence proves nothing: of a group hidden throughout, or in part where no gap is told."""
    cells = digest.of_groups()
    silent = dict.fromkeys(cell.audience for cell in cells if cell.figure is None)
    if digest.gaps:
        heard = {cell.audience for cell in cells if cell.figure is not None}
        silent = {code: None for code in silent if code not in heard}
    if not silent or not digest.has_figures():
        return ()
    whose = "smaller groups" if len(silent) > 1 else wording.group(*silent)
    return (Line("Not shown", f"some figures for {whose}. No news is not proof of calm."),)


def _would_help(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    named = "; ".join(wording.options[option] for option in digest.options)
    return (Line("What would help", f"{named}."),) if named else ()


def _follows(digest: Digest, _: Wording) -> tuple[Line, ...]:
    return (Line(OWN_WORDS, "they come next, in mixed order."),) if digest.comments else ()


def _corrections(digest: Digest, _: Wording) -> tuple[Line, ...]:
    return tuple(Line("Put right", f"week of {day(note.week)}. {note.text}") for note in digest.corrections)


def _raised(digest: Digest, _: Wording) -> tuple[Line, ...]:
    """Members are told when more people are asked for.   Source: results.md A13."""
    return (Line("From now on", f"a figure needs {digest.needed} answers or more."),) if digest.raised else ()


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
    _views_differ,
    _hidden_groups,
    _would_help,
    _follows,
    _corrections,
    _raised,
    _to_talk_about,
    _small_print,
)


# --- what a line is made of


def _label(theme: str, wording: Wording) -> str:
    words = wording.themes[theme]
    return f"{words.emoji} {words.title}"


def _theme(week: Cell | None, period: Cell | None) -> str:
    """One theme: this week's figure, or in four-weekly mode the period's, and what the period adds."""
    figure = None if period is None else period.figure
    first = _said(figure, "these four weeks") if week is None else _said(week.figure, "this week")
    if period is None or figure is None:
        return first
    agreed = () if period.agreement is None else (f"{AGREEMENT_WORDS[period.agreement]}.",)
    return " ".join((first, *_over_time(figure, period.change, weekly=week is not None), *agreed))


def _over_time(figure: Figure, change: Change | None, *, weekly: bool) -> Iterable[str]:
    """The period's average, beside the one before where it moved, and what that means.

    One week alone was told in its own digest; a four-weekly figure is the average itself.
    """
    before = change.before if change is not None and change.code in (RISE, FALL) else None
    if not weekly and before is not None:
        yield f"The four weeks before: {before}."
    elif weekly and before is not None:
        yield f"{_average(figure)}, before that {before}."
    elif weekly and figure.rounds > 1:
        yield f"{_average(figure)}."
    if change is not None:
        yield CHANGE_WORDS[change.code]


def _average(figure: Figure) -> str:
    match figure.rounds:
        case 1:
            weeks = "In the one week we could show"
        case 4:
            weeks = "Over four weeks"
        case rounds:
            weeks = f"Over the {rounds} weeks we could show"
    return f"{weeks}: {figure.points}"


def _said(figure: Figure | None, when: str) -> str:
    if figure is None:
        return f"not enough answers to show {when}."
    return f"{figure.points}. {BAND_WORDS[figure.band]}."


def _rotating(cell: Cell, wording: Wording) -> Line:
    said = _said(cell.figure, "this week")
    return Line("We also asked", f"{wording.items[cell.item]} {said[0].upper()}{said[1:]}")


def _own_words(digest: Digest) -> tuple[str, ...]:
    """The heading and the comments, in the order they are frozen; nothing stands beside one."""
    if not digest.comments:
        return ()
    return (_HEADING, *(f"\u201c{comment}\u201d" for comment in digest.comments))


# --- what a page is made of


def _comments(digest: Digest) -> tuple[str, ...]:
    if not digest.comments:
        return ()
    heading, *comments = _own_words(digest)
    return (f"<h2>{escape(heading)}</h2>", "<ul>", *(f"<li>{escape(comment)}</li>" for comment in comments), "</ul>")


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


def _two_lines(figure: Figure | None) -> str:
    return "not shown" if figure is None else f"<b>{figure.points}</b><br>{BAND_WORDS[figure.band]}"
