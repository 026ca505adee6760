"""The demonstration for the command line: a page in the browser, or a week played to its end."""

import asyncio
import socket
import tempfile
import webbrowser
from collections.abc import Callable
from pathlib import Path

from bot.phone.demo import built, script
from bot.phone.server import Page
from bot.web import Server, told_to_stop

Say = Callable[[str], None]


def play_script(progress: Say) -> str:
    """Play one week; the digest's text."""
    with tempfile.TemporaryDirectory(prefix="pulse-demo-") as folder:
        return asyncio.run(script(Path(folder), progress))


def serve_page(port: int, browser: bool, say: Say) -> None:  # noqa: FBT001  the command's own flag
    """Serve the page until interrupted."""
    with tempfile.TemporaryDirectory(prefix="pulse-demo-") as folder:
        asyncio.run(_serve(Path(folder), _free(port), browser, say))


async def _serve(folder: Path, port: int, browser: bool, say: Say) -> None:  # noqa: FBT001  same
    async with built(folder, say) as demo:
        told, server = told_to_stop(), Server(Page(demo).web, "127.0.0.1", port)
        serving = asyncio.create_task(server.serve())
        while not server.started and not serving.done():  # noqa: ASYNC110  uvicorn tells nobody
            await asyncio.sleep(0.05)
        url = f"http://127.0.0.1:{port}/"
        say(f"The demonstration is at {url} (Ctrl-C ends it; nothing is kept)")
        if browser:
            await asyncio.to_thread(webbrowser.open, url)
        await told.wait()
        await demo.phones.hang_up()
        server.should_exit = True
        await serving


def _free(port: int) -> int:
    """The port, or a free one where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
