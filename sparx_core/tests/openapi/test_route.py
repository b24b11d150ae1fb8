"""``GET /v1/openapi.json``: for anybody, or for the holder of a key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.registry import Registry
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, TenantMaker

PATH = "/v1/openapi.json"


def modules(client: Api) -> list[str]:
    """Those of which the document of a client tells."""
    answer = client.get(PATH)
    assert answer.status == 200, answer.text
    return [one["name"] for one in json.loads(answer.text)["tags"]]


def fields(client: Api, name: str) -> set[str]:
    return set(json.loads(client.get(PATH).text)["components"]["schemas"][name]["properties"])


def test_without_a_key_all_installed_modules(
    anonymous: Api, registry: Registry, document: dict[str, Any]
) -> None:
    answer = anonymous.get(PATH)
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.headers["Vary"] == "Authorization, Origin"
    assert json.loads(answer.text) == document
    assert modules(anonymous) == list(registry.modules)


@pytest.mark.modules("probe", "addon")
def test_with_a_key_the_modules_of_its_tenant(api: Api) -> None:
    answer = api.get(PATH)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Vary"] == "Authorization, Origin"
    assert modules(api) == ["core", "probe", "addon"]
    assert not [path for path in json.loads(answer.text)["paths"] if "/shop/" in path]


@pytest.mark.modules("shop", "vault", "perks")
def test_document_follows_the_tenant_s_modules(
    api: Api, other_api: Api, activate: Callable[..., None], deactivate: Callable[..., None]
) -> None:
    assert modules(api) == ["core", "shop", "vault", "perks"]
    with_perks, added = fields(api, "ShopProduct"), {"perkPoints", "perks"}
    assert added < with_perks
    deactivate("perks")
    assert modules(api) == ["core", "shop", "vault"]
    assert fields(api, "ShopProduct") == with_perks - added
    assert fields(other_api, "ShopProduct") == with_perks, "another tenant's are another's"
    activate("perks")
    assert fields(api, "ShopProduct") == with_perks


def test_a_key_of_few_scopes_sees_what_there_is(api: Api) -> None:
    poor = api.post("/v1/keys", {"name": "poor", "scopes": ["read:probe"]}).data["key"]
    assert modules(api.with_key(poor)) == modules(api)


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer sk_live_nonsense", "Basic YTpi", "Bearer " + "x" * 5000],
)
def test_a_key_that_is_none(anonymous: Api, header: str) -> None:
    answer = anonymous.get(PATH, headers={"Authorization": header})
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_that_is_revoked(api: Api) -> None:
    made = api.post("/v1/keys", {"name": "brief", "scopes": ["read:core"]}).data
    brief = api.with_key(made["key"])
    assert brief.get(PATH).status == 200
    api.delete(f"/v1/keys/{made['id']}")
    assert brief.get(PATH).error["code"] == "unauthorized"


def test_tag_of_the_document(api: Api, anonymous: Api, deactivate: Callable[..., None]) -> None:
    for client in (api, anonymous):
        tag = client.get(PATH).headers["ETag"]
        assert tag.startswith('"')
        for known in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            answer = client.get(PATH, headers={"If-None-Match": known})
            assert (answer.status, answer.body) == (304, b"")
            assert answer.headers["ETag"] == tag
            assert answer.headers["Vary"] == "Authorization, Origin"
        assert client.get(PATH, headers={"If-None-Match": '"other"'}).status == 200
    assert api.get(PATH).headers["ETag"] == anonymous.get(PATH).headers["ETag"]
    deactivate("odder")
    changed = api.get(PATH, headers={"If-None-Match": anonymous.get(PATH).headers["ETag"]})
    assert changed.status == 200


def test_head(api: Api) -> None:
    got, told = api.get(PATH), api.request("HEAD", PATH)
    assert (told.status, told.body) == (200, b"")
    for name in ("ETag", "Content-Type", "Cache-Control", "Content-Length"):
        assert told.headers[name] == got.headers[name], name


def test_what_is_not_known_is_refused(api: Api, anonymous: Api) -> None:
    for client in (api, anonymous):
        answer = client.get(PATH, params={"modules": "crm"})
        assert (answer.status, answer.error["code"]) == (400, "bad_request")
        assert client.post(PATH).error["code"] == "method_not_allowed"
    wrong = anonymous.get(PATH, params={"x": "1"}, headers={"Authorization": "Bearer no"})
    assert wrong.status == 401, "a stranger learns nothing"


def test_request_is_logged_with_its_key(
    api: Api, tenant: NewTenant, new_tenant: TenantMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    api.get(PATH)
    (line,) = [one for one in capsys.readouterr().out.splitlines() if f"path='{PATH}'" in one]
    assert f"tenant='{tenant.slug}'" in line
    assert "operation='core.openapi'" in line
