"""The form of an API key: ``sk_live_<8 characters key id>_<32 characters>``, base62; in a sandbox
it begins with ``sk_test_``.

Of the 32 characters 26 are random (154 bits) and the last 6 a CRC-32 of all before them, so a
mistyped key is refused without a query. The inner underscore keeps the key from matching the
secret-scanning rules for another company's keys of the same prefix.
"""

from __future__ import annotations

import re
import secrets
import zlib
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#: Equally long.
_LIVE, _TEST = "sk_live_", "sk_test_"
#: Characters of a header that can hold a key, with some blanks around it.
_MAX_HEADER = 128
_FORM = re.compile(r"sk_(?:live|test)_([0-9A-Za-z]{8})_[0-9A-Za-z]{32}", re.ASCII)


@dataclass(frozen=True)
class PresentedKey:
    """A well-formed key as it goes to the database: its public id, and a hash of the whole."""

    key_id: str
    secret_hash: bytes


@dataclass(frozen=True)
class NewKey:
    """A key just made; ``text`` is shown once and kept nowhere."""

    text: str

    @property
    def key_id(self) -> str:
        return self.text[len(_LIVE) : len(_LIVE) + 8]

    @property
    def secret_hash(self) -> bytes:
        return sha256(self.text.encode("ascii")).digest()


def new_key(*, live: bool = True) -> NewKey:
    """A new random key, of a sandbox if it is not ``live``."""
    body = f"{_LIVE if live else _TEST}{_random(8)}_{_random(26)}"
    return NewKey(body + _checksum(body))


def parse_key(text: str) -> PresentedKey | None:
    """The key that ``text`` is, or None if its form or checksum is wrong."""
    match = _FORM.fullmatch(text)
    if match is None or _checksum(text[:-6]) != text[-6:]:
        return None
    return PresentedKey(match.group(1), sha256(text.encode("ascii")).digest())


def bearer(header: str | None) -> PresentedKey | None:
    """The key of an ``Authorization`` header; None if there is none that could be valid."""
    return _bearer(header) if header and len(header) <= _MAX_HEADER else None


@lru_cache(maxsize=4096)
def _bearer(header: str) -> PresentedKey | None:
    # Kept, because several look at the key of each request.
    scheme, _, credentials = header.partition(" ")
    return parse_key(credentials.strip()) if scheme.lower() == "bearer" else None


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def _checksum(text: str) -> str:
    number = zlib.crc32(text.encode("ascii"))
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        digits = _ALPHABET[digit] + digits
    return digits
