"""The demonstration: one week from the first tap to the digest, played by a script and by hand in a real browser."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import httpx
import pytest
from browser import DESK, PHONE, complaints, emulate, open_browser, require_browser, resize, visit
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

HOUSING, OPEN_DOOR, COORDINATOR = "8", "17", "coordinator"
PROMPTS = "To help you lead the talk"
OWN_WORDS = "“I still hear what was decided from somebody else.”"
REPOSITORY = Path(__file__).parents[1]


@asynccontextmanager
async def pulse(folder: Path, *command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", *command, cwd=folder, env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)
        await process.communicate()


@contextmanager
def page(folder: Path) -> Iterator[str]:
    """The address of a running demonstration."""
    command = [sys.executable, "-m", "bot.cli", "demo", "--no-browser", "--port", "0"]
    env = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    with subprocess.Popen(command, cwd=folder, env=env, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = next((line for line in process.stdout if "http://" in line), "")
            assert line, "the demonstration ended before its page was up"
            yield next(word for word in line.split() if word.startswith("http://"))
        finally:
            process.send_signal(signal.SIGINT)


@pytest.fixture(scope="module")
def open_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page on which nobody closes the round."""
    with page(tmp_path_factory.mktemp("demo")) as url:
        yield url


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chrome]:
    require_browser()
    with open_browser(DESK) as driver:
        yield driver


class Visitor:
    """A person in front of the page."""

    def __init__(self, driver: Chrome, url: str) -> None:
        self.driver = driver
        visit(driver, url)

    def sees(self, phone: str, words: str) -> str:
        """Wait until the phone's newest messages hold these words; all of its text."""
        return self._until(lambda: (t := self.text(phone)) and words in t and t, f"{words!r} on phone {phone}")

    def text(self, phone: str) -> str:
        found = self.driver.find_elements(By.CSS_SELECTOR, f'[data-phone="{phone}"] [data-message]')
        return "\n".join(message.get_property("textContent") for message in found)

    def taps(self, phone: str, label: str) -> None:
        self._button(f'[data-phone="{phone}"] [data-message] button', label).click()

    def jumps(self, to: str) -> None:
        self._until(lambda: self._enabled(to), f"the jump {to!r}").click()

    def chart(self, phone: str) -> bool:
        """Whether the phone shows a picture that has loaded."""
        return self._until(
            lambda: self.driver.execute_script(
                "return [...document.querySelectorAll(arguments[0])].some(i => i.complete && i.naturalWidth > 300)",
                f'[data-phone="{phone}"] [data-message] img',
            ),
            "the chart",
        )

    def _enabled(self, to: str):
        found = self.driver.find_elements(By.CSS_SELECTOR, f'[data-jump="{to}"]')
        return next((b for b in found if b.is_displayed() and b.is_enabled()), None)

    def _button(self, where: str, label: str):
        def newest():
            found = [b for b in self.driver.find_elements(By.CSS_SELECTOR, where) if b.text.strip() == label]
            return found[-1] if found else None

        return self._until(newest, f"a button {label!r}")

    def _until(self, ready, hope):
        wait = WebDriverWait(self.driver, 30, 0.05, ignored_exceptions=[StaleElementReferenceException])
        return wait.until(lambda _: ready(), f"waited for {hope}")


def test_a_visitor_answers_closes_the_round_and_reads_the_digest_on_every_phone(tmp_path, chrome):
    with page(tmp_path) as url:
        a_week_by_hand(chrome, url)


def a_week_by_hand(chrome: Chrome, url: str) -> None:
    resize(chrome, DESK)
    emulate(chrome, "light", still=True)
    visitor = Visitor(chrome, url)
    assert "made up" in chrome.find_element(By.TAG_NAME, "body").text
    assert "simulated" in chrome.find_element(By.TAG_NAME, "body").text
    for label, then in (
        ("Mostly", "2 of 5"), ("In part", "3 of 5"), ("Back", "2 of 5"), ("Not much", "3 of 5"), ("Skip", "4 of 5"),
        ("Mostly", "5 of 5"), ("Rather not say", "add a note"), ("No note", "Saved. Thank you."),
    ):  # fmt: skip
        visitor.taps(HOUSING, label)
        visitor.sees(HOUSING, then)
    assert "Mostly" not in visitor.text(HOUSING), "an answer was left on the screen"
    visitor.jumps("reminder")
    visitor.sees(OPEN_DOOR, "still open")
    assert "still open" not in visitor.text(HOUSING), "who has finished gets no reminder"
    visitor.jumps("close")
    digests = {visitor.sees(phone, OWN_WORDS).partition("How we are doing")[2] for phone in (HOUSING, OPEN_DOOR)}
    assert len(digests) == 1
    before, _, _ = visitor.sees(COORDINATOR, PROMPTS).partition(PROMPTS)
    assert before.rstrip().endswith(digests.pop()), "a coordinator reads what everyone reads, and prompts after it"
    assert PROMPTS not in visitor.text(HOUSING) + visitor.text(OPEN_DOOR)
    assert all(visitor.chart(phone) for phone in (HOUSING, OPEN_DOOR, COORDINATOR))
    visitor.taps(OPEN_DOOR, "Mostly")
    visitor.sees(OPEN_DOOR, "has closed")
    assert complaints(chrome) == []
    chrome.get("about:blank")


def test_the_page_works_by_keyboard_on_a_narrow_dark_phone(open_page, chrome):
    resize(chrome, PHONE)
    emulate(chrome, "dark", still=True)
    visitor = Visitor(chrome, open_page)
    visitor.sees(HOUSING, "1 of 5")
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= PHONE[0]
    for _ in range(30):
        chrome.switch_to.active_element.send_keys(Keys.TAB)
        if chrome.switch_to.active_element.text.strip() == "Mostly":
            break
    chrome.switch_to.active_element.send_keys(Keys.ENTER)
    visitor.sees(HOUSING, "2 of 5")
    assert complaints(chrome) == []
    chrome.get("about:blank")


async def test_the_script_plays_a_week_and_prints_its_digest(tmp_path):
    async with pulse(tmp_path, "demo", "--script") as process:
        out, err = await asyncio.wait_for(process.communicate(), 60)
    assert process.returncode == 0, err.decode()
    assert out.decode().startswith("How we are doing: week of 27 March.")
    assert "Who answered: about 20 people" in out.decode()
    assert "Trust:" in out.decode()
    assert "Where views differ (last four weeks): Power:" in out.decode()
    assert OWN_WORDS in out.decode()
    assert "Playing week 11 of 11" in err.decode()
    assert list(tmp_path.iterdir()) == [], "the demonstration left something behind"


async def test_a_coordinator_previews_a_check_in_on_the_browser_phone(open_page):
    async with httpx.AsyncClient(base_url=open_page) as client:
        token = (await client.get("/")).text.partition('name="pulse-token" content="')[2].partition('"')[0]

        async def does(path: str, **what: object) -> dict:
            given = {"phone": COORDINATOR, **what}
            answer = await client.post(f"/api/{path}", json=given, headers={"X-Pulse-Token": token})
            assert answer.status_code == 200
            phones = (await client.get("/api/state")).json()["phones"]
            return next(phone["messages"][-1] for phone in phones if phone["id"] == COORDINATOR)

        async def taps(message: dict, label: str) -> dict:
            data = next(b["data"] for row in message["buttons"] for b in row if b["label"] == label)
            return await does("tap", message=message["id"], data=data)

        picking = await does("write", text="/preview")
        first = await taps(picking, "Weekly check-in")
        assert first["text"].startswith("Test. Nothing you tap or type here is kept.\n\nHello.")
        second = await taps(first, "Mostly")
        assert second["id"] == picking["id"]
        assert second["text"].startswith("Test. Nothing you tap or type here is kept.\n\n✓ 2 of 5")


async def test_only_the_page_itself_may_drive_the_demonstration(open_page):
    async with httpx.AsyncClient(base_url=open_page) as client:
        token = (await client.get("/")).text.partition('name="pulse-token" content="')[2].partition('"')[0]
        mine = {"X-Pulse-Token": token}
        tap = {"phone": HOUSING, "message": 1, "data": "help:"}
        assert (await client.post("/api/tap", json=tap)).status_code == 403
        assert (await client.post("/api/tap", json=tap, headers={"X-Pulse-Token": "guess"})).status_code == 403
        assert (await client.get("/", headers={"Host": "evil.example"})).status_code == 421
        for body in (b"not json", b"[]", b'{"phone": "99", "message": 1, "data": "x"}', b'{"phone": "8"}'):
            answer = await client.post("/api/tap", content=body, headers=mine)
            assert answer.status_code == 400
            assert answer.json()["error"]
        assert (await client.post("/api/tap", json=tap, headers=mine)).status_code == 200
        policy = (await client.get("/")).headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert (await client.get("/api/photo/999.png")).status_code == 404
