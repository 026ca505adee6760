"""What tests ask for by name: real databases, a clock that can be moved, the desk, a partnership."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from databases import Databases, Server, postgres, sqlite_template
from hypothesis import settings
from riverside import Riverside, riverside

from bot.clock import MovableClock
from bot.converse import Desk
from bot.shelf import Shelf
from bot.words import Host
from flows.engine import engines
from storage.keyfile import make_key_file
from storage.work import Store

SQLITE, POSTGRES = "sqlite", "postgres"
FLOWS = engines()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with postgres() as running:
        yield running


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sqlite_template(tmp_path_factory.mktemp("migrated"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A module of what is said in chat, and not of how it is kept, says `ON_SQLITE_ALONE` and runs once."""
    items[:] = [item for item in items if not (_once(item) and _database(item) == POSTGRES)]


def _once(item: pytest.Item) -> bool:
    return hasattr(getattr(item, "module", None), "ON_SQLITE_ALONE")


def _database(item: pytest.Item) -> str | None:
    spec = getattr(item, "callspec", None)
    return spec.params.get("databases") if spec else None


# Half of what Hypothesis tries by itself, or the suite takes over five minutes; what may be shown is tried in full.
settings.register_profile("suite", max_examples=50)
settings.load_profile("suite")


@pytest.fixture(params=[SQLITE, POSTGRES])
def databases(request: pytest.FixtureRequest, migrated: Path, tmp_path: Path) -> Iterator[Databases]:
    """A fresh installation, its keys made; on PostgreSQL the key store is a SQLite file all the same."""
    shutil.copy(migrated / "keys.db", tmp_path / "keys.db")
    make_key_file(tmp_path / "pulse.key")
    keys_url = f"sqlite:///{tmp_path}/keys.db"
    if request.param == SQLITE:
        shutil.copy(migrated / "main.db", tmp_path / "main.db")
        url, server = f"sqlite:///{tmp_path}/main.db", None
    else:
        server = request.getfixturevalue("server")
        url = server.make("main")

    def files() -> list[Path]:
        return [*tmp_path.glob("*.db*"), *(server.files(url) if server else ())]

    made = Databases(url, keys_url, tmp_path / "pulse.key", files)
    made.open().keys.prepare()
    yield made
    made.close()
    if server:
        server.drop(url)


@pytest.fixture
def store(databases: Databases) -> Store:
    return databases.opened[0]


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(datetime(2026, 6, 2, 9, tzinfo=UTC))  # a Tuesday


@pytest.fixture
def desk(store: Store, clock: MovableClock) -> Desk:
    return Desk(store, Shelf(FLOWS), clock, Host("Voluntary Network", "help@example.org", "pulse_bot"))


@pytest.fixture
def town(desk: Desk, clock: MovableClock) -> Riverside:
    """Riverside Partnership, with nobody in it yet."""
    return riverside(desk, clock)


@pytest.fixture
def open_town(town: Riverside) -> Riverside:
    """Ann and Bob have joined, and a round is open."""
    town.joins("ann", "bob")
    town.opens()
    return town
