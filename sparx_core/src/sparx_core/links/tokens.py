"""The form of a link's token: ``lnk_`` and 43 characters, 256 random bits in base64url."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256

_PREFIX = "lnk_"
_FORM = re.compile(r"lnk_[0-9A-Za-z_-]{43}", re.ASCII)
#: Where tokens stand in paths: ``/v1/crm/public/quotes/lnk_.../accept``.
_PATH = re.compile(r"(/v1/[a-z][a-z0-9_]*/public/[^/]+/)[^/]+(.*)", re.DOTALL)


@dataclass(frozen=True)
class NewToken:
    """A token just made; ``text`` is shown once and kept nowhere."""

    text: str

    @property
    def secret_hash(self) -> bytes:
        return sha256(self.text.encode("ascii")).digest()


def new_token() -> NewToken:
    """A new random token."""
    return NewToken(_PREFIX + secrets.token_urlsafe(32))


def token_hash(text: str) -> bytes | None:
    """The hash of what may be a token, as it goes to the database; None for anything else."""
    return sha256(text.encode("ascii")).digest() if _FORM.fullmatch(text) else None


def is_public(path: str) -> bool:
    """Whether a path of a request is one of those that are for links, and for no key."""
    return _PATH.fullmatch(path) is not None


def without_token(path: str) -> str:
    """A path as it may be logged: who reads the log has no business with what the token opens."""
    return _PATH.sub(r"\1...\2", path)
