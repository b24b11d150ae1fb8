"""Parts of the API that go away: who uses them is told, is counted, and is not surprised."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import Any

import pytest

from sparx_core import Deprecated
from sparx_core.db.connection import Database
from sparx_core.deprecation.calls import DeprecatedCalls
from sparx_core.docs import refreshed
from sparx_core.errors import Unavailable
from sparx_core.events.retention import Retention
from sparx_core.events.retention import kept as all_kept
from sparx_core.modules import Installed
from sparx_core.plugin import module as core_module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.surfaces.openapi.changes import breaking_changes
from sparx_core.surfaces.openapi.document import documents_of
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api, DatabaseServer, Owner, open_installation

from .fading import declared as fading

PATH = "/v1/fading/things"
THING = {"name": "x", "size": 3, "parts": []}


def registry_of(module: Installed) -> Registry:
    return Registry([Installed(core_module, "sparx-core", version("sparx-core")), module])


@pytest.fixture(scope="module")
def registry() -> Registry:
    return registry_of(fading.with_all())


@pytest.fixture(scope="module")
def installation(database_server: DatabaseServer, registry: Registry) -> Iterator[Runtime]:
    with open_installation(database_server, registry) as runtime:
        yield runtime


def content_of(registry: Registry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(documents_of(registry).everything().cached.data)
    return found


@pytest.fixture(scope="module")
def document(registry: Registry) -> dict[str, Any]:
    return content_of(registry)


def told(answer: Answer) -> tuple[date, date, list[str]] | None:
    """Since when, until when, and the links; None if the answer says nothing."""
    if "Deprecation" not in answer.headers:
        assert "Sunset" not in answer.headers
        assert "Link" not in answer.headers
        return None
    since = re.fullmatch(r"@(\d+)", answer.headers["Deprecation"])
    assert since is not None
    assert answer.headers["Sunset"].endswith(" 00:00:00 GMT")
    links = answer.headers["Link"].split(", ")
    found = [re.fullmatch(r'<([^>]+)>; rel="deprecation"; type="text/html"', one) for one in links]
    return (
        datetime.fromtimestamp(int(since[1]), UTC).date(),
        parsedate_to_datetime(answer.headers["Sunset"]).date(),
        [one[1] for one in found if one is not None],
    )


def of(deprecated: Deprecated, link: str) -> tuple[date, date, list[str]]:
    return deprecated.since, deprecated.sunset, [link]


THINGS = "/docs/reference/fading#fading.things"

# -- headers -----------------------------------------------------------------------------------


def test_an_operation_says_so_and_works_on_after_its_sunset(api: Api) -> None:
    answer = api.get("/v1/fading/sizes")
    assert answer.data == {"sizes": []}
    assert fading.OPERATION.sunset < datetime.now(UTC).date()
    assert told(answer) == of(fading.OPERATION, "/docs/reference/fading#fading.sizes")
    assert answer.headers["Deprecation"] == "@1740787200"
    assert answer.headers["Sunset"] == "Mon, 01 Sep 2025 00:00:00 GMT"


def test_an_action_says_so_also_when_it_refuses(api: Api) -> None:
    made = api.post(PATH, THING).data
    action = f"{PATH}/{made['id']}/shrink"
    assert told(api.post(action, {"by": 1})) == of(fading.ACTION, "/notes/shrink")
    assert told(api.post(action, {"by": -1})) == of(fading.ACTION, "/notes/shrink")
    assert told(api.post(f"{PATH}/none/shrink", {"by": 1})) == of(fading.ACTION, "/notes/shrink")
    assert told(api.with_key(None).post(action, {"by": 1})) == of(fading.ACTION, "/notes/shrink")


def test_what_stays_says_nothing(api: Api) -> None:
    made = api.post(PATH, THING)
    for answer in (
        made,
        api.get(PATH),
        api.get(f"{PATH}/{made.data['id']}"),
        api.get(PATH, params={"fields": "name,parts.label", "name": "x", "size": 3}),
        api.get(PATH, params={"size[lte]": 3}),
        api.request("PATCH", f"{PATH}/{made.data['id']}", json={"name": "nickname"}),
        api.get("/v1/me"),
        api.get("/v1/nothing"),
    ):
        assert told(answer) is None, answer.text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"nickname": "y"}, fading.FIELD),
        ({"nickname": None}, fading.FIELD),
        ({"twinId": None}, fading.TWIN),
        ({"parts": [{"label": "a"}, {"label": "b", "tag": "t"}]}, fading.TAG),
        ({"parts": [{"label": "a", "tag": 7}]}, fading.TAG),
        ({"parts": [{"label": "a"}]}, None),
        ({"parts": "nickname"}, None),
    ],
)
def test_a_field_that_is_sent(api: Api, body: dict[str, Any], expected: Deprecated | None) -> None:
    answer = api.post(PATH, {**THING, **body})
    assert answer.status in (201, 422)
    assert told(answer) == (None if expected is None else of(expected, f"{THINGS}.create"))


def test_a_field_of_an_input_and_several_at_once(api: Api) -> None:
    made = api.post(PATH, THING).data
    changed = api.request("PATCH", f"{PATH}/{made['id']}", json={"nickname": "n", "twinId": None})
    # Both are told of: the first to be deprecated, the first to go.
    assert told(changed) == of(fading.FIELD, f"{THINGS}.update")
    shrunk = api.post(f"{PATH}/{made['id']}/shrink", {"by": 1, "reason": "r"})
    since, sunset, links = told(shrunk) or pytest.fail("nothing was told")
    assert (since, sunset) == (fading.ACTION.since, fading.ACTION.sunset)
    assert links == ["/notes/shrink", f"{THINGS}.shrink"]


def test_a_field_that_is_sent_in_a_batch(api: Api) -> None:
    def items(**more: Any) -> dict[str, Any]:
        entry = {"op": "create", "data": {"name": "x", "size": 1, **more}}
        return {"items": [{"op": "create", "data": {"name": "y", "size": 1}}, entry]}

    plain, used = (api.post(f"{PATH}/batch", items(**one)) for one in ({}, {"nickname": "n"}))
    assert (plain.status, used.status) == (200, 200), used.text
    assert told(plain) is None
    assert told(used) == of(fading.FIELD, f"{THINGS}.create")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"fields": "id,nickname"}, fading.FIELD),
        ({"fields": "parts.tag"}, fading.TAG),
        ({"fields": "*,twinId"}, fading.TWIN),
        ({"include": "twin"}, fading.TWIN),
        ({"fields": "twin.nickname", "include": "twin"}, fading.FIELD),
        ({"nickname": "n"}, fading.FIELD),
        ({"nickname[in]": "n,m"}, fading.FIELD),
        ({"size[gte]": "1"}, fading.PARAMETER),
        ({"size": "1"}, None),
        ({"fields": "*"}, None),
    ],
)
def test_what_is_asked_for(api: Api, query: dict[str, str], expected: Deprecated | None) -> None:
    answer = api.get(PATH, params=query)
    assert answer.status == 200, answer.text
    assert told(answer) == (None if expected is None else of(expected, f"{THINGS}.list"))


# -- counts ------------------------------------------------------------------------------------


def listed(api: Api, installation: Runtime) -> dict[str, Any]:
    """What goes away, by kind and name, with what was counted so far."""
    installation.deprecated_calls.flush()
    found = api.get("/v1/deprecations")
    assert found.status == 200, found.text
    return {f"{one['kind']} {one['name']}": one for one in found.data}


def test_what_goes_away_is_listed_soonest_first(api: Api, installation: Runtime) -> None:
    found = listed(api, installation)
    assert list(found) == [
        "operation fading.sizes",
        "operation fading.things.shrink",
        "field fading.things.nickname",
        "parameter fading.things.nickname",
        "field fading.things.parts.tag",
        "field fading.things.twin",
        "field fading.things.twinId",
        "field fading.things.shrink.reason",
        "parameter fading.things.size[gte]",
        "event thing.made",
    ]
    assert found["operation fading.sizes"] == {
        "kind": "operation",
        "name": "fading.sizes",
        "since": "2025-03-01",
        "sunset": "2025-09-01",
        "replacement": "`GET /v1/fading/things`",
        "link": "/docs/reference/fading#fading.sizes",
        "calls": 0,
        "callers": [],
    }


def test_calls_are_counted_by_key_and_operation(
    api: Api, other_api: Api, installation: Runtime, tenant: NewTenant
) -> None:
    made = api.post("/v1/keys", {"name": "second", "scopes": ["read:fading", "read:core"]}).data
    second = api.with_key(made["key"])
    for client, times in ((api, 3), (second, 2), (other_api, 5)):
        for _ in range(times):
            assert client.get("/v1/fading/sizes").status == 200
    api.post(PATH, {**THING, "nickname": "n"})
    api.get(PATH, params={"fields": "nickname"})
    api.with_key(None).get("/v1/fading/sizes")
    today = datetime.now(UTC).date().isoformat()
    me = api.get("/v1/me").data["actor"]

    def called(key_id: str, name: str, operation: str, calls: int) -> dict[str, Any]:
        return {"keyId": key_id, "keyName": name, "operation": operation, "calls": calls,
                "lastCalledOn": today}  # fmt: skip

    found = listed(api, installation)
    assert found["operation fading.sizes"]["calls"] == 5
    assert found["operation fading.sizes"]["callers"] == [
        called(me["id"], me["name"], "fading.sizes", 3),
        called(made["id"], "second", "fading.sizes", 2),
    ]
    by_field = found["field fading.things.nickname"]["callers"]
    assert sorted(by_field, key=lambda one: one["operation"]) == [
        called(me["id"], me["name"], "fading.things.create", 1),
        called(me["id"], me["name"], "fading.things.list", 1),
    ]
    assert listed(other_api, installation)["operation fading.sizes"]["calls"] == 5
    # Again, to be added to what is stored.
    api.get("/v1/fading/sizes")
    assert listed(api, installation)["operation fading.sizes"]["calls"] == 6


def test_counts_need_a_scope_and_an_active_module(
    api: Api, installation: Runtime, deactivate: Any
) -> None:
    made = api.post("/v1/keys", {"name": "poor", "scopes": ["read:fading"]}).data
    assert api.with_key(made["key"]).get("/v1/deprecations").error["code"] == "insufficient_scope"
    deactivate("fading")
    assert listed(api, installation) == {}


def test_old_counts_go(api: Api, installation: Runtime, owner: Owner, tenant: NewTenant) -> None:
    kept = "SELECT current_date - day FROM core.deprecated_calls WHERE tenant_id = %s ORDER BY 1"
    (retained,) = [one for one in all_kept(installation.settings) if one.name == "deprecated_calls"]
    dispatch = Database(installation.urls.dispatch)
    for days in (401, 400, 0):
        api.get("/v1/fading/sizes")
        installation.deprecated_calls.flush()
        owner.execute(
            "UPDATE core.deprecated_calls SET day = day - %s"
            " WHERE tenant_id = %s AND day = current_date",
            *(days, tenant.tenant_id),
        )
    assert owner.rows(kept, tenant.tenant_id) == [(0,), (400,), (401,)]
    assert Retention(dispatch, []).delete(retained) == 1
    dispatch.close()
    assert owner.rows(kept, tenant.tenant_id) == [(0,), (400,)]


def test_counts_of_nobody_s_key_are_not_stored(
    api: Api, installation: Runtime, owner: Owner, tenant: NewTenant, other_tenant: NewTenant
) -> None:
    mine = api.get("/v1/me").data["actor"]["id"]
    for slug, key in (
        (other_tenant.slug, mine),
        ("nobody", mine),
        (tenant.slug, str(other_tenant.tenant_id)),
    ):
        installation.deprecated_calls.note(slug, key, "fading.sizes", ["operation:fading.sizes"])
    installation.deprecated_calls.flush()
    for one in (tenant, other_tenant):
        assert owner.count("core.deprecated_calls", one.tenant_id) == 0


def test_counts_wait_for_the_database(
    installation: Runtime, api: Api, monkeypatch: pytest.MonkeyPatch, owner: Owner,
    tenant: NewTenant,
) -> None:  # fmt: skip
    calls = DeprecatedCalls(installation.database)
    key = api.get("/v1/me").data["actor"]["id"]
    calls.note(tenant.slug, key, "fading.sizes", ["operation:fading.sizes"])

    def gone(*arguments: Any) -> Any:
        raise Unavailable

    with monkeypatch.context() as broken:
        broken.setattr(installation.database, "call", gone)
        calls.flush()
    calls.note(tenant.slug, key, "fading.sizes", ["operation:fading.sizes"])
    calls.flush()
    assert owner.rows(
        "SELECT calls FROM core.deprecated_calls WHERE tenant_id = %s", tenant.tenant_id
    ) == [(2,)]


# -- documents ---------------------------------------------------------------------------------


def test_openapi_marks_it(document: dict[str, Any]) -> None:
    sizes = document["paths"]["/v1/fading/sizes"]["get"]
    marks = fading.OPERATION.marks()
    assert marks == {"deprecated": True, "x-deprecated-since": "2025-03-01",
                     "x-sunset": "2025-09-01",
                     "x-replacement": "`GET /v1/fading/things`"}  # fmt: skip
    assert {name: sizes.get(name) for name in marks} == marks
    assert {"Deprecation", "Sunset", "Link"} <= sizes["responses"]["200"]["headers"].keys()
    schemas = document["components"]["schemas"]
    for name in ("FadingThing", "FadingThingSelection", "FadingThingCreate", "FadingThingUpdate"):
        gone = {key for key, one in schemas[name]["properties"].items() if one.get("deprecated")}
        assert gone == {"nickname", "twinId"}, name
        assert schemas[name]["properties"]["nickname"]["x-sunset"] == "2099-01-01"
    parameters = document["paths"][PATH]["get"]["parameters"]
    gone = {one["name"] for one in parameters if one.get("deprecated")}
    assert gone == {"size[gte]", *(one["name"] for one in parameters
                                   if one.get("name", "").startswith("nickname"))}  # fmt: skip
    assert "nickname[in]" in gone
    events = {one["type"]: one for one in document["x-sparx-events"]}
    assert events["thing.made"]["x-sunset"] == "2099-06-01"
    assert "deprecated" not in events["thing.changed"]
    assert "deprecated" not in document["paths"][PATH]["get"]


def test_pages_show_it(anonymous: Api, registry: Registry) -> None:
    reference = anonymous.get("/docs/reference/fading").text
    mark = '<span class="need deprecated">deprecated</span>'
    since = f"{mark} since 2025-03-01, promised until 2025-09-01."
    assert f"{since} Use <code>GET /v1/fading/things</code>." in reference
    assert reference.count(f"{mark} since 2026-01-01") > 1, "the field, where it is sent and shown"
    assert f"{mark} since 2026-06-01" in anonymous.get("/docs/events").text
    assert mark in anonymous.get("/docs/reference").text
    for part in ("endpoints:fading", "resource:fading.things", "events"):
        page = refreshed(f"<!-- generated: {part} -->\n<!-- end -->", registry)
        assert "**Deprecated since 202" in page, part


# -- E8: removing it ---------------------------------------------------------------------------


def test_removing_it_breaks_until_its_sunset_is_over(document: dict[str, Any]) -> None:
    after = content_of(registry_of(fading.without()))

    def broken(today: date) -> set[str]:
        found = breaking_changes(document, after, today)
        return {one for one in found if "fading" in one or "thing" in one}

    early = broken(date(2025, 9, 1))
    assert "GET /v1/fading/sizes: removed before its sunset, 2025-09-01" in early
    assert "event thing.made: removed before its sunset, 2099-06-01" in early
    assert f"GET {PATH}: parameter size[gte]: removed before its sunset, 2099-05-01" in early
    assert f"POST {PATH}: body.nickname: removed before its sunset, 2099-01-01" in early
    later = broken(date(2025, 9, 2))
    assert early - later == {"GET /v1/fading/sizes: removed before its sunset, 2025-09-01"}
    # What was never deprecated breaks for ever.
    last = broken(date(2099, 12, 31))
    assert last
    assert not [one for one in last if "nickname" in one or "sizes" in one or "made" in one]
    assert f"POST {PATH}: body.parts: removed" in last
    assert f"GET {PATH}: parameter size: removed" in last


def test_a_deprecation_that_is_not_in_the_baseline_does_not_count(document: dict[str, Any]) -> None:
    """Marked and removed between two releases: nobody was told."""
    unmarked = json.loads(json.dumps(document))
    del unmarked["paths"]["/v1/fading/sizes"]["get"]["deprecated"]
    after = content_of(registry_of(fading.without()))
    found = breaking_changes(unmarked, after, date(2100, 1, 1))
    assert "GET /v1/fading/sizes: removed" in found


# -- declarations ------------------------------------------------------------------------------


def test_a_sunset_is_far_enough_away() -> None:
    assert Deprecated(since=date(2026, 1, 1), sunset=date(2026, 6, 30)).marks()["deprecated"]
    with pytest.raises(ValueError, match="2026-06-30 at the earliest, and not 2026-06-29"):
        Deprecated(since=date(2026, 1, 1), sunset=date(2026, 6, 29))


@pytest.mark.parametrize("link", ["/a>b", "/a b", '/a"', "/a\r\nX: y"])
def test_a_link_is_a_link(link: str) -> None:
    with pytest.raises(ValueError, match="is no link"):
        Deprecated(since=date(2026, 1, 1), sunset=date(2027, 1, 1), link=link)


def test_what_is_not_there_cannot_go_away() -> None:
    things = fading.Resource("things", fading.Thing, fading.ThingSchema, filters=("name",))
    with pytest.raises(KeyError, match="shrink"):
        things.deprecate("shrink", fading.ACTION)
    with pytest.raises(ValueError, match=r"fading.things has no parameter size\[gte\]"):
        things.deprecate_parameter("size[gte]", fading.PARAMETER)
