"""What is said to people who join, who take part, and who leave."""

import hashlib
from functools import lru_cache

from bot.languages import ENGLISH
from bot.speech import Each, Label, Said, label, later, say, speaking
from bot.words.host import Host
from storage.values import Partnership


class Joining:
    """Links, consent, seats, staying and leaving."""

    SEATS = Each(
        {
            "lead": label("I work for the lead partner"),
            "partner": label("I work for another partner"),
            "frontline": label("I do frontline work"),
            "lived": label("I have lived through these problems"),
            "commissioner": label("I fund or buy services"),
            "undeclared": label("Rather not say"),
        }
    )
    AGREE = Label("I am 18 or over and I agree")
    NO_THANKS = Label("No thanks")

    NEEDS_LINK = Said(
        "Hello. To take part you need an invite link from your partnership. "
        "Ask the person who told you about this bot.\n\n"
        "/help shows where to get help. /privacy says what is kept. /complain says how to complain."
    )
    BAD_LINK = Said(
        "This invite link does not work. It may be old, used up, or not whole.\n\n"
        "Please ask for a new link. Nothing about you has been kept."
    )
    TOO_MANY_LINKS = Said("That was too many wrong links. Please wait an hour, then ask for a new link.")
    DECLINED = Said(
        "That is fine. Nothing about you has been kept. Taking part or not changes nothing about help, money or work."
    )
    DECLINED_MORE = Said("That is fine. Nothing has changed.")
    NOTHING_YET = Said("Nothing about you is kept until you tap below.")
    CHANGED = Each(
        {
            "member": later(
                "The words you agreed to have changed. "
                "Please read the new ones and agree again, or tap “No thanks” to end the messages."
            ),
            "coordinator": later(
                "The words you agreed to have changed. "
                "Please read the new ones and agree again, or tap “No thanks” to end your part here."
            ),
        }
    )
    OTHER_PARTNERSHIP = Said(
        "You already take part in another partnership here. This bot can hold one for each person. Nothing has changed."
    )
    LANGUAGES = Label("Other languages")
    ASK_LANGUAGE = Said("Which language shall this bot speak with you?")
    ASK_LANGUAGE_FIRST = Said(
        "Nothing about you is kept yet, so this bot speaks the language of your Telegram app. "
        "You can pick another one when you open your invite link."
    )
    NOT_REVIEWED = Said("Nobody who speaks this language has checked these words yet.")
    NOT_REVIEWED_SHORT = Label("not checked yet")
    ASK_ORGANISATION = Said("Thank you. Which organisation are you here with?")
    ASK_SEAT = Said(
        "How do you take part? Pick the one that fits best. It helps us see if some people feel left out. "
        "Nobody is shown by name."
    )
    ASK_NEW_SEAT = Said(
        "How do you take part now? Pick the one that fits best. The bot will not show it in this chat. "
        "Do nothing, and it stays as it is."
    )
    NEW_SEAT_LATER = Said("Thank you. That counts from the next four weeks. Until then, nothing changes.")
    NEW_SEAT_NOW = Said("Thank you. That counts from the first check-in.")
    FIRST_JOIN = Said("Please finish joining first: tap one of the buttons.")

    STOPPED = Said(
        "You will get no more messages from this bot. Nothing else changes for you.\n\n"
        "Your place is kept for 90 days. Until then you can come back with one tap. /forget deletes it now."
    )
    STOPPED_JOINING = Said(
        "You will get no more messages from this bot. Nothing else changes for you.\n\n"
        "Your place is kept for 30 days. Until then you can come back with one tap. /forget deletes it now."
    )
    STOPPED_COORDINATING = Said(
        "You will get no more messages from this bot. Nothing else changes for you.\n\n"
        "Your place is kept while you help to set this up. Until then you can come back with one tap. "
        "/forget deletes it now."
    )
    COORDINATORS_STOP = Said(
        "You take part in no check-in here. The digest comes to you because you help to set this up. "
        "/forget ends that, and deletes what is kept of you."
    )
    ALREADY_STOPPED = Said("Your messages are stopped. You can come back with one tap.")
    COME_BACK = Label("Start my messages again")
    SAY_WHY = Label("Say why, if you like: three questions")
    NOT_LEAVING = Said(
        "These questions are for people who have stopped their messages. Nothing has changed. "
        "/checkin shows what is open."
    )
    BACK_AGAIN = Said(
        "Welcome back. You will get the next check-in when it opens. /checkin shows one that is open now."
    )
    ASK_STAY = Said(
        "Hello. We have not heard from you for a while. Do you want to keep your place?\n\n"
        "If you do not tap or answer in the next two weeks, your place is deleted. "
        "So is all that says how to reach you."
    )
    STAY, LEAVE = Label("Keep my place"), Label("Delete my place")
    STAYED = Said("Thank you. Your place is kept. /checkin shows what is open.")
    ASK_FORGET = Said(
        "Delete your place? Your answers of these four weeks, answers that wait, your notes, "
        "and how to reach you go at once. "
        "What everyone has been shown stays: figures, and words you shared. They have no name on them. "
        "To come back you need a new link."
    )
    FORGET_SURE, KEEP = Label("Yes, delete my place"), Label("No, keep it")
    KEPT = Said("Nothing was deleted.")
    FORGOTTEN = Said("Your place is deleted. Nothing that says who you are is kept here. Goodbye, and thank you.")

    def consent(self, host: Host, partnership: Partnership, kind: str = "member") -> str:
        """The words that are agreed to by a person who joins as `kind` "member" or "coordinator"."""
        runs = f"{self.who_runs(host, partnership)} {self.to_reach(host)}"
        return (
            f"{runs}\n\n{_set_up(partnership)}" if kind == "coordinator" else f"{runs}\n{self._take_part(partnership)}"
        )

    def _take_part(self, partnership: Partnership) -> str:
        paragraphs = (
            say(
                "{partnership} asks how working together feels: five taps, once a week. In some weeks it asks more.",
                partnership=partnership.name,
            ),
            self.who_sees(),
            say(
                "If you add a note, you choose if it is shared. Shared notes have no name on them. "
                "They come with a digest, when the four weeks end. "
                "No note is read before that, and nobody can reply. If someone is in danger, call 999. "
                "If a shared note tells of serious harm, those who read it may have to act on it. "
                "They cannot see who wrote it."
            ),
            say(
                "You choose. Taking part or not changes nothing about help, money or work. "
                "You can stop at any time with /stop."
            ),
            say("Telegram can see this chat, and so can anyone who holds your phone."),
        )
        return "\n\n".join(paragraphs)

    def new_language(self, name: str) -> str:
        """After a language was picked; `name` is its own."""
        return say("Thank you. From now on this bot speaks {language} with you.", language=name)

    def who_runs(self, host: Host, partnership: Partnership | None = None) -> str:
        """Who runs the bot, and whether that is the partnership's lead."""
        lead = next((o.name for o in partnership.organisations if o.lead), "") if partnership else ""
        if partnership is None or not _same(lead, host.operator):
            return say("{operator} runs this bot.", operator=host.operator)
        return say(
            "{operator} runs this bot, and is also the lead partner of {partnership}.",
            operator=host.operator,
            partnership=partnership.name,
        )

    def to_reach(self, host: Host) -> str:
        """How to reach who runs the bot."""
        return say("To reach them: {contact}.", contact=host.contact)

    def who_sees(self, least: int = 5) -> str:
        """Who sees what.   Units: `least` is how many people stand behind a figure."""
        lines = (
            say("Who sees what"),
            say("• People in the partnership, and those who set this up, never see your own answers."),
            say(
                "• Everyone gets the same weekly digest. A figure is shown only when {least} or more people answered.",
                least=least,
            ),
            say(
                "• The person who runs the server could look at answers while the four weeks are open, "
                "and has agreed not to. After that nobody can tell who said what."
            ),
            say("• They could look for longer, up to a year, at what you say as a new member or when you leave."),
        )
        return "\n".join(lines)

    def consent_version(self, text: str) -> str:
        """The name a consent text is recorded by. Shape: 16 hexadecimal digits."""
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def version_today(self, host: Host, partnership: Partnership, kind: str) -> str:
        """The version of today's words, worked out once for each partnership; the same in every language."""
        return _version(self, host, partnership, kind)

    def joined(self, partnership: Partnership, opens: str | None) -> str:
        """The last screen of joining; `opens` is when the next check-in comes, in local words."""
        when = say("The next check-in comes on {opens}.", opens=opens) if opens else say("A check-in is open now.")
        name = say("You have joined {partnership}.", partnership=partnership.name)
        more = say("/help shows what you can do. /stop ends the messages.")
        return f"{name} {when}\n\n{more}"

    def goodbye(self, partnership: Partnership) -> str:
        """The last message, once the partnership has ended."""
        return say(
            "Hello. These check-ins have come to an end. Thank you for taking part.\n\n"
            "They were the check-ins of {partnership}. "
            "Answers that were not in a digest yet are deleted, and were never read. "
            "Your place here and how to reach you are deleted within a day.\n\n"
            "The digests stay. Nobody can tell from them who said what. "
            "Telegram keeps its own copy of this chat; its rules say how.",
            partnership=partnership.name,
        )


def _set_up(partnership: Partnership) -> str:
    what = say(
        "This makes you a coordinator of {partnership}. You can open and close check-ins and invite people. "
        "You get the same digest as everyone. You never see a person’s answers, or who has answered. "
        "Please do not guess who said what, and do not ask.",
        partnership=partnership.name,
    )
    kept = say(
        "What is kept of you: your Telegram number, locked with a key, your language, and that you set this up. "
        "Members can see which organisation you are with."
    )
    return f"{what}\n\n{kept}"


@lru_cache(maxsize=1000)
def _version(words: Joining, host: Host, partnership: Partnership, kind: str) -> str:
    with speaking(ENGLISH):
        return words.consent_version(words.consent(host, partnership, kind))


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()
