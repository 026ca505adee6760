"""Serving HTTP inside a process that stops in its own order."""

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette


def told_to_stop() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    return told


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers and without an access log: addresses and paths are nobody's business."""

    def __init__(self, web: Starlette, host: str, port: int) -> None:
        super().__init__(
            uvicorn.Config(web, host, port, log_config=None, access_log=False, lifespan="off", server_header=False)
        )

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield
