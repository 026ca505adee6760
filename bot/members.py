"""A member's side of the desk: joining, the commands, leaving."""

from dataclasses import replace

from bot import checkin, export, leaving, tongues
from bot.around import Around, agree_again
from bot.channel import Button, Command, Inbound, Press, Reply, Screen
from bot.languages import NAMES
from bot.local import opening_after
from bot.speech import language
from bot.spoken import help_button
from bot.words import words
from storage.values import Due, Member, Partnership, Person
from storage.work import Work


def command(around: Around, work: Work, inbound: Inbound, given: Command) -> Reply:
    """Answer a command anyone may send."""
    person = work.people.find(inbound.address)
    match given.name:
        case "start":
            return _start(around, work, inbound, person, given.rest)
        case "checkin":
            return _check_in(around, work, inbound, person)
        case "who":
            return _who(around, work, person)
        case "seat":
            return _ask_new_seat(work, person)
        case "language":
            return Reply((tongues.picker(person),))
        case "export":
            return _ask_export(person)
        case "stop":
            return _stop(around, work, person)
        case "forget":
            return _ask_forget(person)
    return Reply((Screen(words.UNKNOWN_COMMAND),))


def press(around: Around, work: Work, inbound: Inbound, pressed: Press) -> Reply | None:
    """Answer a button of a member's or of somebody who joins; None where it is not one of these."""
    person = work.people.find(inbound.address)
    member = person.member if person else None
    match pressed.verb:
        case "join":
            return _join(around, work, inbound, person, pressed.about)
        case "no":
            said = words.DECLINED if person is None else words.DECLINED_MORE
            return Reply((Screen(said),), over=inbound.message)
        case "org" | "seat" if member is not None:
            return _pick(around, work, inbound, member, pressed)
        case "checkin":
            return _check_in(around, work, inbound, person)
        case "export":
            return _export(around, work, inbound, person, pressed.about)
        case "stop":
            return replace(_stop(around, work, person), over=inbound.message)
        case leaving.RUN:
            return leaving.begin(around, work, inbound)
        case "forget":
            return _forget(around, work, inbound, person, pressed.about)
    if person is None or member is None:
        return None
    return _press_of_member(around, work, inbound, person, member, pressed)


def _press_of_member(  # noqa: PLR0913  who, and what they pressed
    around: Around, work: Work, inbound: Inbound, person: Person, member: Member, pressed: Press
) -> Reply | None:
    match pressed.verb:
        case "agree":
            return _agree(around, work, inbound, person, member, pressed.about)
        case "back":
            return _come_back(around, work, inbound, member)
        case "stay":
            work.people.note_heard(member.id, around.clock.now().date())
            return Reply((Screen(words.STAYED),), over=inbound.message)
        case "reseat" if member.joined and pressed.about in words.SEATS:
            return _take_new_seat(work, inbound, member, pressed.about)
    return None


def reach(work: Work, inbound: Inbound, *, is_open: bool) -> Reply:
    """Note that the bot was blocked or let back in; nothing is said."""
    person = work.people.find(inbound.address)
    member = person.member if person else None
    if member is not None and member.state == ("blocked" if is_open else "active"):
        work.people.pick(member.id, state="active" if is_open else "blocked")
    return Reply()


def said_out_of_turn(work: Work, inbound: Inbound) -> Reply:
    """Answer words nobody asked for."""
    person = work.people.find(inbound.address)
    if person is None:
        return Reply((Screen(words.NEEDS_LINK),))
    if person.member is not None and not person.member.joined:
        return Reply((Screen(words.FIRST_JOIN), _joining(work, person.member)))
    return Reply((Screen(words.NOT_LISTENING),))


# --- joining


def _start(around: Around, work: Work, inbound: Inbound, person: Person | None, token: str) -> Reply:
    member = person.member if person else None
    if token:
        return _follow_link(around, work, inbound, member, token)
    if member is None:
        if person is not None and person.coordinates:
            return Reply((Screen(words.coordinator_joined(work.partnerships.get(person.coordinates[0]))),))
        return Reply((Screen(words.NEEDS_LINK),))
    if not member.joined:
        return Reply((_joining(work, member),))
    if member.state == "stopped":
        return Reply((Screen(words.ALREADY_STOPPED, _one(words.COME_BACK, "back:")),))
    if member.state == "blocked":
        _is_back(around, work, member)
    return _check_in(around, work, inbound, person)


def _follow_link(around: Around, work: Work, inbound: Inbound, member: Member | None, token: str) -> Reply:
    now, lookup = around.clock.now(), work.people.lookup(inbound.address)
    if around.wrong_links.too_many(lookup, now):
        return Reply((Screen(words.TOO_MANY_LINKS),))
    link = work.people.link(token, now) if len(token) <= 64 else None
    if link is None:
        around.wrong_links.add(lookup, now)
        return Reply((Screen(words.BAD_LINK),))
    partnership = work.partnerships.get(link.partnership)
    if link.kind == "member" and member is not None:
        return _already(around, work, inbound, member, partnership)
    text = f"{words.consent(around.host, partnership, link.kind)}\n\n{words.NOTHING_YET}"
    agree = f"join:{token}:{words.version_today(around.host, partnership, link.kind)}:{language()}"
    buttons = ((Button(words.AGREE, agree),), (Button(words.NO_THANKS, "no:"), help_button()))
    return Reply((Screen(text, (*buttons, *tongues.button(token))),))


def _join(around: Around, work: Work, inbound: Inbound, person: Person | None, about: str) -> Reply:
    token, read, _ = (*about.split(":"), "", "")[:3]
    now, lookup = around.clock.now(), work.people.lookup(inbound.address)
    if person is None and around.wrong_links.too_many(lookup, now):
        return Reply((Screen(words.TOO_MANY_LINKS),), over=inbound.message)
    link = work.people.link(token, now)
    member = person.member if person else None
    if link is None:
        # The same person tapping twice stands where they stood; anyone else meets the one answer for bad links.
        if member is not None:
            return _again(around, work, inbound, member)
        if person is not None and person.coordinates:
            partnership = work.partnerships.get(person.coordinates[0])
            return _speaking(Screen(words.coordinator_joined(partnership)), inbound, coordinator=True)
        around.wrong_links.add(lookup, now)
        return Reply((Screen(words.BAD_LINK),), over=inbound.message)
    partnership = work.partnerships.get(link.partnership)
    if link.kind == "member" and member is not None:
        return _already(around, work, inbound, member, partnership)
    version = words.version_today(around.host, partnership, link.kind)
    if read and read != version:  # the words changed since they were shown
        return replace(_follow_link(around, work, inbound, member, token), over=inbound.message)
    who = work.people.add_person(inbound.address, language())
    work.people.use_link(token)
    if link.kind == "coordinator":
        work.people.add_coordinator(who, partnership.id, version, now.date())
        work.audit.add(now.date(), "coordinator", "coordinator_joined", partnership.id)
        return _speaking(Screen(words.coordinator_joined(partnership)), inbound, coordinator=True)
    new = work.people.add_member(who, partnership.id, version, now.date())
    joining = _joining(work, Member(new, partnership.id, None, None, "active"))
    return _speaking(joining, inbound, coordinator=bool(person and person.coordinates))


def _speaking(screen: Screen, inbound: Inbound, *, coordinator: bool) -> Reply:
    """A screen for somebody whose menu is to be in the language spoken now, whatever their app's is."""
    return Reply((screen,), over=inbound.message, coordinator=coordinator, language=language())


def _already(around: Around, work: Work, inbound: Inbound, member: Member, partnership: Partnership) -> Reply:
    if member.partnership != partnership.id:
        return Reply((Screen(words.OTHER_PARTNERSHIP),))
    return _again(around, work, inbound, member)


def _again(around: Around, work: Work, inbound: Inbound, member: Member) -> Reply:
    if member.joined:
        return _start(around, work, inbound, work.people.find(inbound.address), "")
    return Reply((_joining(work, member),), over=inbound.message)


def _joining(work: Work, member: Member) -> Screen:
    """The next thing to pick."""
    if member.organisation is None:
        organisations = work.partnerships.get(member.partnership).organisations
        rows = tuple((Button(o.name, f"org:{o.number}"),) for o in organisations)
        return Screen(words.ASK_ORGANISATION, rows)
    return Screen(words.ASK_SEAT, tuple((Button(label, f"seat:{code}"),) for code, label in words.SEATS.items()))


def _pick(around: Around, work: Work, inbound: Inbound, member: Member, pressed: Press) -> Reply:
    """Take the choice where it is the one asked for; draw what comes next in any case."""
    partnership = work.partnerships.get(member.partnership)
    numbers = {str(o.number): o.number for o in partnership.organisations}
    organisation, seat = member.organisation, member.seat
    if pressed.verb == "org" and organisation is None and pressed.about in numbers:
        organisation = numbers[pressed.about]
        work.people.pick(member.id, organisation=organisation)
    elif pressed.verb == "seat" and organisation is not None and seat is None and pressed.about in words.SEATS:
        seat = pressed.about
        work.people.pick(member.id, seat=seat)
        if member.state != "active":  # who sent /stop on the way
            _is_back(around, work, member)
    now = Member(member.id, member.partnership, organisation, seat, member.state)
    if not now.joined:
        return Reply((_joining(work, now),), over=inbound.message)
    open_round = work.rounds.open_of(partnership.id)
    opens = None if open_round else opening_after(around.clock.now(), partnership)
    buttons = _one(words.ANSWER_NOW, "checkin:") if open_round else ()
    return Reply((Screen(words.joined(partnership, opens), buttons),), over=inbound.message)


# --- the commands


def _check_in(around: Around, work: Work, inbound: Inbound, person: Person | None) -> Reply:
    if person is None:
        return Reply((Screen(words.NEEDS_LINK),))
    if person.member is None:
        return Reply((Screen(words.coordinator_joined(work.partnerships.get(person.coordinates[0]))),))
    if not person.member.joined:
        return Reply((_joining(work, person.member),))
    partnership = work.partnerships.get(person.member.partnership)
    if partnership.ended:
        return Reply((Screen(words.goodbye(partnership)),))
    found = around.open_run(work, inbound.address)
    if found is None or not found.run.turn:  # what was begun may be finished
        again = agree_again(around.host, work, "member", person.id, partnership)
        if again is not None:
            return Reply((again,))
    if found is None:
        return Reply((Screen(words.next_opening(opening_after(around.clock.now(), partnership))),))
    return Reply((checkin.screen(around.flows[found.run.flow], found.run),))


def _agree(around: Around, work: Work, inbound: Inbound, person: Person, member: Member, version: str) -> Reply:  # noqa: PLR0913  the parts of one consent
    """Record that today's words are agreed to, if they are those on the screen; then go on."""
    today = words.version_today(around.host, work.partnerships.get(member.partnership), "member")
    if version == today != work.people.agreed("member", person.id, member.partnership):
        day = around.clock.now().date()
        work.people.agree("member", person.id, member.partnership, version, day)
        work.people.note_heard(member.id, day)
    return replace(_start(around, work, inbound, person, ""), over=inbound.message)


def _who(around: Around, work: Work, person: Person | None) -> Reply:
    member = person.member if person else None
    place = member.partnership if member else next(iter(person.coordinates), None) if person else None
    if place is None:
        return Reply((Screen(words.who(around.host, None, [])),))
    partnership = work.partnerships.get(place)
    names = {o.number: o.name for o in partnership.organisations}
    setters = [words.coordinator_from(names[n] if n else None) for n in work.people.coordinators_from(place)]
    latest = work.rounds.latest(place)
    least = latest.limits.people if latest else work.limits.people
    return Reply((Screen(words.who(around.host, partnership, setters, least)),))


def _ask_new_seat(work: Work, person: Person | None) -> Reply:
    if person is None:
        return Reply((Screen(words.NEEDS_LINK),))
    if person.member is None:
        return Reply((Screen(words.coordinator_joined(work.partnerships.get(person.coordinates[0]))),))
    if not person.member.joined:
        return Reply((_joining(work, person.member),))
    rows = tuple((Button(label, f"reseat:{code}"),) for code, label in words.SEATS.items())
    return Reply((Screen(words.ASK_NEW_SEAT, rows),))


def _take_new_seat(work: Work, inbound: Inbound, member: Member, seat: str) -> Reply:
    """Keep the choice for the next period, so that nobody's answers of one period change sides; never show it."""
    started = work.rounds.latest(member.partnership) is not None
    work.people.pick(member.id, **{"next_seat" if started else "seat": seat})
    said = words.NEW_SEAT_LATER if started else words.NEW_SEAT_NOW
    return Reply((Screen(said),), over=inbound.message)


def pick_language(around: Around, work: Work, inbound: Inbound, pressed: Press) -> Reply | None:
    """Show the languages, or speak the one picked, which is spoken now already; None for other buttons."""
    if pressed.verb not in (tongues.PICK, tongues.PICKED):
        return None
    person = work.people.find(inbound.address)
    if pressed.verb == tongues.PICK:
        return Reply((tongues.picker(person, pressed.about),), over=inbound.message)
    if person is not None:
        work.people.speak(person.id, language())
    token = pressed.about.partition(":")[2]
    if token:  # back to the invite they came from
        member = person.member if person else None
        return replace(_follow_link(around, work, inbound, member, token), over=inbound.message)
    if person is None:
        return Reply((tongues.picker(None),), over=inbound.message)
    return _speaking(Screen(words.new_language(NAMES[language()])), inbound, coordinator=bool(person.coordinates))


def _ask_export(person: Person | None) -> Reply:
    if person is None:
        return Reply((Screen(words.NOTHING_HELD),))
    kinds = {"plain": words.EXPORT_PLAIN, "all": words.EXPORT_ALL, "none": words.EXPORT_NONE}
    rows = tuple((Button(label, f"export:{kind}"),) for kind, label in kinds.items())
    return Reply((Screen(words.EXPORT_WARNING, rows),))


def _export(around: Around, work: Work, inbound: Inbound, person: Person | None, kind: str) -> Reply | None:
    if person is None:
        return Reply((Screen(words.NOTHING_HELD),), over=inbound.message)
    match kind:
        case "plain" | "all":
            return Reply(export.screens(around, work, person.id, answers=kind == "all"), over=inbound.message)
        case "none":
            return Reply((Screen(words.NOT_EXPORTED),), over=inbound.message)
    return None


def _stop(around: Around, work: Work, person: Person | None) -> Reply:
    if person is None:
        return Reply((Screen(words.NOTHING_HELD),))
    if person.member is None:
        return Reply((Screen(words.COORDINATORS_STOP),))
    buttons = (*_one(words.COME_BACK, "back:"), *leaving.offer(work, person.member))
    if person.member.state == "stopped":
        return Reply((Screen(words.ALREADY_STOPPED, buttons),))
    work.people.pick(person.member.id, state="stopped")
    work.people.note_stopped(person.member.id, around.clock.now().date())
    if person.coordinates:
        return Reply((Screen(words.STOPPED_COORDINATING, buttons),))
    return Reply((Screen(words.STOPPED if person.member.joined else words.STOPPED_JOINING, buttons),))


def _come_back(around: Around, work: Work, inbound: Inbound, member: Member) -> Reply:
    if member.state != "active":
        _is_back(around, work, member)
    shown = Screen(words.BACK_AGAIN) if member.joined else _joining(work, member)
    return Reply((shown,), over=inbound.message)


def _is_back(around: Around, work: Work, member: Member) -> None:
    work.people.pick(member.id, state="active")
    work.people.note_heard(member.id, around.clock.now().date())
    leaving.come_back(work, member)


def _ask_forget(person: Person | None) -> Reply:
    if person is None:
        return Reply((Screen(words.NOTHING_HELD),))
    sure = ((Button(words.FORGET_SURE, "forget:sure"),), (Button(words.KEEP, "forget:keep"),))
    return Reply((Screen(words.ASK_FORGET, sure),))


def _forget(around: Around, work: Work, inbound: Inbound, person: Person | None, choice: str) -> Reply:
    if person is not None and choice == "ask":
        return replace(_ask_forget(person), over=inbound.message)
    if person is None or choice != "sure":
        return Reply((Screen(words.FORGOTTEN if person is None else words.KEPT),), over=inbound.message)
    if person.member is not None:
        work.rounds.forget(person.member.id)
        work.pools.forget(person.member.id)
    for partnership in person.coordinates:
        work.audit.add(around.clock.now().date(), "coordinator", "coordinator_left", partnership)
    work.audit.count("forgotten")
    work.people.forget(person.id)
    work.rounds.plan(Due("purge", "log", around.clock.now()))
    return Reply((Screen(words.FORGOTTEN),), over=inbound.message)


def _one(label: str, data: str) -> tuple[tuple[Button, ...], ...]:
    return ((Button(label, data),),)
