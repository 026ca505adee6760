"""Everything a member reads can be read at the age of eleven."""

import pytest

from flows.load import library
from flows.model import ChoiceQuestion, Flow, RotatingQuestion, TextQuestion
from flows.reading import grade, sentences, syllables, words

MOST = 6.0
FLOWS = list(library().values())


def asks(flow: Flow) -> list[str]:
    plain = [question.ask for question in flow.questions if not isinstance(question, RotatingQuestion)]
    return [*plain, *(item.ask for item in flow.items.values())]


def screens(flow: Flow) -> list[tuple[str, tuple[str, ...]]]:
    """Each question with the labels of its buttons."""
    texts = {question.id: question.ask for question in flow.questions if not isinstance(question, RotatingQuestion)}
    texts |= {item.id: item.ask for item in flow.items.values()}
    return [(texts[name], tuple(label for _, label in pairs)) for name, pairs in flow.buttons.items()]


ASKS = list(dict.fromkeys(ask for flow in FLOWS for ask in asks(flow)))
SCREENS = list(dict.fromkeys(screen for flow in FLOWS for screen in screens(flow)))
LABELS = {label for _, labels in SCREENS for label in labels} | {flow.share for flow in FLOWS}
# A label, or one or two words alone, give no fair grade: they are read beside their question.
TEXTS = [
    text
    for text in dict.fromkeys(text for flow in FLOWS for text in flow.texts())
    if text not in LABELS and len(words(text)) > 2
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_easy_to_read(text):
    assert grade(text) <= MOST


@pytest.mark.parametrize(("ask", "labels"), SCREENS)
def test_each_button_is_easy_to_read_with_its_question(ask, labels):
    for label in labels:
        assert grade(f"{ask}\n{label}") <= MOST, label
    assert grade("\n".join([ask, *labels])) <= MOST


@pytest.mark.parametrize("text", TEXTS)
def test_a_sentence_has_at_most_twenty_words(text):
    assert max(len(words(sentence)) for sentence in sentences(text)) <= 20


def test_a_screen_has_fifteen_words_a_sentence_at_most_on_average():
    for text in (*ASKS, *(text for flow in FLOWS for text in (flow.intro, flow.end))):
        assert len(words(text)) / len(sentences(text)) <= 15


def test_the_lock_screen_names_no_theme():
    for flow in FLOWS:
        preview = flow.intro[:80].lower()
        assert not any(theme.title.lower() in preview for theme in flow.themes.values())


def test_a_note_says_who_sees_it_when_and_where_to_get_help():
    for flow in FLOWS:
        for question in flow.questions:
            if isinstance(question, TextQuestion):
                assert "do not put names" in question.ask
                assert "not read straight away, and nobody can reply. If you need help now, tap Help." in question.ask
                assert "Nobody is shown it before the four weeks end" in question.ask
                assert "may have to act on it.\nThey cannot see who wrote it." in question.ask


def test_sharing_a_note_says_when_it_is_shown_and_that_there_is_no_way_back():
    for flow in FLOWS:
        for question in flow.questions:
            if isinstance(question, ChoiceQuestion) and question.quotes:
                assert "as everyone would when the four weeks end" in question.ask
                assert "only if enough people answer, and at least three share a note" in question.ask
                assert "cannot be taken back" in question.ask
                assert "If you do not share them, they are deleted." in question.ask


SPOKEN = {
    1: "a the could count week things time times asked lived lives names notes used why year you clear heard",
    2: "people other taking places wanted needed being doing value useful promise someone something"
    " agree quiet create minute question report danger power results away reply replied added ended money"
    " trying saying hello weekly fairer sooner losing every maybe table tables movement helpful",
    3: "idea everyone promises decided anyone period area deleted nobody easier created partnership media",
    4: "experience anonymous commissioner",
    5: "organisation coordinator",
}


@pytest.mark.parametrize(
    ("word", "count"),
    [(word, count) for count, line in SPOKEN.items() for word in line.split()],
)
def test_syllables_are_counted_as_spoken(word, count):
    assert syllables(word) == count


def test_each_digit_is_spoken():
    assert syllables("999") == 3


def test_hard_words_in_long_sentences_read_harder():
    easy = "We met. It went well. We will meet again."
    hard = "Organisational accountability necessitates transparent communication of responsibilities."
    assert grade(easy) < 2
    assert grade(hard) > 12


def test_the_grade_is_the_published_formula():
    # 6 words, 2 sentences, 7 syllables.
    assert grade("The group met. It was happy.") == pytest.approx(0.39 * 3 + 11.8 * 7 / 6 - 15.59)


@pytest.mark.parametrize("text", ["", "...", "🤝", "\n\n"])
def test_a_text_without_words_has_grade_zero(text):
    assert grade(text) == 0.0


def test_a_line_without_a_stop_ends_a_sentence():
    assert sentences("Trust\nWe met. We spoke!") == ("Trust", "We met", "We spoke")
