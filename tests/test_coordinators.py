"""A coordinator's side of the desk: what they may do, what they see, and what members are told of them."""

import pytest
from databases import Databases
from riverside import Riverside, labels, riverside

from bot.channel import Reply
from bot.converse import Desk
from bot.words import words

ON_SQLITE_ALONE = True  # what is said; test_storage, test_pools and their neighbours keep it on both


@pytest.mark.parametrize("said", ["/round", "/digest", "/invite"])
def test_a_coordinators_command_is_refused_to_a_member(open_town: Riverside, databases: Databases, said: str):
    before = databases.rows()
    open_town.says("ann", said)
    assert open_town.sees("ann") == words.COORDINATORS_ONLY
    assert databases.rows() == before


@pytest.mark.parametrize("step", ["open", "show", "remind", "close", "sure"])
def test_a_coordinators_button_does_nothing_for_a_member_or_in_another_partnership(
    open_town: Riverside, desk: Desk, databases: Databases, step: str
):
    other = riverside(desk, open_town.clock, "Lakeside Partnership")
    other.coordinates("boss-of-lakeside")
    before = databases.rows()
    for who in ("ann", "boss-of-lakeside", "stranger"):
        reply = open_town.presses(who, f"round-{step}:{open_town.partnership.id}")
        assert reply == Reply(notice=words.UNKNOWN_BUTTON)
    assert databases.rows() == before


def test_becoming_a_coordinator_makes_nobody_a_member(town: Riverside, databases: Databases):
    town.says("boss", f"/start {town.coordinator_link}")
    assert "makes you a coordinator of Riverside Partnership" in town.sees("boss")
    reply = town.taps("boss", words.AGREE)
    assert reply.coordinator
    assert town.sees("boss").startswith("You can now set up Riverside Partnership.")
    assert databases.rows()["member"] == []
    for said in ("/start", "/checkin"):
        town.says("boss", said)
        assert town.sees("boss").startswith("You can now set up Riverside Partnership.")


def test_agreeing_twice_to_be_a_coordinator_is_agreeing_once(town: Riverside, databases: Databases):
    first = town.presses("boss", f"join:{town.coordinator_link}", message=3)
    before = databases.rows()
    assert town.presses("boss", f"join:{town.coordinator_link}", message=3).screens == first.screens
    town.presses("another", f"join:{town.coordinator_link}")
    assert town.sees("another") == words.BAD_LINK
    assert databases.rows() == before


def test_a_coordinator_opens_reminds_and_closes(town: Riverside):
    town.joins("ann")
    town.coordinates("boss")
    town.says("boss", "/round")
    assert town.sees("boss").endswith("A figure needs 5 replies or more.")
    town.taps("boss", "Open one now")
    assert "The check-in is open since Tuesday 2 June at 10:00. It closes on Monday 8 June" in town.sees("boss")
    town.taps("boss", "Send the reminder now")
    town.wakes()
    assert town.jobs.kinds() == ["prompt", "remind"]
    town.taps("boss", "Close it now")
    assert town.current().number == 1  # asked again before it is done
    town.taps("boss", "Yes, close it")
    assert "No check-in is open." in town.sees("boss")
    town.says("boss", "/digest")
    assert town.sees("boss").startswith("How we are doing: week of 2 June.")


def test_a_button_of_a_round_that_is_over_says_so_and_changes_nothing(town: Riverside, databases: Databases):
    town.joins("ann")
    town.coordinates("boss")
    before = databases.rows()
    for step in ("remind", "sure"):
        reply = town.presses("boss", f"round-{step}:{town.partnership.id}", message=9)
        assert reply.notice.startswith("No round of Riverside Partnership is open.")
        assert (reply.over, labels(town.screens["boss"])) == (9, ["Open one now"])
    assert databases.rows() == before


def test_opening_twice_by_button_opens_once(town: Riverside, databases: Databases):
    town.joins("ann")
    town.coordinates("boss")
    town.presses("boss", f"round-open:{town.partnership.id}")
    before = databases.rows()
    again = town.presses("boss", f"round-open:{town.partnership.id}")
    assert again.notice.startswith("Round 1 of Riverside Partnership is open already.")
    assert databases.rows() == before


def test_an_invite_is_a_new_link_and_the_one_before_stops(town: Riverside):
    town.coordinates("boss")
    town.says("boss", "/invite")
    link = town.sees("boss").split("start=")[1].split()[0]
    assert f"https://t.me/pulse_bot?start={link}" in town.sees("boss")
    town.says("ann", f"/start {town.member_link}")
    assert town.sees("ann") == words.BAD_LINK
    town.says("ann", f"/start {link}")
    assert words.AGREE in labels(town.screens["ann"])


def test_members_are_told_which_organisations_set_it_up_and_no_name(town: Riverside):
    town.joins("ann", "bob")
    town.coordinates("bob")
    town.coordinates("boss")
    town.says("ann", "/who")
    assert "someone from Riverside Homes" in town.sees("ann")
    assert "someone outside it" in town.sees("ann")
    assert "City Council (lead)" in town.sees("ann")


def test_a_coordinator_sees_how_many_joined_in_steps_of_five(town: Riverside):
    town.coordinates("boss")
    seen = []
    for n in range(11):
        town.joins(f"p{n}")
        town.says("boss", "/round")
        seen.append(town.sees("boss").split("\n")[-1])
    assert [line.split(".")[0] for line in seen] == [
        *["Fewer than 5 people have joined"] * 4,
        *["About 5 people have joined"] * 5,
        *["About 10 people have joined"] * 2,
    ]
