"""When a question is shown, as data from the flow file; a guard is compared, never run as code."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

NOTHING = 101  # above every score, so that a theme with none is never the lowest

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=32)]
Names = Annotated[tuple[Name, ...], Field(min_length=1)]
Points = Annotated[int, Field(ge=0, le=100)]
Scores = Mapping[str, Mapping[str, int]]  # question -> code -> points
# (answers so far, lowest score so far of each theme that has one) -> is the question shown?
Predicate = Callable[[Mapping[str, str], Mapping[str, int]], bool]

_NO_SCORES: Scores = {}
_NUMBER = re.compile("-?[0-9]{1,15}")


class Part(BaseModel):
    """A piece of a flow file: frozen, of exact types, unknown keys refused."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class LowIs(Part):
    """Of `lowest`, `theme` scores lowest so far (of equals, the first named), and at most `at_most`."""

    lowest: Names
    theme: Name = Field(alias="is")
    at_most: Points


class NoneLow(Part):
    """No theme of `lowest` has a score of `above` or less; so too where nothing is scored."""

    lowest: Names
    above: Points


class AllAre(Part):
    """Each of `questions` was answered with `code`."""

    questions: Names = Field(alias="all")
    code: str = Field(alias="are")


class AnswerIs(Part):
    """The question was answered with that code; where several may be picked, it is among them."""

    answer: Name
    code: str = Field(alias="is")


class AnswerIn(Part):
    """The question was answered with one of those codes."""

    answer: Name
    codes: Annotated[tuple[str, ...], Field(min_length=1)] = Field(alias="in")


class AtMost(Part):
    """The answer's score, or the number answered, is `most` or less; an answer without one never is."""

    answer: Name
    most: int = Field(alias="at_most")


class AtLeast(Part):
    """The answer's score, or the number answered, is `least` or more; an answer without one never is."""

    answer: Name
    least: int = Field(alias="at_least")


class Not(Part):
    """The other guard does not hold."""

    guard: "Guard" = Field(alias="not")


class AnyOf(Part):
    """One of the guards holds, or more."""

    guards: Annotated[tuple["Guard", ...], Field(min_length=1)] = Field(alias="any")


class Both(Part):
    """Each of the guards holds; there may be more than two."""

    guards: Annotated[tuple["Guard", ...], Field(min_length=1)] = Field(alias="both")


# The tags hold a blank, so that none can be mistaken for a key of the file.
GUARDS: dict[str, type[Part]] = {
    "low is": LowIs,
    "none low": NoneLow,
    "all are": AllAre,
    "answer is": AnswerIs,
    "answer in": AnswerIn,
    "answer at most": AtMost,
    "answer at least": AtLeast,
    "is not": Not,
    "any of": AnyOf,
    "both of": Both,
}
_TAGS = {guard: tag for tag, guard in GUARDS.items()}


def _form(raw: object) -> str | None:
    if not isinstance(raw, dict):
        return _TAGS.get(type(raw))  # type: ignore[arg-type]  # what is no guard has no tag
    if "lowest" in raw:
        return "none low" if "above" in raw else "low is"
    if "answer" in raw:
        compared = (("in", "answer in"), ("at_most", "answer at most"), ("at_least", "answer at least"))
        return next((tag for key, tag in compared if key in raw), "answer is")
    tags = (("all", "all are"), ("not", "is not"), ("any", "any of"), ("both", "both of"))
    return next((tag for key, tag in tags if key in raw), None)


Guard = Annotated[
    Annotated[LowIs, Tag("low is")]
    | Annotated[NoneLow, Tag("none low")]
    | Annotated[AllAre, Tag("all are")]
    | Annotated[AnswerIs, Tag("answer is")]
    | Annotated[AnswerIn, Tag("answer in")]
    | Annotated[AtMost, Tag("answer at most")]
    | Annotated[AtLeast, Tag("answer at least")]
    | Annotated[Not, Tag("is not")]
    | Annotated[AnyOf, Tag("any of")]
    | Annotated[Both, Tag("both of")],
    Discriminator(
        _form,
        custom_error_type="no_guard",
        custom_error_message="a condition needs `answer`, `lowest`, `all`, `any`, `both` or `not`",
    ),
]
for _nested in (Not, AnyOf, Both):
    _nested.model_rebuild()


def predicate(guard: Guard, scores: Scores = _NO_SCORES) -> Predicate:
    """The test that `guard` stands for, made once so that a step need not look at the data again.

    `scores` says what a scale question's codes count for; a question without any is asked for a number.
    """
    match guard:
        case LowIs():
            return _low_is(guard)
        case NoneLow():
            themes, above = guard.lowest, guard.above
            return lambda _, low: all(low.get(theme, NOTHING) > above for theme in themes)
        case AllAre():
            every = [_one_of(question, (guard.code,)) for question in guard.questions]
            return lambda answers, low: all(each(answers, low) for each in every)
        case AnswerIs():
            return _one_of(guard.answer, (guard.code,))
        case AnswerIn():
            return _one_of(guard.answer, guard.codes)
        case AtMost() | AtLeast():
            return _compared(guard, scores.get(guard.answer))
        case Not():
            inner = predicate(guard.guard, scores)
            return lambda answers, low: not inner(answers, low)
        case AnyOf() | Both():
            every = [predicate(inner, scores) for inner in guard.guards]
            enough = any if isinstance(guard, AnyOf) else all
            return lambda answers, low: enough(each(answers, low) for each in every)


def _one_of(question: str, codes: tuple[str, ...]) -> Predicate:
    def holds(answers: Mapping[str, str], _: Mapping[str, int]) -> bool:
        answer = answers.get(question)
        # No code holds a comma: only an answer in which several were picked falls into pieces.
        return answer is not None and (
            answer in codes or ("," in answer and any(c in codes for c in answer.split(",")))
        )

    return holds


def _compared(guard: AtMost | AtLeast, points: Mapping[str, int] | None) -> Predicate:
    question = guard.answer
    bounds = (None, guard.most) if isinstance(guard, AtMost) else (guard.least, None)

    def holds(answers: Mapping[str, str], _: Mapping[str, int]) -> bool:
        answer = answers.get(question, "")
        if points is None:
            return _NUMBER.fullmatch(answer) is not None and within(int(answer), *bounds)
        return answer in points and within(points[answer], *bounds)

    return holds


def within(value: int, least: int | None, most: int | None) -> bool:
    """Whether `value` keeps to those of the two bounds that there are."""
    return (least is None or value >= least) and (most is None or value <= most)


def _low_is(guard: LowIs) -> Predicate:
    theme, at_most = guard.theme, guard.at_most
    place = guard.lowest.index(theme)
    before, after = guard.lowest[:place], guard.lowest[place + 1 :]

    def holds(_: Mapping[str, str], low: Mapping[str, int]) -> bool:
        own = low.get(theme, NOTHING)
        return (
            own <= at_most
            and all(low.get(other, NOTHING) > own for other in before)
            and all(low.get(other, NOTHING) >= own for other in after)
        )

    return holds
