"""Between what is stored and `digests`: ballots become facts, frozen records become screens and pictures."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from bot.channel import Screen, utf16
from digests import Ballot, Digest, Facts, Item, ThemeWords, Wording, english
from digests.history import points
from digests.words import alt as alt_text
from digests.words import lines
from flows.engine import Engine
from flows.model import Flow
from flows.schedule import local_date
from storage.rounds import OpenedBallot
from storage.values import FrozenDigest, Partnership, Round
from storage.work import Work


class NoChart(Exception):
    """The chart could not be drawn; the words go out without it."""


def facts_of(work: Work, flows: Mapping[str, Engine], partnership: Partnership, current: Round) -> Facts:
    """What closing `current` needs: the period's ballots, scored, and what was shown so far."""
    rounds = work.rounds.of_period(current.period)
    by_place = {r.place: flows[r.flow].flow for r in rounds}
    flow = by_place[current.place]
    themes = {theme: Item(item, theme) for theme, item in flow.anchors.items()}
    return Facts(
        round=current.number,
        period=current.period_number,
        place=current.place,
        mode=current.mode,
        week=local_date(current.opened_at, partnership.timezone),
        results_on=_results_on(current, partnership),
        joined=work.rounds.asked(current.id),
        organisations=len(partnership.organisations),
        anchors=themes,
        rotating=Item(current.rotating, flow.item(current.rotating).theme or "") if current.rotating else None,
        ballots=[_ballot(b, by_place) for b in work.rounds.ballots(partnership.id, current.period)],
        shown=_shown(work, partnership, current, themes),
    )


def _results_on(current: Round, partnership: Partnership) -> date:
    """The local date on which the period's last round closes, if every round opens on its day."""
    weeks_left = timedelta(weeks=4 - current.place)
    return local_date(current.closes_at + weeks_left, partnership.timezone)


def _ballot(opened: OpenedBallot, flows: Mapping[int, Flow]) -> Ballot:
    scores = {
        int(place): {item: flows[int(place)].score(item, code) for item, code in kept["answers"].items()}
        for place, kept in opened.places.items()
    }
    return Ballot(opened.organisation, opened.seat, scores)


def _shown(
    work: Work, partnership: Partnership, current: Round, themes: Mapping[str, Item]
) -> dict[str, frozenset[int]]:
    earlier = [thawed(f) for f in work.rounds.digests(partnership.id, current.number - 1, most=current.place - 1)]
    mine = [d for d in earlier if d.period == current.period_number]
    return {theme: frozenset(d.place for d in mine if theme in d.shown()) for theme in themes}


def thawed(frozen: FrozenDigest) -> Digest:
    """The digest behind a stored record."""
    return Digest.from_record(json.loads(frozen.record))


def wording(flow: Flow, partnership: Partnership) -> Wording:
    """The English words a digest of this flow is told in."""
    themes = {
        code: ThemeWords(t.title, t.emoji, f"{t.well}.", t.talk.low, t.talk.steady) for code, t in flow.themes.items()
    }
    items = {item.id: item.ask for item in flow.items.values()}
    return english(partnership.name, themes, items)


def screen(flows: Mapping[str, Engine], partnership: Partnership, frozen: FrozenDigest) -> Screen:
    """The digest as a message, its labels in bold."""
    text, bold = "", []
    for line in lines(thawed(frozen), wording(flows[frozen.flow].flow, partnership)):
        text += "\n\n" if text else ""
        bold.append((utf16(text), utf16(line.label) + 1))
        text += f"{line.label}: {line.text}"
    return Screen(text, bold=tuple(bold))


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
