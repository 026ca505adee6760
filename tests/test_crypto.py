"""Sealing: what comes out is what went in, at its own place, with its own key, and otherwise nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from riverside import Riverside
from sqlalchemy import text

from storage.crypto import KEY_BYTES, keyed_index, new_key, seal, subkey, unseal
from storage.errors import BadKey, Tampered
from storage.heard import open_days
from storage.keys import IDENTITY, KeyStore
from storage.work import Store

KEY, PLACE = bytes(range(KEY_BYTES)), b"person:0123456789abcdef"
anything = st.binary(max_size=200)


@given(plain=anything, place=anything)
def test_what_is_sealed_comes_out_again(plain: bytes, place: bytes):
    assert unseal(KEY, seal(KEY, plain, place), place) == plain


@given(plain=anything, place=anything, other=anything)
def test_nothing_opens_at_another_place(plain: bytes, place: bytes, other: bytes):
    if place != other:
        with pytest.raises(Tampered):
            unseal(KEY, seal(KEY, plain, place), other)


@given(plain=anything)
def test_nothing_opens_with_another_key(plain: bytes):
    with pytest.raises(Tampered):
        unseal(new_key(), seal(KEY, plain, PLACE), PLACE)


def test_one_changed_bit_anywhere_is_noticed():
    sealed = seal(KEY, b"tg:12345", PLACE)
    for bit in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(Tampered):
            unseal(KEY, bytes(changed), PLACE)


def test_a_sealed_value_cut_short_is_noticed():
    sealed = seal(KEY, b"tg:12345", PLACE)
    for length in range(len(sealed)):
        with pytest.raises(Tampered):
            unseal(KEY, sealed[:length], PLACE)


def test_the_same_words_are_never_sealed_alike():
    assert len({seal(KEY, b"tg:12345", PLACE) for _ in range(100)}) == 100


def test_the_refusal_says_nothing_of_what_was_sealed():
    with pytest.raises(Tampered) as caught:
        unseal(KEY, seal(KEY, b"tg:12345", PLACE), b"another place")
    assert "12345" not in str(caught.value)


def test_the_refusal_names_the_table_alone_and_says_what_to_do():
    with pytest.raises(
        Tampered, match=r"in 'person' does not open.* Put back the database and the key store"
    ) as caught:
        unseal(new_key(), seal(KEY, b"tg:12345", PLACE), PLACE)
    assert PLACE[7:11].decode() not in str(caught.value)


def test_each_purpose_has_a_key_of_its_own():
    keys = {subkey(KEY, purpose) for purpose in ("wrap", "wrap ", "lookup", "")}
    assert len(keys) == 4
    assert KEY not in keys
    assert {len(key) for key in keys} == {KEY_BYTES}


@given(text=st.text(), other=st.text())
def test_an_index_finds_the_same_text_and_no_other(text: str, other: str):
    assert keyed_index(KEY, text) == keyed_index(KEY, text)
    assert (keyed_index(KEY, text) == keyed_index(KEY, other)) == (text == other)


def test_an_index_tells_nothing_without_its_key():
    assert keyed_index(KEY, "tg:12345") != keyed_index(new_key(), "tg:12345")


def test_an_index_takes_half_a_character_from_a_custom_client():
    assert keyed_index(KEY, "half \ud83d") != keyed_index(KEY, "half ")


# --- what is kept: a sealed value that changes places with its neighbour opens in neither


def swap(store: Store, table: str, column: str) -> None:
    """Let the two rows of a table exchange what is sealed in them, as somebody with the database's file could."""
    with (store.keys.database if table == "key" else store.database).begin() as connection:
        name = {"ballot": "name", "key": "name"}.get(table, "id")
        rows = connection.execute(text(f"SELECT {name}, {column} FROM {table} ORDER BY {name} LIMIT 2")).all()  # noqa: S608  ours
        for (own, _), (_, others) in zip(rows, reversed(rows), strict=True):
            statement = text(f"UPDATE {table} SET {column} = :sealed WHERE {name} = :name")  # noqa: S608  ours
            connection.execute(statement, {"sealed": others, "name": own})


def test_no_message_goes_to_the_address_of_another(town: Riverside, store: Store):
    town.joins("ann", "bob")
    people = [town.person(who) for who in ("ann", "bob")]
    swap(store, "person", "address")
    for person in people:
        with pytest.raises(Tampered), store.work() as work:
            work.people.address_of(person)


def test_no_days_are_taken_for_those_of_another(town: Riverside, store: Store):
    town.joins("ann", "bob")
    swap(store, "member", "heard")
    with store.work() as work:
        for ident, heard in work.connection.execute(text("SELECT id, heard FROM member")).all():
            with pytest.raises(Tampered):
                open_days(store.keys.standing(IDENTITY), ident, heard)


def test_no_ballot_is_taken_for_that_of_another(open_town: Riverside, store: Store):
    for who in ("ann", "bob"):
        open_town.answers(who, "75")
    swap(store, "ballot", "sealed")
    period = open_town.current().period
    with pytest.raises(Tampered), store.work() as work:
        work.rounds.ballots(open_town.partnership.id, period)
    for who in ("ann", "bob"):
        with pytest.raises(Tampered):
            open_town.says(who, "/checkin")


def test_no_key_is_taken_for_another(store: Store):
    swap(store, "key", "wrapped")
    with pytest.raises(BadKey, match="does not fit"):
        KeyStore(store.keys.database, [new_key()]).check()
    with pytest.raises(BadKey, match="does not fit"):
        store.keys.check()
