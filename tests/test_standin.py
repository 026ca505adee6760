"""The stand-in behaves as Telegram does, as seen by python-telegram-bot over a real connection."""

import asyncio
import sys
import time
from collections.abc import Sequence
from contextlib import asynccontextmanager

import aiohttp
import httpx
import pytest
import standin_people
import time_machine
from aiohttp import web
from standin import Button, StandIn
from standin_contents import CONTENTS
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.error import (
    BadRequest,
    Conflict,
    EndPointNotFound,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

SHIBBOLETH = "plain-enough_1"
PNG = b"\x89PNG\r\n\x1a\n and so on"
YES = InlineKeyboardMarkup([[InlineKeyboardButton("Mostly", callback_data="abcdefgh:0:75")]])


def bot_at(telegram: StandIn) -> Bot:
    polling, calling = (HTTPXRequest(httpx_kwargs={"trust_env": False}) for _ in range(2))
    return Bot(telegram.token, f"{telegram.url}/bot", get_updates_request=polling, request=calling)


@pytest.fixture
async def telegram():
    async with StandIn() as standin:
        yield standin


@pytest.fixture
async def bot(telegram):
    async with bot_at(telegram) as bot:
        yield bot


@pytest.fixture
def ada(telegram):
    return telegram.person(7)


async def poll(bot: Bot, offset: int | None = None, timeout: int = 20) -> Sequence[Update]:  # noqa: ASYNC109  Telegram's own word
    return await bot.get_updates(offset=offset, timeout=timeout)


class Webhook:
    """A bot's webhook that answers as told: 200 once it has nothing else to say."""

    def __init__(self):
        self.url = ""
        self.answers: list[web.Response] = []
        self.bodies: list[dict] = []
        self.secrets: list[str | None] = []
        self.open = asyncio.Event()  # closed, it keeps whoever posts waiting
        self.open.set()
        self.news = asyncio.Condition()

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        self.secrets.append(request.headers.get("X-Telegram-Bot-Api-Secret-Token"))
        async with self.news:
            self.news.notify_all()
        await self.open.wait()
        return self.answers.pop(0) if self.answers else web.Response()

    async def has(self, count: int) -> None:
        async with asyncio.timeout(10), self.news:
            await self.news.wait_for(lambda: len(self.bodies) == count)

    @asynccontextmanager
    async def listening(self):
        app = web.Application()
        app.router.add_post("/hook", self.take)
        runner = web.AppRunner(app, shutdown_timeout=0.01)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        yield self
        await runner.cleanup()


@pytest.fixture
async def webhook():
    async with Webhook().listening() as webhook:
        yield webhook


# What people do reaches the bot


async def test_a_command_arrives_with_its_entity_and_its_writer(telegram, bot, ada):
    await ada.says("/start abc")
    [update] = await poll(bot)
    assert update.message.text == "/start abc"
    assert update.message.parse_entities() == {update.message.entities[0]: "/start"}
    assert update.effective_user.id == update.effective_chat.id == 7
    assert (update.effective_user.language_code, update.effective_chat.type) == ("en", "private")


async def test_entities_are_counted_in_utf16_units(bot, ada):
    await ada.says("🤝 /help")
    [update] = await poll(bot)
    assert (update.message.entities[0].offset, update.message.entities[0].length) == (3, 5)


async def test_a_person_may_change_name_and_language(bot, ada):
    ada.name, ada.language = "Another name", None
    await ada.says("hello")
    [update] = await poll(bot)
    assert update.effective_user.first_name == "Another name"
    assert update.effective_user.language_code is None


async def test_ids_have_up_to_52_bits(telegram, bot):
    await telegram.person(2**52 - 1).says("hello")
    [update] = await poll(bot)
    assert update.effective_user.id == 2**52 - 1
    with pytest.raises(ValueError, match="no Telegram id"):
        telegram.person(2**52)


@pytest.mark.parametrize("kind", sorted(CONTENTS))
async def test_every_kind_of_content_is_understood(bot, ada, kind):
    number = await ada.sends(kind)
    [update] = await poll(bot)
    assert update.message.message_id == number
    assert update.message.text is None
    assert getattr(update.message, kind)


async def test_extra_fields_go_with_a_message(bot, ada):
    origin = {"type": "hidden_user", "sender_user_name": "Somebody", "date": 1}
    await ada.says("not mine", forward_origin=origin)
    [update] = await poll(bot)
    assert update.message.forward_origin.sender_user_name == "Somebody"


async def test_a_lone_surrogate_survives_the_wire(telegram, ada):
    await ada.says("\ud800")
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{telegram.url}/bot{telegram.token}/getUpdates") as answer,
    ):
        assert (await answer.json())["result"][0]["message"]["text"] == "\ud800"


async def test_an_edit_changes_the_screen_and_is_an_update(bot, ada):
    number = await ada.says("helo")
    await ada.edits(number, "hello")
    _, update = await poll(bot)
    assert update.edited_message.text == "hello"
    assert update.edited_message.edit_date is not None
    assert [(message.text, message.mine) for message in ada.screen] == [("hello", True)]


async def test_an_update_keeps_what_was_true_when_it_was_made(bot, ada):
    number = await ada.says("before")
    await ada.edits(number, "after")
    first, _ = await poll(bot)
    assert first.message.text == "before"


async def test_groups_topics_channels_and_bots_are_told_apart(telegram, bot):
    await telegram.group_adds("group")
    await telegram.group_says("hello", kind="group")
    await telegram.group_says("hello", who=telegram.person(9), topic=3)
    await telegram.group_says("hello", kind="channel")
    await telegram.bot_says("hello")
    added, group, topic, channel, robot = await poll(bot)
    assert added.my_chat_member.new_chat_member.status == "member"
    assert group.message.chat.type == "group"
    assert (topic.message.from_user.id, topic.message.message_thread_id) == (9, 3)
    assert channel.channel_post.text == "hello"
    assert robot.message.from_user.is_bot


async def test_a_bot_that_left_a_group_may_not_write_there(telegram, bot):
    await telegram.group_says("hello")
    [update] = await poll(bot)
    await bot.leave_chat(update.effective_chat.id)
    with pytest.raises(Forbidden, match="bot is not a member of the supergroup chat"):
        await bot.send_message(update.effective_chat.id, "hello")


async def test_any_update_can_be_sent_as_it_stands(telegram):
    await telegram.deliver({"message": "no object", "unheard_of": [None]})
    async with (
        aiohttp.ClientSession() as http,
        http.get(f"{telegram.url}/bot{telegram.token}/getUpdates") as answer,
    ):
        [update] = (await answer.json())["result"]
    assert (update["message"], update["unheard_of"]) == ("no object", [None])


# What the bot does reaches people


async def test_a_person_sees_what_the_bot_sends(telegram, bot, ada):
    sent = await bot.send_message(7, "Could you count on them?", reply_markup=YES)
    card = await ada.sees("COULD you count")
    assert card.id == sent.message_id
    assert card.buttons == [[Button("Mostly", "abcdefgh:0:75")]]
    assert (card.labels, card.mine, card.photo) == (["Mostly"], False, None)
    assert telegram.sent_to(ada) == telegram.sent_to(7) == [card]


async def test_a_person_waits_for_a_message_that_is_still_to_come(bot, ada):
    async with asyncio.TaskGroup() as tasks:
        seen = tasks.create_task(ada.sees("later"))
        await bot.send_message(7, "something else")
        assert not seen.done()
        await bot.send_message(7, "later")
    assert seen.result().text == "later"


async def test_a_wait_that_ends_in_nothing_says_what_was_on_screen(bot, ada, monkeypatch):
    monkeypatch.setattr(standin_people, "PATIENCE", 0.01)
    await bot.send_message(7, "good day")
    with pytest.raises(AssertionError, match=r"'good night' on .*good day"):
        await ada.sees("good night")


async def test_a_photo_arrives_byte_for_byte_and_can_be_sent_again_by_its_id(bot, ada):
    message = await bot.send_photo(7, PNG, caption="How it went", reply_markup=YES)
    await bot.send_photo(7, message.photo[-1].file_id)
    first, second = ada.screen
    assert (first.text, first.photo, first.labels) == ("How it went", PNG, ["Mostly"])
    assert (second.text, second.photo) == ("", PNG)


async def test_a_document_arrives_byte_for_byte(bot, ada):
    await bot.send_document(7, b"a,b\n1,2\n", caption="figures", filename="figures.csv")
    assert (await ada.sees("figures")).document == b"a,b\n1,2\n"


async def test_a_file_that_is_no_picture_is_no_photo(bot, ada):
    with pytest.raises(BadRequest, match=r"(?i)image_process_failed"):
        await bot.send_photo(7, b"no picture")


async def test_html_is_shown_as_text_with_entities(bot, ada):
    message = await bot.send_message(7, "<b>Trust</b> 🤝 &lt;3 <i>well</i>", parse_mode="HTML")
    assert message.text == "Trust 🤝 <3 well"
    assert list(message.parse_entities().values()) == ["Trust", "well"]


@pytest.mark.parametrize("broken", ["1 < 2", "<b>open", "<i>crossed</b>", "<script>x</script>", "a </b> c"])
async def test_broken_html_is_refused(bot, ada, broken):
    with pytest.raises(BadRequest, match="an't parse entities"):
        await bot.send_message(7, broken, parse_mode="HTML")
    assert ada.screen == []


async def test_edits_and_deletes_of_the_bot_change_the_screen_but_not_what_was_sent(telegram, bot, ada):
    mine = await ada.says("a phone number")
    theirs = await bot.send_message(7, "one", reply_markup=YES)
    gone = await bot.send_message(7, "two")
    await bot.edit_message_text("changed", 7, theirs.message_id)
    await bot.delete_message(7, mine)
    await bot.delete_messages(7, [gone.message_id, 999])
    assert [(message.text, message.labels) for message in ada.screen] == [("changed", [])]
    assert [message.text for message in telegram.sent_to(ada)] == ["one", "two"]


async def test_buttons_and_captions_can_be_changed_alone(bot, ada):
    card = await bot.send_photo(7, PNG, caption="one", reply_markup=YES)
    await bot.edit_message_caption(7, card.message_id, caption="two", reply_markup=YES)
    await bot.edit_message_reply_markup(7, card.message_id)
    [message] = ada.screen
    assert (message.text, message.labels, message.photo) == ("two", [], PNG)


async def test_a_change_that_changes_nothing_is_refused(bot, ada):
    card = await bot.send_message(7, "same", reply_markup=YES)
    with pytest.raises(BadRequest, match="essage is not modified"):
        await bot.edit_message_text("same", 7, card.message_id, reply_markup=YES)
    await bot.edit_message_text("same", 7, card.message_id)
    with pytest.raises(BadRequest, match="essage is not modified"):
        await bot.edit_message_reply_markup(7, card.message_id)


async def test_messages_that_are_not_there_or_not_the_bots_cannot_be_edited(bot, ada):
    mine = await ada.says("mine")
    photo = await bot.send_photo(7, PNG)
    with pytest.raises(BadRequest, match="essage to edit not found"):
        await bot.edit_message_text("new", 7, 999)
    with pytest.raises(BadRequest, match="essage can't be edited"):
        await bot.edit_message_text("new", 7, mine)
    with pytest.raises(BadRequest, match="no text in the message to edit"):
        await bot.edit_message_text("new", 7, photo.message_id)
    with pytest.raises(BadRequest, match="essage to delete not found"):
        await bot.delete_message(7, 999)


async def test_a_message_cannot_be_deleted_after_two_days(bot, ada):
    card = await bot.send_message(7, "old")
    with time_machine.travel(time.time() + 49 * 3600), pytest.raises(BadRequest, match="can't be deleted"):
        await bot.delete_message(7, card.message_id)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", "text is empty"),
        (" \n", "ext must be non-empty"),
        ("x" * 4097, "too long"),
        ("🤝" * 2049, "too long"),
    ],
)
async def test_texts_have_telegrams_limits(bot, ada, text, refusal):
    with pytest.raises(BadRequest, match=refusal):
        await bot.send_message(7, text)
    await bot.send_message(7, "🤝" * 2048)


async def test_captions_have_telegrams_limit(bot, ada):
    with pytest.raises(BadRequest, match="caption is too long"):
        await bot.send_photo(7, PNG, caption="x" * 1025)


async def test_buttons_carry_1_to_64_bytes(bot, ada):
    def keyboard(**button: str) -> InlineKeyboardMarkup:
        return InlineKeyboardMarkup([[InlineKeyboardButton("Mostly", **button)]])

    await bot.send_message(7, "fits", reply_markup=keyboard(callback_data="é" * 32))
    await bot.send_message(7, "link", reply_markup=keyboard(url="https://example.org"))
    with pytest.raises(BadRequest, match=r"(?i)button_data_invalid"):
        await bot.send_message(7, "too long", reply_markup=keyboard(callback_data="é" * 32 + "x"))
    with pytest.raises(BadRequest, match="must have an action"):
        await bot.send_message(7, "dead", reply_markup=keyboard())
    with pytest.raises(BadRequest, match="inline keyboards only"):
        await bot.send_message(7, "not drawn", reply_markup=ReplyKeyboardRemove())
    assert [message.text for message in ada.screen] == ["fits", "link"]


async def test_chats_that_do_not_exist_cannot_be_written_to(bot):
    with pytest.raises(BadRequest, match="hat not found"):
        await bot.send_message(8, "hello")


async def test_nobody_can_write_to_someone_who_blocked_the_bot(bot, ada):
    await ada.blocks()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(7, "hello")
    await ada.unblocks()
    await bot.send_message(7, "hello again")
    blocked, unblocked = await poll(bot)
    assert [blocked.my_chat_member.old_chat_member.status, blocked.my_chat_member.new_chat_member.status] == [
        "member",
        "kicked",
    ]
    assert unblocked.my_chat_member.new_chat_member.status == "member"


# Taps


async def answer_taps(bot: Bot, text: str | None = None) -> CallbackQuery:
    [update] = await poll(bot)
    await update.callback_query.answer(text)
    return update.callback_query


async def test_a_tap_carries_its_message_and_data_and_returns_the_answer(bot, ada):
    await bot.send_message(7, "older", reply_markup=YES)
    card = await bot.send_message(7, "newer", reply_markup=YES)
    async with asyncio.TaskGroup() as tasks:
        toast = tasks.create_task(ada.taps("Mostly"))
        query = await answer_taps(bot, "Saved")
    assert toast.result() == "Saved"
    assert (query.data, query.message.message_id, query.from_user.id) == ("abcdefgh:0:75", card.message_id, 7)


async def test_an_answer_without_words_pops_nothing_up(bot, ada):
    async with asyncio.TaskGroup() as tasks:
        toast = tasks.create_task(ada.taps_data("forged"))
        query = await answer_taps(bot)
    assert toast.result() is None
    assert (query.data, query.message) == ("forged", None)


async def test_a_tap_under_a_deleted_message_has_an_inaccessible_one(bot, ada):
    card = await bot.send_message(7, "gone soon", reply_markup=YES)
    await bot.delete_message(7, card.message_id)
    await ada.taps_data("abcdefgh:0:75", message=card.message_id, wait=False)
    [update] = await poll(bot)
    assert not update.callback_query.message.is_accessible


async def test_a_tap_in_a_group_comes_from_that_chat(telegram, bot, ada):
    number = await telegram.group_says("hello")
    [update] = await poll(bot)
    await ada.taps_data("x", message=number, chat=update.effective_chat.id, wait=False)
    [_, update] = await poll(bot)
    assert (update.callback_query.from_user.id, update.effective_chat.type) == (7, "supergroup")


async def test_late_and_unknown_queries_are_too_old(telegram, bot, ada):
    telegram.faults.queries_too_old = True
    async with asyncio.TaskGroup() as tasks:
        toast = tasks.create_task(ada.taps_data("x"))
        with pytest.raises(BadRequest, match="uery is too old"):
            await answer_taps(bot, "Saved")
    assert toast.result() is None
    telegram.faults.queries_too_old = False
    with pytest.raises(BadRequest, match="uery is too old"):
        await bot.answer_callback_query("unknown")


# Polling


async def test_an_offset_confirms_all_updates_below_it(telegram, bot, ada):
    for text in "abc":
        await ada.says(text)
    first = await bot.get_updates(limit=2)
    again = await poll(bot)
    assert [update.message.text for update in first] == ["a", "b"]
    assert [update.message.text for update in again] == ["a", "b", "c"]
    assert [update.update_id - again[0].update_id for update in again] == [0, 1, 2]
    rest = await poll(bot, again[1].update_id + 1)
    assert [update.message.text for update in rest] == ["c"]
    assert telegram.pending == 1


async def test_a_poll_gets_at_most_100_updates(bot, ada):
    for _ in range(101):
        await ada.says("x")
    assert len(await bot.get_updates(limit=1000)) == 100


async def test_a_poll_waits_for_the_next_update(bot, ada):
    async with asyncio.TaskGroup() as tasks:
        polling = tasks.create_task(poll(bot))
        await bot.get_me()
        await ada.says("hello")
    [update] = polling.result()
    assert update.message.text == "hello"


async def test_a_poll_without_time_or_updates_is_empty(bot):
    assert await poll(bot, timeout=0) == ()


async def test_a_negative_offset_forgets_older_updates(bot, ada):
    for text in "abc":
        await ada.says(text)
    [update] = await poll(bot, -1)
    assert update.message.text == "c"
    assert len(await poll(bot)) == 1


async def test_the_bot_settles_when_it_asks_for_more(telegram, bot, ada):
    await ada.says("hello")
    [update] = await poll(bot)
    async with asyncio.TaskGroup() as tasks:
        settled = tasks.create_task(telegram.settled())
        await bot.get_me()
        assert not settled.done()
        await poll(bot, update.update_id + 1, timeout=0)
    assert settled.done()


async def test_a_second_poll_ends_the_first(telegram, bot, ada):
    async with bot_at(telegram) as rival, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(gathered(poll(bot)))
        await telegram.until(lambda: [call for call in telegram.calls if call.method == "getUpdates"])
        second = tasks.create_task(poll(rival))
        await asyncio.wait({first})
        await ada.says("hello")
    assert isinstance(first.result(), Conflict)
    assert "terminated by other getUpdates request" in str(first.result())
    assert len(second.result()) == 1


async def gathered(call):
    """The error of a call, or its result."""
    return (await asyncio.gather(call, return_exceptions=True))[0]


async def test_only_wanted_updates_come_and_the_wish_is_remembered(telegram, bot, ada):
    await bot.get_updates(allowed_updates=["callback_query"], timeout=0)
    await ada.says("not wanted")
    await ada.taps_data("x", wait=False)
    assert [update.callback_query.data for update in await poll(bot)] == ["x"]
    assert telegram.allowed_updates == {"callback_query"}
    await bot.get_updates(allowed_updates=[], timeout=0)
    await ada.says("wanted")
    assert len(await poll(bot)) == 2


async def test_an_update_is_delivered_again_though_it_was_confirmed(telegram, bot, ada):
    await ada.says("hello")
    [update] = await poll(bot)
    following = update.update_id + 1
    assert await poll(bot, following, timeout=0) == ()
    await telegram.redeliver(2)
    again = await poll(bot, following)
    assert [each.update_id for each in again] == [update.update_id] * 2
    assert telegram.pending == 2
    assert await poll(bot, following, timeout=0) == ()
    assert telegram.pending == 0


async def test_nothing_can_be_delivered_again_before_the_first_update(telegram):
    with pytest.raises(LookupError, match="no update was made yet"):
        await telegram.redeliver()


async def test_updates_may_start_again_from_a_lower_number(telegram, bot, ada):
    await ada.says("high")
    [high] = await poll(bot)
    assert await poll(bot, high.update_id + 1, timeout=0) == ()
    await telegram.renumber(5000)
    await ada.says("low")
    [low] = await poll(bot, high.update_id + 1)
    assert (low.update_id, low.message.text) == (5000, "low")
    assert await poll(bot, 5001, timeout=0) == ()
    assert telegram.pending == 0


async def test_taps_wait_150_seconds_and_messages_a_day(telegram, ada):
    await ada.says("hello")
    await ada.taps_data("x", wait=False)
    start = time.time()
    left = []
    for later in (149, 151, 25 * 3600):
        with time_machine.travel(start + later):
            left.append(telegram.pending)
    assert left == [2, 1, 0]


# Webhook


async def test_a_webhook_gets_updates_with_its_secret(telegram, bot, ada, webhook):
    await bot.set_webhook(webhook.url, secret_token=SHIBBOLETH, allowed_updates=["message"], max_connections=3)
    await ada.says("hello")
    await telegram.settled()
    assert [body["message"]["text"] for body in webhook.bodies] == ["hello"]
    assert webhook.secrets == [SHIBBOLETH]
    info = await bot.get_webhook_info()
    assert (info.url, info.max_connections, info.allowed_updates) == (webhook.url, 3, ("message",))
    assert info.pending_update_count == 0


async def test_a_webhook_is_asked_again_till_it_says_2xx(telegram, bot, ada, webhook):
    telegram.backoff = 0.001
    webhook.answers = [web.Response(status=503, headers={"Retry-After": "5"}), web.Response(status=500)]
    await bot.set_webhook(webhook.url)
    await ada.says("hello")
    await telegram.settled()
    assert [(post.status, post.retry_after) for post in telegram.posts] == [
        (503, "5"),
        (500, None),
        (200, None),
    ]
    assert len({body["update_id"] for body in webhook.bodies}) == 1
    assert (await bot.get_webhook_info()).last_error_message.startswith("Wrong response from the webhook: 500")


async def test_a_webhook_out_of_reach_gets_the_updates_later(telegram, bot, ada, webhook):
    telegram.backoff, telegram.faults.webhook_down = 0.001, True
    await bot.set_webhook(webhook.url)
    await ada.says("hello")
    await telegram.until(lambda: len(telegram.posts) > 1)
    assert webhook.bodies == []
    telegram.faults.webhook_down = False
    await telegram.settled()
    assert [telegram.posts[0].status, telegram.posts[-1].status] == [0, 200]


async def test_a_persons_updates_reach_a_webhook_one_by_one_and_others_do_not_wait(telegram, bot, ada, webhook):
    await bot.set_webhook(webhook.url)
    webhook.open.clear()
    await ada.says("first")
    await ada.taps_data("second", wait=False)
    await telegram.person(8).says("other")
    await webhook.has(2)
    webhook.open.set()
    await telegram.settled()
    assert [body["message"]["text"] for body in webhook.bodies[:2]] == ["first", "other"]
    assert webhook.bodies[2]["callback_query"]["data"] == "second"


async def test_taps_overtake_messages_when_told_to(telegram, bot, ada, webhook):
    telegram.faults.taps_overtake = True
    await bot.set_webhook(webhook.url)
    webhook.open.clear()
    await ada.says("first")
    await ada.taps_data("second", wait=False)
    await webhook.has(2)
    webhook.open.set()
    await telegram.settled()


async def test_a_webhook_gets_no_more_posts_at_once_than_it_asked_for(telegram, bot, webhook):
    await bot.set_webhook(webhook.url, max_connections=1)
    webhook.open.clear()
    await telegram.person(7).says("one")
    await telegram.person(8).says("two")
    await webhook.has(1)
    await bot.get_me()
    assert len(webhook.bodies) == 1
    webhook.open.set()
    await telegram.settled()


async def test_updates_are_delivered_to_a_webhook_again_side_by_side(telegram, bot, ada, webhook):
    await bot.set_webhook(webhook.url)
    await ada.says("hello")
    await telegram.settled()
    webhook.open.clear()
    await telegram.redeliver(3)
    await webhook.has(4)
    webhook.open.set()
    await telegram.settled()
    assert len({body["update_id"] for body in webhook.bodies}) == 1


async def test_a_webhooks_answer_may_hold_a_call(telegram, bot, ada, webhook):
    webhook.answers = [web.json_response({"method": "sendMessage", "chat_id": 7, "text": "at once"})]
    await bot.set_webhook(webhook.url)
    await ada.says("hello")
    await ada.sees("at once")
    assert telegram.calls[-1] == ("sendMessage", {"chat_id": 7, "text": "at once"})


async def test_polling_and_a_webhook_exclude_each_other(telegram, bot, ada, webhook):
    async with asyncio.TaskGroup() as tasks:
        polling = tasks.create_task(gathered(poll(bot)))
        await telegram.until(lambda: [call for call in telegram.calls if call.method == "getUpdates"])
        await bot.set_webhook(webhook.url)
    assert "terminated by setWebhook" in str(polling.result())
    with pytest.raises(Conflict, match="use deleteWebhook"):
        await poll(bot)
    await bot.delete_webhook()
    await ada.says("hello")
    assert len(await poll(bot)) == 1


async def test_pending_updates_can_be_dropped(telegram, bot, ada):
    await ada.says("hello")
    await bot.delete_webhook(drop_pending_updates=True)
    assert telegram.pending == 0


async def test_telegram_may_lose_a_webhook(telegram, bot, webhook):
    await bot.set_webhook(webhook.url)
    await telegram.forget_webhook()
    assert not (await bot.get_webhook_info()).url


async def test_a_webhook_needs_an_address_and_a_plain_secret(bot):
    with pytest.raises(BadRequest, match="nvalid webhook url"):
        await bot.set_webhook("nowhere")
    with pytest.raises(BadRequest, match="unallowed characters"):
        await bot.set_webhook("https://example.org", secret_token=f"{SHIBBOLETH} ")


# The bot itself


async def test_the_bot_is_who_its_token_says(telegram, bot):
    assert (bot.bot.id, bot.bot.username, bot.bot.is_bot) == (4242, telegram.username, True)


async def test_a_wrong_token_is_unauthorized(telegram):
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.get(f"{telegram.url}/bot4242:wrong/getMe")
    assert answer.status_code == 401
    assert answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}


async def test_an_unknown_method_is_not_found(bot):
    with pytest.raises(EndPointNotFound):
        await bot.do_api_request("dance")


async def test_commands_are_kept_by_scope_and_language(telegram, bot):
    await bot.set_my_commands([BotCommand("help", "What I do")])
    await bot.set_my_commands([("pause", "Saib")], BotCommandScopeAllPrivateChats(), "cy")
    await bot.set_my_commands([("close", "Close the round")], BotCommandScopeChat(7))
    assert telegram.commands == {
        ("default", ""): {"help": "What I do"},
        ("all_private_chats", "cy"): {"pause": "Saib"},
        ("chat 7", ""): {"close": "Close the round"},
    }
    assert await bot.get_my_commands() == (BotCommand("help", "What I do"),)
    await bot.delete_my_commands()
    assert await bot.get_my_commands() == ()


async def test_commands_are_checked(bot):
    with pytest.raises(BadRequest, match=r"(?i)bot_command_invalid"):
        await bot.set_my_commands([("Not One", "x")])
    with pytest.raises(BadRequest, match=r"(?i)bot_command_description_invalid"):
        await bot.set_my_commands([("one", "x" * 257)])


async def test_calls_that_only_decorate_are_noted(telegram, bot):
    await bot.set_my_description("Asks how it goes")
    await bot.set_my_short_description("Asks")
    await bot.send_chat_action(7, "typing")
    assert [call.method for call in telegram.calls][-3:] == [
        "setMyDescription",
        "setMyShortDescription",
        "sendChatAction",
    ]
    assert telegram.calls[-3].params == {"description": "Asks how it goes"}


@pytest.mark.parametrize("way", ["params", "data", "json"])
async def test_calls_may_come_as_query_form_or_json_and_look_the_same(telegram, ada, way):
    given = {"chat_id": 7, "text": "7"}
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{telegram.url}/bot{telegram.token}/sendMessage", **{way: given})
    assert answer.json()["result"]["text"] == "7"
    assert telegram.calls == [("sendMessage", given)]


async def test_a_field_that_is_no_json_is_refused(telegram, ada):
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(
            f"{telegram.url}/bot{telegram.token}/sendMessage",
            data={"chat_id": "7", "text": "x", "reply_markup": "{"},
        )
    assert (answer.status_code, answer.json()["error_code"]) == (400, 400)


# Faults


async def test_a_scheduled_fault_strikes_once_and_only_its_method_and_chat(telegram, bot, ada, monkeypatch):
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # or the library warns of its own future
    telegram.person(8)
    telegram.faults.fail_next("sendMessage", 429, retry_after=3, chat=7)
    await bot.send_message(8, "not struck")
    with pytest.raises(RetryAfter, match="0:00:03"):
        await bot.send_message(7, "struck")
    await bot.send_message(7, "through")
    assert [message.text for message in telegram.sent_to(ada)] == ["through"]
    assert [call.params["text"] for call in telegram.calls if call.method == "sendMessage"] == [
        "not struck",
        "struck",
        "through",
    ]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ((500, None), NetworkError),
        ((403, "Forbidden: user is deactivated"), Forbidden),
        ((400, "Bad Request: chat not found"), BadRequest),
        ((401, "Unauthorized"), InvalidToken),
    ],
)
async def test_any_refusal_can_be_scheduled(telegram, bot, ada, refusal, error):
    telegram.faults.fail_next("sendMessage", refusal[0], description=refusal[1])
    with pytest.raises(error):
        await bot.send_message(7, "hello")
    assert ada.screen == []


async def test_a_lost_answer_is_an_error_for_a_message_that_arrived(telegram, bot, ada):
    telegram.faults.drop_reply("sendMessage")
    with pytest.raises(NetworkError):
        await bot.send_message(7, "arrived")
    await ada.sees("arrived")
    await bot.send_message(7, "next")
    assert [message.text for message in ada.screen] == ["arrived", "next"]


async def test_updates_of_a_lost_poll_come_again(telegram, bot, ada):
    await ada.says("hello")
    telegram.faults.drop_reply("getUpdates")
    with pytest.raises(NetworkError):
        await poll(bot)
    assert len(await poll(bot)) == 1


async def test_a_bot_killed_in_its_poll_loses_no_update(telegram, bot, ada):
    address = f"{telegram.url}/bot{telegram.token}/getUpdates?timeout=50"
    asks = f"import urllib.request; urllib.request.urlopen({address!r})"
    killed = await asyncio.create_subprocess_exec(sys.executable, "-c", asks)
    await telegram.until(lambda: [call for call in telegram.calls if call.method == "getUpdates"])
    killed.kill()
    await killed.wait()
    await ada.says("hello")
    assert len(await poll(bot)) == 1


async def test_while_down_no_connection_is_taken_and_afterwards_all_is_as_before(telegram, bot, ada):
    async with telegram.down():
        with pytest.raises(NetworkError, match="ConnectError"):
            await bot.send_message(7, "lost")
    await bot.send_message(7, "through")
    assert [message.text for message in ada.screen] == ["through"]


async def test_a_poll_under_way_breaks_when_telegram_goes_down(telegram, bot):
    async with asyncio.TaskGroup() as tasks:
        polling = tasks.create_task(gathered(poll(bot)))
        await telegram.until(lambda: [call for call in telegram.calls if call.method == "getUpdates"])
        async with telegram.down():
            await asyncio.wait({polling})
    assert isinstance(polling.result(), TelegramError)


async def test_a_stand_in_that_breaks_breaks_its_test():
    async def test() -> None:
        async with StandIn() as telegram, httpx.AsyncClient(trust_env=False) as http:
            await http.post(f"{telegram.url}/bot{telegram.token}/setMyCommands", json={"commands": ["no object"]})

    with pytest.raises(TypeError):
        await test()
