"""Events by the thousand, as a transaction of the product would leave them, and what became of
them: lost, done twice, not done.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg2

from sparx_core.events.doorbell import Doorbell, build_huey
from tests.live.installation import Installation
from tests.live.processes import until

#: ``number`` counts the events about a row; rows take turns, so that each has events in order.
_PLANT = """
WITH fact AS (
    INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type, aggregate_id,
                             actor, depth, data)
    SELECT %(tenant)s, gen_random_uuid(), 'mark.asked', 1, 'marks.marks',
           (%(rows)s::uuid[])[n %% cardinality(%(rows)s::uuid[]) + 1], 'test', 0,
           (%(data)s::jsonb || jsonb_build_object('number', n))::json
      FROM generate_series(%(first)s, %(last)s) n ORDER BY n
    RETURNING id, type, aggregate_id, position)
INSERT INTO core.deliveries (tenant_id, id, handler, module, event_id, event_type, aggregate_id,
                             position)
SELECT %(tenant)s, gen_random_uuid(), 'marks.do_as_told', 'marks', id, type, aggregate_id, position
  FROM fact RETURNING id::text, event_id::text
"""
_STATES = "SELECT state, count(*) FROM core.deliveries WHERE event_id = ANY(%s::uuid[]) GROUP BY 1"
_MARKS = """
SELECT count(DISTINCT event_id), count(*) - count(DISTINCT event_id)
  FROM marks.marks WHERE event_id = ANY(%s::uuid[])
"""
#: Marks that were left after one of a later event about the same row.
_DISORDER = """
SELECT count(*) FROM (
    SELECT number, lag(number) OVER (PARTITION BY tenant_id, row ORDER BY created_at) AS before
      FROM marks.marks WHERE event_id = ANY(%s::uuid[])) m
 WHERE before > number
"""


@dataclass
class Planted:
    """Events of one tenant that are committed, and the counts that a check prints."""

    installation: Installation
    tenant: UUID
    events: list[str] = field(default_factory=list)

    def plant(self, count: int, *, rows: int = 0, ring: bool = True, **data: Any) -> list[str]:
        """Commit events, and ring for them as the product does; ``rows`` that they are about (0:
        each about one of its own). Raises when the database does not take them.
        """
        first = len(self.events)
        with self._connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT array_agg(md5(%s::text || n)::uuid::text) FROM generate_series(1, %s) n",
                (first if not rows else "row", rows or count),
            )
            parameters = {
                "tenant": str(self.tenant),
                "rows": cursor.fetchone()[0],
                "data": json.dumps(data),
                "first": first,
                "last": first + count - 1,
            }
            cursor.execute(_PLANT, parameters)
            made = cursor.fetchall()
            connection.commit()
        self.events += [event for _, event in made]
        if ring:
            self.ring([delivery for delivery, _ in made])
        return [event for _, event in made]

    def ring(self, deliveries: list[str]) -> None:
        settings = self.installation.settings
        huey = build_huey(settings.get("SPARX_REDIS_URL"), self.installation.admin_url())
        doorbell = Doorbell(huey)
        doorbell.ring((self.tenant, UUID(delivery)) for delivery in deliveries)
        doorbell.close()

    def states(self, events: list[str] | None = None) -> dict[str, int]:
        """How many of the deliveries are in which state."""
        return dict(self._rows(_STATES, self.events if events is None else events))

    def reach(self, states: dict[str, int], seconds: float) -> None:
        """Wait until the deliveries are in these states; fails with those that they are in."""
        deadline = time.monotonic() + seconds
        while (found := self.states()) != states:
            assert time.monotonic() < deadline, f"not {states} within {seconds:.0f} s: {found}"
            time.sleep(0.05)

    def wait(self, seconds: float, events: list[str] | None = None) -> float:
        """Wait until all are done; how long that took."""
        began = time.monotonic()
        wanted = self.events if events is None else events

        def done() -> bool:
            try:
                return set(self.states(wanted)) == {"done"}
            except psycopg2.OperationalError:
                return False  # it is being killed

        until(done, seconds, f"{len(wanted)} events are done")
        return time.monotonic() - began

    def counts(self, events: list[str] | None = None) -> str:
        """The three numbers of every check; fails unless they are 0."""
        wanted = self.events if events is None else events
        ((marked, repeated),) = self._rows(_MARKS, wanted)
        states = self.states(wanted)
        unfinished = sum(count for state, count in states.items() if state != "done")
        lost = len(wanted) - marked
        told = f"{len(wanted)} events: lost {lost}, duplicate effects {repeated}"
        told += f", unfinished {unfinished}"
        assert (lost, repeated, unfinished) == (0, 0, 0), f"{told}; {states}"
        return told

    def disorder(self) -> int:
        """How many events about a row were handled after a later one."""
        ((found,),) = self._rows(_DISORDER, self.events)
        return int(found)

    def attempts(self, events: list[str]) -> list[tuple[Any, ...]]:
        """State, attempts, whether it was in quarantine, and last error of each delivery."""
        return self._rows(
            "SELECT state, attempt, quarantined_at IS NOT NULL, last_error FROM core.deliveries"
            " WHERE event_id = ANY(%s::uuid[])",
            events,
        )

    def _rows(self, sql: str, events: list[str]) -> list[tuple[Any, ...]]:
        with self._connection() as connection, connection.cursor() as cursor:
            cursor.execute(sql, (events,))
            return list(cursor.fetchall())

    @contextmanager
    def _connection(self) -> Iterator[Any]:
        connection = psycopg2.connect(self.installation.admin_url(), connect_timeout=3)
        try:
            yield connection
        finally:
            connection.close()


def planted(installation: Installation, slug: str) -> Planted:
    """A new tenant whose module ``marks`` is active."""
    made = installation.json("tenant", "create", slug, "--modules", "marks")
    return Planted(installation, UUID(made["tenantId"]))
