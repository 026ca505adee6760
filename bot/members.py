"""A member's side of the desk: joining, the commands, leaving."""

from bot import checkin, words
from bot.around import Around
from bot.channel import Button, Command, Inbound, Press, Reply, Screen
from bot.local import opening_after
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
        case "privacy":
            return Reply((Screen(words.privacy(around.host)),))
        case "who":
            return _who(around, work, person)
        case "stop":
            return _stop(work, person)
        case "forget":
            return _ask_forget(person)
    return Reply((Screen(words.UNKNOWN_COMMAND),))


def press(around: Around, work: Work, inbound: Inbound, pressed: Press) -> Reply | None:
    """Answer a button of joining or coming back; None where it is not one of these."""
    person = work.people.find(inbound.address)
    member = person.member if person else None
    match pressed.verb:
        case "join":
            return _join(around, work, inbound, person, pressed.about)
        case "no":
            return Reply((Screen(words.DECLINED),), over=inbound.message)
        case "org" | "seat" if member is not None:
            return _pick(around, work, inbound, member, pressed)
        case "checkin":
            return _check_in(around, work, inbound, person)
        case "forget":
            return _forget(around, work, inbound, person, pressed.about)
        case "back" if member is not None:
            work.people.pick(member.id, state="active")
            return Reply((Screen(words.BACK_AGAIN),), over=inbound.message)
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
        work.people.pick(member.id, state="active")
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
    text = _consent_text(around, link.kind, partnership)
    buttons = ((Button(words.AGREE, f"join:{token}"),), (Button(words.NO_THANKS, "no:"), Button(words.HELP, "help:")))
    return Reply((Screen(text, buttons),))


def _join(around: Around, work: Work, inbound: Inbound, person: Person | None, token: str) -> Reply:
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
            return Reply((Screen(words.coordinator_joined(partnership)),), over=inbound.message, coordinator=True)
        around.wrong_links.add(lookup, now)
        return Reply((Screen(words.BAD_LINK),), over=inbound.message)
    partnership = work.partnerships.get(link.partnership)
    if link.kind == "member" and member is not None:
        return _already(around, work, inbound, member, partnership)
    who = work.people.add_person(inbound.address, inbound.language)
    work.people.use_link(token)
    if link.kind == "coordinator":
        work.people.add_coordinator(who, partnership.id)
        return Reply((Screen(words.coordinator_joined(partnership)),), over=inbound.message, coordinator=True)
    version = words.consent_version(_consent_text(around, link.kind, partnership))
    new = work.people.add_member(who, partnership.id, version, now.date())
    return Reply((_joining(work, Member(new, partnership.id, None, None, "active")),), over=inbound.message)


def _consent_text(around: Around, kind: str, partnership: Partnership) -> str:
    write = words.consent if kind == "member" else words.coordinator_consent
    return write(around.host, partnership)


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
    found = around.open_run(work, inbound.address)
    if found is None:
        partnership = work.partnerships.get(person.member.partnership)
        return Reply((Screen(words.next_opening(opening_after(around.clock.now(), partnership))),))
    return Reply((checkin.screen(around.flows[found.run.flow], found.run),))


def _who(around: Around, work: Work, person: Person | None) -> Reply:
    member = person.member if person else None
    place = member.partnership if member else next(iter(person.coordinates), None) if person else None
    if place is None:
        return Reply((Screen(words.who(around.host, None, [])),))
    partnership = work.partnerships.get(place)
    names = {o.number: o.name for o in partnership.organisations}
    setters = [f"someone from {names[n]}" if n else "someone outside it" for n in work.people.coordinators_from(place)]
    return Reply((Screen(words.who(around.host, partnership, setters)),))


def _stop(work: Work, person: Person | None) -> Reply:
    if person is None or person.member is None:
        return Reply((Screen(words.NEEDS_LINK if person is None else words.UNKNOWN_COMMAND),))
    said = words.ALREADY_STOPPED if person.member.state == "stopped" else words.STOPPED
    work.people.pick(person.member.id, state="stopped")
    return Reply((Screen(said, _one(words.COME_BACK, "back:")),))


def _ask_forget(person: Person | None) -> Reply:
    if person is None:
        return Reply((Screen(words.NEEDS_LINK),))
    sure = ((Button(words.FORGET_SURE, "forget:sure"),), (Button(words.KEEP, "forget:keep"),))
    return Reply((Screen(words.ASK_FORGET, sure),))


def _forget(around: Around, work: Work, inbound: Inbound, person: Person | None, choice: str) -> Reply:
    if person is None or choice != "sure":
        return Reply((Screen(words.FORGOTTEN if person is None else words.KEPT),), over=inbound.message)
    if person.member is not None:
        work.rounds.forget(person.member.id)
    work.people.forget(person.id)
    work.rounds.plan(Due("purge", "log", around.clock.now()))
    return Reply((Screen(words.FORGOTTEN),), over=inbound.message)


def _one(label: str, data: str) -> tuple[tuple[Button, ...], ...]:
    return ((Button(label, data),),)
