"""The bare loops: due work claimed and finished by one connection, and nothing done in between."""

from __future__ import annotations

import time
from contextlib import closing

import psycopg2

from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError
from sparx_core.db.connection import Database
from sparx_core.webhooks.sending.claims import Claims
from sparx_core.webhooks.sending.outcome import Outcome, records

_PENDING = """
SELECT tenant_id::text, id::text FROM core.deliveries
 WHERE state = 'pending' AND event_type = 'order.created' ORDER BY position
"""
_CLAIM = "SELECT token::text FROM core.claim_delivery(%s, %s, 60, false)"
_FINISH = "SELECT core.release_delivery(%s, %s, %s, 'skipped', NULL, 0, false)"
_RECORD = "SELECT * FROM core.record_attempts(%s, 1)"
#: Webhooks of one claim, and of one statement that stores what came of them.
_TOGETHER = 100


def claim_deliveries(installation: Installation, wanted: int) -> float:
    """Handlers' deliveries a second: one claim and one finish for each, both committed."""
    pending = installation.execute(_PENDING)
    if len(pending) != wanted:
        raise BenchmarkError(f"{len(pending)} deliveries wait, not {wanted}")
    with closing(psycopg2.connect(installation.urls.dispatch)) as connection:
        connection.autocommit = True
        cursor, began = connection.cursor(), time.monotonic()
        for tenant, delivery in pending:
            cursor.execute(_CLAIM, (delivery, tenant))
            ((token,),) = cursor.fetchall()
            cursor.execute(_FINISH, (delivery, tenant, token))
            if cursor.fetchone() != (True,):
                raise BenchmarkError("a delivery was lost while it was held")
        return wanted / (time.monotonic() - began)


def claim_webhooks(installation: Installation, wanted: int) -> float:
    """Webhooks a second: claimed and recorded as delivered, as many at once as a sender may."""
    database = Database(installation.urls.dispatch)
    claims, done, began = Claims(database), 0, time.monotonic()
    try:
        while done < wanted:
            found = claims.claim(_TOGETHER, _TOGETHER)
            if found:
                told = [
                    Outcome(one, "delivered", time.time(), status=204, body=one.data or "")
                    for one in found
                ]
                database.call(_RECORD, (records(told),))
                done += len(found)
            elif time.monotonic() - began > 300:
                raise BenchmarkError(f"{done} webhooks were claimed, not {wanted}")
            else:
                time.sleep(min(claims.wait or 0.001, 0.01))
        return done / (time.monotonic() - began)
    finally:
        database.close()
