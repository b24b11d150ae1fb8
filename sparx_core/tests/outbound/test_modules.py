"""What modules have of it: a client in handlers, a check of URLs everywhere."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from sparx_core import Context, Occurrence, OutboundError, Runtime
from sparx_core.testing import Api, DeliveryRun, OutboundCalls

from ..probe.declared import Control
from .servers import OK, Server, serving


def test_handler_reaches_a_server_by_the_installations_client(
    installation: Runtime,
    create_probe: Callable[..., Any],
    run_events: DeliveryRun,
    control: Control,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers: list[int] = []
    limits: list[float] = []
    with serving(OK) as server:

        def call(ctx: Context, event: Occurrence) -> None:
            limits.append(ctx.outbound._most)
            answers.append(ctx.outbound.send("POST", server.url, body=b"{}").status)

        control.reaction = call
        monkeypatch.setattr(installation.outbound, "allow_private", "loopback")
        create_probe()
        assert run_events() > 0
        assert answers == [200]
        assert limits == [10.0]
        assert len(server.seen) == 1


def test_calls_of_handlers_are_recorded_and_answered(
    create_probe: Callable[..., Any],
    run_events: DeliveryRun,
    control: Control,
    outbound_calls: OutboundCalls,
    connected: list[tuple[str, int]],
) -> None:
    told: list[object] = []

    def call(ctx: Context, event: Occurrence) -> None:
        urls = ["HTTPS://Partner.Example/hook", "https://10.0.0.1/", "http://partner.example/"]
        for url, name in [*((url, "X-Key") for url in urls), ("https://a.example/", "Host")]:
            try:
                answer = ctx.outbound.send("POST", url, headers=[(name, "a")], body=b'{"a": 0.5}')
                told.append((answer.status, dict(answer.headers), answer.body))
            except OutboundError as error:
                told.append(error.kind)

    control.reaction = call
    refused = ["blocked", "invalid_url", "invalid_request"]
    for prepare, expected in (
        (lambda: None, (200, {}, b"")),
        (
            lambda: outbound_calls.answer(503, b"no", retry_after="9"),
            (503, {"retry-after": "9"}, b"no"),
        ),
        (lambda: outbound_calls.fail("timeout"), "timeout"),
    ):
        told.clear()
        prepare()
        create_probe()
        run_events()
        assert told == [expected, *refused]
    assert connected == []
    assert len(outbound_calls.calls) == 3
    (one, *_) = outbound_calls.calls
    assert (one.method, one.url) == ("POST", "https://partner.example/hook")
    assert (one.headers, one.json) == ({"x-key": "a"}, {"a": Decimal("0.5")})


def test_private_address_is_refused_to_a_handler_unless_it_is_allowed(
    create_probe: Callable[..., Any],
    run_events: DeliveryRun,
    control: Control,
    canaries: list[Server],
) -> None:
    kinds: list[str] = []

    def call(ctx: Context, event: Occurrence) -> None:
        for url in (canaries[0].url, "https://127.0.0.1/", "https://localhost/"):
            try:
                ctx.outbound.send("POST", url, body=b"{}")
            except OutboundError as error:
                kinds.append(error.kind)

    control.reaction = call
    create_probe()
    run_events()
    assert kinds == ["invalid_url", "blocked", "blocked"]
    assert [one.seen for one in canaries] == [[]] * len(canaries)


def test_request_checks_urls_and_calls_nobody(api: Api, control: Control) -> None:
    checked: list[str] = []

    def operation(ctx: Context) -> dict[str, Any]:
        checked.append(ctx.check_url("HTTPS://Example.com:443"))
        for url in ("https://127.0.0.1/", "http://example.com/"):
            with pytest.raises(OutboundError) as raised:
                ctx.check_url(url)
            checked.append(raised.value.kind)
        with pytest.raises(RuntimeError, match="emit an event"):
            _ = ctx.outbound
        return {}

    control.call = operation
    api.post("/v1/probe/call", {})
    assert checked == ["https://example.com/", "blocked", "invalid_url"]
