"""The composition root: settings in, objects out, and the one process that serves. `python -m bot.app` runs it."""

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import Any

import uvloop
from telegram.error import BadRequest, InvalidToken, TelegramError

from bot.clock import Clock, SystemClock
from bot.converse import Desk
from bot.heart import Heart
from bot.intake import Intake
from bot.languages import ENGLISH
from bot.logs import log, set_up_logs, warn
from bot.queue import Queue
from bot.sends import Sends, one_at_a_time
from bot.settings import BadSettings, Settings, read_settings
from bot.shelf import shelf_of
from bot.spoken import freshen
from bot.telegram.handlers import Careful, Reception, build
from bot.telegram.receive import OtherPoller, Poller, Webhook
from bot.telegram.screen import TelegramChannel
from bot.web import Server, listen, told_to_stop
from bot.words import Host
from flows.errors import FlowsError
from storage.db import Slot
from storage.errors import StorageError
from storage.recovery import recover
from storage.rotation import settle
from storage.work import Store, open_store

_WATCH_SECONDS = 300.0


async def serve(settings: Settings, clock: Clock | None = None) -> None:
    """Serve Telegram until SIGTERM or SIGINT, then drain.

    Raises:
        BadSettings, StorageError, InvalidToken, OtherPoller: why the bot could not serve.
    """
    settings.must_serve()
    store = open_store(settings.database_url, settings.keys_url, settings.master_key_file, settings.limits)
    slot = Slot(store.database, only_first=settings.webhook_url is None)
    assert settings.telegram_token is not None  # noqa: S101  must_serve checked
    application = build(settings.telegram_token.get_secret_value(), settings.telegram_api_url)
    async with AsyncExitStack() as stack:
        stack.callback(store.dispose)
        stack.callback(slot.release)
        await asyncio.to_thread(_put_right, store, settings, clock or SystemClock())
        stack.push_async_callback(application.bot.shutdown)  # also where it never came up
        await _patiently(application.initialize)
        stack.push_async_callback(application.shutdown)
        host = Host(settings.operator, settings.contact, application.bot.username, settings.complaints)
        desk = Desk(store, await asyncio.to_thread(shelf_of, store), clock or SystemClock(), host)
        channel = TelegramChannel(application.bot)
        stack.push_async_callback(channel.close)
        intake = Intake(desk)
        stack.push_async_callback(intake.close)
        reception = Reception(application, intake, channel)
        stack.push_async_callback(reception.drain)
        heart = Heart(desk, Sends(store, desk.flows, channel, one_at_a_time(settings.broadcast_rate), host, desk.clock),
                      Queue(store.database, slot.number, settings.broadcast_rate))  # fmt: skip
        await heart.start()
        stack.push_async_callback(heart.stop)
        await asyncio.to_thread(_keep_name, store, application.bot.username)
        await channel.set_menus(await asyncio.to_thread(_coordinators, store))
        await _receive_until_told(settings, application, heart)
        log("draining")
    log("stopped")


async def _patiently(start: Callable[[], Awaitable[Any]]) -> None:
    """Reach Telegram, again and again while it is down; what it refuses is final."""
    for pause in (1, 2, 5, 10, 20, 0):
        try:
            await start()
        except (InvalidToken, BadRequest):
            raise
        except TelegramError:
            if not pause:
                raise
            warn("telegram_unreachable")
            await asyncio.sleep(pause)
        else:
            return


async def _receive_until_told(settings: Settings, application: Careful, heart: Heart) -> None:
    told = told_to_stop()
    receiving = _webhook(settings, application, told) if settings.webhook_url else _polling(application, told)
    beating = asyncio.create_task(heart.run())
    log("serving", mode="webhook" if settings.webhook_url else "polling")
    try:
        await receiving
    finally:
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


async def _polling(application: Careful, told: asyncio.Event) -> None:
    poller = Poller(application)
    polling = asyncio.create_task(poller.run())
    stopping = asyncio.create_task(told.wait())
    await asyncio.wait({polling, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    poller.stop()
    await polling


async def _webhook(settings: Settings, application: Careful, told: asyncio.Event) -> None:
    assert settings.webhook_secret is not None and settings.webhook_url is not None  # noqa: S101, PT018  must_serve
    hook = Webhook(application, settings.webhook_path, settings.webhook_secret.get_secret_value())
    host, _, port = settings.webhook_listen.rpartition(":")
    server = Server(hook.web)
    serving = asyncio.create_task(server.serve([listen(host, int(port))]))
    await _patiently(partial(hook.register, settings.webhook_url))
    while not told.is_set() and not serving.done():
        with suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), _WATCH_SECONDS)
        if not told.is_set():
            await hook.watch(settings.webhook_url)
    server.should_exit = True
    await serving


def _put_right(store: Store, settings: Settings, clock: Clock) -> None:
    """Complete what was cut short, and catch up where the database is a copy brought back."""
    settle(store, settings.master_key_file)
    found = recover(store, clock.now())
    with store.work() as work:
        freshen(work)
        work.audit.note_settings(
            clock.now().date(),
            operator=settings.operator,
            contact=settings.contact,
            complaints=settings.complaints,
            thresholds=f"{settings.limits.people}/{settings.limits.outsiders}",
        )
    if found.older:
        warn("older_copy_found", partnerships=len(found.older))
    if found.forgotten:
        warn("forgotten_again", people=found.forgotten)


def _keep_name(store: Store, name: str) -> None:
    with store.work() as work:
        if work.partnerships.fact("bot_name") != name:
            work.partnerships.keep_fact("bot_name", name)


def _coordinators(store: Store) -> list[tuple[str, str]]:
    with store.work() as work:
        found = (work.people.address_of(p) for p in work.rounds.all_coordinators())
        return [(a, work.people.language_of(a) or ENGLISH) for a in found if a and a.startswith("tg:")]


def main() -> int:
    """Serve; the exit status."""
    set_up_logs()
    # What is loaded stays: without this every collection walks all of it again, and a tap waits for that.
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
    try:
        settings = read_settings()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except (BadSettings, FlowsError, StorageError) as exc:
        return _say(str(exc))
    except InvalidToken:
        return _say("Telegram refuses the token. Copy PULSE_TELEGRAM_TOKEN again from @BotFather.")
    except OtherPoller:
        return _say("Another program polls Telegram with this token. Stop it, or give this bot a token of its own.")
    except BadRequest as exc:
        return _say(f"Telegram refuses what it is asked: {exc}. Check PULSE_WEBHOOK_URL.")
    except TelegramError as exc:
        return _say(f"Telegram cannot be reached ({type(exc).__name__}). Check the network and PULSE_TELEGRAM_API_URL.")
    return 0


def _say(message: str) -> int:
    print(message, file=sys.stderr)  # noqa: T201  the process's last words
    return 1


if __name__ == "__main__":
    sys.exit(main())
