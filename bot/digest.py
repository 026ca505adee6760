"""Between what is stored and `digests`: ballots become facts, frozen records become screens and pictures."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from random import SystemRandom

from bot.channel import Screen, utf16
from bot.languages import ENGLISH, RIGHT_TO_LEFT, UNDRAWN
from bot.speech import count, language, say, speaking
from digests import (
    FOUR_WEEKLY,
    Asked,
    Ballot,
    Correction,
    Digest,
    Facts,
    Item,
    Line,
    Prompts,
    SetWords,
    ThemeWords,
    Tongue,
    Wording,
    lines,
    messages,
    points,
    questions,
    quotes,
    worded,
)
from digests.record import PLACES
from digests.words import alt as alt_text
from flows.engine import Engine
from flows.model import SHARED, Flow, Talk
from flows.schedule import local_date
from storage.pools import OpenedPool
from storage.rounds import OpenedBallot
from storage.values import FrozenDigest, Partnership, Round
from storage.work import Work

LOOK_BACK = 8  # digests: this period's and the last one's
TEXT, PROMPTS = "text", "prompts"


class NoChart(Exception):
    """The chart could not be drawn; the words go out without it."""


# --- from ballots to facts


@dataclass(frozen=True, slots=True)
class _Given:
    """What one ballot holds of one place: the answers, and the check-in they answer."""

    place: int
    flow: Flow
    answers: Mapping[str, str]

    def scores(self) -> dict[str, int | None]:
        return {item: self.flow.score(item, code) for item, code in self.answers.items()}

    def options(self) -> Iterator[tuple[str, str]]:
        chosen = {q: self.flow.chosen(q, self.answers[q]) for q in self.flow.tells if q in self.answers}
        yield from (pair for pair in self.flow.told if pair[1] in chosen.get(pair[0], ()))

    def shared(self) -> Iterator[str]:
        """The words whose writer saw them as they will appear and chose to share them."""
        for written, asked in self.flow.comments:
            if self.answers.get(asked) == SHARED and written in self.answers:
                yield self.answers[written]


def facts_of(  # noqa: PLR0913  what a closing is made of
    work: Work,
    flows: Mapping[str, Engine],
    partnership: Partnership,
    current: Round,
    opened: Sequence[OpenedBallot],
    pools: Sequence[OpenedPool] = (),
) -> Facts:
    """What closing `current` needs: the period's ballots, `opened`, scored, the pools, and the digests before it.

    `flows` holds every check-in that one of them answers.
    """
    rounds = sorted(work.rounds.of_period(current.period), key=lambda one: one.place)
    asked = {one.place: flows[one.flow].flow for one in rounds}
    flow, period = asked[current.place], {one.ref: one for one in asked.values()}
    given = [_given(ballot, asked, flows) for ballot in opened]
    ballots = [_ballot(ballot, parts) for ballot, parts in zip(opened, given, strict=True)]
    return Facts(
        round=current.number,
        period=current.period_number,
        place=current.place,
        mode=current.mode,
        week=local_date(current.opened_at, partnership.timezone),
        results_on=_results_on(current, partnership),
        joined=work.rounds.asked(current.id),
        organisations=len(partnership.organisations),
        anchors=_anchors(flow),
        rotating=Item(current.rotating, flow.item(current.rotating).theme) if current.rotating else None,
        ballots=ballots,
        history=[thawed(f) for f in work.frozen.digests(partnership.id, current.number - 1, most=LOOK_BACK)],
        split=current.split,
        limits=current.limits,
        options=list(dict.fromkeys(chain.from_iterable(one.told for one in period.values()))),
        comments=_shuffled(words for parts in given for one in parts for words in one.shared()),
        corrections=_corrections(work, partnership),
        earlier={theme: item for one in period.values() for theme, item in _anchors(one).items()},
        lists={question: label for one in period.values() for question, label in one.tells.items()},
        flows=list(period),
        sets=[*_rounds_sets(asked, current, ballots), *(_pooled(pool, flows[pool.flow].flow) for pool in pools)],
    )


def _given(ballot: OpenedBallot, asked: Mapping[int, Flow], flows: Mapping[str, Engine]) -> list[_Given]:
    """A ballot place by place; a joiner's own check-in is named beside its answers."""
    return [
        _Given(int(place), flows[kept["flow"]].flow if "flow" in kept else asked[int(place)], kept["answers"])
        for place, kept in ballot.places.items()
    ]


def _ballot(opened: OpenedBallot, given: Sequence[_Given]) -> Ballot:
    scores = {one.place: one.scores() for one in given}
    options = frozenset(chain.from_iterable(one.options() for one in given))
    wrote = any(True for one in given for _ in one.shared())
    return Ballot(opened.organisation, opened.seat, scores, options, wrote=wrote)


def _anchors(flow: Flow) -> dict[str, Item]:
    return {theme: Item(item, theme) for theme, item in flow.anchors.items()}


def _rounds_sets(asked: Mapping[int, Flow], current: Round, ballots: Sequence[Ballot]) -> Iterator[Asked]:
    """The longer check-ins due: this round's own, or in four-weekly mode all of the period's at its end."""
    due = [current.place] if current.mode != FOUR_WEEKLY else sorted(asked) if current.place == PLACES[-1] else []
    for flow in {asked[place].ref: asked[place] for place in due if asked[place].own}.values():
        places = frozenset(place for place in due if asked[place].ref == flow.ref)
        split = flow.compare or current.split
        yield Asked(flow.ref, _items(flow), ballots, places, split, share=flow.share is not None)


def _pooled(pool: OpenedPool, flow: Flow) -> Asked:
    given = [[_Given(1, flow, kept["answers"]) for kept in ballot.places.values()] for ballot in pool.ballots]
    return Asked(
        flow.ref,
        _items(flow),
        [_ballot(ballot, parts) for ballot, parts in zip(pool.ballots, given, strict=True)],
        pooled=True,
        share=flow.share is not None,
        options=flow.told,
        lists=flow.tells,
        comments=_shuffled(words for parts in given for one in parts for words in one.shared()),
    )


def _items(flow: Flow) -> list[Item]:
    return [Item(item.id, item.theme) for item in flow.own]


def _results_on(current: Round, partnership: Partnership) -> date:
    """The local date on which the period's last round closes, if every round opens on its day."""
    weeks_left = timedelta(weeks=4 - current.place)
    return local_date(current.closes_at + weeks_left, partnership.timezone)


def without_unshared(
    opened: Sequence[OpenedBallot], current: Round, flows: Mapping[str, Engine]
) -> Iterator[OpenedBallot]:
    """The ballots that hold words nobody has said yes to in this round, with those words gone."""
    place = str(current.place)
    for ballot in opened:
        kept = ballot.places.get(place, {"answers": {}})
        given, flow = kept["answers"], flows[kept.get("flow", current.flow)].flow
        gone = {written for written, asked in flow.comments if written in given and given.get(asked) != SHARED}
        if gone:
            left = {**kept, "answers": {item: code for item, code in given.items() if item not in gone}}
            yield replace(ballot, places={**ballot.places, place: left})


def _shuffled(comments: Iterable[str]) -> list[str]:
    """In an order that says nothing, by the system's own source of chance."""
    found = list(comments)
    SystemRandom().shuffle(found)
    return found


def _corrections(work: Work, partnership: Partnership) -> list[Correction]:
    return [Correction(thawed(frozen).week, text) for frozen, text in work.frozen.corrections_to_tell(partnership.id)]


def thawed(frozen: FrozenDigest) -> Digest:
    """The digest behind a stored record."""
    return Digest.from_record(json.loads(frozen.record))


# --- the words of a partnership, in the reader's language


def refs(history: Iterable[FrozenDigest]) -> frozenset[str]:
    """The check-ins whose words these digests are told in."""
    return frozenset(ref for frozen in history for ref in _refs(frozen))


def _refs(frozen: FrozenDigest) -> tuple[str, ...]:
    record = json.loads(frozen.record)
    return (*record.get("flows", ()), *(each["flow"] for each in record.get("sets", ())), frozen.flow)


def wording(flows: Mapping[str, Engine], partnership: Partnership, history: Sequence[FrozenDigest]) -> Wording:
    """The words that these digests, the oldest first, are told in, in the language spoken now.

    `flows` holds all that `refs` names.
    """
    told = {ref: flows[ref].flow for frozen in history for ref in _refs(frozen)}
    tongue = Tongue(language(), language() in RIGHT_TO_LEFT, say, count)
    used = tuple(told.values())
    base = worded(partnership.name, _themes(used), _asks(used), _options(used), partnership.split, tongue)
    lists = {question: say(label) for flow in used for question, label in flow.tells.items()}
    return replace(base, lists=lists, sets={flow.ref: _set(flow) for flow in used if flow.own})


def _themes(flows: Collection[Flow]) -> dict[str, ThemeWords]:
    """The themes that have figures of their own: those with an anchor or a bank."""
    return {
        code: ThemeWords(
            say(theme.title), theme.emoji, say("{sentence}.", sentence=say(theme.well)), _prompts(theme.talk)
        )
        for flow in flows
        for code, theme in flow.themes.items()
        if code in flow.anchors or code in flow.bank
    }


def _asks(flows: Collection[Flow]) -> dict[str, str]:
    return {item.id: say(item.ask) for flow in flows for item in flow.items.values()}


def _options(flows: Collection[Flow]) -> dict[tuple[str, str], str]:
    """What may be named as chosen, as it stands inside a sentence."""
    found = {}
    for flow in flows:
        for question, code in flow.told:
            text = say(dict(flow.buttons[question])[code])
            found[question, code] = text[0].lower() + text[1:]
    return found


def _set(flow: Flow) -> SetWords:
    items = {item.id: say(item.ask) for item in flow.own}
    themes = {code: say(theme.title) for code, theme in flow.themes.items()}
    return SetWords(say(flow.title), items, themes, _prompts(flow.talk), say(flow.share) if flow.share else "")


def _prompts(talk: Talk) -> Prompts:
    return Prompts(*(tuple(say(text) for text in texts) for texts in (talk.low, talk.split, talk.falling, talk.steady)))


# --- what people see


def parts(flows: Mapping[str, Engine], partnership: Partnership, frozen: FrozenDigest) -> dict[str, Screen]:
    """The messages that tell a digest in words, by name and in order, in the language spoken now.

    `TEXT`; then set1, set2 and so on, the longer check-ins; said1 and so on, people's own words; and `PROMPTS`,
    which are for coordinators alone.
    """
    digest, words = thawed(frozen), wording(flows, partnership, [frozen])
    sets, said, asked = messages(digest, words), quotes(digest, words), questions(digest, words)
    return {
        TEXT: _screen(lines(digest, words)),
        **{f"set{number}": _screen(message) for number, message in enumerate(sets, start=1)},
        **{f"said{number}": Screen(message) for number, message in enumerate(said, start=1)},
        **({PROMPTS: _screen(asked)} if asked else {}),
    }


def _screen(said: Iterable[Line]) -> Screen:
    text, bold = "", []
    for line in said:
        text += "\n\n" if text else ""
        bold.append((utf16(text), utf16(line.label) + 1))
        text += f"{line.label}: {line.text}"
    return Screen(text, bold=tuple(bold))


def alt(flows: Mapping[str, Engine], partnership: Partnership, history: Sequence[FrozenDigest]) -> str:
    """What the chart shows, in words."""
    return alt_text(points([thawed(f) for f in history]), wording(flows, partnership, history))


def _chart_request(flows: Mapping[str, Engine], partnership: Partnership, history: Sequence[FrozenDigest]) -> bytes:
    with speaking(ENGLISH if language() in UNDRAWN else language()):
        words = wording(flows, partnership, history).for_chart()
    return json.dumps({"history": [json.loads(f.record) for f in history], "words": words.to_record()}).encode()


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
