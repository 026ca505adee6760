"""Sealing and indexing: AES-256-GCM, HKDF and HMAC, with every use bound to its purpose."""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.errors import Tampered

KEY_BYTES = 32
_NONCE_BYTES = 12


def new_key() -> bytes:
    """A random key. Shape: 32 bytes."""
    return os.urandom(KEY_BYTES)


def subkey(master: bytes, purpose: str) -> bytes:
    """The key for one purpose, derived by HKDF-SHA256. Shape: 32 bytes in, 32 bytes out."""
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode()).derive(master)


def seal(key: bytes, plain: bytes, place: bytes) -> bytes:
    """`plain` encrypted and bound to `place` (table, row, purpose). Shape: 12 bytes nonce, text, 16 bytes tag."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place)


def unseal(key: bytes, sealed: bytes, place: bytes) -> bytes:
    """What `seal` hid.

    Raises:
        Tampered: altered, moved to another place, or sealed with another key.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
    except (InvalidTag, ValueError) as exc:
        table = place.partition(b":")[0].decode(errors="replace")  # what follows says whose it is
        message = (
            f"A sealed value in {table!r} does not open: it was altered or moved, or the key is another. "
            "Put back the database and the key store that belong together."
        )
        raise Tampered(message) from exc


def keyed_index(key: bytes, text: str) -> bytes:
    """A name to find `text` by that says nothing of it without the key. Shape: 32 bytes."""
    return hmac.digest(key, text.encode(errors="surrogatepass"), "sha256")
