"""What is said to coordinators."""

from bot.speech import Each, Label, Said, brief, count, say
from storage.values import Partnership


class SettingUp:
    """Rounds, digests and invites; never a person's answer."""

    COORDINATORS_MORE = Each(
        {
            "round": brief("See, open, remind or close the check-in"),
            "digest": brief("Show the last digest"),
            "invite": brief("Make a new invite link"),
            "preview": brief("Walk through a check-in as a test"),
        }
    )
    OPEN_NOW = Label("Open one now")
    REMIND_NOW = Label("Send the reminder now")
    CLOSE_NOW = Label("Close it now")
    CLOSE_SURE = Label("Yes, close it")
    PICK_PREVIEW = Said("Which check-in do you want to see? It is only a test: nothing of it is kept.")
    PREVIEW = Said("Test. Nothing you tap or type here is kept.")
    PREVIEW_OVER = Said("This test is over. Nothing of it was kept. /preview starts a new one.")
    ASK_CLOSE = Said("Close it now? Everyone gets the digest, and nobody can answer after that.")

    def coordinator_joined(self, partnership: Partnership) -> str:
        """The last screen of becoming a coordinator."""
        return say(
            "You can now set up {partnership}.\n\n/round shows the check-in. /invite makes a link for members. "
            "/digest shows the last digest.\n\nTo answer check-ins yourself, use the member link too.",
            partnership=partnership.name,
        )

    def no_longer_coordinator(self, partnership: Partnership) -> str:
        """The last screen of a coordinator who did not agree again."""
        return say(
            "You no longer set up {partnership}. What is in this chat stays here until you delete it.",
            partnership=partnership.name,
        )

    def round_status(self, name: str, opened: str, closes: str, joined: str) -> str:
        """What a coordinator sees of an open round: never who or how many answered."""
        when = say("The check-in is open since {opened}. It closes on {closes}.", opened=opened, closes=closes)
        return f"{name}\n{when}\n{joined}"

    def no_round(self, name: str, opens: str, joined: str) -> str:
        """What a coordinator sees between rounds."""
        when = say("No check-in is open. The next one opens on {opens}.", opens=opens)
        return f"{name}\n{when}\n{joined}"

    def about_joined(self, joined: int, needed: int) -> str:
        """Joined members in steps of five, so that one joining is not seen. Units: people in, words out."""
        if joined < 5:
            return say("Fewer than 5 people have joined. A figure needs {needed} replies or more.", needed=needed)
        least = joined // 5 * 5
        return count("About {n} person has joined.", "About {n} people have joined.", least)

    def invite(self, name: str, link: str) -> str:
        """A link for a coordinator to pass on."""
        return say(
            "A new member link for {partnership}. It works for 14 days, for up to 50 people. "
            "The link before it has stopped.\n\n"
            "{link}\n\nPut it where everyone can see it. Please push nobody: taking part is a free choice.",
            partnership=name,
            link=link,
        )
