"""A check-in played in the terminal: the screens as members see them, with a number for each button."""

from collections.abc import Callable, Iterator

from bot.channel import Press, Screen, Tap, unpack
from bot.checkin import awaits_words, notice, screen
from flows.effects import Notice
from flows.engine import Engine
from flows.events import Event, Tapped, Wrote
from flows.run import DONE, Run

Ask = Callable[[str], str | None]  # shows a prompt; None where nobody answers any more
Say = Callable[[str], None]
_RUN = "played00"


def play(engine: Engine, rotating: str | None, ask: Ask, say: Say) -> list[Event]:
    """Walk from the first screen to the end, or to where the answers stop.

    Returns: what was tapped and written, in order, with what did not fit.
    """
    run = engine.first(_RUN, rotating)
    played: list[Event] = []
    while True:
        shown = screen(engine, run)
        typed = awaits_words(engine, run)
        say("\n".join(_lines(shown, typed=typed)))
        if run.state == DONE:
            return played
        event = _event(shown, ask, say, typed=typed)
        if event is None:
            return played
        played.append(event)
        run = _step(engine, run, event, say)


def _step(engine: Engine, run: Run, event: Event, say: Say) -> Run:
    after, (effect,) = engine.step(run, event)
    if isinstance(effect, Notice):
        say(f"\n» {notice(effect)}")
    return after


def _lines(shown: Screen, *, typed: bool) -> Iterator[str]:
    yield "─" * 60
    yield shown.text
    yield ""
    for number, button in enumerate(_buttons(shown), start=1):
        yield f"  {_mark(number, typed=typed)}  {button[0]}"


def _buttons(shown: Screen) -> list[tuple[str, Tap | Press | None]]:
    """(label, what it does) of each button; None is one that has nothing to do with the check-in."""
    found = [(button.label, unpack(button.data)) for row in shown.buttons for button in row]
    return [(label, does if isinstance(does, Tap | Press) else None) for label, does in found]


def _mark(number: int, *, typed: bool) -> str:
    """What to type for a button; where words or numbers are asked for, a bare number is one of those."""
    return f"/{number}" if typed else f"{number:2}"


def _event(shown: Screen, ask: Ask, say: Say, *, typed: bool) -> Event | None:
    """What the person at the terminal does next; None where they stop."""
    buttons = _buttons(shown)
    prompt = "your words, or / and a button's number" if typed else f"1 to {len(buttons)}"
    while (line := ask(f"{prompt} > ")) is not None:
        word = line.strip()
        number = word.removeprefix("/")
        if (typed and not word.startswith("/")) or not number.isdecimal():
            if word:
                return Wrote(line)
        elif 1 <= int(number[:4]) <= len(buttons):
            does = buttons[int(number[:4]) - 1][1]
            if isinstance(does, Tap):
                return Tapped(does.turn, does.choice)
            say("\n» Members read here where to find help.")
        else:
            say(f"\n» There is no button {number}.")
    return None
