"""Just enough HTTP/1.1 on asyncio for both sides of a loopback connection; knows nothing of bots."""

import asyncio
import re
from typing import cast

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)


class Line(asyncio.Protocol):
    """One keep-alive connection; `heard` is called with each whole message."""

    transport: asyncio.Transport
    _held = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to write to."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's has the same methods and another base

    def data_received(self, data: bytes) -> None:
        """Cut the stream into messages.

        Raises:
            NotImplementedError: a chunked body, which no bot measured here sends.
        """
        rest = self._held + data
        while rest:
            head, blank, after = rest.partition(b"\r\n\r\n")
            if not blank:
                break
            if _CHUNKED.search(head):
                raise NotImplementedError(head.decode(errors="replace"))
            found = _LENGTH.search(head)
            length = int(found[1]) if found else 0
            if len(after) < length:
                break
            rest = after[length:]
            self.heard(head, after[:length])
        self._held = rest

    def heard(self, head: bytes, body: bytes) -> None:
        """Take one message: its start line with the headers, and its body."""
        raise NotImplementedError

    def answer(self, body: bytes) -> None:
        """Send a 200 with a JSON body."""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)
        )
