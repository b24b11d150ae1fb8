"""The other surfaces: GraphQL, tools of agents, webhooks, the files of a site, previews."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_client_schema,
    get_introspection_query,
    get_named_type,
    is_required_argument,
)

from sparx_core.runtime import Runtime
from sparx_core.testing import Answer, Api

from .test_readers import told
from .workshop import CMS, ENTRIES, SECRET, Workshop

_DEPTH = 3


def ask(api: Api, query: str, **variables: Any) -> Any:
    return api.post("/graphql", {"query": query, "variables": variables})


def fields_of(schema: GraphQLSchema, field: GraphQLField, depth: int) -> str | None:
    """A selection of all that a field has, with what it leads to; None if it goes too deep."""
    of = get_named_type(field.type)
    if not isinstance(of, (GraphQLObjectType, GraphQLInterfaceType)):
        return ""
    if depth == 0:
        return None
    parts = []
    for name, one in of.fields.items():
        if any(map(is_required_argument, one.args.values())):
            continue
        inside = fields_of(schema, one, depth - 1)
        if inside is not None:
            parts.append(f"{name} {inside}".strip())
    return f"{{ {' '.join(parts)} }}" if parts else None


@pytest.fixture(scope="module")
def schema(workshop: Workshop) -> GraphQLSchema:
    answer = ask(workshop.api, get_introspection_query())
    return build_client_schema(answer.json["data"])


def roots(schema: GraphQLSchema) -> Iterator[tuple[str, GraphQLField]]:
    assert schema.query_type is not None
    for name, field in schema.query_type.fields.items():
        if name.startswith("cms"):
            yield name, field


def test_no_root_of_graphql_tells_of_drafts(
    schema: GraphQLSchema, workshop: Workshop, site: Api
) -> None:
    """Each root whole, three levels deep, for each id that somebody could guess."""
    ids = [one for one in workshop.hidden.values() if not one.startswith("lnk_")]
    answered, leaked = 0, {}
    for name, field in roots(schema):
        needed = [one for one, argument in field.args.items() if is_required_argument(argument)]
        inside = fields_of(schema, field, _DEPTH)
        if needed not in ([], ["id"]) or inside is None:
            continue
        for id in ids if needed else [None]:
            arguments = f'(id: "{id}")' if id else ""
            answer = ask(site, f"{{ {name}{arguments} {inside} }}")
            assert answer.status < 500, (name, answer.text)
            answered += '"data":{' in answer.text
            found = [one for one in workshop.secrets() if one in answer.text and one != id]
            if found:
                leaked[name] = (found, answer.text[:1000])
    assert answered > 10
    assert not leaked


def test_views_of_drafts_are_refused_by_graphql(workshop: Workshop, site: Api) -> None:
    draft = workshop.hidden["draft"]
    for query in (
        '{ cmsEntries(status: "draft") { items { id title } } }',
        '{ cmsNotes(status: "draft") { items { id title } } }',
        '{ cmsNotes(status: "archived") { items { id title } total } }',
        f'{{ cmsEntry(id: "{draft}", status: "draft") {{ id title }} }}',
        f'{{ cmsNote(id: "{draft}", status: "draft") {{ id title }} }}',
        "{ cmsRevisions { items { id } } }",
        "{ cmsComments { items { id body } } }",
        "{ cmsReleases { total } }",
    ):
        answer = ask(site, query)
        (error, *_) = answer.json["errors"]
        assert SECRET not in answer.text
        assert draft not in answer.text.replace(query, "")
        assert "draft:cms" in str(error) or "insufficient_scope" in str(error), (query, answer.text)


def test_orders_of_graphql_are_of_what_is_live(workshop: Workshop, site: Api) -> None:
    query = "{ cmsNotes(orderBy: {fields: {rank: ASC}}) { total items { id } } }"
    shown = ask(site, query).json["data"]["cmsNotes"]
    ranked = [workshop.shown["entry"]["id"], workshop.shown["other"]["id"]]
    assert (shown["total"], [one["id"] for one in shown["items"]]) == (2, ranked)
    query = "{ cmsNotes(where: {fields: {rank: {eq: 9}}}) { total items { id } } }"
    assert ask(site, query).json["data"]["cmsNotes"] == {"total": 0, "items": []}


def test_nobody_subscribes_to_what_he_may_not_read(
    workshop: Workshop, site: Api, keyed: Callable[..., Api]
) -> None:
    """A webhook is a way to read: of reviews, plans and what is said, as of all else."""
    writer = ("read:cms", "read:core", "write:core")
    body = {"url": "https://hooks.example.com/", "events": ["content.review.approved"]}
    for pattern in ("content.review.approved", "content.*", "content.release.created", "*"):
        refused = keyed(*writer).post("/v1/webhooks/subscriptions", {**body, "events": [pattern]})
        assert (refused.status, refused.error["code"]) == (403, "insufficient_scope"), refused.text
    for scopes, pattern in (
        (writer, "content.entry.published"), ((*writer, "draft:cms"), "content.*"),
    ):  # fmt: skip
        made = keyed(*scopes).post("/v1/webhooks/subscriptions", {**body, "events": [pattern]})
        assert made.status == 201, made.text


def test_files_of_a_site_have_what_is_live(workshop: Workshop, anonymous: Api) -> None:
    link = workshop.shown["site"]["linkPath"]
    for path in ("sitemap", "rss?type=note", "robots"):
        answer = anonymous.get(f"{link}/{path}")
        assert answer.status == 200, answer.text
        assert ("open" in answer.text) == (path != "robots")
        assert not [one for one in workshop.secrets() if one in told(answer)]


def test_a_preview_shows_one_entry_and_opens_nothing_else(
    workshop: Workshop, anonymous: Api
) -> None:
    draft, shown = workshop.hidden["draft"], workshop.shown["entry"]["id"]
    token = workshop.hidden[f"token {draft}"]
    seen = anonymous.get(f"{CMS}/public/previews/{token}")
    assert seen.data["entry"]["id"] == draft
    assert "Changed" not in seen.text  # the draft that it refers to is told by its id alone
    assert seen.data["entry"]["fields"]["friend"] == {"id": shown}
    for path in (
        f"{CMS}/public/assets/{token}/file", f"{CMS}/public/sites/{token}/sitemap",
        f"{CMS}/public/previews/{token}x", f"{CMS}/public/previews/{draft}",
    ):  # fmt: skip
        assert anonymous.get(path).status == 404, path
    for path in (f"{ENTRIES}/{draft}", ENTRIES):
        assert workshop.api.with_key(token).get(path, params={"status": "draft"}).status == 401


def call(api: Api, tool: str, **arguments: Any) -> Answer:
    """What a tool answers an agent that has this key."""
    prefix = "io.modelcontextprotocol/"
    params = {
        "_meta": {
            f"{prefix}protocolVersion": "2026-07-28",
            f"{prefix}clientCapabilities": {},
            f"{prefix}clientInfo": {"name": "tests", "version": "1"},
        },
        "name": tool,
        "arguments": arguments,
    }
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = {
        "MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": tool,
    }  # fmt: skip
    return api.post("/mcp", body, headers=headers)


def test_tools_of_agents_tell_of_no_draft(
    installation: Runtime, workshop: Workshop, site: Api
) -> None:
    """Every resource listed, and got by every id that an agent could guess."""
    pytest.importorskip("sparx_ai")
    names = [
        one.name
        for one in installation.registry.resources.values()
        if one.module == "cms" and one.exposed
    ]
    answered = 0
    for name in names:
        listed = call(site, "cms_list", resource=name)
        assert listed.status == 200
        answered += '"items"' in listed.text
        assert not [one for one in workshop.secrets() if one in listed.text], listed.text
        drafts = call(site, "cms_list", resource=name, where={"status": "draft"})
        assert not [one for one in workshop.secrets() if one in drafts.text], drafts.text
        for id in workshop.hidden.values():
            for query in ({}, {"status": "draft"}):
                got = call(site, "cms_get", resource=name, id=id, query=query)
                leaked = [one for one in workshop.secrets() if one in got.text and one != id]
                assert not leaked, got.text
    assert answered > 5
