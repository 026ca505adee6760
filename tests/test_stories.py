"""Every story in tests/stories goes as it is written, and every check-in has one."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.engine import Engine
from flows.errors import BadDefinition
from flows.events import Event, Tapped, Wrote
from flows.load import library, load
from flows.model import RotatingQuestion
from flows.story import Story, StoryBroken, play, read, write

FOLDER = Path(__file__).parent / "stories"
PATHS = sorted(FOLDER.glob("*.yaml"))
ENGINES = {ref: Engine(flow) for ref, flow in library().items()}
HAPPY = FOLDER / "weekly-pulse.yaml"


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_check_in_goes_as_its_story_says(path: Path):
    story = read(path)
    play(ENGINES[story.flow], story)


def test_every_check_in_of_the_library_has_a_story_from_start_to_end():
    ended = {story.flow for story in map(read, PATHS) if story.steps[-1].does == "ends"}
    assert ended == ENGINES.keys()


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_story_opens_with_a_line_that_says_what_it_is_about(path: Path):
    assert path.read_text(encoding="utf-8").startswith("# ")


def test_every_question_of_the_library_is_asked_in_some_story():
    asked = {(story.flow, step.shows) for story in map(read, PATHS) for step in story.steps}
    for ref, engine in ENGINES.items():
        for question in engine.flow.questions:
            if not isinstance(question, RotatingQuestion) and not getattr(question, "quotes", None):
                assert (ref, question.ask.split("\n")[0]) in asked, question.id


def test_words_are_shared_kept_back_and_mended_in_some_story():
    texts = [path.read_text(encoding="utf-8") for path in PATHS]
    for tapped in ("taps: Share my words", "taps: Do not share them", "goes back: true", "starts again: true"):
        assert any(tapped in text for text in texts), tapped


# --- a story that does not come true says where, and what was shown instead


def changed(tmp_path: Path, old: str, new: str) -> Story:
    """The first story, with one thing told otherwise."""
    text = HAPPY.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = tmp_path / "told.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return read(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("taking part worth", "it worth", ":9: the story says it asks “Was it worth your time this week?”, "),
        ("taking part worth", "it worth", "and here it asks “Was taking part worth your time this week?”"),
        ("A clear plan", "A clear plam", ":13: here is no button “A clear plam”; did you mean “A clear plan”?"),
        ("A clear plan", "Gold", ":13: here is no button “Gold”; there are: Kind people, A clear plan, "),
        ("taps: A clear plan", "writes: Tea", ":13: this is refused here (please_tap): Tea"),
        ("taps: A clear plan", "picks: [A clear plan]", ":13: the story says `picks`, and here it is `taps`"),
        ("Saved. Thank you.", "Goodbye.", ":19: the story says it ends with “Goodbye."),
        ("weekly-pulse@1", "stage@1", ":1: this story is about stage@1"),
    ],
)  # fmt: skip
def test_a_story_that_does_not_come_true_says_where_and_what_was_shown_instead(tmp_path, old, new, said):
    with pytest.raises(StoryBroken) as broken:
        play(ENGINES["weekly-pulse@1"], changed(tmp_path, old, new))
    assert said in str(broken.value)


def test_a_story_that_ends_too_early_or_asks_too_much_is_broken(tmp_path):
    with pytest.raises(StoryBroken, match="and here it ends with"):
        play(ENGINES["weekly-pulse@1"], changed(tmp_path, "taps: Share my words", "taps: Share my words\n" + REST))
    with pytest.raises(StoryBroken, match="and here it asks"):
        play(ENGINES["weekly-pulse@1"], changed(tmp_path, REST_OF_NOTE, "  - ends: Saved."))


REST = "  - asks: What else?\n    skips: true"
REST_OF_NOTE = HAPPY.read_text(encoding="utf-8").split("    taps: A clear plan\n")[1].rstrip("\n")


def test_more_than_may_be_picked_is_refused(tmp_path):
    path = tmp_path / "told.yaml"
    text = (FOLDER / "risk-vote.yaml").read_text(encoding="utf-8")
    path.write_text(
        text.replace("Key people leaving", "Key people leaving, Falling out, Data sharing"), encoding="utf-8"
    )
    with pytest.raises(StoryBroken, match="too_many"):
        play(ENGINES["risk-vote@1"], read(path))


# --- what is no story is refused with its line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- one\n", "told.yaml:1:1: a story is keys with values"),
        ("flow: a@1\n", "told.yaml:1:1: a story is a list of screens"),
        ("story:\n  - ends: Done.\n", "told.yaml:1:1: `flow` is missing"),
        ("flow: a@1\nstory: []\n", "told.yaml:2:8: a story is a list of screens"),
        ("flow: 1\nstory:\n  - ends: Done.\n", "told.yaml:1:7: `flow` is a name"),
        ("flow: a@1\nrotaing: T2\nstory:\n  - ends: Done.\n", ":2:1: `rotaing` is not a key here"),
        ("flow: a@1\nstory:\n  - taps: Yes\n", "told.yaml:3:5: a screen either asks or ends"),
        ("flow: a@1\nstory:\n  - asks: One?\n", "told.yaml:3:5: on each screen one thing is done"),
        ("flow: a@1\nstory:\n  - asks: One?\n    taps: Yes\n    skips: true\n", ":3:5: on each screen one thing"),
        ("flow: a@1\nstory:\n  - asks: One?\n    tap: Yes\n", ":4:5: `tap` is not a key here. To mend: did you"),
        ("flow: a@1\nstory:\n  - asks: One?\n    picks: Yes\n", "told.yaml:4:12: what is picked is a list"),
        ("flow: a@1\nstory:\n  - asks: One?\n    skips: Yes\n", "told.yaml:4:12: `skips` is either true or not there"),
        ("flow: a@1\nstory:\n  - asks: One?\n    taps: 75\n", "told.yaml:4:11: here should be words"),
        ("flow: a@1\nstory:\n  - asks: \n    taps: Yes\n", "told.yaml:3:5: there is nothing here"),
        ("flow: a@1\nstory:\n  - asks: 7\n    taps: Yes\n", "told.yaml:3:11: here should be what is shown"),
        ("flow: a@1\nrotating:\nstory:\n  - ends: Done.\n", "told.yaml:2:1: there is nothing here"),
        ("flow: a@1\nstory:\n  - ends: Done.\n  - ends: Done.\n", "told.yaml:3:5: after the end nothing more is asked"),
        ("flow: a@1\nstory:\n\t- ends: Done.\n", "told.yaml:3:1: here is a tab"),
    ],
)  # fmt: skip
def test_what_is_no_story_is_refused_with_its_line_and_how_to_mend_it(tmp_path, text, said):
    path = tmp_path / "told.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadDefinition) as refused:
        read(path)
    assert said in str(refused.value)


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(BadDefinition, match="cannot be read"):
        read(tmp_path / "missing.yaml")
    path = tmp_path / "told.yaml"
    path.write_bytes(b"flow: \xff\n")
    with pytest.raises(BadDefinition, match="not UTF-8"):
        read(path)
    path.write_bytes(b"#" * 300_000)
    with pytest.raises(BadDefinition, match="larger than"):
        read(path)


# --- a story that is written is one that plays


def events_of(story: Story) -> tuple[Engine, list[Event]]:
    """What happened in a story, as the engine hears it."""
    engine = ENGINES[story.flow]
    run, events = engine.first("run00001", story.rotating), []
    for step in story.steps:
        seen = engine.view(run)
        codes = {label: code for code, label in getattr(seen, "choices", ())}
        done: dict[str, list[str | Wrote]] = {
            "writes": [Wrote(word) for word in step.words],
            "picks": [*sorted({codes.get(w, w) for w in step.words} ^ set(getattr(seen, "picked", ()))), ".done"],
            "skips": [".skip"],
            "goes back": [".back"],
            "starts again": [".again"],
            "ends": [],
            "taps": [codes.get(word, word) for word in step.words],
        }
        for did in done[step.does]:
            event = Tapped(run.turn, did) if isinstance(did, str) else did
            events.append(event)
            run, _ = engine.step(run, event)
    return engine, events


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_story_that_is_written_down_is_the_one_that_happened(path: Path):
    story = read(path)
    engine, events = events_of(story)
    written = write(engine, story.rotating, events)
    assert written.startswith("# Say here what this story is about.\n")
    assert written.split("flow:", 1)[1] == path.read_text(encoding="utf-8").split("flow:", 1)[1]


def test_what_changed_nothing_is_left_out_and_words_are_told_as_they_are_kept(tmp_path):
    engine = ENGINES["weekly-pulse@1"]
    events = [
        Wrote("Please tap"),
        Tapped(0, "no-such-code"),
        *(Tapped(turn, "75") for turn in range(4)),
        Tapped(2, "0"),
        Tapped(4, "kind"),
        Wrote("  One: two\n\n\n“three” # four \u202e  "),
    ]
    text = write(engine, "T2", events)
    assert '    writes: "One: two\\n\\n“three” # four"\n' in text
    assert text.count("asks:") == 6
    assert "ends:" not in text
    path = tmp_path / "told.yaml"
    path.write_text(text, encoding="utf-8")
    play(engine, read(path))


EVERY_KIND = """
spec: "1.1"
id: kinds
version: 1
title: Every kind
intro: Hello.
end: Bye.
choices:
  fruit:
    - {code: apple, text: "Apple: red"}
    - {code: pear, text: "12"}
    - {code: plum, text: Plum}
questions:
  - use: T1
  - {id: met, kind: yes-no, ask: Did you meet?}
  - {id: fruit, choices: fruit, pick: 2, ask: Which do you like?}
  - {id: people, kind: number, least: 0, ask: How many of you?}
  - {id: day, kind: date, ask: On which day?}
  - {id: more, kind: text, ask: Anything else?}
"""


@pytest.fixture
def kinds(tmp_path: Path) -> Engine:
    path = tmp_path / "kinds.yaml"
    path.write_text(EVERY_KIND, encoding="utf-8")
    return Engine(load(path))


def test_every_kind_of_question_can_be_written_down_and_played_again(tmp_path, kinds):
    events = [
        Tapped(0, "75"),
        Tapped(1, "no"),
        Tapped(2, "plum"),
        Tapped(3, "apple"),
        Tapped(4, "plum"),
        Tapped(5, "pear"),
        Tapped(6, ".done"),
        Wrote("seven"),
        Wrote("7"),
        Wrote("3.6.2026"),
        Tapped(9, ".back"),
        Wrote("2026-06-04"),
        Tapped(11, ".done"),
    ]
    text = write(kinds, None, events)
    for line in (
        "    taps: No\n",
        '    picks: ["Apple: red", "12"]\n',
        "    writes: 2026-06-03\n",
        "    goes back: true\n",
        "  - asks: Anything else?\n    skips: true\n",
        "  - ends: Bye.\n",
    ):
        assert line in text
    path = tmp_path / "told.yaml"
    path.write_text(text, encoding="utf-8")
    play(kinds, read(path))


def test_where_several_may_be_picked_a_story_has_to_say_so(tmp_path, kinds):
    path = tmp_path / "told.yaml"
    path.write_text(
        "flow: kinds@1\nstory:\n"
        "  - asks: Could you count on the other people in this group this week?\n    taps: Mostly\n"
        "  - asks: Did you meet?\n    skips: true\n  - asks: Which do you like?\n    taps: Plum\n",
        encoding="utf-8",
    )
    with pytest.raises(StoryBroken, match=":7: the story says `taps`, and here it is `picks`"):
        play(kinds, read(path))


CONTROLS = [".done", ".skip", ".back", ".again"]
TAPS = ["75", "0", "unsure", "yes", "no", "money", "people", "load", "rules", "kind", "time"]


@given(
    st.sampled_from(["weekly-pulse@1", "risk-vote@1", "exit-form@1"]),
    st.lists(st.sampled_from([*TAPS, *CONTROLS]).map(partial(Tapped, 0)) | st.text(max_size=9).map(Wrote), min_size=1),
)
def test_whatever_happens_its_story_can_be_played_again(ref: str, replies: list[Event]):
    engine = ENGINES[ref]
    rotating = "T2" if engine.flow.bank else None
    run, events = engine.first("run00001", rotating), []
    for reply in [Tapped(0, ".skip"), *replies]:
        events.append(replace(reply, turn=run.turn) if isinstance(reply, Tapped) else reply)
        run, _ = engine.step(run, events[-1])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "told.yaml"
        path.write_text(write(engine, rotating, events), encoding="utf-8")
        play(engine, read(path))
