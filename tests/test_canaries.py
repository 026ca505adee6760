"""Two hundred strings that may stand nowhere: the whole life of a partnership, then every byte that is left of it.

A real bot process, by webhook, with every logger at DEBUG, on both databases. What people are called, what they wrote
and sent, who they are to Telegram, and the bot's own secrets all carry one mark; the mark is then looked for in
databases, key store, write-ahead logs, the server's own files and log, the bot's log, exports and the backup.
"""

import asyncio
import base64
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pyrage
import pytest
from databases import Databases
from installation import FULL, Operator, answers, joins
from pyrage import x25519
from riverside import ORGANISATIONS, Riverside, riverside
from sqlalchemy import MetaData, select
from standin import Person, StandIn
from standin_contents import CONTENTS

from bot import printing, rounds
from bot.clock import MovableClock
from bot.converse import Desk
from bot.settings import Settings
from bot.shelf import Shelf
from bot.words import Host, words
from storage.db import open_database

MARK = "zq7xv"
TOKEN = f"4242:{MARK}-token-0a1b2c3d4e5f6a7b8c9d"
SECRET = f"{MARK}-secret"
FIRST_ID = 0xA5C3D91E70000  # 52 bits, the last 16 for counting: so in every form all ids have one part in common
KINDS = ("given", "family", "user", "phone", "caption", "file", "data", "token", "arguments", "stray", "edited",
         "contact", "sender", "quote", "place", "poll", "note", "why")  # fmt: skip
MEMBERS = 12
SHARERS = 4

# Started with every process of the product: whatever it sets up is heard in full, beside what it prints itself.
LISTENER = """
import logging, os
settled = logging.basicConfig
def heard(**options):
    settled(**options)
    handler = logging.FileHandler(os.environ["HEARD"])
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.DEBUG)
logging.basicConfig = heard
"""


@dataclass(frozen=True)
class Someone:
    """One person, and every string about them that may be kept nowhere."""

    place: int

    @property
    def number(self) -> int:
        return FIRST_ID + self.place

    def says(self, kind: str) -> str:
        assert kind in KINDS
        return f"{MARK}-{kind}-{self.place:02}"

    @property
    def about(self) -> dict[str, Any]:
        """The person as updates name them, with all that Telegram may tell of anybody."""
        return {"id": self.number, "is_bot": False, "first_name": self.says("given"), "last_name": self.says("family"),
                "username": self.says("user"), "language_code": "en", "is_premium": True}  # fmt: skip


PEOPLE = [Someone(place) for place in range(MEMBERS)]
SHARED = [someone.says("note") for someone in PEOPLE[:SHARERS]]
CANARIES = [
    *(each.says(kind) for each in PEOPLE for kind in KINDS),
    *(str(each.number) for each in PEOPLE),
    TOKEN,
    SECRET,
]


def forms() -> Iterator[bytes]:
    """The mark and the ids, in every form in which a program may keep them."""
    for word in (MARK, MARK.upper()):
        yield from (word.encode(), word.encode("utf-16-le"), word.encode().hex().encode())
        padded = (base64.b64encode(b"\0" * shift + word.encode())[(0, 2, 3)[shift] :] for shift in range(3))
        yield from (each.rstrip(b"=")[:-1] for each in padded)
    common = str(FIRST_ID)[:-3]
    packed = FIRST_ID.to_bytes(8, "big")
    yield from (common.encode(), common.encode("utf-16-le"), packed[:6], packed[:6][::-1])
    yield from (f"{FIRST_ID >> 16:x}".encode(), f"{FIRST_ID >> 16:X}".encode())


SOUGHT = re.compile(b"|".join(re.escape(form) for form in forms()))


def found(content: bytes, allowed: tuple[str, ...] = ()) -> list[bytes]:
    """What stands there that must not, each with what is around it."""
    for text in allowed:
        content = content.replace(text.encode(), b"")
    return [content[max(0, hit.start() - 40) : hit.end() + 60] for hit in SOUGHT.finditer(content)]


@dataclass
class Life:
    """One installation and the people in it."""

    telegram: StandIn
    operator: Operator
    town: Riverside
    settings: Settings
    hook: str

    def person(self, someone: Someone) -> Person:
        person = self.telegram.person(someone.number)
        person.name = someone.says("given")
        return person

    @property
    def people(self) -> list[Person]:
        return [self.person(someone) for someone in PEOPLE]


# --- the life


async def joins_and_spills(life: Life, someone: Someone) -> None:
    """Join, after a wrong link; then send all that nobody asked for."""
    person, about = life.person(someone), {"from": someone.about}
    await person.says(f"/start {someone.says('token')}", **about)
    await joins(person, life.town.member_link, ORGANISATIONS[someone.place % 3])
    await person.says(someone.says("stray"), **about)
    await person.says(f"/checkin {someone.says('arguments')}", **about)
    await person.says(f"/{someone.says('arguments')}", **about)
    origin = {"type": "user", "date": 1, "sender_user": someone.about | {"first_name": someone.says("sender")}}
    quote = {"text": someone.says("quote"), "position": 0}
    first = await person.says("a word", **about, forward_origin=origin, quote=quote)
    await person.edits(first, someone.says("edited"))
    await person.taps_data(someone.says("data"), wait=False)
    for kind, more in media(someone).items():
        await person.sends(kind, **about, **more)
    for broken in malformed(someone):
        await life.telegram.deliver(broken, whose=someone.number)


def media(someone: Someone) -> dict[str, dict[str, Any]]:
    file = {"file_name": someone.says("file"), "file_id": someone.says("file"), "file_unique_id": someone.says("file")}
    caption = {"caption": someone.says("caption")}
    contact = {"phone_number": someone.says("phone"), "first_name": someone.says("contact"), "user_id": someone.number}
    venue = CONTENTS["venue"]["venue"] | {"title": someone.says("place"), "address": someone.says("place")}
    poll = CONTENTS["poll"]["poll"] | {"question": someone.says("poll")}
    return {"document": {"document": file} | caption, "photo": caption, "voice": caption,
            "contact": {"contact": contact}, "venue": {"venue": venue}, "poll": {"poll": poll}}  # fmt: skip


def malformed(someone: Someone) -> Iterator[dict[str, Any]]:
    chat = {"id": someone.number, "type": "private"}
    yield {"message": {"message_id": "x", "from": someone.about, "chat": chat, "text": someone.says("stray")}}
    yield {"callback_query": {"from": someone.about, "data": someone.says("data")}}
    yield {"message": {"message_id": 1, "date": 1, "chat": chat, "from": someone.about,
                       "text": {"a": someone.says("stray")}}}  # fmt: skip
    yield {"a_kind_of_next_year": {"from": someone.about, "text": someone.says("stray")}}


async def knocks(life: Life) -> None:
    """Posts to the webhook by somebody who does not know the secret, and by somebody who does and sends rubbish."""
    wrong = {"X-Telegram-Bot-Api-Secret-Token": f"{MARK}-wrong-secret"}
    right = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    async with aiohttp.ClientSession() as http:
        for headers in (wrong, right, {}):
            async with http.post(life.hook, data=f'{{"text": "{MARK}-body"', headers=headers) as answer:
                assert answer.status in (200, 400, 404)


async def answers_and_writes(life: Life, someone: Someone) -> None:
    """Answer all; a third of the people share what they wrote, a third do not, a third write nothing."""
    person = life.person(someone)
    if someone.place >= 2 * SHARERS:
        await answers(person, *FULL)
        return
    await answers(person, *FULL[:-1])
    await person.says(someone.says("note"), **{"from": someone.about})
    await person.taps("Share my words" if someone.place < SHARERS else "Do not share them")
    await person.sees("Saved. Thank you.")


def opens(life: Life) -> None:
    life.town.clock.jump_to(datetime.now(UTC))
    life.town.opens()


def closes(life: Life) -> None:
    with life.town.desk.store.work() as work:
        rounds.close_now(work, life.town.desk.flows, life.town.partnership, datetime.now(UTC))


async def a_period(life: Life) -> None:
    """Four rounds; all that is said is said in the first."""
    opens(life)
    await asyncio.gather(*(person.sees("It has five taps") for person in life.people))
    await asyncio.gather(*(answers_and_writes(life, someone) for someone in PEOPLE))
    first = life.people[0]
    await first.says("/export")
    await first.taps(words.EXPORT_ALL)
    await first.sees(words.EXPORT_HEADING)
    for status in (400, 500):
        life.telegram.faults.fail_next("sendMessage", status)
        await first.says(f"/checkin {MARK}-again")
    await life.telegram.settled()
    closes(life)
    for _ in range(3):
        opens(life)
        closes(life)
    await asyncio.gather(*(person.sees(SHARED[0]) for person in life.people))


async def leaves(life: Life) -> None:
    """One is forgotten, one stops and says why, one blocks the bot."""
    first, second, third, *_ = reversed(life.people)
    await first.says("/forget")
    await first.taps(words.FORGET_SURE)
    await second.says("/stop")
    for label in (words.SAY_WHY, "I was not heard", "Not at all"):
        await second.taps(label)
    await second.says(PEOPLE[-2].says("why"))
    await second.taps("Share my words")
    await second.sees("Saved. Thank you")
    await third.blocks()
    await life.telegram.settled()


def exported(life: Life) -> bytes:
    return b"".join(printing.digest(life.settings, "riverside-partnership", None, form)
                    for form in ("text", "html", "json", "csv"))  # fmt: skip


# --- what is left of it


def everything(url: str) -> dict[str, str]:
    """Every column of every table of a database, the queue's too, as text."""
    database, kept = open_database(url), {}
    with database.connect() as connection:
        for schema in (None, *(["dbos"] if database.dialect.name == "postgresql" else [])):
            metadata = MetaData()
            metadata.reflect(connection, schema=schema)
            for table in metadata.tables.values():
                rows = connection.execute(select(table)).all()
                for place, column in enumerate(table.columns):
                    kept[str(column)] = repr([row[place] for row in rows])
    database.dispose()
    return kept


@pytest.fixture
async def life(tmp_path: Path, databases: Databases, unused_tcp_port: int):
    listener = tmp_path / "listener"
    listener.mkdir()
    (listener / "sitecustomize.py").write_text(LISTENER)
    clock = MovableClock(datetime.now(UTC))
    hook = f"http://127.0.0.1:{unused_tcp_port}/{MARK}-hook"
    desk = Desk(databases.opened[0], Shelf(), clock, Host("Voluntary Network", "help@example.org", "pulse_bot"))
    given = {"PULSE_DATABASE_URL": databases.database_url, "PULSE_KEYS_URL": databases.keys_url,
             "PULSE_MASTER_KEY_FILE": str(databases.key_file), "PULSE_WEBHOOK_URL": hook,
             "PULSE_WEBHOOK_LISTEN": f"127.0.0.1:{unused_tcp_port}", "PULSE_WEBHOOK_SECRET": SECRET,
             "HEARD": str(tmp_path / "heard.log")}  # fmt: skip
    async with StandIn(TOKEN) as telegram:
        operator = Operator(tmp_path, telegram, **given)
        operator.env["PYTHONPATH"] = f"{listener}:{operator.env['PYTHONPATH']}"
        settings = Settings(_env_file=None, **{n[6:].lower(): v for n, v in given.items() if n.startswith("PULSE_")})
        yield Life(telegram, operator, riverside(desk, clock), settings, hook)


async def test_after_a_whole_life_no_name_id_word_or_secret_is_left_anywhere(life: Life, databases: Databases):
    assert len(CANARIES) >= 200
    key, file = x25519.Identity.generate(), life.operator.folder / "backup.age"
    async with life.operator.running() as bot:
        await asyncio.gather(*(joins_and_spills(life, someone) for someone in PEOPLE))
        await knocks(life)
        await life.telegram.settled()
        await a_period(life)
        await leaves(life)
        await life.operator.says("backup", str(file), "--to", str(key.to_public()))
        assert await bot.stop() == 0
    released = tuple(SHARED)
    exports, opened = exported(life), pyrage.decrypt(file.read_bytes(), [key])
    for text in released:
        assert text.encode() in exports
        assert text.encode() in opened
    assert not found(exports, released)
    assert not found(opened, released)
    for column, content in everything(databases.database_url).items():
        assert not found(content.encode(), released if column == "digest.record" else ()), column
    for column, content in everything(databases.keys_url).items():
        assert not found(content.encode()), column
    assert not found(bot.log)
    kept = {path for path in life.operator.folder.rglob("*") if path.is_file()} | set(databases.files())
    main = {path for path in databases.files() if not path.name.startswith("keys.db")}
    for path in kept:
        with suppress(FileNotFoundError):  # a server makes and takes away files of its own at any moment
            assert not found(path.read_bytes(), released if path in main else ()), path
    assert b"serving" in (life.operator.folder / "heard.log").read_bytes()  # so it was listened to


def test_the_search_finds_a_canary_in_every_form():
    someone = PEOPLE[7]
    for text in CANARIES:
        assert found(f"before {text} after".encode()), text
        assert found(text.encode("utf-16-le")), text
        assert found(text.encode().hex().encode()) or text.isdecimal(), text
        assert found(base64.b64encode(b"x" + text.encode())) or text.isdecimal(), text
    for packed in (someone.number.to_bytes(8, "big"), someone.number.to_bytes(8, "little")):
        assert found(b"abc" + packed)
    assert found(f"{someone.number:x}".encode())
    assert not found(b"nothing of the kind", ())
