"""Malformed, ambiguous and abusive requests, and crowds of slow ones, at real sockets."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.live.processes import until
from tests.server.conftest import Site, statuses
from tests.server.crowds import Drips, ask_often, memory, send_endlessly
from tests.server.probes import CLOSE, HOST, PROBES, get, post


@pytest.mark.parametrize("name", PROBES)
def test_straight(gunicorn: Site, name: str) -> None:
    probe = PROBES[name]
    before = gunicorn.logged()
    answer = gunicorn.send(probe.data)
    assert statuses(answer) == [probe.gunicorn]
    until(lambda: gunicorn.logged() == before + 1, 5, "the request is logged, once")
    if probe.gunicorn != 200:
        assert_envelope(answer)


@pytest.mark.parametrize("name", PROBES)
def test_through_nginx(nginx: Site, name: str) -> None:
    probe = PROBES[name]
    before = nginx.logged()
    answer = nginx.send(probe.data)
    assert statuses(answer) == [probe.nginx]
    until(lambda: nginx.logged() == before + probe.passed, 5, "what was passed on is logged")
    if probe.nginx not in (200, 501):  # nginx ends a connection that it does not understand
        assert_envelope(answer)


def assert_envelope(answer: bytes) -> None:
    head, _, body = answer.rpartition(b"\r\n\r\n")
    if b"chunked" in head.lower():
        body = body.split(b"\r\n")[1]
    told = json.loads(body)
    assert told["success"] is False
    assert set(told["error"]) >= {"code", "message", "requestId"}


@pytest.mark.parametrize("site", ["gunicorn", "nginx"])
def test_a_thousand_pipelined(request: pytest.FixtureRequest, site: str) -> None:
    through: Site = request.getfixturevalue(site)
    before = through.logged()
    data = get(HOST + b"\r\n") * 999 + get(CLOSE + b"\r\n")
    answer = through.send(data, 60)
    assert statuses(answer) == [200] * 1000
    until(lambda: through.logged() == before + 1000, 10, "each was answered once")


def test_a_refused_request_ends_the_connection(gunicorn: Site) -> None:
    """What follows could be a part of it, or of another one."""
    before = gunicorn.logged()
    bad = post(HOST + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}")
    assert statuses(gunicorn.send(bad + get(CLOSE + b"\r\n"))) == [400]
    until(lambda: gunicorn.logged() == before + 1, 5, "the second one is not even read")


def test_an_upgrade_is_not_offered(gunicorn: Site) -> None:
    """Nor is anything that follows it taken for another protocol."""
    upgrade = (
        HOST + b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        b"HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"
    )
    before = gunicorn.logged()
    answer = gunicorn.send(get(upgrade) + get(CLOSE + b"\r\n"))
    assert statuses(answer) == [200, 200]
    until(lambda: gunicorn.logged() == before + 2, 5, "both are logged")


@pytest.mark.parametrize("site", ["gunicorn", "nginx"])
def test_a_file_larger_than_any_body_is_imported(request: pytest.FixtureRequest, site: str) -> None:
    through: Site = request.getfixturevalue(site)
    row = b'{"name":"' + b"x" * 500_000 + b'"}\n'
    head = (
        b"POST /v1/crm/customers/import?dryRun=true HTTP/1.1\r\n"
        + CLOSE
        + f"Authorization: Bearer {through.dev.api.key}\r\n".encode()
        + b"Content-Type: application/x-ndjson\r\n"
        + b"Content-Length: %d\r\n\r\n" % (24 * len(row))
    )
    assert statuses(through.send(head + row * 24, 60)) == [202]


# -- crowds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("site", ["gunicorn", "nginx"])
def test_a_thousand_slow_clients_slow_nobody_down(
    request: pytest.FixtureRequest, site: str
) -> None:
    through: Site = request.getfixturevalue(site)
    crowd = Drips(through.port, 1000, HOST)
    alone = ask_often(through.port, 3)
    crowd.start()
    try:
        until(lambda: crowd.connected >= 900, 20, "the crowd is there")
        beside = ask_often(through.port, float(os.environ.get("TEST_DRIP_SECONDS", "4")))
        until(lambda: crowd.opened > 1000, 15, "some were shown the door")
    finally:
        crowd.stop()
    print(f"alone {alone}, beside {crowd.opened} slow clients {beside}")
    assert (alone.errors, beside.errors) == (0, 0)
    # Bounds, not a measurement: the crowd's own process and other tests take their share of this
    # machine. Who waits for a slow client waits for 10 s and more.
    assert beside.median < max(10 * alone.median, 1.0), beside
    assert beside.p99 < 5.0, beside


def test_large_bodies_cost_little_memory(gunicorn: Site) -> None:
    before = memory(gunicorn.worker)
    body = b'{"name":"' + b"x" * (1024 * 1024 - 11) + b'"}'
    head = CLOSE + b"Content-Length: %d\r\n\r\n" % len(body)
    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(gunicorn.send, [post(head) + body] * 50))
    assert [statuses(answer) for answer in answers] == [[401]] * 50
    grown = memory(gunicorn.worker, "VmHWM") - before
    assert grown < 100, f"{grown} MiB more"


def test_a_body_without_an_end_is_cut_off(gunicorn: Site) -> None:
    key = gunicorn.dev.api.key
    head = post(HOST + f"Authorization: Bearer {key}\r\n".encode())
    answer, sent = send_endlessly(gunicorn.port, head, 1 << 30)
    assert statuses(answer) == [413]
    assert sent < 64 * 1024 * 1024, "what is sent beyond fits into buffers of the two kernels"
    assert memory(gunicorn.worker, "VmHWM") - memory(gunicorn.worker) < 100
