"""Writers that commit late and out of turn, and a reader of the feed: nothing missed, no row's
events in the wrong order.

``TEST_LONG_FAULTS=1`` has each writer state 5,000 events.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import defaultdict
from typing import Any
from uuid import UUID

import pytest

from sparx_core.auth.keys import PresentedKey, parse_key
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner
from sparx_crm.events.customers import CustomerUpdated
from sparx_crm.models.customers import Customer
from tests.live.chance import Chance

pytestmark = [pytest.mark.faults, pytest.mark.modules("crm")]

LONG = bool(os.environ.get("TEST_LONG_FAULTS"))
WRITERS, EVENTS, CUSTOMERS = 8, 5_000 if LONG else 100, 12
#: Seconds that a writer waits before it commits, at most.
DELAY = 0.05
_OLDEST = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"


class Writer(threading.Thread):
    """States events about customers that others write as well, one or two in a transaction.

    Some transactions are older than those that they wait for: they are given their number first.
    """

    def __init__(self, runtime: Runtime, key: PresentedKey, ids: list[UUID], seed: int) -> None:
        super().__init__(daemon=True)
        self.runtime, self.key, self.ids = runtime, key, ids
        self.random = random.Random(seed)
        self.stated = 0
        self.problem: BaseException | None = None

    def run(self) -> None:
        try:
            while self.stated < EVENTS:
                self._write(min(self.random.choice((1, 2)), EVENTS - self.stated))
        except BaseException as error:
            self.problem = error
            raise
        finally:
            self.runtime.database.close()

    def _write(self, number: int) -> None:
        with self.runtime.as_key(self.key) as ctx:
            if self.random.random() < 0.5:
                ctx.transaction.scalar("SELECT pg_current_xact_id()::text")
                time.sleep(self.random.random() * DELAY / 2)
            chosen = self.random.sample(self.ids, number)
            for row in ctx.lock(Customer, "id", [str(one) for one in chosen]):
                ctx.update(row, notes=f"{self.name} {self.stated}")
                ctx.emit(CustomerUpdated(row))
            ctx.finish()
            time.sleep(self.random.random() * DELAY / 2)
        self.stated += number


def test_the_feed_misses_nothing_and_keeps_the_order_of_each_row(
    installation: Runtime, api: Api, tenant: NewTenant, owner: Owner, chance: Chance
) -> None:
    made = [api.post("/v1/crm/customers", {"name": f"Customer {n}"}) for n in range(CUSTOMERS)]
    ids = [UUID(one.data["id"]) for one in made]
    key = parse_key(tenant.api_key)
    assert key is not None
    writers = [
        Writer(installation, key, ids, chance.random.randrange(2**32)) for _ in range(WRITERS)
    ]
    cursor = api.get("/v1/events/feed").meta["next_cursor"]
    for writer in writers:
        writer.start()
    seen: list[Any] = []
    pages, writing, newest = 0, True, 0
    while True:
        if writing and not any(writer.is_alive() for writer in writers):
            writing, newest = False, int(owner.value("SELECT pg_current_xact_id()::text"))
        # Others use the server as well: what was committed shows up when they are over.
        settled = not writing and int(owner.value(_OLDEST)) > newest
        page = api.get("/v1/events/feed", params={"after": cursor, "type": "customer.updated"})
        seen += page.data
        cursor, pages = page.meta["next_cursor"], pages + 1
        if settled and not page.data and not page.meta["has_more"]:
            break
    assert [writer.problem for writer in writers] == [None] * WRITERS

    stored = owner.rows(
        "SELECT id::text FROM core.events WHERE tenant_id = %s AND type = 'customer.updated'",
        tenant.tenant_id,
    )
    shown = [one["id"] for one in seen]
    missed = {id for (id,) in stored} - set(shown)
    sequences: dict[str, list[int]] = defaultdict(list)
    for one in seen:
        sequences[one["resourceId"]].append(one["sequence"])
    swapped = sum(found != sorted(found) for found in sequences.values())
    print(
        f"feed: {len(stored)} events of {WRITERS} writers about {CUSTOMERS} rows, {pages} pages,"
        f" missed {len(missed)}, twice {len(shown) - len(set(shown))}, rows out of order {swapped}"
    )
    assert len(stored) == WRITERS * EVENTS
    assert (missed, len(shown), swapped) == (set(), len(set(shown)), 0)
