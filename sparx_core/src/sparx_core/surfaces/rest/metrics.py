"""``GET /metrics``: how events and webhooks get on, in the text format of Prometheus."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Any

import falcon
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0 as CONTENT_TYPE
from prometheus_client.registry import Collector

from sparx_core.db.connection import Database
from sparx_core.errors import NotFound
from sparx_core.limits.addresses import Networks, trusted_networks
from sparx_core.runtime import Runtime

#: Seconds for which what was read is shown again, so that scrapes cost little.
CACHE_SECONDS = 1.0
#: How far back what was finished is counted, in seconds.
WINDOW_SECONDS = 300.0

_STATES = ("pending", "retry", "running", "blocked")
_READ = "SELECT core.delivery_metrics(%s)"


class Metrics:
    """Answers to the addresses of ``SPARX_METRICS_ADDRESSES`` that ask directly; for others, and
    for whatever comes through a proxy, there is no such page.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._allowed = trusted_networks(runtime.settings.metrics_addresses)
        self._shown = CollectorRegistry()
        self._shown.register(Deliveries(runtime))

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        """One read of the database at most each second."""
        forwarded = request.get_header("X-Forwarded-For") or request.get_header("Forwarded")
        if forwarded or not _is_among(request.env.get("REMOTE_ADDR", ""), self._allowed):
            raise NotFound
        response.data = generate_latest(self._shown)
        response.content_type = CONTENT_TYPE

    on_head = on_get


def _is_among(address: str, networks: Networks) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return any(found in network for network in networks)


class Deliveries(Collector):
    """What is in the database, so it is right however many processes there are, and after any of
    them was killed; and the doorbell of this process. Numbers of all tenants together.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        # Not the login that serves: what it may ask is asked within a tenant.
        self._database = Database(runtime.urls.dispatch)
        self._lock = Lock()
        self._read: Mapping[str, Any] = {}
        self._read_at = float("-inf")

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to register this."""
        return []

    def collect(self) -> Iterable[Metric]:
        with self._lock:
            if time.monotonic() - self._read_at > CACHE_SECONDS:
                ((self._read,),) = self._database.call(_READ, (WINDOW_SECONDS,))
                self._read_at = time.monotonic()
            read = self._read
        yield from _deliveries(read)
        yield from _handlers(read)
        yield from _webhooks(read)
        doorbell = CounterMetricFamily(
            "sparx_doorbell_failures",
            "Messages that this process could not send; the deliveries are found all the same.",
            labels=["pid"],
        )
        doorbell.add_metric([str(os.getpid())], self.runtime.doorbell.failures)
        yield doorbell


def _deliveries(read: Mapping[str, Any]) -> Iterable[Metric]:
    depth = read["depth"] or {}
    yield _gauge(
        "sparx_deliveries",
        "Deliveries to handlers that are not over, by state.",
        ["state"],
        [((state,), depth.get(state, 0)) for state in _STATES],
    )
    yield _value(
        "sparx_delivery_oldest_due_seconds",
        "For how long the oldest delivery that is not over has been due.",
        read["oldest"],
    )
    yield _value(
        "sparx_deliveries_quarantined",
        "Deliveries that killed their workers, and run alone until they are over.",
        read["quarantined"],
    )


def _handlers(read: Mapping[str, Any]) -> Iterable[Metric]:
    for name, kind, text in (
        ("sparx_handler_blocked", "blocked", "Deliveries whose handler is installed nowhere."),
        ("sparx_handler_dead", "dead", "Deliveries that were given up and are still kept."),
        (
            "sparx_handler_failing",
            "failed",
            "Deliveries that failed in the last 5 minutes and will be tried again.",
        ),
    ):
        yield _gauge(name, text, ["handler"], [((h,), n) for h, n in (read[kind] or {}).items()])
    yield _gauge(
        "sparx_handler_finished",
        "Deliveries that were over in the last 5 minutes, by outcome.",
        ["handler", "state"],
        [((handler, state), count) for handler, state, count in read["finished"] or []],
    )
    yield _gauge(
        "sparx_handler_lag_seconds",
        "From due to done at the first attempt, of the last minute.",
        ["handler", "quantile"],
        [
            ((handler, quantile), value)
            for handler, values in (read["lag"] or {}).items()
            for quantile, value in zip(("0.5", "0.99"), values, strict=True)
        ],
    )


def _webhooks(read: Mapping[str, Any]) -> Iterable[Metric]:
    depth = read["webhooks"] or {}
    yield _gauge(
        "sparx_webhook_deliveries",
        "Deliveries to webhooks that are not over, by state.",
        ["state"],
        [((state,), depth.get(state, 0)) for state in ("pending", "sending")],
    )
    yield _value(
        "sparx_webhook_oldest_due_seconds",
        "For how long the oldest delivery to a webhook has been due.",
        read["webhooks_oldest"],
    )


def _gauge(
    name: str, text: str, labels: list[str], values: Iterable[tuple[tuple[str, ...], Any]]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for named, value in values:
        family.add_metric(list(named), float(value))
    return family


def _value(name: str, text: str, value: Any) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value or 0))
