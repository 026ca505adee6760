"""A digest in words, line by line in one fixed order; a line with nothing behind it is left out."""

from collections.abc import Iterable, Sequence
from itertools import chain

from digests.disclose import FEW
from digests.history import Point
from digests.record import (
    FALL,
    FOUR_WEEKLY,
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
from digests.sets import chosen, told
from digests.wording import AGREEMENT_WORDS, BAND_WORDS, SHARE_WORDS, Line, Wording, later

CHANGE_WORDS = {
    RISE: later("This rise looks real."),
    FALL: later("This fall looks real."),
    NO_CHANGE: later("No real change."),
    UNSURE: later("Not sure yet if this is a change."),
}


def lines(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """The digest in the order of results.md section 5.

    Returns: lines whose first 80 characters, as `plain` joins them, name no partnership and no theme,
        because a locked phone shows that much.
    """
    return tuple(chain.from_iterable(section(digest, wording) for section in _SECTIONS))


def plain(digest: Digest, wording: Wording, note: str = "") -> str:
    """The digest as plain text, a blank line between its lines: then longer check-ins, and people's own words.

    `note` is a correction made since.
    """
    sets = (told(result, digest, wording) for result in digest.sets)
    said = chain(lines(digest, wording), noted(note, wording), *sets)
    return "\n\n".join((*(f"{line.label}: {line.text}" for line in said), *own_words(digest, wording)))


def noted(note: str, wording: Wording) -> tuple[Line, ...]:
    """The line of a note made since; none without a note."""
    return (Line(wording.say("A note made since"), note),) if note else ()


def quotes(digest: Digest, wording: Wording, limit: int = 3500) -> tuple[str, ...]:
    """The messages that carry people's own words, each comment whole.

    Units: `limit` in UTF-16 code units, as Telegram counts; a comment is far shorter.
    Returns: as few messages as hold them in order, each with a heading that keeps the words themselves off a
        locked phone; none where there are no comments.
    """
    messages: list[str] = []
    heading, *comments = own_words(digest, wording) or ("",)
    for comment in comments:
        longer = f"{messages[-1]}\n\n{comment}" if messages else f"{heading}\n\n{comment}"
        if messages and len(longer.encode("utf-16-le")) > 2 * limit:
            # As long as what a locked phone shows.
            more = wording.say(
                "More of what people chose to share, in mixed order. Please do not guess who wrote what. Thank you."
            )
            messages.append(f"{more}\n\n{comment}")
        else:
            messages[-1:] = [longer]
    return tuple(messages)


def own_words(digest: Digest, wording: Wording) -> tuple[str, ...]:
    """The heading and the comments, in the order they are frozen; nothing stands beside one."""
    if not digest.comments:
        return ()
    # As long as what a locked phone shows.
    heading = wording.say(
        "In people's own words, in mixed order. Each writer chose to share. Please do not guess who wrote what."
    )
    return (heading, *(f"\u201c{comment}\u201d" for comment in digest.comments))


def alt(series: Sequence[Point], wording: Wording) -> str:
    """What a chart of `series` shows, for someone who hears it."""
    if not series:
        return wording.say("An empty chart. There are no figures yet.")
    first, last = wording.day(series[0].when), wording.day(series[-1].when)
    # The first sentence is as long as what a locked phone shows.
    if len(series) == 1:
        start = wording.say(
            "A chart for the digest that comes next: one line for each theme, {day}, from 0 to 100.", day=first
        )
    else:
        start = wording.say(
            "A chart for the digest that comes next: one line for each theme, {first} to {last}, from 0 to 100.",
            first=first,
            last=last,
        )
    spoken = (
        wording.say(
            "{theme}: {figures}.",
            theme=wording.themes[theme].title,
            figures=", ".join(short(point.figures[theme], wording) for point in series),
        )
        for theme in series[-1].figures
    )
    return " ".join((start, *spoken))


def short(figure: Figure | None, wording: Wording) -> str:
    """A figure and its band where there is little room."""
    if figure is None:
        return wording.say("not shown")
    return f"{figure.points} ({wording.say(BAND_WORDS[figure.band])})"


# --- the lines, in their order


def _heading(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    return (Line(wording.say("How we are doing"), wording.say("week of {day}.", day=wording.day(digest.week))),)


def _who_answered(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    replies = digest.replies
    if replies.code == FEW:
        said = wording.say("not enough answers to say. Thank you if you did.")
    elif replies.about is None:
        said = wording.say("{share}. Thank you.", share=wording.say(SHARE_WORDS[replies.code]))
    else:
        said = wording.count(
            "about {n} person, {share}. Thank you.",
            "about {n} people, {share}. Thank you.",
            replies.about,
            share=wording.say(SHARE_WORDS[replies.code]),
        )
    return (Line(wording.say("Who answered"), said),)


def _sent_to(_: Digest, wording: Wording) -> tuple[Line, ...]:
    said = wording.say("everyone in {partnership}.", partnership=wording.partnership)
    return (Line(wording.say("Sent to"), said),)


def _going_well(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    return () if digest.well is None else (Line(wording.say("Going well"), wording.themes[digest.well].well),)


def _progress(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    if digest.mode != FOUR_WEEKLY:
        return ()
    if digest.place < PLACES[-1]:
        said = wording.count(
            "{n} of 4 weeks done. Results for all four come on {day}.",
            "{n} of 4 weeks done. Results for all four come on {day}.",
            digest.place,
            day=wording.day(digest.results_on),
        )
        return (Line(wording.say("Results"), said),)
    if not digest.has_figures():
        return ()
    said = wording.say("4 of 4 weeks done. The figures cover all four. In a small group, use them to start a talk.")
    return (Line(wording.say("Results"), said),)


def _figures(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    if digest.cells and not digest.has_figures():
        said = wording.count(
            "not enough answers to show any this time. "
            "A figure needs at least {n} answer, from more than one organisation.",
            "not enough answers to show any this time. "
            "A figure needs at least {n} answers, from more than one organisation.",
            digest.needed,
        )
        return (Line(wording.say("Figures"), said),)
    weeks, periods = ({cell.theme: cell for cell in digest.of(kind)} for kind in (ROUND, PERIOD))
    themes = (
        Line(_label(theme, wording), _theme(weeks.get(theme), periods.get(theme), wording)) for theme in weeks | periods
    )
    asked = (_rotating(cell, wording) for cell in digest.of(ROTATING))
    return (*themes, *asked)


def _views_differ(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """The widest gap alone; all of them are frozen."""
    if not digest.gaps:
        return ()
    gap = max(digest.gaps, key=lambda gap: abs(gap.points - gap.others))
    said = wording.say(
        "{theme}: {group} say about {points}. Others say about {others}.",
        theme=wording.themes[gap.about].title,
        group=wording.group(gap.group),
        points=gap.points,
        others=gap.others,
    )
    return (Line(wording.say("Where views differ (last four weeks)"), said),)


def _hidden_groups(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """That silence proves nothing: of a group hidden throughout, or in part where no gap is told."""
    cells = digest.of_groups()
    silent = dict.fromkeys(cell.audience for cell in cells if cell.figure is None)
    if digest.gaps:
        heard = {cell.audience for cell in cells if cell.figure is not None}
        silent = {code: None for code in silent if code not in heard}
    if not silent or not digest.has_figures():
        return ()
    if len(silent) > 1:
        said = wording.say("some figures for smaller groups. No news is not proof of calm.")
    else:
        said = wording.say("some figures for {group}. No news is not proof of calm.", group=wording.group(*silent))
    return (Line(wording.say("Not shown"), said),)


def _chosen(digest: Digest, wording: Wording) -> Iterable[Line]:
    return chosen(digest.options, wording)


def _sets_follow(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    return tuple(
        Line(
            wording.sets[result.flow].title,
            wording.say("it comes next, question by question.")
            if result.shown()
            else wording.say("not enough answers to show any of it."),
        )
        for result in digest.sets
    )


def _words_follow(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    if not digest.comments:
        return ()
    return (Line(wording.say("In people's own words"), wording.say("they come next, in mixed order.")),)


def _corrections(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    return tuple(
        Line(
            wording.say("Put right"),
            wording.say("week of {day}. {note}", day=wording.day(note.week), note=note.text),
        )
        for note in digest.corrections
    )


def _raised(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """Members are told when more people are asked for.   Source: results.md A13."""
    if not digest.raised:
        return ()
    said = wording.count("a figure needs {n} answer or more.", "a figure needs {n} answers or more.", digest.needed)
    return (Line(wording.say("From now on"), said),)


def _to_talk_about(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    words, pattern = wording.themes[digest.talk.theme], digest.talk.pattern
    turn = wording.say("{theme} has its turn this week.", theme=words.title)
    question = words.talk.on(pattern)[0]
    return (Line(wording.say("To talk about"), f"{turn} {question}" if pattern == TURN else question),)


def _small_print(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    on_figures = wording.on_figures if digest.has_figures() else ()
    return (Line(wording.say("Small print"), " ".join((*on_figures, *wording.small_print))),)


_SECTIONS = (
    _heading,
    _who_answered,
    _sent_to,
    _going_well,
    _progress,
    _figures,
    _views_differ,
    _hidden_groups,
    _chosen,
    _sets_follow,
    _words_follow,
    _corrections,
    _raised,
    _to_talk_about,
    _small_print,
)


# --- what a line is made of


def _label(theme: str, wording: Wording) -> str:
    words = wording.themes[theme]
    return f"{words.emoji} {words.title}"


def _theme(week: Cell | None, period: Cell | None, wording: Wording) -> str:
    """One theme: this week's figure, or in four-weekly mode the period's, and what the period adds."""
    figure = None if period is None else period.figure
    if week is not None:
        first = in_words(week.figure, wording) or wording.say("not enough answers to show this week.")
    else:
        first = in_words(figure, wording) or wording.say("not enough answers to show these four weeks.")
    if period is None or figure is None:
        return first
    agreed = () if period.agreement is None else (wording.say(AGREEMENT_WORDS[period.agreement]),)
    return " ".join((first, *_over_time(figure, period.change, wording, weekly=week is not None), *agreed))


def _over_time(figure: Figure, change: Change | None, wording: Wording, *, weekly: bool) -> Iterable[str]:
    """The period's average, beside the one before where it moved, and what that means.

    One week alone was told in its own digest; a four-weekly figure is the average itself.
    """
    before = change.before if change is not None and change.code in (RISE, FALL) else None
    if not weekly and before is not None:
        yield wording.say("The four weeks before: {points}.", points=before)
    elif weekly and before is not None:
        yield _moved(figure, before, wording)
    elif weekly and figure.rounds > 1:
        yield _average(figure, wording)
    if change is not None:
        yield wording.say(CHANGE_WORDS[change.code])


def _average(figure: Figure, wording: Wording) -> str:
    if figure.rounds == len(PLACES):
        return wording.say("Over four weeks: {points}.", points=figure.points)
    return wording.count(
        "Over the {n} week we could show: {points}.",
        "Over the {n} weeks we could show: {points}.",
        figure.rounds,
        points=figure.points,
    )


def _moved(figure: Figure, before: int, wording: Wording) -> str:
    if figure.rounds == len(PLACES):
        return wording.say("Over four weeks: {points}, before that {before}.", points=figure.points, before=before)
    return wording.count(
        "In the one week we could show: {points}, before that {before}.",
        "Over the {n} weeks we could show: {points}, before that {before}.",
        figure.rounds,
        points=figure.points,
        before=before,
    )


def in_words(figure: Figure | None, wording: Wording) -> str:
    """A figure and its band in words; nothing where it is hidden."""
    if figure is None:
        return ""
    return wording.say("{points}. {band}.", points=figure.points, band=wording.say(BAND_WORDS[figure.band]))


def _rotating(cell: Cell, wording: Wording) -> Line:
    figure = in_words(cell.figure, wording) or wording.say("Not enough answers to show this week.")
    return Line(wording.say("We also asked"), f"{wording.items[cell.item]} {figure}")
