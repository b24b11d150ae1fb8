"""Where requests are counted: in Redis for all processes, or in this one."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from threading import Lock

import structlog
from limits.storage import MemoryStorage, RedisStorage
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

#: Seconds that Redis has to answer. It counts in a fraction of a millisecond or is not well.
REDIS_SECONDS = 0.2
#: Seconds for which a Redis that failed is left alone, but by one request each.
REST_SECONDS = 1.0

#: What a Redis that is away, full, read-only or overtaxed makes the client raise.
_AWAY = (RedisError, OSError)


@dataclass
class Store:
    """Counts what was asked under a name.

    While Redis is away each process counts by itself, so that neither everything is let through
    nor everything refused. One request a second finds out whether it is back; the others do not
    wait for it.
    """

    redis_url: str | None = None
    _local: MemoryStorage | None = field(default=None, init=False)
    _shared: RedisStorage | None = field(default=None, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)
    #: When Redis is to be asked again; None while it answers.
    _again_at: float | None = field(default=None, init=False)

    @property
    def is_shared(self) -> bool:
        """Whether other processes count here, too, as far as is known."""
        return self.redis_url is not None and self._again_at is None

    def add(self, name: str, amount: int, seconds: int) -> tuple[int, bool]:
        """Count ``amount`` more; how many there are now, and whether that is of all processes.

        What is under ``name`` is forgotten after ``seconds``.
        """
        if self.redis_url is not None and self._may_ask():
            try:
                count = self._redis(self.redis_url).incr(name, seconds, amount)
            except _AWAY as error:
                self._lost(error)
            else:
                self._found()
                return count, True
        return self._memory().incr(name, seconds, amount), False

    def forget(self, name: str) -> None:
        """Forget what this process counted by itself."""
        if self._local is not None:
            self._local.clear(name)

    def _may_ask(self) -> bool:
        if self._again_at is None:
            return True
        with self._lock:
            now = time.monotonic()
            if self._again_at is not None and now < self._again_at:
                return False
            self._again_at = now + REST_SECONDS
            return True

    def _lost(self, error: Exception) -> None:
        if self._again_at is None:
            log.warning("rate_limits_local", reason=str(error) or type(error).__name__)
        self._again_at = time.monotonic() + REST_SECONDS

    def _found(self) -> None:
        if self._again_at is not None:
            self._again_at = None
            log.info("rate_limits_shared")

    def _redis(self, url: str) -> RedisStorage:
        if self._shared is None:
            self._shared = RedisStorage(
                url.replace("unix://", "redis+unix://", 1) if url.startswith("unix://") else url,
                key_prefix="sparx:rate",
                socket_timeout=REDIS_SECONDS,
                socket_connect_timeout=REDIS_SECONDS,
                retry=Retry(NoBackoff(), 0),  # type: ignore[arg-type]
            )
        return self._shared

    def _memory(self) -> MemoryStorage:
        # Made when it is needed, because it starts a thread, which must not be before a fork.
        if self._local is None:
            self._local = MemoryStorage()
        return self._local
