"""/export: all that is kept of one person, for their own eyes, in plain words and as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from bot.around import Around
from bot.channel import Screen, utf16
from bot.shelf import Shelf
from bot.speech import say
from bot.words import words
from flows.model import RotatingQuestion
from flows.schedule import local_date
from storage.held import Held, Row, held
from storage.pools import Form
from storage.values import Partnership
from storage.work import Work

LASTING = 600.0  # seconds; Source: promises D6
_MOST = 3500  # characters in one message, well under Telegram's limit


def screens(around: Around, work: Work, person: str, *, answers: bool) -> tuple[Screen, ...]:
    """A copy of everything kept of a person, as messages that take themselves away; answers only where asked for."""
    kept = held(work.connection, around.keys, person)
    record = _record(work, kept)
    if answers:
        record["answers"] = list(_answers(around.flows, work, kept))
        record["waiting"] = [_waiting(around.flows, work, form) for form in kept.forms]
    closed = () if kept.forms else (words.EXPORT_CLOSED,)  # what waits may be older than these four weeks
    pieces = _pieces([*_lines(record), *closed, words.EXPORT_LASTS])
    file = json.dumps(record, ensure_ascii=False, indent=1).encode()
    return (
        *(Screen(piece, lasting=LASTING) for piece in pieces),
        Screen(f"{words.EXPORT_FILE} {words.EXPORT_LASTS}", document=file, lasting=LASTING),
    )


# --- as a record


def _record(work: Work, kept: Held) -> dict[str, Any]:
    return {
        "address": kept.address,
        "language": kept.language,
        "place": _place(work, kept) if kept.member else None,
        "sets_up": [_agreed(work, row) for row in kept.coordinates],
        "check_in": {name: kept.run[name] for name in ("flow", "finished", "turn", "message")} if kept.run else None,
        "messages": [{"kind": row["kind"], "arrived": row["sent"]} for row in kept.sent],
    }


def _place(work: Work, kept: Held) -> dict[str, Any]:
    assert kept.member is not None and kept.days is not None  # noqa: S101, PT018  the caller asked
    partnership = work.partnerships.get(kept.member["partnership_id"])
    names = {o.number: o.name for o in partnership.organisations}
    return {
        **_agreed(work, kept.member),
        "organisation": names.get(kept.member["organisation"]),
        "seat": words.SEATS.get(kept.member["seat"]),
        "next_seat": words.SEATS.get(kept.member["next_seat"]),
        "state": kept.member["state"],
        "joined": _iso(kept.member["since"]),
        "heard": _iso(kept.days.heard),
        "asked": _iso(kept.days.asked),
        "stopped": _iso(kept.days.stopped),
    }


def _agreed(work: Work, row: Row) -> dict[str, Any]:
    partnership: Partnership = work.partnerships.get(row["partnership_id"])
    return {"partnership": partnership.name, "agreed_on": _iso(row["consent_day"]), "agreed_to": row["consent_text"]}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _answers(flows: Shelf, work: Work, kept: Held) -> Iterator[dict[str, Any]]:
    """Each check-in of the open period that the person answered, in order."""
    if kept.period is None or kept.member is None:
        return
    zone = work.partnerships.get(kept.member["partnership_id"]).timezone
    for round_ in work.rounds.of_period(kept.period):
        if (given := kept.ballot.get(str(round_.place))) is not None:
            answers = _told(flows, work, given.get("flow", round_.flow), given["answers"])
            yield {"week": local_date(round_.opened_at, zone).isoformat(), "stands_at": given["state"],
                   "answers": answers}  # fmt: skip


def _waiting(flows: Shelf, work: Work, form: Form) -> dict[str, Any]:
    """What waits in a pool."""
    answers = _told(flows, work, form.flow, form.answers)
    return {"stands_at": form.state, "turn": form.turn, "message": form.message, "answers": answers}


def _told(flows: Shelf, work: Work, ref: str, answers: Mapping[str, str]) -> list[dict[str, str]]:
    """Questions and answers as they were shown; of a long question its first line."""
    flows.know(work, [ref])
    flow = flows[ref].flow
    asked = {q.id: q.ask for q in flow.questions if not isinstance(q, RotatingQuestion)}
    asked |= {item.id: item.ask for item in flow.items.values()}
    told = []
    for question, answer in answers.items():
        labels = dict(flow.buttons.get(question, ()))
        given = ", ".join(say(labels[code]) if code in labels else code for code in flow.chosen(question, answer))
        told.append({"question": say(asked[question]).split("\n")[0], "answer": given})
    return told


# --- in words


def _lines(record: dict[str, Any]) -> Iterator[str]:
    """The record in paragraphs."""
    messages = ", ".join(m["kind"] for m in record["messages"])
    yield _facts(words.EXPORT_HEADING, address=record["address"], language=record["language"], messages=messages)
    if place := record["place"]:
        yield _facts(
            place["partnership"],
            organisation=place["organisation"],
            seat=place["seat"],
            next_seat=place["next_seat"],
            state=words.STATES[place["state"]],
            joined=place["joined"],
            agreed_on=place["agreed_on"],
            agreed_to=place["agreed_to"],
            heard=place["heard"],
            asked=place["asked"],
            stopped=place["stopped"],
            check_in=_progress(record["check_in"]),
        )
    for mine in record["sets_up"]:
        yield words.agreed(mine["partnership"], mine["agreed_on"], mine["agreed_to"])
    for week in record.get("answers", ()):
        yield _given(words.answers_of(week["week"]), week["answers"])
    for form in record.get("waiting", ()):
        yield _given(words.EXPORT_WAITING, form["answers"])


def _given(heading: str, answers: Sequence[Mapping[str, str]]) -> str:
    given = "\n".join(f"{a['question']}\n→ {a['answer']}" for a in answers)
    return f"{heading}\n{given or words.no_answers()}"


def _facts(heading: str, **facts: str | None) -> str:
    return "\n".join([heading, *(f"{words.EXPORT_LABELS[name]}: {value}" for name, value in facts.items() if value)])


def _progress(check_in: dict[str, Any] | None) -> str | None:
    if check_in is None:
        return None
    return words.PROGRESS["finished" if check_in["finished"] else "begun" if check_in["turn"] else "not begun"]


def _pieces(paragraphs: list[str]) -> list[str]:
    """The paragraphs in as few messages as they need; a later one hides its words from a lock screen."""
    pieces: list[str] = []
    for paragraph in paragraphs:
        if pieces and utf16(pieces[-1]) + utf16(paragraph) < _MOST:
            pieces[-1] += f"\n\n{paragraph}"
        else:
            pieces.append(f"{words.EXPORT_MORE}\n\n{paragraph}" if pieces else paragraph)
    return pieces
