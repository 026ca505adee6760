"""Where one member stands in one flow; a value that knows neither the member nor the time."""

from collections.abc import Mapping
from dataclasses import dataclass, field

DONE = "done"


@dataclass(frozen=True, slots=True)
class Run:
    """One passage through one flow version; `flow` is its ref, such as "weekly-pulse@1".

    `turn` rises with every accepted move. It is the lock on the stored run and the stamp inside each button.
    `state` is a question's id or `DONE`. `answers` maps question and item ids to codes, and the note to
    its words. `rotating` is the item this round asks in the rotating place. `closed` is set from outside
    when the round is over.
    """

    id: str
    flow: str
    state: str
    turn: int = 0
    answers: Mapping[str, str] = field(default_factory=dict)
    rotating: str | None = None
    closed: bool = False
