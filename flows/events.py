"""What can happen to a run: all that the engine hears of the world, and never by which channel."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Opened:
    """The member asks to see where they stand; nothing changes."""


@dataclass(frozen=True, slots=True)
class Tapped:
    """A button was pressed.

    `turn` is the turn printed into the button. `choice` is a code of the question's scale or choices, or a
    control: ".back", ".skip", ".done" (go on without a note, or with what is picked) or ".again" (start over
    from the end).
    """

    turn: int
    choice: str


@dataclass(frozen=True, slots=True)
class Wrote:
    """Words arrived, as they were sent; they carry no turn."""

    text: str


Event = Opened | Tapped | Wrote
