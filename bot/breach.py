"""`pulse breach`: what files that got out mean, whom to tell, and in which words. It prints no secret, name or id."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.loot import BACKUP, BACKUP_KEY, BOTH, KEY_FILE, KEYS, KINDS, OWN_COPY, SECRETS, UNKNOWN, Loot, recognise
from bot.settings import Settings
from storage.db import driver_url, shown_url


@dataclass(frozen=True, slots=True)
class Kept:
    """A class of what is kept: what it is, its tables, and how it is locked."""

    what: str
    tables: tuple[str, ...]
    locked: str


IN_DATABASE = {
    "who": Kept(
        "Who takes part: Telegram numbers",
        ("person",),
        "sealed with the identity key, found by a hash keyed with the lookup key",
    ),
    "place": Kept(
        "Each person's organisation, seat and language, and when they agreed to what",
        ("member", "coordinator"),
        "in clear beside a random id; the days they were last heard of are sealed",
    ),
    "answers": Kept(
        "Answers and notes of open periods, and those that wait until there are enough of them",
        ("ballot", "poolballot"),
        "sealed with the key of their period or pool, under a name that only this key can tell",
    ),
    "progress": Kept(
        "Who has finished an open check-in, and what was sent to whom",
        ("run", "claim"),
        "in clear beside a random id; deleted when the round closes. The queue's own tables hold the same ids",
    ),
    "results": Kept(
        "Digests, with the words that people chose to share",
        ("digest", "chart", "correction"),
        "in clear: everyone who takes part has them",
    ),
    "set-up": Kept(
        "Partnerships, organisations, check-ins, rounds, invite links, plans, the audit log",
        ("partnership", "organisation", "flow", "text", "period", "round", "pool", "link", "due", "fact", "audit"),
        "in clear, and about nobody; of a link there is only a keyed hash",
    ),
}
IN_KEY_STORE = {
    "keys": Kept("The keys that open all of this", ("key",), "each sealed with the key file"),
    "deleted": Kept(
        "Who was deleted, and each partnership's newest seal",
        ("erased", "anchor"),
        "a keyed hash of a random id",
    ),
}
LAW = (
    "The law (United Kingdom; this is not legal advice): report to the Information Commissioner (ICO) within 72 hours "
    "of learning of it, unless it is unlikely that anyone is at risk. The hours run from then, not from when all is "
    "known. Tell the people it is about without delay where the risk to them is high. Telegram's terms for bots (4.4b) "
    "ask you to alert your users as the law requires. In any case write down what happened, and what you did and why."
)


def overview(settings: Settings) -> dict[str, Any]:
    """Every class of what is kept, where it lives and how it is locked."""
    database, keys = (shown_url(driver_url(url)) for url in (settings.database_url, settings.keys_url))
    kept = [(k, database) for k in IN_DATABASE.values()] + [(k, keys) for k in IN_KEY_STORE.values()]
    classes = [{"what": k.what, "where": where, "tables": list(k.tables), "locked": k.locked} for k, where in kept]
    files = [
        {"what": "The key file", "where": str(settings.master_key_file)},
        {"what": f"Secrets: {', '.join(sorted(SECRETS))}", "where": "the environment, or .env"},
        {"what": "The secret key of encrypted backups", "where": "never on this machine"},
    ]
    return {"classes": classes, "files": files}


def overview_lines(value: dict[str, Any]) -> list[str]:
    """The classes for a person to read."""
    lines = [f"{c['what']}.\n    Where: {c['where']}. {_capital(c['locked'])}." for c in value["classes"]]
    return [
        *lines,
        *(f"{f['what']}.\n    Where: {f['where']}." for f in value["files"]),
        "Give the files that got out, and this command says what is in them: `pulse breach FILE...`",
    ]


def examined(paths: Sequence[Path]) -> dict[str, Any]:
    """What these files hold and mean together, what to do, and a draft of what to tell members.

    Raises: OSError: a file cannot be read.
    """
    loot = Loot(recognise(path) for path in paths)
    return {
        "files": [{"file": got.file, "kind": got.kind, "what": KINDS[got.kind]} for got in loot.got],
        "means": _meaning(loot),
        "do": _advice(loot),
        "law": LAW,
        "notice": _notice(loot),
    }


def examined_lines(value: dict[str, Any]) -> list[str]:
    """What the files mean, for a person to read."""
    return [
        *(f"{f['file']}: {f['what']}." for f in value["files"]),
        "\nWhat a thief can do with all of them together",
        *(f"- {line}" for line in value["means"]),
        "\nWhat to do",
        *(f"- {line}" for line in value["do"]),
        f"\n{value['law']}",
        f"\nA draft for members. Fill in what is in [brackets].\n\n{value['notice']}",
    ]


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def up_to(people: int | None) -> str:
    """A count in steps of five: this command is no way to learn how many have answered."""
    if people is None:
        return "how many people that is, is unknown"
    return f"up to {-(-people // 5) * 5} people" if people else "nobody"


def _meaning(loot: Loot) -> list[str]:
    said = [*_of_people(loot), *_of_answers(loot)] if loot.people_in_it else []
    if loot.has(OWN_COPY):
        said.append("A member's own copy: read all that was kept of this one person, and answers if they asked.")
    if loot.has(BACKUP) and not loot.has(BACKUP_KEY):
        said.append("The encrypted backup: nothing. It opens with its secret key alone.")
    if loot.has(BACKUP_KEY):
        said.append("The backups' secret key: read every encrypted backup made for it. Addresses stay sealed in it.")
    if loot.keys_in_it:
        said.append(
            "Keys and key file: open every copy of the database from the time of these keys, found now or later."
        )
    elif loot.has(KEYS, BOTH):
        said.append("The key store without the key file: nothing. Its keys are sealed.")
    elif loot.has(KEY_FILE):
        said.append("The key file without the key store: nothing. It opens nothing else.")
    return said + _of_secrets(loot) or ["Nothing about a person, and no key."]


def _of_people(loot: Loot) -> list[str]:
    if loot.people("who") == 0:
        return ["Who takes part: nothing. Nobody is in these files."]
    who, place = up_to(loot.people("who")), up_to(loot.people("place"))
    if loot.keys_in_it:
        first = f"Who takes part: read their Telegram numbers, and the days they were last heard of: {who}."
    else:
        first = f"Who takes part: nothing but how many, without the key store and the key file: {who}."
    return [
        first,
        f"Organisation, seat and language, without a name: read them: {place}.",
        "In a small partnership somebody who knows it may guess from these who a person is.",
        f"Who had finished an open check-in: read it beside a random id: {up_to(loot.people('progress'))}."
        + (" With the keys, each id has its Telegram number." if loot.keys_in_it else ""),
        "Digests: read what everyone who takes part has read.",
    ]


def _of_answers(loot: Loot) -> list[str]:
    held, readable = loot.people("answers"), loot.readable_answers()
    if held == 0:
        return ["Answers: nothing. There are none in these files."]
    if readable == 0:
        return [f"Answers and notes: nothing. The keys of their periods are not here: {up_to(held)}."]
    return [f"Answers and notes: read them, and tell whose they are: {up_to(readable)}."]


def _of_secrets(loot: Loot) -> list[str]:
    said = {
        "PULSE_TELEGRAM_TOKEN": "The token: read what is sent to the bot from now on, and write as the bot. It opens "
        "nothing that is kept.",
        "PULSE_WEBHOOK_SECRET": "The webhook's secret, with its path: put words and taps into members' mouths.",
    }
    other = "A database's password: read and change what is in it, if its server can be reached."
    return list(dict.fromkeys(said.get(name, other) for name in sorted(loot.secrets)))


def _advice(loot: Loot) -> list[str]:
    said = []
    if "PULSE_TELEGRAM_TOKEN" in loot.secrets:
        said.append("Now: /revoke at @BotFather, put the new token into .env, start the bot again.")
    if "PULSE_WEBHOOK_SECRET" in loot.secrets:
        said.append("Set another PULSE_WEBHOOK_SECRET and another path in PULSE_WEBHOOK_URL, and start the bot again.")
    if loot.secrets - {"PULSE_TELEGRAM_TOKEN", "PULSE_WEBHOOK_SECRET"}:
        said.append("Change the database's password.")
    if loot.has(KEYS, BOTH, KEY_FILE):
        said.append("Stop the bot and run `pulse keys rotate`: what is kept from then on needs the new key file.")
    if loot.has(KEYS, BOTH) and not loot.has(KEY_FILE):
        said.append("Then destroy every copy of the old key file: without it what got out stays locked.")
    if loot.has(BACKUP_KEY):
        said.append(
            "Make another pair of backup keys, away from this machine, and delete the backups made for the old."
        )
    if loot.has(UNKNOWN) or (loot.people_in_it and loot.people("who") is None):
        said.append("Some of these files cannot be counted here. Assume that all who take part are in them.")
    return [*said, "Find out how the files got out, and close that way first.",
            "Keep these files as they are, and this output with them."]  # fmt: skip


def _notice(loot: Loot) -> str:
    lost = _lost(loot)
    if not lost:
        return "As far as can be told from these files, there is nothing to tell members."
    means = "Somebody may know that you take part. " if loot.people_in_it and loot.keys_in_it else ""
    return "\n\n".join(
        (
            "We have to tell you about something that went wrong.",
            "On [day] [what happened, in one sentence]. We learned of it on [day].",
            "What got out:\n" + "\n".join(f"• {line}" for line in lost),
            f"What this can mean for you: {means}[what else, in plain words].",
            "What we have done: [what has been done]. We have told [the Information Commissioner, and who else].",
            _CHOICES,
            _WHERE_TO_ASK,
        )
    )


_CHOICES = (
    "What you can do: /stop ends the messages. /forget deletes your place here. "
    "Neither changes anything about help, money or work."
)
_WHERE_TO_ASK = (
    "We are sorry. To ask or to complain: [name, and how to reach them]. "
    "You can also write to the Information Commissioner: ico.org.uk."
)


def _lost(loot: Loot) -> list[str]:
    lost = []
    if loot.people_in_it and loot.people("who") != 0:
        lost.append(
            "Your Telegram number, and with it that you take part."
            if loot.keys_in_it
            else "Your Telegram number, but locked. As far as we know the key did not get out."
        )
        lost.append("Your organisation and how you take part, without your name.")
        if loot.people("answers") != 0:
            lost.append(
                "What you answered in the weeks that were open, and answers that waited for others, but locked. "
                "As far as we know the key did not get out."
                if loot.readable_answers() == 0
                else "What you answered in the weeks that were open, your notes, and answers that waited for others."
            )
    if loot.has(OWN_COPY):
        lost.append("One person’s own copy of what is kept of them. [Write to that person alone, if you know them.]")
    if "PULSE_TELEGRAM_TOKEN" in loot.secrets:
        lost.append("The bot’s own password. From [time] to [time] somebody could read what you sent, or write to you "
                    "as the bot.")  # fmt: skip
    return lost
