"""A made-up partnership for digests: words of three themes, ballots, facts, and whole periods played through."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import strategies as st

from digests import (
    FOUR_WEEKLY,
    WEEKLY,
    Asked,
    Ballot,
    Correction,
    Facts,
    Item,
    Limits,
    Prompts,
    SetWords,
    ThemeWords,
    close_round,
    worded,
)
from digests.split import SEATS

THEMES = {
    "trust": ThemeWords(
        title="Trust",
        emoji="🤝",
        well="people say they can count on each other.",
        talk=Prompts(
            low=("Which of our promises is running late, and who should hear that from us first?",),
            steady=("What is nobody saying out loud, and what would make it easier to say?",),
        ),
    ),
    "power": ThemeWords(
        title="Power",
        emoji="⚖️",
        well="people say their view counts when things are decided.",
        talk=Prompts(
            low=("Think of our last three big choices. Who made them, and who was missing?",),
            steady=("Who joined us last, and what do they see that the rest of us miss?",),
        ),
    ),
    "part": ThemeWords(
        title="Taking part",
        emoji="🙌",
        well="people say taking part is worth their time.",
        talk=Prompts(
            low=("What could we stop doing, and whose time do we use without paying for it?",),
            steady=("What could we do in half the time, and still do well?",),
        ),
    ),
}
ANCHORS = {"trust": Item("T1", "trust"), "power": Item("P1", "power"), "part": Item("E1", "part")}
ROTATING = Item("T2", "trust")
OPTIONS = (("help_power", "who"), ("help_power", "agenda"), ("help_trust", "time"), ("help_trust", "past"))
UNSAID = ("help_power", "unsaid")
OTHERS = "lead+partner+frontline+commissioner"
WORDING = worded(
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
SET, POOL = "set-up@1", "induction@1"
SET_ITEMS = tuple(Item(f"S{number}", theme) for number, theme in enumerate(("basics", "trust", "power"), start=1))
SET_WORDS = SetWords(
    title="Setting up",
    items={
        "S1": "Do you know why we are working together?",
        "S2": "Do you know what each group brings?",
        "S3": "Are the right people in this group?",
    },
    themes={"basics": "Basics", "trust": "Trust", "power": "Power"},
    talk=Prompts(
        low=("Which part is not yet written down?", "When could we book one hour for it?"),
        split=("Who joined late?",),
    ),
)
POOL_WORDS = replace(SET_WORDS, title="New here", talk=Prompts())
WORDING = replace(
    WORDING,
    sets={SET: SET_WORDS, POOL: POOL_WORDS},
    options={**WORDING.options, ("risk", "money"): "money", ("risk", "load"): "too much to do"},
    lists={"risk": "What could trip us up"},
)
SCORES = (0, 25, 50, 75, 100)
ITEMS = ("T1", "P1", "E1", "T2", "S1", "S2", "S3")


def ballot(organisation, *rounds, seat="partner", items=ITEMS, options=(), wrote=False):
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


def asking(ballots, *places, **changes):
    """A longer check-in of three questions, asked at `places`."""
    return Asked(SET, SET_ITEMS, tuple(ballots), frozenset(places or (1,)), **changes)


def with_sets(closing, split, share, pool):
    """The same closing with a longer check-in in its last round, and a pool of answers beside it."""
    asked = asking(closing.ballots, closing.place, split=split, share=share)
    pooled = Asked(POOL, SET_ITEMS, pool, pooled=True, options=OPTIONS, comments=("one", "two"))
    return replace(closing, sets=(asked, pooled))


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
answers = st.fixed_dictionaries({item: st.sampled_from((*SCORES, None)) for item in ITEMS})
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
plain_closings = st.builds(
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
splits = st.sampled_from((f"lived/{OTHERS}", "lead/partner+frontline+lived+commissioner", None))
closings = st.one_of(plain_closings, st.builds(with_sets, plain_closings, splits, st.booleans(), ballots))
