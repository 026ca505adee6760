"""A made-up partnership over twelve rounds; the product itself closes every one of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from digests import FOUR_WEEKLY, WEEKLY, Asked, Ballot, Digest, Facts, Item, close_round
from digests.record import PLACES
from digests.split import DEFAULT

SIZES = (8, 12, 20, 30, 40, 50, 60)
LEAST_WEEKLY = 20
PERSON, WEEK = 20.0, 15.0
"""How people differ, and how one person's weeks do.   Units: points, standard deviation.   Source: results.md 6."""

UNSURE = 0.06
"""How often a question is skipped or answered "Can't say"."""

ANCHORS = {"trust": Item("T1", "trust"), "power": Item("P1", "power"), "part": Item("E1", "part")}
HELP = {
    "power": ("who", "agenda", "fairer", "why", "beside"),
    "trust": ("promises", "news", "time", "raise", "past"),
    "part": ("time", "words", "role", "costs", "results"),
}
"""Of themes equally low the first asks what would help, as in the weekly check-in."""

SET = "lead-partner@1"
SET_ITEMS = tuple(Item(f"L{number}", theme) for number, theme in enumerate(ANCHORS, start=1))
SET_SPLIT = "lead/partner+frontline+lived+commissioner"
"""A longer check-in in the last round of each period; it compares groups of its own."""

OPTIONS = tuple((f"help_{theme}", code) for theme in ("trust", "power", "part") for code in HELP[theme])
LOW = 25
SPLITS = (DEFAULT, DEFAULT, DEFAULT, "lived/lead/partner+frontline+commissioner", "frontline+lived/lead+partner")

Choice = tuple[str, str] | None


@dataclass(slots=True)
class Member:
    """Somebody made up, who answers as `usual` says, more or less."""

    organisation: str
    seat: str
    usual: Mapping[str, float]
    replying: float
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Closed:
    """One closed round: its digest, and the ballots by member it was made from; nobody else ever has these.

    Shapes: `chosen` is (member, place) -> what would help, where that list came up and something was picked.
    """

    facts: Facts
    digest: Digest
    ballots: Mapping[int, Ballot]
    chosen: Mapping[tuple[int, int], Choice]


@dataclass(slots=True)
class Partnership:
    """A partnership in the making.

    Where it is `unchanging` nobody ever answers otherwise than the first time, and where it is `declared`
    everybody says which seat they have.
    """

    rng: Random
    joined: int
    unchanging: bool = False
    declared: bool = False
    members: list[Member] = field(default_factory=list)
    base: dict[str, float] = field(default_factory=dict)
    organisations: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)
    lived: float = 0.0
    own_group: bool = False
    replying: float = 0.0
    split: str = DEFAULT
    apart: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        rng = self.rng
        self.apart.setstate(rng.getstate())  # longer check-ins have a chance of their own, so all else stays as it was
        self.organisations = [f"org {number}" for number in range(rng.randint(2, 8))]
        self.weights = [rng.expovariate(1) + 0.15 for _ in self.organisations]
        self.base = {theme: rng.uniform(35, 80) for theme in ANCHORS}
        self.lived = rng.uniform(0.1, 0.35)
        self.own_group = rng.random() < 0.3
        self.replying = rng.uniform(0.5, 0.85)
        self.split = rng.choice(SPLITS)
        for _ in range(self.joined):
            self.joins()

    def joins(self) -> None:
        """Somebody joins."""
        rng = self.rng
        organisation = rng.choices(self.organisations, self.weights)[0]
        in_general = rng.gauss(0, PERSON / 2**0.5)
        usual = {theme: base + in_general + rng.gauss(0, PERSON / 2**0.5) for theme, base in self.base.items()}
        replying = min(max(rng.gauss(self.replying, 0.12), 0.2), 1.0)
        self.members.append(Member(organisation, self.seat(organisation), usual, replying))

    def seat(self, organisation: str) -> str:
        """A seat: people with lived experience are everywhere, or in one organisation of their own."""
        seat = self._seat(organisation)
        return "partner" if self.declared and seat == "undeclared" else seat

    def _seat(self, organisation: str) -> str:
        rng = self.rng
        first, last = self.organisations[0], self.organisations[-1]
        if organisation == last and self.own_group:
            return "lived" if rng.random() < 0.85 else "undeclared"
        if rng.random() < (0.05 if self.own_group else self.lived):
            return "lived"
        usual = "lead" if organisation == first else "partner"
        return rng.choices((usual, "frontline", "commissioner", "undeclared"), (50, 25, 7, 8))[0]

    def present(self) -> list[int]:
        """Who takes part now."""
        return [number for number, member in enumerate(self.members) if not member.gone]

    def moves(self, *, new_period: bool) -> list[int]:
        """Some leave and some join; at a new period a few sit elsewhere.   Returns: those whose ballot goes."""
        rng, share = self.rng, 0.05 if new_period else 0.015
        forgotten = []
        for number in self.present():
            member = self.members[number]
            if rng.random() < share:
                member.gone = True
                if rng.random() < 0.5:
                    forgotten.append(number)
            elif new_period and rng.random() < 0.02:
                member.seat = self.seat(member.organisation)
        for _ in range(self.joined):
            if rng.random() < share:
                self.joins()
        return forgotten

    def answer(self, member: Member, rotating: Item | None) -> dict[str, int | None]:
        """One check-in."""
        answers = {
            item.id: self._score(member, theme, 0.0 if self.unchanging else WEEK) for theme, item in ANCHORS.items()
        }
        if rotating:
            answers[rotating.id] = self._score(member, rotating.theme, 1.3 * WEEK)
        return answers

    def longer(self, member: Member) -> dict[str, int | None]:
        """The own questions of a longer check-in; the lead's staff see their own lead in a better light."""
        kinder = 15.0 if member.seat == "lead" else 0.0
        return {item.id: self._score(member, item.theme, WEEK, self.apart, kinder) for item in SET_ITEMS}

    def _score(
        self, member: Member, theme: str, week: float, rng: Random | None = None, more: float = 0.0
    ) -> int | None:
        rng = rng or self.rng
        if rng.random() < UNSURE:
            return None
        return min(max(round((member.usual[theme] + more + rng.gauss(0, week)) / 25) * 25, 0), 100)

    def choice(self, answers: Mapping[str, int | None], rotating: Item | None) -> Choice:
        """What would help, where the lowest theme is low enough to be asked."""
        theme = lowest(answers, rotating)
        if theme is None or self.rng.random() < 0.2:
            return None
        return f"help_{theme}", self.rng.choices(HELP[theme], (5, 4, 3, 2, 1))[0]


def lowest(answers: Mapping[str, int | None], rotating: Item | None) -> str | None:
    """The theme whose list comes up, if any: the lowest of those at most 25."""
    scores = {theme: lows(answers, theme, rotating) for theme in HELP}
    theme = min(HELP, key=lambda name: scores[name])
    return theme if scores[theme] <= LOW else None


def lows(answers: Mapping[str, int | None], theme: str, rotating: Item | None) -> int:
    """The lowest score of a theme in one check-in; 101 where it has none."""
    items = [ANCHORS[theme].id, *([rotating.id] if rotating and rotating.theme == theme else [])]
    return min((score for item in items if (score := answers.get(item)) is not None), default=101)


def live(partnership: Partnership, rounds: int = 12) -> list[Closed]:
    """Let the partnership live, and close each of its rounds with the product."""
    closed: list[Closed] = []
    scores: dict[int, dict[int, dict[str, int | None]]] = {}
    chosen: dict[tuple[int, int], Choice] = {}
    mode, forgotten = "", set[int]()
    for number in range(1, rounds + 1):
        period, place = (number + 3) // 4, (number - 1) % 4 + 1
        moved = partnership.moves(new_period=place == 1) if number > 1 else []
        present = partnership.present()
        if place == 1:
            scores, chosen, forgotten = {}, {}, set()
            mode = WEEKLY if len(present) >= LEAST_WEEKLY else FOUR_WEEKLY
        forgotten.update(moved)
        theme = tuple(ANCHORS)[number % 3]
        rotating = Item(f"{theme} {number}", theme)
        for who in present:
            member = partnership.members[who]
            if partnership.rng.random() < member.replying:
                answers = partnership.answer(member, rotating)
                if place == PLACES[-1]:
                    answers |= partnership.longer(member)
                scores.setdefault(who, {})[place] = answers
                chosen[who, place] = partnership.choice(answers, rotating)
        facts = Facts(
            round=number,
            period=period,
            place=place,
            mode=mode,
            week=date(2026, 1, 7) + timedelta(weeks=number),
            results_on=date(2026, 1, 13) + timedelta(weeks=4 * period),
            joined=len(present),
            organisations=len(partnership.organisations),
            anchors=ANCHORS,
            rotating=rotating,
            ballots=(),
            history=tuple(round_.digest for round_ in closed[-8:]),
            split=partnership.split,
            options=OPTIONS,
        )
        ballots = {
            who: Ballot(
                partnership.members[who].organisation,
                partnership.members[who].seat,
                {at: dict(answers) for at, answers in places.items()},
                frozenset(c for at in places if (c := chosen.get((who, at))) is not None),
            )
            for who, places in scores.items()
            if who not in forgotten
        }
        kept = {key: option for key, option in chosen.items() if key[0] in ballots}
        all_ballots = tuple(ballots.values())
        asked = Asked(SET, SET_ITEMS, all_ballots, frozenset(PLACES[-1:]), SET_SPLIT)
        facts = replace(facts, sets=(asked,) if place == PLACES[-1] else ())
        digest = close_round(replace(facts, ballots=all_ballots))
        closed.append(Closed(facts, digest, ballots, kept))
    return closed


def organisations_by_size(closed: Sequence[Closed]) -> list[str]:
    """The organisations that ever replied, the one with the most replies first."""
    counts: dict[str, int] = {}
    for each in closed:
        for ballot in each.ballots.values():
            counts[ballot.organisation] = counts.get(ballot.organisation, 0) + len(ballot.scores)
    return sorted(counts, key=lambda name: -counts[name])
