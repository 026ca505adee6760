"""How each kind of question looks, what is said to a reply that does not fit, and how far a check-in is."""

from dataclasses import replace

import pytest
from riverside import labels

from bot import checkin
from bot.channel import Screen, utf16
from bot.words import words
from flows.effects import Notice
from flows.engine import Engine, engines
from flows.events import Event, Tapped, Wrote
from flows.load import load
from flows.run import DONE, Run

KINDS = """
spec: "1.1"
id: kinds
version: 1
title: One of each
who: leavers
heading: Think of {all} this
intro: Hello.
end: Saved. Thank you.
choices:
  fruit:
    - {code: apple, text: Apples}
    - {code: pear, text: Pears}
    - {code: plum, text: Plums}
questions:
  - {id: scaled, ask: Was it good?, theme: part, scale: extent}
  - {id: fruits, ask: Which fruit do you like?, choices: fruit, pick: 2}
  - {id: again, ask: Would you come again?, kind: yes-no}
  - {id: people, ask: How many came?, kind: number, least: 1, most: 40}
  - {id: day, ask: When was it?, kind: date}
  - {id: more, ask: What else?, kind: text}
"""


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    path = tmp_path_factory.mktemp("kinds") / "kinds.yaml"
    path.write_text(KINDS, encoding="utf-8")
    return Engine(load(path))


def at(engine: Engine, state: str) -> Run:
    """A run that was skipped forward to this question."""
    run = engine.first("run00000", None)
    while run.state != state:
        run, _ = engine.step(run, Tapped(run.turn, ".skip"))
    return run


def said(engine: Engine, run: Run, event: Event) -> str:
    """What is said to a reply that does not fit."""
    after, (effect,) = engine.step(run, event)
    assert after is run
    assert isinstance(effect, Notice)
    return checkin.notice(effect)


def bold(screen: Screen) -> list[str]:
    raw = screen.text.encode("utf-16-le")
    return [raw[2 * start : 2 * (start + length)].decode("utf-16-le") for start, length in screen.bold]


def test_the_heading_stands_above_a_flows_own_scored_questions_alone(kinds: Engine):
    shown = checkin.screen(kinds, at(kinds, "scaled"))
    assert shown.text == "Hello.\n\n1 of 5 · 🙌 Taking part\n\nThink of {all} this\nWas it good?"
    assert bold(shown) == ["Was it good?"]
    assert "Think of" not in checkin.screen(kinds, at(kinds, "fruits")).text


def test_what_is_picked_is_ticked_and_done_takes_the_place_of_skip(kinds: Engine):
    run = at(kinds, "fruits")
    before = checkin.screen(kinds, run)
    assert before.text.endswith("Which fruit do you like?\n\nPick up to 2. Then tap “Done”.")
    assert bold(before) == ["Which fruit do you like?"]
    assert labels(before) == ["Apples", "Pears", "Plums", "Back", "Skip", "Help"]
    run, _ = kinds.step(run, Tapped(run.turn, "plum"))
    run, _ = kinds.step(run, Tapped(run.turn, "apple"))
    shown = checkin.screen(kinds, run)
    assert (shown.text, labels(shown)) == (before.text, ["✓ Apples", "Pears", "✓ Plums", "Back", "Done", "Help"])
    assert said(kinds, run, Tapped(run.turn, "pear")) == words.too_many(2)
    run, _ = kinds.step(run, Tapped(run.turn, "apple"))
    assert labels(checkin.screen(kinds, run))[:3] == ["Apples", "Pears", "✓ Plums"]
    run, _ = kinds.step(run, Tapped(run.turn, ".done"))
    assert run.state == "again"


def test_yes_and_no_are_buttons(kinds: Engine):
    shown = checkin.screen(kinds, at(kinds, "again"))
    assert labels(shown) == ["Yes", "No", "Back", "Skip", "Help"]


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("none", words.NO_NUMBER),
        ("2.5", words.NO_NUMBER),
        ("0", words.too_small(1)),
        ("-7", words.too_small(1)),
        ("41", words.too_large(40)),
    ],
)
def test_a_number_is_typed_and_what_does_not_fit_is_told_in_plain_words(kinds: Engine, written: str, answer: str):
    run = at(kinds, "people")
    shown = checkin.screen(kinds, run)
    assert shown.text.endswith(f"How many came?\n\n{words.TYPE_NUMBER}")
    assert labels(shown) == ["Back", "Skip", "Help"]
    assert checkin.awaits_words(kinds, run)
    assert said(kinds, run, Wrote(written)) == answer


@pytest.mark.parametrize("written", ["tomorrow", "31/2/2026", "6/2026", "3/6/26000"])
def test_a_date_is_typed_with_the_day_first(kinds: Engine, written: str):
    run = at(kinds, "day")
    shown = checkin.screen(kinds, run)
    assert shown.text.endswith(f"When was it?\n\n{words.TYPE_DATE}")
    assert labels(shown) == ["Back", "Skip", "Help"]
    assert checkin.awaits_words(kinds, run)
    assert said(kinds, run, Wrote(written)) == words.NO_DATE


def test_words_are_awaited_where_a_person_types_and_nowhere_else(kinds: Engine):
    awaited = {q.id for q in kinds.flow.questions if checkin.awaits_words(kinds, at(kinds, q.id))}
    assert awaited == {"people", "day", "more"}
    assert not checkin.awaits_words(kinds, at(kinds, DONE))
    run = at(kinds, "fruits")
    assert said(kinds, run, Wrote("Apples")) == words.PLEASE_TAP


@pytest.mark.parametrize("ref", sorted(engines()))
def test_the_line_that_says_how_far_a_check_in_is_stays_short_to_its_end(ref: str):
    engine = engines()[ref]
    rotation = engine.flow.rotation
    run = engine.first("run00000", engine.flow.bank[rotation.rotate[0]][0].id if rotation else None)
    while run.state != DONE:
        shown = checkin.screen(engine, replace(run, turn=run.turn or 1))
        progress = shown.text.splitlines()[0]
        assert utf16(progress) <= 40, progress
        assert shown.buttons
        run, _ = engine.step(run, Tapped(run.turn, ".skip"))
    assert checkin.screen(engine, run).text == engine.flow.end


def test_a_short_check_in_has_a_tick_for_each_tap_and_a_long_one_a_single_tick():
    assert [words.ticks(saved, 5) for saved in range(5)] == ["", "✓", "✓✓", "✓✓✓", "✓✓✓✓"]
    assert [words.ticks(saved, 15) for saved in (0, 1, 14)] == ["", "✓", "✓"]
    assert words.taps_saved(15) == "✓ Your taps are saved."
