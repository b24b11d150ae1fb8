"""Lists of a tenant's content look at few entries, where few are found: by slug, by any field."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DatabaseServer, Owner, TenantMaker, open_installation

from .plans import Reader, looked_at

PATH = "/v1/cms/entries"
ENTRIES, SMALLER = 2_000, 500
NOTE: dict[str, Any] = {
    "key": "note",
    "name": "Note",
    "fields": [
        {"key": "title", "type": "text", "localized": True},
        {"key": "slug", "type": "slug"},
        {"key": "words", "type": "integer"},
        {"key": "tags", "type": "text", "multiple": True},
        {"key": "next", "type": "reference", "to": ["note"]},
        {"key": "other", "type": "reference", "to": ["note"]},
        {"key": "more", "type": "reference", "to": ["note"], "multiple": True},
    ],
}
#: All refer to the first ones; every third is in German as well.
FILL = """
INSERT INTO cms.entries (tenant_id, id, content_type_id, draft, live, locales, live_locales,
                         status, published_at, created_by, updated_by)
SELECT t.tenant_id, t.ids[n], t.id, '{}', (
           SELECT jsonb_object_agg(t.f ->> v.key, jsonb_build_object('en', v.value) || CASE
               WHEN n %% 3 = 0 THEN jsonb_build_object('de', v.value) ELSE '{}' END)
             FROM (VALUES
               ('title', to_jsonb('Note ' || n)), ('slug', to_jsonb('note-' || n)),
               ('words', to_jsonb(n)), ('tags', jsonb_build_array('t' || n %% 400, 'all')),
               ('next', to_jsonb(t.ids[1])), ('other', to_jsonb(t.ids[2])),
               ('more', jsonb_build_array(t.ids[3], t.ids[4]))) AS v (key, value)),
       l.codes, l.codes, 'published', now(), 'system', 'system'
  FROM (SELECT k.tenant_id, k.id, ARRAY(SELECT uuidv7() FROM generate_series(1, %s)) AS ids,
               (SELECT jsonb_object_agg(x ->> 'key', x -> 'id')
                  FROM jsonb_array_elements(k.fields) x) AS f
          FROM cms.content_types k WHERE k.tenant_id = %s AND k.key = 'note') t,
       generate_series(1, %s) n
 CROSS JOIN LATERAL (SELECT CASE WHEN n %% 3 = 0 THEN '{de,en}'::text[] ELSE '{en}' END) l (codes)
"""
INCLUDES = "include=next,other,more"


@pytest.fixture(scope="module")
def installation(database_server: DatabaseServer) -> Iterator[Runtime]:
    """One of its own: so many rows would be in everybody's way."""
    with open_installation(database_server) as runtime:
        yield runtime


@pytest.fixture(scope="module")
def reader(installation: Runtime) -> Iterator[Reader]:
    """A client of the larger of two tenants whose content has the same shape."""
    owner = Owner(installation.urls.require_owner())
    make = TenantMaker(installation, ["cms"])
    tenants = [(make("smaller"), SMALLER), (make("larger"), ENTRIES)]
    found = Reader(installation, tenants[1][0].api_key)
    german = {"code": "de", "name": "Deutsch", "fallback": "en"}
    for tenant, entries in tenants:
        api = Api(found.api.app, tenant.api_key)
        assert api.post("/v1/cms/content-types", NOTE).status == 201
        assert api.post("/v1/cms/locales", german).status == 201
        owner.execute(FILL, entries, tenant.tenant_id, entries)
    owner.execute("VACUUM ANALYZE cms.entries")
    owner.execute("VACUUM ANALYZE cms.field_values")
    yield found
    found.close()
    owner.close()


@pytest.mark.parametrize(
    ("query", "matches"),
    [
        ("fields.slug=note-1234", 1),
        (f"fields.slug=note-1234&{INCLUDES}", 1),
        ("fields.slug[in]=note-1,note-2,none", 2),
        ("fields.title[startsWith]=Note 199", 11),
        ("fields.words=77", 1),
        ("fields.words[gte]=1991", 10),
        ("fields.words[lt]=10&sort=-fields.words", 9),
        ("fields.tags[contains]=t7", 5),
        ("fields.words[lt]=9&fields.title=Note 4", 1),
        ("locale=de&fields.slug=note-3", 1),
        ("locale=de&fields.words[gt]=1990", 10),
        ("fields.slug=none", 0),
    ],
)
def test_few_entries_are_looked_at_to_find_few(reader: Reader, query: str, matches: int) -> None:
    found = reader.api.get(PATH, query=f"type=note&{query.replace(' ', '%20')}")
    assert (found.status, found.meta["total"]) == (200, matches), found.text
    for plan in reader.plans("ANALYZE, TIMING OFF, "):
        assert looked_at(plan, ("cms.entries",)) <= 10 * (matches + 1), query


@pytest.mark.parametrize("sort", ["-fields.words", "fields.words", "-fields.title", "fields.slug"])
def test_a_sorted_list_looks_at_few_entries_beside_its_page(reader: Reader, sort: str) -> None:
    params = {"type": "note", "take": "20", "sort": sort}
    found = reader.api.get(PATH, params=params)
    for _ in range(2):
        assert (len(found.data), found.meta["total"]) == (20, ENTRIES), found.text
        (plan, *_) = reader.plans("ANALYZE, TIMING OFF, ")
        assert looked_at(plan, ("cms.entries",)) <= 10 * 21, sort
        found = reader.api.get(PATH, params={**params, "cursor": found.meta["next_cursor"]})


def test_a_list_of_a_type_looks_at_its_page_alone(reader: Reader) -> None:
    """Its total is known, and what it includes is not a statement more."""
    for query, total in (("", ENTRIES), ("&locale=de", ENTRIES), (f"&{INCLUDES}", ENTRIES)):
        found = reader.api.get(PATH, query=f"type=note&take=50{query}")
        assert (len(found.data), found.meta["total"]) == (50, total)
        (plan, *_) = reader.plans("ANALYZE, TIMING OFF, ")
        assert looked_at(plan, ("cms.entries",)) == 51
    shown = found.data[0]["fields"]["more"][1]["fields"]
    assert list(shown) == [one["key"] for one in NOTE["fields"]]
