"""GraphQL over HTTP: methods, media types, parameters, statuses, and who is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

import pytest

from sparx_core.app import create_app
from sparx_core.limits.rate import Rate
from sparx_core.runtime import Runtime
from sparx_core.surfaces.graphql.media import LEGACY, RESPONSE
from sparx_core.tenants import NewTenant
from sparx_core.testing import Answer, Api
from sparx_core.testing.statements import StatementLog

NAMES = "{ probeProbes { items { name } total } }"
MUTATION = 'mutation { probeProbesCreate(input: {name: "two"}) { name } }'
Counting = Callable[[], AbstractContextManager[StatementLog]]


def ask(api: Api, query: str, path: str = "/graphql", **more: Any) -> Answer:
    headers = {"Accept": more.pop("accept", RESPONSE)}
    return api.post(path, {"query": query, **more}, headers=headers)


def code(answer: Answer) -> Any:
    (error,) = answer.json["errors"]
    assert "data" not in answer.json
    return error["extensions"]["code"]


# -- answers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/graphql", "/v1/graphql"])
def test_a_query_is_answered_with_its_cost(api: Api, create_probe: Any, path: str) -> None:
    create_probe("one")
    answer = ask(api, NAMES, path)
    assert answer.status == 200
    assert answer.headers["content-type"] == f"{RESPONSE}; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json == {
        "data": {"probeProbes": {"items": [{"name": "one"}], "total": 1}},
        "extensions": {"cost": {"requested": 51, "maximum": 50_000}},
    }


def test_a_query_by_get(api: Api, create_probe: Any) -> None:
    create_probe("one")
    text = "query Q($n: Int) { probeProbes(take: $n) { items { name } } }"
    variables = quote(json.dumps({"n": 1}))
    answer = api.get("/graphql", query=f"query={quote(text)}&operationName=Q&variables={variables}")
    assert answer.json["data"] == {"probeProbes": {"items": [{"name": "one"}]}}
    assert answer.json["extensions"]["cost"]["requested"] == 2


@pytest.mark.parametrize(
    ("accept", "said"),
    [
        (None, LEGACY),
        ("*/*", LEGACY),
        ("application/*", LEGACY),
        (LEGACY, LEGACY),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, {LEGACY};q=0.9", RESPONSE),
        (f"{LEGACY}, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.2, {LEGACY}", LEGACY),
        (f"{RESPONSE}; charset=utf-8", RESPONSE),
        (f"{LEGACY};q=0, */*", RESPONSE),
    ],
)
def test_media_types(api: Api, accept: str | None, said: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    answer = api.post("/graphql", {"query": "{ __typename }"}, headers=headers)
    assert (answer.status, answer.json["data"]) == (200, {"__typename": "Query"})
    assert answer.headers["content-type"] == f"{said}; charset=utf-8"


def test_nothing_else_is_sent_to_who_accepts_nothing_else(api: Api) -> None:
    for accept in ("text/plain", f"{RESPONSE};q=0, {LEGACY};q=0"):
        answer = ask(api, NAMES, accept=accept)
        assert (answer.status, code(answer)) == (406, "not_acceptable")


@pytest.mark.parametrize(
    "query",
    ["{", "{ nothing }", "{ probeProbes }", "query($id: ID!) { probeProbe(id: $id) { id } }"],
)
def test_what_is_wrong_with_a_document(api: Api, query: str) -> None:
    new, old = ask(api, query), ask(api, query, accept=LEGACY)
    assert (new.status, old.status) == (400, 200)
    assert code(new) == code(old) == "bad_request"


def test_where_a_document_is_wrong(api: Api) -> None:
    (error,) = ask(api, "{\n  nothing }").json["errors"]
    assert error["locations"] == [{"line": 2, "column": 3}]
    assert "nothing" in error["message"]


# -- parameters --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"text"',
        b"[]",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"query": 1}',
        b'{"query": null}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "operationName": {}}',
        b'{"query": "{ __typename }", "extensions": "x"}',
        b'{"query": "{ __typename }", "variabels": {}}',
        b'{"documentId": "md5:1"}',
        b'{"documentId": "sha256:xyz"}',
        b'{"extensions": {"persistedQuery": {"version": 2}}}',
    ],
)
@pytest.mark.parametrize("accept", [LEGACY, RESPONSE])
def test_what_is_no_request(api: Api, body: bytes, accept: str) -> None:
    answer = api.post("/graphql", body=body, headers={"Accept": accept, "Content-Type": LEGACY})
    assert (answer.status, code(answer)) == (400, "bad_request")


def test_what_is_no_request_by_get(api: Api) -> None:
    for query in (
        "query=%7B__typename%7D&query=%7B__typename%7D",
        "query=%7B__typename%7D&variables=%7B",
        "query=%7B__typename%7D&variables=1",
        "query=%7B__typename%7D&more=1",
        "more=1",
    ):
        answer = api.get("/graphql", query=query)
        assert (answer.status, code(answer)) == (400, "bad_request"), query


def test_what_a_page_of_somebody_else_could_make_a_browser_send(
    api: Api, nothing_written: Callable[[], AbstractContextManager[None]]
) -> None:
    body = json.dumps({"query": MUTATION}).encode()
    with nothing_written():
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
            answer = api.post("/graphql", body=body, headers={"Content-Type": kind})
            assert (answer.status, code(answer)) == (415, "unsupported_media_type")
        by_get = api.get("/graphql", params={"query": MUTATION}, headers={"Accept": RESPONSE})
        assert (by_get.status, code(by_get)) == (405, "method_not_allowed")
        assert by_get.headers["allow"] == "POST"


def test_other_methods(api: Api) -> None:
    answer = api.delete("/graphql")
    assert (answer.status, code(answer)) == (405, "method_not_allowed")


def test_which_operation_is_meant(api: Api) -> None:
    text = "query A { a: __typename } query B { b: __typename }"
    assert ask(api, text, operationName="B").json["data"] == {"b": "Query"}
    assert code(ask(api, text)) == "bad_request"
    assert code(ask(api, text, operationName="C")) == "bad_request"
    assert code(ask(api, "fragment a on Query { __typename }")) == "bad_request"


# -- who is answered ---------------------------------------------------------------------------


def test_nobody_is_answered_without_a_key(anonymous: Api, api: Api) -> None:
    revoked = api.post("/v1/keys", {"name": "r", "scopes": ["read:probe"]}).data
    holder = anonymous.with_key(revoked["key"])
    assert ask(holder, "{ __typename }").status == 200
    api.delete(f"/v1/keys/{revoked['id']}")
    for client in (anonymous, anonymous.with_key("sk_live_wrong"), holder):
        for query in ("{ __typename }", "{ __schema { types { name } } }", NAMES, "{ nothing }"):
            answer = ask(client, query)
            assert (answer.status, code(answer)) == (401, "unauthorized"), query
            assert answer.headers["www-authenticate"] == "Bearer"


def test_a_stranger_learns_nothing_from_what_is_refused(anonymous: Api) -> None:
    for body in (b"[", b"{}", b'{"query": "{"}'):
        answer = anonymous.post("/graphql", body=body)
        assert (answer.status, code(answer)) == (401, "unauthorized")


def test_too_many_requests_are_refused_in_the_same_shape(
    installation: Runtime, tenant: NewTenant
) -> None:
    settings = replace(installation.settings, rate_limit_key=Rate(1, 3600), api_processes=1)
    client = Api(create_app(replace(installation, settings=settings)), tenant.api_key)
    assert ask(client, "{ __typename }").status == 200
    answer = ask(client, "{ __typename }")
    assert (answer.status, code(answer)) == (429, "rate_limited")
    assert int(answer.headers["retry-after"]) > 0


def test_a_module_that_is_off(api: Api, deactivate: Callable[..., None]) -> None:
    query = "{ addonExtras { total } }"
    assert ask(api, query).json["data"] == {"addonExtras": {"total": 0}}
    types = '{ __type(name: "AddonExtra") { name } }'
    assert ask(api, types).json["data"] == {"__type": {"name": "AddonExtra"}}
    deactivate("addon")
    answer = ask(api, query)
    assert (answer.status, code(answer)) == (400, "module_disabled")
    assert answer.json["errors"][0]["extensions"]["details"] == {"module": "addon"}
    assert ask(api, types).json["data"] == {"__type": None}


def test_a_module_that_was_switched_on_is_seen_at_once(
    api: Api, activate: Callable[..., None], deactivate: Callable[..., None]
) -> None:
    deactivate("addon")
    assert code(ask(api, "{ addonExtras { total } }")) == "module_disabled"
    activate("addon")
    assert ask(api, "{ addonExtras { total } }").json["data"] == {"addonExtras": {"total": 0}}


# -- limits ------------------------------------------------------------------------------------


def _attacks() -> dict[str, str]:
    deep = "{ probeProbes { items " + "{ notes " * 9 + "{ text }" + "}" * 11
    aliases = " ".join(f"a{number}: name" for number in range(1_000))
    few = " ".join(f"a{number}: name" for number in range(51))
    bomb = "{ probeProbes { items { ...f0 } } } " + " ".join(
        f"fragment f{number} on ProbeProbe {{ {f'...f{number + 1} ' * 10} }}" for number in range(9)
    )
    roots = " ".join(f"m{number}: probeCall" for number in range(5))
    pages = "p{0}: probeProbes(take: 250) {{ items {{ notes {{ text }} }} }}"
    return {
        "depth": deep,
        "aliases": "{ probeProbes { items { " + aliases + " } } }",
        "some aliases": "{ probeProbes { items { " + few + " } } }",
        "cycle": "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "bomb": bomb + " fragment f9 on ProbeProbe { name }",
        "mutations": "mutation { " + roots + " }",
        "cost": "{ " + " ".join(pages.format(number) for number in range(20)) + " }",
        "introspection": "{ __schema { types { "
        + " ".join(f"f{n}: fields {{ type {{ fields {{ name }} }} }}" for n in range(40))
        + " } } }",
    }


@pytest.mark.parametrize("attack", _attacks())
def test_an_attack_is_refused_before_the_database_is_asked(
    api: Api, query_count: Counting, attack: str
) -> None:
    ask(api, "{ __typename }")
    for accept in (LEGACY, RESPONSE):
        with query_count() as log:
            answer = ask(api, _attacks()[attack], accept=accept)
        assert answer.status == 400, answer.text
        assert code(answer) in ("query_too_complex", "query_too_expensive", "bad_request")
        assert log.count == 0, log.statements


def test_a_document_that_is_too_large(api: Api, query_count: Counting) -> None:
    ask(api, "{ __typename }")
    with query_count() as log:
        answer = ask(api, "{ __typename } #" + "x" * 40_000)
    assert (answer.status, code(answer), log.count) == (413, "payload_too_large", 0)


def test_cost_follows_the_size_of_pages(api: Api) -> None:
    def cost(take: int) -> Any:
        answer = ask(
            api,
            "query($n: Int) { probeProbes(take: $n) { items { name } } }",
            variables={"n": take},
        )
        return answer.json["extensions"]["cost"]["requested"]

    assert [cost(10), cost(20), cost(200)] == [11, 21, 201]


def test_the_usual_introspection_is_answered_and_kept(api: Api, query_count: Counting) -> None:
    from graphql import build_client_schema, get_introspection_query

    text = get_introspection_query(input_value_deprecation=True, specified_by_url=True)
    first = ask(api, text)
    schema = build_client_schema(first.json["data"])
    assert "probeProbes" in schema.query_type.fields
    with query_count() as log:
        assert ask(api, text).body == first.body
    assert log.count == 2, log.statements  # whether the key still holds, and the end of that


# -- persisted documents -----------------------------------------------------------------------


def apq(text: str) -> dict[str, Any]:
    digest = sha256(text.encode()).hexdigest()
    return {"persistedQuery": {"version": 1, "sha256Hash": digest}}


def test_a_hash_stands_for_a_document_that_was_sent_once(api: Api, other_api: Api) -> None:
    text = "{ probeProbes { total } }"
    asked = {"extensions": apq(text)}
    unknown = api.post("/graphql", asked)
    assert (unknown.status, code(unknown)) == (200, "persisted_query_not_found")
    assert unknown.json["errors"][0]["message"] == "PersistedQueryNotFound"
    assert api.post("/graphql", asked, headers={"Accept": RESPONSE}).status == 404
    assert api.post("/graphql", {**asked, "query": text}).status == 200
    known = api.post("/graphql", asked)
    assert known.json["data"] == {"probeProbes": {"total": 0}}
    by_id = api.get(
        "/graphql", params={"documentId": f"sha256:{sha256(text.encode()).hexdigest()}"}
    )
    assert by_id.json["data"] == known.json["data"]
    assert code(other_api.post("/graphql", asked)) == "persisted_query_not_found"


def test_a_hash_of_another_document(api: Api) -> None:
    answer = api.post("/graphql", {"query": NAMES, "extensions": apq("{ __typename }")})
    assert (answer.status, code(answer)) == (400, "bad_request")
    assert code(api.post("/graphql", {"extensions": apq("{ __typename }")})) == (
        "persisted_query_not_found"
    )
