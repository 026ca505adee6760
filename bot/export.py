"""/export: all that is kept of one person, for their own eyes, in plain words and as JSON."""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from bot import words
from bot.around import Around
from bot.channel import Screen, utf16
from flows.model import ChoiceQuestion, Flow
from flows.schedule import local_date
from storage.held import Held, Row, held
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
    pieces = _pieces([*_lines(record), words.EXPORT_CLOSED, words.EXPORT_LASTS])
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
        "check_in": {name: kept.run[name] for name in ("finished", "turn", "message")} if kept.run else None,
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
        "heard": _iso(kept.days.heard),
        "asked": _iso(kept.days.asked),
        "stopped": _iso(kept.days.stopped),
    }


def _agreed(work: Work, row: Row) -> dict[str, Any]:
    partnership: Partnership = work.partnerships.get(row["partnership_id"])
    return {"partnership": partnership.name, "agreed_on": _iso(row["consent_day"]), "agreed_to": row["consent_text"]}


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _answers(flows: Mapping[str, Any], work: Work, kept: Held) -> Iterator[dict[str, Any]]:
    """Each check-in of the open period that the person answered, in order."""
    if kept.period is None or kept.member is None:
        return
    zone = work.partnerships.get(kept.member["partnership_id"]).timezone
    for round_ in work.rounds.of_period(kept.period):
        if (given := kept.ballot.get(str(round_.place))) is not None:
            flow: Flow = flows[round_.flow].flow
            answers = [_told(flow, question, code) for question, code in given["answers"].items()]
            week = local_date(round_.opened_at, zone).isoformat()
            yield {"week": week, "stands_at": given["state"], "answers": answers}


def _told(flow: Flow, question: str, code: str) -> dict[str, str]:
    """A question and its answer as they were shown; of a long question its first line."""
    if question in flow.items:
        item = flow.items[question]
        ask, labels = item.ask, {point.code: point.text for point in flow.scales[item.scale]}
    else:
        asked = next(q for q in flow.questions if q.id == question)
        ask = getattr(asked, "ask", question)
        labels = {c.code: c.text for c in flow.choices[asked.choices]} if isinstance(asked, ChoiceQuestion) else {}
    return {"question": ask.split("\n")[0], "answer": labels.get(code, code)}


# --- in words


def _lines(record: dict[str, Any]) -> Iterator[str]:
    """The record in paragraphs."""
    yield _facts(
        words.EXPORT_HEADING,
        ("Where messages go", record["address"]),
        ("Language", record["language"]),
        ("Messages on their way, or sent, for this check-in", ", ".join(m["kind"] for m in record["messages"])),
    )
    if place := record["place"]:
        yield _facts(
            place["partnership"],
            ("Organisation", place["organisation"]),
            ("How you take part", place["seat"]),
            ("From the next four weeks", place["next_seat"]),
            ("Messages", words.STATES[place["state"]]),
            ("You agreed on", place["agreed_on"]),
            ("To the words with the number", place["agreed_to"]),
            ("Last heard from you, as it is noted", place["heard"]),
            ("Asked if you want to stay", place["asked"]),
            ("You stopped on", place["stopped"]),
            ("This week’s check-in", _progress(record["check_in"])),
        )
    for mine in record["sets_up"]:
        yield f"You help to set up {mine['partnership']}. You agreed on {mine['agreed_on']}, to {mine['agreed_to']}."
    for week in record.get("answers", ()):
        given = "\n".join(f"{a['question']}\n→ {a['answer']}" for a in week["answers"])
        yield f"Your answers in the week of {week['week']}\n{given or 'none'}"


def _facts(heading: str, *facts: tuple[str, str | None]) -> str:
    return "\n".join([heading, *(f"{name}: {value}" for name, value in facts if value)])


def _progress(check_in: dict[str, Any] | None) -> str | None:
    if check_in is None:
        return None
    return "finished" if check_in["finished"] else "begun" if check_in["turn"] else "not begun"


def _pieces(paragraphs: list[str]) -> list[str]:
    """The paragraphs in as few messages as they need; a later one hides its words from a lock screen."""
    pieces: list[str] = []
    for paragraph in paragraphs:
        if pieces and utf16(pieces[-1]) + utf16(paragraph) < _MOST:
            pieces[-1] += f"\n\n{paragraph}"
        else:
            pieces.append(f"{words.EXPORT_MORE}\n\n{paragraph}" if pieces else paragraph)
    return pieces
