"""Every sentence a person reads: plain, true of this version, and safe on a lock screen."""

import re

import pytest

from bot import words
from flows.load import library
from flows.reading import grade
from storage.values import Organisation, Partnership

PARTNERSHIP = Partnership(
    "riverside", "Riverside", "Europe/London", 4, "10:00",
    (Organisation(1, "City Council", lead=True), Organisation(2, "Homes", lead=False)),
)  # fmt: skip
HOST = words.Host("Voluntary Network", "help@example.org", "pulse_bot")
OPENS = "Friday 5 June at 10:00"

CONSTANTS = {name: text for name, text in vars(words).items() if name.isupper() and isinstance(text, str)}
COMPOSED = {
    "consent": words.consent(HOST, PARTNERSHIP),
    "coordinator_consent": words.coordinator_consent(HOST, PARTNERSHIP),
    "joined": words.joined(PARTNERSHIP, OPENS),
    "joined while open": words.joined(PARTNERSHIP, None),
    "coordinator_joined": words.coordinator_joined(PARTNERSHIP),
    "next_opening": words.next_opening(OPENS),
    "who": words.who(HOST, PARTNERSHIP, ["someone from Homes"]),
    "who, to a stranger": words.who(HOST, None, []),
    "privacy": words.privacy(HOST),
    "round_status": words.round_status("Riverside", OPENS, OPENS, words.about_joined(7)),
    "no_round": words.no_round("Riverside", OPENS, words.about_joined(3)),
    "invite": words.invite("Riverside", HOST.invite("dpyziUMGV1gIO4y66BH4pQ")),
    "too_long": words.too_long(4096, 500),
}
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
    shown = [library()["weekly-pulse@1"].intro[:80], words.REMINDER[:80]]
    for text in shown:
        assert not re.search(r"trust|power|taking part|partner|lived|council", text, re.IGNORECASE)


def test_a_lead_that_runs_the_bot_is_named_in_the_first_three_sentences():
    lead_runs = words.Host("City Council", "help@example.org")
    first_three = " ".join(re.split(r"(?<=[.])\s", words.consent(lead_runs, PARTNERSHIP))[:3])
    assert "It is also the lead partner" in first_three
    assert "lead partner" not in words.consent(HOST, PARTNERSHIP)


def test_a_changed_consent_text_has_another_version():
    one, two = words.consent(HOST, PARTNERSHIP), words.consent(words.Host("Other", "x"), PARTNERSHIP)
    assert words.consent_version(one) == words.consent_version(one)
    assert words.consent_version(one) != words.consent_version(two)


@pytest.mark.parametrize(("count", "shown"), [(0, "Fewer than 5"), (4, "Fewer than 5"), (5, "About 5"), (9, "About 5"),
                                              (10, "About 10")])  # fmt: skip
def test_joined_counts_come_in_steps_of_five(count, shown):
    assert words.about_joined(count).startswith(shown)


@pytest.mark.parametrize("seat", words.SEATS)
def test_a_seat_fits_its_button(seat):
    assert len(f"seat:{seat}".encode()) <= 64
    assert len(words.SEATS[seat]) <= 40
