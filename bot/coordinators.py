"""A coordinator's side of the desk: rounds, digests and invites; never a person's answer."""

from bot import digest, preview, rounds
from bot.around import Around, agree_again
from bot.channel import Button, Inbound, Press, Reply, Screen
from bot.local import day_and_time, opening_after
from bot.speech import language
from bot.words import words
from digests.disclose import needed
from storage.errors import Refused
from storage.values import Partnership, Person, Round
from storage.work import Work


def command(around: Around, work: Work, inbound: Inbound, name: str) -> Reply:
    """Answer /round, /digest or /invite once for each partnership the person sets up, and /preview once for all."""
    person = work.people.find(inbound.address)
    mine = _mine(work, person)
    if person is None or not mine:
        return Reply((Screen(words.COORDINATORS_ONLY),))
    if name == "preview":
        around.flows.know_all(work)
        return preview.pick(around.flows)
    show = {"round": _round, "digest": _digest, "invite": _invite}[name]
    shown = (_agree_again(around, work, person, p) or show(around, work, p) for p in mine)
    return Reply(tuple(screen for screens in shown for screen in screens))


def press(around: Around, work: Work, inbound: Inbound, pressed: Press) -> Reply:
    """Answer a button under /round or /preview; everything else is a button nobody knows."""
    if pressed.verb == "preview":
        return _preview(around, work, inbound, pressed.about)
    verb, _, step = pressed.verb.partition("-")
    version, _, place = pressed.about.rpartition(":")
    person = work.people.find(inbound.address)
    partnership = next((p for p in _mine(work, person) if p.id == place), None)
    if verb != "round" or person is None or partnership is None:
        return Reply(notice=words.UNKNOWN_BUTTON)
    if step == "leave":
        return Reply((_leave(around, work, person, partnership),), over=inbound.message)
    if step == "agree" and version == words.version_today(around.host, partnership, "coordinator"):
        work.people.agree("coordinator", person.id, partnership.id, version, around.clock.now().date())
    again = _agree_again(around, work, person, partnership)
    if again:
        return Reply(again, over=inbound.message)
    try:
        screens = _act(around, work, partnership, step)
    except Refused as exc:
        return Reply(_round(around, work, partnership), over=inbound.message, notice=str(exc))
    return Reply(screens, over=inbound.message)


def _preview(around: Around, work: Work, inbound: Inbound, ref: str) -> Reply:
    around.flows.know_all(work)  # where another process showed them
    if ref not in around.flows or not _mine(work, work.people.find(inbound.address)):
        return Reply(notice=words.UNKNOWN_BUTTON)
    who = work.people.lookup(inbound.address)
    screen = around.previews.start(who, around.flows[ref], inbound.message, around.clock.now())
    return Reply((screen,), over=inbound.message)


def _act(around: Around, work: Work, partnership: Partnership, step: str) -> tuple[Screen, ...]:
    now = around.clock.now()
    match step:
        case "open":
            rounds.open_round(work, around.keys, around.flows, partnership, now)
            work.audit.add(now.date(), "coordinator", "round_opened", partnership.id)
        case "remind":
            rounds.remind_now(work, partnership, now)
        case "close":
            buttons = (
                (Button(words.CLOSE_SURE, f"round-sure:{partnership.id}"),),
                (Button(words.BACK, f"round-show:{partnership.id}"),),
            )
            return (Screen(words.ASK_CLOSE, buttons),)
        case "sure":
            rounds.close_now(work, around.flows, partnership, now)
            work.audit.add(now.date(), "coordinator", "round_closed", partnership.id)
    return _round(around, work, partnership)


def _agree_again(around: Around, work: Work, person: Person, partnership: Partnership) -> tuple[Screen, ...]:
    again = agree_again(around.host, work, "coordinator", person.id, partnership)
    return (again,) if again else ()


def _leave(around: Around, work: Work, person: Person, partnership: Partnership) -> Screen:
    work.people.leave_setting_up(person.id, partnership.id)
    work.audit.add(around.clock.now().date(), "coordinator", "coordinator_left", partnership.id)
    return Screen(words.no_longer_coordinator(partnership))


def _mine(work: Work, person: Person | None) -> list[Partnership]:
    mine = [work.partnerships.get(p) for p in person.coordinates] if person else []
    return [partnership for partnership in mine if not partnership.ended]


def _round(around: Around, work: Work, partnership: Partnership) -> tuple[Screen, ...]:
    now, least = around.clock.now(), needed(len(partnership.organisations), work.limits)
    joined = words.about_joined(work.people.count_joined(partnership.id), least)
    current = work.rounds.open_of(partnership.id)
    if current is None:
        opens = opening_after(now, partnership)
        buttons: tuple[tuple[Button, ...], ...] = ((Button(words.OPEN_NOW, f"round-open:{partnership.id}"),),)
        return (Screen(words.no_round(partnership.name, opens, joined), buttons),)
    return (_open_round(partnership, current, joined),)


def _open_round(partnership: Partnership, current: Round, joined: str) -> Screen:
    opened, closes = (day_and_time(i, partnership.timezone) for i in (current.opened_at, current.closes_at))
    buttons = (
        (Button(words.REMIND_NOW, f"round-remind:{partnership.id}"),),
        (Button(words.CLOSE_NOW, f"round-close:{partnership.id}"),),
    )
    return Screen(words.round_status(partnership.name, opened, closes, joined), buttons)


def _digest(around: Around, work: Work, partnership: Partnership) -> tuple[Screen, ...]:
    frozen = work.frozen.digests(partnership.id)
    if not frozen:
        return (Screen(words.NO_DIGEST),)
    around.flows.know(work, digest.refs(frozen))
    said = tuple(digest.parts(around.flows, partnership, frozen[-1]).values())
    chart = work.frozen.chart(frozen[-1].round_id, language())
    return (Screen(digest.alt(around.flows, partnership, frozen), picture=chart), *said) if chart else said


def _invite(around: Around, work: Work, partnership: Partnership) -> tuple[Screen, ...]:
    now = around.clock.now()
    token = work.people.make_link(partnership.id, "member", now)
    work.audit.add(now.date(), "coordinator", "member_link_made", partnership.id)
    return (Screen(words.invite(partnership.name, around.host.invite(token))),)
