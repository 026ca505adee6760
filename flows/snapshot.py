"""A whole flow as one line of JSON and back; what is published is kept so, and needs no file any more."""

import json

from pydantic import ValidationError

from flows.errors import BadSnapshot
from flows.migrations import migrate
from flows.model import Flow


def freeze(flow: Flow) -> str:
    """`flow` as canonical JSON: two flows that say the same are the same text. What was left out stays out."""
    data = flow.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def thaw(text: str) -> Flow:
    """The flow that was frozen as `text`, in the present format whatever the format was then.

    Raises:
        BadSnapshot: `text` is no frozen flow.
    """
    try:
        return Flow.model_validate(migrate(_plain(json.loads(text))))
    except (ValueError, RecursionError) as error:
        cause = str(error).splitlines()[0] if isinstance(error, ValidationError) else type(error).__name__
        problem = f"this is no flow as it is kept once published ({cause}); restore it from a backup"
        raise BadSnapshot(problem) from error


def _plain(raw: object) -> object:
    """Lists as tuples, as a file's data has them."""
    match raw:
        case dict():
            return {key: _plain(value) for key, value in raw.items()}
        case list():
            return tuple(map(_plain, raw))
        case _:
            return raw
