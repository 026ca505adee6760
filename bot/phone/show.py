"""The demonstration for the command line: a page in the browser, or a week played to its end."""

import asyncio
import socket
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path

from bot.phone.demo import built, script
from bot.phone.server import Page
from bot.settings import BadSettings
from bot.web import Server, listen, told_to_stop

Say = Callable[[str], None]


def play_script(progress: Say) -> str:
    """Play one week; the digest's text."""
    with tempfile.TemporaryDirectory(prefix="pulse-demo-") as folder:
        return asyncio.run(script(Path(folder), progress))


def serve_page(port: int, browser: bool, say: Say) -> None:  # noqa: FBT001  the command's own flag
    """Serve the page until interrupted."""
    with tempfile.TemporaryDirectory(prefix="pulse-demo-") as folder:
        asyncio.run(_serve(Path(folder), port, browser, say))


async def _serve(folder: Path, port: int, browser: bool, say: Say) -> None:  # noqa: FBT001  same
    async with built(folder, say) as demo:
        told, server, door = told_to_stop(), Server(Page(demo).web), _door(port)
        serving = asyncio.create_task(server.serve([door]))
        while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn tells nobody
            await asyncio.sleep(0.05)
        url = f"http://127.0.0.1:{door.getsockname()[1]}/"
        say(f"The demonstration is at {url} (Ctrl-C ends it; nothing is kept)")
        if browser:
            await asyncio.to_thread(webbrowser.open, url)
        await told.wait()
        await demo.phones.hang_up()
        server.should_exit = True
        await serving


def _door(port: int) -> socket.socket:
    """A socket on this port, or on a free one where it is taken."""
    try:
        return listen("127.0.0.1", port)
    except BadSettings:
        return listen("127.0.0.1", 0)
