"""What a flow takes from the shared file, copied into its plain data; a name has one meaning in all flows."""

from collections.abc import Iterator, Mapping

from flows.plain import Fault, bank_of, mapping, questions_of, texts, unknown

SECTIONS = ("themes", "scales", "choices")


def resolve(data: object, shared: Mapping[str, object]) -> tuple[object, list[Fault]]:
    """`data` with the questions it uses and all they name.

    Returns: the data, in which a question stands where its `use:` stood; what is wrong with the taking.
        A `use:` of something unknown stays as it is.
    """
    if not isinstance(data, dict):
        return data, []
    bank = {name: asked for _, asked in questions_of(shared) if isinstance(name := asked.get("id"), str)}
    found = [*_taken(data, bank), *_anew(data, shared, bank)]
    asked = data.get("questions")
    if isinstance(asked, tuple):
        asked = tuple(_whole(question, bank) for question in asked)
        data = {**data, "questions": asked}
    for section in SECTIONS:
        own, names = data.get(section), _named(data, section)
        copied = {name: value for name, value in mapping(shared.get(section)).items() if name in names}
        if copied and (own is None or isinstance(own, dict)):
            data = {**data, section: {**copied, **mapping(own)}}
    return data, found


def _whole(question: object, bank: Mapping[str, object]) -> object:
    name = mapping(question).get("use")
    return bank.get(name, question) if isinstance(name, str) else question


def _taken(data: Mapping[str, object], bank: Mapping[str, object]) -> Iterator[Fault]:
    for path, question in questions_of(data):
        if "use" not in question:
            continue
        name = question["use"]
        if not isinstance(name, str):
            yield Fault((*path, "use"), "this must be the id of a shared question", "write one, as in `use: T1`")
        elif name not in bank:
            yield unknown((*path, "use"), name, list(bank), "the shared questions")
        for key in question:
            if key != "use":
                mend = "take it away, or write your own question with an id of its own"
                yield Fault((*path, key), f"`{key}` cannot stand beside `use`", mend, at_key=True)


def _anew(data: Mapping[str, object], shared: Mapping[str, object], bank: Mapping[str, object]) -> Iterator[Fault]:
    """What the flow gives another meaning: then the answers of two flows could not be laid side by side."""
    for section in SECTIONS:
        for name in mapping(data.get(section)).keys() & mapping(shared.get(section)).keys():
            mend = "take it away to use the shared one, or choose another name"
            yield Fault((section, name), f"`{name}` is in the shared file already", mend, at_key=True)
    for path, question in (*questions_of(data), *bank_of(data)):
        if isinstance(asked := question.get("id"), str) and asked in bank:
            mend = f"write `use: {asked}` alone, or choose another id"
            yield Fault((*path, "id"), f"`{asked}` is a shared question already", mend)


def _named(data: Mapping[str, object], section: str) -> set[str]:
    """The names of that section which the questions give."""
    key = {"themes": "theme", "scales": "scale", "choices": "choices"}[section]
    asked = [question for _, question in questions_of(data)]
    rotated = {theme for question in asked for _, theme in texts(question.get("rotate"))}
    named = {name for question in asked if isinstance(name := question.get(key), str)}
    return named | rotated if section == "themes" else named
