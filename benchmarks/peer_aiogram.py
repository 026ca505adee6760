"""A peer: aiogram 3 with its state machine in memory, each answer committed to SQLite (WAL, synchronous=FULL)."""

import asyncio
import os

from aiogram import Bot, Dispatcher, F, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.fsm.context import FSMContext
from aiogram.fsm.state import State, StatesGroup
from aiogram.fsm.storage.memory import MemoryStorage
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message
from aiogram.webhook.aiohttp_server import SimpleRequestHandler, setup_application
from aiohttp import web

from benchmarks.script import QUESTIONS, Answers, buttons, words

router = Router()


class CheckIn(StatesGroup):
    """The one state: a question is open."""

    asked = State()


def keyboard(place: int) -> InlineKeyboardMarkup:
    """The buttons at a question."""
    rows = [[InlineKeyboardButton(text=label, callback_data=data) for label, data in row] for row in buttons(place)]
    return InlineKeyboardMarkup(inline_keyboard=rows)


@router.message(CommandStart())
async def start(message: Message, state: FSMContext) -> None:
    """Ask the first question."""
    await state.set_state(CheckIn.asked)
    await state.set_data({"place": 0})
    await message.answer(words(0), reply_markup=keyboard(0))


@router.callback_query(CheckIn.asked, F.data)
async def tap(query: CallbackQuery, state: FSMContext, answers: Answers, bot: Bot) -> None:
    """Keep the answer, ask the next question."""
    place: int = (await state.get_data())["place"]
    given, _, code = (query.data or "").partition(":")
    if given != str(place) or not isinstance(query.message, Message):
        await query.answer("That was another question.")
        return
    if place < len(QUESTIONS):
        answers.keep(query.from_user.id, QUESTIONS[place][0], code)
    after = (place + 1) % (len(QUESTIONS) + 1)
    await state.set_data({"place": after})
    await asyncio.gather(bot(query.answer()), bot(query.message.edit_text(words(after), reply_markup=keyboard(after))))


async def main() -> None:
    """Serve until stopped, polling or posted to."""
    session = AiohttpSession(api=TelegramAPIServer.from_base(os.environ["API_URL"]))
    bot = Bot(os.environ["BOT_TOKEN"], session=session)
    dispatcher = Dispatcher(storage=MemoryStorage(), answers=Answers())
    dispatcher.include_router(router)
    if os.environ["MODE"] == "polling":
        await dispatcher.start_polling(bot, polling_timeout=10)
        return
    web_application, port = web.Application(), int(os.environ["PORT"])
    SimpleRequestHandler(dispatcher, bot, secret_token=os.environ["SECRET"]).register(web_application, path="/hook")
    setup_application(web_application, dispatcher, bot=bot)
    runner = web.AppRunner(web_application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await bot.set_webhook(f"http://127.0.0.1:{port}/hook", secret_token=os.environ["SECRET"])
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
