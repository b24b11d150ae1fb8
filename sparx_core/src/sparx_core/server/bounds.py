"""How long a client may take and how much it may send, before anything of Sparx looks at it.

A client that is too slow or sends too much is refused by the event loop of the worker; threads
see complete requests.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv6Address, ip_address

from sparx_core.limits.addresses import Networks, trusted_networks
from sparx_core.settings import Settings

#: Bytes of the request line and all headers; of the target, which the application limits
#: further; of one line of chunked framing; of all trailers.
MAX_HEAD, MAX_TARGET, MAX_CHUNK_LINE, MAX_TRAILERS = 65_536, 15_360, 1_024, 8_192

#: Seconds for a request's head from its first byte on, however it drips.
HEAD_SECONDS = 5.0
#: Seconds for which a connection may be idle between requests, and before the first one.
IDLE_SECONDS = 15.0
#: Bytes a second that a client must send of a body, or read of an answer; on the average, after
#: the first seconds, and without a pause that is longer than those.
LEAST_RATE, GRACE_SECONDS = 10_240, 5.0
#: Seconds for which a closed connection is kept, so that the client can read its answer; and
#: the bytes that are thrown away meanwhile.
LINGER_SECONDS, LINGER_BYTES = 2.0, 65_536
#: Seconds for which a request may be worked on: then its client is told that it failed.
REQUEST_SECONDS = 30.0
#: Seconds after which a thread that is still at work is taken for stuck, and its process replaced.
STUCK_SECONDS = 60.0

#: Bytes of bodies that one process holds while they arrive, and as many of answers while they
#: leave; a connection that holds no more than the second figure is not refused for them.
HELD_BYTES, SMALL_BYTES = 64 * 1024 * 1024, 16 * 1024
#: Bytes of one answer that wait for a slow reader while its thread makes more of it.
ANSWER_BYTES = 2 * 1024 * 1024
#: Bytes of one answer that the kernel holds beside those that are on their way.
KERNEL_BYTES = 128 * 1024

#: What a path must end with for its body to be read while it arrives, and not before.
STREAMED = ("/import", "/upload", "/content")
_BATCH = "/batch"


@dataclass(frozen=True)
class Bounds:
    """What depends on the settings of the installation."""

    settings: Settings

    def body_bytes(self, path: str) -> int:
        """The largest body that is read for this path before a thread sees the request."""
        if path.endswith(_BATCH):
            return max(self.settings.max_batch_bytes, self.settings.max_body_bytes)
        return self.settings.max_body_bytes

    @cached_property
    def streams(self) -> int:
        """How many threads may read bodies while they arrive: half of them, at least one."""
        return max(1, self.settings.api_threads // 2)

    @property
    def per_address(self) -> int:
        """Connections of one address to one process; 0 for any number."""
        return self.settings.address_connections

    def is_exempt(self, address: str) -> bool:
        """Whether connections of an address are not counted: those of a trusted proxy."""
        try:
            parsed = ip_address(address)
        except ValueError:
            return True  # a socket in the file system
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._trusted)

    @cached_property
    def _trusted(self) -> Networks:
        return trusted_networks(self.settings.trusted_proxies)


@dataclass
class Pace:
    """Whether a client keeps the least rate, by the seconds that were spent waiting for it."""

    waited: float = 0.0
    moved: int = 0

    def patience(self) -> float:
        """The seconds to wait for the next bytes; none are left if it is not positive."""
        return min(GRACE_SECONDS, GRACE_SECONDS + self.moved / LEAST_RATE - self.waited)

    def note(self, waited: float, moved: int) -> None:
        self.waited += waited
        self.moved += moved
