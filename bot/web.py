"""Serving HTTP inside a process that stops in its own order."""

import asyncio
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from bot.settings import BadSettings


def told_to_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Raises:
        BadSettings: the address is taken or is not this machine's.
    """
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as exc:
        message = f"Nothing can listen on {host}:{port} ({exc.strerror}). Give another address, or stop what uses it."
        raise BadSettings(message) from exc


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers and without an access log: addresses and paths are nobody's business."""

    def __init__(self, web: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                web,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                date_header=False,
                proxy_headers=False,
            )
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield
