"""The demonstration for the command line: a page in the browser, or a week played to its end."""

import asyncio
import tempfile
from pathlib import Path

from bot.phone.demo import built, script
from bot.phone.server import Say, serve


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
        await serve(demo, port, browser, say)
