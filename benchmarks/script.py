"""What the peers share: a check-in with as many taps, words and buttons as ours, and where they keep its answers."""

import os
import sqlite3

SCALE = {
    "0": "Not at all",
    "25": "Not much",
    "50": "In part",
    "75": "Mostly",
    "100": "Yes, fully",
    "unsure": "Can't say",
}
HELP = {
    "who": "Know who decides",
    "agenda": "More say",
    "fairer": "Fairer times",
    "why": "Hear why",
    "beside": "Someone beside me",
    "unsaid": "Rather not say",
}
QUESTIONS: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("trust", "✔ 1 of 5 · Trust\n\nDo people here keep to what they have agreed?", SCALE),
    ("power", "✔ 2 of 5 · Power\n\nDo your views make a difference to what is decided?", SCALE),
    ("part", "✔ 3 of 5 · Taking part\n\nIs the time you give to this put to good use?", SCALE),
    ("clear", "✔ 4 of 5 · Power\n\nDo you know who makes which decision?", SCALE),
    ("help", "✔ 5 of 5\n\nWhat would help you most?", HELP),
    ("note", "Is there anything to add? Leave names out, please.", {"none": "No note"}),
)
TOOLS = {"back": "Back", "skip": "Skip"}
END = "That is all, and it is saved. Thank you."


def buttons(place: int) -> list[list[tuple[str, str]]]:
    """The keyboard at a question, or at the end: rows of label and data."""
    if place == len(QUESTIONS):
        return [[("Change my answers", f"{place}:again")]]
    rows = [[(label, f"{place}:{code}")] for code, label in QUESTIONS[place][2].items()]
    return [*rows, [(label, f"{place}:{code}") for code, label in TOOLS.items()]]


def words(place: int) -> str:
    """What is asked there."""
    return END if place == len(QUESTIONS) else QUESTIONS[place][1]


class Answers:
    """One row for each answer, safe on the disk when `keep` returns."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(os.environ["DATABASE"], isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE TABLE answer (id INTEGER PRIMARY KEY, person INTEGER, question TEXT, code TEXT)")

    def keep(self, person: int, question: str, code: str) -> None:
        """Commit one answer."""
        self._database.execute("INSERT INTO answer (person, question, code) VALUES (?, ?, ?)", (person, question, code))
