"""Whatever happens, in whatever order: the engine answers, turns only grow, and there is a way out."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from flows.answers import NOTE_LIMIT, clean
from flows.effects import Ask, Finished, Notice
from flows.engine import Engine
from flows.events import Event, Opened, Tapped, Wrote
from flows.load import library
from flows.run import DONE, Run

FLOW = library()["weekly-pulse@1"]
ENGINE = Engine(FLOW)
CODES = ["0", "25", "50", "75", "100", "unsure", "yes", "no", "who", "promises", "time", "plan"]
CONTROLS = [".back", ".skip", ".done", ".again"]
ANY_TEXT = st.text(st.characters(categories=["C", "L", "M", "N", "P", "S", "Z"]), max_size=30)

choices = st.sampled_from(CODES) | st.sampled_from(CONTROLS) | ANY_TEXT
# None is the turn the run happens to stand at; most taps come from the screen that is shown.
turns = st.none() | st.none() | st.integers(-1, 9)
words = ANY_TEXT | st.integers(NOTE_LIMIT - 1, NOTE_LIMIT + 1).map("n".__mul__)
events = st.just(Opened()) | st.tuples(turns, choices) | st.builds(Wrote, words)
rotating = st.none() | st.sampled_from(sorted(FLOW.items.keys() - FLOW.anchors.values()))
stories = st.lists(events, max_size=25)
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


def told(run: Run, story: list[Event | tuple[int | None, str]]) -> list[tuple[Run, Event]]:
    """Each event of `story` with the run it met, by playing them one after the other."""
    met = []
    for entry in story:
        match entry:
            case (None, choice):
                event: Event = Tapped(run.turn, choice)
            case (turn, choice):
                event = Tapped(turn, choice)
            case _:
                event = entry
        met.append((run, event))
        run, _ = ENGINE.step(run, event)
    return met


@given(rotating, stories)
def test_a_step_raises_the_turn_or_changes_nothing(item, story):
    for run, event in told(ENGINE.first("run00001", item), story):
        after, (seen,) = ENGINE.step(run, event)
        if isinstance(seen, Notice) or isinstance(event, Opened):
            assert after is run
        else:
            assert after.turn == (run.turn // 8 + 1) * 8 if after.state == DONE else run.turn + 1
            assert seen == ENGINE.view(after)
            assert seen.turn == after.turn


@given(rotating, stories)
def test_every_answer_kept_belongs_to_a_question_that_was_asked(item, story):
    for run, _ in told(ENGINE.first("run00001", item), story):
        for question, answer in run.answers.items():
            if question in FLOW.items:
                assert question == item or question in FLOW.anchors.values()
                assert answer in [point.code for point in FLOW.scales["extent"]]
            elif question == "note":
                assert 1 <= len(answer) <= NOTE_LIMIT
                assert answer == clean(answer)
            elif question == "share":
                assert answer == "yes"
                assert "note" in run.answers
        helps = [question for question in run.answers if question.startswith("help") or question == "contact"]
        assert len(helps) <= 1


@given(endings)
def test_words_are_shared_only_as_they_were_shown(story):
    for run, event in told(ENGINE.first("run00001", None), TO_THE_NOTE + story):
        after, _ = ENGINE.step(run, event)
        if "share" in after.answers and "share" not in run.answers:
            assert ENGINE.view(run).quoted == after.answers["note"]
        elif "share" in after.answers:
            assert after.answers["note"] == run.answers["note"]


@given(endings)
def test_a_finished_check_in_keeps_no_words_but_shared_ones(story):
    for run, _ in told(ENGINE.first("run00001", None), TO_THE_NOTE + story):
        if run.state == DONE:
            assert run.answers.keys() & {"note", "share"} in (set(), {"note", "share"})


@given(rotating, stories)
def test_there_is_always_a_way_to_the_end_and_back_to_the_start(item, story):
    for met, _ in told(ENGINE.first("run00001", item), story):
        run = met
        for _ in range(7):
            if isinstance(ENGINE.view(run), Ask):
                run, _ = ENGINE.step(run, Tapped(run.turn, ".skip"))
        assert isinstance(ENGINE.view(run), Finished)
        again, (seen,) = ENGINE.step(run, Tapped(run.turn, ".again"))
        assert (again.state, seen.can_back) == ("T1", False)


@given(rotating, stories)
def test_the_count_of_taps_is_five_or_four(item, story):
    for run, _ in told(ENGINE.first("run00001", item), story):
        screen = ENGINE.view(run)
        if isinstance(screen, Ask):
            no_contact = all(run.answers.get(anchor) == "unsure" for anchor in FLOW.anchors.values())
            assert screen.total == (4 if no_contact or item is None else 5)
            assert (screen.position == 0) == (screen.question in {"note", "share"})
            assert screen.can_skip == (screen.quoted is None) == (screen.question != "share")
            assert screen.position <= screen.total
            assert screen.can_back == (run.state != "T1")


@given(ANY_TEXT | ODD_TEXT)
def test_cleaning_twice_is_cleaning_once_and_leaves_nothing_hidden(text):
    kept = clean(text)
    assert clean(kept) == kept
    assert unicodedata.is_normalized("NFC", kept)
    assert not any(unicodedata.category(char) in {"Cc", "Cs"} for char in kept if char != "\n")
    assert not UNDRAWN & {*kept}
    assert not TURNS & {unicodedata.bidirectional(char) for char in kept}
    kept.encode()
