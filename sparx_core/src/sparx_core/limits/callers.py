"""Whose the keys are that this process has seen: a request's tenant, before it is authenticated."""

from __future__ import annotations

from collections import OrderedDict
from hashlib import sha256
from threading import Lock
from typing import NamedTuple

from sparx_core.auth.keys import PresentedKey

#: Keys that are remembered; one that is forgotten is a stranger's until it is authenticated again.
MAX_KEYS = 100_000


class Caller(NamedTuple):
    """Whose a key is: the slug of its tenant, and what the key is counted under."""

    tenant: str
    name: str


class Callers:
    """The tenant of each key that was admitted, by a hash of its secret.

    Not by its public id, which others may know: who presents a wrong secret with it is somebody
    else.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Caller] = OrderedDict()
        self._lock = Lock()

    def note(self, key: PresentedKey, tenant: str) -> None:
        """``key`` was admitted to the tenant of this slug."""
        known = self._known.get(key.secret_hash)
        if known is not None and known.tenant == tenant:
            return
        with self._lock:
            self._known[key.secret_hash] = Caller(tenant, name_of(key))
            if len(self._known) > MAX_KEYS:
                self._known.popitem(last=False)

    def find(self, key: PresentedKey) -> Caller | None:
        """Whose the key was when it was last admitted; None for a key that never was."""
        return self._known.get(key.secret_hash)


def name_of(key: PresentedKey) -> str:
    """What a key is counted under: not what the database compares, which is worth stealing."""
    return sha256(b"counted " + key.secret_hash).hexdigest()[:32]
