"""Dies at each moment of a piece of work in turn, each time in a child process that is really killed.

A script, so that it forks from one thread: `python deaths.py MIGRATED FOLDER` prints how often it died in what.
"""

import asyncio
import json
import os
import shutil
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path

from ground import Ground, founded
from sqlalchemy import Connection, event, text

from bot import rounds
from bot.channel import Inbound, Screen, Tap, Words
from bot.sends import Sends, one_at_a_time
from digests import seal
from storage.values import Due

SIX = range(101, 107)
STATEMENTS = ("before_cursor_execute", "commit")
EDGES = ("begin", "commit")  # of each transaction; between them a death is a death before the commit
Moment = Callable[..., None]  # called wherever a process may die


@dataclass(frozen=True)
class Scene:
    """One installation in its folder, and what the deed is about."""

    ground: Ground
    folder: Path
    about: str

    def close(self) -> None:
        """No connection may go along into a child."""
        self.ground.store.dispose()


@dataclass(frozen=True)
class Deed:
    """What comes before, the work to die in, and a look that finds all of it done, none, or fails."""

    before: Callable[[Ground], str]
    do: Callable[[Scene, Moment], object]
    done: Callable[[Scene], bool]
    moments: tuple[str, ...] = STATEMENTS


class Paper:
    """A channel that writes down what it sends: a file outlives the process."""

    def __init__(self, folder: Path, moment: Moment) -> None:
        self._file, self._moment = folder / "sent", moment

    async def send(self, address: str, screen: Screen) -> None:
        self._moment()
        with self._file.open("a") as file:
            file.write(f"{address}\n")
        self._moment()


class Table:
    """The durable queue's place: a table of jobs, written in the transaction of what caused them."""

    def __init__(self, moment: Moment) -> None:
        self._moment = moment

    def add(self, connection: Connection, kind: str, round_id: str, people: Iterable[str]) -> None:
        for person in people:
            connection.execute(text("INSERT INTO job VALUES (:k, :r, :p)"), {"k": kind, "r": round_id, "p": person})

    def forget(self, round_id: str) -> None:
        self._moment()

    def forget_before(self, instant: datetime) -> None:
        self._moment()


# --- a member's step


def one_at_the_start(ground: Ground) -> str:
    ground.joins([101])
    ground.town.opens()
    return ground.run_of(101).id


def tap(scene: Scene, _: Moment) -> None:
    scene.ground.desk.converse([Inbound("tg:101", Tap(scene.about, 0, "75"), message=8)])


def tapped(scene: Scene) -> bool:
    run = scene.ground.run_of(101)
    assert run.answers == ({}, {"T1": "75"})[run.turn]
    return run.turn == 1


def one_at_the_note(ground: Ground) -> str:
    run = one_at_the_start(ground)
    ground.answers([101], steps=5)
    return run


def note(scene: Scene, _: Moment) -> None:
    scene.ground.desk.converse([Inbound("tg:101", Words("We met twice"), message=9)])


def noted(scene: Scene) -> bool:
    run = scene.ground.run_of(101)
    assert (run.state, run.turn, run.answers.get("note")) in {("note", 5, None), ("share", 6, "We met twice")}
    return run.state == "share"


# --- a message of a broadcast


def one_to_ask(ground: Ground) -> str:
    ground.joins([101])
    return f"{ground.town.opens().id} {ground.person(101)}"


def prompt(scene: Scene, moment: Moment) -> None:
    paper, ground = Paper(scene.folder, moment), scene.ground
    sends = Sends(ground.store, ground.desk.flows, paper, one_at_a_time(1000), ground.desk.host)
    asyncio.run(sends.deliver("prompt", *scene.about.split()))


def prompted(scene: Scene) -> bool:
    """Sent once, or begun with nobody knowing its fate: then it is not begun again."""
    sent = (scene.folder / "sent").read_text().splitlines() if (scene.folder / "sent").exists() else []
    known = scene.ground.claims().get(("tg:101", "prompt"))
    assert (len(sent), known) in {(0, None), (0, False), (1, False), (1, True)}
    return known is not None


# --- the work that time brings


def six_to_ask(ground: Ground) -> str:
    ground.joins(SIX)
    with ground.store.work() as work:
        work.connection.execute(text("CREATE TABLE job (kind, round, person, UNIQUE (kind, round, person))"))
        work.rounds.plan(Due("open", ground.town.partnership.id, ground.town.clock.now()))
    return ground.town.partnership.id


def wakes(ground: Ground, moment: Moment) -> None:
    while rounds.run_due(ground.store, ground.desk.flows, Table(moment), ground.town.clock.now()):
        pass


def wake(scene: Scene, moment: Moment) -> None:
    wakes(scene.ground, moment)


def opened(scene: Scene) -> bool:
    with scene.ground.store.work() as work:
        current = work.rounds.open_of(scene.about)
        asked = work.rounds.asked(current.id) if current else 0
        jobs = dict(Counter(work.connection.scalars(text("SELECT kind FROM job"))))
    assert (asked, jobs) in [(0, {}), (6, {}), (6, {"prompt": 6})]
    assert current is None or scene.ground.store.keys.period_keys([current.period])
    return bool(jobs)


def fourth_week(ground: Ground) -> str:
    six_to_ask(ground)
    for week in range(1, 5):
        if week > 1:
            ground.town.opens()
        wakes(ground, lambda: None)
        ground.answers(SIX)
        current = ground.town.current()
        ground.town.clock.jump_to(current.closes_at)
        if week < 4:
            wakes(ground, lambda: None)
    return current.period


def ended(scene: Scene) -> bool:
    with scene.ground.store.work() as work:
        digests = work.connection.execute(text("SELECT record, previous, seal FROM digest ORDER BY number")).all()
        ballots = work.connection.scalar(text("SELECT count(*) FROM ballot"))
        runs = work.connection.scalar(text("SELECT count(*) FROM run"))
        sent = work.connection.scalar(text("SELECT count(*) FROM job WHERE kind = 'digest'"))
    assert (len(digests), ballots, runs) in {(3, 6, 6), (4, 0, 0)}
    assert [row.previous for row in digests] == ["", *(row.seal for row in digests[:-1])]
    assert all(row.seal == seal(json.loads(row.record), row.previous) for row in digests)
    key = bool(scene.ground.store.keys.period_keys([scene.about]))
    assert key or len(digests) == 4, "a key goes only after the digest it is needed for"
    return (len(digests), key, sent) == (4, False, 24)


DEEDS = {
    "a tap": Deed(one_at_the_start, tap, tapped),
    "a note": Deed(one_at_the_note, note, noted),
    "a prompt": Deed(one_to_ask, prompt, prompted),
    "an opening": Deed(six_to_ask, wake, opened, EDGES),
    "a period's end": Deed(fourth_week, wake, ended, EDGES),
}


# --- dying


def dies(scene: Scene, deed: Deed, point: int) -> bool:
    """Do it in a child process that is killed at its moment number `point`; False where it never came to that."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _die_at(scene, deed, point)
            status = 0
        finally:
            os._exit(status)
    status = os.waitpid(child, 0)[1]
    assert status in {0, signal.SIGKILL}, "the work failed"
    return status != 0


def _die_at(scene: Scene, deed: Deed, point: int) -> None:
    moments = count(1)

    def moment(*_: object) -> None:
        if next(moments) == point:
            os.kill(os.getpid(), signal.SIGKILL)

    for database in (scene.ground.store.database, scene.ground.store.keys.database):
        for name in deed.moments:
            event.listen(database, name, lambda *_: moment())
    deed.do(scene, moment)
    scene.close()


def deaths(folder: Path, migrated: Path, deed: Deed) -> int:
    """Die at each moment of a deed in turn, look, do it again, and look again; how many deaths there were."""
    start = folder / "start"
    start.mkdir(parents=True)
    first = founded(start, migrated)
    about = deed.before(first)
    first.store.dispose()
    for point in count(1):
        here = folder / str(point)
        shutil.copytree(start, here)
        scene = Scene(first.again(here), here, about)
        scene.close()
        died = dies(scene, deed, point)
        deed.done(scene)
        scene.close()
        assert not dies(scene, deed, 0)
        assert deed.done(scene), f"not whole when done again after death {point}"
        scene.close()
        shutil.rmtree(here)
        if not died:
            return point - 1
    raise AssertionError


if __name__ == "__main__":
    where = Path(sys.argv[2])
    counted = {name: deaths(where / name, Path(sys.argv[1]), deed) for name, deed in DEEDS.items()}
    sys.stdout.write(json.dumps(counted))
