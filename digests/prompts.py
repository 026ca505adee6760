"""What a coordinator may ask next, matched to the patterns of a frozen digest; it holds nothing that others lack."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, zip_longest

from digests import sets
from digests.record import FALL, FALLING, LOW, PERIOD, SPLIT, STEADY, Cell, Digest
from digests.score import CARE, DIFFER
from digests.score import SPLIT as APART
from digests.wording import Line, Prompts, Wording, later

MOST, LEAST = 4, 3
"""How many questions are given; steady figures are asked about only to make up the least."""

_ORDER = (FALLING, LOW, FALL, SPLIT, STEADY)
_WHY = {
    FALLING: later("{about} (a fall, and fewer replies)"),
    LOW: later("{about} (low)"),
    FALL: later("{about} (a fall)"),
    SPLIT: later("{about} (views differ)"),
    STEADY: later("{about} (steady)"),
}


@dataclass(frozen=True, slots=True)
class _Source:
    """Something that shows a pattern, and what may be asked about it."""

    about: str
    pattern: str
    talk: Prompts

    def questions(self) -> tuple[str, ...]:
        """The questions; for a fall alone those for a low figure."""
        return self.talk.on(LOW if self.pattern == FALL else self.pattern)


def questions(digest: Digest, wording: Wording) -> tuple[Line, ...]:
    """Three or four questions, the most pressing pattern first, under a line that says what they are.

    Returns: lines whose first 80 characters name no theme; none where no period's figure and no longer check-in
        is shown.
    """
    sources = sorted(_sources(digest, wording), key=lambda source: _ORDER.index(source.pattern))
    pressing = [source for source in sources if source.pattern != STEADY]
    steady = [source for source in sources if source.pattern == STEADY]
    asked = _taken_in_turn(pressing)[:MOST]
    asked += _taken_in_turn(steady)[: max(LEAST - len(asked), 0)]
    if not asked:
        return ()
    asked.sort(key=lambda pair: sources.index(pair[0]))
    start = wording.say("questions to ask, picked by the figures that everyone got. They hold nothing more.")
    return (
        Line(wording.say("To help you lead the talk"), start),
        *(Line(_label(source, wording), question) for source, question in asked),
    )


def _taken_in_turn(sources: list[_Source]) -> list[tuple[_Source, str]]:
    """The first question of each, then the second of each, and so on; none twice."""
    rows = zip_longest(*(source.questions() for source in sources))
    found: dict[str, _Source] = {}
    for source, question in chain.from_iterable(zip(sources, row, strict=True) for row in rows):
        if question is not None:
            found.setdefault(question, source)
    return [(source, question) for question, source in found.items()]


def _sources(digest: Digest, wording: Wording) -> Iterator[_Source]:
    for result in digest.sets:
        if result.shown():
            words = wording.sets[result.flow]
            yield from (_Source(words.title, pattern, words.talk) for pattern in sets.patterns(result))
    for cell in digest.of(PERIOD):
        if cell.figure is not None:
            words_of = wording.themes[cell.theme]
            yield from (_Source(words_of.title, pattern, words_of.talk) for pattern in _patterns(cell, digest))


def _patterns(cell: Cell, digest: Digest) -> tuple[str, ...]:
    """How a theme's four weeks look, by what is shown."""
    falls = cell.change is not None and cell.change.code == FALL
    low = cell.figure is not None and cell.figure.band == CARE
    apart = cell.agreement in (DIFFER, APART) or any(gap.about == cell.theme for gap in digest.gaps)
    level = FALLING if falls and digest.fewer else LOW if low else FALL if falls else None
    return (*([level] if level else []), *([SPLIT] if apart else [])) or (STEADY,)


def _label(source: _Source, wording: Wording) -> str:
    return wording.say(_WHY[source.pattern], about=source.about)
