"""Four weeks from end to end: groups, what would help, comments, corrections, thresholds, and clocks that jump."""

from collections import Counter
from datetime import timedelta

import pytest
from databases import Databases, only_sqlite
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from riverside import Riverside

from bot import digest as digests_of
from bot.channel import Words
from digests import EVERYONE
from digests.record import Limits
from digests.words import plain
from storage.errors import Refused
from storage.work import Store, open_store

LIVED, OTHERS = "lived", "lead+partner+frontline+commissioner"
LOW_ON_POWER = ("75", "0", "75", "50", "who")


def people(count: int, first: int = 0) -> list[str]:
    return [f"p{n}" for n in range(first, first + count)]


def writes(town: Riverside, who: str, words: str, choice: str = "yes") -> None:
    """Answer to the note, write it, and choose whether to share it."""
    town.answers(who, "75", "75", "75", "75", "kind")
    town.tell(who, Words(words), 70)
    town.gives(who, choice)


def period(town: Riverside, *answering: str, rounds: int = 4) -> None:
    """Open and close rounds; everyone named answers each in full."""
    for _ in range(rounds):
        town.opens()
        for who in answering:
            town.finishes(who)
        town.closes()


# --- groups


def test_groups_are_frozen_when_the_period_closes_and_in_no_round_before(town: Riverside):
    town.joins(*people(12), seats=("lived", "lead", "frontline", "lived"))
    period(town, *people(12))
    *before, last = town.digests()
    assert not [cell for digest in before for cell in digest.cells]
    shown = {(cell.audience, cell.theme) for cell in last.cells if cell.figure is not None}
    assert shown == {(who, theme) for who in (EVERYONE, LIVED, OTHERS) for theme in ("trust", "power", "part")}


def test_a_group_of_four_is_hidden_and_so_is_what_would_give_it_away(town: Riverside):
    town.joins(*people(12), seats=("lived", "lead", "frontline"))
    period(town, *people(12))
    shown = {cell.audience for cell in town.digests()[-1].cells if cell.figure is not None}
    assert shown == {EVERYONE}


def test_a_seat_changed_in_a_period_counts_from_the_next(town: Riverside):
    town.joins("ann", seats=("lead",))
    town.opens()
    ann = town.member("ann").id
    with town.desk.store.work() as work:
        work.people.pick(ann, next_seat="lived")
    town.closes()
    for _ in range(3):
        assert town.member("ann").seat == "lead"
        town.opens()
        town.closes()
    town.opens()
    assert town.member("ann").seat == "lived"


# --- what would help


def test_what_three_beside_any_organisation_chose_is_told_when_the_period_closes(town: Riverside):
    town.joins(*people(9))
    for _ in range(4):
        town.opens()
        for who in people(9):
            town.finishes(who, *LOW_ON_POWER)
        town.closes()
    last = town.digests()[-1]
    assert last.options == (("help_power", "who"),)
    with town.desk.store.work() as work:
        frozen = work.frozen.digests(town.partnership.id)[-1]
    said = digests_of.parts(town.desk.flows, town.partnership, frozen)[digests_of.TEXT].text
    assert "What would help: know who decides." in said


# --- comments


def test_shared_words_come_with_the_period_and_unshared_words_nowhere(town: Riverside, databases: Databases):
    town.joins(*people(9))
    town.opens()
    for who, said in zip(people(3), ("more tea", "less haste", "thank you"), strict=True):
        writes(town, who, said)
    writes(town, "p3", "not for anyone", "no")
    for who in people(5, 4):
        town.finishes(who)
    town.closes()
    period(town, rounds=2)
    assert not any(digest.comments for digest in town.digests())
    period(town, rounds=1)
    last = town.digests()[-1]
    assert Counter(last.comments) == Counter(("more tea", "less haste", "thank you"))
    assert b"not for anyone" not in databases.bytes()
    with town.desk.store.work() as work:
        frozen = work.frozen.digests(town.partnership.id)[-1]
    said = digests_of.parts(town.desk.flows, town.partnership, frozen)["said1"].text
    assert all(comment in said for comment in last.comments)


def test_words_nobody_said_yes_to_are_gone_when_the_round_closes(town: Riverside, databases: Databases):
    town.joins("ann", "bob")
    period_id = town.opens().period
    town.answers("ann", "75", "75", "75", "75", "kind")
    town.tell("ann", Words("never decided"), 70)
    writes(town, "bob", "decided")
    town.closes()
    with town.desk.store.work() as work:
        kept = work.rounds.ballots(town.partnership.id, period_id)
    assert sorted(ballot.places["1"]["answers"].get("note", "") for ballot in kept) == ["", "decided"]
    assert all(len(ballot.places["1"]["answers"]) >= 5 for ballot in kept)


@pytest.mark.parametrize(("repliers", "writers"), [(9, 2), (7, 3)])
def test_below_eight_replies_or_three_writers_the_words_are_destroyed(
    town: Riverside, databases: Databases, repliers: int, writers: int
):
    town.joins(*people(9))
    town.opens()
    for who in people(writers):
        writes(town, who, f"a secret of {who}")
    for who in people(repliers - writers, writers):
        town.finishes(who)
    town.closes()
    period(town, rounds=3)
    assert town.digests()[-1].comments == ()
    assert b"a secret of" not in databases.bytes()


def test_the_writer_sees_the_words_as_everyone_will(town: Riverside):
    town.joins("ann")
    town.opens()
    town.answers("ann", "75", "75", "75", "75", "kind")
    town.tell("ann", Words("less\u200b haste, \u202eplease"), 70)
    assert "less haste, please" in town.sees("ann")


# --- one record


def test_every_reader_gets_the_same_bytes(town: Riverside):
    town.joins(*people(9))
    period(town, *people(9))
    with town.desk.store.work() as work:
        frozen = [work.frozen.digests(town.partnership.id, n)[-1].record for n in (1, 2, 3, 4)]
        again = [found.record for found in work.frozen.digests(town.partnership.id)]
    assert frozen == again
    town.coordinates("cora")
    shown = town.says("cora", "/digest")
    with town.desk.store.work() as work:
        last = work.frozen.digests(town.partnership.id)[-1]
    seen = [screen for screen in shown.screens if screen.picture is None]
    assert seen == list(digests_of.parts(town.desk.flows, town.partnership, last).values())


# --- corrections


def test_a_correction_is_told_once_with_the_next_digest_and_changes_no_old_one(town: Riverside):
    town.joins(*people(9))
    period(town, *people(9), rounds=1)
    with town.desk.store.work() as work:
        before = work.frozen.digests(town.partnership.id)[-1]
        work.frozen.correct(town.partnership.id, 1, "Two people answered for the wrong partner.")
    period(town, *people(9), rounds=2)
    first, second, third = town.digests()
    assert [c.text for c in second.corrections] == ["Two people answered for the wrong partner."]
    assert third.corrections == ()
    with town.desk.store.work() as work:
        assert work.frozen.digests(town.partnership.id, 1)[-1] == before
    wording = digests_of.wording(town.desk.flows, town.partnership, [before])
    assert "Two people answered for the wrong partner." in plain(second, wording)
    assert "wrong partner" not in plain(first, wording)


# --- thresholds


def test_a_higher_threshold_counts_from_the_next_period(town: Riverside):
    town.joins(*people(9))
    period(town, *people(9), rounds=1)
    town.desk.store.limits = Limits(people=10)
    period(town, *people(9), rounds=3)
    assert any(cell.figure for cell in town.digests()[-1].cells)
    period(town, *people(9))
    assert not any(cell.figure for cell in town.digests()[-1].cells)


def test_a_threshold_below_an_earlier_one_is_refused_and_nothing_changes(
    town: Riverside, databases: Databases, store: Store
):
    town.joins("ann")
    store.limits = Limits(people=8)
    town.opens()
    before = databases.rows()
    with pytest.raises(Refused, match=r"PULSE_LEAST_PEOPLE is 5, and was 8 before\. It may only rise"):
        open_store(databases.database_url, databases.keys_url, databases.key_file)
    assert databases.rows() == before
    open_store(databases.database_url, databases.keys_url, databases.key_file, Limits(people=8)).dispose()


# --- clocks that jump


@only_sqlite
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hours=st.lists(st.integers(-25, 60), min_size=10, max_size=40))
def test_however_the_clock_jumps_each_round_is_shown_once_and_each_send_made_once(
    town: Riverside, databases: Databases, hours: list[int]
):
    with town.desk.store.work() as work:
        seen = len(work.frozen.digests(town.partnership.id, most=1000))
        joined = work.people.count_joined(town.partnership.id)
    if not joined:
        town.joins(*people(6))
    for jump in hours:
        town.clock._ahead += timedelta(hours=jump)
        town.wakes()
    with town.desk.store.work() as work:
        frozen = work.frozen.digests(town.partnership.id, most=1000)
    assert [f.number for f in frozen] == list(range(1, len(frozen) + 1))
    assert len(frozen) >= seen
    sent = Counter(town.jobs.added)
    assert max(sent.values(), default=1) == 1
    places = [digests_of.thawed(f).place for f in frozen]
    assert places == [n % 4 + 1 for n in range(len(places))]
