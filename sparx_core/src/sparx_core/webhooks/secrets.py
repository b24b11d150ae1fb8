"""What a subscription keeps sealed: its signing secrets, and the values of its headers."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec

from sparx_core.encryption import Keyring
from sparx_core.webhooks.signing import new_secret

#: Secrets that may be good for signatures at once.
MAX_LIVE = 5


@dataclass(frozen=True)
class SigningSecret:
    """A secret, and until when it signs, in seconds since 1970; None: until it is replaced."""

    secret: str
    until: float | None = None

    def lives(self, now: float) -> bool:
        return self.until is None or self.until > now


def rotated(known: Sequence[SigningSecret], now: float, overlap: float) -> list[SigningSecret]:
    """A new secret, in front of those that still sign, for ``overlap`` seconds at most."""
    end = now + overlap
    old = [
        SigningSecret(one.secret, end if one.until is None else min(one.until, end))
        for one in known
        if one.lives(now)
    ]
    return [SigningSecret(new_secret()), *(one for one in old if one.lives(now))][:MAX_LIVE]


def seal_secrets(
    keyring: Keyring, tenant_id: UUID, subscription_id: UUID, secrets: Sequence[SigningSecret]
) -> bytes:
    """Secrets for the column of that name."""
    plain = msgspec.json.encode(list(secrets))
    return keyring.seal(plain, _about(b"secrets", tenant_id, subscription_id))


def all_secrets(
    keyring: Keyring, tenant_id: UUID, subscription_id: UUID, sealed: bytes
) -> list[SigningSecret]:
    """What :func:`seal_secrets` was given. Raises what the keyring raises."""
    plain = keyring.open(bytes(sealed), _about(b"secrets", tenant_id, subscription_id))
    return msgspec.json.decode(plain, type=list[SigningSecret])


def open_secrets(
    keyring: Keyring, tenant_id: UUID, subscription_id: UUID, sealed: bytes, now: float
) -> list[str]:
    """The secrets that sign at a time, newest first. Raises what the keyring raises."""
    known = all_secrets(keyring, tenant_id, subscription_id, sealed)
    return [one.secret for one in known if one.lives(now)]


def seal_headers(
    keyring: Keyring, tenant_id: UUID, subscription_id: UUID, headers: Mapping[str, str]
) -> dict[str, str]:
    """Headers for the column of that name: the values may be passwords, the names are shown."""
    about = _about(b"headers", tenant_id, subscription_id)
    return {
        name: base64.b64encode(keyring.seal(value.encode(), about)).decode()
        for name, value in headers.items()
    }


def open_headers(
    keyring: Keyring, tenant_id: UUID, subscription_id: UUID, sealed: Mapping[str, str]
) -> dict[str, str]:
    """What :func:`seal_headers` was given. Raises what the keyring raises."""
    about = _about(b"headers", tenant_id, subscription_id)
    return {
        name: keyring.open(base64.b64decode(value), about).decode()
        for name, value in sealed.items()
    }


def _about(what: bytes, tenant_id: UUID, subscription_id: UUID) -> bytes:
    return b"webhook " + what + tenant_id.bytes + subscription_id.bytes
