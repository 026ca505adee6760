"""Sealing: what comes out is what went in, at its own place, with its own key, and otherwise nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.crypto import KEY_BYTES, keyed_index, new_key, seal, subkey, unseal
from storage.errors import Tampered

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
