"""A peer: python-telegram-bot as it comes, with its ConversationHandler, each answer committed to SQLite (FULL)."""

import asyncio
import os
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes, ConversationHandler

from benchmarks.script import QUESTIONS, Answers, buttons, words

ASKED = 0
answers = Answers()


def keyboard(place: int) -> InlineKeyboardMarkup:
    """The buttons at a question."""
    rows = [[InlineKeyboardButton(label, callback_data=data) for label, data in row] for row in buttons(place)]
    return InlineKeyboardMarkup(rows)


async def start(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """Ask the first question."""
    if update.message and context.user_data is not None:
        context.user_data["place"] = 0
        await update.message.reply_text(words(0), reply_markup=keyboard(0))
    return ASKED


async def tap(update: Update, context: ContextTypes.DEFAULT_TYPE) -> int:
    """Keep the answer, ask the next question."""
    query, data = update.callback_query, context.user_data
    if query is None or data is None:
        return ASKED
    place = data["place"]
    given, _, code = (query.data or "").partition(":")
    if given != str(place):
        await query.answer("That was another question.")
        return ASKED
    if place < len(QUESTIONS):
        answers.keep(query.from_user.id, QUESTIONS[place][0], code)
    after = data["place"] = (place + 1) % (len(QUESTIONS) + 1)
    await asyncio.gather(query.answer(), query.edit_message_text(words(after), reply_markup=keyboard(after)))
    return ASKED


def main() -> None:
    """Poll until stopped."""
    api = os.environ["API_URL"]
    builder = Application.builder().token(os.environ["BOT_TOKEN"]).base_url(f"{api}/bot").pool_timeout(30)
    application: Any = builder.connection_pool_size(64).build()
    talk: Any = ConversationHandler(
        [CommandHandler("start", start)], {ASKED: [CallbackQueryHandler(tap)]}, [CommandHandler("start", start)],
        allow_reentry=True,
    )  # fmt: skip
    application.add_handler(talk)
    application.run_polling(poll_interval=0)


if __name__ == "__main__":
    main()
