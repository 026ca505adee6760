"""A headless Chromium for the tests of the page; it downloads nothing and reaches this machine alone."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.support.ui import WebDriverWait

PHONE = (360, 780)
DESK = (1280, 900)

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give /dev/shm too little room
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


@dataclass(frozen=True, slots=True)
class Programs:
    """Where Chromium and its driver are."""

    chromium: str
    chromedriver: str


def require_browser() -> Programs:
    """The browser of this machine.

    Raises: Skipped: there is none; with PULSE_REQUIRE_BROWSER=1 the test fails instead.
    """
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium and chromedriver:
        return Programs(chromium, chromedriver)
    reason = (
        "NOT TESTED: no browser looked at the page. `chromium` and `chromedriver` are not both on the PATH. "
        "On Debian: apt install chromium chromium-driver"
    )
    if os.environ.get("PULSE_REQUIRE_BROWSER") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@contextmanager
def open_browser(size: tuple[int, int] = DESK) -> Iterator[Chrome]:
    """A fresh Chromium with an empty profile, closed and cleared away afterwards."""
    programs = require_browser()
    with tempfile.TemporaryDirectory(prefix="pulse-browser-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = programs.chromium
        for flag in (*FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = Chrome(options=options, service=Service(executable_path=programs.chromedriver))
        try:
            resize(driver, size)
            yield driver
        finally:
            driver.quit()


def resize(driver: Chrome, size: tuple[int, int]) -> None:
    """Give the page `size` CSS pixels.

    A window is never narrower than 500 pixels, so the page's own measure is set, not the window's.
    """
    width, height = size
    mobile = width < 600  # a phone's scroll bars take no room
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": mobile}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def emulate(driver: Chrome, scheme: Literal["light", "dark"], *, still: bool = False) -> None:
    """Draw the page in `scheme`; `still` asks it for reduced motion."""
    features = [
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"},
    ]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})


def visit(driver: Chrome, url: str, seconds: float = 10) -> None:
    """Open `url` and wait until the page has drawn its first state.

    Raises: TimeoutException: nothing was drawn within `seconds`.
    """
    driver.get(url)
    WebDriverWait(driver, seconds, poll_frequency=0.05).until(
        lambda page: page.execute_script("return document.body.dataset.ready === '1'")
    )


def shoot(driver: Chrome, path: Path) -> Path:
    """Save what is on the screen as a PNG at `path`.

    Raises: OSError: the picture could not be written.
    """
    if not driver.save_screenshot(str(path)):
        message = f"no screenshot at {path}"
        raise OSError(message)
    return path


def complaints(driver: Chrome) -> list[str]:
    """What the console has warned of since the last look: script errors, blocked loads, broken rules."""
    entries = driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium leaves it untyped
    return [entry["message"] for entry in entries if entry["level"] in {"WARNING", "SEVERE"}]
