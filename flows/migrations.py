"""From an older format of a flow to the present one: pure functions on plain data, one for each step."""

from collections.abc import Callable, Mapping

Data = Mapping[str, object]


def migrate(data: object) -> object:
    """`data` in the present format; what is no flow of a known older format is left as it is."""
    while isinstance(data, dict) and (step := MIGRATIONS.get(_spec(data))) is not None:
        after, change = step
        data = {**change(data), "spec": after}
    return data


def _spec(data: Data) -> str:
    spec = data.get("spec")
    return spec if isinstance(spec, str) else ""


def _talk_in_lists(flow: Data) -> Data:
    """A theme has several things to talk about, and a digest's line of choices has a label."""
    changed: dict[str, object] = {}
    if isinstance(themes := flow.get("themes"), dict):
        changed["themes"] = {name: _theme(theme) for name, theme in themes.items()}
    if isinstance(questions := flow.get("questions"), tuple):
        changed["questions"] = tuple(_question(question) for question in questions)
    return {**flow, **changed}


def _theme(theme: object) -> object:
    if not isinstance(theme, dict) or not isinstance(talk := theme.get("talk"), dict):
        return theme
    return {**theme, "talk": {when: (said,) if isinstance(said, str) else said for when, said in talk.items()}}


def _question(question: object) -> object:
    if not isinstance(question, dict) or not isinstance(tell := question.get("tell"), bool):
        return question
    kept = {key: value for key, value in question.items() if key != "tell" or tell}
    return {**kept, "tell": "What would help"} if tell else kept


# The format before -> the one after, and what changes; a new format adds a line and two files in tests/specs.
MIGRATIONS: Mapping[str, tuple[str, Callable[[Data], Data]]] = {"1.0": ("1.1", _talk_in_lists)}
