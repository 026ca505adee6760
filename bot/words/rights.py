"""What is said about help, about what is kept, and about copies of it."""

from bot.speech import Each, Label, Said, brief, later, say
from bot.words.host import Host
from bot.words.joining import Joining
from storage.values import Partnership


class Rights(Joining):
    """Help, who runs the bot, what it keeps, how to complain, and the copy of /export."""

    NOTHING_HELD = Said(
        "Nothing about you is kept here, so there is nothing to copy, stop or delete.\n\n"
        "/privacy says what is kept of those who take part."
    )
    COORDINATORS_ONLY = Said("That command is for the people who set this up. /help shows what you can do.")

    EXPORT_WARNING = Said(
        "This sends you a copy of all that is kept about you, in this chat. It says how you take part.\n\n"
        "Others who can see this chat or your phone can read it. "
        "Your answers are left out, unless you ask for them. After 10 minutes the bot takes the copy away."
    )
    EXPORT_PLAIN, EXPORT_ALL = Label("Without my answers"), Label("With my answers of these weeks")
    EXPORT_NONE = Label("Send nothing")
    NOT_EXPORTED = Said("Nothing was sent.")
    EXPORT_FILE = Said("The same as a file, for a computer to read (JSON).")
    EXPORT_LASTS = Said(
        "The bot takes this away after 10 minutes. If it is still here after that, please delete it by hand."
    )
    EXPORT_HEADING = Said("What is kept about you")
    EXPORT_MORE = Said("Here is more of the copy you asked for. It is for your eyes only, and goes in 10 minutes.")
    EXPORT_CLOSED = Said(
        "Of check-ins before these four weeks, nothing is kept that can be tied to you. "
        "The digests that everyone got are kept, with no names in them."
    )
    EXPORT_WAITING = Said("Your answers that wait for more people")
    EXPORT_LABELS = Each(
        {
            "address": later("Where messages go"),
            "language": later("Language"),
            "messages": later("Messages on their way, or sent, for this check-in"),
            "organisation": later("Organisation"),
            "seat": later("How you take part"),
            "next_seat": later("From the next four weeks"),
            "state": later("Messages"),
            "joined": later("You joined on"),
            "agreed_on": later("You agreed on"),
            "agreed_to": later("To the words with the number"),
            "heard": later("Last heard from you, as it is noted"),
            "asked": later("Asked if you want to stay"),
            "stopped": later("You stopped on"),
            "check_in": later("This week’s check-in"),
        }
    )
    STATES = Each(
        {
            "active": later("on"),
            "stopped": later("stopped"),
            "blocked": later("stopped, as you blocked the bot"),
        }
    )
    PROGRESS = Each({"finished": later("finished"), "begun": later("begun"), "not begun": later("not begun")})

    HELP_TEXT = Said(
        "If someone is in danger now, call 999.\n"
        "For your health, day or night: NHS 111. For your mental health: NHS 111, then option 2.\n"
        "To talk to someone: Samaritans, 116 123. Or text SHOUT to 85258.\n\n"
        "This bot is not watched, and nobody can reply to you here.\n\n"
        "What you can send:\n"
        "/checkin shows the check-in that is open\n"
        "/who says who runs this bot and who sees what\n"
        "/privacy says what is kept, and for how long\n"
        "/seat changes how you take part\n"
        "/language changes the language\n"
        "/export sends you a copy of what is kept\n"
        "/complain says how to complain\n"
        "/stop ends the messages\n"
        "/start brings them back\n"
        "/forget deletes your place"
    )
    MEMBER_COMMANDS = Each(
        {
            "checkin": brief("Show the check-in that is open"),
            "help": brief("Where to get help, and what you can send"),
            "privacy": brief("What is kept, and for how long"),
            "who": brief("Who runs this bot, and who sees what"),
            "seat": brief("Change how you take part"),
            "language": brief("Pick a language"),
            "export": brief("Get a copy of what is kept about you"),
            "complain": brief("How to complain"),
            "stop": brief("End the messages"),
            "forget": brief("Delete your place and your answers"),
            "start": brief("Start, or start again"),
        }
    )

    def who(self, host: Host, partnership: Partnership | None, coordinators: list[str], least: int = 5) -> str:
        """Who runs the bot and who sees what; of coordinators only their organisation.

        Units: `least` is how many people stand behind a figure.
        """
        lines = [f"{self.who_runs(host, partnership)} {self.to_reach(host)}"]
        if partnership is not None:
            partners = ", ".join(
                say("{organisation} (lead)", organisation=o.name) if o.lead else o.name
                for o in partnership.organisations
            )
            lines.append(say("{partnership} is: {partners}.", partnership=partnership.name, partners=partners))
            setters = ", ".join(coordinators) or say("nobody yet")
            lines.append(say("It is set up by: {coordinators}.", coordinators=setters))
        return "\n\n".join([*lines, self.who_sees(least)])

    def coordinator_from(self, organisation: str | None) -> str:
        """A coordinator in the list of /who."""
        if organisation is None:
            return say("someone outside it")
        return say("someone from {organisation}", organisation=organisation)

    def complain(self, host: Host) -> str:
        """How to complain.   Source: promises D25; UK law wants an answer within 30 days that it has come."""
        paragraphs = (
            say(
                "To complain about this bot, or about how it is used: {address}",
                address=host.complaints or host.contact,
            ),
            say(
                "{operator} answers. They have to tell you within 30 days that your complaint has come. "
                "You may ask someone to write for you. It changes nothing about help, money or work.",
                operator=host.operator,
            ),
            say("If you are not happy with what they say, you can go to the ICO: ico.org.uk"),
            say("The bot keeps nothing of this."),
        )
        return "\n\n".join(paragraphs)

    def privacy(self, host: Host) -> str:
        """What is kept, for how long, and what to do about it; true of this version and no later one."""
        runs = say(
            "{operator} runs this bot and looks after what it keeps. To ask: {contact}. To complain: /complain",
            operator=host.operator,
            contact=host.contact,
        )
        ways_out = say(
            "/forget deletes your place at once. "
            "A code stays, made with a key, so that an old copy cannot bring you back. "
            "A back-up file holds your place, locked, and never your answers."
        )
        copies = say(
            "/export sends you a copy. /stop ends the messages. "
            "Telegram keeps its own copy of this chat; its rules say how."
        )
        return f"{runs}\n\n{_what_is_kept()}\n\n{_for_how_long()}\n\n{ways_out}\n\n{copies}"

    def agreed(self, partnership: str, day: str, version: str) -> str:
        """A coordinator's consent, in a copy of what is kept."""
        return say(
            "You help to set up {partnership}. You agreed on {day}, to {version}.",
            partnership=partnership,
            day=day,
            version=version,
        )

    def answers_of(self, week: str) -> str:
        """The heading of one week's answers, in a copy of what is kept."""
        return say("Your answers in the week of {week}", week=week)

    def no_answers(self) -> str:
        """Where a week has none."""
        return say("none")


def _what_is_kept() -> str:
    lines = (
        say("What is kept once you agree"),
        say(
            "• Your Telegram number, locked with a key, so that messages reach you. "
            "Not your name, user name or phone number."
        ),
        say(
            "• Your organisation, how you take part, your language, the day you joined, "
            "and the day and wording you agreed to."
        ),
        say(
            "• Your answers, locked, until the four weeks they belong to end. "
            "Then the key is destroyed and they are deleted."
        ),
        say(
            "• Your note, in the same way. "
            "If you do not choose to share it, it goes when this week’s check-in closes. "
            "If enough people share, all can read the notes with the digest, with no names. "
            "Else they are deleted unread."
        ),
        say(
            "• What you say as a new member, or when you leave, locked. It waits until enough people have answered. "
            "If that takes a year, it is deleted unread."
        ),
        say("• How far you are with this week’s check-in, and what was sent to you for it, until it closes. No times."),
        say("• Locked, as days: when you last took part or wrote, were asked to stay, or sent /stop."),
    )
    return "\n".join(lines)


def _for_how_long() -> str:
    lines = (
        say("For how long"),
        say("• Your place is kept until you send /forget, or for 90 days after /stop."),
        say(
            "• If you take no part for 90 days, the bot asks you once. "
            "If you do not say within 14 days that you stay, your place is deleted. "
            "If you have blocked the bot, it cannot ask, and your place is deleted."
        ),
        say(
            "• What you said as a new member, or when you left, may wait on after that. "
            "Nobody can tell then that you said it."
        ),
        say("• If the partnership ends, your place is deleted within a day. So are answers that wait."),
        say("• If you do not finish joining, what you gave is deleted after 30 days."),
        say("• Digests are kept. Nobody can tell from the figures who said what."),
    )
    return "\n".join(lines)
