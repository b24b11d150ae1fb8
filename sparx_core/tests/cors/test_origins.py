"""The origins of a tenant: in exactly the form of browsers, and each tenant's own."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sparx_core.testing import Api, Owner

PATH = "/v1/origins"
Watch = Callable[[], AbstractContextManager[None]]


ALLOWED = [
    "https://shop.example.com",
    "https://example.com:8443",
    "https://xn--bcher-kva.example",
    "https://192.0.2.1",
    "https://[2001:db8::1]",
    "http://localhost",
    "http://localhost:3000",
    "http://app.localhost:5173",
    "http://127.0.0.1:8080",
    "http://[::1]:8080",
    "https://" + ".".join(["a" * 63] * 3 + ["a" * 61]) + ":65535",
]

NOT_ALLOWED: list[object] = [
    "*",
    "https://*",
    "https://*.example.com",
    "null",
    "",
    "https://",
    "example.com",
    "https://Shop.example.com",
    "HTTPS://shop.example.com",
    "https://shop.example.com/",
    "https://shop.example.com/path",
    "https://shop.example.com?x",
    "https://shop.example.com#x",
    "https://user@shop.example.com",
    "https://shop.example.com:443",
    "http://localhost:80",
    "https://shop.example.com:0",
    "https://shop.example.com:08443",
    "https://shop.example.com:65536",
    "https://shop.example.com:",
    "http://shop.example.com",
    "http://localhost.example.com",
    "http://127.0.0.2",
    "ftp://shop.example.com",
    "https://-shop.example.com",
    "https://shop..example.com",
    "https://shop.example.com.",
    "https://bücher.example",
    "https://shop.example.com ",
    " https://shop.example.com",
    "https://shop.example.com\n",
    "https://shop.example.com\u0000",
    "https://[2001:db8:0::1]",
    "https://[::g]",
    "https://shop_1.example.com",
    "https://" + ".".join(["a" * 63] * 3 + ["a" * 62]),
    "https://a.example.com, https://b.example.com",
    7,
    None,
    ["https://shop.example.com"],
]


def test_origins(api: Api) -> None:
    for origin in ALLOWED:
        made = api.post(PATH, {"origin": origin})
        assert made.status == 201, made.text
        assert made.data["origin"] == origin
    assert [one["origin"] for one in api.get(PATH).data] == ALLOWED[::-1]


def test_what_is_no_origin_is_refused(api: Api, nothing_written: Watch) -> None:
    with nothing_written():
        for origin in NOT_ALLOWED:
            answer = api.post(PATH, {"origin": origin})
            assert (answer.status, answer.error["code"]) == (422, "validation_error"), origin
            assert [one["field"] for one in answer.error["details"]] == ["origin"], origin


def test_an_origin_is_there_once_and_can_be_removed(api: Api, nothing_written: Watch) -> None:
    made = api.post(PATH, {"origin": "https://a.example.com"}).data
    with nothing_written():
        again = api.post(PATH, {"origin": "https://a.example.com"})
    assert (again.status, again.error["code"]) == (409, "conflict")
    assert api.request("PATCH", f"{PATH}/{made['id']}", json={}).status == 405
    assert api.delete(f"{PATH}/{made['id']}").data == {"id": made["id"], "deleted": True}
    assert api.get(PATH).data == []
    assert api.post(PATH, {"origin": "https://a.example.com"}).status == 201


def test_origins_need_the_scopes_of_the_core(api: Api, nothing_written: Watch) -> None:
    body = {"origin": "https://a.example.com"}
    made = api.post("/v1/keys", {"name": "poor", "scopes": ["read:core", "write:probe"]}).data
    poor = api.with_key(made["key"])
    with nothing_written():
        assert poor.post(PATH, body).error["code"] == "insufficient_scope"
        assert api.with_key(None).post(PATH, body).status == 401
    assert poor.get(PATH).data == []


def test_origins_are_each_tenant_s_own(api: Api, other_api: Api, owner: Owner) -> None:
    theirs = other_api.post(PATH, {"origin": "https://theirs.example.com"}).data
    assert api.get(PATH).data == []
    assert api.get(f"{PATH}/{theirs['id']}").status == 404
    assert api.delete(f"{PATH}/{theirs['id']}").status == 404
    assert api.post(PATH, {"origin": "https://theirs.example.com"}).status == 201
    assert len(other_api.get(PATH).data) == 1
    said = owner.rows("SELECT count(*) FROM core.origins WHERE origin LIKE '%theirs.example.com'")
    assert said == [(2,)]
