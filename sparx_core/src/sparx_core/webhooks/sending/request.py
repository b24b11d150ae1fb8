"""What is sent: one HTTP request of a webhook delivery."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sparx_core.webhooks.sending.claims import Claimed

Headers = Sequence[tuple[str, str]]


class EventGone(Exception):
    """Neither the event is stored any more, nor what was sent of it."""


@dataclass(frozen=True)
class Message:
    """A request. ``shown`` are its headers as the log keeps them: signatures, and the values of
    headers that the subscription adds, which may be passwords, are not among them.
    """

    body: bytes
    headers: Headers
    shown: Headers


#: Makes the message of an attempt at a time, in seconds since 1970.
Compose = Callable[[Claimed, int], Message]
