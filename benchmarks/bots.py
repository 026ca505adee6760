"""The bots that are raced, each with the proof that what it showed as done is on its disk."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from benchmarks import pulse
from benchmarks.race import Contender, Road
from benchmarks.script import QUESTIONS


def ours(seeded: Path) -> Contender:
    """Partnership Pulse, on a copy of the installation in `seeded`."""

    def environment(road: Road) -> dict[str, str]:
        for file in seeded.iterdir():
            shutil.copy2(file, road.folder)
        hook = {
            "PULSE_WEBHOOK_URL": f"http://127.0.0.1:{road.port}/hook",
            "PULSE_WEBHOOK_LISTEN": f"127.0.0.1:{road.port}",
            "PULSE_WEBHOOK_SECRET": road.secret,
        }
        telegram = {"PULSE_TELEGRAM_TOKEN": road.token, "PULSE_TELEGRAM_API_URL": road.api}
        return pulse.settings(road.folder) | telegram | (hook if road.mode == "webhook" else {})

    return Contender("pulse", "bot.app", "/checkin", environment, _turns)


# A turn for each tap, but that the end of a check-in is a multiple of 8: six taps the first time, seven when changed.
_TAPS = "SELECT sum(turn - turn / 8 - (turn >= 8)), count(*) FROM run WHERE turn > 0"


def _turns(folder: Path, taps: int, people: int) -> str:
    with closing(sqlite3.connect(folder / "pulse.db")) as database:
        turns, moved = database.execute(_TAPS).fetchone()
        ballots = database.execute("SELECT count(*) FROM ballot").fetchone()[0]
    if not taps <= (turns or 0) <= taps + people or ballots != moved:
        message = f"{taps} taps were answered, but {moved} runs hold {turns} turns and {ballots} ballots"
        raise ValueError(message)
    return f"{taps} taps answered; {turns} turns and {ballots} ballots stored"


def peer(name: str) -> Contender:
    """A bot written the usual way with `name`, a library."""
    return Contender(name, f"benchmarks.peer_{name}", "/start", _peer_environment, _rows)


def _peer_environment(road: Road) -> dict[str, str]:
    return {"DATABASE": str(road.folder / "answers.db"), "BOT_TOKEN": road.token, "SECRET": road.secret}


def _rows(folder: Path, taps: int, people: int) -> str:
    with closing(sqlite3.connect(folder / "answers.db")) as database:
        rows = database.execute("SELECT count(*) FROM answer").fetchone()[0]
    expected = taps * len(QUESTIONS) / (len(QUESTIONS) + 1)  # the tap on "Change my answers" is no answer
    if not expected - 1 <= rows <= expected + 2 * people:
        message = f"{taps} taps were answered, but only {rows} answers are stored"
        raise ValueError(message)
    return f"{taps} taps answered; {rows} answers stored"
