"""What an operator asks for, as values: each verb opens the store, does one thing, and closes it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot import digest as digests_of
from bot import rounds, words
from bot.local import day_and_time, opening
from bot.me import NotReached, get_me
from bot.settings import Settings
from digests import words as digest_words
from digests.disclose import needed
from digests.sheet import to_csv
from digests.split import DEFAULT, BadSplit, canonical, warnings
from flows.answers import clean
from flows.engine import Engine, engines
from flows.schedule import check_zone, parse_at, weekday
from storage.errors import NotFound, Refused
from storage.people import MEMBER_LINK_CAP
from storage.values import Due, FrozenDigest, Organisation, Partnership, Round
from storage.work import Store, Work, open_store

FORMATS = ("text", "html", "json", "csv", "png")
_LONGEST_NOTE, _MOST_NOTES = 280, 3
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


def _host(settings: Settings, known: str | None, warn: Callable[[str], None]) -> words.Host:
    return words.Host(settings.operator, settings.contact, known or _bot_name(settings, warn))


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
    return Partnership("", name, check_zone(asked.timezone), weekday(asked.day), at, partners, split)


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
            "organisations": [{"name": o.name, "lead": o.lead} for o in partnership.organisations],
            "round": _round(work, partnership, current) if current else None,
            "next_opening": due.isoformat(),
            "next_opening_local": day_and_time(due, partnership.timezone),
        }


def showing_lines(value: dict[str, Any]) -> list[str]:
    """One partnership for a person to read."""
    partners = ", ".join(f"{o['name']} (lead)" if o["lead"] else o["name"] for o in value["organisations"])
    current = round_lines(value["round"]) if value["round"] else ["No round is open."]
    return [f"{value['name']} ({value['id']})", f"Partners: {partners}", value["joined"], *current,
            f"The next round opens on {value['next_opening_local']}."]  # fmt: skip


def _brief(work: Work, partnership: Partnership) -> dict[str, Any]:
    least = needed(len(partnership.organisations), work.limits)
    joined = words.about_joined(work.people.count_joined(partnership.id), least)
    return {"id": partnership.id, "name": partnership.name, "joined": joined}


# --- rounds


def open_round(settings: Settings, name: str, flow: str) -> dict[str, Any]:
    """Open a round now.

    Raises:
        NotFound, Refused: no such partnership or flow; one is open already.
        BadSettings: members could not be told who runs this and where to complain.
    """
    settings.must_open()
    with opened(settings) as store, store.work() as work:
        partnership = work.partnerships.get(name)
        flows = engines()
        known = sorted({e.flow.id for e in flows.values()})
        if flow not in known:
            message = f"There is no check-in called {flow!r}. There is: {', '.join(known)}."
            raise NotFound(message)
        now = datetime.now(UTC)
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
        with store.work() as work:
            partnership = work.partnerships.get(name)
            current = rounds.must_be_open(work, partnership)
            value = _round(work, partnership, current)
            rounds.close_round(work, engines(), current, now)
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


# --- digests


def digest(settings: Settings, name: str, number: int | None, form: str) -> bytes:
    """A frozen digest in one of `FORMATS`.

    Raises:
        NotFound: no such partnership, round or format.
    """
    if form not in FORMATS:
        message = f"There is no format {form!r}. There is: {', '.join(FORMATS)}."
        raise NotFound(message)
    with opened(settings) as store:
        with store.work() as work:
            partnership = work.partnerships.get(name)
            history = list(work.rounds.digests(partnership.id, number))
            chart = work.rounds.chart(history[-1].round_id) if history else None
            note = work.rounds.correction(partnership.id, history[-1].number) if history else None
            found = bool(history) and number in (None, history[-1].number)
            if found:
                work.audit.add(datetime.now(UTC).date(), "operator", "digest_exported", partnership.id)
        if not found:
            which = f"of round {number} " if number else ""
            message = f"There is no digest {which}of {partnership.name} yet. It comes when the round closes."
            raise NotFound(message)
        return _render(partnership, history, chart, note or "", form)


def correct(settings: Settings, name: str, number: int, note: str) -> dict[str, Any]:
    """Keep a note on an old digest; the next digest tells it. A digest itself is never rewritten.

    Raises:
        NotFound: no such partnership or digest.
        Refused: the note is empty, too long, or holds a figure.
    """
    said = clean(note)
    if not said or len(said) > _LONGEST_NOTE:
        message = f"A note has 1 to {_LONGEST_NOTE} letters, and this one has {len(said)}."
        raise Refused(message)
    if any(letter.isnumeric() for letter in said):
        message = "A note on an old digest holds no figure: a second figure beside the first can give somebody away."
        raise Refused(message)
    with opened(settings) as store, store.work() as work:
        partnership = work.partnerships.get(name)
        frozen = work.rounds.digests(partnership.id, number, most=1)
        if not frozen or frozen[-1].number != number:
            message = f"There is no digest of round {number} of {partnership.name} to correct."
            raise NotFound(message)
        waiting = [f.number for f, _ in work.rounds.corrections_to_tell(partnership.id) if f.number != number]
        if len(waiting) >= _MOST_NOTES:
            message = f"{len(waiting)} notes wait for the next digest already. It has room for no more: wait for it."
            raise Refused(message)
        work.rounds.correct(partnership.id, number, said)
        work.audit.add(datetime.now(UTC).date(), "operator", "correction_made", partnership.id)
        return {"partnership": partnership.id, "round": number, "note": said}


def _render(partnership: Partnership, history: list[FrozenDigest], chart: bytes | None, note: str, form: str) -> bytes:
    flows = engines()
    thawed = [digests_of.thawed(f) for f in history]
    wording = digests_of.wording(flows[history[-1].flow].flow, partnership)
    match form:
        case "text":
            return (digest_words.plain(thawed[-1], wording, note) + "\n").encode()
        case "json":
            told = {"record": json.loads(history[-1].record), "seal": history[-1].seal}
            return (json.dumps(told | ({"note": note} if note else {})) + "\n").encode()
        case "csv":
            return to_csv(thawed, wording).encode()
    png = chart or _drawn(flows, partnership, history)
    if form == "png":
        return png
    return digest_words.html(thawed[-1], wording, thawed, png, note).encode()


def _drawn(flows: dict[str, Engine], partnership: Partnership, history: list[FrozenDigest]) -> bytes:
    try:
        return asyncio.run(digests_of.draw(flows, partnership, history))
    except digests_of.NoChart:
        message = "The chart cannot be drawn. Install the part that draws: pip install 'partnership-pulse[charts]'."
        raise Refused(message) from None
