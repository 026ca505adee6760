"""What a new version of a flow does to its figures: which lines go on, which end, which must not be joined."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from flows.guards import Guard
from flows.model import ChoiceQuestion, Flow, Question, RotatingQuestion


class Weight(IntEnum):
    """How much a change matters; the heaviest is told first."""

    BREAKS = 0  # figures of before and after would be joined and must not be
    ENDS = 1  # a line of figures ends or starts
    CHANGES = 2  # other answers are to be expected, or another order
    STAYS = 3  # nothing changed; the line of figures goes on


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one question, or of the flow as a whole (`question` None), in one line."""

    weight: Weight
    question: str | None
    what: str

    def __str__(self) -> str:
        return f"{self.question}: {self.what}" if self.question else self.what


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as far as its figures are concerned, wherever it stands in the file."""

    id: str
    ask: str
    form: str
    theme: str | None
    reverse: bool
    when: Guard | None
    extras: Mapping[str, object]
    scores: Mapping[str, int]
    labels: Mapping[str, str]


def diff(old: Flow, new: Flow) -> tuple[Change, ...]:
    """Every change from `old` to `new`, and every question that stayed, the gravest first."""
    before, after = _questions(old), _questions(new)
    changes = [*_flow(old, new), *_gone(before, after), *_moved(before, after)]
    for asked in after.values():
        changes += _new(asked, before, after) if asked.id not in before else _both(before[asked.id], asked)
    spoken = {change.question for change in changes}
    stayed = [asked.id for asked in after.values() if asked.id not in spoken]
    changes += [Change(Weight.STAYS, name, "the same; its figures go on") for name in stayed]
    return tuple(sorted(changes, key=lambda change: change.weight))


def _flow(old: Flow, new: Flow) -> Iterator[Change]:
    if old.id != new.id:
        what = f"these are two check-ins, {old.id} and {new.id}: no line of figures is shared by them"
        yield Change(Weight.BREAKS, None, what)
    elif new.version <= old.version:
        what = f"the version is {new.version} and was {old.version}: write `version: {old.version + 1}`"
        if old != new:
            yield Change(Weight.BREAKS, None, what)
    if old.who != new.who:
        yield Change(Weight.CHANGES, None, f"it is for {new.who} and was for {old.who}")
    for key in ("compare", "share"):
        if getattr(old, key) != getattr(new, key):
            yield Change(Weight.CHANGES, None, f"`{key}:` changed; its results are told in another way")
    if old.heading != new.heading:
        yield Change(Weight.CHANGES, None, "`heading:` changed; what stands above a question can change its answers")


def _gone(before: Mapping[str, _Asked], after: Mapping[str, _Asked]) -> Iterator[Change]:
    wordings = {asked.ask: asked.id for asked in after.values() if asked.id not in before}
    for asked in before.values():
        if asked.id in after:
            continue
        if renamed := wordings.get(asked.ask):
            what = f"gone, and {renamed} asks the same: keep the id {asked.id}, or its figures start anew"
            yield Change(Weight.ENDS, asked.id, what)
        else:
            yield Change(Weight.ENDS, asked.id, "gone; its figures end, and its id must not be used again")


def _new(asked: _Asked, before: Mapping[str, _Asked], after: Mapping[str, _Asked]) -> Iterator[Change]:
    if all(other.ask != asked.ask for other in before.values() if other.id not in after):
        yield Change(Weight.ENDS, asked.id, "new; its figures start here")


def _moved(before: Mapping[str, _Asked], after: Mapping[str, _Asked]) -> Iterator[Change]:
    """The questions of both that stand behind another one than before; the fewest that explain the order."""
    kept = [name for name in before if name in after]
    order = {name: place for place, name in enumerate(name for name in after if name in before)}
    still = _longest_rise([order[name] for name in kept])
    for name in kept:
        if order[name] not in still:
            yield Change(Weight.CHANGES, name, "moved; what is asked before a question can change its answers")


def _longest_rise(places: list[int]) -> frozenset[int]:
    """The longest part of `places` that rises: what stayed in order while the rest moved."""
    rising: list[tuple[int, ...]] = [()]
    for place in places:
        shorter = [run for run in rising if not run or run[-1] < place]
        rising.append((*_longest(shorter), place))
    return frozenset(_longest(rising))


def _longest(runs: list[tuple[int, ...]]) -> tuple[int, ...]:
    return max(runs, key=len)


def _both(old: _Asked, new: _Asked) -> Iterator[Change]:
    """What changed of a question that both versions have."""
    breaks = [words for words, was, now in _grave(old, new) if was != now]
    if breaks:
        what = f"{' and '.join(breaks)}: give it a new id, as the figures of before and after must not be joined"
        yield Change(Weight.BREAKS, new.id, what)
    if old.when != new.when:
        yield Change(Weight.CHANGES, new.id, "`when:` changed; other people are asked than before")
    for key in _EXTRAS if not breaks else ():
        if old.extras[key] != new.extras[key]:
            yield Change(Weight.CHANGES, new.id, f"`{key}:` changed; its figures go on")


def _grave(old: _Asked, new: _Asked) -> Iterator[tuple[str, object, object]]:
    if old.form != new.form:
        yield f"it was a {old.form} question and is a {new.form} question", old.form, new.form
        return
    yield "it is worded anew", old.ask, new.ask
    yield f"its theme was {old.theme} and is {new.theme}", old.theme, new.theme
    yield "what counts as high is turned round", old.reverse, new.reverse
    yield "its codes changed", set(old.labels), set(new.labels)
    if old.labels.keys() == new.labels.keys():
        yield "its buttons are worded anew", old.labels, new.labels
        if old.reverse == new.reverse:
            yield "its answers count for other points", old.scores, new.scores
        yield "its buttons are in another order", list(old.labels), list(new.labels)


# What an author may change beside the wording, without touching what is counted.
_EXTRAS = ("anchor", "last", "tell", "quotes", "pick", "least", "most")


def _questions(flow: Flow) -> dict[str, _Asked]:
    """Every question with an answer of its own by id, in the order of the file; the bank comes last."""
    placed = {q.id: q for q in flow.questions if not isinstance(q, RotatingQuestion)}
    asked = {question.id: question.ask for question in placed.values()}
    banked = {item.id: item.ask for item in flow.items.values() if item.id not in placed}
    found: dict[str, _Asked] = {}
    for name, ask in (asked | banked).items():
        item, question = flow.items.get(name), placed.get(name)
        extras = {key: getattr(question, key, None) for key in _EXTRAS}
        found[name] = _Asked(
            id=name,
            ask=" ".join(ask.split()),  # where a line breaks changes no meaning
            form="scored" if item else _form(flow, question),
            theme=item.theme if item else None,
            reverse=item is not None and item.reverse,
            when=question.when if question else None,
            extras=extras,
            scores=flow.scores.get(name, {}),
            labels=dict(flow.buttons.get(name, ())),
        )
    return found


def _form(flow: Flow, question: Question | None) -> str:
    if isinstance(question, ChoiceQuestion):
        return "several-choices" if question.id in flow.picks else "choices"
    return str(getattr(question, "kind", "scored"))
