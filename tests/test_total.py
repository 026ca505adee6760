"""Whatever happens, in whatever order: the engine answers, turns only grow, and there is a way out."""

import json
import unicodedata
from dataclasses import asdict
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playbook import EVERY_KIND

from flows.answers import NOTE_LIMIT, clean
from flows.effects import Ask, Finished, Notice
from flows.engine import Engine
from flows.events import Event, Opened, Tapped, Wrote
from flows.load import library, load
from flows.model import TextQuestion
from flows.run import DONE, Run

FLOWS = {**library(), "every-kind@1": load(EVERY_KIND)}
ENGINES = {ref: Engine(flow) for ref, flow in FLOWS.items()}
PULSE = ENGINES["weekly-pulse@1"]
CONTROLS = [".back", ".skip", ".done", ".again"]
ANY_TEXT = st.text(st.characters(categories=["C", "L", "M", "N", "P", "S", "Z"]), max_size=30)

# None is the turn the run happens to stand at, and a number the button at that place; most taps come from the screen.
turns = st.none() | st.none() | st.integers(-1, 9)
places = st.integers(0, 8)
choices = places | places | st.sampled_from(CONTROLS) | st.sampled_from(["yes", "75", "who"]) | ANY_TEXT
typed = st.sampled_from(["3", "-1", "3/6/2026", "1" * 15]) | st.dates().map(str)
words = ANY_TEXT | typed | st.integers(NOTE_LIMIT - 1, NOTE_LIMIT + 1).map("n".__mul__)
events = st.just(Opened()) | st.tuples(turns, choices) | st.tuples(turns, choices) | st.builds(Wrote, words)
stories = st.lists(events, max_size=30)
every_flow = pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES)
few = settings(max_examples=40)
# From the note on, where words come and go.
TO_THE_NOTE = [(None, ".skip")] * 5
endings = st.lists(
    st.sampled_from(["yes", "no", ".skip", ".back", ".done", ".again", "unsure"]).map(lambda choice: (None, choice))
    | st.sampled_from([Wrote("First"), Wrote("Second"), Wrote("\u200b")]),
    max_size=20,
)

# Source: Unicode 15.1, DerivedCoreProperties.txt, Default_Ignorable_Code_Point: what draws nothing.
_UNDRAWN = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
UNDRAWN = frozenset(chr(point) for first, last in _UNDRAWN for point in range(first, last + 1))
TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}  # what changes the direction of text
ODD_TEXT = st.text(st.sampled_from("ae\u0301 \n\r\x00\ud800") | st.sampled_from(sorted(UNDRAWN)), max_size=30)


def rotating(engine: Engine) -> list[str | None]:
    return [None, *(item.id for bank in engine.flow.bank.values() for item in bank)]


def started(engine: Engine, item: int) -> Run:
    """A run of that flow, with one item of its bank or another in the rotating place, or none."""
    items = rotating(engine)
    return engine.first("run00001", items[item % len(items)])


def told(engine: Engine, run: Run, story: list[Event | tuple[int | None, str | int]]) -> list[tuple[Run, Event]]:
    """Each event of `story` with the run it met, by playing them one after the other; stored between any two."""
    met = []
    for entry in story:
        match entry:
            case (turn, choice):
                event: Event = Tapped(run.turn if turn is None else turn, choice_of(engine, run, choice))
            case _:
                event = entry
        met.append((run, event))
        run = Run(**json.loads(json.dumps(asdict(engine.step(run, event)[0]))))
    return met


def choice_of(engine: Engine, run: Run, choice: str | int) -> str:
    """The code of a button by its place on the screen, or the choice as it is."""
    if isinstance(choice, str):
        return choice
    screen = engine.view(run)
    codes = [code for code, _ in screen.choices] if isinstance(screen, Ask) else []
    return codes[choice % len(codes)] if codes else ".skip"


@every_flow
@few
@given(places, stories)
def test_a_step_raises_the_turn_or_changes_nothing(engine, item, story):
    for run, event in told(engine, started(engine, item), story):
        after, (seen,) = engine.step(run, event)
        if isinstance(seen, Notice) or isinstance(event, Opened):
            assert after is run
        else:
            assert after.turn > run.turn
            assert after.turn == run.turn + 1 or after.state == DONE
            assert seen == engine.view(after)
            assert seen.turn == after.turn


@every_flow
@few
@given(places, stories)
def test_every_answer_kept_belongs_to_a_question_that_was_asked_and_is_one_of_its_answers(engine, item, story):
    flow = engine.flow
    kinds = {question.id: getattr(question, "kind", None) for question in flow.questions}
    for run, _ in told(engine, started(engine, item), story):
        for question, answer in run.answers.items():
            assert question in kinds or question == run.rotating
            if question in flow.buttons:
                codes = [code for code, _ in flow.buttons[question]]
                chosen = flow.chosen(question, answer)
                assert [code for code in codes if code in chosen] == [*chosen]
                assert len(chosen) <= flow.picks.get(question, 1)
            elif kinds[question] == "text":
                assert 1 <= len(answer) <= NOTE_LIMIT
                assert answer == clean(answer)
            elif kinds[question] == "number":
                assert answer == str(int(answer))
            else:
                assert date.fromisoformat(answer).isoformat() == answer
        for written, sharing in flow.comments:
            assert run.answers.get(sharing) in (None, "yes")
            assert sharing not in run.answers or written in run.answers


@given(places, stories)
def test_one_question_at_most_asks_what_helps(item, story):
    for run, _ in told(PULSE, started(PULSE, item), story):
        assert len([name for name in run.answers if name.startswith("help") or name == "contact"]) <= 1


@given(endings)
def test_words_are_shared_only_as_they_were_shown(story):
    for run, event in told(PULSE, PULSE.first("run00001", None), TO_THE_NOTE + story):
        after, _ = PULSE.step(run, event)
        if "share" in after.answers and "share" not in run.answers:
            assert PULSE.view(run).quoted == after.answers["note"]
        elif "share" in after.answers:
            assert after.answers["note"] == run.answers["note"]


@given(endings)
def test_a_finished_check_in_keeps_no_words_but_shared_ones(story):
    for run, _ in told(PULSE, PULSE.first("run00001", None), TO_THE_NOTE + story):
        if run.state == DONE:
            assert run.answers.keys() & {"note", "share"} in (set(), {"note", "share"})


@every_flow
@few
@given(places, stories)
def test_there_is_always_a_way_to_the_end_and_back_to_the_start(engine, item, story):
    for met, _ in told(engine, started(engine, item), story):
        run = met
        for _ in engine.flow.questions:
            if isinstance(engine.view(run), Ask):
                run, _ = engine.step(run, Tapped(run.turn, ".skip"))
        assert isinstance(engine.view(run), Finished)
        again, (seen,) = engine.step(run, Tapped(run.turn, ".again"))
        assert (again.state, seen.can_back) == (engine.flow.questions[0].id, False)


@every_flow
def test_every_state_of_every_flow_takes_every_reply_even_when_its_answers_are_gone(engine):
    replies = [".back", ".skip", ".done", ".again", "", "yes", "0", "75"]
    for item in rotating(engine)[:2]:
        for state in (*(question.id for question in engine.flow.questions), DONE):
            if item is None and engine.flow.rotation is not None and state == engine.flow.rotation.id:
                continue
            run = Run("run00001", engine.flow.ref, state, turn=3, rotating=item)
            codes = [code for code, _ in getattr(engine.view(run), "choices", ())]
            for event in (*(Tapped(3, reply) for reply in (*replies, *codes)), Wrote("3"), Wrote(""), Opened()):
                after, (seen,) = engine.step(run, event)
                assert after.turn >= run.turn
                assert isinstance(seen, Ask | Finished | Notice)


@every_flow
@few
@given(places, stories)
def test_the_count_of_questions_leaves_out_the_note_and_its_sharing(engine, item, story):
    uncounted = {name for pair in engine.flow.comments for name in pair}
    uncounted |= {question.id for question in engine.flow.questions if isinstance(question, TextQuestion)}
    quoting = {name for _, name in engine.flow.comments}
    for run, _ in told(engine, started(engine, item), story):
        screen = engine.view(run)
        if isinstance(screen, Ask):
            assert screen.position <= screen.total <= len(engine.flow.questions)
            assert (screen.position == 0) == (screen.question in uncounted)
            assert screen.can_skip == (screen.quoted is None) == (screen.question not in quoting)
            assert screen.can_back == (run.state != engine.flow.questions[0].id)


@given(places, stories)
def test_the_pulse_has_five_taps_or_four(item, story):
    for run, _ in told(PULSE, started(PULSE, item), story):
        screen = PULSE.view(run)
        if isinstance(screen, Ask):
            no_contact = all(run.answers.get(anchor) == "unsure" for anchor in PULSE.flow.anchors.values())
            assert screen.total == (4 if no_contact or run.rotating is None else 5)


@given(ANY_TEXT | ODD_TEXT)
def test_cleaning_twice_is_cleaning_once_and_leaves_nothing_hidden(text):
    kept = clean(text)
    assert clean(kept) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in kept if char != "\n")
    assert not UNDRAWN & {*kept}
    assert not TURNS & {unicodedata.bidirectional(char) for char in kept}
    kept.encode()
