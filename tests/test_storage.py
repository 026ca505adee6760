"""What is remembered, on both databases: one transaction at a time, sealed, and readable with the keys alone."""

import hashlib
import hmac
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from databases import Databases, only_postgres, only_sqlite
from psycopg.errors import DeadlockDetected, SerializationFailure
from riverside import Riverside, address, choices
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from bot.channel import Words
from bot.clock import MovableClock
from flows.run import Run
from storage.db import Slot
from storage.errors import BadKey, LostRace, NotFound, Refused, Tampered, Unavailable, unavailable
from storage.people import MEMBER_LINK_CAP
from storage.values import Due, Organisation, Partnership
from storage.work import Store, Work


def run_of(town: Riverside, who: str) -> str:
    """The id of the run behind this person's open check-in."""
    town.says(who, "/checkin")
    return choices(town.screens[who])[0].run


def step(work: Work, run: str, **answers: str) -> None:
    """Move a run on by one turn, without the engine."""
    found = work.runs.get(run)
    assert found is not None
    stepped = Run(run, found.run.flow, "P1", found.run.turn + 1, answers, found.run.rotating)
    work.runs.advance(found, stepped)


# --- runs


def test_a_run_loaded_twice_in_one_transaction_is_one_run(town: Riverside, store: Store):
    town.joins("ann", "bob")
    town.opens()
    ann, bob = run_of(town, "ann"), run_of(town, "bob")
    with store.work() as work:
        work.runs.load([ann, bob, ann])
        assert work.runs.get(ann) is work.runs.get(ann)
        step(work, ann, T1="75")
        step(work, ann, T1="75", P1="50")
    with store.work() as work:
        assert work.runs.get(ann).run.turn == 2
        assert work.runs.get(ann).run.answers == {"T1": "75", "P1": "50"}
        assert work.runs.get(bob).run.turn == 0


def test_the_loser_of_a_race_writes_nothing_nor_do_those_beside_it(town: Riverside, store: Store, databases: Databases):
    town.joins("ann", "bob", "cat")
    town.opens()
    runs = [run_of(town, who) for who in ("ann", "bob", "cat")]
    before = databases.rows()

    def loses() -> None:
        with store.work() as work:
            work.runs.load(runs)
            for run in runs:
                step(work, run, T1="75")
            # What another process's step leaves behind; the row locks let it in nowhere else.
            work.connection.execute(text("UPDATE run SET turn = 7 WHERE id = :id"), {"id": runs[1]})

    with pytest.raises(LostRace, match="Step again"):
        loses()
    assert databases.rows() == before


def test_a_run_nobody_stepped_is_not_written(town: Riverside, store: Store, databases: Databases):
    town.joins("ann")
    town.opens()
    run = run_of(town, "ann")
    before = databases.rows()
    with store.work() as work:
        found = work.runs.get(run)
        found.run = replace(found.run, state="T1")
    assert databases.rows() == before


def test_a_run_of_a_closed_round_or_of_none_is_not_found(town: Riverside, store: Store):
    town.joins("ann")
    town.opens()
    run, member = run_of(town, "ann"), town.member("ann").id
    town.closes()
    with store.work() as work:
        assert work.runs.get(run) is None
        assert work.runs.get("nobodys1") is None
        assert work.runs.of_member(member) is None


# --- ballots


def test_a_ballot_is_filed_under_a_keyed_hash_and_sealed(town: Riverside, store: Store, databases: Databases):
    town.joins("ann")
    town.opens()
    town.answers("ann", "75", "25")
    period = town.current().period
    key = store.keys.period_keys([period])[period]
    member = town.member("ann").id
    ((name, kept_period, sealed),) = databases.rows()["ballot"]
    assert name == hmac.new(key, member.encode(), hashlib.sha256).digest()
    assert kept_period == period
    assert not any(plain in bytes(sealed) for plain in (b'"T1"', b"answers", member.encode()))
    with store.work() as work:
        (opened,) = work.rounds.ballots(town.partnership.id, period)
    assert opened.places == {"1": {"state": "E1", "answers": {"T1": "75", "P1": "25"}}}
    assert (opened.organisation, opened.seat) == ("1", "lead")


def test_the_length_of_a_ballot_tells_no_answer(town: Riverside, databases: Databases):
    town.joins(*"abcd")
    town.opens()
    for who, codes in zip("abcd", (["0"], ["100"], ["unsure"], ["75", "0", "75", "50", "who"]), strict=True):
        town.answers(who, *codes)
    town.tell("d", Words("We met twice, and I was glad of it."), 7)
    assert len({len(bytes(sealed)) for _, _, sealed in databases.rows()["ballot"]}) == 1


def test_a_run_row_says_nothing_of_the_answers(town: Riverside, databases: Databases):
    town.joins("low", "high")
    town.opens()
    for who, code in (("low", "0"), ("high", "100")):
        town.answers(who, code, code, code, code)
    low, high = ([*row[4:]] for row in databases.rows()["run"])
    assert low == high == [4, False, None]


def test_all_rounds_of_a_period_share_one_ballot(town: Riverside, store: Store):
    town.joins("ann")
    for code in ("75", "50"):
        town.week()
        period = town.current().period
        town.answers("ann", code)
        town.closes()
    with store.work() as work:
        (opened,) = work.rounds.ballots(town.partnership.id, period)
    assert {place: kept["answers"] for place, kept in opened.places.items()} == {
        "1": {"T1": "75"},
        "2": {"T1": "50"},
    }


def test_one_partnership_never_opens_the_ballots_of_another(town: Riverside, store: Store):
    town.joins("ann")
    town.opens()
    town.answers("ann", "75")
    period = town.current().period
    with store.work() as work:
        other = work.partnerships.create(partnership("Lakeside"))
        assert work.rounds.ballots(other.id, period) == []


# --- what the bytes on the disk give away


def test_no_byte_on_the_disk_names_a_person_or_an_answer(town: Riverside, databases: Databases):
    town.joins("canary-person-31")
    town.coordinates("canary-coordinator-32")
    town.week()
    town.answers("canary-person-31", "75", "50", "25", "75", "results")
    town.says("canary-person-31", "A canary-note-33 of mine.")
    kept = databases.bytes()
    assert town.partnership.name.encode() in kept  # so the search itself works
    for canary in (
        b"canary-person-31",
        b"canary-coordinator-32",
        b"canary-note-33",
        b"phone:",
        b"of mine",
        b'"answers"',
        b'"state":',
        town.member_link.encode(),
        town.coordinator_link.encode(),
        databases.key_file.read_bytes().strip(),
        bytes.fromhex(databases.key_file.read_text()),
    ):
        assert canary not in kept, canary


def ends(sealed: object) -> list[bytes]:
    """How a sealed value begins and ends: a long one lies on the disk in pieces."""
    assert isinstance(sealed, bytes)
    return [sealed[:64], sealed[-64:]]


@only_sqlite
def test_a_closed_period_leaves_no_byte_of_its_ballots_or_key(town: Riverside, databases: Databases):
    town.joins("ann", "bob")
    for _ in range(3):
        town.week()
        town.closes()
    town.week()
    town.finishes("ann")
    town.finishes("bob")
    ballots = [piece for _, _, sealed in databases.rows()["ballot"] for piece in ends(sealed)]
    keys = [wrapped for name, wrapped in databases.rows()["key"] if str(name).startswith("period:")]
    runs = [str(row[0]).encode() for row in databases.rows()["run"]]
    gone = [*ballots, *keys, *runs]
    assert len(gone) == 7
    assert all(bytes(value) in databases.bytes() for value in gone)
    town.closes()
    assert not any(bytes(value) in databases.bytes() for value in gone)


@only_sqlite
def test_who_is_forgotten_leaves_no_byte_either(town: Riverside, databases: Databases):
    town.joins("ann", "bob")
    town.week()
    town.finishes("ann")
    member, person = town.member("ann").id, town.person("ann")
    (address_row,) = [row for row in databases.rows()["person"] if row[0] == person]
    (ballot,) = databases.rows()["ballot"]
    gone = [member.encode(), person.encode(), address_row[1], address_row[2], ballot[0], *ends(ballot[2])]
    assert all(value in databases.bytes() for value in gone)
    town.presses("ann", "forget:sure")
    town.wakes()
    assert not any(value in databases.bytes() for value in gone)


@only_sqlite
def test_who_was_asked_in_a_closed_round_cannot_be_read_off_the_disk(town: Riverside, databases: Databases):
    town.joins("ann", "bob")
    current, bob = town.week(), town.person("bob")
    town.answers("ann", "75")
    with town.desk.store.work() as work:
        work.rounds.claim(current.id, bob, "remind")
    gone = [*(str(row[0]).encode() for row in databases.rows()["run"]), (current.id + bob).encode()]
    assert all(value in databases.bytes() for value in gone)
    town.closes()
    assert not any(value in databases.bytes() for value in gone)


# --- sealed values stay where they were sealed


def swap(store: Store, table: str, column: str, key: str) -> None:
    """Exchange a column's values between the two rows of a table."""
    with store.database.begin() as connection:
        (a, first), (b, second) = connection.execute(text(f"SELECT {key}, {column} FROM {table}")).all()  # noqa: S608
        update = text(f"UPDATE {table} SET {column} = :value WHERE {key} = :key")  # noqa: S608  names of our own
        connection.execute(update, [{"value": second, "key": a}, {"value": first, "key": b}])


def test_an_address_moved_to_another_person_does_not_open(town: Riverside, store: Store):
    town.joins("ann", "bob")
    person = town.person("ann")
    with store.work() as work:
        assert work.people.address_of(person) == address("ann")
    swap(store, "person", "address", "id")
    with store.work() as work, pytest.raises(Tampered):
        work.people.address_of(person)


def test_a_ballot_moved_to_another_member_does_not_open(town: Riverside, store: Store):
    town.joins("ann", "bob")
    town.opens()
    runs = [run_of(town, who) for who in ("ann", "bob")]
    town.answers("ann", "75")
    town.answers("bob", "0")
    swap(store, "ballot", "sealed", "name")
    for run in runs:
        with store.work() as work, pytest.raises(Tampered):
            work.runs.get(run)


# --- keys that are not there


def test_without_the_periods_key_nothing_is_read_or_written(town: Riverside, store: Store, databases: Databases):
    town.joins("ann")
    town.opens()
    run = run_of(town, "ann")
    town.answers("ann", "75")
    current = town.current()
    store.keys.destroy_period_key(current.period)
    before = databases.rows()
    with store.work() as work:
        with pytest.raises(BadKey, match="Restore the key store's backup"):
            work.runs.get(run)
        with pytest.raises(BadKey, match="Restore the key store's backup"):
            work.rounds.ballots(town.partnership.id, current.period)
    with pytest.raises(BadKey):
        town.gives("ann", "50")
    assert databases.rows() == before


def test_with_another_key_file_nobody_is_found_and_nothing_is_written(town: Riverside, databases: Databases):
    town.joins("ann")
    before = databases.rows()
    databases.key_file.write_text("ab" * 32)
    stranger = databases.open()
    with pytest.raises(BadKey, match="Put back the key file"):
        stranger.keys.check()
    with stranger.work() as work, pytest.raises(BadKey):
        work.people.add_person("phone:zoe", "en")
    assert databases.rows() == before


# --- people and links


def test_the_same_address_is_the_same_person(store: Store):
    with store.work() as work:
        assert work.people.add_person("tg:1", "en") == work.people.add_person("tg:1", "de")
        assert work.people.add_person("tg:2", "en") != work.people.add_person("tg:1", "en")
        assert work.people.find("tg:3") is None


def test_a_long_language_tag_fits_on_both_databases(store: Store):
    with store.work() as work:
        person = work.people.add_person("tg:1", "zh-Hant-TW-x-private")
        assert work.people.address_of(person) == "tg:1"


@pytest.mark.parametrize("kind", ["member", "coordinator"])
def test_a_link_opens_what_it_was_made_for_until_its_time_is_over(
    town: Riverside, store: Store, clock: MovableClock, kind: str
):
    life = timedelta(days=14) if kind == "member" else timedelta(hours=24)
    token = town.member_link if kind == "member" else town.coordinator_link
    with store.work() as work:
        found = work.people.link(token, clock.now())
        assert (found.partnership, found.kind) == (town.partnership.id, kind)
        assert work.people.link(token, clock.now() + life - timedelta(minutes=5)) is not None
        assert work.people.link(token, clock.now() + life + timedelta(minutes=5)) is None


def test_a_member_link_works_for_as_many_as_it_was_made_for(store: Store, town: Riverside, clock: MovableClock):
    with store.work() as work:
        for _ in range(MEMBER_LINK_CAP):
            assert work.people.link(town.member_link, clock.now()) is not None
            work.people.use_link(town.member_link)
        assert work.people.link(town.member_link, clock.now()) is None


def test_a_coordinator_link_works_once_and_two_may_be_out_at_a_time(store: Store, town: Riverside, clock: MovableClock):
    with store.work() as work:
        second = work.people.make_link(town.partnership.id, "coordinator", clock.now())
        work.people.use_link(town.coordinator_link)
        assert work.people.link(town.coordinator_link, clock.now()) is None
        assert work.people.link(second, clock.now()) is not None


def test_a_new_member_link_ends_the_one_before_and_no_other(store: Store, town: Riverside, clock: MovableClock):
    with store.work() as work:
        other = work.partnerships.create(partnership("Lakeside"))
        theirs = work.people.make_link(other.id, "member", clock.now())
        new = work.people.make_link(town.partnership.id, "member", clock.now())
        assert work.people.link(town.member_link, clock.now()) is None
        for token in (new, theirs, town.coordinator_link):
            assert work.people.link(token, clock.now()) is not None


def test_a_token_nobody_made_opens_nothing(store: Store, town: Riverside, clock: MovableClock):
    with store.work() as work:
        for token in ("", "x", "a" * 22, "\0", "' OR 1=1 --", "\ud800", "é" * 22, town.member_link.lower()):
            assert work.people.link(token, clock.now()) is None, token


# --- partnerships


def partnership(name: str) -> Partnership:
    partners = (Organisation(1, "City Council", lead=True), Organisation(2, "Open Door", lead=False))
    return Partnership("", name, "Europe/London", 4, "10:00", partners)


def test_a_partnership_is_kept_as_it_was_given_and_found_by_id_or_name(store: Store):
    with store.work() as work:
        made = work.partnerships.create(partnership("Crewe & Nantwich"))
        assert made == replace(partnership("Crewe & Nantwich"), id="crewe-nantwich")
        assert work.partnerships.get("crewe-nantwich") == work.partnerships.get("Crewe & Nantwich") == made


def test_two_names_that_look_alike_get_ids_of_their_own(store: Store):
    names = ["Área Norte", "Area norte", "area-NORTE", "北", "南", "A" * 60, "A" * 61]
    with store.work() as work:
        ids = [work.partnerships.create(partnership(name)).id for name in names]
    assert ids == [
        "area-norte",
        "area-norte-2",
        "area-norte-3",
        "partnership",
        "partnership-2",
        "a" * 24,
        "a" * 24 + "-2",
    ]


def test_the_same_name_twice_is_refused(store: Store, databases: Databases):
    with store.work() as work:
        work.partnerships.create(partnership("Lakeside"))
    before = databases.rows()
    with pytest.raises(Refused, match="There is a partnership called 'Lakeside' already"), store.work() as work:
        work.partnerships.create(partnership("Lakeside"))
    assert databases.rows() == before


def test_a_partnership_that_is_not_there_names_the_nearest(store: Store):
    with store.work() as work:
        with pytest.raises(NotFound, match="pulse partnership create"):
            work.partnerships.get("lakeside")
        work.partnerships.create(partnership("Lakeside"))
        with pytest.raises(NotFound, match="Did you mean 'lakeside'"):
            work.partnerships.get("lakesid")
        with pytest.raises(NotFound, match="pulse partnership list"):
            work.partnerships.get("zzz")


def test_a_fact_is_written_over_the_one_before(store: Store):
    with store.work() as work:
        assert work.partnerships.fact("bot_name") is None
        work.partnerships.keep_fact("bot_name", "old_bot")
        work.partnerships.keep_fact("bot_name", "new_bot")
        assert work.partnerships.fact("bot_name") == "new_bot"


@only_postgres
def test_who_reads_a_fact_locked_while_it_is_written_over_gets_the_new_one(store: Store, databases: Databases):
    locked = text("SELECT value FROM fact WHERE name = 'bot_name' FOR SHARE")
    waits = "datname = current_database() AND wait_event_type = 'Lock'"
    waiting = text(f"SELECT count(*) FROM pg_stat_activity WHERE {waits}")  # noqa: S608  ours
    with store.work() as work:
        work.partnerships.keep_fact("bot_name", "old_bot")

    def read() -> str | None:
        with databases.open().work() as work:
            return work.connection.scalar(locked)

    with ThreadPoolExecutor(1) as beside:
        with store.work() as work:
            work.partnerships.keep_fact("bot_name", "new_bot")
            reading = beside.submit(read)
            while not (reading.done() or work.connection.scalar(waiting)):
                work.connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        assert reading.result() == "new_bot"


# --- what an operator reads


def test_two_that_stood_in_each_others_way_are_told_to_try_again():
    for error in (DeadlockDetected("Process 7 is blocked by process 8"), SerializationFailure("not serialized")):
        said = str(unavailable(OperationalError("", {}, error), "postgresql://db/pulse"))
        assert said == "The database postgresql://db/pulse was busy with the same thing. Try again."


@only_sqlite
def test_a_lock_file_that_cannot_be_opened_is_said_in_words(store: Store, tmp_path: Path):
    (tmp_path / "main.db.lock").mkdir()
    with pytest.raises(Unavailable, match=r"main\.db\.lock cannot be opened \(Is a directory\)\. Check .* its folder"):
        Slot(store.database, only_first=True)


# --- what is due, and claims


def test_what_is_due_comes_oldest_first_and_is_struck_off_once(store: Store, clock: MovableClock):
    now = clock.now().replace(microsecond=0)
    late, early, later = (Due("open", name, now + timedelta(minutes=m)) for name, m in (("a", -1), ("b", -2), ("c", 1)))
    with store.work() as work:
        work.rounds.plan(late, early, later)
        assert work.rounds.due(now) == [early, late]
        assert work.rounds.done(early)
        assert not work.rounds.done(early)
        assert work.rounds.due(now) == [late]


def test_a_later_plan_for_the_same_thing_replaces_the_earlier(store: Store, clock: MovableClock):
    now = clock.now().replace(microsecond=0)
    with store.work() as work:
        work.rounds.plan(Due("open", "a", now), Due("close", "a", now))
        work.rounds.plan(Due("open", "a", now + timedelta(days=7)))
        assert work.rounds.planned("open", "a") == now + timedelta(days=7)
        assert work.rounds.planned("close", "a") == now
        assert work.rounds.planned("open", "b") is None


def test_a_send_is_claimed_once_until_it_is_given_back(town: Riverside, store: Store, databases: Databases):
    town.joins("ann", "bob")
    round_id, ann, bob = town.opens().id, town.person("ann"), town.person("bob")
    with store.work() as work:
        assert work.rounds.claim(round_id, ann, "prompt")
        assert not work.rounds.claim(round_id, ann, "prompt")
        assert work.rounds.claim(round_id, ann, "remind")
        assert work.rounds.claim(round_id, bob, "prompt")
        work.rounds.release(round_id, ann, "prompt")
        assert work.rounds.claim(round_id, ann, "prompt")
        work.rounds.mark_sent(round_id, ann, "prompt")
        assert not work.rounds.claim(round_id, ann, "prompt")
    sent = {(person, kind): sent for _, person, kind, sent in databases.rows()["claim"]}
    assert sent == {(ann, "prompt"): True, (ann, "remind"): False, (bob, "prompt"): False}


def test_a_refused_claim_does_not_undo_its_transaction(town: Riverside, store: Store):
    town.joins("ann")
    round_id, ann = town.opens().id, town.person("ann")
    with store.work() as work:
        work.partnerships.keep_fact("before", "kept")
        work.rounds.claim(round_id, ann, "prompt")
        assert not work.rounds.claim(round_id, ann, "prompt")
        work.partnerships.keep_fact("after", "kept too")
    with store.work() as work:
        assert [work.partnerships.fact(name) for name in ("before", "after")] == ["kept", "kept too"]


# --- digests


def test_only_the_first_picture_of_a_digest_is_kept(town: Riverside, store: Store):
    town.joins("ann")
    current = town.opens()
    town.closes()
    with store.work() as work:
        assert work.frozen.chart(current.id, "en") is None
        assert not work.frozen.has_chart(current.id, "en")
        work.frozen.keep_chart(current.id, "en", b"\x89PNG first")
        work.frozen.keep_chart(current.id, "en", b"\x89PNG second")
        assert work.frozen.chart(current.id, "en") == b"\x89PNG first"


def test_each_language_has_a_picture_of_its_own_and_older_digests_have_none(town: Riverside, store: Store):
    town.joins("ann")
    closed = []
    for _ in range(2):
        closed.append(town.week().id)
        town.closes()
        with store.work() as work:
            for language in ("en", "cy"):
                work.frozen.keep_chart(closed[-1], language, f"\x89PNG {language}".encode("latin-1"))
    with store.work() as work:
        assert [work.frozen.chart(closed[1], language) for language in ("en", "cy", "pl")] == [
            b"\x89PNG en", b"\x89PNG cy", None
        ]  # fmt: skip
        assert not any(work.frozen.has_chart(closed[0], language) for language in ("en", "cy"))


def test_a_history_is_the_last_digests_oldest_first(town: Riverside, store: Store):
    town.joins("ann")
    for _ in range(4):
        town.week()
        town.closes()
    with store.work() as work:
        numbers = [d.number for d in work.frozen.digests(town.partnership.id, up_to=3, most=2)]
        (last,) = work.frozen.digests(town.partnership.id, most=1)
    assert numbers == [2, 3]
    assert json.loads(last.record)["round"] == 4


# --- languages


def test_a_run_knows_the_language_of_whoever_answers(town: Riverside, store: Store):
    town.joins("ann")
    town.opens()
    run, ann = town.says("ann", "/checkin"), town.person("ann")
    assert run.screens
    member = town.member("ann").id
    with store.work() as work:
        found = work.runs.of_member(member)
        assert found is not None
        assert (found.language, work.people.language_of(address("ann"))) == ("en", "en")
        work.people.speak(ann, "cy")
    with store.work() as work:
        found = work.runs.of_member(member)
        assert found is not None
        assert (found.language, work.people.language_of(address("ann"))) == ("cy", "cy")
        assert work.people.language_of(address("a stranger")) is None


def test_sentences_brought_in_replace_those_before_in_their_language_alone(store: Store):
    longest = "Why " * 4000  # longer than an index can hold
    with store.work() as work:
        work.texts.replace("cy", {"": "Language: cy\n", "Hello": "Helo", "Thanks": "Diolch"})
        work.texts.replace("pl", {"Hello": "Cześć"})
        work.texts.replace("cy", {longest: "Pam", "Hello": "Shwmae"})
    with store.work() as work:
        assert work.texts.all() == {"cy": {longest: "Pam", "Hello": "Shwmae"}, "pl": {"Hello": "Cześć"}}
        work.texts.replace("pl", {})
        assert work.texts.all().keys() == {"cy"}


# --- the hot path


def test_a_tap_takes_as_many_statements_as_ever(town: Riverside, store: Store):
    town.joins("ann", "bob")
    town.opens()
    town.answers("ann", "75")
    town.says("bob", "/checkin")
    seen: list[str] = []
    event.listen(store.database, "before_cursor_execute", lambda *given: seen.append(given[2].split()[0]))
    town.gives("ann", "75")
    alone = Counter(seen)
    assert alone - Counter(BEGIN=1) == {"SELECT": 2, "UPDATE": 1, "INSERT": 1}
    seen.clear()
    town.tell_all([(who, choices(town.screens[who])[0], None) for who in ("ann", "bob")])
    assert Counter(seen) == alone
