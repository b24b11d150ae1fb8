"""What keeps a request from the endpoint is told as the endpoint tells it."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

from sparx_ai.protocol.server import Server
from sparx_core.app import create_app
from sparx_core.limits.rate import Rate
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, NewTenant

from ..speaking import Mcp, told


def test_too_many_requests(installation: Runtime, tenant: NewTenant) -> None:
    """A hundred at once: what is over the limit is refused in the words of the protocol."""
    limited: Any = copy.copy(installation)
    limits = {"rate_limit_key": Rate(5, 3600), "api_processes": 1}
    limited.settings = dataclasses.replace(installation.settings, **limits)
    client = Mcp(Api(create_app(limited), tenant.api_key))
    answers = [client.ask("server/discover") for _ in range(100)]
    # Twice as many if an hour ended meanwhile.
    assert [one.status for one in answers].count(200) in (5, 10)
    refused = answers[-1]
    assert (refused.status, refused.headers["Retry-After"].isdigit()) == (429, True)
    error = told(refused)["error"]
    assert (error["code"], error["data"]["code"]) == (-32000, "rate_limited")
    assert error["data"]["retryAfter"] == int(refused.headers["Retry-After"])


def test_long_addresses(mcp: Mcp) -> None:
    mcp.path = "/mcp?" + "x" * 9_000
    answer = mcp.ask("server/discover")
    assert (answer.status, told(answer)["error"]["data"]["code"]) == (400, "bad_request")


def test_what_a_server_needs_is_given_to_it() -> None:
    """Nobody is told of changes, so nobody is told that they would be."""
    found = Server.capabilities(None, "2026-07-28")  # type: ignore[arg-type]
    assert not any(found.values())
