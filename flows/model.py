"""The vocabulary of a flow file, and the flow as its readers ask it; it knows no run and no member."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from flows.answers import BETWEEN
from flows.errors import UnknownItem
from flows.guards import GUARDS, Guard, Name, Names, Part, Points
from flows.seats import Groups

SPEC = "1.1"
MOST_QUESTIONS, MOST_CHOICES, MOST_PICKED = 500, 50, 20  # more than anyone answers; a phone shows 100 buttons

Code = Annotated[str, StringConstraints(min_length=1)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Texts = Annotated[tuple[Text, ...], Field(min_length=1)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]

SHARED = "yes"  # the one answer to a question with `quotes` that shares the words it shows
YES_NO = (("yes", "Yes"), ("no", "No"))  # the buttons of a question of kind yes-no


class Point(Part):
    """One place on a scale; its score is its `points`, else its code, and none where `scored` is false."""

    code: Code
    text: Label
    scored: bool = True
    points: Points | None = None

    @property
    def score(self) -> int | None:
        """What the answer counts for.   Units: points, 0 to 100."""
        if not self.scored:
            return None
        return int(self.code) if self.points is None else self.points


class Choice(Part):
    """One entry of a list of choices; it never has a score. One that is not `told` is named in no digest."""

    code: Code
    text: Label
    told: bool = True


class Talk(Part):
    """What a coordinator may raise, by how the answers look; everyone's digest asks the first of a list."""

    low: Texts = ()
    split: Texts = ()
    falling: Texts = ()
    steady: Texts = ()


class ThemeTalk(Talk):
    """What a coordinator may raise about a theme: there is always something for a low and for a steady one."""

    low: Texts
    steady: Texts


class Theme(Part):
    """What the answers are about, and the digest's words for it; `well` goes on after a colon."""

    title: Label
    emoji: Label
    well: Text
    talk: ThemeTalk


class BankItem(Part):
    """A question that waits in the bank for its turn in the rotating place."""

    id: Name
    ask: Text
    reverse: bool = False


class ScaleQuestion(Part):
    """A scored question on a theme; an anchor is asked in every round and carries the theme's figure."""

    id: Name
    ask: Text
    theme: Name
    scale: Name
    anchor: bool = False
    reverse: bool = False
    when: Guard | None = None


class ChoiceQuestion(Part):
    """A question with a list of choices and no score; after a `last` one the check-in ends.

    With `pick` at most so many may be picked, else one. With `tell` a digest may name what many chose,
    in a line of that label. One that `quotes` a text question shows the words written there and asks
    whether everyone may see them; without words it is not asked.
    """

    id: Name
    ask: Text
    choices: Name
    pick: Annotated[int, Field(ge=2, le=MOST_PICKED)] | None = None
    last: bool = False
    tell: Label | None = None
    quotes: Name | None = None
    when: Guard | None = None


class YesNoQuestion(Part):
    """A question with the two buttons yes and no; after a `last` one the check-in ends."""

    id: Name
    ask: Text
    kind: Literal["yes-no"]
    last: bool = False
    when: Guard | None = None


class TextQuestion(Part):
    """A question answered in the member's own words."""

    id: Name
    ask: Text
    kind: Literal["text"]
    when: Guard | None = None


class NumberQuestion(Part):
    """A question answered with a whole number, from `least` to `most` where they are given."""

    id: Name
    ask: Text
    kind: Literal["number"]
    least: int | None = None
    most: int | None = None
    when: Guard | None = None


class DateQuestion(Part):
    """A question answered with a day."""

    id: Name
    ask: Text
    kind: Literal["date"]
    when: Guard | None = None


class RotatingQuestion(Part):
    """The place where one item of the bank is asked; `rotate` names the themes in turn."""

    id: Name
    rotate: Names
    scale: Name
    when: Guard | None = None


class UsedQuestion(Part):
    """The question of that id in the shared file, as an author takes it in; a whole flow holds none."""

    use: Name


KINDS = ("yes-no", "text", "number", "date")
# The tags hold a blank, so that none can be mistaken for a key of the file.
FORMS: dict[str, type[Part]] = {
    "a rotate question": RotatingQuestion,
    "a scale question": ScaleQuestion,
    "a choices question": ChoiceQuestion,
    "a yes-no question": YesNoQuestion,
    "a text question": TextQuestion,
    "a number question": NumberQuestion,
    "a date question": DateQuestion,
    "a used question": UsedQuestion,
    **GUARDS,
}
_TAGS = {form: tag for tag, form in FORMS.items()}


def _form(raw: object) -> str | None:
    if not isinstance(raw, dict):
        return _TAGS.get(type(raw))  # type: ignore[arg-type]  # what is no part of a flow has no tag
    if "use" in raw:
        return "a used question"
    if raw.get("kind") in KINDS:
        return f"a {raw['kind']} question"
    return next((f"a {key} question" for key in ("rotate", "scale", "choices") if key in raw), None)


_by_form = Discriminator(
    _form,
    custom_error_type="no_question",
    custom_error_message="a question needs `scale`, `choices`, `rotate`, `kind` or `use`",
)
Question = Annotated[
    Annotated[RotatingQuestion, Tag("a rotate question")]
    | Annotated[ScaleQuestion, Tag("a scale question")]
    | Annotated[ChoiceQuestion, Tag("a choices question")]
    | Annotated[YesNoQuestion, Tag("a yes-no question")]
    | Annotated[TextQuestion, Tag("a text question")]
    | Annotated[NumberQuestion, Tag("a number question")]
    | Annotated[DateQuestion, Tag("a date question")],
    _by_form,
]


@dataclass(frozen=True, slots=True)
class Item:
    """A scored question, wherever in the file it stands."""

    id: str
    theme: str
    ask: str
    scale: str
    reverse: bool


_listed = Field(min_length=2, max_length=MOST_CHOICES)
_asked = Field(min_length=1, max_length=MOST_QUESTIONS)


class Lists(Part):
    """What questions name: themes, scales and lists of choices."""

    spec: Literal["1.1"]
    themes: Mapping[Name, Theme] = Field(default_factory=dict)
    scales: Mapping[Name, Annotated[tuple[Point, ...], _listed]] = Field(default_factory=dict)
    choices: Mapping[Name, Annotated[tuple[Choice, ...], _listed]] = Field(default_factory=dict)


class Shared(Lists):
    """The file that flows take questions, themes, scales and lists of choices from, so that none drifts."""

    questions: tuple[Question, ...] = ()


class Head(Lists):
    """All of a flow but its questions.

    `who` is asked; `heading` is said above its own scored questions. `compare` names the groups of seats
    compared for these, "lead/partner+frontline". With `share` they are told as "60 in 100", and these words.
    """

    id: Name
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Label
    intro: Text
    end: Text
    who: Literal["everyone", "joiners", "leavers"] = "everyone"
    heading: Label | None = None
    talk: Talk = Field(default_factory=Talk)
    compare: Groups | None = None
    share: Label | None = None
    bank: Mapping[Name, Annotated[tuple[BankItem, ...], Field(min_length=1)]] = Field(default_factory=dict)


class Authored(Head):
    """A flow as its author writes it: with `use:`, and with names that only the shared file explains."""

    questions: Annotated[tuple[UsedQuestion | Question, ...], _asked]


class Flow(Head):
    """One version of one check-in, whole: it needs no other file. A published version is never edited."""

    questions: Annotated[tuple[Question, ...], _asked]

    @property
    def ref(self) -> str:
        """The name runs and rounds keep: "weekly-pulse@1"."""
        return f"{self.id}@{self.version}"

    @cached_property
    def rotation(self) -> RotatingQuestion | None:
        """The rotating place, where there is one."""
        return next((q for q in self.questions if isinstance(q, RotatingQuestion)), None)

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """Theme -> id of its anchor, in the order of the themes."""
        found = {q.theme: q.id for q in self.questions if isinstance(q, ScaleQuestion) and q.anchor}
        return {theme: found[theme] for theme in self.themes if theme in found}

    @cached_property
    def own(self) -> tuple[Item, ...]:
        """The scored questions asked in place that are no anchors, in the order of the file."""
        asked = [q for q in self.questions if isinstance(q, ScaleQuestion) and not q.anchor]
        return tuple(self.items[q.id] for q in asked)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Id -> scored question: those asked in place, then the bank."""
        asked = [q for q in self.questions if isinstance(q, ScaleQuestion)]
        items = [Item(q.id, q.theme, q.ask, q.scale, q.reverse) for q in asked]
        if self.rotation is not None:
            scale = self.rotation.scale
            for theme, bank in self.bank.items():
                items += [Item(b.id, theme, b.ask, scale, b.reverse) for b in bank]
        return {item.id: item for item in items}

    @cached_property
    def scores(self) -> Mapping[str, Mapping[str, int]]:
        """Item id -> code -> score, for the codes that have one.

        Units: points, 0 to 100; already turned round where the item is reversed.
        """
        plain = {
            name: {point.code: score for point in points if (score := point.score) is not None}
            for name, points in self.scales.items()
        }
        return {
            item.id: {code: 100 - score if item.reverse else score for code, score in plain[item.scale].items()}
            for item in self.items.values()
        }

    @cached_property
    def buttons(self) -> Mapping[str, tuple[tuple[str, str], ...]]:
        """Id of each question or item that has buttons -> its (code, label) pairs, in their order."""
        scales = {name: tuple((point.code, point.text) for point in points) for name, points in self.scales.items()}
        lists = {name: tuple((c.code, c.text) for c in choices) for name, choices in self.choices.items()}
        chosen = {q.id: lists[q.choices] for q in self.questions if isinstance(q, ChoiceQuestion)}
        asked = {q.id: YES_NO for q in self.questions if isinstance(q, YesNoQuestion)}
        return {item.id: scales[item.scale] for item in self.items.values()} | chosen | asked

    @cached_property
    def tells(self) -> Mapping[str, str]:
        """Id of each question whose choices a digest may name -> the label of the line they stand in."""
        asked = [q for q in self.questions if isinstance(q, ChoiceQuestion)]
        return {q.id: q.tell for q in asked if q.tell is not None}

    @cached_property
    def told(self) -> tuple[tuple[str, str], ...]:
        """(question id, code) of each choice that a digest may name, in the order of the file."""
        asked = [q for q in self.questions if isinstance(q, ChoiceQuestion) and q.tell is not None]
        return tuple((q.id, choice.code) for q in asked for choice in self.choices[q.choices] if choice.told)

    @cached_property
    def comments(self) -> tuple[tuple[str, str], ...]:
        """(text question, the one that quotes it), by id; the words are shared only where that says `SHARED`."""
        asked = [q for q in self.questions if isinstance(q, ChoiceQuestion)]
        return tuple((q.quotes, q.id) for q in asked if q.quotes is not None)

    @cached_property
    def picks(self) -> Mapping[str, int]:
        """Id of each question where several may be picked -> how many."""
        asked = [q for q in self.questions if isinstance(q, ChoiceQuestion)]
        return {q.id: q.pick for q in asked if q.pick is not None}

    def item(self, item_id: str) -> Item:
        """The scored question of that id.

        Raises:
            UnknownItem: this flow has none.
        """
        try:
            return self.items[item_id]
        except KeyError:
            problem = f"{self.ref} has no scored question {item_id!r}"
            raise UnknownItem(problem) from None

    def score(self, item_id: str, code: str) -> int | None:
        """The points an answer counts for; None for Can't say, and for any id or code without a score."""
        return self.scores.get(item_id, {}).get(code)

    def chosen(self, question_id: str, answer: str) -> tuple[str, ...]:
        """The codes that a kept answer stands for: one, or more where several may be picked."""
        return tuple(answer.split(BETWEEN)) if question_id in self.picks else (answer,)

    def texts(self) -> Iterator[str]:
        """Every text of the flow that a person may read, once each, in the order of the file."""
        return iter(dict.fromkeys(text for text in self._texts() if text))

    def _texts(self) -> Iterator[str | None]:
        yield from (self.title, self.intro, self.end, self.heading, self.share)
        yield from _said(self.talk)
        for theme in self.themes.values():
            yield from (theme.title, theme.well, *_said(theme.talk))
        yield from (point.text for points in self.scales.values() for point in points)
        yield from (choice.text for choices in self.choices.values() for choice in choices)
        for question in self.questions:
            yield None if isinstance(question, RotatingQuestion) else question.ask
            yield question.tell if isinstance(question, ChoiceQuestion) else None
            yield from (label for _, label in YES_NO if isinstance(question, YesNoQuestion))
        for bank in self.bank.values():
            yield from (item.ask for item in bank)


def _said(talk: Talk) -> tuple[str, ...]:
    return talk.low + talk.split + talk.falling + talk.steady
