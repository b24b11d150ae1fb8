"""Sealing what the database must not be able to read: AES-256-GCM, with keys kept outside it."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparx_core.db.credentials import stored, write_private
from sparx_core.errors import Unavailable
from sparx_core.variables import KEY_BYTES, keys

if TYPE_CHECKING:
    from sparx_core.settings import Settings

_NONCE_BYTES = 12
#: The form of what is sealed, and bytes of the digest by which its key is found again.
_FORM, _NAME_BYTES = b"\x01", 4
_FILE = "encryption_keys"


class EncryptionError(Unavailable):
    """This machine cannot seal, or cannot open what was sealed: its operator has to be told."""


@dataclass(frozen=True)
class Keyring:
    """The first of ``keys`` seals, and each opens what it has sealed."""

    keys: tuple[bytes, ...]

    def seal(self, plain: bytes, about: bytes) -> bytes:
        """Only :meth:`open` with the same ``about`` has ``plain`` back: it says whose this is, so
        that it is of no use in another place.
        """
        name, cipher = next(iter(self._ciphers.items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed: bytes = cipher.encrypt(nonce, plain, about)
        return _FORM + name + nonce + sealed

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """What was sealed. Raises ``EncryptionError`` if no key fits, or it was changed."""
        from cryptography.exceptions import InvalidTag

        head = len(_FORM) + _NAME_BYTES
        cipher = self._ciphers.get(sealed[len(_FORM) : head])
        if cipher is None or not sealed.startswith(_FORM):
            raise EncryptionError(
                "A secret was sealed with a key that this machine does not have: its operator has"
                " to add it to SPARX_ENCRYPTION_KEYS."
            )
        try:
            plain: bytes = cipher.decrypt(
                sealed[head : head + _NONCE_BYTES], sealed[head + _NONCE_BYTES :], about
            )
        except (InvalidTag, ValueError):  # the latter if it is too short
            raise EncryptionError("A sealed secret was changed, or moved.") from None
        return plain

    @cached_property
    def _ciphers(self) -> dict[bytes, Any]:
        # The library is imported where it is needed: it takes a tenth of a second, and few need it.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return {sha256(key).digest()[:_NAME_BYTES]: AESGCM(key) for key in self.keys}


def load_keyring(settings: Settings) -> Keyring:
    """The keys of the setting, or those in ``SPARX_HOME``, made when they are first needed.

    They are made only where Sparx keeps the passwords of the database as well: otherwise other
    machines serve the same one, and would have other keys. ``EncryptionError`` there.
    """
    if settings.encryption_keys:
        return Keyring(settings.encryption_keys)
    path = settings.home / _FILE
    return Keyring(tuple(_read(path) or _made(settings.home, path)))


def _read(path: Path) -> Sequence[bytes] | None:
    try:
        text = path.read_text()
    except FileNotFoundError:
        return None
    try:
        return keys(",".join(text.split()))
    except ValueError as error:
        raise EncryptionError(f"The file {_FILE} of SPARX_HOME {error}.") from None


def _made(home: Path, path: Path) -> Sequence[bytes]:
    if not (home / "credentials.json").exists():
        raise EncryptionError(
            "This machine has no encryption keys: its operator has to set SPARX_ENCRYPTION_KEYS, to"
            " the same on every machine of the installation."
        )
    with stored(home).locked():
        found = _read(path)  # another process was faster
        if found is None:
            found = (secrets.token_bytes(KEY_BYTES),)
            write_private(path, base64.b64encode(found[0]).decode() + "\n")
    return found
