"""Between what is stored and `digests`: ballots become facts, frozen records become screens and pictures."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from random import SystemRandom

from bot.channel import Screen, utf16
from digests import Ballot, Correction, Digest, Facts, Item, ThemeWords, Wording, english
from digests.history import points
from digests.words import alt as alt_text
from digests.words import lines
from digests.words import quotes as spoken
from flows.engine import Engine
from flows.model import SHARED, ChoiceQuestion, Flow
from flows.schedule import local_date
from storage.rounds import OpenedBallot
from storage.values import FrozenDigest, Partnership, Round
from storage.work import Work

LOOK_BACK = 8  # digests: this period's and the last one's


class NoChart(Exception):
    """The chart could not be drawn; the words go out without it."""


def facts_of(
    work: Work, flows: Mapping[str, Engine], partnership: Partnership, current: Round, opened: Sequence[OpenedBallot]
) -> Facts:
    """What closing `current` needs: the period's ballots, `opened`, scored, and the digests before it."""
    rounds = work.rounds.of_period(current.period)
    by_place = {r.place: flows[r.flow].flow for r in rounds}
    flow = by_place[current.place]
    return Facts(
        round=current.number,
        period=current.period_number,
        place=current.place,
        mode=current.mode,
        week=local_date(current.opened_at, partnership.timezone),
        results_on=_results_on(current, partnership),
        joined=work.rounds.asked(current.id),
        organisations=len(partnership.organisations),
        anchors={theme: Item(item, theme) for theme, item in flow.anchors.items()},
        rotating=Item(current.rotating, flow.item(current.rotating).theme) if current.rotating else None,
        ballots=[_ballot(b, by_place) for b in opened],
        history=[thawed(f) for f in work.rounds.digests(partnership.id, current.number - 1, most=LOOK_BACK)],
        split=current.split,
        limits=current.limits,
        options=flow.told,
        comments=_shuffled(words for b in opened for words in _shared(b, by_place)),
        corrections=_corrections(work, partnership),
    )


def _results_on(current: Round, partnership: Partnership) -> date:
    """The local date on which the period's last round closes, if every round opens on its day."""
    weeks_left = timedelta(weeks=4 - current.place)
    return local_date(current.closes_at + weeks_left, partnership.timezone)


def _ballot(opened: OpenedBallot, flows: Mapping[int, Flow]) -> Ballot:
    places = [(flows[int(place)], int(place), kept["answers"]) for place, kept in opened.places.items()]
    scores = {place: {item: flow.score(item, code) for item, code in given.items()} for flow, place, given in places}
    options = frozenset(pair for flow, _, given in places for pair in flow.told if given.get(pair[0]) == pair[1])
    return Ballot(opened.organisation, opened.seat, scores, options, wrote=any(_shared(opened, flows)))


def _shared(opened: OpenedBallot, flows: Mapping[int, Flow]) -> Iterator[str]:
    """The words of one ballot whose writer saw them as they will appear and chose to share them."""
    for place, kept in opened.places.items():
        given = kept["answers"]
        for written, asked in flows[int(place)].comments:
            if given.get(asked) == SHARED and written in given:
                yield given[written]


def without_unshared(opened: Sequence[OpenedBallot], place: int, flow: Flow) -> Iterator[OpenedBallot]:
    """The ballots that hold words nobody has said yes to at `place`, with those words gone."""
    for ballot in opened:
        kept = ballot.places.get(str(place), {"answers": {}})
        given = kept["answers"]
        gone = {written for written, asked in flow.comments if written in given and given.get(asked) != SHARED}
        if gone:
            left = {**kept, "answers": {item: code for item, code in given.items() if item not in gone}}
            yield replace(ballot, places={**ballot.places, str(place): left})


def _shuffled(comments: Iterable[str]) -> list[str]:
    """In an order that says nothing, by the system's own source of chance."""
    found = list(comments)
    SystemRandom().shuffle(found)
    return found


def _corrections(work: Work, partnership: Partnership) -> list[Correction]:
    return [Correction(thawed(frozen).week, text) for frozen, text in work.rounds.corrections_to_tell(partnership.id)]


def thawed(frozen: FrozenDigest) -> Digest:
    """The digest behind a stored record."""
    return Digest.from_record(json.loads(frozen.record))


def wording(flow: Flow, partnership: Partnership) -> Wording:
    """The English words a digest of this flow is told in."""
    themes = {
        code: ThemeWords(t.title, t.emoji, f"{t.well}.", t.talk.low, t.talk.steady) for code, t in flow.themes.items()
    }
    items = {item.id: item.ask for item in flow.items.values()}
    return english(partnership.name, themes, items, _options(flow), partnership.split)


def _options(flow: Flow) -> dict[tuple[str, str], str]:
    """What may be named as a help, as it stands inside a sentence."""
    labels = {
        (q.id, c.code): c.text for q in flow.questions if isinstance(q, ChoiceQuestion) for c in flow.choices[q.choices]
    }
    return {pair: labels[pair][0].lower() + labels[pair][1:] for pair in flow.told}


def screen(flows: Mapping[str, Engine], partnership: Partnership, frozen: FrozenDigest) -> Screen:
    """The digest as a message, its labels in bold."""
    text, bold = "", []
    for line in lines(thawed(frozen), wording(flows[frozen.flow].flow, partnership)):
        text += "\n\n" if text else ""
        bold.append((utf16(text), utf16(line.label) + 1))
        text += f"{line.label}: {line.text}"
    return Screen(text, bold=tuple(bold))


def quotes(frozen: FrozenDigest) -> tuple[str, ...]:
    """The messages that carry people's own words; none where none are shown."""
    return spoken(thawed(frozen))


def alt(flows: Mapping[str, Engine], partnership: Partnership, history: Sequence[FrozenDigest]) -> str:
    """What the chart shows, in words."""
    series = points([thawed(f) for f in history])
    return alt_text(series, wording(flows[history[-1].flow].flow, partnership))


def _chart_request(flows: Mapping[str, Engine], partnership: Partnership, history: Sequence[FrozenDigest]) -> bytes:
    words = wording(flows[history[-1].flow].flow, partnership)
    return json.dumps({"history": [json.loads(f.record) for f in history], "wording": words.to_record()}).encode()


async def draw(flows: Mapping[str, Engine], partnership: Partnership, history: Sequence[FrozenDigest]) -> bytes:
    """The chart as PNG, drawn in a process of its own: drawing takes memory and time the bot has not.

    Raises:
        NoChart: matplotlib is not installed, or it failed.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "digests.chart", stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    png, _ = await process.communicate(_chart_request(flows, partnership, history))
    if process.returncode or not png:
        raise NoChart
    return png
