"""A dry run: an author plays one check-in on one phone, moves the clock, and keeps nothing but a story, if wished."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from browser import PHONE, complaints, open_browser, require_browser, visit
from selenium.webdriver.common.by import By

from bot.phone.phones import Message, Phone
from bot.phone.rehearsal import Rehearsal, rehearsing
from bot.phone.server import Page
from bot.web import Server, listen
from bot.words import words
from flows.engine import Engine, engines
from flows.load import load
from flows.story import play, read

REPOSITORY = Path(__file__).parents[1]
NOTE = "The room was locked."
WORDS_OF_ARABIC = ("1 of 1", "نعم؟")
ARABIC = """
spec: "1.1"
id: arabic
version: 1
title: استطلاع
who: leavers
intro: مرحبا.
end: شكرا.
questions:
  - {id: answer, ask: نعم؟, kind: yes-no}
"""
# Where the words begin on the page, in pixels from the left.
LEFT_EDGES = """
const found = {};
for (const part of arguments) {
  const walk = document.createTreeWalker(document.querySelector(".words"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const at = walk.currentNode.data.indexOf(part);
    if (at < 0) continue;
    const range = document.createRange();
    range.setStart(walk.currentNode, at);
    range.setEnd(walk.currentNode, at + part.length);
    found[part] = range.getBoundingClientRect().left;
  }
}
return found;
"""


class Author:
    """Somebody in front of the one phone."""

    def __init__(self, stage: Rehearsal, said: list[str]) -> None:
        self.stage, self.said = stage, said

    @property
    def phone(self) -> Phone:
        return self.stage.phones.all[0]

    @property
    def last(self) -> Message:
        """The newest message that has buttons."""
        return next(message for message in reversed(self.phone.messages) if message.screen.buttons)

    def sees(self) -> str:
        return self.last.screen.text

    def has_seen(self) -> str:
        return "\n".join(message.screen.text for message in self.phone.messages)

    def labels(self) -> list[str]:
        return [b.label for row in self.last.screen.buttons for b in row]

    def jumps(self) -> list[str]:
        return [label for _, label in self.stage.jumps()]

    async def taps(self, label: str) -> None:
        data = next(b.data for row in self.last.screen.buttons for b in row if b.label == label)
        await self.stage.tap(self.phone, self.last.id, data)

    async def finishes(self) -> None:
        """Tap the first button, and write a note, until the end."""
        while words.CHANGE not in self.labels():
            if words.NO_NOTE in self.labels():
                await self.stage.write(self.phone, NOTE)
            else:
                await self.taps(words.DONE if words.DONE in self.labels() else self.labels()[0])


@asynccontextmanager
async def playing(folder: Path, flow: str, save: Path | None = None) -> AsyncIterator[Author]:
    said: list[str] = []
    async with rehearsing(engines()[flow], folder, save, said.append) as stage:
        yield Author(stage, said)


async def test_an_author_plays_a_check_in_moves_the_clock_and_keeps_the_story(tmp_path: Path):
    story, engine = tmp_path / "story.yaml", engines()["weekly-pulse@1"]
    (tmp_path / "installed").mkdir()
    async with playing(tmp_path / "installed", "weekly-pulse@1", story) as author:
        assert author.stage.title == "Dry run: Weekly check-in"
        assert author.jumps() == ["Jump 4 hours", "Jump to the reminder", "Jump to closing time"]
        await author.taps("Mostly")
        await author.taps("Back")
        await author.stage.write(author.phone, "words nobody asked for")
        before = author.stage.clock.now()
        await author.stage.jump("hours")
        assert 4 <= (author.stage.clock.now() - before).total_seconds() / 3600 < 4.1
        await author.stage.jump("reminder")
        assert "still open" in author.has_seen()
        assert author.jumps() == ["Jump 4 hours", "Jump to closing time"]
        assert not story.exists()
        await author.finishes()
        assert author.said == [f"The story of what you played is in {story}"]
        first = story.read_text(encoding="utf-8")
        assert "goes back: true" in first
        assert f"writes: {NOTE}" in first
        assert "nobody asked" not in first
        play(engine, read(story))
        assert author.jumps()[-1] == "Ask it again"
        await author.stage.jump("again")
        while words.CHANGE not in author.labels():
            await author.taps(next(label for label in (words.SKIP, words.NO_NOTE) if label in author.labels()))
        assert story.read_text(encoding="utf-8").count("skips: true") == 6
        play(engine, read(story))
        for _ in range(6 * 24 // 4):
            await author.stage.jump("hours")
        assert "How we are doing" in author.has_seen()
        assert author.jumps() == ["Ask it again"]  # four hours at a time end with the check-in and go no further


@pytest.mark.parametrize("flow", ["risk-vote@1", "exit-form@1"])
async def test_any_check_in_can_be_played_closed_and_asked_again(tmp_path: Path, flow: str):
    story = tmp_path / "story.yaml"
    (tmp_path / "installed").mkdir()
    async with playing(tmp_path / "installed", flow, story) as author:
        await author.finishes()
        assert author.sees() == engines()[flow].flow.end
        play(engines()[flow], read(story))
        await author.stage.jump("again")
        assert "1 of " in author.sees()
        if engines()[flow].flow.who != "leavers":
            await author.stage.jump("close")
            assert "How we are doing" in author.has_seen()
        assert author.jumps() == ["Ask it again"]


async def test_the_page_shows_one_phone_without_tabs_and_each_line_runs_its_own_way(tmp_path: Path):
    require_browser()
    path = tmp_path / "arabic.yaml"
    path.write_text(ARABIC, encoding="utf-8")
    async with rehearsing(Engine(load(path)), tmp_path, None, print) as stage:
        door, server = listen("127.0.0.1", 0), Server(Page(stage).web)
        serving = asyncio.create_task(server.serve([door]))
        await asyncio.to_thread(looks, f"http://127.0.0.1:{door.getsockname()[1]}/")
        await stage.phones.hang_up()
        server.should_exit = True
        await serving


def looks(url: str) -> None:
    """Look at the page on a narrow screen: nothing sticks out, and Arabic stands on the right."""
    with open_browser(PHONE) as chrome:
        visit(chrome, url)
        assert chrome.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]
        assert not chrome.find_element(By.ID, "tabs").is_displayed()
        assert not chrome.find_element(By.ID, "unfold").is_displayed()
        assert [b.text for b in chrome.find_elements(By.CSS_SELECTOR, "#jumps button")] == ["Ask it again"]
        left = chrome.execute_script(LEFT_EDGES, *WORDS_OF_ARABIC)
        assert left["1 of 1"] == min(left.values())
        assert left["نعم؟"] > left["1 of 1"] + 100
        chrome.find_element(By.CSS_SELECTOR, ".keys button").click()
        chrome.find_element(By.CSS_SELECTOR, ".keys button")
        assert complaints(chrome) == []
        chrome.get("about:blank")


async def test_the_page_of_a_dry_run_leaves_nothing_behind(tmp_path):
    program = (
        "import sys; from pathlib import Path; from bot.phone.rehearsal import serve; "
        "serve(Path(sys.argv[1]), 0, False, None, lambda line: print(line, flush=True))"
    )
    flow = REPOSITORY / "flows" / "library" / "risk-vote.yaml"
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "TMPDIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, flow, env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
    assert line.startswith("The dry run is at http://127.0.0.1:")
    async with httpx.AsyncClient(base_url=line.split()[5]) as client:
        state = (await client.get("/api/state")).json()
    assert (state["title"], state["steps"]) == ("Dry run: What could trip us up", [])
    assert [phone["name"] for phone in state["phones"]] == ["A made-up member"]
    assert list(tmp_path.iterdir()) != []
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.wait(), 30)
    assert list(tmp_path.iterdir()) == []
