"""Asking Telegram who this bot is, for commands that do not serve."""

import aiohttp

from bot.settings import Settings

_SECONDS = 10


class NotReached(Exception):
    """Telegram does not answer for this token; says why and what to do."""


async def get_me(settings: Settings) -> tuple[str, str | None]:
    """The bot's user name, and the time Telegram's server gives (an HTTP date), if it gives one.

    Raises:
        NotReached: no token, no network, or a token Telegram refuses.
    """
    if settings.telegram_token is None:
        message = "PULSE_TELEGRAM_TOKEN is not set. Get one from @BotFather."
        raise NotReached(message)
    url = f"{settings.telegram_api_url.rstrip('/')}/bot{settings.telegram_token.get_secret_value()}/getMe"
    patience = aiohttp.ClientTimeout(_SECONDS)
    try:
        async with aiohttp.ClientSession(timeout=patience) as session, session.get(url) as answer:
            seen, date = await answer.json(), answer.headers.get("Date")
    except (aiohttp.ClientError, TimeoutError, ValueError) as exc:
        # Only the kind of error: its text repeats the address, and the address holds the token.
        message = f"Telegram cannot be reached ({type(exc).__name__}). Check the network and PULSE_TELEGRAM_API_URL."
        raise NotReached(message) from None
    if not seen.get("ok"):
        message = "Telegram refuses the token. Copy PULSE_TELEGRAM_TOKEN again from @BotFather."
        raise NotReached(message)
    return str(seen["result"]["username"]), date
