"""The page for people works without any other server; the schema is there as text."""

from __future__ import annotations

import re
from collections.abc import Callable

from graphql import build_schema

from sparx_core.testing import Api

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_a_browser_gets_a_page_with_all_that_it_needs(anonymous: Api) -> None:
    page = anonymous.get("/graphql", headers=BROWSER)
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "Accept" in page.headers["vary"]
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"https?:|\*|script-src[^;]*unsafe", policy)
    needed = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert "/graphql/assets/graphiql.js" in needed
    for path in needed:
        assert path.startswith("/"), "from elsewhere"
        if path.startswith("/graphql/assets/"):
            asset = anonymous.get(path)
            assert asset.status == 200
            assert len(asset.body) > 100
            assert asset.headers["content-type"].startswith(("text/css", "text/javascript"))
            known = anonymous.get(path, headers={"If-None-Match": asset.headers["etag"]})
            assert (known.status, known.body) == (304, b"")
        if path.endswith(".css"):
            assert re.findall(r"@import|url\((?!\"?data:)", asset.text) == []


def test_whoever_asks_something_is_answered_and_sees_no_page(api: Api, anonymous: Api) -> None:
    answer = api.get("/graphql", query="query=%7B__typename%7D", headers=BROWSER)
    assert answer.json["data"] == {"__typename": "Query"}
    assert anonymous.get("/graphql").status == 401
    assert anonymous.get("/graphql", headers={"Accept": "application/json"}).status == 401


def test_there_are_no_other_assets(anonymous: Api) -> None:
    for name in ("LICENSES.txt", "README.md", "..%2Fpage.py", "nothing.js"):
        assert anonymous.get(f"/graphql/assets/{name}").status == 404


def test_schema_as_text(anonymous: Api, api: Api, deactivate: Callable[..., None]) -> None:
    whole = api.get("/v1/graphql/schema")
    assert whole.headers["content-type"] == "text/plain; charset=utf-8"
    queries = build_schema(whole.text).query_type
    assert queries is not None
    assert {"probeProbes", "addonExtras"} <= queries.fields.keys()
    deactivate("addon")
    mine = api.get("/v1/graphql/schema").text
    assert "probeProbes" in mine
    assert "addonExtra" not in mine
    assert "AddonExtra" not in mine
    known = api.get(
        "/v1/graphql/schema",
        headers={"If-None-Match": api.get("/v1/graphql/schema").headers["etag"]},
    )
    assert known.status == 304
    for stranger in (anonymous, anonymous.with_key("sk_live_wrong")):
        assert stranger.get("/v1/graphql/schema").error["code"] == "unauthorized"
    assert api.get("/v1/graphql/schema", query="x=1").status == 400
