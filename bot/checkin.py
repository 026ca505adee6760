"""The check-in as screens: drawn from the run alone, never from what was said before."""

from bot import words
from bot.channel import Button, Screen, pack, utf16
from flows.answers import NOTE_LIMIT
from flows.effects import Ask, Finished, Notice
from flows.engine import Engine
from flows.run import Run

_NOTICES = {
    "stale": words.STALE,
    "unfit": words.UNFIT,
    "please_tap": words.PLEASE_TAP,
    "empty": words.EMPTY_NOTE,
}


def screen(engine: Engine, run: Run, greeting: str | None = None) -> Screen:
    """The screen a run stands at; a check-in not yet begun is greeted by its intro."""
    match engine.view(run):
        case Ask() as ask:
            return _question(run, ask, greeting or (engine.flow.intro if run.turn == 0 else ""), engine)
        case Finished(turn):
            again = Button(words.CHANGE, pack(run.id, turn, ".again"))
            return Screen(engine.flow.end, ((again,),))


def awaits_words(engine: Engine, run: Run) -> bool:
    """Whether the run stands where the person may type."""
    shown = engine.view(run)
    return isinstance(shown, Ask) and shown.kind == "text"


def notice(effect: Notice) -> str:
    """What to say to a reply that did not fit."""
    if effect.code == "too_long":
        return words.too_long(effect.detail, NOTE_LIMIT)
    return _NOTICES.get(effect.code, words.UNFIT)


def _question(run: Run, ask: Ask, greeting: str, engine: Engine) -> Screen:
    lines = [greeting] if greeting else []
    lines.append(_heading(engine, ask) if ask.position else words.taps_saved(ask.total))
    lines.append(ask.text)
    if ask.quoted:
        lines.append(f"“{ask.quoted}”")
    text = "\n\n".join(lines)
    return Screen(text, _buttons(run, ask), bold=(_span(text, ask.text),) if ask.position else ())


def _heading(engine: Engine, ask: Ask) -> str:
    theme = engine.flow.themes.get(ask.theme or "")
    title = f" · {theme.emoji} {theme.title}" if theme else ""
    return f"{words.TICK * (ask.position - 1)} {ask.position} of {ask.total}{title}".strip()


def _buttons(run: Run, ask: Ask) -> tuple[tuple[Button, ...], ...]:
    def button(label: str, choice: str) -> Button:
        return Button(label, pack(run.id, ask.turn, choice))

    rows = [(button(label, code),) for code, label in ask.choices]
    if ask.kind == "text":
        rows.append((button(words.NO_NOTE, ".skip"),))
    tools = [button(words.BACK, ".back")] if ask.can_back else []
    if ask.can_skip and ask.kind != "text":
        tools.append(button(words.SKIP, ".skip"))
    tools.append(Button(words.HELP, "help:"))
    return (*rows, tuple(tools))


def _span(text: str, part: str) -> tuple[int, int]:
    return utf16(text[: text.rindex(part)]), utf16(part)
