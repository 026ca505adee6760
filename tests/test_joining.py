"""From an invite link to a place in a partnership: what is asked, what is kept, and what a stranger leaves behind."""

from datetime import timedelta

import pytest
from databases import Databases
from riverside import ORGANISATIONS, Riverside, labels, riverside
from sqlalchemy import text

from bot.channel import Press, Reach, Unreadable
from bot.clock import MovableClock
from bot.converse import Desk
from bot.words import Host, words
from storage.work import Store

ON_SQLITE_ALONE = True  # what is said; test_storage, test_pools and their neighbours keep it on both


def test_joining_step_by_step(town: Riverside):
    town.says("ann", f"/start {town.member_link}")
    assert "Voluntary Network runs this bot." in town.sees("ann")
    assert town.sees("ann").endswith(words.NOTHING_YET)
    assert labels(town.screens["ann"]) == [words.AGREE, words.NO_THANKS, words.HELP, words.LANGUAGES]
    town.taps("ann", words.AGREE)
    assert labels(town.screens["ann"]) == list(ORGANISATIONS)
    town.taps("ann", "Open Door")
    assert labels(town.screens["ann"]) == list(words.SEATS.values())
    town.taps("ann", "Rather not say")
    assert town.sees("ann").startswith(
        "You have joined Riverside Partnership. The next check-in comes on Friday 5 June"
    )
    member = town.member("ann")
    assert (member.organisation, member.seat, member.state) == (3, "undeclared", "active")


def test_who_runs_the_bot_is_said_to_be_the_lead_partner_where_it_is(store: Store, desk: Desk, clock: MovableClock):
    council = Desk(store, desk.flows, clock, Host("City Council", "help@example.org"))
    town = riverside(council, clock)
    town.says("ann", f"/start {town.member_link}")
    assert town.sees("ann").startswith("City Council runs this bot, and is also the lead partner of Riverside Partner")


def test_the_words_agreed_to_are_recorded_with_their_day_alone(town: Riverside, databases: Databases):
    town.says("ann", f"/start {town.member_link}")
    agreed = words.consent_version(town.sees("ann").removesuffix(f"\n\n{words.NOTHING_YET}"))
    town.taps("ann", words.AGREE)
    ((*_, text_version, day),) = databases.rows()["member"]
    assert (text_version, str(day)) == (agreed, "2026-06-02")


def test_a_stranger_leaves_no_trace_before_the_tap_that_agrees(town: Riverside, databases: Databases):
    before = databases.rows()
    for said in (
        "/start", f"/start {town.member_link}", f"/start {town.coordinator_link}", "/start nonsense", "/privacy",
        "/forget", "/who", "/help", "/checkin", "/stop", "/complain", "/export", "/seat", "/round", "/digest",
        "/invite", "/nonsense", "hello", "",
    ):  # fmt: skip
        town.says("stranger", said)
    for pressed in (
        "no:", "org:1", "seat:lead", "back:", "checkin:", "help:", "forget:sure", f"join:{'a' * 22}", "stop:",
        "agree:0123456789abcdef", "reseat:lived", "export:plain", "export:all", "export:none",
        "round-open:riverside-partnership", "round-leave:riverside-partnership",
        "round-agree:0123456789abcdef:riverside-partnership",
    ):  # fmt: skip
        town.presses("stranger", pressed)
    for event in (
        Reach(open=False),
        Reach(open=True),
        *(Unreadable(k) for k in ("media", "edit", "forward", "button")),
    ):
        town.tell("stranger", event)
    assert databases.rows() == before


def test_saying_no_keeps_nothing_and_says_so(town: Riverside, databases: Databases):
    before = databases.rows()
    town.says("ann", f"/start {town.member_link}")
    town.taps("ann", words.NO_THANKS)
    assert town.sees("ann").startswith("That is fine. Nothing about you has been kept.")
    assert databases.rows() == before


def test_every_tap_of_joining_twice_is_once(town: Riverside, databases: Databases):
    for data in (f"join:{town.member_link}", "org:2", "seat:lived"):
        town.presses("ann", data)
        before, screen = databases.rows(), town.screens["ann"]
        town.presses("ann", data)
        assert databases.rows() == before
        assert town.screens["ann"].buttons == screen.buttons


def test_a_seat_or_organisation_once_picked_is_not_changed_by_an_old_button(town: Riverside, databases: Databases):
    town.joins("ann")
    before = databases.rows()
    for data in ("org:1", "org:2", "seat:lived", "seat:commissioner"):
        town.presses("ann", data)
    assert databases.rows() == before


def test_a_choice_that_was_not_offered_is_asked_again(town: Riverside, databases: Databases):
    town.presses("ann", f"join:{town.member_link}")
    before = databases.rows()
    for data in ("org:0", "org:4", "org:-1", "org:", "org:1 ", "org:01", "seat:lead", "seat:", "seat:boss"):
        town.presses("ann", data)
        assert labels(town.screens["ann"]) == list(ORGANISATIONS), data
        assert databases.rows() == before, data


def test_half_joined_is_led_back_to_where_they_stood(town: Riverside):
    town.presses("ann", f"join:{town.member_link}")
    for said in ("/start", "/checkin", "hello", f"/start {town.member_link}"):
        town.says("ann", said)
        assert labels(town.screens["ann"]) == list(ORGANISATIONS), said


@pytest.mark.parametrize("why", ["unknown", "malformed", "too long", "expired", "used up", "replaced"])
def test_a_link_that_does_not_work_is_answered_in_one_way(town: Riverside, store: Store, clock: MovableClock, why: str):
    token = {"unknown": "a" * 22, "malformed": "\0 '", "too long": "a" * 5000}.get(why, town.member_link)
    if why == "expired":
        clock.jump_to(clock.now() + timedelta(days=15))
    with store.work() as work:
        if why == "used up":
            work.connection.execute(text("UPDATE link SET uses_left = 0"))
        if why == "replaced":
            work.people.make_link(town.partnership.id, "member", clock.now())
    town.says("ann", f"/start {token}")
    assert town.sees("ann") == words.BAD_LINK
    town.tell("ann", Press("join", token))
    assert town.sees("ann") == words.BAD_LINK


def test_the_last_place_of_a_link_goes_to_one_person(town: Riverside, store: Store, databases: Databases):
    with store.work() as work:
        work.connection.execute(text("UPDATE link SET uses_left = 1 WHERE kind = 'member'"))
    town.tell_all([(who, Press("join", town.member_link), None) for who in ("ann", "bob")])
    assert labels(town.screens["ann"]) == list(ORGANISATIONS)
    assert town.sees("bob") == words.BAD_LINK
    assert len(databases.rows()["person"]) == 1


def test_five_wrong_links_in_an_hour_are_enough(town: Riverside, clock: MovableClock):
    for _ in range(5):
        town.says("ann", "/start nonsense")
    town.says("ann", f"/start {town.member_link}")
    assert town.sees("ann") == words.TOO_MANY_LINKS
    town.says("bob", f"/start {town.member_link}")
    assert words.AGREE in labels(town.screens["bob"])
    clock.jump_to(clock.now() + timedelta(minutes=61))
    town.says("ann", f"/start {town.member_link}")
    assert words.AGREE in labels(town.screens["ann"])


def test_guessing_at_the_agree_button_is_limited_alike(town: Riverside, databases: Databases):
    before = databases.rows()
    for n in range(6):
        town.presses("ann", f"join:{n:022}")
    assert town.sees("ann") == words.TOO_MANY_LINKS
    town.presses("ann", f"join:{town.member_link}")
    assert town.sees("ann") == words.TOO_MANY_LINKS
    assert databases.rows() == before


def test_a_member_of_one_partnership_does_not_slip_into_another(town: Riverside, desk: Desk, databases: Databases):
    town.joins("ann")
    other = riverside(desk, town.clock, "Lakeside Partnership")
    before = databases.rows()
    other.says("ann", f"/start {other.member_link}")
    assert other.sees("ann") == words.OTHER_PARTNERSHIP
    other.presses("ann", f"join:{other.member_link}")
    assert other.sees("ann") == words.OTHER_PARTNERSHIP
    assert databases.rows() == before
