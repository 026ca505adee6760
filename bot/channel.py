"""The seam every channel shares: what can happen, what can be shown, and how showing can fail."""

from dataclasses import dataclass
from typing import Protocol

# --- what can happen


@dataclass(frozen=True, slots=True)
class Tap:
    """A check-in's button, as printed: the run, the turn it was printed on, the choice."""

    run: str
    turn: int
    choice: str


@dataclass(frozen=True, slots=True)
class Press:
    """Any other button: a verb and what it is about."""

    verb: str
    about: str


@dataclass(frozen=True, slots=True)
class Words:
    """Text in the person's own words."""

    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A command without its slash, in lower case, and what followed it."""

    name: str
    rest: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something the bot does not read: `kind` is "media", "edit", "forward" or "button"."""

    kind: str


@dataclass(frozen=True, slots=True)
class Reach:
    """The person blocked the bot (`open` False) or let it back in."""

    open: bool


Happening = Tap | Press | Words | Command | Unreadable | Reach


@dataclass(frozen=True, slots=True)
class Inbound:
    """One thing that happened. `address` is "tg:…" or "phone:…"; `message` is the message tapped or written."""

    address: str
    event: Happening
    message: int | None = None
    language: str = "en"


# --- what can be shown


@dataclass(frozen=True, slots=True)
class Button:
    """A label and the data it sends back. Units: data is at most 64 bytes of UTF-8 (Bot API)."""

    label: str
    data: str


@dataclass(frozen=True, slots=True)
class Screen:
    """One message: plain text, buttons row by row, bold spans as (start, length) in UTF-16 units.

    A `picture` or a `document` has the text for its caption. `lasting` is how long the message stays before it
    takes itself away; None where it stays.   Units: seconds.
    """

    text: str
    buttons: tuple[tuple[Button, ...], ...] = ()
    bold: tuple[tuple[int, int], ...] = ()
    picture: bytes | None = None
    document: bytes | None = None
    lasting: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What an event led to, all of it drawn from the committed state, so that drawing again is harmless.

    `over` is the message the first screen replaces; None makes a new one. `erase` is a message to take
    away. `language` is what the person's menu is to be in from now on, where they have just picked it or joined;
    `coordinator` says then whether they are one.
    """

    screens: tuple[Screen, ...] = ()
    over: int | None = None
    notice: str | None = None
    erase: int | None = None
    coordinator: bool = False
    language: str | None = None


# --- how showing can fail


class ShowError(Exception):
    """Base of what can go wrong when a screen is shown."""


class Unreachable(ShowError):
    """The person blocked the bot or is gone: stop sending until they come back."""


class TryLater(ShowError):
    """Proven not delivered; may be tried again after `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"not delivered; try again in {seconds:.0f} s")
        self.seconds = seconds


class Unclear(ShowError):
    """Perhaps delivered, perhaps not: never sent again."""


class Channel(Protocol):
    """Where messages go."""

    async def send(self, address: str, screen: Screen) -> None:
        """Show a new message.

        Raises:
            Unreachable: blocked or gone.
            TryLater: proven not delivered.
            Unclear: nobody knows.
        """
        ...


def pack(run: str, turn: int, choice: str) -> str:
    """The data in a check-in's button."""
    return f"{run}:{turn}:{choice}"


def unpack(data: str) -> Tap | Press | Unreadable:
    """What a button's data means; anything may stand there, so anything is read."""
    first, _, rest = data.partition(":")
    turn, colon, choice = rest.partition(":")
    if not (data.isascii() and data.isprintable()):
        return Unreadable("button")  # none of ours; and a NUL or half a surrogate pair is no text to a database
    if colon and turn.isdigit() and len(turn) < 10:
        return Tap(first, int(turn), choice)
    if first.replace("-", "").isalpha() and len(data) <= 64:
        return Press(first, rest)
    return Unreadable("button")


def utf16(text: str) -> int:
    """How long Telegram and browsers think `text` is. Units: UTF-16 code units."""
    return len(text.encode("utf-16-le")) // 2
