"""Rows and documents by their addresses: what a key may read, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sparx_core.testing import Api

from ..speaking import Mcp, told

TEMPLATE = "sparx://core/origins/{id}"


def uri_of(row: Any) -> str:
    return TEMPLATE.replace("{id}", row["id"])


def test_a_row_is_what_rest_gives(mcp: Mcp, api: Api, origin: Any) -> None:
    (content,) = mcp.result("resources/read", {"uri": uri_of(origin)})["contents"]
    assert json.loads(content["text"]) == api.get(f"/v1/origins/{origin['id']}").data
    assert (content["mimeType"], content["uri"]) == ("application/json", uri_of(origin))
    assert content["_meta"] == {"sparx/untrusted": True}


def test_a_row_is_not_to_be_kept(mcp: Mcp, origin: Any) -> None:
    found = mcp.result("resources/read", {"uri": uri_of(origin)})
    assert (found["ttlMs"], found["cacheScope"]) == (0, "private")


@pytest.mark.parametrize(
    "uri",
    [
        "sparx://core/origins/01a00000-0000-7000-8000-000000000000",
        "sparx://core/origins/x",
        "sparx://core/origins",
        "sparx://core/nothing/01a00000-0000-7000-8000-000000000000",
        "sparx://nothing/origins/01a00000-0000-7000-8000-000000000000",
        "sparx://docs/nothing",
        "sparx://docs/core/x",
        "sparx://core/../origins",
        "file:///etc/passwd",
        "http://127.0.0.1/",
        "",
    ],
)
def test_what_is_not_there(mcp: Mcp, uri: str) -> None:
    error = mcp.error("resources/read", {"uri": uri})
    assert error == {"code": -32602, "message": "Resource not found", "data": {"uri": uri}}


def test_rows_of_others_are_not_there(mcp: Mcp, other_mcp: Mcp, origin: Any) -> None:
    uri = uri_of(origin)
    assert mcp.result("resources/read", {"uri": uri})["contents"]
    missing = uri.replace(uri[-12:], "000000000000")
    found, none = (other_mcp.ask("resources/read", {"uri": one}) for one in (uri, missing))
    assert told(found) == json.loads(none.text.replace(missing, uri))
    params = {"ref": {"type": "ref/resource", "uri": TEMPLATE}, "argument": {"name": "id"}}
    params["argument"]["value"] = ""
    assert mcp.result("completion/complete", params)["completion"]["values"] == [origin["id"]]
    assert other_mcp.result("completion/complete", params)["completion"]["values"] == []


def test_scopes_decide_what_there_is(less: Any, origin: Any) -> None:
    blind, seeing = less("read:ai"), less("read:core")
    error = blind.error("resources/read", {"uri": uri_of(origin)})
    assert error["message"] == "Resource not found"
    assert seeing.result("resources/read", {"uri": uri_of(origin)})["contents"]
    forms = [
        {one["uriTemplate"] for one in each.result("resources/templates/list")["resourceTemplates"]}
        for each in (blind, seeing)
    ]
    assert (TEMPLATE in forms[0], TEMPLATE in forms[1]) == (False, True)
    assert blind.error("resources/read", {"uri": "sparx://docs/core"})["code"] == -32602


def test_completing_ids(mcp: Mcp, origin: Any) -> None:
    params: Any = {
        "ref": {"type": "ref/resource", "uri": TEMPLATE},
        "argument": {"name": "id", "value": origin["id"][:9]},
    }
    assert mcp.result("completion/complete", params)["completion"] == {
        "values": [origin["id"]],
        "hasMore": False,
    }
    params["argument"]["value"] = "f"
    assert mcp.result("completion/complete", params)["completion"]["values"] == []
    params["argument"]["name"] = "slug"
    assert mcp.error("completion/complete", params)["code"] == -32602
    params["ref"]["uri"] = "sparx://core/nothing/{id}"
    assert mcp.error("completion/complete", params)["code"] == -32602


def test_documents_tell_of_modules(mcp: Mcp) -> None:
    found = mcp.result("resources/list")["resources"]
    assert [one["uri"] for one in found] == sorted(one["uri"] for one in found)
    assert "sparx://docs/core" in [one["uri"] for one in found]
    (page,) = mcp.result("resources/read", {"uri": "sparx://docs/core"})["contents"]
    assert page["mimeType"] == "text/markdown"
    assert "## origins" in page["text"]
    assert "`sparx://core/origins/{id}`" in page["text"]
    assert "`create`" in page["text"]


def test_a_toolset_leaves_out_the_rest(api: Api) -> None:
    found = Mcp(api, "/mcp?toolsets=ai").result("resources/list")["resources"]
    assert [one["uri"] for one in found] == ["sparx://docs/ai"]
