"""The check-in as screens: drawn from the run alone, never from what was said before."""

from collections.abc import Iterator

from bot.channel import Button, Screen, pack, utf16
from bot.speech import say
from bot.spoken import help_button
from bot.words import words
from flows.answers import NOTE_LIMIT
from flows.effects import Ask, Finished, Notice
from flows.engine import Engine
from flows.run import Run

_TYPED = ("text", "number", "date")


def screen(engine: Engine, run: Run, greeting: str | None = None) -> Screen:
    """The screen a run stands at; a check-in not yet begun is greeted by its intro."""
    match engine.view(run):
        case Ask() as ask:
            return _question(engine, run, ask, greeting or (say(engine.flow.intro) if run.turn == 0 else ""))
        case Finished(turn):
            again = Button(words.CHANGE, pack(run.id, turn, ".again"))
            return Screen(say(engine.flow.end), ((again,),))


def awaits_words(engine: Engine, run: Run) -> bool:
    """Whether the run stands where the person may type."""
    shown = engine.view(run)
    return isinstance(shown, Ask) and shown.kind in _TYPED


def notice(effect: Notice) -> str:
    """What to say to a reply that did not fit."""
    match effect.code:
        case "stale":
            return words.STALE
        case "please_tap":
            return words.PLEASE_TAP
        case "empty":
            return words.EMPTY_NOTE
        case "too_long":
            return words.too_long(effect.detail, NOTE_LIMIT)
        case "too_many":
            return words.too_many(effect.detail)
        case "no_number":
            return words.NO_NUMBER
        case "too_small":
            return words.too_small(effect.detail)
        case "too_large":
            return words.too_large(effect.detail)
        case "no_date":
            return words.NO_DATE
    return words.UNFIT


def _question(engine: Engine, run: Run, ask: Ask, greeting: str) -> Screen:
    asked = say(ask.text)
    before = f"{greeting}\n\n" if greeting else ""
    before += f"{_progress(engine, ask)}\n\n"
    before += f"{say(ask.heading)}\n" if ask.heading else ""
    text = "\n\n".join([before + asked, *_below(ask)])
    return Screen(text, _buttons(run, ask), bold=((utf16(before), utf16(asked)),) if ask.position else ())


def _progress(engine: Engine, ask: Ask) -> str:
    if not ask.position:
        return words.taps_saved(ask.total)
    theme = engine.flow.themes.get(ask.theme or "")
    title = f" · {theme.emoji} {say(theme.title)}" if theme else ""
    return f"{words.ticks(ask.position - 1, ask.total)} {words.place(ask.position, ask.total)}{title}".strip()


def _below(ask: Ask) -> Iterator[str]:
    """How to answer, and the words a question is about."""
    if ask.kind == "several" and ask.most is not None:
        yield words.pick_up_to(ask.most)
    elif ask.kind == "number":
        yield words.TYPE_NUMBER
    elif ask.kind == "date":
        yield words.TYPE_DATE
    if ask.quoted:
        yield f"“{ask.quoted}”"


def _buttons(run: Run, ask: Ask) -> tuple[tuple[Button, ...], ...]:
    def button(label: str, choice: str) -> Button:
        return Button(label, pack(run.id, ask.turn, choice))

    rows = [(button(_label(ask, code, label), code),) for code, label in ask.choices]
    if ask.kind == "text":
        rows.append((button(words.NO_NOTE, ".skip"),))
    tools = [button(words.BACK, ".back")] if ask.can_back else []
    if ask.picked:
        tools.append(button(words.DONE, ".done"))  # in the place of Skip, so that no button moves under a finger
    elif ask.can_skip and ask.kind != "text":
        tools.append(button(words.SKIP, ".skip"))
    tools.append(help_button())
    return (*rows, tuple(tools))


def _label(ask: Ask, code: str, label: str) -> str:
    return f"{words.TICK} {say(label)}" if code in ask.picked else say(label)
