"""What an operator asks for, as values: each verb opens the store, does one thing, and closes it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot import rounds
from bot.local import day_and_time, opening
from bot.me import NotReached, get_me
from bot.settings import Settings
from bot.shelf import shelf_of
from bot.words import Host, words
from digests.disclose import needed
from digests.split import DEFAULT, BadSplit, canonical, warnings
from flows.answers import clean
from flows.load import load
from flows.schedule import check_zone, parse_at, weekday
from storage.errors import Refused
from storage.people import MEMBER_LINK_CAP
from storage.values import Due, Organisation, Partnership, Round
from storage.work import Store, Work, open_store

YEAR, PULSE = "year", "pulse"
CALENDARS = (YEAR, PULSE)
_LONGEST_NAME = 60  # a button's label on a narrow phone


@dataclass(frozen=True, slots=True)
class Asked:
    """A partnership as an operator asks for it."""

    name: str
    organisations: tuple[str, ...]
    timezone: str
    lead: str | None
    day: str
    at: str
    cap: int = MEMBER_LINK_CAP
    split: str = DEFAULT
    calendar: str = YEAR


@contextmanager
def opened(settings: Settings) -> Iterator[Store]:
    """The store, checked, and closed at the end."""
    store = open_store(settings.database_url, settings.keys_url, settings.master_key_file, settings.limits)
    try:
        yield store
    finally:
        store.dispose()


# --- partnerships


def create(settings: Settings, asked: Asked, warn: Callable[[str], None]) -> dict[str, Any]:
    """Set a partnership up; its id and invite links.

    Raises:
        Refused, BadSchedule: what does not fit and how to mend it; nothing was written.
    """
    wanted = _checked(asked)
    now = datetime.now(UTC)
    with opened(settings) as store, store.work() as work:
        made = work.partnerships.create(wanted)
        member = work.people.make_link(made.id, "member", now, asked.cap)
        coordinator = work.people.make_link(made.id, "coordinator", now)
        work.rounds.plan(Due("open", made.id, opening(now, made)))
        for what in ("partnership_made", "member_link_made", "coordinator_link_made"):
            work.audit.add(now.date(), "operator", what, made.id)
        known = work.partnerships.fact("bot_name")
    host = _host(settings, known, warn)
    return {
        "id": made.id,
        "member_link": host.invite(member),
        "coordinator_link": host.invite(coordinator),
        "split": made.split,
        "calendar": made.calendar,
        "needed": needed(len(made.organisations), settings.limits),
        "warnings": list(warnings(made.split, settings.limits.people)),
    }


def link(settings: Settings, name: str, kind: str, warn: Callable[[str], None]) -> dict[str, Any]:
    """A new invite link, `kind` "member" or "coordinator".

    Raises:
        NotFound: there is no partnership of that name.
    """
    now = datetime.now(UTC)
    with opened(settings) as store, store.work() as work:
        partnership = work.partnerships.get(name)
        token = work.people.make_link(partnership.id, kind, now)
        work.audit.add(now.date(), "operator", f"{kind}_link_made", partnership.id)
        known = work.partnerships.fact("bot_name")
    return {"id": partnership.id, "kind": kind, "link": _host(settings, known, warn).invite(token)}


def _host(settings: Settings, known: str | None, warn: Callable[[str], None]) -> Host:
    return Host(settings.operator, settings.contact, known or _bot_name(settings, warn))


def _bot_name(settings: Settings, warn: Callable[[str], None]) -> str:
    try:
        return asyncio.run(get_me(settings))[0]
    except NotReached as exc:
        warn(f"{exc} Until then the links say BOT where the bot's name belongs: put it there by hand.")
        return "BOT"


def created_lines(value: dict[str, Any]) -> list[str]:
    """A new partnership for a person to read."""
    return [
        f"Made: {value['id']}",
        f"For members (14 days): {value['member_link']}",
        f"For one coordinator (24 hours, once): {value['coordinator_link']}",
        "A coordinator who also wants to answer check-ins uses the member link too.",
        f"A figure needs {value['needed']} replies or more. Weekly figures need 20 people.",
        f"Groups that are compared: {value['split']}. This stays as it is.",
        _CALENDARS[value["calendar"]],
        *value["warnings"],
    ]


def _checked(asked: Asked) -> Partnership:
    name, organisations = clean(asked.name), [clean(o) for o in asked.organisations]
    if not name or not all(organisations):
        message = "A name is empty. Give the partnership and each organisation a name."
        raise Refused(message)
    if any(len(n) > _LONGEST_NAME for n in (name, *organisations)):
        message = f"A name is longer than {_LONGEST_NAME} letters. Shorten it: it has to fit on a button."
        raise Refused(message)
    if len({o.casefold() for o in organisations}) < max(2, len(organisations)):
        message = "A partnership needs two or more organisations with different names. Give --organisation for each."
        raise Refused(message)
    lead = clean(asked.lead) if asked.lead else None
    if lead is not None and lead not in organisations:
        message = f"The lead {lead!r} is not one of the organisations: {', '.join(organisations)}."
        raise Refused(message)
    partners = tuple(Organisation(n, o, o == lead) for n, o in enumerate(organisations, start=1))
    at = parse_at(asked.at).strftime("%H:%M")
    try:
        split = canonical(asked.split)
    except BadSplit as exc:
        raise Refused(str(exc)) from None
    if asked.calendar not in CALENDARS:
        message = f"There is no calendar {asked.calendar!r}. There is: {', '.join(CALENDARS)}."
        raise Refused(message)
    return Partnership("", name, check_zone(asked.timezone), weekday(asked.day), at, partners, split,
                       calendar=asked.calendar)  # fmt: skip


def listing(settings: Settings) -> dict[str, Any]:
    """Every partnership, briefly."""
    with opened(settings) as store, store.work() as work:
        return {"partnerships": [_brief(work, p) for p in work.partnerships.all()]}


def listing_lines(value: dict[str, Any]) -> list[str]:
    """Partnerships for a person to read."""
    rows = [f"{p['id']}  {p['name']}  ({p['joined']})" for p in value["partnerships"]]
    return rows or ["There is no partnership yet. `pulse partnership create` makes one."]


def showing(settings: Settings, name: str) -> dict[str, Any]:
    """One partnership, its open round and its next.

    Raises:
        NotFound: there is none of that name.
    """
    with opened(settings) as store, store.work() as work:
        partnership = work.partnerships.get(name)
        current = work.rounds.open_of(partnership.id)
        due = work.rounds.planned("open", partnership.id) or opening(datetime.now(UTC), partnership)
        return {
            **_brief(work, partnership),
            "timezone": partnership.timezone,
            "split": partnership.split,
            "calendar": partnership.calendar,
            "organisations": [{"name": o.name, "lead": o.lead} for o in partnership.organisations],
            "round": _round(work, partnership, current) if current else None,
            "next_opening": due.isoformat(),
            "next_opening_local": day_and_time(due, partnership.timezone),
        }


def showing_lines(value: dict[str, Any]) -> list[str]:
    """One partnership for a person to read."""
    partners = ", ".join(f"{o['name']} (lead)" if o["lead"] else o["name"] for o in value["organisations"])
    current = round_lines(value["round"]) if value["round"] else ["No round is open."]
    return [f"{value['name']} ({value['id']})", f"Partners: {partners}", value["joined"],
            _CALENDARS[value["calendar"]], *current,
            f"The next round opens on {value['next_opening_local']}."]  # fmt: skip


_CALENDARS = {
    YEAR: "Calendar: the weekly pulse, and longer check-ins and votes through the year.",
    PULSE: "Calendar: the weekly pulse alone.",
}


def _brief(work: Work, partnership: Partnership) -> dict[str, Any]:
    least = needed(len(partnership.organisations), work.limits)
    joined = words.about_joined(work.people.count_joined(partnership.id), least)
    return {"id": partnership.id, "name": partnership.name, "joined": joined}


# --- rounds


def open_round(settings: Settings, name: str, flow: str | None = None) -> dict[str, Any]:
    """Open a round now; of `flow`, or of what the partnership's calendar has.

    Raises:
        NotFound, Refused: no such partnership or flow; one is open already; the flow is not for everyone.
        BadSettings: members could not be told who runs this and where to complain.
    """
    settings.must_open()
    with opened(settings) as store:
        flows, now = shelf_of(store), datetime.now(UTC)
        if flow is not None and (who := flows.newest(flow).flow.who) != "everyone":
            message = f"{flow} is for {who} alone: they are asked when they join or leave. No round can ask it."
            raise Refused(message)
        with store.work() as work:
            partnership = work.partnerships.get(name)
            current = rounds.open_round(work, store.keys, flows, partnership, now, flow)
            work.audit.add(now.date(), "operator", "round_opened", partnership.id)
            return _round(work, partnership, current)


def remind(settings: Settings, name: str) -> dict[str, Any]:
    """Bring the reminder forward.

    Raises:
        NotFound, Refused: no such partnership; no round is open.
    """
    with opened(settings) as store, store.work() as work:
        partnership = work.partnerships.get(name)
        current = rounds.remind_now(work, partnership, datetime.now(UTC))
        return _round(work, partnership, current)


def close(settings: Settings, name: str) -> dict[str, Any]:
    """Close the open round: freeze its digest, and destroy what the end of a period destroys.

    Raises:
        NotFound, Refused: no such partnership; no round is open.
    """
    now = datetime.now(UTC)
    with opened(settings) as store:
        flows = shelf_of(store)
        with store.work() as work:
            partnership = work.partnerships.get(name)
            current = rounds.must_be_open(work, partnership)
            value = _round(work, partnership, current)
            rounds.close_round(work, flows, current, now)
            work.audit.add(now.date(), "operator", "round_closed", partnership.id)
        rounds.destroy_due(store, now)
        return {**value, "open": False}


def _round(work: Work, partnership: Partnership, current: Round) -> dict[str, Any]:
    return {
        "id": current.id,
        "number": current.number,
        "partnership": partnership.id,
        "flow": current.flow,
        "open": not current.closed,
        "closes_at": current.closes_at.isoformat(),
        "closes_local": day_and_time(current.closes_at, partnership.timezone),
        "invited": work.rounds.asked(current.id),
    }


def round_lines(value: dict[str, Any]) -> list[str]:
    """A round for a person to read."""
    if not value["open"]:
        return [f"Round {value['number']} is closed. A running bot sends its digest."]
    return [f"Round {value['number']} is open. It asks {value['invited']} and closes on {value['closes_local']}."]


# --- check-ins


def publish(settings: Settings, path: Path) -> str:
    """Keep the check-in in the file at `path` for good, so that rounds can ask it; its ref.

    Raises:
        BadDefinition: the file is no check-in; holds every problem found.
        Refused: another of this name and version was published before; those of this name are for other people.
    """
    flow, today = load(path), datetime.now(UTC).date()
    with opened(settings) as store:
        flows = shelf_of(store)
        if others := {one.flow.who for one in flows.values() if one.flow.id == flow.id} - {flow.who}:
            message = f"{flow.id} is for {others.pop()}, and this one for {flow.who}. Give it an `id` of its own."
            raise Refused(message)  # the clock asks by name
        with store.work() as work:
            flows.publish(work, flow, today)
            work.audit.add(today, "operator", "flow_published", flow.ref)
    return flow.ref
