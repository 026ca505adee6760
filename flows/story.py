"""A conversation written down, tap by tap, as anyone can read it; played, it must come out as written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from flows.effects import Ask, Finished, Notice
from flows.engine import Engine
from flows.errors import BadDefinition, FlowsError, nearest
from flows.events import Event, Tapped, Wrote
from flows.load import problems, source_of, unknown_key
from flows.run import Run
from flows.source import Flaw, Source, parse

_NO_RUN = "story000"
_ABOUT = "# Say here what this story is about."

Deed = Literal["taps", "writes", "picks", "skips", "goes back", "ends", "starts again"]
_TAPPED: Mapping[Deed, str] = {"skips": ".skip", "goes back": ".back", "starts again": ".again"}
_BUTTONS: Mapping[str, Deed] = {"several": "picks", "text": "writes", "number": "writes", "date": "writes"}
_WITH_WORDS: tuple[Deed, ...] = ("taps", "writes", "picks")
_DEEDS: Mapping[str, tuple[Deed, ...]] = {
    "asks": (*_WITH_WORDS, "skips", "goes back"),
    "ends": ("starts again",),
}
_KEYS = ("flow", "rotating", "story")


@dataclass(frozen=True, slots=True)
class Step:
    """One screen, and what the member does there.

    `shows` is how its text begins. `words` holds the label tapped, the words written or the labels picked.
    """

    line: int
    shows: str
    does: Deed
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Story:
    """A check-in from its first screen on; `rotating` is the item asked in the rotating place."""

    file: str
    flow: str
    rotating: str | None
    steps: tuple[Step, ...]


class StoryBroken(FlowsError):
    """The check-in does not go as the story says; names the line, and what was shown instead."""

    def __init__(self, story: Story, line: int, problem: str) -> None:
        super().__init__(f"{story.file}:{line}: {problem}")
        self.line = line


def read(path: Path) -> Story:
    """The story in the file at `path`.

    Raises:
        BadDefinition: the file is no story; holds every problem found.
    """
    source = source_of(path)
    if flaws := source.flaws or list(_flaws(source)):
        raise BadDefinition(problems(str(path), flaws))
    return _story(path, source)


def play(engine: Engine, story: Story) -> None:
    """Walk `story` from its start, with the run written out and read back between every two steps.

    Raises:
        StoryBroken: something else was shown than the story says.
    """
    if engine.flow.ref != story.flow:
        raise StoryBroken(story, 1, f"this story is about {story.flow}, and this check-in is {engine.flow.ref}")
    run = engine.first(_NO_RUN, story.rotating)
    for step in story.steps:
        _look(engine, story, step, engine.view(run))
        for event in _events(story, step, engine.view(run)):
            run, (effect,) = engine.step(_kept(run), Tapped(run.turn, event) if isinstance(event, str) else event)
            if isinstance(effect, Notice):
                raise StoryBroken(story, step.line, f"this is refused here ({effect.code}): {', '.join(step.words)}")


def write(engine: Engine, rotating: str | None, events: Sequence[Event]) -> str:
    """The story of a check-in in which these events came, one after another from its first screen.

    Returns: what `read` reads and `play` plays. Replies that changed nothing are left out.
    """
    run = engine.first(_NO_RUN, rotating)
    lines = [_ABOUT, f"flow: {engine.flow.ref}", *([f"rotating: {rotating}"] if rotating else []), "story:"]
    for event in events:
        seen = engine.view(run)
        after, _ = engine.step(run, event)
        if after.turn != run.turn:
            lines += _told(engine, seen, event, after)
        run = after
    seen = engine.view(run)
    if isinstance(seen, Finished):
        lines.append(_ending(engine))
    return "\n".join([*lines, ""])


def _look(engine: Engine, story: Story, step: Step, seen: Ask | Finished) -> None:
    """That the screen is the one the story tells of."""
    ends = step.does in {"ends", *_DEEDS["ends"]}
    shown = seen.text if isinstance(seen, Ask) else engine.flow.end
    if ends != isinstance(seen, Finished) or not _begins(shown, step.shows):
        said = f"it {'ends with' if ends else 'asks'} “{step.shows}”"
        instead = f"it {'asks' if isinstance(seen, Ask) else 'ends with'} “{_opening(shown)}”"
        raise StoryBroken(story, step.line, f"the story says {said}, and here {instead}")


def _begins(shown: str, told: str) -> bool:
    """Whether `shown` opens with the words told: all of it, its first line, or whole sentences."""
    whole, words = " ".join(shown.split()), " ".join(told.split())
    return words in {whole, _opening(shown)} or (words[-1] in ".!?" and whole.startswith(words))


def _opening(text: str) -> str:
    return " ".join(text.strip().split("\n", 1)[0].split())


def _events(story: Story, step: Step, seen: Ask | Finished) -> Iterator[Wrote | str]:
    """What the member does: words written, or the codes of buttons."""
    codes = {label: code for code, label in seen.choices} if isinstance(seen, Ask) else {}
    if isinstance(seen, Ask) and step.does in {"taps", "picks"} and step.does != _BUTTONS.get(seen.kind, "taps"):
        problem = f"the story says `{step.does}`, and here it is `{_BUTTONS.get(seen.kind, 'taps')}`"
        raise StoryBroken(story, step.line, problem)
    for label in step.words if step.does in {"taps", "picks"} else ():
        if label not in codes:
            mend = f"did you mean “{close}”?" if (close := nearest(label, codes)) else f"there are: {', '.join(codes)}"
            raise StoryBroken(story, step.line, f"here is no button “{label}”; {mend}")
    match step.does:
        case "taps":
            yield from (codes[label] for label in step.words)
        case "writes":
            yield from (Wrote(words) for words in step.words)
        case "picks" if isinstance(seen, Ask):
            picked = {codes[label] for label in step.words}
            yield from sorted(picked ^ set(seen.picked), key=list(codes.values()).index)
            yield ".done"
        case deed if deed in _TAPPED:
            yield _TAPPED[deed]


def _kept(run: Run) -> Run:
    """The run as it comes back from where it is stored."""
    return Run(**json.loads(json.dumps(asdict(run))))


# --- from events to the words of a story


def _told(engine: Engine, seen: Ask | Finished, event: Event, after: Run) -> list[str]:
    """The lines for one move; none where more may still be picked."""
    if isinstance(seen, Finished):
        return [_ending(engine), "    starts again: true"]
    told = _deed(seen, event, after)
    return [f"  - asks: {_scalar(_opening(seen.text))}", f"    {told}"] if told else []


def _ending(engine: Engine) -> str:
    return f"  - ends: {_scalar(_opening(engine.flow.end))}"


def _deed(seen: Ask, event: Event, after: Run) -> str | None:
    labels = dict(seen.choices)
    match event:
        case Tapped(choice=choice) if seen.kind == "several" and choice in labels:
            return None
        case Tapped(choice=choice) if choice in labels:
            return f"taps: {_scalar(labels[choice])}"
        case Tapped(choice=".done") if seen.kind == "several":
            return f"picks: [{', '.join(_scalar(labels[code]) for code in seen.picked)}]"
        case Tapped(choice=".back"):
            return "goes back: true"
        case Tapped():
            return "skips: true"
        case _:
            return f"writes: {_scalar(after.answers[seen.question])}"


def _scalar(text: str) -> str:
    """`text` as YAML reads it back, in a list as well."""
    source = parse(f"a: [{text}]")
    plain = not source.flaws and source.data == {"a": (text,)}
    return text if plain else json.dumps(text, ensure_ascii=False)


# --- from the file to a story


def _story(path: Path, source: Source) -> Story:
    data: Mapping[str, object] = source.data  # type: ignore[assignment]  # _flaws found nothing
    steps: Sequence[Mapping[str, object]] = data["story"]  # type: ignore[assignment]  # the same
    read = tuple(_step(source.place(("story", n)).line, step) for n, step in enumerate(steps))
    rotating = data.get("rotating")
    return Story(str(path), str(data["flow"]), None if rotating is None else str(rotating), read)


def _step(line: int, entry: Mapping[str, object]) -> Step:
    screen = next(key for key in _DEEDS if key in entry)
    deed: Deed = next((deed for deed in _DEEDS[screen] if deed in entry), "ends")
    given = entry.get(deed) if deed in _WITH_WORDS else ()
    words = given if isinstance(given, tuple) else (given,)
    return Step(line, str(entry[screen]), deed, tuple(map(str, words)))


def _flaws(source: Source) -> Iterator[Flaw]:
    data = source.data
    if not isinstance(data, dict):
        yield Flaw(source.place(()), "a story is keys with values", "start with `flow:` and `story:`")
        return
    yield from _strange(source, (), data, _KEYS)
    for key in ("flow", "rotating"):
        if key in data and not isinstance(data[key], str):
            yield Flaw(source.place((key,)), f"`{key}` is a name", f"write `{key}: ` and a name")
    if "flow" not in data:
        yield Flaw(source.place(()), "`flow` is missing", "add `flow:` with id and version, such as weekly-pulse@1")
    steps = data.get("story")
    if not isinstance(steps, tuple) or not steps:
        yield Flaw(source.place(("story",)), "a story is a list of screens", "add `story:`, and under it `- asks: ...`")
        return
    for place, step in enumerate(steps):
        yield from _step_flaws(source, place, step, last=place == len(steps) - 1)


def _step_flaws(source: Source, place: int, step: object, *, last: bool) -> Iterator[Flaw]:
    path = ("story", place)
    at = source.place(path)
    screens = [key for key in _DEEDS if isinstance(step, dict) and key in step]
    if not isinstance(step, dict) or len(screens) != 1:
        yield Flaw(at, "a screen either asks or ends", "write `- asks: ...` or `- ends: ...`")
        return
    screen = screens[0]
    yield from _strange(source, path, step, (screen, *_DEEDS[screen]))
    if not isinstance(step[screen], str) or not step[screen].strip():
        yield Flaw(source.place((*path, screen)), "here should be what is shown", "write its first sentence, in quotes")
    deeds = [deed for deed in _DEEDS[screen] if deed in step]
    if len(deeds) > 1 or (screen == "asks" and not deeds):
        yield Flaw(at, "on each screen one thing is done", f"give it one of: {', '.join(_DEEDS[screen])}")
    if screen == "ends" and not deeds and not last:
        yield Flaw(at, "after the end nothing more is asked", "put `ends` last, or add `starts again: true`")
    for deed in deeds:
        yield from _deed_flaws(source, (*path, deed), deed, step[deed])


def _deed_flaws(source: Source, path: tuple[str | int, ...], deed: Deed, given: object) -> Iterator[Flaw]:
    at = source.place(path)
    if deed == "picks":
        if not isinstance(given, tuple) or not all(isinstance(label, str) for label in given):
            yield Flaw(at, "what is picked is a list", "write [one, two], each as on its button")
    elif deed in _WITH_WORDS:
        number = deed == "writes" and isinstance(given, int) and not isinstance(given, bool)
        if not isinstance(given, str) and not number:
            yield Flaw(at, "here should be words", "write them in quotes")
    elif given is not True:
        yield Flaw(at, f"`{deed}` is either true or not there", f"write `{deed}: true`")


def _strange(
    source: Source, path: tuple[str | int, ...], entry: Mapping[str, object], known: Sequence[str]
) -> Iterator[Flaw]:
    for key in entry.keys() - set(known):
        yield unknown_key(source.key((*path, key)), key, known)
