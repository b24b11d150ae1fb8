"""Reports: what is wrong with content, and whose it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.testing import Api, Owner

PATH = "/v1/cms/reports"


@pytest.fixture
def asset(owner: Owner, tenant: Any) -> Callable[..., str]:
    """Stores a file that nobody has to look at; its id."""

    def store(name: str, alt: str = "{}") -> str:
        ((found,),) = owner.rows(
            "INSERT INTO cms.assets (tenant_id, id, filename, content_type, size, status, token,"
            " signing_key, alt) VALUES (%s, gen_random_uuid(), %s, 'image/png', 1, 'ready',"
            " gen_random_uuid(), 'k', %s) RETURNING id",
            tenant.tenant_id, name, alt,
        )  # fmt: skip
        return str(found)

    return store


def test_links_that_lead_nowhere(
    api: Api, other_api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any],
    publish: Callable[..., Any], act: Callable[..., Any],
) -> None:  # fmt: skip
    fields = [{"key": "title", "type": "text"}, {"key": "next", "type": "reference"}]
    create_type("note", fields)
    target = publish(create_entry("note", {"title": "Target"}))
    source = publish(create_entry("note", {"title": "Source", "next": target["id"]}))
    assert api.get(f"{PATH}/broken-links").data == []
    act(target, "unpublish")
    (broken,) = api.get(f"{PATH}/broken-links").data
    assert (broken["entryId"], broken["title"]) == (source["id"], "Source")
    assert (broken["targetId"], broken["reason"]) == (target["id"], "unpublished")
    assert other_api.get(f"{PATH}/broken-links").data == []


def test_images_without_a_text_and_files_that_nothing_uses(
    api: Api, other_api: Api, create_type: Callable[..., Any], create_entry: Callable[..., Any],
    asset: Callable[..., str], create_locale: Callable[..., Any],
) -> None:  # fmt: skip
    create_locale("de")
    create_type("note", [{"key": "images", "type": "media", "multiple": True}])
    mute, told, unused = asset("mute.png"), asset("told.png", '{"en": "A dog"}'), asset("no.png")
    create_entry("note", {"images": [mute, told]})

    def names(report: str, **query: Any) -> list[str]:
        return sorted(one["filename"] for one in api.get(f"{PATH}/{report}", params=query).data)

    assert names("missing-alt") == ["mute.png"]
    assert names("missing-alt", locale="de") == ["mute.png", "told.png"]
    assert [one["id"] for one in api.get(f"{PATH}/orphan-media").data] == [unused]
    page = api.get(f"{PATH}/missing-alt", params={"locale": "de", "take": 1})
    rest = api.get(
        f"{PATH}/missing-alt",
        params={"locale": "de", "take": 1, "after": page.meta["next_cursor"]},
    )
    assert {page.data[0]["id"], rest.data[0]["id"]} == {mute, told}
    assert rest.meta["next_cursor"] is None
    for report in ("missing-alt", "orphan-media"):
        assert other_api.get(f"{PATH}/{report}").data == []
