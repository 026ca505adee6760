"""The whole story through real python-telegram-bot over loopback HTTP: from an invite link to a digest."""

import asyncio
import socket
from pathlib import Path

from databases import Server
from installation import FULL, Operator, answers, joins
from standin import Person, StandIn

PARTNERS = ("City Council", "City Council", "Homes", "Homes", "Shelter", "Shelter")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def webhook() -> dict[str, str]:
    port = free_port()
    return {
        "PULSE_WEBHOOK_URL": f"http://127.0.0.1:{port}/hook-3f9c",
        "PULSE_WEBHOOK_LISTEN": f"127.0.0.1:{port}",
        "PULSE_WEBHOOK_SECRET": "a-word-for-the-tests",  # pragma: allowlist secret
    }


async def everybody_joins(telegram: StandIn, member: str, coordinator: str) -> tuple[list[Person], Person]:
    people = [telegram.person(100 + n) for n in range(len(PARTNERS))]
    for person, organisation in zip(people, PARTNERS, strict=True):
        await joins(person, member, organisation)
    lead = telegram.person(900)
    await lead.says(f"/start {coordinator}")
    await lead.taps("I am 18 or over and I agree")
    await lead.sees("You can now set up Riverside")
    return people, lead


async def a_week(people: list[Person]) -> None:
    await asyncio.gather(*(person.sees("It has five taps") for person in people))
    await asyncio.gather(*(answers(person, *FULL) for person in people[1:]), writes(people[0]))


async def the_fourth_week(people: list[Person]) -> None:
    """What the year's calendar asks then: how the group was set up, in 15 taps."""
    await asyncio.gather(*(person.sees("It has 15 taps") for person in people))
    await asyncio.gather(*(answers_at_length(person) for person in people))


async def answers_at_length(person: Person) -> None:
    for number, label in enumerate((*FULL[:3], *["Yes, fully"] * 11, "Not much"), start=2):
        await person.taps(label)
        await person.sees(f"{number} of 15" if number <= 15 else "add a note")
    await person.taps("No note")
    await person.sees("Saved. Thank you.")


async def writes(person: Person) -> None:
    """Answer, and share a note: its words are on one screen, and on none afterwards."""
    await answers(person, *FULL[:-1])
    await person.says("We met twice.")
    await person.sees("“We met twice.”")
    await person.taps("Share my words")
    await person.sees("Saved. Thank you.")
    assert not [message for message in person.screen if "We met twice" in message.text]


async def coordinator_opens(lead: Person) -> None:
    await lead.says("/round")
    await lead.taps("Open one now")
    await lead.sees("The check-in is open since")


async def coordinator_closes(lead: Person) -> None:
    await lead.taps("Close it now")
    await lead.taps("Yes, close it")
    await lead.sees("No check-in is open")


async def test_polling_from_an_invite_link_to_a_digest_everybody_can_read(tmp_path: Path):
    async with StandIn() as telegram:
        operator = Operator(tmp_path, telegram)
        tokens = await operator.sets_up()
        async with operator.running() as bot:
            people, lead = await everybody_joins(telegram, *tokens)
            opened = await operator.asks("round", "open", "riverside")
            assert opened["invited"] == 6
            assert opened["closes_at"].endswith("+00:00")
            await a_week(people)
            assert (await operator.asks("round", "close", "riverside"))["open"] is False
            await asyncio.gather(*(reader.sees("1 of 4 weeks done") for reader in (*people, lead)))
            for week in (a_week, a_week, the_fourth_week):
                await coordinator_opens(lead)
                await week(people)
                await coordinator_closes(lead)
            # Six people is a small group: figures come when the period ends, in tens.
            digests = await asyncio.gather(*(r.sees("🙌 Taking part: 30. Needs care.") for r in (*people, lead)))
            assert len({digest.text for digest in digests}) == 1
            # One writer among six is too few for anybody's words to be shown.
            assert not [m for reader in (*people, lead) for m in reader.screen if "We met twice" in m.text]
            assert "🤝 Trust: 80. Strong." in digests[0].text
            assert "⚖️ Power: 50. Worth a talk." in digests[0].text
            longer = await asyncio.gather(*(r.sees("More answers: here is what people said") for r in (*people, lead)))
            assert len({message.text for message in longer}) == 1
            heading, _, told = longer[0].text.partition("\n\n")
            assert "with the best figures first" in heading
            assert "90. Strong: Do you know why we are working together?" in told
            assert "30. Needs care: Have we had enough time to get to know each other?" in told
            assert [bool(m.photo) for m in people[0].screen[-3:]] == [True, False, False]
            await lead.sees("To help you lead the talk")
            assert not [m for person in people for m in person.screen if "To help you lead" in m.text]
            assert (await operator.says("digest", "riverside")).strip() == f"{digests[0].text}\n\n{told}"
            assert telegram.commands["all_private_chats", ""].keys() == {
                "start", "checkin", "help", "privacy", "who", "seat", "language", "export", "complain", "stop", "forget"
            }  # fmt: skip
            assert {"round", "digest", "invite"} <= telegram.commands["chat 900", ""].keys()
            assert await bot.stop() == 0


async def test_webhook_from_an_invite_link_to_a_digest_everybody_can_read(tmp_path: Path):
    async with StandIn() as telegram:
        operator = Operator(tmp_path, telegram, **webhook())
        tokens = await operator.sets_up()
        async with operator.running() as bot:
            people, lead = await everybody_joins(telegram, *tokens)
            await coordinator_opens(lead)
            await a_week(people)
            await coordinator_closes(lead)
            digests = await asyncio.gather(*(r.sees("1 of 4 weeks done") for r in (*people, lead)))
            assert len({digest.text for digest in digests}) == 1
            assert {post.status for post in telegram.posts} == {200}
            assert await bot.stop() == 0


async def test_postgresql_from_an_invite_link_to_a_digest_everybody_can_read(tmp_path: Path, server: Server):
    database, keys = server.make(), server.make()
    async with StandIn() as telegram:
        operator = Operator(tmp_path, telegram, PULSE_DATABASE_URL=database, PULSE_KEYS_URL=keys)
        tokens = await operator.sets_up()
        async with operator.running() as bot:
            people, lead = await everybody_joins(telegram, *tokens)
            await coordinator_opens(lead)
            await a_week(people)
            await coordinator_closes(lead)
            digests = await asyncio.gather(*(r.sees("1 of 4 weeks done") for r in (*people, lead)))
            assert len({digest.text for digest in digests}) == 1
            assert await bot.stop() == 0
    server.drop(database)
    server.drop(keys)
