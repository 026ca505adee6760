"""The key store: made once, opened by one key file, and written to only by those who hold it."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import Server, raw_rows
from sqlalchemy import text

from storage import migrations
from storage.db import open_database
from storage.errors import BadKey, Unavailable
from storage.keys import IDENTITY, LINKS, LOOKUP, KeyStore, make_key_file, open_keys, read_key_file

STANDING = [IDENTITY, LINKS, LOOKUP]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    make_key_file(tmp_path / "pulse.key")
    return tmp_path / "pulse.key"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty key store, its schema made."""
    if request.param == "sqlite":
        database = open_database(f"sqlite:///{tmp_path}/keys.db")
        migrations.upgrade(database, migrations.KEYS)
        database.dispose()
        yield f"sqlite:///{tmp_path}/keys.db"
        return
    server: Server = request.getfixturevalue("server")
    made = server.make("keys")
    yield made
    server.drop(made)


@pytest.fixture
def keys(url: str, key_file: Path) -> Iterator[KeyStore]:
    opened = open_keys(url, key_file)
    opened.prepare()
    yield opened
    opened.database.dispose()


def kept(keys: KeyStore) -> list[tuple[object, ...]]:
    return raw_rows(keys.database, migrations.KEYS)["key"]


def reopened(keys: KeyStore, key_file: Path) -> KeyStore:
    """The same key store in another process, with this key file."""
    return KeyStore(keys.database, read_key_file(key_file))


# --- the key file


def test_only_its_owner_can_read_a_key_file(key_file: Path):
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_a_key_file_is_never_written_over(key_file: Path):
    before = key_file.read_bytes()
    assert not make_key_file(key_file)
    assert key_file.read_bytes() == before


def test_no_two_key_files_are_alike(tmp_path: Path):
    for name in ("a", "b"):
        assert make_key_file(tmp_path / name)
    assert read_key_file(tmp_path / "a") != read_key_file(tmp_path / "b")


def test_a_missing_key_file_says_where_it_should_be(tmp_path: Path):
    with pytest.raises(BadKey, match=r"pulse\.key cannot be read\. Put it back"):
        read_key_file(tmp_path / "pulse.key")


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"ab" * 31, b"ab" * 33, b"xy" * 32, b"\xff\xfe" * 32, b"ab" * 32 + b" ab"]
)
def test_a_file_that_is_no_key_is_refused_and_not_repeated(tmp_path: Path, content: bytes):
    path = tmp_path / "pulse.key"
    path.write_bytes(content)
    with pytest.raises(BadKey, match="Put") as caught:
        read_key_file(path)
    assert "abab" not in str(caught.value)


# --- the store


def test_every_standing_key_is_made_once(keys: KeyStore, key_file: Path):
    before = kept(keys)
    assert [name for name, _ in before] == STANDING
    keys.prepare()
    assert kept(keys) == before
    again = reopened(keys, key_file)
    assert [again.standing(name) for name in STANDING] == [keys.standing(name) for name in STANDING]


def test_no_key_lies_in_the_store_as_it_is(keys: KeyStore):
    keys.make_period_key("p1")
    secret = [keys.standing(name) for name in STANDING] + list(keys.period_keys(["p1"]).values())
    wrapped = b"".join(bytes(value) for _, value in kept(keys) if isinstance(value, bytes))
    assert len(secret) == len(set(secret)) == 4
    assert not any(key in wrapped for key in secret)


def test_another_key_file_is_refused_and_writes_nothing(keys: KeyStore, tmp_path: Path):
    before = kept(keys)
    make_key_file(tmp_path / "other.key")
    stranger = reopened(keys, tmp_path / "other.key")
    with pytest.raises(BadKey, match="Put back the key file that was made with it"):
        stranger.check()
    stranger.prepare()
    assert kept(keys) == before


def test_an_empty_key_store_asks_for_set_up(url: str, key_file: Path):
    empty = open_keys(url, key_file)
    with pytest.raises(BadKey, match="Run `pulse init`"):
        empty.check()
    empty.database.dispose()


def test_a_key_moved_to_another_name_does_not_open(keys: KeyStore, key_file: Path):
    keys.make_period_key("p1")
    with keys.database.begin() as connection:
        connection.execute(text("DELETE FROM key WHERE name = 'lookup'"))
        connection.execute(text("UPDATE key SET name = 'lookup' WHERE name = 'period:p1'"))
    with pytest.raises(BadKey, match="does not fit"):
        reopened(keys, key_file).check()


def test_a_key_store_without_a_schema_says_what_to_do(key_file: Path, tmp_path: Path):
    bare = open_keys(f"sqlite:///{tmp_path}/bare.db", key_file)
    for use in (bare.check, bare.prepare, lambda: bare.make_period_key("p1")):
        with pytest.raises(Unavailable, match=r"bare\.db has not been set up\. Run `pulse init`"):
            use()
    bare.database.dispose()


# --- period keys


def test_a_period_has_its_own_key_until_it_is_destroyed(keys: KeyStore, key_file: Path):
    keys.make_period_key("p1")
    keys.make_period_key("p2")
    both = reopened(keys, key_file).period_keys(["p1", "p2", "p3"])
    assert both.keys() == {"p1", "p2"}
    assert both["p1"] != both["p2"]
    keys.destroy_period_key("p1")
    assert keys.period_keys(["p1", "p2"]) == {"p2": both["p2"]}


def test_destroying_twice_is_destroying_once(keys: KeyStore):
    keys.make_period_key("p1")
    keys.destroy_period_key("p1")
    keys.destroy_period_key("p1")
    assert [name for name, _ in kept(keys)] == STANDING


def test_a_destroyed_key_leaves_no_byte_behind(key_file: Path, tmp_path: Path):
    database = open_database(f"sqlite:///{tmp_path}/keys.db")
    migrations.upgrade(database, migrations.KEYS)
    keys = KeyStore(database, read_key_file(key_file))
    keys.prepare()
    for n in range(40):
        keys.make_period_key(f"period-{n}")
    wrapped = dict(kept(keys))["period:period-17"]
    assert isinstance(wrapped, bytes)

    def on_disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.glob("keys.db*"))

    assert wrapped in on_disk()
    keys.destroy_period_key("period-17")
    assert wrapped not in on_disk()
    assert b"period-17" not in on_disk()
    database.dispose()
