"""A member's rights in the chat: every command in every state, consent asked again, a copy of all that is kept."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from databases import Databases, only_sqlite, patience
from riverside import Letters, Riverside, address, button, choices, labels
from standin import StandIn

from bot import export
from bot.channel import Command, Inbound, Press, Reach, Reply, Screen
from bot.converse import Desk
from bot.intake import Intake
from bot.phone.phones import Phone, Phones
from bot.rounds import PROMPT, REMIND
from bot.sends import Sends, one_at_a_time
from bot.telegram.handlers import build
from bot.telegram.screen import TelegramChannel
from bot.words import words
from storage.heard import Days
from storage.tables import metadata
from storage.work import Store

ON_SQLITE_ALONE = True  # what is said; test_storage, test_pools and their neighbours keep it on both

NOTE = "Canary note: we met twice."

# --- every command in every state


def stranger(town: Riverside) -> None:
    pass


def wrong_link(town: Riverside) -> None:
    town.says("ann", "/start nonsense")


def consent_shown(town: Riverside) -> None:
    town.says("ann", f"/start {town.member_link}")


def agreed(town: Riverside) -> None:
    town.presses("ann", f"join:{town.member_link}")


def picked_an_organisation(town: Riverside) -> None:
    agreed(town)
    town.presses("ann", "org:2")


def joined(town: Riverside) -> None:
    town.joins("ann")


def open_round(town: Riverside) -> None:
    town.joins("ann")
    town.opens()


def in_a_question(town: Riverside) -> None:
    open_round(town)
    town.answers("ann", "75")


def in_a_note(town: Riverside) -> None:
    open_round(town)
    town.reaches_the_note("ann")


def finished(town: Riverside) -> None:
    open_round(town)
    town.finishes("ann")


def closed(town: Riverside) -> None:
    finished(town)
    town.closes()


def stopped(town: Riverside) -> None:
    open_round(town)
    town.says("ann", "/stop")


def blocked(town: Riverside) -> None:
    open_round(town)
    town.tell("ann", Reach(open=False))


def blocked_and_back(town: Riverside) -> None:
    blocked(town)
    town.tell("ann", Reach(open=True))


def agreed_to_other_words(town: Riverside) -> None:
    open_round(town)
    town.is_run_by("Another Network")


def forgotten(town: Riverside) -> None:
    finished(town)
    town.presses("ann", "forget:sure")


def coordinator_only(town: Riverside) -> None:
    town.coordinates("ann")


def coordinator_too(town: Riverside) -> None:
    open_round(town)
    town.coordinates("ann")


STRANGERS = (stranger, wrong_link, consent_shown, forgotten)
HALF = (agreed, picked_an_organisation)
MEMBERS = (joined, open_round, in_a_question, in_a_note, finished, closed, stopped, blocked, blocked_and_back,
           agreed_to_other_words, coordinator_too)  # fmt: skip
STATES = (*STRANGERS, *HALF, *MEMBERS, coordinator_only)


def expected(town: Riverside, state: Callable[[Riverside], None]) -> dict[str, str]:
    """What each command begins its answer with."""
    host, held = town.desk.host, state not in STRANGERS
    seat = words.ASK_NEW_SEAT
    if state not in MEMBERS:
        seat = {agreed: words.ASK_ORGANISATION, picked_an_organisation: words.ASK_SEAT,
                coordinator_only: "You can now set up"}.get(state, words.NEEDS_LINK)  # fmt: skip
    kept = words.STOPPED_JOINING if state in HALF else words.STOPPED
    kept = words.STOPPED_COORDINATING if state is coordinator_too else kept
    stop = words.ALREADY_STOPPED if state is stopped else kept
    return {
        "/help": words.HELP_TEXT,
        "/privacy": words.privacy(host),
        "/complain": words.complain(host),
        "/who": f"{host.operator} runs this bot.",
        "/export": words.EXPORT_WARNING if held else words.NOTHING_HELD,
        "/seat": seat,
        "/forget": words.ASK_FORGET if held else words.NOTHING_HELD,
        "/stop": words.NOTHING_HELD if not held else words.COORDINATORS_STOP if state is coordinator_only else stop,
    }


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_command_has_its_words_in_every_state_and_only_stop_changes_what_is_kept(
    town: Riverside, databases: Databases, state: Callable[[Riverside], None]
):
    town.joins("bob")
    state(town)
    before = databases.rows()
    for said, begins in expected(town, state).items():
        town.says("ann", said)
        assert town.sees("ann").startswith(begins), said
        after = databases.rows()
        if said == "/stop" and state in (*HALF, *MEMBERS):
            assert town.member("ann").state == "stopped"
            changed = [row for row in after.pop("member") if row not in before["member"]]
            assert len(changed) == (0 if state is stopped else 1)
            before.pop("member")
        assert after == before, said


@pytest.mark.parametrize("said", ["/help", "/privacy", "/who", "/complain", "/export", "/seat", "/forget"])
def test_a_command_in_the_middle_of_a_check_in_leaves_it_where_it_was(town: Riverside, said: str):
    in_a_question(town)
    question = town.screens["ann"]
    town.says("ann", said)
    town.tell("ann", choices(question)[0])
    assert "3 of 5" in town.sees("ann")
    town.reaches_the_note("ann", message=500)
    town.says("ann", said)
    town.says("ann", NOTE, message=501)
    assert NOTE in town.sees("ann")


def test_a_stranger_may_ask_anything_and_nothing_is_kept(town: Riverside, databases: Databases):
    before = databases.rows()
    for said in ("/start", "/privacy", "/help", "/who", "/complain", "/export", "/stop", "/forget", "/seat"):
        town.says("stranger", said)
    assert databases.rows() == before


@only_sqlite
async def test_privacy_and_complaints_are_told_even_when_the_database_does_not_answer(
    town: Riverside, databases: Databases, store: Store
):
    shut = Store(databases.open().database, store.keys)
    patience(shut.database, milliseconds=1)
    intake = Intake(Desk(shut, town.desk.flows, town.clock, town.desk.host))
    with store.database.begin():
        for said in ("help", "privacy", "complain"):
            assert (await intake.take(Inbound(address("ann"), Command(said, "")))).screens
    await intake.close()


# --- stopping and coming back


def test_stopping_and_coming_back_are_noted_by_their_day(town: Riverside):
    open_round(town)
    town.says("ann", "/stop")
    stop = town.clock.now().date()
    town.clock.jump_to(town.current().closes_at)
    town.says("ann", "/stop")
    assert days(town).stopped == stop  # the first counts
    town.taps("ann", words.COME_BACK)
    assert (days(town).heard, days(town).stopped) == (town.clock.now().date(), None)


def days(town: Riverside) -> Days:
    member = town.member("ann").id
    with town.desk.store.work() as work:
        return work.people.days(member)


def test_who_stops_while_joining_may_still_finish_and_then_takes_part(town: Riverside):
    agreed(town)
    town.says("ann", "/stop")
    town.taps("ann", words.COME_BACK)
    assert town.sees("ann") == words.ASK_ORGANISATION
    town.says("ann", "/stop")
    town.says("ann", "/start")
    town.taps("ann", "Open Door")
    town.taps("ann", "Rather not say")
    assert town.member("ann").state == "active"
    assert days(town).stopped is None  # or the place would go 90 days after that day


def test_who_agreed_to_other_words_is_shown_the_new_ones_and_nothing_is_kept(town: Riverside, databases: Databases):
    town.says("ann", f"/start {town.member_link}")
    agree, before = button(town.screens["ann"], words.AGREE), databases.rows()
    leading = replace(town.desk.host, operator="City Council")
    moved = replace(town, desk=replace(town.desk, host=leading), screens={})
    moved.presses("ann", agree, message=7)
    assert "is also the lead partner" in moved.sees("ann")
    assert databases.rows() == before
    moved.taps("ann", words.AGREE)
    assert moved.sees("ann") == words.ASK_ORGANISATION


# --- another seat


def test_before_the_first_check_in_another_seat_counts_at_once(town: Riverside):
    town.joins("ann", seats=["lived"])
    town.says("ann", "/seat")
    assert labels(town.screens["ann"]) == list(words.SEATS.values())
    reply = town.taps("ann", words.SEATS["partner"], message=7)
    assert (town.sees("ann"), reply.over) == (words.NEW_SEAT_NOW, 7)
    assert town.member("ann").seat == "partner"


def test_another_seat_counts_from_the_next_four_weeks_and_is_not_shown(town: Riverside):
    town.joins("ann", seats=["lived"])
    for week in range(4):
        town.week()
        if week == 1:
            town.says("ann", "/seat")
            town.taps("ann", words.SEATS["partner"])
            assert town.sees("ann") == words.NEW_SEAT_LATER
            assert not any(label in town.sees("ann") for label in words.SEATS.values())
        assert town.member("ann").seat == "lived"
        town.closes()
    town.week()
    assert town.member("ann").seat == "partner"


def test_a_seat_that_was_not_offered_is_not_taken(town: Riverside, databases: Databases):
    town.joins("ann")
    agreed_only = "bob"
    town.presses(agreed_only, f"join:{town.member_link}")
    before = databases.rows()
    for who, data in (("ann", "reseat:boss"), ("ann", "reseat:"), (agreed_only, "reseat:lived"), ("x", "reseat:lived")):
        assert town.presses(who, data).notice == words.UNKNOWN_BUTTON
    assert databases.rows() == before


# --- consent asked again


def consent_of(town: Riverside, who: str = "ann") -> tuple[str, str]:
    """The version agreed to, and the day."""
    with town.desk.store.work() as work:
        person = work.people.find(address(who))
        kept = export.held(work.connection, town.desk.store.keys, person.id)
    row = kept.member or kept.coordinates[0]
    return row["consent_text"], str(row["consent_day"])


@pytest.mark.parametrize("said", ["/checkin", "/start"])
def test_changed_words_are_asked_again_before_the_next_check_in(town: Riverside, said: str):
    town.joins("ann")
    before = consent_of(town)
    town.is_run_by("Another Network")
    town.week()
    town.says("ann", said)
    assert town.sees("ann").startswith(words.CHANGED["member"])
    assert "Another Network runs this bot." in town.sees("ann")
    assert words.NOTHING_YET not in town.sees("ann")
    assert labels(town.screens["ann"]) == [words.AGREE, words.NO_THANKS, words.HELP]
    assert consent_of(town) == before
    reply = town.taps("ann", words.AGREE, message=7)
    assert "1 of 5" in town.sees("ann")
    assert reply.over == 7
    assert consent_of(town) == (words.version_today(town.desk.host, town.partnership, "member"), "2026-06-05")
    town.says("ann", said)
    assert "1 of 5" in town.sees("ann")


def test_changed_words_are_asked_between_check_ins_too(town: Riverside):
    town.joins("ann")
    town.is_run_by("Another Network")
    town.says("ann", "/start")
    town.taps("ann", words.AGREE)
    assert town.sees("ann").startswith(words.NOTHING_OPEN)


@pytest.mark.parametrize("kind", [PROMPT, REMIND])
async def test_the_new_words_come_in_place_of_the_prompt_and_the_reminder(town: Riverside, kind: str):
    town.joins("ann", "bob")
    current, letters = town.opens(), Letters()
    town.answers("bob", "75")
    town.is_run_by("Another Network")
    sends = Sends(town.desk.store, town.desk.flows, letters, one_at_a_time(1000), town.desk.host)
    for who in ("ann", "bob"):
        assert await sends.deliver(kind, current.id, town.person(who)) is None
    (_, to_ann), (_, to_bob) = letters.arrived
    assert to_ann.text.startswith(words.CHANGED["member"])
    assert "2 of 5" in to_bob.text  # what was begun may be finished
    town.presses("ann", button(to_ann, words.AGREE))
    assert "1 of 5" in town.sees("ann")


def test_what_was_begun_under_the_old_words_may_be_finished(town: Riverside):
    in_a_question(town)
    town.is_run_by("Another Network")
    town.says("ann", "/checkin")
    assert "2 of 5" in town.sees("ann")
    town.finishes("ann")
    assert town.sees("ann").startswith("Saved.")


def test_saying_no_to_new_words_stops_the_messages_in_one_tap(town: Riverside):
    agreed_to_other_words(town)
    before = consent_of(town)
    town.says("ann", "/checkin")
    reply = town.taps("ann", words.NO_THANKS, message=7)
    assert (town.sees("ann"), reply.over, town.member("ann").state) == (words.STOPPED, 7, "stopped")
    assert consent_of(town) == before
    town.taps("ann", words.COME_BACK)
    town.says("ann", "/checkin")
    assert town.sees("ann").startswith(words.CHANGED["member"])


def test_only_the_words_on_the_screen_are_agreed_to(town: Riverside, databases: Databases):
    agreed_to_other_words(town)
    town.says("ann", "/checkin")
    old = button(town.screens["ann"], words.AGREE)
    town.is_run_by("A Third Network")
    before = databases.rows()
    for data in (old, "agree:", "agree:0123456789abcdef"):
        town.presses("ann", data)
        assert "A Third Network runs this bot." in town.sees("ann")
        assert databases.rows() == before


def test_agreeing_twice_is_agreeing_once(town: Riverside, databases: Databases):
    agreed_to_other_words(town)
    town.says("ann", "/checkin")
    data = button(town.screens["ann"], words.AGREE)
    first = town.presses("ann", data, message=7)
    before = databases.rows()
    assert town.presses("ann", data, message=7) == first
    assert databases.rows() == before


def test_a_member_who_says_no_to_a_coordinators_link_stays_a_member(town: Riverside, databases: Databases):
    town.joins("ann")
    before = databases.rows()
    town.says("ann", f"/start {town.coordinator_link}")
    town.taps("ann", words.NO_THANKS)
    assert town.sees("ann") == words.DECLINED_MORE
    assert databases.rows() == before


@pytest.mark.parametrize("said", ["/round", "/digest", "/invite"])
def test_a_coordinator_agrees_again_before_anything_else(town: Riverside, databases: Databases, said: str):
    town.coordinates("boss")
    town.is_run_by("Another Network")
    before = databases.rows()
    town.says("boss", said)
    assert town.sees("boss").startswith(words.CHANGED["coordinator"])
    town.presses("boss", f"round-open:{town.partnership.id}")
    assert town.sees("boss").startswith(words.CHANGED["coordinator"])
    town.presses("boss", f"round-agree:0123456789abcdef:{town.partnership.id}")
    assert town.sees("boss").startswith(words.CHANGED["coordinator"])
    assert databases.rows() == before
    town.taps("boss", words.AGREE)
    assert "No check-in is open." in town.sees("boss")
    assert consent_of(town, "boss")[0] == words.version_today(town.desk.host, town.partnership, "coordinator")


def test_a_coordinator_who_says_no_sets_nothing_up_any_more(town: Riverside):
    town.coordinates("boss")
    town.is_run_by("Another Network")
    town.says("boss", "/round")
    town.taps("boss", words.NO_THANKS)
    assert town.sees("boss") == words.no_longer_coordinator(town.partnership)
    town.says("boss", "/round")
    assert town.sees("boss") == words.COORDINATORS_ONLY


# --- a copy of all that is kept


def copied(town: Riverside, which: str, who: str = "ann") -> tuple[str, dict[str, object]]:
    """The copy in words, and as it is for a computer."""
    town.says(who, "/export")
    reply = town.taps(who, which, message=7)
    assert reply.over == 7
    assert {screen.lasting for screen in reply.screens} == {600}
    return "\n".join(s.text for s in reply.screens), json.loads(reply.screens[-1].document)


def with_answers(town: Riverside) -> None:
    """Ann has answered two check-ins of the open four weeks, and shared a note in the first."""
    town.joins("bob", "ann", seats=["partner", "lived"])
    town.coordinates("ann")
    town.week()
    town.reaches_the_note("ann", "25", "75", "75", "unsure")
    town.says("ann", NOTE)
    town.taps("ann", "Share my words")
    town.closes()
    town.week()
    town.finishes("ann", "100")


def test_a_copy_without_answers_has_all_but_them(town: Riverside, databases: Databases):
    with_answers(town)
    before = databases.rows()
    text, record = copied(town, words.EXPORT_PLAIN)
    for said in ("phone:ann", "Language: en", "Riverside Partnership", "Riverside Homes", words.SEATS["lived"],
                 "You agreed on: 2026-06-02", "You help to set up Riverside", "check-in: finished",
                 words.EXPORT_CLOSED, words.EXPORT_LASTS):  # fmt: skip
        assert said in text, said
    assert record["place"]["organisation"] == "Riverside Homes"
    assert record["place"]["heard"] == "2026-06-02"
    assert record["sets_up"][0]["agreed_to"] == words.version_today(town.desk.host, town.partnership, "coordinator")
    assert "answers" not in record
    for hidden in (NOTE, "Could you count on", "Mostly", "Not much"):
        assert hidden not in text + json.dumps(record)
    assert databases.rows() == before


def test_a_copy_with_answers_has_those_of_the_open_weeks_as_they_were_shown(town: Riverside):
    with_answers(town)
    text, record = copied(town, words.EXPORT_ALL)
    assert "Could you count on the other people in this group this week?\n→ Not much" in text
    assert "\n→ Can't say" in text
    assert f"\n→ {NOTE}" in text
    assert "\n→ Share my words" in text
    first, second = record["answers"]
    assert (first["week"], second["week"]) == ("2026-06-05", "2026-06-12")
    asked = "Could you count on the other people in this group this week?"
    assert {"question": asked, "answer": "Yes, fully"} in second["answers"]


def test_a_copy_between_two_check_ins_still_has_the_answers_of_the_open_weeks(town: Riverside):
    with_answers(town)
    town.closes()
    text, record = copied(town, words.EXPORT_ALL)
    assert len(record["answers"]) == 2
    assert record["check_in"] is None
    assert NOTE in text


def test_a_copy_holds_nothing_of_four_weeks_that_are_over(town: Riverside):
    town.joins("ann")
    for _ in range(4):
        town.week()
        town.reaches_the_note("ann", "25")
        town.says("ann", NOTE)
        town.taps("ann", "Share my words")
        town.closes()
    text, record = copied(town, words.EXPORT_ALL)
    assert record["answers"] == []
    assert NOTE not in text
    town.week()
    assert copied(town, words.EXPORT_ALL)[1]["answers"] == []


def test_a_copy_of_a_coordinator_who_is_no_member_has_no_place(town: Riverside):
    town.coordinates("boss")
    text, record = copied(town, words.EXPORT_ALL, "boss")
    assert record["place"] is None
    assert "You help to set up Riverside Partnership." in text


def test_a_long_copy_comes_in_messages_telegram_takes_that_hide_their_words_from_a_lock_screen(town: Riverside):
    town.joins("ann")
    for week in range(4):
        town.week()
        town.reaches_the_note("ann", "25")
        town.says("ann", f"{week} " + "word " * 99)
        town.taps("ann", "Share my words")
        if week < 3:
            town.closes()
    town.says("ann", "/export")
    *texts, file = town.taps("ann", words.EXPORT_ALL).screens
    assert len(texts) > 1
    assert all(len(screen.text) <= 4096 for screen in texts)
    assert all(screen.text.startswith(words.EXPORT_MORE) for screen in texts[1:])
    assert len(words.EXPORT_MORE) >= 80
    assert len(file.text) <= 1024
    assert "".join(s.text for s in texts).count("word word") == 4 * 49


def test_nothing_is_sent_before_the_second_tap_and_none_if_that_says_no(town: Riverside):
    town.joins("ann")
    town.says("ann", "/export")
    assert labels(town.screens["ann"]) == [words.EXPORT_PLAIN, words.EXPORT_ALL, words.EXPORT_NONE]
    assert "Others who can see this chat or your phone can read it." in town.sees("ann")
    town.taps("ann", words.EXPORT_NONE)
    assert town.sees("ann") == words.NOT_EXPORTED
    assert town.presses("ann", "export:everything").notice == words.UNKNOWN_BUTTON
    town.presses("stranger", "export:all")
    assert town.sees("stranger") == words.NOTHING_HELD


def test_every_column_about_a_person_is_in_the_copy_or_left_out_for_a_reason():
    told = {
        "person": {"address", "language"},
        "member": {"partnership_id", "organisation", "seat", "next_seat", "state", "heard", "since",
                   "consent_text", "consent_day"},
        "coordinator": {"partnership_id", "consent_text", "consent_day"},
        "run": {"flow", "turn", "finished", "message"},
        "claim": {"kind", "sent"},
        "ballot": {"sealed"},
    }  # fmt: skip
    inner = {  # random names and keyed codes that only say which row belongs to which
        "person": {"id", "lookup"},
        "member": {"id", "person_id"},
        "coordinator": {"person_id"},
        "run": {"id", "round_id", "member_id"},
        "claim": {"round_id", "person_id"},
        "ballot": {"name", "period_id"},
    }
    about_people = {
        table.name
        for table in metadata.tables.values()
        if table.name == "person" or {"person_id", "member_id"} & set(table.columns.keys())
    }
    assert about_people | {"ballot"} == told.keys()
    for name, columns in told.items():
        assert columns | inner[name] == set(metadata.tables[name].columns.keys()), name


# --- messages that take themselves away


async def test_a_copy_is_protected_and_takes_itself_away(monkeypatch: pytest.MonkeyPatch):
    async with StandIn() as telegram:
        application = build(telegram.token, telegram.url)
        await application.initialize()
        channel, ann = TelegramChannel(application.bot), telegram.person(7)
        warning = Screen("May I?", ((),))
        await channel.send("tg:7", warning)
        screens = (Screen("words", lasting=0.05), Screen("a file", document=b"{}", lasting=0.05), Screen("stays"))
        copy = Reply(screens, over=ann.screen[0].id)
        await channel.answer(Inbound("tg:7", Press("export", "all")), None, copy)
        assert [(m.text, m.document) for m in telegram.sent_to(ann)[1:]] == [("a file", b"{}"), ("stays", None)]
        sent = [call.params for call in telegram.calls if call.method == "sendDocument"]
        assert [params["protect_content"] for params in sent] == [True]
        await telegram.until(lambda: [m.text for m in ann.screen] == ["stays"])
        assert channel._fading == {}
        await application.shutdown()


async def test_the_browser_phone_takes_a_copy_away_too():
    phones = Phones((Phone("ann", "Ann", "", ()),))
    copy = Reply((Screen("words", lasting=0.01), Screen("a file", document=b"{}", lasting=0.01), Screen("stays")))
    await phones.answer(Inbound("phone:ann", Press("export", "all")), copy)
    seen = phones.all[0]
    assert [m.screen.text for m in seen.messages] == ["words", "a file", "stays"]
    while len(seen.messages) > 1:
        await phones.changed(phones.version, 1)
    assert seen.messages[0].screen.text == "stays"


async def test_what_was_to_go_later_goes_when_the_bot_stops():
    async with StandIn() as telegram:
        application = build(telegram.token, telegram.url)
        await application.initialize()
        channel, ann, bob = TelegramChannel(application.bot), telegram.person(7), telegram.person(8)
        for who in (ann, bob):
            lasting = (Screen("words", lasting=600), Screen("a file", document=b"{}", lasting=600))
            await channel.answer(Inbound(f"tg:{who.id}", Command("export", "")), None, Reply(lasting))
        sent = [call.params["protect_content"] for call in telegram.calls if call.method == "sendMessage"]
        assert sent == [True, True]
        await bob.blocks()
        await channel.close()
        assert ann.screen == []
        await application.shutdown()
