"""Why somebody leaves, if they like to say: a check-in after /stop that belongs to no round and lives in a pool."""

from dataclasses import replace

from bot import checkin
from bot.around import Around
from bot.channel import Button, Inbound, Reply, Screen, Tap
from bot.words import words
from flows.effects import Notice
from flows.engine import Engine
from flows.events import Event, Tapped, Wrote
from flows.plan import EXIT_FORM as FORM
from flows.run import Run
from storage.pools import Form
from storage.values import Member
from storage.work import Work

RUN = "exit"
"""What its buttons carry in the place of a run's id: no stored run has one as short."""

_Buttons = tuple[tuple[Button, ...], ...]


def offer(work: Work, member: Member) -> _Buttons:
    """The button that begins the form, for whoever may fill it in."""
    return ((Button(words.SAY_WHY, f"{RUN}:"),),) if _may(work, member) else ()


def begin(around: Around, work: Work, inbound: Inbound) -> Reply:
    """Show the form where it stands. Nothing is kept before the first tap on an answer."""
    member = _leaver(work, inbound.address)
    if member is None:
        return _not_now(inbound)
    form = _form(around, work, member)
    return Reply((_screen(around, form),), over=inbound.message)


def tap(around: Around, work: Work, inbound: Inbound, tapped: Tap) -> Reply:
    """Take one of the form's buttons."""
    member = _leaver(work, inbound.address)
    if member is None:
        return _not_now(inbound)
    form, said = _step(around, work, member, Tapped(tapped.turn, tapped.choice), inbound.message)
    return Reply((_screen(around, form),), over=inbound.message, notice=said)


def write(around: Around, work: Work, inbound: Inbound, text: str) -> Reply | None:
    """Take words that the form asks for; None where it asks for none."""
    member = _leaver(work, inbound.address)
    if member is None or not work.pools.of(member.id, FORM):
        return None
    before = _form(around, work, member)
    if inbound.message is not None and before.message == inbound.message:
        return Reply((_screen(around, before),), erase=inbound.message)  # the same words, delivered once more
    if not checkin.awaits_words(_engine(around, before), _run(before)):
        return None
    form, said = _step(around, work, member, Wrote(text), inbound.message)
    if said is not None:
        return Reply((Screen(said),))
    return Reply((_screen(around, form),), over=before.message, erase=inbound.message)


def come_back(work: Work, member: Member) -> None:
    """Whoever comes back has not left: what they said in the form is deleted."""
    work.pools.forget(member.id, FORM)


def _leaver(work: Work, address: str) -> Member | None:
    person = work.people.find(address)
    member = person.member if person else None
    return member if member is not None and member.state == "stopped" and _may(work, member) else None


def _may(work: Work, member: Member) -> bool:
    return member.joined and not work.partnerships.get(member.partnership).ended


def _not_now(inbound: Inbound) -> Reply:
    return Reply((Screen(words.NOT_LEAVING),), over=inbound.message)


def _form(around: Around, work: Work, member: Member) -> Form:
    """The member's form as it is kept; the newest version, at its first question, where there is none."""
    for form in work.pools.of(member.id, FORM):
        around.flows.know(work, [form.flow])
        return form
    engine = around.flows.newest(FORM)
    return Form(engine.flow.ref, engine.first(RUN, None).state, 0, {})


def _step(around: Around, work: Work, member: Member, event: Event, message: int | None) -> tuple[Form, str | None]:
    """The form after this event, kept; and what to say where the event did not fit."""
    form = _form(around, work, member)
    engine, day = _engine(around, form), around.clock.now().date()
    after, effects = engine.step(_run(form), event)
    if after.turn == form.turn:
        return form, next((checkin.notice(e) for e in effects if isinstance(e, Notice)), None)
    moved = replace(form, state=after.state, turn=after.turn, answers=after.answers, message=message)
    around.flows.publish(work, engine.flow, day.replace(day=1))  # the day itself is one on which somebody left
    work.pools.put(member.id, moved, day)
    return moved, None


def _screen(around: Around, form: Form) -> Screen:
    return checkin.screen(_engine(around, form), _run(form))


def _engine(around: Around, form: Form) -> Engine:
    return around.flows[form.flow]


def _run(form: Form) -> Run:
    return Run(RUN, form.flow, form.state, form.turn, form.answers)
