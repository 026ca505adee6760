"""The vocabulary of a flow file, and the flow as its readers ask it; it knows no run and no member."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from flows.errors import UnknownItem
from flows.guards import GUARDS, Guard, Name, Names, Part

Code = Annotated[str, StringConstraints(min_length=1)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]

SHARED = "yes"  # the one answer to a question with `quotes` that shares the words it shows


class Point(Part):
    """One place on a scale; its code is its score, unless `scored` is false."""

    code: Code
    text: Label
    scored: bool = True


class Choice(Part):
    """One entry of a list of choices; it never has a score. One that is not `told` is named in no digest."""

    code: Code
    text: Label
    told: bool = True


class Talk(Part):
    """What a coordinator may raise when a theme is low, and when it is high and steady."""

    low: Text
    steady: Text


class Theme(Part):
    """What the answers are about, and the digest's words for it; `well` goes on after a colon."""

    title: Label
    emoji: Label
    well: Text
    talk: Talk


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

    With `tell` a digest may name what many chose. One that `quotes` a text question shows the words
    written there and asks whether everyone may see them; without words it is not asked.
    """

    id: Name
    ask: Text
    choices: Name
    last: bool = False
    tell: bool = False
    quotes: Name | None = None
    when: Guard | None = None


class TextQuestion(Part):
    """A question answered in the member's own words."""

    id: Name
    ask: Text
    kind: Literal["text"]
    when: Guard | None = None


class RotatingQuestion(Part):
    """The place where one item of the bank is asked; `rotate` names the themes in turn."""

    id: Name
    rotate: Names
    scale: Name
    when: Guard | None = None


def _form(raw: object) -> str | None:
    if not isinstance(raw, dict):
        return None
    return next((f"a {key} question" for key in ("rotate", "scale", "choices", "kind") if key in raw), None)


# The tags hold a blank, so that none can be mistaken for a key of the file.
FORMS: dict[str, type[Part]] = {
    "a rotate question": RotatingQuestion,
    "a scale question": ScaleQuestion,
    "a choices question": ChoiceQuestion,
    "a kind question": TextQuestion,
    **GUARDS,
}
Question = Annotated[
    Annotated[RotatingQuestion, Tag("a rotate question")]
    | Annotated[ScaleQuestion, Tag("a scale question")]
    | Annotated[ChoiceQuestion, Tag("a choices question")]
    | Annotated[TextQuestion, Tag("a kind question")],
    Discriminator(
        _form,
        custom_error_type="no_question",
        custom_error_message="a question needs `scale`, `choices`, `rotate` or `kind: text`",
    ),
]


@dataclass(frozen=True, slots=True)
class Item:
    """A scored question, wherever in the file it stands."""

    id: str
    theme: str
    ask: str
    scale: str
    reverse: bool


class Flow(Part):
    """One version of one check-in; a published version is never edited."""

    spec: Literal["1.0"]
    id: Name
    version: Annotated[int, Field(ge=1, le=9999)]
    title: Label
    intro: Text
    end: Text
    themes: Mapping[Name, Theme]
    scales: Mapping[Name, Annotated[tuple[Point, ...], Field(min_length=2)]]
    choices: Mapping[Name, Annotated[tuple[Choice, ...], Field(min_length=2)]] = Field(default_factory=dict)
    bank: Mapping[Name, Annotated[tuple[BankItem, ...], Field(min_length=1)]] = Field(default_factory=dict)
    questions: Annotated[tuple[Question, ...], Field(min_length=1)]

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
        return {
            item.id: {
                point.code: 100 - int(point.code) if item.reverse else int(point.code)
                for point in self.scales[item.scale]
                if point.scored
            }
            for item in self.items.values()
        }

    @cached_property
    def told(self) -> tuple[tuple[str, str], ...]:
        """(question id, code) of each choice that a digest may name, in the order of the file."""
        asked = [q for q in self.questions if isinstance(q, ChoiceQuestion) and q.tell]
        return tuple((q.id, choice.code) for q in asked for choice in self.choices[q.choices] if choice.told)

    @cached_property
    def comments(self) -> tuple[tuple[str, str], ...]:
        """(text question, the one that quotes it), by id; the words are shared only where that says `SHARED`."""
        asked = [q for q in self.questions if isinstance(q, ChoiceQuestion)]
        return tuple((q.quotes, q.id) for q in asked if q.quotes is not None)

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
