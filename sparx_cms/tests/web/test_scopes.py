"""What a key of a site may read: what is live, and nothing of what is being worked on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api, Owner


@pytest.fixture
def desk(api: Api) -> Callable[..., Api]:
    """A client with a key of these scopes."""

    def client(*scopes: str) -> Api:
        made = api.post("/v1/keys", {"name": "Desk", "scopes": list(scopes)})
        assert made.status == 201, made.text
        return api.with_key(made.data["key"])

    return client


def test_a_site_reads_what_is_live(
    api: Api, desk: Callable[..., Api], page: Callable[..., Any], draft: Callable[..., Any]
) -> None:
    page("Known", slug="known")
    hidden = draft("Secret", slug="secret")
    items = [{"label": "Secret plans", "entryId": hidden["id"]}]
    menu = api.post("/v1/cms/menus", {"key": "main", "name": "Main", "items": items}).data
    site = desk("read:cms")
    for path in ("menus/by-key/main", "search?q=secret", "sync?locale=en", "redirects"):
        answer = site.get(f"/v1/cms/{path}")
        assert answer.status == 200, answer.text
        assert "Secret" not in answer.text
    for path in ("menus", f"menus/{menu['id']}", "reports/broken-links", "reports/orphan-media"):
        assert site.get(f"/v1/cms/{path}").error["code"] == "insufficient_scope"


def test_a_site_writes_nothing(
    desk: Callable[..., Api], nothing_written: Callable[[], AbstractContextManager[None]]
) -> None:
    site = desk("read:cms", "draft:cms")
    with nothing_written():
        for path, body in (
            ("redirects", {"fromPath": "/a", "toPath": "/b"}),
            ("menus", {"key": "main", "name": "Main"}),
            ("taxonomies", {"key": "t", "name": "T", "pluralName": "T"}),
            ("sites", {"host": "www.example.com", "title": "T"}),
        ):
            assert site.post(f"/v1/cms/{path}", body).error["code"] == "insufficient_scope"


def test_search_functions_read_the_text_and_write_none(owner: Owner, api: Api) -> None:
    policies = (
        "SELECT polcmd::text FROM pg_policy WHERE polname = 'owner'"
        " AND polrelid = 'cms.search_documents'::regclass"
    )
    assert owner.rows(policies) == [("r",)]
