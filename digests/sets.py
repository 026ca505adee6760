"""A longer check-in in words: each shown question by itself, best first, and no total anywhere."""

from collections.abc import Iterable, Iterator
from itertools import chain

from digests.record import FOUR_WEEKLY, LOW, SPLIT, STEADY, Cell, Digest, Figure, Gap, SetResult
from digests.score import CARE
from digests.wording import BAND_WORDS, Line, SetWords, Wording

MOST_GAPS = 3
"""The widest are told; all of them are frozen."""


def messages(digest: Digest, wording: Wording, limit: int = 3500) -> tuple[tuple[Line, ...], ...]:
    """The messages that tell the longer check-ins of a digest, each line whole.

    Units: `limit` in UTF-16 code units, as Telegram counts; a line is far shorter.
    Returns: one message for each check-in, or more where it is very long; each starts with a line that keeps the
        check-in's title off a locked phone. None where nothing is shown.
    """
    shown = (result for result in digest.sets if result.shown())
    return tuple(chain.from_iterable(_messages(result, digest, wording, limit) for result in shown))


def told(result: SetResult, digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """One longer check-in line by line; none where nothing of it is shown."""
    if not result.shown():
        return ()
    words = wording.sets[result.flow]
    return (
        Line(words.title, _when(result, digest, wording)),
        *_figures(result, words, wording),
        *_views_differ(result, words, wording),
        *_hidden(result, wording),
        *chosen(result.options, wording),  # in a pool; what was chosen in a round goes with its period
        *_own_words(result, wording),
        _to_talk_about(result, words, wording),
        _small_print(result, wording),
    )


def patterns(result: SetResult) -> tuple[str, ...]:
    """How the answers look, by what is shown: `SPLIT`, `LOW`, both, or `STEADY`."""
    low = any(figure.band == CARE for _, figure in result.shown())
    return (*([SPLIT] if result.gaps else []), *([LOW] if low else [])) or (STEADY,)


def _messages(result: SetResult, digest: Digest, wording: Wording, limit: int) -> Iterator[tuple[Line, ...]]:
    message = [_start(result, wording)]
    for line in told(result, digest, wording):
        if _units([*message, line]) > limit:
            yield tuple(message)
            message = [_goes_on(wording)]
        message.append(line)
    yield tuple(message)


def _units(lines: Iterable[Line]) -> int:
    """How long the lines are as one message.   Units: UTF-16 code units, as Telegram counts."""
    return sum(len(f"{line.label}: {line.text}\n\n".encode("utf-16-le")) // 2 for line in lines)


# Both are as long as what a locked phone shows.
def _start(result: SetResult, wording: Wording) -> Line:
    label = wording.say("More answers")
    if result.share:
        return Line(label, wording.say("here is what people said, question by question, in the order they were asked."))
    return Line(label, wording.say("here is what people said, question by question, with the best figures first."))


def _goes_on(wording: Wording) -> Line:
    text = wording.say("this goes on from the message before, question by question, in the same order.")
    return Line(wording.say("More answers"), text)


# --- the lines, in their order


def _when(result: SetResult, digest: Digest, wording: Wording) -> str:
    if result.pooled:
        return wording.say("answers kept until enough people had given theirs.")
    if digest.mode == FOUR_WEEKLY:
        return wording.say("asked in these four weeks.")
    return wording.say("week of {day}.", day=wording.day(digest.week))


def _figures(result: SetResult, words: SetWords, wording: Wording) -> Iterator[Line]:
    shown: Iterable[tuple[Cell, Figure]] = result.shown()
    for cell, figure in shown if result.share else sorted(shown, key=lambda known: -known[1].points):
        yield Line(_figure(figure, words, wording), words.items[cell.item])


def _figure(figure: Figure, words: SetWords, wording: Wording) -> str:
    if words.share:
        return wording.say("{points} in 100 {share}", points=figure.points, share=words.share)
    return wording.say("{points}. {band}", points=figure.points, band=wording.say(BAND_WORDS[figure.band]))


def _views_differ(result: SetResult, words: SetWords, wording: Wording) -> Iterator[Line]:
    widest = sorted(result.gaps, key=lambda gap: -abs(gap.points - gap.others))[:MOST_GAPS]
    for gap in widest:
        yield Line(wording.say("Where views differ"), _gap(gap, words, wording))


def _gap(gap: Gap, words: SetWords, wording: Wording) -> str:
    parts = {"group": wording.group(gap.group), "points": gap.points, "others": gap.others}
    question = words.items[gap.about]
    if words.share:
        return wording.say(
            "about {points} in 100 of {group} {share}, and about {others} in 100 of others: {question}",
            share=words.share,
            question=question,
            **parts,
        )
    return wording.say("{group} say about {points}, others say about {others}: {question}", question=question, **parts)


def _hidden(result: SetResult, wording: Wording) -> tuple[Line, ...]:
    """That something is hidden, and never what: a hidden question stays out of every word."""
    told = {cell.item for cell, _ in result.shown()}
    if any(cell.item not in told for cell in result.cells):
        said = wording.say("some questions, because too few people answered them.")
    elif any(cell.figure is None for cell in result.cells):
        said = wording.say("some figures for smaller groups. No news is not proof of calm.")
    else:
        return ()
    return (Line(wording.say("Not shown"), said),)


def chosen(options: Iterable[tuple[str, str]], wording: Wording) -> Iterator[Line]:
    """What was chosen most, a line for each list."""
    named: dict[str, list[str]] = {}
    for option in options:
        label = wording.lists.get(option[0]) or wording.say("What would help")
        named.setdefault(label, []).append(wording.options[option])
    for label, texts in named.items():
        yield Line(label, wording.say("{choices}.", choices="; ".join(texts)))


def _own_words(result: SetResult, wording: Wording) -> Iterator[Line]:
    """What people of a pool chose to share; nothing stands beside one."""
    if result.comments:
        text = wording.say("in mixed order. Each writer chose to share. Please do not guess who wrote what.")
        yield Line(wording.say("In people's own words"), text)
    for comment in result.comments:
        yield Line(wording.say("Somebody wrote"), f"\u201c{comment}\u201d")


def _to_talk_about(result: SetResult, words: SetWords, wording: Wording) -> Line:
    asked = words.talk.on(patterns(result)[0])
    question = asked[0] if asked else wording.say("Pick one of these questions. What would we see if it went better?")
    return Line(wording.say("To talk about"), question)


def _small_print(result: SetResult, wording: Wording) -> Line:
    total = wording.say("Each question stands by itself: there is no total.")
    rounded = wording.say("We round all figures and hide small groups.")
    said = (rounded, total) if result.share else (*wording.on_figures, total)
    return Line(wording.say("Small print"), " ".join(said))
