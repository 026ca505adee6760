"""Every sentence a person reads: plain, true of this version, and safe on a lock screen."""

import re

import pytest

from bot.words import Host, words
from flows.load import library
from flows.reading import grade
from storage.values import Organisation, Partnership

PARTNERSHIP = Partnership(
    "riverside", "Riverside", "Europe/London", 4, "10:00",
    (Organisation(1, "City Council", lead=True), Organisation(2, "Homes", lead=False)),
)  # fmt: skip
HOST = Host("Voluntary Network", "help@example.org", "pulse_bot", "complaints@example.org")
LEAD_RUNS = Host("City Council", "help@example.org")
OPENS = "Friday 5 June at 10:00"

READ = {name: getattr(words, name) for name in dir(words) if name.isupper()}
CONSTANTS = {name: text for name, text in READ.items() if isinstance(text, str)}
CONSTANTS |= {
    f"{name}: {code}": text for name, each in READ.items() if isinstance(each, dict) for code, text in each.items()
}
COMPOSED = {
    "consent": words.consent(HOST, PARTNERSHIP),
    "consent, the lead runs the bot": words.consent(LEAD_RUNS, PARTNERSHIP),
    "consent of a coordinator": words.consent(HOST, PARTNERSHIP, "coordinator"),
    "no_longer_coordinator": words.no_longer_coordinator(PARTNERSHIP),
    "complain": words.complain(HOST),
    "joined": words.joined(PARTNERSHIP, OPENS),
    "joined while open": words.joined(PARTNERSHIP, None),
    "coordinator_joined": words.coordinator_joined(PARTNERSHIP),
    "next_opening": words.next_opening(OPENS),
    "who": words.who(HOST, PARTNERSHIP, ["someone from Homes"], 7),
    "who, to a stranger": words.who(HOST, None, []),
    "privacy": words.privacy(HOST),
    "round_status": words.round_status("Riverside", OPENS, OPENS, words.about_joined(7, 5)),
    "no_round": words.no_round("Riverside", OPENS, words.about_joined(3, 6)),
    "invite": words.invite("Riverside", HOST.invite("dpyziUMGV1gIO4y66BH4pQ")),
    "too_long": words.too_long(4096, 500),
}
AGAIN = [f"{changed}\n\n{words.consent(HOST, PARTNERSHIP, kind)}" for kind, changed in words.CHANGED.items()]
SENTENCES = {name: text for name, text in (CONSTANTS | COMPOSED).items() if text.count(" ") >= 4}
PROMISES_TOO_MUCH = re.compile(r"\b(safe|guarantee\w*|completely anonymous|we will help|required)\b", re.IGNORECASE)


def said(text: str) -> str:
    """The text as it is read out: without addresses, commands and bullets."""
    return re.sub(r"https?://\S+|\S+@\S+|/[a-z]+|[•✓]", "", text).replace("\n", " ")


@pytest.mark.parametrize("name", SENTENCES)
def test_every_sentence_reads_at_eleven_or_below(name):
    assert grade(said(SENTENCES[name])) <= 6


@pytest.mark.parametrize("name", SENTENCES)
def test_nothing_promises_safety_secrecy_or_a_reply(name):
    assert not PROMISES_TOO_MUCH.search(SENTENCES[name])


@pytest.mark.parametrize("name", CONSTANTS | COMPOSED)
def test_only_commands_that_exist_are_named(name):
    named = set(re.findall(r"(?<![\w/.:])/([a-z]+)", (CONSTANTS | COMPOSED)[name]))
    assert named <= words.COORDINATOR_COMMANDS.keys()


def test_the_lock_screen_names_no_partnership_no_seat_and_no_theme():
    pushed = [library()["weekly-pulse@1"].intro, words.REMINDER, words.EXPORT_MORE, words.EXPORT_FILE, *AGAIN]
    shown = [text[:80] for text in pushed]
    for text in shown:
        assert not re.search(r"trust|power|taking part|partner|lived|council", text, re.IGNORECASE)


def test_the_first_sentences_say_who_runs_the_bot_and_if_that_is_the_lead_partner():
    assert first_three(words.consent(HOST, PARTNERSHIP)) == [
        "Voluntary Network runs this bot.",
        "To reach them: help@example.org.",
        "Riverside asks how working together feels: five taps, once a week.",
    ]
    assert first_three(words.consent(LEAD_RUNS, PARTNERSHIP)) == [
        "City Council runs this bot, and is also the lead partner of Riverside.",
        "To reach them: help@example.org.",
        "Riverside asks how working together feels: five taps, once a week.",
    ]
    assert "lead partner" not in words.consent(HOST, PARTNERSHIP)


@pytest.mark.parametrize("name", ["City Council", " city council", "CITY COUNCIL"])
def test_a_lead_that_runs_the_bot_is_named_however_it_is_written_and_when_it_is_asked_again(name):
    host = Host(name, "help@example.org")
    texts = [words.consent(host, PARTNERSHIP, kind) for kind in words.CHANGED]
    again = [f"{changed}\n\n{words.consent(host, PARTNERSHIP, kind)}" for kind, changed in words.CHANGED.items()]
    for text in (*texts, *again, words.who(host, PARTNERSHIP, [])):
        assert "is also the lead partner of Riverside" in " ".join(first_three(text))


def first_three(text: str) -> list[str]:
    """The first three sentences of a text."""
    return re.split(r"(?<=[.])\s+", text)[:3]


def test_the_words_agreed_to_say_what_becomes_of_a_note_about_harm():
    text = words.consent(HOST, PARTNERSHIP)
    for said in ("you choose if it is shared", "No note is read before that", "nobody can reply", "call 999",
                 "may have to act on it", "cannot see who wrote it"):  # fmt: skip
        assert said in text


def test_how_to_complain_is_told_with_who_answers_by_when_and_where_else_to_go():
    text = words.complain(HOST)
    assert text.startswith("To complain about this bot, or about how it is used: complaints@example.org\n")
    assert "Voluntary Network answers." in text
    assert "within 30 days" in text
    assert "ico.org.uk" in text
    assert "The bot keeps nothing of this." in text
    assert "help@example.org" in words.complain(LEAD_RUNS)  # no address of its own


def test_how_many_stand_behind_a_figure_is_told_as_it_is():
    assert "only when 7 or more people answered" in words.who(HOST, PARTNERSHIP, [], 7)
    assert "only when 5 or more people answered" in words.who(HOST, None, [])


def test_a_changed_consent_text_has_another_version():
    one, two = words.consent(HOST, PARTNERSHIP), words.consent(Host("Other", "x"), PARTNERSHIP)
    assert words.consent_version(one) == words.consent_version(one)
    assert words.consent_version(one) != words.consent_version(two)


@pytest.mark.parametrize(("count", "shown"), [(0, "Fewer than 5"), (4, "Fewer than 5"), (5, "About 5"), (9, "About 5"),
                                              (10, "About 10")])  # fmt: skip
def test_joined_counts_come_in_steps_of_five(count, shown):
    assert words.about_joined(count, 5).startswith(shown)


@pytest.mark.parametrize("seat", words.SEATS)
def test_a_seat_fits_its_button(seat):
    assert len(f"seat:{seat}".encode()) <= 64
    assert len(words.SEATS[seat]) <= 40
