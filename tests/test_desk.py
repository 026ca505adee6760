"""At the desk: what people tap and write, what they see, and what is kept of it, on both databases."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from databases import Databases, commits, only_sqlite, patience
from riverside import Riverside, address, button, choices, labels
from sqlalchemy import text
from sqlalchemy.event import listen

from bot.channel import Command, Inbound, Press, Reach, Reply, Tap, Words
from bot.clock import MovableClock
from bot.converse import Desk
from bot.intake import Intake
from bot.words import words
from flows.answers import NOTE_LIMIT
from storage.errors import Tampered, Unavailable
from storage.runs import ballot_name
from storage.work import Store

ON_SQLITE_ALONE = True  # what is said; test_storage, test_pools and their neighbours keep it on both


def kept_of(town: Riverside, who: str) -> dict[str, object]:
    """The person's answers in the open round, opened."""
    with town.desk.store.work() as work:
        person = work.people.find(address(who))
        found = work.runs.of_member(person.member.id)
        return dict(found.run.answers)


def at_the_note(town: Riverside, who: str) -> int:
    """Walk to the note; the message the check-in stands in."""
    town.says(who, "/checkin")
    for code in ("75", "75", "75", "75", "kind"):
        town.tell(who, next(t for t in choices(town.screens[who]) if t.choice == code), 500)
    assert "Would you like to add a note?" in town.sees(who)
    return 500


# --- the check-in


def test_a_check_in_tap_by_tap(open_town: Riverside):
    open_town.says("ann", "/checkin")
    assert "1 of 5 · 🤝 Trust" in open_town.sees("ann")
    for label, then in (("Mostly", "✓ 2 of 5"), ("In part", "✓✓ 3 of 5"), ("Not much", "✓✓✓ 4 of 5")):
        open_town.taps("ann", label)
        assert then in open_town.sees("ann")
    open_town.taps("ann", "Can't say")
    assert "What would help most?" in open_town.sees("ann")
    open_town.taps("ann", "Use plain words")
    open_town.taps("ann", "No note")
    assert open_town.sees("ann").startswith("Saved. Thank you.")
    assert kept_of(open_town, "ann") == {"T1": "75", "P1": "50", "E1": "25", "T2": "unsure", "help_part": "words"}


def test_a_tap_twice_is_once_and_shows_where_they_are(open_town: Riverside, databases: Databases):
    open_town.says("ann", "/checkin")
    data = button(open_town.screens["ann"], "Mostly")
    open_town.presses("ann", data, message=7)
    before, shown = databases.rows(), open_town.screens["ann"]
    again = open_town.presses("ann", data, message=7)
    assert (again.screens, again.over, again.notice) == ((shown,), 7, words.STALE)
    assert databases.rows() == before


def test_two_taps_in_one_batch_count_in_order(open_town: Riverside):
    open_town.says("ann", "/checkin")
    low, high = (next(t for t in choices(open_town.screens["ann"]) if t.choice == code) for code in ("0", "100"))
    first, second = open_town.tell_all([("ann", low, None), ("ann", high, None)])
    assert (first.notice, second.notice) == (None, words.STALE)
    assert kept_of(open_town, "ann") == {"T1": "0"}


def test_two_processes_that_meet_the_same_tap_count_it_once(open_town: Riverside, databases: Databases):
    desk = open_town.desk
    other = Desk(databases.open(), desk.flows, desk.clock, desk.host)
    open_town.says("ann", "/checkin")
    tap = next(t for t in choices(open_town.screens["ann"]) if t.choice == "75")
    with ThreadPoolExecutor(8) as pool:
        both = [desk, other] * 4
        replies = list(pool.map(lambda d: d.converse([Inbound(address("ann"), tap)])[0], both))
    assert sorted(str(reply.notice) for reply in replies) == ["None", *[words.STALE] * 7]
    assert kept_of(open_town, "ann") == {"T1": "75"}


def test_back_asks_again_and_marks_nothing(open_town: Riverside):
    open_town.says("ann", "/checkin")
    first = open_town.screens["ann"]
    open_town.taps("ann", "Mostly")
    assert "Back" in labels(open_town.screens["ann"])
    open_town.taps("ann", "Back")
    assert labels(open_town.screens["ann"]) == labels(first)
    open_town.taps("ann", "Not at all")
    assert kept_of(open_town, "ann") == {"T1": "0"}


def test_there_is_no_way_back_from_the_first_question(open_town: Riverside, databases: Databases):
    open_town.says("ann", "/checkin")
    assert "Back" not in labels(open_town.screens["ann"])
    tap = choices(open_town.screens["ann"])[0]
    before = databases.rows()
    assert open_town.tell("ann", Tap(tap.run, tap.turn, ".back")).notice == words.UNFIT
    assert databases.rows() == before


def test_every_question_can_be_skipped(open_town: Riverside):
    open_town.says("ann", "/checkin")
    for _ in range(5):
        open_town.taps("ann", "Skip")
    open_town.taps("ann", "No note")
    assert open_town.sees("ann").startswith("Saved.")
    assert kept_of(open_town, "ann") == {}


def test_answers_can_be_changed_until_the_round_closes(open_town: Riverside, databases: Databases):
    open_town.finishes("ann", "75")
    assert [row[5] for row in databases.rows()["run"] if row[4]] == [True]
    open_town.taps("ann", "Change my answers")
    assert not any(row[5] for row in databases.rows()["run"])
    open_town.gives("ann", "0")
    assert kept_of(open_town, "ann")["T1"] == "0"


FORGED = (
    "{bob.run}:{bob.turn}:0",
    "nobodys1:0:0",
    "{ann.run}:1:0",
    "{ann.run}:999999999:0",
    "{ann.run}:99999999999999999999:0",
    "{ann.run}:-1:0",
    "{ann.run}:\u0660:0",
    "{ann.run}:0:10",
    "{ann.run}:0:T1",
    "{ann.run}:0:",
    "{ann.run}:0:.again",
    "{ann.run}:0:.done",
    "{ann.run}:0:__class__",
    "{ann.run}:0:100:100",
    "{ann.run}:0:\0",
    "{ann.run}:0:\ud800",
    "{ann.run}",
    ":0:0",
    ":::",
    "",
    "\0\0\0\0\0\0\0\0:0:0",
    "\ud83d:0:0",
    "' OR 1=1:0:0",
    "{long}:0:0",
    "run:1",
    "round-open:{town}",
    "round-sure:{town}",
    "join:\ud800",
    "org:3",
    "seat:lived",
    "forget:",
    "forget:keep",
)


def test_a_forged_button_changes_nothing(open_town: Riverside, databases: Databases):
    for who in ("ann", "bob"):
        open_town.says(who, "/checkin")
    ann, bob = (choices(open_town.screens[who])[0] for who in ("ann", "bob"))
    before = databases.rows()
    for data in FORGED:
        forged = data.format(ann=ann, bob=bob, town=open_town.partnership.id, long="a" * 5000)
        reply = open_town.presses("ann", forged)
        assert reply.screens or reply.notice, data
        assert databases.rows() == before, data


def test_another_persons_button_says_what_a_closed_check_in_says(open_town: Riverside):
    open_town.says("bob", "/checkin")
    theirs = choices(open_town.screens["bob"])[0]
    forged = open_town.tell("ann", theirs)
    unknown = open_town.tell("ann", Tap("nobodys1", 0, "0"))
    assert forged == unknown


def test_an_answer_after_closing_time_is_refused_in_words(
    open_town: Riverside, clock: MovableClock, databases: Databases
):
    open_town.says("ann", "/checkin")
    tap = choices(open_town.screens["ann"])[0]
    clock.jump_to(open_town.current().closes_at)  # nothing has closed it yet
    before = databases.rows()
    refused = open_town.tell("ann", tap, 7)
    assert (open_town.sees("ann"), refused.notice, refused.over) == (words.CLOSED, words.CLOSED_SHORT, 7)
    open_town.says("ann", "/checkin")
    assert open_town.sees("ann").startswith(words.NOTHING_OPEN)
    assert databases.rows() == before
    open_town.wakes()
    assert open_town.tell("ann", tap, 7) == refused


def test_the_check_in_of_last_week_takes_no_answer_this_week(town: Riverside):
    town.joins("ann")
    town.week()
    town.says("ann", "/checkin")
    old = choices(town.screens["ann"])[0]
    town.closes()
    town.week()
    assert town.tell("ann", old).notice == words.CLOSED_SHORT
    assert kept_of(town, "ann") == {}


def test_a_round_closed_in_the_same_batch_takes_the_tap_before_it_and_not_the_one_after(open_town: Riverside):
    open_town.coordinates("boss")
    taps = []
    for who in ("ann", "bob"):
        open_town.says(who, "/checkin")
        taps.append(next(t for t in choices(open_town.screens[who]) if t.choice == "75"))
    closing = Press("round-sure", open_town.partnership.id)
    before, _, after = open_town.tell_all([("ann", taps[0], None), ("boss", closing, None), ("bob", taps[1], None)])
    assert (before.notice, after.notice) == (None, words.CLOSED_SHORT)
    with open_town.desk.store.work() as work:
        (round_,) = [work.rounds.get(str(row[0])) for row in work.connection.execute(text("SELECT id FROM round"))]
        ballots = work.rounds.ballots(open_town.partnership.id, round_.period)
    assert [ballot.places["1"]["answers"] for ballot in ballots] == [{"T1": "75"}]


# --- the note


def test_a_note_is_taken_out_of_the_chat_and_shown_over_the_check_in_to_be_shared(open_town: Riverside):
    message = at_the_note(open_town, "ann")
    reply = open_town.says("ann", "The minutes came late.", message=501)
    assert (reply.over, reply.erase) == (message, 501)
    assert "Do you want to share your words?" in open_town.sees("ann")
    assert open_town.sees("ann").endswith("\n\n“The minutes came late.”")
    assert labels(open_town.screens["ann"]) == ["Share my words", "Do not share them", "Back", "Help"]
    assert open_town.taps("ann", "Share my words", message).over == message
    assert open_town.sees("ann").startswith("Saved.")
    kept = kept_of(open_town, "ann")
    assert (kept["note"], kept["share"]) == ("The minutes came late.", "yes")


def test_words_that_are_not_shared_are_gone(open_town: Riverside):
    at_the_note(open_town, "ann")
    open_town.says("ann", "The minutes came late.", message=501)
    open_town.taps("ann", "Do not share them", 500)
    assert open_town.sees("ann").startswith("Saved.")
    assert not {"note", "share"} & kept_of(open_town, "ann").keys()


def test_a_note_typed_again_is_drawn_over_the_same_message(open_town: Riverside):
    message = at_the_note(open_town, "ann")
    open_town.says("ann", "The minutes came late.", message=501)
    open_town.taps("ann", "Back", message)
    assert "Would you like to add a note?" in open_town.sees("ann")
    assert "minutes" not in open_town.sees("ann")
    reply = open_town.says("ann", "They came late.", message=502)
    assert (reply.over, reply.erase) == (message, 502)
    assert open_town.sees("ann").endswith("“They came late.”")


@pytest.mark.parametrize("then", [None, "Share my words", "Do not share them"])
def test_a_note_delivered_again_shows_where_they_are_and_is_taken_out_of_the_chat(
    open_town: Riverside, databases: Databases, then: str | None
):
    at_the_note(open_town, "ann")
    open_town.says("ann", "The minutes came late.", message=501)
    if then is not None:
        open_town.taps("ann", then, 500)
    before, shown = databases.rows(), open_town.screens["ann"]
    again = open_town.says("ann", "The minutes came late.", message=501)
    assert (again.screens, again.notice, again.erase) == ((shown,), None, 501)
    assert databases.rows() == before


def test_shared_words_are_shown_on_no_other_screen(open_town: Riverside):
    at_the_note(open_town, "ann")
    open_town.says("ann", "The minutes came late.", message=501)
    open_town.taps("ann", "Share my words", 500)
    open_town.says("ann", "/checkin")
    assert "minutes" not in open_town.sees("ann")
    open_town.taps("ann", "Change my answers", 500)
    for _ in range(5):
        open_town.gives("ann", "75" if "75" in [tap.choice for tap in choices(open_town.screens["ann"])] else ".skip")
        assert "minutes" not in open_town.sees("ann")
    assert "Would you like to add a note?" in open_town.sees("ann")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("x" * NOTE_LIMIT, "x" * NOTE_LIMIT),
        ("  two\r\n\r\n\r\n\r\nlines ", "two\n\nlines"),
        ("nul\0 and \ud800 half", "nul and \ufffd half"),
        ("safe \u202eevil\u202c \u2066text\u2069", "safe evil text"),
        ("zero\u200bwidth e\u0301", "zerowidth é"),
        ("'); DROP TABLE ballot; --", "'); DROP TABLE ballot; --"),
        ("<b>&amp;</b> 🤝", "<b>&amp;</b> 🤝"),
        ("\u200b" * 3000 + "short", "short"),
    ],
)
def test_a_note_is_kept_clean(open_town: Riverside, written: str, kept: str):
    at_the_note(open_town, "ann")
    open_town.says("ann", written)
    assert kept_of(open_town, "ann")["note"] == kept


@pytest.mark.parametrize("length", [NOTE_LIMIT + 1, 4096, 100_000])
def test_a_note_too_long_is_kept_out_and_says_how_long_it_was(open_town: Riverside, databases: Databases, length: int):
    at_the_note(open_town, "ann")
    before = databases.rows()
    open_town.says("ann", "y" * length)
    assert open_town.sees("ann") == words.too_long(length, NOTE_LIMIT)
    assert databases.rows() == before
    open_town.says("ann", "A shorter one.")
    assert kept_of(open_town, "ann")["note"] == "A shorter one."


@pytest.mark.parametrize("nothing", ["", "   ", "\0", "\u200b\u2060", "\ufe0f"])
def test_a_note_of_nothing_is_not_kept(open_town: Riverside, databases: Databases, nothing: str):
    at_the_note(open_town, "ann")
    before = databases.rows()
    open_town.says("ann", nothing)
    assert open_town.sees("ann") == words.EMPTY_NOTE
    assert databases.rows() == before


def test_words_where_a_button_is_asked_are_not_kept(open_town: Riverside, databases: Databases):
    open_town.says("ann", "/checkin")
    before = databases.rows()
    open_town.says("ann", "Mostly")
    assert open_town.sees("ann") == words.PLEASE_TAP
    assert databases.rows() == before


def test_words_after_the_end_or_between_rounds_are_not_kept(open_town: Riverside, databases: Databases):
    open_town.finishes("ann")
    before = databases.rows()
    open_town.says("ann", "One more thing.")
    assert open_town.sees("ann") == words.NOT_LISTENING
    assert databases.rows() == before
    open_town.closes()
    before = databases.rows()
    open_town.says("ann", "And another.")
    assert open_town.sees("ann") == words.NOT_LISTENING
    assert databases.rows() == before


# --- leaving and coming back


def test_stop_and_back_with_one_tap(open_town: Riverside):
    open_town.says("ann", "/stop")
    assert (open_town.sees("ann"), open_town.member("ann").state) == (words.STOPPED, "stopped")
    open_town.says("ann", "/stop")
    assert open_town.sees("ann") == words.ALREADY_STOPPED
    open_town.says("ann", "/start")
    assert open_town.sees("ann") == words.ALREADY_STOPPED
    assert open_town.member("ann").state == "stopped"
    open_town.taps("ann", words.COME_BACK)
    assert (open_town.sees("ann"), open_town.member("ann").state) == (words.BACK_AGAIN, "active")


def test_who_blocks_the_bot_is_left_alone_until_they_let_it_in(open_town: Riverside):
    for way_back in (lambda: open_town.tell("ann", Reach(open=True)), lambda: open_town.says("ann", "/start")):
        assert open_town.tell("ann", Reach(open=False)) == Reply()
        assert open_town.member("ann").state == "blocked"
        way_back()
        assert open_town.member("ann").state == "active"


def test_blocking_and_letting_in_does_not_undo_a_stop(open_town: Riverside):
    open_town.says("ann", "/stop")
    for is_open in (False, True):
        open_town.tell("ann", Reach(open=is_open))
        assert open_town.member("ann").state == "stopped"


def test_to_be_forgotten_takes_a_second_tap(open_town: Riverside, databases: Databases):
    open_town.finishes("ann")
    before = databases.rows()
    open_town.says("ann", "/forget")
    assert open_town.sees("ann") == words.ASK_FORGET
    open_town.taps("ann", words.KEEP)
    assert open_town.sees("ann") == words.KEPT
    assert databases.rows() == before


def beside_the_log(databases: Databases) -> dict[str, list[tuple[object, ...]]]:
    """All that is kept but for the chain of what was done, which names nobody, and the list of the forgotten."""
    return {table: rows for table, rows in databases.rows().items() if table not in ("audit", "fact", "erased")}


def test_who_is_forgotten_leaves_nothing_and_takes_nobody_along(town: Riverside, databases: Databases):
    town.joins("bob")
    round_id = town.opens().id
    town.wakes()
    town.finishes("bob")
    without = beside_the_log(databases)
    town.joins("ann")
    town.coordinates("ann")
    town.finishes("ann", "75", "0", "25")
    ann = town.person("ann")
    with town.desk.store.work() as work:
        work.rounds.claim(round_id, ann, "prompt")
    without["link"] = databases.rows()["link"]  # how often a link was used, not by whom
    kept = databases.rows()
    assert len(kept["ballot"]) == len(kept["person"]) == 2
    town.says("ann", "/forget")
    town.taps("ann", words.FORGET_SURE)
    assert town.sees("ann") == words.FORGOTTEN
    town.wakes()
    assert beside_the_log(databases) == without
    assert len(databases.rows()["erased"]) == 1  # by which a restored copy forgets her again
    town.presses("ann", "forget:sure")
    assert town.sees("ann") == words.FORGOTTEN
    for said in ("/start", "/checkin", "/round"):
        town.says("ann", said)
        assert town.sees("ann") in (words.NEEDS_LINK, words.COORDINATORS_ONLY)
    assert beside_the_log(databases) == without


def test_a_tap_in_the_batch_of_a_forgetting_leaves_nothing_behind(open_town: Riverside, databases: Databases):
    open_town.says("ann", "/checkin")
    tap = next(t for t in choices(open_town.screens["ann"]) if t.choice == "75")
    sure = Press("forget", "sure")
    _, _, after = open_town.tell_all([("ann", tap, None), ("ann", sure, None), ("ann", tap, None)])
    assert after.notice == words.CLOSED_SHORT
    kept = databases.rows()
    assert (kept["ballot"], len(kept["run"]), len(kept["person"])) == ([], 1, 1)


def test_who_was_forgotten_needs_a_new_link_and_is_somebody_new(open_town: Riverside):
    before = open_town.person("ann")
    open_town.presses("ann", "forget:sure")
    open_town.joins("ann")
    assert open_town.person("ann") != before
    open_town.says("ann", "/checkin")
    assert "1 of 5" in open_town.sees("ann")


# --- many at once, and trouble


def test_a_whole_batch_is_one_commit(town: Riverside, store: Store):
    town.joins(*(f"p{n}" for n in range(10)))
    town.opens()
    for n in range(10):
        town.says(f"p{n}", "/checkin")
    events = [(f"p{n}", next(t for t in choices(town.screens[f"p{n}"]) if t.choice == "75"), None) for n in range(10)]
    seen = commits(store.database)
    replies = town.tell_all([*events, ("stranger", Words("hello"), None), ("p3", Command("who", ""), None)])
    assert len(seen) == 1
    assert all("2 of 5" in reply.screens[0].text for reply in replies[:10])


async def test_what_arrives_together_is_committed_together_and_answered_in_order(town: Riverside, store: Store):
    town.joins(*(f"p{n}" for n in range(30)))
    town.opens()
    intake = Intake(town.desk)
    seen = commits(store.database)
    replies = await asyncio.gather(*(intake.take(Inbound(address(f"p{n}"), Command("checkin", ""))) for n in range(30)))
    await intake.close()
    assert len(seen) == 1
    runs = [choices(reply.screens[0])[0].run for reply in replies]
    assert len(set(runs)) == 30


def test_a_poisonous_event_does_not_take_its_neighbours_along(town: Riverside, store: Store, databases: Databases):
    town.joins("ann", "bob", "cat")
    town.opens()
    for who in ("ann", "bob", "cat"):
        town.answers(who, "75")
    period = town.current().period
    key = store.keys.period_keys([period])[period]
    name = ballot_name(key, town.member("bob").id)
    with store.database.begin() as connection:
        connection.execute(text("UPDATE ballot SET sealed = :s WHERE name = :n"), {"s": b"\0" * 40, "n": name})
    taps = [Inbound(address(who), choices(town.screens[who])[0]) for who in ("ann", "bob", "cat")]
    ann, bob, cat = town.desk.converse(taps)
    assert isinstance(bob, Tampered)
    assert all("3 of 5" in reply.screens[0].text for reply in (ann, cat))
    assert kept_of(town, "ann").keys() == kept_of(town, "cat").keys() == {"T1", "P1"}


@only_sqlite
async def test_help_comes_even_when_the_database_does_not_answer(town: Riverside, databases: Databases, store: Store):
    shut = Store(databases.open().database, store.keys)
    patience(shut.database, milliseconds=1)
    intake = Intake(Desk(shut, town.desk.flows, town.clock, town.desk.host))
    with store.database.begin():
        for event in (Command("help", ""), Press("help", "")):
            reply = await intake.take(Inbound(address("ann"), event))
            assert "call 999" in reply.screens[0].text
        with pytest.raises(Unavailable, match="locked"):
            await intake.take(Inbound(address("ann"), Command("who", "")))
    assert (await intake.take(Inbound(address("ann"), Command("who", "")))).screens
    await intake.close()


@only_sqlite
def test_a_database_that_does_not_answer_is_asked_once_for_a_whole_batch(
    town: Riverside, databases: Databases, store: Store
):
    shut = Store(databases.open().database, store.keys)
    patience(shut.database, milliseconds=1)
    tries: list[object] = []
    listen(shut.database, "checkout", lambda *given: tries.append(given))
    desk = Desk(shut, town.desk.flows, town.clock, town.desk.host)
    with store.database.begin():
        replies = desk.converse([Inbound(address(f"p{n}"), Command("who", "")) for n in range(20)])
    assert [type(reply) for reply in replies] == [Unavailable] * 20
    assert len(tries) == 1
