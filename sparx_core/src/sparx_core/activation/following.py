"""Following a module on its way, for a command that waits until it has arrived."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sparx_core.activation.errors import NotYet
from sparx_core.db.migrate import owner_connection

#: Seconds between two looks.
LOOK_SECONDS = 0.3

_STEP = """
SELECT a.state IN ('activating', 'deactivating'), d.attempt, d.rows_done, d.rows_total, d.last_error
  FROM core.tenants t
  JOIN core.activations a ON a.tenant_id = t.id
  LEFT JOIN LATERAL (
       SELECT * FROM core.deliveries d
        WHERE d.tenant_id = a.tenant_id AND d.aggregate_id = a.id AND d.module = 'core'
          AND d.handler = CASE a.state WHEN 'activating' THEN 'core.restore_module'
                          ELSE 'core.archive_module' END
          AND d.state IN ('pending', 'running', 'retry', 'blocked', 'dead')
        ORDER BY d.position LIMIT 1) d ON true
 WHERE t.slug = %s AND a.module = %s
"""


@dataclass(frozen=True)
class Step:
    """How far a module is. ``failures`` are attempts that failed, and not for another module."""

    attempts: int
    done: int
    total: int | None
    error: str | None

    @property
    def failures(self) -> int:
        waits = self.error is None or self.error.startswith(NotYet.__name__)
        return 0 if waits else self.attempts


def follow(url: str, slug: str, key: str) -> Iterator[Step]:
    """The steps of a module of a tenant, seen as the owner, until it is active or inactive."""
    with owner_connection(url) as database:
        while True:
            found = database.execute_sql(_STEP, (slug, key)).fetchone()
            if found is None or not found[0]:
                return
            _, attempts, done, total, error = found
            yield Step(attempts or 0, done or 0, total, error)
            time.sleep(LOOK_SECONDS)
