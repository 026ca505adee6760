"""A coordinator's side of the desk: rounds, digests and invites; never a person's answer."""

from bot import digest, rounds, words
from bot.around import Around
from bot.channel import Button, Inbound, Press, Reply, Screen
from bot.local import day_and_time, opening_after
from storage.errors import Refused
from storage.values import Partnership, Round
from storage.work import Work

_SURE = "Close it now? Everyone gets the digest, and nobody can answer after that."


def command(around: Around, work: Work, inbound: Inbound, name: str) -> Reply:
    """Answer /round, /digest or /invite, once for each partnership the person sets up."""
    mine = _mine(work, inbound)
    if not mine:
        return Reply((Screen(words.COORDINATORS_ONLY),))
    show = {"round": _round, "digest": _digest, "invite": _invite}[name]
    return Reply(tuple(screen for partnership in mine for screen in show(around, work, partnership)))


def press(around: Around, work: Work, inbound: Inbound, pressed: Press) -> Reply:
    """Answer a button under /round; everything else is a button nobody knows."""
    verb, _, step = pressed.verb.partition("-")
    partnership = next((p for p in _mine(work, inbound) if p.id == pressed.about), None)
    if verb != "round" or partnership is None:
        return Reply(notice=words.UNKNOWN_BUTTON)
    try:
        screens = _act(around, work, partnership, step)
    except Refused as exc:
        return Reply(_round(around, work, partnership), over=inbound.message, notice=str(exc)[:190])
    return Reply(screens, over=inbound.message)


def _act(around: Around, work: Work, partnership: Partnership, step: str) -> tuple[Screen, ...]:
    now = around.clock.now()
    match step:
        case "open":
            rounds.open_round(work, around.keys, around.flows, partnership, now)
        case "remind":
            rounds.remind_now(work, partnership, now)
        case "close":
            buttons = (
                (Button("Yes, close it", f"round-sure:{partnership.id}"),),
                (Button(words.BACK, f"round-show:{partnership.id}"),),
            )
            return (Screen(_SURE, buttons),)
        case "sure":
            rounds.close_now(work, around.flows, partnership, now)
    return _round(around, work, partnership)


def _mine(work: Work, inbound: Inbound) -> list[Partnership]:
    person = work.people.find(inbound.address)
    return [work.partnerships.get(p) for p in person.coordinates] if person else []


def _round(around: Around, work: Work, partnership: Partnership) -> tuple[Screen, ...]:
    now, joined = around.clock.now(), words.about_joined(work.people.count_joined(partnership.id))
    current = work.rounds.open_of(partnership.id)
    if current is None:
        opens = opening_after(now, partnership)
        buttons: tuple[tuple[Button, ...], ...] = ((Button("Open one now", f"round-open:{partnership.id}"),),)
        return (Screen(words.no_round(partnership.name, opens, joined), buttons),)
    return (_open_round(partnership, current, joined),)


def _open_round(partnership: Partnership, current: Round, joined: str) -> Screen:
    opened, closes = (day_and_time(i, partnership.timezone) for i in (current.opened_at, current.closes_at))
    buttons = (
        (Button("Send the reminder now", f"round-remind:{partnership.id}"),),
        (Button("Close it now", f"round-close:{partnership.id}"),),
    )
    return Screen(words.round_status(partnership.name, opened, closes, joined), buttons)


def _digest(around: Around, work: Work, partnership: Partnership) -> tuple[Screen, ...]:
    frozen = work.rounds.digests(partnership.id)
    if not frozen:
        return (Screen(words.NO_DIGEST),)
    text = digest.screen(around.flows, partnership, frozen[-1])
    chart = work.rounds.chart(frozen[-1].round_id)
    return (Screen(digest.alt(around.flows, partnership, frozen), picture=chart), text) if chart else (text,)


def _invite(around: Around, work: Work, partnership: Partnership) -> tuple[Screen, ...]:
    token = work.people.make_link(partnership.id, "member", around.clock.now())
    return (Screen(words.invite(partnership.name, around.host.invite(token))),)
