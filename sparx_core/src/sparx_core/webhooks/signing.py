"""Signing what is sent: in our own header, and in those of Standard Webhooks, with the same key."""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from uuid import UUID

#: What a secret begins with; the rest is its key in base64.
PREFIX = "whsec_"
#: Bytes of the key of a secret that is made here.
KEY_BYTES = 32


def new_secret() -> str:
    """A secret with a random key, as it is shown to whoever receives."""
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The key that a secret stands for; ``ValueError`` if it is none."""
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if text == secret or not key:
        raise ValueError("not a signing secret")
    return key


def signature_headers(
    secrets: Sequence[str], message_id: str, timestamp: int, body: bytes
) -> list[tuple[str, str]]:
    """The headers that sign a body sent at ``timestamp``, in seconds since 1970: one signature for
    each of ``secrets``, in their order.
    """
    keys = [key_of(secret) for secret in secrets]
    ours = b"%d.%b" % (timestamp, body)
    theirs = b"%b.%b" % (message_id.encode(), ours)
    return [
        ("x-sparx-signature", ",".join([f"t={timestamp}", *(f"v1={_hex(k, ours)}" for k in keys)])),
        ("webhook-id", message_id),
        ("webhook-timestamp", str(timestamp)),
        ("webhook-signature", " ".join(f"v1,{_base64(key, theirs)}" for key in keys)),
    ]


def delivery_headers(
    secrets: Sequence[str],
    delivery_id: UUID,
    event_id: UUID,
    event_type: str,
    timestamp: int,
    body: bytes,
) -> list[tuple[str, str]]:
    """All headers of a delivery but those that its subscription adds."""
    return [
        ("content-type", "application/json"),
        ("x-sparx-event", event_type),
        ("x-sparx-delivery", str(delivery_id)),
        *signature_headers(secrets, str(event_id), timestamp, body),
    ]


def _hex(key: bytes, signed: bytes) -> str:
    return hmac.digest(key, signed, sha256).hex()


def _base64(key: bytes, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(key, signed, sha256)).decode()
