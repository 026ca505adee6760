"""When a question is shown, as data from the flow file; a guard is compared, never run as code."""

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StringConstraints, Tag

NOTHING = 101  # above every score, so that a theme with none is never the lowest

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=32)]
Names = Annotated[tuple[Name, ...], Field(min_length=1)]
Points = Annotated[int, Field(ge=0, le=100)]
# (answers so far, lowest score so far of each theme that has one) -> is the question shown?
Predicate = Callable[[Mapping[str, str], Mapping[str, int]], bool]


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


class Not(Part):
    """The other guard does not hold."""

    guard: "Guard" = Field(alias="not")


def _form(raw: object) -> str | None:
    if not isinstance(raw, dict):
        return None
    if "lowest" in raw:
        return "none low" if "above" in raw else "low is"
    return next((tag for key, tag in (("all", "all are"), ("not", "is not")) if key in raw), None)


# The tags hold a blank, so that none can be mistaken for a key of the file.
GUARDS: dict[str, type[Part]] = {"low is": LowIs, "none low": NoneLow, "all are": AllAre, "is not": Not}
Guard = Annotated[
    Annotated[LowIs, Tag("low is")]
    | Annotated[NoneLow, Tag("none low")]
    | Annotated[AllAre, Tag("all are")]
    | Annotated[Not, Tag("is not")],
    Discriminator(
        _form,
        custom_error_type="no_guard",
        custom_error_message="a condition needs `lowest`, `all` or `not`",
    ),
]
Not.model_rebuild()


def predicate(guard: Guard) -> Predicate:
    """The test that `guard` stands for, made once so that a step need not look at the data again."""
    match guard:
        case LowIs():
            return _low_is(guard)
        case NoneLow():
            themes, above = guard.lowest, guard.above
            return lambda _, low: all(low.get(theme, NOTHING) > above for theme in themes)
        case AllAre():
            questions, code = guard.questions, guard.code
            return lambda answers, _: all(answers.get(question) == code for question in questions)
        case Not():
            inner = predicate(guard.guard)
            return lambda answers, low: not inner(answers, low)


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
