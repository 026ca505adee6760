"""A made-up partnership for digests: words of three themes, ballots, facts, and whole periods played through."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from digests import (
    FOUR_WEEKLY,
    WEEKLY,
    Ballot,
    Correction,
    Facts,
    Item,
    Limits,
    ThemeWords,
    close_round,
    english,
)
from digests.split import SEATS

THEMES = {
    "trust": ThemeWords(
        title="Trust",
        emoji="🤝",
        well="people say they can count on each other.",
        talk_low="Which of our promises is running late, and who should hear that from us first?",
        talk_steady="What is nobody saying out loud, and what would make it easier to say?",
    ),
    "power": ThemeWords(
        title="Power",
        emoji="⚖️",
        well="people say their view counts when things are decided.",
        talk_low="Think of our last three big choices. Who made them, and who was missing?",
        talk_steady="Who joined us last, and what do they see that the rest of us miss?",
    ),
    "part": ThemeWords(
        title="Taking part",
        emoji="🙌",
        well="people say taking part is worth their time.",
        talk_low="What could we stop doing, and whose time do we use without paying for it?",
        talk_steady="What could we do in half the time, and still do well?",
    ),
}
ANCHORS = {"trust": Item("T1", "trust"), "power": Item("P1", "power"), "part": Item("E1", "part")}
ROTATING = Item("T2", "trust")
OPTIONS = (("help_power", "who"), ("help_power", "agenda"), ("help_trust", "time"), ("help_trust", "past"))
UNSAID = ("help_power", "unsaid")
OTHERS = "lead+partner+frontline+commissioner"
WORDING = english(
    "Testford Partnership",
    THEMES,
    {
        "T1": "Could you count on the other people in this group this week?",
        "P1": "Did your view count when things were decided this week?",
        "E1": "Was taking part worth your time this week?",
        "T2": "Did people who have lived through these problems shape what we did?",
    },
    dict(
        zip(
            OPTIONS,
            (
                "know who decides",
                "more say in what we discuss",
                "more time to get to know people",
                "sort out something from the past",
            ),
            strict=True,
        )
    ),
)
SCORES = (0, 25, 50, 75, 100)


def ballot(organisation, *rounds, seat="partner", items=("T1", "P1", "E1", "T2"), options=(), wrote=False):
    """One ballot; each round is one score for all items, or "away" for a round without a reply."""
    scores = {place: dict.fromkeys(items, value) for place, value in enumerate(rounds, start=1) if value != "away"}
    return Ballot(organisation, seat, scores, frozenset(options), wrote)


def crowd(people, value=75, *, rounds=1, organisations=4, seat="partner"):
    return [ballot(f"org {number % organisations}", *[value] * rounds, seat=seat) for number in range(people)]


def facts(ballots=(), **changes):
    base = Facts(
        round=1,
        period=1,
        place=1,
        mode=WEEKLY,
        week=date(2026, 6, 3),
        results_on=date(2026, 6, 30),
        joined=30,
        organisations=4,
        anchors=ANCHORS,
        rotating=ROTATING,
        ballots=tuple(ballots),
        options=OPTIONS,
    )
    return replace(base, **changes)


def play(ballots, history=(), **changes):
    """The four digests of a period, each closed with those before it as its history."""
    period = changes.pop("period", 1)
    told = list(history)
    for place in range(1, 5):
        number = 4 * (period - 1) + place
        until = [replace(one, scores={at: items for at, items in one.scores.items() if at <= place}) for one in ballots]
        week = date(2026, 6, 3) + timedelta(weeks=number - 1)
        asked = facts(until, period=period, place=place, round=number, week=week, history=tuple(told), **changes)
        told.append(close_round(asked))
    return told[len(history) :]


def shown(digest, kind="round", audience="everyone"):
    """Theme -> shown points, None where hidden."""
    cells = (cell for cell in digest.cells if cell.kind == kind and cell.audience == audience)
    return {cell.theme: cell.figure and cell.figure.points for cell in cells}


# --- closings of every kind

limits = st.builds(Limits, st.integers(5, 9), st.integers(3, 6))
answers = st.fixed_dictionaries({item: st.sampled_from((*SCORES, None)) for item in ("T1", "P1", "E1", "T2")})
ballots = st.lists(
    st.builds(
        Ballot,
        st.sampled_from("abcd"),
        st.sampled_from(("lived", "lived", *SEATS, "undeclared")),
        st.dictionaries(st.integers(1, 4), answers, max_size=4),
        st.frozensets(st.sampled_from(OPTIONS)),
        st.booleans(),
    ),
    max_size=30,
)
closings = st.builds(
    facts,
    ballots,
    place=st.sampled_from((1, 2, 3, 4, 4, 4)),
    round=st.integers(1, 60),
    mode=st.sampled_from((WEEKLY, FOUR_WEEKLY)),
    joined=st.integers(0, 40),
    rotating=st.sampled_from((ROTATING, None)),
    comments=st.lists(st.text(min_size=1, max_size=40), max_size=4),
    corrections=st.lists(st.builds(Correction, st.dates(), st.text(max_size=40)), max_size=2),
    history=ballots.map(lambda earlier: tuple(play(earlier)[:3])),
    limits=limits,
    split=st.sampled_from((f"lived/{OTHERS}", "lived/lead/partner+frontline")),
)
