"""What is active decides what an agent sees, from the next request on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.testing import Api

from .conftest import message_of


def _names(answer: Any) -> list[str]:
    return [one["name"] for one in message_of(answer)["result"]["tools"]]


def test_a_module_that_is_switched_off(
    api: Api, ask: Callable[..., Any], deactivate: Callable[..., None]
) -> None:
    arguments = {"resource": "customers"}
    assert "crm_list" in _names(ask(api, "tools/list"))
    assert message_of(ask(api, "tools/call", name="crm_list", arguments=arguments))["result"]
    deactivate("crm")
    assert not [one for one in _names(ask(api, "tools/list")) if one.startswith("crm_")]
    refused = ask(api, "tools/call", name="crm_list", arguments=arguments)
    assert (refused.status, message_of(refused)["error"]["code"]) == (400, -32602)
    never = ask(api, "tools/call", name="nothing_list", arguments=arguments)
    assert refused.text == never.text.replace("nothing_list", "crm_list")
    assert api.get("/v1/crm/customers").error["code"] == "module_disabled"
    for method, part in (("resources/list", "sparx://docs/crm"), ("prompts/list", "crm_find")):
        assert part not in ask(api, method).text
    assert "sparx://crm/" not in ask(api, "resources/templates/list").text


def test_the_order_never_changes(api: Api, installation: Runtime, ask: Callable[..., Any]) -> None:
    """Not from one request to the next, and not from one process to the next."""
    other_process = Api(create_app(installation), api.key)
    found = {ask(one, "tools/list").text for one in [api] * 5 + [other_process] * 5}
    assert len(found) == 1
