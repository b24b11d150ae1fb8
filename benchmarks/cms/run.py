"""Make the content, ask, and let a release and the schedules have their turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import psycopg2

from benchmarks.cms.asking import Asked, Asker, Request
from benchmarks.cms.content import ARTICLE, QUICK_CMS, CmsPlan, fill
from benchmarks.cms.requests import ENTRIES, Editing, reads
from benchmarks.installation import Installation, Say
from benchmarks.machine import Machine
from benchmarks.measure import BenchmarkError

_IDS = """
SELECT e.id::text FROM cms.entries e JOIN core.tenants t ON t.id = e.tenant_id
  JOIN cms.content_types k ON k.tenant_id = e.tenant_id AND k.id = e.content_type_id
 WHERE t.slug = 'tenant-0000' AND k.key = 'article' ORDER BY e.id
"""
#: Others that wait for their time, as the one schedule that the API has made.
_WAITING = """
INSERT INTO core.deliveries
SELECT (jsonb_populate_record(d, jsonb_build_object(
           'id', uuidv7(), 'aggregate_id', uuidv7(), 'position', d.position + 1000000 + n))).*
  FROM core.deliveries d, generate_series(1, %s) n
 WHERE d.id = (SELECT id FROM core.deliveries WHERE scheduled LIMIT 1)
"""
_DUE = """
UPDATE core.deliveries SET due_at = clock_timestamp() - interval '1 second', rung_at = NULL
 WHERE id = (SELECT id FROM core.deliveries WHERE scheduled AND state = 'pending'
              ORDER BY random() LIMIT 1)
"""
_WARM_UP = 2
_SWEEP = "SELECT tenant_id::text, id::text FROM core.sweep_deliveries(60, 100, 100)"
_CLAIM = "SELECT token::text FROM core.claim_delivery(%s, %s, 60, false)"
#: What is not about a schedule would be found by the sweep as well.
_OTHERS = "DELETE FROM core.deliveries WHERE NOT scheduled"


@dataclass
class Content:
    """All that was measured."""

    plan: CmsPlan
    machine: Machine
    asked: list[Asked]


def measure_cms(home: Path, *, quick: bool, say: Say) -> Content:
    """Fill a tenant, then ask: reads in turn, and then writes in turn."""
    plan = QUICK_CMS if quick else CmsPlan()
    with closing(Installation(home, processes=1)) as installation:
        say(f"Making a tenant with {plan.entries:,} entries and {plan.redirects:,} redirects")
        keys = installation.make_tenants(plan.neighbours + 1, "cms")
        for key in keys:
            _prepare(installation, key)
        fill(installation, plan)
        ids = [one for (one,) in installation.execute(_IDS)]
        found = Content(plan, Machine.of(installation), list(reads(plan, ids)))
        found.machine.note_load()
        with closing(Asker(installation, keys[0])) as asker:
            say(f"Reading {plan.times} times")
            _in_turn(asker, found.asked, plan.times)
            say(f"Writing {plan.writes} times")
            writes = list(Editing(asker, plan, ids).writes())
            _in_turn(asker, writes, plan.writes)
            found.asked += [*writes, _release(asker, plan, ids), *_claims(installation, plan)]
        found.machine.note_load()
    return found


def _prepare(installation: Installation, key: str) -> None:
    """The type and the language that the content needs, over the API."""
    with closing(Asker(installation, key)) as asker:
        asker.send("POST", "/v1/cms/content-types", ARTICLE, 201)
        german = {"code": "de", "name": "Deutsch", "fallback": "en"}
        asker.send("POST", "/v1/cms/locales", german, 201)


def _in_turn(asker: Asker, asked: list[Asked], times: int) -> None:
    # A statement is prepared when it comes for the second time.
    for number, one in product(range(times + _WARM_UP), asked):
        asker.ask(one, number, warm_up=number < _WARM_UP)


def _release(asker: Asker, plan: CmsPlan, ids: list[str]) -> Asked:
    """A release of entries that each have a newer draft."""
    released = Asked(f"release of {plan.released}", lambda n: _publishing(asker, plan, ids, n))
    for number in range(3):
        asker.ask(released, number)
    return released


def _publishing(asker: Asker, plan: CmsPlan, ids: list[str], number: int) -> Request:
    made = asker.send("POST", "/v1/cms/releases", {"title": f"Release {number}"}, 201)["data"]
    first = len(ids) // 2 + number * plan.released
    for entry in ids[first : first + plan.released]:
        path = f"{ENTRIES}/{entry}"
        version = asker.send("GET", path, query="status=draft")["data"]["version"]
        body = {"version": version, "fields": {"title": f"Released {number} {entry}"}}
        asker.send("PATCH", path, body)
        item = {"releaseId": made["id"], "entryId": entry}
        asker.send("POST", "/v1/cms/releases/items", item, 201)
    return Request(f"/v1/cms/releases/{made['id']}/publish", "", "POST")


def _claims(installation: Installation, plan: CmsPlan) -> Iterator[Asked]:
    """A worker finds what is due among all that waits, and claims it."""
    installation.execute(_OTHERS)
    installation.execute(_WAITING, (plan.schedules,))
    installation.execute("VACUUM ANALYZE core.deliveries")
    found = Asked("find what is due", _unasked)
    claimed = Asked("claim it", _unasked)
    with closing(psycopg2.connect(installation.urls.dispatch)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        for _ in range(plan.writes):
            installation.execute(_DUE)
            began = time.perf_counter()
            cursor.execute(_SWEEP)
            rows = cursor.fetchall()
            found.database.append((time.perf_counter() - began) * 1000)
            if len(rows) != 1:
                raise BenchmarkError(f"{len(rows)} schedules were due, and not one")
            ((tenant, delivery),) = rows
            began = time.perf_counter()
            cursor.execute(_CLAIM, (delivery, tenant))
            if len(cursor.fetchall()) != 1:
                raise BenchmarkError("a schedule that was due was not claimed")
            claimed.database.append((time.perf_counter() - began) * 1000)
    for one in (found, claimed):
        one.messages, one.all, one.processor = 1, one.database, one.database
    return iter((found, claimed))


def _unasked(number: int) -> Request:
    raise AssertionError(f"not a request of the API: {number}")
