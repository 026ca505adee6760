"""One function from a run and an event to a run and effects: total, pure, and blind to every channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial

from flows.answers import BETWEEN, UNFIT, Answer, Form, read
from flows.effects import Ask, Effect, Finished, Notice
from flows.errors import UnknownItem, WrongFlow
from flows.events import Event, Opened, Tapped
from flows.guards import NOTHING, Predicate, Scores, predicate
from flows.load import library
from flows.machine import build, follow
from flows.minutes import longest
from flows.model import (
    SHARED,
    ChoiceQuestion,
    DateQuestion,
    Flow,
    Item,
    NumberQuestion,
    Question,
    RotatingQuestion,
    ScaleQuestion,
    TextQuestion,
    YesNoQuestion,
)
from flows.run import DONE, Run

STALE = Notice("stale")
CLOSED = Notice("closed")
_WAYS = 4096  # moves whose end is remembered

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Face:
    """What a member sees of a question, and the scores its codes stand for; `quotes` is the note it shows."""

    id: str
    text: str
    form: Form
    choices: tuple[tuple[str, str], ...] = ()
    theme: str | None = None
    scores: Mapping[str, int] = field(default_factory=dict)
    quotes: str | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """A state on the way through the flow: when it applies, and whether its face rotates."""

    state: str
    when: Predicate | None
    rotates: bool
    last: bool


class Engine:
    """One flow version, ready to walk; hold one for as long as the process lives, for all runs."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self._ref = flow.ref
        # What the machine says depends on nothing else, and most people go the same few ways.
        self._follow = lru_cache(_WAYS)(partial(follow, build(flow)))
        self._stops = tuple(_stop(question, flow.scores) for question in flow.questions)
        self._turns = longest(flow)
        self._rotates = {stop.state: stop.rotates for stop in self._stops}
        self._quoted_by = dict(flow.comments)
        self._untapped = {q.id for q in flow.questions if isinstance(q, TextQuestion)} | {*self._quoted_by.values()}
        self._faces = _faces(flow)
        self._bank = self._faces.keys() - {question.id for question in flow.questions}

    def first(self, run_id: str, rotating: str | None) -> Run:
        """A new run, at the first question; `rotating` None leaves the rotating place out.

        Raises:
            UnknownItem: `rotating` is not in the bank.
        """
        if rotating is not None and rotating not in self._bank:
            problem = f"{self._ref} has no item {rotating!r} in its bank"
            raise UnknownItem(problem)
        return Run(run_id, self._ref, self._stops[0].state, rotating=rotating)

    def view(self, run: Run) -> Ask | Finished:
        """The screen of `run` as it stands; changes nothing, so drawing it again is harmless.

        Raises:
            WrongFlow: `run` does not fit this flow (the caller's bug).
        """
        self._face(run)
        return self._screen(run, self._walk(run.answers, run.rotating)[0])

    def step(self, run: Run, event: Event) -> tuple[Run, tuple[Effect, ...]]:
        """Advance `run` by one event.

        Returns: the run afterwards and the effects to carry out, in order. An accepted move raises the
            turn and shows the next screen; a reply that does not fit leaves the very same run and yields a
            single `Notice`.

        Raises:
            WrongFlow: `run` does not fit this flow (the caller's bug).
        """
        face = self._face(run)
        if run.closed:
            return run, (CLOSED,)
        if isinstance(event, Opened):
            return run, (self.view(run),)
        if isinstance(event, Tapped) and event.turn != run.turn:
            return run, (STALE,)
        reply = read(event, face.form, run.answers.get(face.id)) if face else read(event, None)
        if isinstance(reply, Notice):
            return run, (reply,)
        return self._move(run, reply, face)

    def _move(self, run: Run, reply: Answer, face: Face | None) -> tuple[Run, tuple[Effect, ...]]:
        answers = run.answers
        if reply.move in ("next", "stay") and face is not None:
            answers = self._answered(answers, face, reply.value)
        path, kept = self._walk(answers, run.rotating)
        state = run.state if reply.move == "stay" else self._follow(reply.move, run.state, path)
        if state is None:
            return run, (UNFIT,)
        after = Run(run.id, run.flow, state, self._next_turn(run.turn, state), kept, run.rotating)
        return after, (self._screen(after, path),)

    def _answered(self, answers: Mapping[str, str], face: Face, value: str | None) -> dict[str, str]:
        """The answers once this one is given; None takes it away."""
        # New words were never seen as everyone would see them: a yes to the old ones does not share them.
        gone = {face.id, self._quoted_by.get(face.id)}
        if face.quotes is not None and value != SHARED:
            gone.add(face.quotes)
            value = None
        kept = {question: answer for question, answer in answers.items() if question not in gone}
        return kept if value is None else {**kept, face.id: value}

    def _next_turn(self, turn: int, state: str) -> int:
        """One more; at the end a multiple of the longest way, so that the turn does not tell who wrote a note."""
        return turn + 1 if state != DONE else (turn // self._turns + 1) * self._turns

    def _face(self, run: Run) -> Face | None:
        """What `run` stands at; None at its end."""
        if run.flow == self._ref and (run.rotating is None or run.rotating in self._bank):
            if run.state == DONE:
                return None
            rotates = self._rotates.get(run.state)
            shown = run.rotating if rotates else run.state
            if rotates is not None and shown is not None:
                return self._faces[shown]
        problem = f"run of {run.flow} at {run.state!r} ({run.rotating!r}) does not fit {self._ref}"
        raise WrongFlow(problem)

    def _walk(self, answers: Mapping[str, str], rotating: str | None) -> tuple[tuple[str, ...], dict[str, str]]:
        """The states that apply given these answers, and the answers that still belong to one of them."""
        path: list[str] = []
        kept: dict[str, str] = {}
        low: dict[str, int] = {}
        for stop in self._stops:
            shown = rotating if stop.rotates else stop.state
            if shown is None or (stop.when is not None and not stop.when(kept, low)):
                continue
            path.append(stop.state)
            code = answers.get(shown)
            if code is not None:
                kept[shown] = code
                face = self._faces[shown]
                score = face.scores.get(code)
                if score is not None and face.theme is not None and score < low.get(face.theme, NOTHING):
                    low[face.theme] = score
            if stop.last:
                break
        return tuple(path), kept

    def _screen(self, run: Run, path: tuple[str, ...]) -> Ask | Finished:
        face = self._face(run)
        if face is None:
            return Finished(run.turn)
        taps = [state for state in path if state not in self._untapped]
        several = face.form.kind == "several"
        return Ask(
            question=face.id,
            turn=run.turn,
            text=face.text,
            choices=face.choices,
            theme=face.theme,
            kind=face.form.kind,
            position=taps.index(run.state) + 1 if run.state in taps else 0,
            total=len(taps),
            can_back=run.state != path[0],
            can_skip=face.quotes is None,
            quoted=None if face.quotes is None else run.answers.get(face.quotes),
            picked=_codes(run.answers.get(face.id)) if several else (),
            most=face.form.most if several else None,
            heading=face.heading,
        )


def _codes(answer: str | None) -> tuple[str, ...]:
    return tuple(answer.split(BETWEEN)) if answer else ()


def _stop(question: Question, scores: Scores) -> Stop:
    return Stop(
        state=question.id,
        when=_condition(question, scores),
        rotates=isinstance(question, RotatingQuestion),
        last=isinstance(question, ChoiceQuestion | YesNoQuestion) and question.last,
    )


def _condition(question: Question, scores: Scores) -> Predicate | None:
    if isinstance(question, ChoiceQuestion) and question.quotes is not None:
        quoted = question.quotes
        return lambda answers, _: quoted in answers
    return None if question.when is None else predicate(question.when, scores)


def _faces(flow: Flow) -> dict[str, Face]:
    """Every face by the id its answer is kept under: each question but the rotating place, and the bank."""
    own = {item.id for item in flow.own}
    faces = {item.id: _scored(flow, item, flow.heading if item.id in own else None) for item in flow.items.values()}
    for question in flow.questions:
        if isinstance(question, ScaleQuestion | RotatingQuestion):
            continue
        quotes = question.quotes if isinstance(question, ChoiceQuestion) else None
        pairs = flow.buttons.get(question.id, ())
        faces[question.id] = Face(question.id, question.ask, _formed(question, pairs), pairs, quotes=quotes)
    return faces


def _formed(question: Question, pairs: Pairs) -> Form:
    codes = tuple(code for code, _ in pairs)
    match question:
        case ChoiceQuestion(pick=int(most)):
            return Form("several", codes, most=most)
        case NumberQuestion():
            return Form("number", least=question.least, most=question.most)
        case TextQuestion() | DateQuestion():
            return Form(question.kind)
        case _:
            return Form("choice", codes)


def _scored(flow: Flow, item: Item, heading: str | None) -> Face:
    pairs = flow.buttons[item.id]
    form = Form("scale", tuple(code for code, _ in pairs))
    return Face(item.id, item.ask, form, pairs, item.theme, flow.scores[item.id], heading=heading)


def engines() -> dict[str, Engine]:
    """Every flow that comes with the product, compiled once, by ref."""
    return {ref: Engine(flow) for ref, flow in library().items()}
