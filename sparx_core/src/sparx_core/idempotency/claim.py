"""Claiming a key, and what is answered when it was used before.

The claim is part of the statement that enters the transaction, the answer part of the message
that commits it: a write with a key costs no round trip more than one without. So the answer is
stored if, and only if, the write is.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from sparx_core.errors import (
    AnswerErased,
    BadRequest,
    IdempotencyInProgress,
    IdempotencyKeyReused,
)
from sparx_core.json import encode

#: Hours for which a key is remembered.
KEEP_HOURS = 72
MAX_KEY_CHARACTERS = 255

#: Visible ASCII, bare or as the string of a structured header, whose quotes are not part of it.
_KEY = re.compile(
    rf'"([!#-\[\]-~ ]{{1,{MAX_KEY_CHARACTERS}}})"|([!#-\[\]-~]{{1,{MAX_KEY_CHARACTERS}}})'
)
_NONCE_BYTES = 12

#: Parameters: those of :meth:`Claim.answered`.
STORE = (
    "INSERT INTO core.idempotency_keys (id, fingerprint, status, headers, body, sealed)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)


@dataclass(frozen=True)
class StoredAnswer:
    """An answer as it was given: HTTP status, headers that belong to it, body."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """A client's key for one request: ``id`` is of the operation and the key, ``fingerprint`` of
    what else makes the request.
    """

    id: UUID
    fingerprint: bytes
    seal: bytes

    @classmethod
    def of(cls, header: str, operation: str, secret_hash: bytes, *request: bytes) -> Claim:
        """The claim of an ``Idempotency-Key`` header; ``BadRequest`` if it is no key.

        ``secret_hash`` is that of the API key that the request presents, ``request`` all that has
        to be the same when it is sent again.
        """
        match = _KEY.fullmatch(header.strip())
        if match is None:
            raise BadRequest(
                f"Idempotency-Key must be 1 to {MAX_KEY_CHARACTERS} visible ASCII characters"
                " without quotes or backslashes."
            )
        key = (match[1] or match[2]).encode()
        digest = sha256(b"\0".join((operation.encode(), key))).digest()
        parts = (len(part).to_bytes(8, "big") + part for part in request)
        fingerprint = sha256(b"".join(parts)).digest()
        seal = hmac.digest(secret_hash, b"idempotency key\0" + key, "sha256")
        return cls(UUID(bytes=digest[:16]), fingerprint, seal)

    def answered(self, answer: StoredAnswer, *, sealed: bool) -> tuple[Any, ...]:
        """The parameters of ``STORE``. A ``sealed`` answer can only be read with the same API key
        and idempotency key, neither of which the database knows.
        """
        body = self._sealed(answer.body) if sealed else answer.body
        headers = encode(answer.headers).decode()
        return str(self.id), self.fingerprint, answer.status, headers, body, sealed

    def replay(self, row: tuple[Any, ...]) -> StoredAnswer | None:
        """What a row of ``core.claim_key`` means: the stored answer, or None for a new key.

        Raises ``IdempotencyInProgress``, ``IdempotencyKeyReused`` and ``AnswerErased``.
        """
        state, status, headers, body, sealed = row
        if state == "new":
            return None
        if state == "busy":
            raise IdempotencyInProgress
        if state == "reused":
            raise IdempotencyKeyReused
        if status == AnswerErased.status:  # by core.redact
            raise AnswerErased
        content = self._opened(bytes(body)) if sealed else bytes(body)
        return StoredAnswer(status, msgspec.json.decode(headers), content)

    # The library is imported where it is needed: it takes a tenth of a second, and few need it.

    def _sealed(self, text: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self.seal).encrypt(nonce, text, self.id.bytes)

    def _opened(self, secret: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce, content = secret[:_NONCE_BYTES], secret[_NONCE_BYTES:]
        try:
            return AESGCM(self.seal).decrypt(nonce, content, self.id.bytes)
        except InvalidTag:  # another API key asks
            raise IdempotencyKeyReused from None
