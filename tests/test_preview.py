"""A coordinator walks a check-in as a test: it looks like the real one, says so on every screen, and leaves nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from databases import Databases, only_sqlite
from riverside import Riverside, choices, labels

from bot import preview
from bot.channel import Reply
from bot.preview import LASTS, MOST, Previews
from bot.words import words

ON_SQLITE_ALONE = True  # what is said; test_storage, test_pools and their neighbours keep it on both

NOTE = "The room was locked."


@pytest.fixture
def boss(town: Riverside) -> Riverside:
    """The boss sets Riverside up."""
    town.coordinates("boss")
    return town


def starts(town: Riverside, flow: str = "weekly-pulse@1", message: int = 40) -> None:
    town.says("boss", "/preview")
    town.presses("boss", f"preview:{flow}", message)


def walks(town: Riverside, who: str = "boss", message: int = 40) -> list[str]:
    """Give the first answer everywhere, with a note, to the end; all that was seen."""
    seen = [town.sees(who)]
    while (taps := choices(town.screens[who])) and taps[0].choice != ".again":
        if words.NO_NOTE in labels(town.screens[who]):
            town.says(who, NOTE, message=900)
        else:
            done = next((tap for tap in taps if tap.choice == ".done"), None)
            town.tell(who, done or taps[0], message)
        seen.append(town.sees(who))
    return seen


def test_a_test_begins_with_a_pick_among_all_check_ins_by_their_titles(boss: Riverside):
    boss.says("boss", "/preview")
    assert boss.sees("boss") == words.PICK_PREVIEW
    assert labels(boss.screens["boss"]) == sorted(engine.flow.title for engine in boss.desk.flows.values())
    reply = boss.taps("boss", "Weekly check-in", 7)
    assert reply.over == 7
    assert boss.sees("boss").startswith(f"{words.PREVIEW}\n\nHello. Here is your weekly check-in.")


def test_every_screen_says_that_nothing_is_kept_and_the_last_is_the_end(boss: Riverside):
    for engine in boss.desk.flows.values():
        starts(boss, engine.flow.ref)
        seen = walks(boss)
        assert [text.splitlines()[0] for text in seen] == [words.PREVIEW] * len(seen)
        assert seen[-1] == f"{words.PREVIEW}\n\n{engine.flow.end}"


def tests_of_all_kinds(town: Riverside) -> None:
    for flow in ("weekly-pulse@1", "set-up@1", "risk-vote@1", "exit-form@1"):
        starts(town, flow)
        walks(town)


def test_a_test_leaves_nothing_in_the_databases(boss: Riverside, databases: Databases):
    boss.joins("boss")
    boss.opens()
    boss.says("boss", "/checkin")
    before = databases.rows()
    tests_of_all_kinds(boss)
    assert databases.rows() == before
    assert NOTE.encode() not in databases.bytes()


@only_sqlite
def test_a_test_changes_not_a_byte_of_the_database_file(boss: Riverside, databases: Databases):
    def kept() -> dict[str, bytes]:
        # All but the index of the log, in which readers too leave a mark, but no contents.
        return {path.name: path.read_bytes() for path in databases.files() if not path.name.endswith("-shm")}

    before = kept()
    tests_of_all_kinds(boss)
    assert kept() == before


def test_a_test_leaves_no_trace_in_the_log(boss: Riverside, caplog: pytest.LogCaptureFixture):
    caplog.set_level(0)
    starts(boss)
    walks(boss)
    assert caplog.records == []


def test_a_note_is_taken_out_of_the_chat_and_shown_to_be_shared_as_in_a_check_in(boss: Riverside):
    starts(boss)
    while words.NO_NOTE not in labels(boss.screens["boss"]):
        boss.tell("boss", choices(boss.screens["boss"])[0], 40)
    reply = boss.says("boss", NOTE, message=41)
    assert (reply.over, reply.erase) == (40, 41)
    assert boss.sees("boss").endswith("“The room was locked.”")
    again = boss.says("boss", NOTE, message=41)  # delivered once more
    assert (again.screens, again.erase) == (reply.screens, 41)


def test_what_does_not_fit_is_refused_as_in_a_check_in(boss: Riverside):
    starts(boss)
    first = choices(boss.screens["boss"])[0]
    boss.tell("boss", first, 40)
    assert boss.tell("boss", first, 40).notice == words.STALE
    while words.NO_NOTE not in labels(boss.screens["boss"]):
        boss.tell("boss", choices(boss.screens["boss"])[0], 40)
    boss.says("boss", " ", message=41)
    assert boss.sees("boss") == f"{words.PREVIEW}\n\n{words.EMPTY_NOTE}"


def test_the_rotating_place_shows_the_first_item_of_the_bank(boss: Riverside):
    starts(boss)
    for _ in range(3):
        boss.tell("boss", choices(boss.screens["boss"])[0], 40)
    assert boss.sees("boss").endswith("Did people do what they said they would do?")


def test_a_test_and_a_check_in_side_by_side_do_not_mix(boss: Riverside):
    boss.joins("boss")
    boss.opens()
    boss.reaches_the_note("boss", message=30)
    starts(boss)
    boss.says("boss", "A real note.", message=31)
    assert words.PREVIEW not in boss.sees("boss")
    assert boss.sees("boss").endswith("“A real note.”")
    boss.says("boss", "/preview")
    boss.taps("boss", "Weekly check-in", 40)
    walks(boss)
    boss.says("boss", "/checkin")
    assert boss.sees("boss").endswith("“A real note.”")


@pytest.mark.parametrize("turned", ["tap", "command"])
def test_a_real_note_is_never_taken_by_a_test_that_waits_for_words(boss: Riverside, turned: str):
    boss.joins("boss")
    boss.opens()
    boss.reaches_the_note("boss", message=30)
    mine = choices(boss.screens["boss"])
    starts(boss)
    while words.NO_NOTE not in labels(boss.screens["boss"]):
        boss.tell("boss", choices(boss.screens["boss"])[0], 40)
    theirs = choices(boss.screens["boss"])
    if turned == "tap":  # back, and to the note again
        boss.tell("boss", next(tap for tap in mine if tap.choice == ".back"), 30)
        boss.tell("boss", choices(boss.screens["boss"])[0], 30)
    else:
        boss.says("boss", "/checkin")
    boss.says("boss", "A real note.", message=31)
    assert words.PREVIEW not in boss.sees("boss")
    assert boss.sees("boss").endswith("“A real note.”")
    boss.tell("boss", next(tap for tap in theirs if tap.choice == ".back"), 40)  # the test goes on where it was
    assert boss.sees("boss").startswith(words.PREVIEW)


def test_a_button_of_a_test_that_is_over_says_so_kindly(boss: Riverside):
    starts(boss)
    tap = choices(boss.screens["boss"])[0]
    boss.desk = replace(boss.desk, previews=Previews())  # as after a restart
    reply = boss.tell("boss", tap, 40)
    assert (boss.sees("boss"), reply.over) == (words.PREVIEW_OVER, 40)
    starts(boss)
    tap = choices(boss.screens["boss"])[0]
    boss.clock.jump_to(boss.clock.now() + LASTS)
    boss.tell("boss", tap, 40)
    assert boss.sees("boss") == words.PREVIEW_OVER


def test_a_new_test_takes_the_place_of_the_last(boss: Riverside):
    starts(boss)
    old = choices(boss.screens["boss"])[0]
    starts(boss, "set-up@1", 50)
    boss.tell("boss", old, 40)
    assert boss.sees("boss") == words.PREVIEW_OVER


def test_another_persons_test_is_no_test_of_mine(boss: Riverside):
    starts(boss)
    tap = choices(boss.screens["boss"])[0]
    boss.tell("ann", tap, 40)
    assert boss.sees("ann") == words.PREVIEW_OVER
    boss.tell("boss", tap, 40)
    assert "2 of 5" in boss.sees("boss")


def test_only_a_coordinator_starts_a_test(boss: Riverside, databases: Databases):
    boss.joins("ann")
    before = databases.rows()
    for who in ("ann", "stranger"):
        boss.says(who, "/preview")
        assert boss.sees(who) == words.COORDINATORS_ONLY
        assert boss.presses(who, "preview:weekly-pulse@1") == Reply(notice=words.UNKNOWN_BUTTON)
    assert boss.presses("boss", "preview:nothing@1") == Reply(notice=words.UNKNOWN_BUTTON)
    assert databases.rows() == before


def test_no_stored_check_in_has_the_id_of_a_test(boss: Riverside):
    boss.joins(*(f"p{n}" for n in range(30)))
    boss.opens()
    for n in range(30):
        boss.says(f"p{n}", "/checkin")
    assert not any(preview.is_test(choices(boss.screens[f"p{n}"])[0].run) for n in range(30))
    starts(boss)
    assert preview.is_test(choices(boss.screens["boss"])[0].run)


def test_memory_holds_few_tests_and_no_words_of_one_that_is_finished(boss: Riverside):
    previews, engine, now = boss.desk.previews, boss.desk.flows["weekly-pulse@1"], boss.clock.now()
    for n in range(MOST + 20):
        previews.start(bytes([n]), engine, None, now + timedelta(seconds=n))
    assert len(previews._tests) == MOST
    assert bytes([0]) not in previews._tests
    later = now + LASTS + timedelta(seconds=MOST + 20)
    previews.start(b"last", engine, None, later)
    assert list(previews._tests) == [b"last"]
    boss.clock.jump_to(later + LASTS)
    starts(boss)
    walks(boss)
    (test,) = previews._tests.values()
    assert test.run.answers == {}
