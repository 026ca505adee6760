"""Every sentence the bot itself says to a person; a check-in's own words are in its flow file."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from storage.values import Partnership

SEATS = {
    "lead": "I work for the lead partner",
    "partner": "I work for another partner",
    "frontline": "I do frontline work",
    "lived": "I have lived through these problems",
    "commissioner": "I fund or buy services",
    "undeclared": "Rather not say",
}

AGREE = "I am 18 or over and I agree"
NO_THANKS = "No thanks"

NEEDS_LINK = (
    "Hello. To take part you need an invite link from your partnership. Ask the person who told you about this bot.\n\n"
    "/help shows where to get help. /privacy says what is kept. /complain says how to complain."
)
BAD_LINK = (
    "This invite link does not work. It may be old, used up, or not whole.\n\n"
    "Please ask for a new link. Nothing about you has been kept."
)
TOO_MANY_LINKS = "That was too many wrong links. Please wait an hour, then ask for a new link."
DECLINED = (
    "That is fine. Nothing about you has been kept. Taking part or not changes nothing about help, money or work."
)
DECLINED_MORE = "That is fine. Nothing has changed."
NOTHING_YET = "Nothing about you is kept until you tap below."
CHANGED = {
    "member": "The words you agreed to have changed. "
    "Please read the new ones and agree again, or tap “No thanks” to end the messages.",
    "coordinator": "The words you agreed to have changed. "
    "Please read the new ones and agree again, or tap “No thanks” to end your part here.",
}
NOTHING_HELD = (
    "Nothing about you is kept here, so there is nothing to copy, stop or delete.\n\n"
    "/privacy says what is kept of those who take part."
)
OTHER_PARTNERSHIP = (
    "You already take part in another partnership here. This bot can hold one for each person. Nothing has changed."
)
ASK_ORGANISATION = "Thank you. Which organisation are you here with?"
ASK_SEAT = (
    "How do you take part? Pick the one that fits best. It helps us see if some people feel left out. "
    "Nobody is shown by name."
)
ASK_NEW_SEAT = (
    "How do you take part now? Pick the one that fits best. The bot will not show it in this chat. "
    "Do nothing, and it stays as it is."
)
NEW_SEAT_LATER = "Thank you. That counts from the next four weeks. Until then, nothing changes."
NEW_SEAT_NOW = "Thank you. That counts from the first check-in."
STOPPED = (
    "You will get no more messages from this bot. Nothing else changes for you.\n\n"
    "Your place is kept for 90 days. Until then you can come back with one tap. /forget deletes it now."
)
STOPPED_JOINING = STOPPED.replace("90 days", "30 days")
STOPPED_COORDINATING = STOPPED.replace("for 90 days. Until then", "while you help to set this up. Until then")
COORDINATORS_STOP = (
    "You take part in no check-in here. The digest comes to you because you help to set this up. "
    "/forget ends that, and deletes what is kept of you."
)
ASK_FORGET = (
    "Delete your place? Your answers of these four weeks, your notes and how to reach you go at once. "
    "What everyone has been shown stays: figures, and words you shared. They have no name on them. "
    "To come back you need a new link."
)
FORGET_SURE, KEEP = "Yes, delete my place", "No, keep it"
KEPT = "Nothing was deleted."
FORGOTTEN = "Your place is deleted. Nothing that says who you are is kept here. Goodbye, and thank you."
ALREADY_STOPPED = "Your messages are stopped. You can come back with one tap."
COME_BACK = "Start my messages again"
BACK_AGAIN = "Welcome back. You will get the next check-in when it opens. /checkin shows one that is open now."
ASK_STAY = (
    "Hello. We have not heard from you for a while. Do you want to keep your place?\n\n"
    "If you do not tap or answer in the next two weeks, your place is deleted. "
    "So is all that says how to reach you."
)
STAY, LEAVE = "Keep my place", "Delete my place"
STAYED = "Thank you. Your place is kept. /checkin shows what is open."
REMINDER = "Hello. Your check-in is still open. It takes about a minute. You can skip any question."
NOTHING_OPEN = "There is nothing to answer just now."
CLOSED = (
    "This check-in has closed, so it cannot take answers now. The next one comes by itself. "
    "/checkin shows what is open."
)
CLOSED_SHORT = "This check-in has closed."
STALE = "That question is already answered. Here is where you are."
UNFIT = "That answer does not fit this question. Please tap one of the buttons."
PLEASE_TAP = "Please tap one of the buttons above. /checkin shows the question again. Your words have not been kept."
NOT_LISTENING = (
    "I can only take words when I ask for a note. Your words have not been kept. /help shows what you can do."
)
ONLY_WORDS = "I can only read words and taps. I have not opened or kept what you sent."
NO_EDITS = (
    "Changing a message does not change a saved answer. Tap “Change my answers” on your check-in, until it closes."
)
NO_FORWARDS = "Please type your own words. I have not kept what you passed on."
UNKNOWN_BUTTON = "I do not know that button. Nothing has changed. /help shows what you can do."
UNKNOWN_COMMAND = "I do not know that command. /help shows what you can do."
COORDINATORS_ONLY = "That command is for the people who set this up. /help shows what you can do."
FIRST_JOIN = "Please finish joining first: tap one of the buttons."
NO_DIGEST = "There is no digest yet. The first one comes when the first check-in closes."
EMPTY_NOTE = "There are no words in that note. Type a few words, or tap “No note”."
SKIP, BACK, HELP, NO_NOTE, CHANGE = "Skip", "Back", "Help", "No note", "Change my answers"
ANSWER_NOW = "Answer the check-in"
TICK = "✓"

EXPORT_WARNING = (
    "This sends you a copy of all that is kept about you, in this chat. It says how you take part.\n\n"
    "Others who can see this chat or your phone can read it. "
    "Your answers are left out, unless you ask for them. After 10 minutes the bot takes the copy away."
)
EXPORT_PLAIN, EXPORT_ALL, EXPORT_NONE = "Without my answers", "With my answers of these weeks", "Send nothing"
NOT_EXPORTED = "Nothing was sent."
EXPORT_FILE = "The same as a file, for a computer to read (JSON)."
EXPORT_LASTS = "The bot takes this away after 10 minutes. If it is still here after that, please delete it by hand."
EXPORT_HEADING = "What is kept about you"
EXPORT_MORE = "Here is more of the copy you asked for. It is for your eyes only, and goes in 10 minutes."
EXPORT_CLOSED = (
    "Of check-ins before these four weeks, nothing is kept that can be tied to you. "
    "The digests that everyone got are kept, with no names in them."
)
STATES = {"active": "on", "stopped": "stopped", "blocked": "stopped, as you blocked the bot"}

HELP_TEXT = (
    "If someone is in danger now, call 999.\n"
    "For your health, day or night: NHS 111. For your mental health: NHS 111, then option 2.\n"
    "To talk to someone: Samaritans, 116 123. Or text SHOUT to 85258.\n\n"
    "This bot is not watched, and nobody can reply to you here.\n\n"
    "What you can send:\n"
    "/checkin shows the check-in that is open\n"
    "/who says who runs this bot and who sees what\n"
    "/privacy says what is kept, and for how long\n"
    "/seat changes how you take part\n"
    "/export sends you a copy of what is kept\n"
    "/complain says how to complain\n"
    "/stop ends the messages\n"
    "/start brings them back\n"
    "/forget deletes your place"
)

MEMBER_COMMANDS = {
    "checkin": "Show the check-in that is open",
    "help": "Where to get help, and what you can send",
    "privacy": "What is kept, and for how long",
    "who": "Who runs this bot, and who sees what",
    "seat": "Change how you take part",
    "export": "Get a copy of what is kept about you",
    "complain": "How to complain",
    "stop": "End the messages",
    "forget": "Delete your place and your answers",
    "start": "Start, or start again",
}
COORDINATOR_COMMANDS = {
    **MEMBER_COMMANDS,
    "round": "See, open, remind or close the check-in",
    "digest": "Show the last digest",
    "invite": "Make a new invite link",
}


@dataclass(frozen=True, slots=True)
class Host:
    """Who runs this installation, as members read it; `bot_name` is the bot's user name.

    `complaints` is where complaints go; "" where they go to `contact` too.
    """

    operator: str
    contact: str
    bot_name: str = "BOT"
    complaints: str = ""

    def invite(self, token: str) -> str:
        """The deep link that carries an invite token."""
        return f"https://t.me/{self.bot_name}?start={token}"


def taps_saved(count: int) -> str:
    """Above the note: every tap so far is safe already."""
    return f"{TICK * count} Your taps are saved."


def too_long(length: int, limit: int) -> str:
    """What to say to a note over the limit. Units: characters."""
    return f"Your note has {length:,} letters. Please keep it to {limit}. It was not kept: you can send a shorter one."


def consent(host: Host, partnership: Partnership, kind: str = "member") -> str:
    """The words that are agreed to by a person who joins as `kind` "member" or "coordinator"."""
    if kind == "coordinator":
        return _coordinator_consent(host, partnership)
    return (
        f"{_who_runs(host, partnership)} To reach them: {host.contact}.\n"
        f"{partnership.name} asks how working together feels: five taps, once a week.\n\n"
        f"Who sees what\n{_who_sees()}\n\n"
        "If you add a note, you choose if it is shared. Shared notes have no name on them. "
        "They come with a digest, when the four weeks end. "
        "No note is read before that, and nobody can reply. If someone is in danger, call 999. "
        "If a shared note tells of serious harm, those who read it may have to act on it. "
        "They cannot see who wrote it.\n\n"
        "You choose. Taking part or not changes nothing about help, money or work. "
        "You can stop at any time with /stop.\n\n"
        "Telegram can see this chat, and so can anyone who holds your phone."
    )


def _coordinator_consent(host: Host, partnership: Partnership) -> str:
    return (
        f"{_who_runs(host, partnership)} To reach them: {host.contact}.\n\n"
        f"This makes you a coordinator of {partnership.name}. You can open and close check-ins and invite people. "
        "You get the same digest as everyone. You never see a person’s answers, or who has answered. "
        "Please do not guess who said what, and do not ask.\n\n"
        "What is kept of you: your Telegram number, locked with a key, your language, and that you set this up. "
        "Members can see which organisation you are with."
    )


def _who_runs(host: Host, partnership: Partnership) -> str:
    lead = next((o.name for o in partnership.organisations if o.lead), "")
    power = f", and is also the lead partner of {partnership.name}" if _same(lead, host.operator) else ""
    return f"{host.operator} runs this bot{power}."


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _who_sees(least: int = 5) -> str:
    return (
        "• People in the partnership, and those who set this up, never see your own answers.\n"
        f"• Everyone gets the same weekly digest. A figure is shown only when {least} or more people answered.\n"
        "• The person who runs the server could look at answers while the four weeks are open, and has agreed not to. "
        "After that nobody can tell who said what."
    )


def consent_version(text: str) -> str:
    """The name a consent text is recorded by. Shape: 16 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@lru_cache(maxsize=1000)
def version_today(host: Host, partnership: Partnership, kind: str) -> str:
    """The version of today's words, worked out once for each partnership."""
    return consent_version(consent(host, partnership, kind))


def joined(partnership: Partnership, opens: str | None) -> str:
    """The last screen of joining; `opens` is when the next check-in comes, in local words."""
    when = f"The next check-in comes on {opens}." if opens else "A check-in is open now."
    return f"You have joined {partnership.name}. {when}\n\n/help shows what you can do. /stop ends the messages."


def coordinator_joined(partnership: Partnership) -> str:
    """The last screen of becoming a coordinator."""
    return (
        f"You can now set up {partnership.name}.\n\n/round shows the check-in. /invite makes a link for members. "
        "/digest shows the last digest.\n\nTo answer check-ins yourself, use the member link too."
    )


def next_opening(opens: str) -> str:
    """What to say when no round is open."""
    return f"{NOTHING_OPEN} The next check-in comes on {opens}."


def no_longer_coordinator(partnership: Partnership) -> str:
    """The last screen of a coordinator who did not agree again."""
    return f"You no longer set up {partnership.name}. What is in this chat stays here until you delete it."


def who(host: Host, partnership: Partnership | None, coordinators: list[str], least: int = 5) -> str:
    """Who runs the bot and who sees what; of coordinators only their organisation.

    Units: `least` is how many people stand behind a figure.
    """
    if partnership is None:
        lines = [f"{host.operator} runs this bot. To reach them: {host.contact}."]
    else:
        lines = [f"{_who_runs(host, partnership)} To reach them: {host.contact}."]
        partners = ", ".join(f"{o.name} (lead)" if o.lead else o.name for o in partnership.organisations)
        lines.append(f"{partnership.name} is: {partners}.")
        lines.append(f"It is set up by: {', '.join(coordinators) or 'nobody yet'}.")
    return "\n\n".join([*lines, f"Who sees what\n{_who_sees(least)}"])


def goodbye(partnership: Partnership) -> str:
    """The last message, once the partnership has ended."""
    return (
        "Hello. These check-ins have come to an end. Thank you for taking part.\n\n"
        f"They were the check-ins of {partnership.name}. "
        "Answers that were not in a digest yet are deleted, and were never read. "
        "Your place here and how to reach you are deleted within a day.\n\n"
        "The digests stay. Nobody can tell from them who said what. "
        "Telegram keeps its own copy of this chat; its rules say how."
    )


def complain(host: Host) -> str:
    """How to complain.   Source: promises D25; UK law wants an answer within 30 days that it has come."""
    return (
        f"To complain about this bot, or about how it is used: {host.complaints or host.contact}\n\n"
        f"{host.operator} answers. They have to tell you within 30 days that your complaint has come. "
        "You may ask someone to write for you. It changes nothing about help, money or work.\n\n"
        "If you are not happy with what they say, you can go to the ICO: ico.org.uk\n\n"
        "The bot keeps nothing of this."
    )


def privacy(host: Host) -> str:
    """What is kept, for how long, and what to do about it; true of this version and no later one."""
    return (
        f"{host.operator} runs this bot and looks after what it keeps. To ask: {host.contact}. "
        "To complain: /complain\n\n"
        "What is kept once you agree\n"
        "• Your Telegram number, locked with a key, so that messages reach you. "
        "Not your name, user name or phone number.\n"
        "• Your organisation, how you take part, your language, and the day and wording you agreed to.\n"
        "• Your answers, locked, until the four weeks they belong to end. "
        "Then the key is destroyed and they are deleted.\n"
        "• Your note, in the same way. If you do not choose to share it, it goes when this week’s check-in closes. "
        "If enough people share, all can read the notes with the digest, with no names. Else they are deleted unread.\n"
        "• How far you are with this week’s check-in, and what was sent to you for it, until it closes. No times.\n"
        "• Locked, as days: when you last took part or wrote, were asked to stay, or sent /stop.\n\n"
        "For how long\n"
        "• Your place is kept until you send /forget, or for 90 days after /stop.\n"
        "• If you take no part for 90 days, the bot asks you once. "
        "If you do not say within 14 days that you stay, your place is deleted. "
        "If you have blocked the bot, it cannot ask, and your place is deleted.\n"
        "• If the partnership ends, your place is deleted within a day.\n"
        "• If you do not finish joining, what you gave is deleted after 30 days.\n"
        "• Digests are kept. Nobody can tell from the figures who said what.\n\n"
        "/forget deletes your place at once. A code stays, made with a key, so that an old copy cannot bring you back. "
        "A back-up file holds your place, locked, and never your answers.\n\n"
        "/export sends you a copy. /stop ends the messages. "
        "Telegram keeps its own copy of this chat; its rules say how."
    )


def round_status(name: str, opened: str, closes: str, joined: str) -> str:
    """What a coordinator sees of an open round: never who or how many answered."""
    return f"{name}\nThe check-in is open since {opened}. It closes on {closes}.\n{joined}"


def no_round(name: str, opens: str, joined: str) -> str:
    """What a coordinator sees between rounds."""
    return f"{name}\nNo check-in is open. The next one opens on {opens}.\n{joined}"


def about_joined(count: int, needed: int) -> str:
    """Joined members in steps of five, so that one joining is not seen. Units: people in, words out."""
    if count < 5:
        return f"Fewer than 5 people have joined. A figure needs {needed} replies or more."
    return f"About {count // 5 * 5} people have joined."


def invite(name: str, link: str) -> str:
    """A link for a coordinator to pass on."""
    return (
        f"A new member link for {name}. It works for 14 days, for up to 50 people. The link before it has stopped.\n\n"
        f"{link}\n\nPut it where everyone can see it. Please push nobody: taking part is a free choice."
    )
