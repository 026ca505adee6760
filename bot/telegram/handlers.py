"""python-telegram-bot's handlers: translate, take, show."""

import asyncio
from typing import Any

from telegram import Update
from telegram.error import TelegramError
from telegram.ext import Application, ApplicationBuilder, ContextTypes, TypeHandler

from bot.channel import Inbound, Reply
from bot.intake import Intake
from bot.telegram.read import read, stray_group
from bot.telegram.screen import TelegramChannel
from bot.telegram.wire import Wire


class Careful(Application):  # type: ignore[type-arg]
    """An `Application` that lets an error out, so that the receiver knows nothing was committed."""

    async def process_error(
        self,
        update: object,  # noqa: ARG002  the library's signature, here and below
        error: Exception,
        job: Any = None,  # noqa: ARG002
        coroutine: Any = None,  # noqa: ARG002
    ) -> bool:
        """Raise it."""
        raise error


def build(token: str, api_url: str) -> Careful:
    """The application on our own transport, without a receiver: `receive.py` is it."""
    base = api_url.rstrip("/")
    builder = ApplicationBuilder().application_class(Careful).token(token).updater(None).job_queue(None)
    application = (
        builder.base_url(f"{base}/bot").base_file_url(f"{base}/file/bot").request(Wire()).get_updates_request(Wire())
    ).build()
    assert isinstance(application, Careful)  # noqa: S101  the builder was told so
    return application


class Reception:
    """The one handler: from an update to a committed reply, then to the screen."""

    def __init__(self, application: Careful, intake: Intake, channel: TelegramChannel) -> None:
        self._intake, self._channel = intake, channel
        self._showing: set[asyncio.Task[None]] = set()
        application.add_handler(TypeHandler(Update, self.on_update))

    async def on_update(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Return once the update's step is committed; showing goes on beside.

        Raises: whatever kept the step from being committed.
        """
        group = stray_group(update)
        if group is not None:
            await self._leave(context, group)
            return
        inbound = read(update)
        if inbound is None:
            return
        reply = await self._intake.take(inbound)
        query = update.callback_query.id if update.callback_query else None
        task = asyncio.create_task(self._show(inbound, query, reply))
        self._showing.add(task)
        task.add_done_callback(self._showing.discard)

    async def _show(self, inbound: Inbound, query: str | None, reply: Reply) -> None:
        await self._channel.answer(inbound, query, reply)
        if reply.language is not None:
            await self._channel.offer_menu(inbound.address, reply.language, coordinator=reply.coordinator)

    async def _leave(self, context: ContextTypes.DEFAULT_TYPE, group: int) -> None:
        # Private chats only: in a group everybody would see who taps what.
        try:
            await context.bot.leave_chat(group)
        except TelegramError:
            return

    async def drain(self) -> None:
        """Finish showing what is committed."""
        if self._showing:
            await asyncio.wait(set(self._showing), timeout=10)
