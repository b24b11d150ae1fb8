"""The statement cache: what it costs to compile a list, and to find it compiled."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from falcon import Request
from falcon.testing import TestClient, create_environ

from benchmarks.installation import Installation
from benchmarks.operations import OPERATIONS, Target
from sparx_core.app import create_app
from sparx_core.db.statements import StatementCache
from sparx_core.read.page import Page, select_page
from sparx_core.read.view import View, Views
from sparx_core.runtime import reader_column
from sparx_core.surfaces.rest.query import parse_page

_TIMES = 200


@dataclass(frozen=True)
class Statements:
    """Microseconds for a list with items and customers; and what became of requests."""

    compile: float
    find: float
    requests: int
    hits: int
    misses: int


def time_statements(installation: Installation, targets: Sequence[Target]) -> Statements:
    """Compile and find one list; then all reads of all targets, through the application."""
    runtime = installation.runtime()
    resource = runtime.registry.resources["crm.orders"]
    views = runtime.registry.views(frozenset())
    view = views.resource(resource.key)
    page = parse_page(Request(create_environ(query_string="include=customer")), resource, views)
    build = partial(_build, view, views, page)
    cache = StatementCache()
    compiled = _microseconds(lambda: StatementCache().get(page.shape, build))
    # The shape is a part of what looking up costs.
    found = _microseconds(
        lambda: cache.get(("list", resource.key, views.modules, page.shape), build)
    )
    reads = [one for one in OPERATIONS if one.method == "GET"]
    client = TestClient(create_app(runtime))
    for target in targets:
        for operation in reads:
            headers = {"Authorization": f"Bearer {target.key}"}
            client.simulate_get(operation.path(target), headers=headers)
    runtime.close()
    kept = runtime.statements
    return Statements(compiled, found, len(reads) * len(targets), kept.hits, kept.misses)


def _build(view: View, views: Views, page: Page) -> Any:
    return select_page(view, views, page).select_extend(reader_column())


def _microseconds(call: Callable[[], Any]) -> float:
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return median(times) * 1e6
