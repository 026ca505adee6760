"""The key store: made once, opened by one key file, and written to only by those who hold it."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from databases import Server, raw_rows
from sqlalchemy import text

from storage import migrations
from storage.crypto import new_key
from storage.db import open_database
from storage.errors import BadKey, Forked, Unavailable
from storage.keyfile import make_key_file, read_key_file
from storage.keys import IDENTITY, LOOKUP, STANDING, Anchor, KeyStore, open_keys

ALL = sorted(STANDING)


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


def test_a_key_file_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space left"):
            make_key_file(tmp_path / "pulse.key")
    assert list(tmp_path.iterdir()) == []
    assert make_key_file(tmp_path / "pulse.key")
    assert [path.name for path in tmp_path.iterdir()] == ["pulse.key"]


def test_a_link_that_leads_nowhere_is_not_replaced_by_a_key_file(tmp_path: Path):
    (tmp_path / "pulse.key").symlink_to(tmp_path / "not mounted")
    assert not make_key_file(tmp_path / "pulse.key")
    assert [path.name for path in tmp_path.iterdir()] == ["pulse.key"]


def test_no_two_key_files_are_alike(tmp_path: Path):
    for name in ("a", "b"):
        assert make_key_file(tmp_path / name)
    assert read_key_file(tmp_path / "a") != read_key_file(tmp_path / "b")


def test_a_missing_key_file_says_where_it_should_be(tmp_path: Path):
    with pytest.raises(BadKey, match=r"pulse\.key cannot be read\. Put it back"):
        read_key_file(tmp_path / "pulse.key")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"ab" * 31,
        b"ab" * 33,
        b"xy" * 32,
        b"\xff\xfe" * 32,
        b"ab" * 32 + b" ab",
        b"\n".join([b"ab" * 32] * 3),
    ],
)
def test_a_file_that_is_no_key_is_refused_and_not_repeated(tmp_path: Path, content: bytes):
    path = tmp_path / "pulse.key"
    path.write_bytes(content)
    with pytest.raises(BadKey, match="Put") as caught:
        read_key_file(path)
    assert "abab" not in str(caught.value)


def test_while_the_master_key_is_changed_the_file_holds_the_new_one_and_the_old(tmp_path: Path):
    new, old = new_key(), new_key()
    (tmp_path / "pulse.key").write_text(f"{new.hex()}\n{old.hex()}\n")
    assert read_key_file(tmp_path / "pulse.key") == (new, old)


# --- the store


def test_every_standing_key_is_made_once(keys: KeyStore, key_file: Path):
    before = kept(keys)
    assert [name for name, _ in before] == ALL
    keys.prepare()
    assert kept(keys) == before
    again = reopened(keys, key_file)
    assert [again.standing(name) for name in STANDING] == [keys.standing(name) for name in STANDING]


def test_no_key_lies_in_the_store_as_it_is(keys: KeyStore):
    keys.make_period_key("p1")
    secret = [keys.standing(name) for name in STANDING] + list(keys.period_keys(["p1"]).values())
    wrapped = b"".join(bytes(value) for _, value in kept(keys) if isinstance(value, bytes))
    assert len(secret) == len(set(secret)) == 5
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


def test_a_file_that_would_keep_deleted_keys_is_refused_with_the_way_to_mend_it(key_file: Path, tmp_path: Path):
    with closing(sqlite3.connect(tmp_path / "other.db")) as made:
        made.executescript("PRAGMA auto_vacuum=NONE; CREATE TABLE key (name TEXT)")
    keys = open_keys(f"sqlite:///{tmp_path}/other.db", key_file)
    before = (tmp_path / "other.db").read_bytes()
    with pytest.raises(Unavailable, match=r"does not hold to auto_vacuum .* 'PRAGMA auto_vacuum=FULL; VACUUM'"):
        keys.check()
    assert (tmp_path / "other.db").read_bytes() == before
    keys.database.dispose()


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
    assert [name for name, _ in kept(keys)] == ALL


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


# --- who was forgotten


def test_who_was_forgotten_is_known_among_many_and_by_nobody_without_the_keys(keys: KeyStore, key_file: Path):
    everybody = [f"person-{n}" for n in range(2_000)]
    keys.note_erased()
    assert not keys.erased_among(everybody)
    keys.note_erased("person-7")
    keys.note_erased("person-7", "person-1500")
    assert reopened(keys, key_file).erased_among(everybody) == {"person-7", "person-1500"}
    assert keys.erased_among(everybody[8:1000]) == frozenset()
    rows = raw_rows(keys.database, migrations.KEYS)["erased"]
    assert [len(who) for (who,) in rows] == [32, 32]
    assert not any(b"person" in who for (who,) in rows)


# --- the newest digest


def test_an_anchor_only_rises(keys: KeyStore):
    for number in (3, 1, 7, 5):
        keys.keep_anchor("riverside", number, f"{number}" * 64)
    keys.keep_anchor("hillside", 1, "a" * 64)
    assert keys.anchors() == {"riverside": Anchor(7, "7" * 64), "hillside": Anchor(1, "a" * 64)}


def test_two_digests_of_one_number_are_refused(keys: KeyStore):
    keys.keep_anchor("riverside", 7, "7" * 64)
    keys.keep_anchor("riverside", 7, "7" * 64)
    with pytest.raises(Forked, match=r"two digests of round 7 of riverside: two copies .* have been running\. Find"):
        keys.keep_anchor("riverside", 7, "8" * 64)
    assert keys.anchors() == {"riverside": Anchor(7, "7" * 64)}


# --- changing them


def test_after_a_change_every_key_opens_with_the_new_master_key_alone(keys: KeyStore, key_file: Path):
    keys.make_period_key("p1")
    keys.note_erased("person-1")
    keys.keep_anchor("riverside", 3, "3" * 64)
    (old,), new = read_key_file(key_file), new_key()
    before = {name: keys.standing(name) for name in STANDING} | keys.period_keys(["p1"])
    changing = KeyStore(keys.database, [new, old])
    changing.renew()
    assert {name: changing.standing(name) for name in STANDING} | changing.period_keys(["p1"]) == before
    assert changing.next_mark() not in (None, changing.mark())
    with pytest.raises(BadKey, match="does not fit"):
        KeyStore(keys.database, [old]).check()
    followers = {name: changing.successor(name) for name in (IDENTITY, LOOKUP)}
    changing.swap()
    after = KeyStore(keys.database, [new])
    assert {name: after.standing(name) for name in STANDING} | after.period_keys(["p1"]) == before | followers
    assert after.next_mark() is None
    assert not after.erased_among(["person-1"])
    assert after.anchors() == {"riverside": Anchor(3, "3" * 64)}
    swapped = kept(keys)
    after.swap()
    assert kept(keys) == swapped, "a second swap has nothing to do"


def test_a_store_opened_before_a_change_writes_nothing_after_it(keys: KeyStore, key_file: Path):
    (old,), new = read_key_file(key_file), new_key()
    late = KeyStore(keys.database, [old])
    late.check()
    KeyStore(keys.database, [new, old]).renew()
    before = kept(keys)
    with pytest.raises(BadKey, match="does not fit"):
        late.make_period_key("p1")
    assert kept(keys) == before


def test_a_period_key_made_in_the_middle_of_a_change_is_wrapped_as_the_rest_is(keys: KeyStore, key_file: Path):
    (old,), new = read_key_file(key_file), new_key()
    changing = KeyStore(keys.database, [new, old])
    changing.make_period_key("p1")
    assert KeyStore(keys.database, [old]).period_keys(["p1"]).keys() == {"p1"}
    changing.renew()
    changing.make_period_key("p2")
    assert KeyStore(keys.database, [new]).period_keys(["p1", "p2"]).keys() == {"p1", "p2"}


def test_a_change_that_never_reached_the_answers_is_given_up(keys: KeyStore, key_file: Path):
    (old,), new = read_key_file(key_file), new_key()
    changing = KeyStore(keys.database, [new, old])
    mark = changing.mark()
    changing.renew()
    changing.drop_next()
    assert [name for name, _ in kept(keys)] == ALL
    assert KeyStore(keys.database, [new]).mark() == mark
