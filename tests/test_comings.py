"""People come, go, stop and are forgotten between and within rounds: what is shown follows from who is there."""

from collections import Counter
from itertools import pairwise

from databases import Databases, only_sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from riverside import Riverside, address

from digests import Limits, disclose

MANY = 14
MOVES = st.tuples(st.sampled_from(["joins", "answers", "skips", "stops", "forgets"]), st.integers(0, MANY - 1))


class Book:
    """Who is there and who gave the first question a score, kept beside the product and by other means."""

    def __init__(self, town: Riverside) -> None:
        self.town = town
        self.organisation: dict[str, int] = {}
        self.scored: set[str] = set()
        self.asked = 0

    def move(self, kind: str, number: int) -> None:
        who = f"m{number}"
        match kind:
            case "joins" if who not in self.organisation:
                self.organisation[who] = number % 3 + 1
                with self.town.desk.store.work() as work:
                    link = work.people.make_link(self.town.partnership.id, "member", self.town.clock.now())
                self.town.presses(who, f"join:{link}")
                self.town.presses(who, f"org:{number % 3 + 1}")
                self.town.presses(who, "seat:partner")
            case "answers" | "skips" if who in self.organisation:
                self.town.answers(who, "75" if kind == "answers" else "unsure")
                (self.scored.add if kind == "answers" else self.scored.discard)(who)
            case "stops" if who in self.organisation:
                self.town.says(who, "/stop")
            case "forgets" if who in self.organisation:
                self.town.presses(who, "forget:sure")
                self.scored.discard(who)
                del self.organisation[who]

    def people(self) -> Counter[str]:
        return Counter(str(self.organisation[who]) for who in self.scored)


@only_sqlite
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds=st.lists(st.lists(MOVES, max_size=12), min_size=4, max_size=4), begin=st.integers(8, MANY))
def test_what_is_shown_follows_from_who_is_there_whoever_comes_and_goes(
    town: Riverside, databases: Databases, rounds: list[list[tuple[str, int]]], begin: int
):
    book = Book(town)
    for who in [f"m{n}" for n in range(MANY)]:
        town.presses(who, "forget:sure")  # nobody is left of the story before
    with town.desk.store.work() as work:
        frozen = len(work.frozen.digests(town.partnership.id, most=1000))
    for number in range(begin):
        book.move("joins", number)
    period: set[str] = set()
    for moves in rounds:
        town.opens()
        book.scored = set()
        for number in range(begin):
            book.move("answers", number)
        for kind, number in moves:
            if kind not in ("answers", "skips") or f"m{number}" not in book.scored:
                book.move(kind, number)
        period = {who for who in period | book.scored if who in book.organisation}
        town.closes()
    last = town.digests()[-1]
    book.scored = period
    shown = {cell.item: cell.figure is not None for cell in last.of("period")}
    assert shown["T1"] == disclose.may_show(book.people(), Limits())
    assert not shown["E1"]  # nobody answered that
    with town.desk.store.work() as work:
        kept = work.frozen.digests(town.partnership.id, most=1000)
        known = [work.people.find(address(f"m{n}")) is not None for n in range(MANY)]
    assert len(kept) == frozen + 4
    assert all(later.number == earlier.number + 1 for earlier, later in pairwise(kept))
    assert known == [f"m{n}" in book.organisation for n in range(MANY)]
    assert databases.rows()["ballot"] == []
