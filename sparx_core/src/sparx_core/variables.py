"""What the text of a variable becomes. Each raises ``ValueError`` with what it must be."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal

#: Bytes of a key that seals.
KEY_BYTES = 32


def usable_cpus() -> int:
    """How many there are for this process: a container may be confined to fewer than all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def path(value: str) -> Path:
    # Not resolved: a link to a disk with more room stays a link.
    return Path(os.path.abspath(os.path.expanduser(value)))


def text(value: str) -> str:
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    def convert(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError(f"must be a whole number, not {value!r}") from None
        if not low <= number <= high:
            raise ValueError(f"must be from {low} to {high}, not {number}")
        return number

    return convert


def one_of(*allowed: str) -> Callable[[str], str]:
    def convert(value: str) -> str:
        if value.lower() not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}, not {value!r}")
        return value.lower()

    return convert


def url(*schemes: str) -> Callable[[str], str]:
    def convert(value: str) -> str:
        # The value may hold a password, so the message must not repeat it.
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"must be a URL that starts with {schemes[0]}://")
        return value

    return convert


def addresses(value: str) -> str:
    try:
        for part in value.split(","):
            ip_network(part.strip())
    except ValueError:
        raise ValueError("must be IP addresses or networks, separated by commas") from None
    return value


def networks(value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in addresses(value).split(","))


def private(value: str) -> bool | Literal["loopback"]:
    chosen = one_of("off", "0", "loopback", "1")(value)
    return "loopback" if chosen == "loopback" else chosen == "1"


def whole_or_off(low: int, high: int) -> Callable[[str], int]:
    """A whole number, or 0 for ``off``."""
    number = whole(low, high)

    def convert(value: str) -> int:
        return 0 if value.lower() in ("off", "0") else number(value)

    return convert


def keys(value: str) -> tuple[bytes, ...]:
    # What is no key may still be a secret, so the message must not repeat it.
    try:
        found = tuple(base64.b64decode(part.strip(), validate=True) for part in value.split(","))
    except binascii.Error:
        found = ()
    if not found or any(len(key) != KEY_BYTES for key in found):
        raise ValueError(f"must be keys of {KEY_BYTES} bytes in base64, separated by commas")
    return found
