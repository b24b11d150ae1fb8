"""Following a module on its way, for a command that waits until it has arrived."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from sparx_core.activation.errors import NotYet, told
from sparx_core.db.migrate import owner_connection

#: Seconds between two looks.
LOOK_SECONDS = 0.3

_STEP = """
SELECT a.state IN ('activating', 'deactivating'), d.attempt - (d.state = 'running')::integer,
       d.state = 'running', d.rows_done, d.rows_total, d.last_error
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
    """How far a module is; ``failures`` are the attempts that failed since one looks."""

    begun: bool
    done: int
    total: int | None
    failures: int
    error: str | None
    #: Whether it is for another module, or for requests, that the attempts failed.
    waits: bool


def follow(url: str, slug: str, key: str) -> Iterator[Step]:
    """The steps of a module of a tenant, seen as the owner, until it is active or inactive."""
    before = None
    with owner_connection(url) as database:
        while True:
            found = database.execute_sql(_STEP, (slug, key)).fetchone()
            if found is None or not found[0]:
                return
            _, failed, running, done, total, error = found
            before = failed or 0 if before is None else before
            failures = max(0, (failed or 0) - before)
            reason = error if failures else None
            yield Step(
                begun=bool(running or failures),
                done=done or 0,
                total=total,
                failures=failures,
                error=told(reason) if reason else None,
                waits=bool(reason and reason.startswith(NotYet.__name__)),
            )
            time.sleep(LOOK_SECONDS)
