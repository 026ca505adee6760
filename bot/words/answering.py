"""What is said around a check-in: its buttons, and what does not fit."""

from bot.speech import Brief, Each, Label, Said, count, later, say

MOST_TICKS = 8


class Answering:
    """A check-in's buttons and notices, and answers to what nobody asked for."""

    REMINDER = Said("Hello. Your check-in is still open. You can skip any question.")
    NOTHING_OPEN = Said("There is nothing to answer just now.")
    CLOSED = Said(
        "This check-in has closed, so it cannot take answers now. The next one comes by itself. "
        "/checkin shows what is open."
    )
    CLOSED_SHORT = Brief("This check-in has closed.")
    STALE = Brief("That question is already answered. Here is where you are.")
    UNFIT = Brief("That answer does not fit this question. Please tap one of the buttons.")
    PLEASE_TAP = Brief(
        "Please tap one of the buttons above. /checkin shows the question again. Your words have not been kept."
    )
    NOT_LISTENING = Said(
        "I can only take words when I ask for a note. Your words have not been kept. /help shows what you can do."
    )
    UNREADABLE = Each(
        {
            "media": later("I can only read words and taps. I have not opened or kept what you sent."),
            "edit": later(
                "Changing a message does not change a saved answer. "
                "Tap “Change my answers” on your check-in, until it closes."
            ),
            "forward": later("Please type your own words. I have not kept what you passed on."),
            "button": later("I do not know that button. Nothing has changed. /help shows what you can do."),
        }
    )
    UNKNOWN_BUTTON = Brief("I do not know that button. Nothing has changed. /help shows what you can do.")
    UNKNOWN_COMMAND = Said("I do not know that command. /help shows what you can do.")
    NO_DIGEST = Said("There is no digest yet. The first one comes when the first check-in closes.")
    EMPTY_NOTE = Brief("There are no words in that note. Type a few words, or tap “No note”.")
    SKIP, BACK, HELP, NO_NOTE = Label("Skip"), Label("Back"), Label("Help"), Label("No note")
    CHANGE = Label("Change my answers")
    ANSWER_NOW = Label("Answer the check-in")
    DONE = Label("Done")
    NO_NUMBER = Brief("That is no whole number. Please type digits, such as 12.")
    NO_DATE = Brief("That is no date I can read. Please type the day first, such as 3/6/2026 for 3 June 2026.")
    TYPE_NUMBER = Said("Please type a whole number, such as 12.")
    TYPE_DATE = Said("Please type a date, with the day first. For 3 June 2026, type 3/6/2026.")
    TICK = "✓"

    def ticks(self, saved: int, total: int) -> str:
        """A tick for each tap that is safe already; one alone in a check-in whose ticks would fill the line."""
        return self.TICK * (saved if total <= MOST_TICKS else min(saved, 1))

    def taps_saved(self, total: int) -> str:
        """Above the note: every tap so far is safe already."""
        saved = say("Your taps are saved.")
        return f"{self.ticks(total, total)} {saved}".strip()

    def place(self, position: int, total: int) -> str:
        """How far a check-in is."""
        return say("{position} of {total}", position=position, total=total)

    def too_long(self, length: int, limit: int) -> str:
        """What to say to a note over the limit. Units: characters."""
        return say(
            "Your note has {length} letters. Please keep it to {limit}. It was not kept: you can send a shorter one.",
            length=length,
            limit=limit,
        )

    def pick_up_to(self, most: int) -> str:
        """Below a question that takes several choices."""
        return count("Pick {n}. Then tap “Done”.", "Pick up to {n}. Then tap “Done”.", most)

    def too_many(self, most: int) -> str:
        """What to say to one choice more than fits."""
        return count(
            "You can pick {n} here. Tap it again to take it away.",
            "You can pick {n} here. Tap one of yours again to take it away.",
            most,
        )

    def too_small(self, least: int) -> str:
        """What to say to a number under the least."""
        return say("That number is too small here. Please type {least} or more.", least=least)

    def too_large(self, most: int) -> str:
        """What to say to a number over the most."""
        return say("That number is too large here. Please type {most} or less.", most=most)

    def next_opening(self, opens: str) -> str:
        """What to say when no round is open."""
        comes = say("The next check-in comes on {opens}.", opens=opens)
        return f"{self.NOTHING_OPEN} {comes}"
