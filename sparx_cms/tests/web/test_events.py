"""What is told of menus, sites, taxonomies and terms."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from sparx_core.testing import Api

_TERM = {"name": "Diesel"}
_CASES = [
    ("menus", "menu", {"key": "main", "name": "Main"}, {"name": "Other"}),
    ("sites", "site", {"host": "www.example.com", "title": "A"}, {"title": "B"}),
    ("taxonomies", "taxonomy", {"key": "t", "name": "T", "pluralName": "Ts"}, {"name": "U"}),
    ("terms", "term", _TERM, {"name": "Petrol"}),
]


@pytest.fixture
def told(owner: Any, tenant: Any) -> Callable[[str], list[tuple[str, Any]]]:
    """The events of a kind of thing, in their order, with what they show."""

    def read(noun: str) -> list[tuple[str, Any]]:
        rows = owner.rows(
            "SELECT type, data FROM core.events WHERE tenant_id = %s AND type LIKE %s"
            " ORDER BY position",
            tenant.tenant_id,
            f"{noun}.%",
        )
        return [(name.partition(".")[2], data) for name, data in rows]

    return read


@pytest.mark.parametrize(("place", "noun", "body", "change"), _CASES)
def test_each_change_is_told_once(
    api: Api,
    told: Callable[[str], list[tuple[str, Any]]],
    nothing_written: Callable[[], AbstractContextManager[None]],
    place: str,
    noun: str,
    body: dict[str, Any],
    change: dict[str, Any],
) -> None:
    if noun == "term":
        tree = api.post("/v1/cms/taxonomies", {"key": "t", "name": "T", "pluralName": "Ts"})
        body = {**body, "taxonomyId": tree.data["id"]}
    path = f"/v1/cms/{place}"
    made = api.post(path, body).data
    assert api.patch(f"{path}/{made['id']}", change).data["version"] == 2
    with nothing_written():
        assert api.patch(f"{path}/{made['id']}", change).data["version"] == 2
        assert api.post(path, {**body, "id": "x"}).status == 422
    assert api.delete(f"{path}/{made['id']}").status == 200
    (name,) = change
    assert [(one, data[name]) for one, data in told(noun)] == [
        *(("created", body[name]), ("updated", change[name]), ("deleted", change[name])),
    ]


def test_events_do_not_tell_what_menus_lead_to(
    api: Api, told: Callable[[str], list[tuple[str, Any]]]
) -> None:
    items = [{"label": "Our secret", "url": "/soon"}]
    made = api.post("/v1/cms/menus", {"key": "main", "name": "Main", "items": items})
    assert made.status == 201
    ((_, shown),) = told("menu")
    assert shown["key"] == "main"
    assert "secret" not in str(shown)
