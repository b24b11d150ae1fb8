"""The content that is measured: made by SQL in the real tables, as publishing would have left it.

Articles refer to an author, a category, three tags and two other articles; every fourth is in
German as well. All entries are live, and have a draft, a revision, claims, links and text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from benchmarks.installation import Installation
from benchmarks.measure import BenchmarkError

WORDS = (
    *("anchor", "bridge", "candle", "desert", "engine", "feather", "garden", "harbour", "island"),
    *("journal", "kitchen", "lantern", "market", "needle", "orchard", "pepper", "quarry", "ribbon"),
    *("silver", "timber", "umbrella", "valley", "winter", "yellow", "zenith"),
)


@dataclass(frozen=True)
class CmsPlan:
    """``entries`` of one tenant, and ``redirects``; ``neighbours`` have ``beside`` entries each.

    Reads are asked ``times`` in turn, writes ``writes``; a release has ``released`` entries.
    """

    entries: int = 100_000
    redirects: int = 100_000
    neighbours: int = 20
    beside: int = 300
    times: int = 15
    writes: int = 15
    released: int = 200
    schedules: int = 5_000


QUICK_CMS = CmsPlan(
    entries=300,
    redirects=100,
    neighbours=1,
    beside=100,
    times=2,
    writes=2,
    released=5,
    schedules=20,
)

#: The share of each type, in hundredths; the rest are articles.
SHARES = {"author": 2, "category": 1, "tag": 2, "page": 15}
#: The type that has every kind of field that lists are narrowed to.
ARTICLE: dict[str, Any] = {
    "key": "article",
    "name": "Article",
    "pluralName": "Articles",
    "urlPattern": "/articles/{slug}",
    "fields": [
        {"key": "title", "type": "text", "required": True, "localized": True},
        {"key": "slug", "type": "slug", "localized": True, "sourceField": "title"},
        {"key": "body", "type": "richText", "localized": True},
        {"key": "words", "type": "integer"},
        {"key": "price", "type": "decimal"},
        {"key": "day", "type": "date"},
        {"key": "mood", "type": "enum", "options": [{"value": one} for one in ("calm", "wild")]},
        {"key": "author", "type": "reference", "to": ["author"]},
        {"key": "category", "type": "reference", "to": ["category"]},
        {"key": "tags", "type": "reference", "to": ["tag"], "multiple": True},
        {"key": "related", "type": "reference", "to": ["article"], "multiple": True},
    ],
}
_WORD = f"(ARRAY{list(WORDS)!r})[1 + ({{n}}) %% {len(WORDS)}]"
_TEXT = f"""
(SELECT string_agg({_WORD.format(n="g.n * 7 + k * k * (1 + g.n %% 5)")}, ' ' ORDER BY k)
   FROM generate_series(1, 60) k)
"""
_RICH = """
jsonb_build_object('type', 'doc', 'content', jsonb_build_array(jsonb_build_object(
    'type', 'paragraph', 'content', jsonb_build_array(
        jsonb_build_object('type', 'text', 'text', {text})))))
"""
#: A row of each entry: ``n`` counts them from 1 within their type.
_MADE = f"""
CREATE TABLE public.made AS
SELECT t.id AS tenant, t.slug AS tenant_slug, k.id AS type, k.key, g.n, uuidv7() AS id,
       uuidv7() AS revision, k.key = 'article' AND g.n %% 4 = 0 AS german,
       k.key || ' ' || g.n || ' ' || {_WORD.format(n="g.n")} AS title,
       k.key || '-' || g.n AS slug, coalesce(k.url_pattern, '/{{slug}}') AS pattern,
       {_TEXT} AS text,
       (SELECT jsonb_object_agg(f ->> 'key', f -> 'id') FROM jsonb_array_elements(k.fields) f) AS f
  FROM core.tenants t JOIN cms.content_types k ON k.tenant_id = t.id,
       LATERAL generate_series(1, CASE k.key {{sizes}} ELSE 0 END) AS g (n)
"""
_INDEX = "CREATE UNIQUE INDEX ON public.made (tenant, key, n)"


@dataclass(frozen=True)
class _Field:
    """A field of a type: its value in SQL, and in German, if that is another one."""

    key: str
    value: str
    german: str | None = None
    only: str | None = None

    def document(self, *, live: bool) -> str:
        """Its part of a document; ``m`` is the entry."""
        if self.german is None and not live:
            values = f"jsonb_build_object('*', {self.value})"
        else:
            german = self.german or self.value
            values = (
                f"jsonb_build_object('en', {self.value}) ||"
                f" CASE WHEN m.german THEN jsonb_build_object('de', {german}) ELSE '{{}}' END"
            )
        held = f"jsonb_build_object(m.f ->> '{self.key}', {values})"
        return held if self.only is None else f"CASE WHEN {self.only} THEN {held} ELSE '{{}}' END"


def _reference(key: str, expression: str) -> str:
    """The id of the entry of a type whose number is the expression, counted around."""
    return (
        f"(SELECT r.id FROM public.made r WHERE r.tenant = m.tenant AND r.key = '{key}'"
        f" AND r.n = 1 + ({expression}) %% (CASE WHEN m.tenant_slug = 'tenant-0000'"
        f" THEN %(many_{key})s ELSE %(few_{key})s END))"
    )


_IS_ARTICLE, _IS_NAMED = "m.key = 'article'", "m.key IN ('author', 'category', 'tag')"
_PLAIN = "m.key = 'author'"
_FIELDS = (
    _Field("title", "m.title", "'Artikel ' || m.title", f"NOT ({_IS_NAMED})"),
    _Field("name", "m.title", None, _PLAIN),
    _Field("name", "m.title", "m.title", "m.key IN ('category', 'tag')"),
    _Field("slug", "m.slug", None, _PLAIN),
    _Field("slug", "m.slug", "m.slug || '-de'", f"NOT ({_PLAIN})"),
    _Field("body", _RICH.format(text="m.text"), _RICH.format(text="m.text"), f"NOT ({_IS_NAMED})"),
    _Field("words", "100 + (m.n * 37) %% 5000", None, _IS_ARTICLE),
    _Field("price", "round(((m.n * 13) %% 10000)::numeric / 100, 2)", None, _IS_ARTICLE),
    _Field("day", "(date '2020-01-01' + (m.n %% 2000))::text", None, _IS_ARTICLE),
    _Field("mood", "CASE WHEN m.n %% 10 = 0 THEN 'wild' ELSE 'calm' END", None, _IS_ARTICLE),
    _Field("author", _reference("author", "m.n * 31"), None, _IS_ARTICLE),
    _Field("category", _reference("category", "m.n * 17"), None, _IS_ARTICLE),
    _Field(
        "tags",
        "jsonb_build_array({})".format(
            ", ".join(_reference("tag", f"m.n * 5 + {k} * 7") for k in range(3))
        ),
        None,
        _IS_ARTICLE,
    ),
    _Field(
        "related",
        "jsonb_build_array({})".format(
            ", ".join(_reference("article", f"m.n * 3 + {k}") for k in range(2))
        ),
        None,
        _IS_ARTICLE,
    ),
)


def _document(*, live: bool) -> str:
    return " || ".join(f"({one.document(live=live)})" for one in _FIELDS)


_LANGUAGES = "CASE WHEN m.german THEN '{de,en}'::text[] ELSE '{en}' END"
_EACH = f"CROSS JOIN LATERAL unnest({_LANGUAGES}) AS l (code)"
_SLUG = "m.slug || CASE WHEN l.code = 'de' THEN '-de' ELSE '' END"
_BOTH = "CROSS JOIN (VALUES ('draft'), ('live')) AS s (stage)"
_ROWS = (
    f"""
    INSERT INTO cms.entries (tenant_id, id, content_type_id, draft, live, locales, live_locales,
           title, status, published_at, first_published_at, created_by, updated_by)
    SELECT m.tenant, m.id, m.type, {_document(live=False)}, {_document(live=True)}, l.codes,
           l.codes, m.title, 'published', now(), now(), 'system', 'system'
      FROM public.made m CROSS JOIN LATERAL (SELECT {_LANGUAGES} AS codes) l
     ORDER BY m.id
    """,
    """
    INSERT INTO cms.revisions (tenant_id, id, entry_id, number, data, schema_version, kind, author)
    SELECT e.tenant_id, m.revision, e.id, 1, e.draft, 1, 'created', 'system'
      FROM public.made m JOIN cms.entries e ON e.tenant_id = m.tenant AND e.id = m.id
    """,
    f"""
    INSERT INTO cms.entry_locales (tenant_id, id, entry_id, locale, status, live_revision_id,
           live_version, published_at, first_published_at, live_path, path)
    SELECT m.tenant, uuidv7(), m.id, l.code, 'published', m.revision, 1, now(), now(), p.path,
           p.path
      FROM public.made m {_EACH}
     CROSS JOIN LATERAL (SELECT replace(m.pattern, '{{slug}}', {_SLUG}) AS path) p
    """,
    f"""
    INSERT INTO cms.claims (tenant_id, id, entry_id, field, locale, stage, value)
    SELECT m.tenant, uuidv7(), m.id, m.f ->> 'slug',
           CASE WHEN {_PLAIN} AND s.stage = 'draft' THEN '*' ELSE l.code END, s.stage, {_SLUG}
      FROM public.made m {_EACH} {_BOTH}
    """,
    f"""
    INSERT INTO cms.links (tenant_id, id, entry_id, stage, field, locale, position, target_id)
    SELECT m.tenant, uuidv7(), m.id, s.stage, m.f ->> v.key, v.locale, v.place, v.target::uuid
      FROM public.made m JOIN cms.entries e ON e.tenant_id = m.tenant AND e.id = m.id {_BOTH}
     CROSS JOIN LATERAL (
        SELECT k.key, c.locale, x.place, x.target
          FROM unnest(ARRAY['author', 'category', 'tags', 'related']) AS k (key)
         CROSS JOIN LATERAL jsonb_each(
            CASE s.stage WHEN 'live' THEN e.live ELSE e.draft END -> (m.f ->> k.key)
         ) AS c (locale, value)
         CROSS JOIN LATERAL jsonb_array_elements_text(CASE jsonb_typeof(c.value)
            WHEN 'array' THEN c.value ELSE jsonb_build_array(c.value) END)
            WITH ORDINALITY AS x (target, place)) v
     WHERE {_IS_ARTICLE}
    """,
    f"""
    INSERT INTO cms.search_documents (tenant_id, id, entry_id, stage, locale, title, text)
    SELECT m.tenant, uuidv7(), m.id, s.stage, l.code, m.title, m.text
      FROM public.made m {_EACH} {_BOTH}
    """,
    """
    INSERT INTO cms.changes (tenant_id, id, entry, content_type_id)
    SELECT m.tenant, uuidv7(), m.id, m.type FROM public.made m
    """,
    """
    INSERT INTO cms.redirects (tenant_id, id, source, from_path, to_path, arrival)
    SELECT t.id, uuidv7(), '/old/' || n, '/old/' || n, '/articles/article-' || n,
           '/articles/article-' || n
      FROM core.tenants t, generate_series(1, CASE t.slug WHEN 'tenant-0000'
           THEN %(redirects)s ELSE 20 END) n
    """,
)


def sizes(entries: int) -> dict[str, int]:
    """How many entries of each type there are among so many."""
    found = {key: max(3, entries * share // 100) for key, share in SHARES.items()}
    return {**found, "article": entries - sum(found.values())}


def fill(installation: Installation, plan: CmsPlan) -> None:
    """Rows for all tenants, whose types and languages are there: many for the first."""
    many, few = sizes(plan.entries), sizes(plan.beside)
    cases = " ".join(
        f"WHEN '{key}' THEN CASE t.slug WHEN 'tenant-0000' THEN {many[key]} ELSE {few[key]} END"
        for key in many
    )
    installation.execute(_MADE.replace("{sizes}", cases), ())
    installation.execute(_INDEX)
    installation.execute("ANALYZE public.made")
    parameters = {
        "redirects": plan.redirects,
        **{f"many_{key}": count for key, count in many.items()},
        **{f"few_{key}": count for key, count in few.items()},
    }
    for statement in _ROWS:
        installation.execute(statement, parameters)
    ((found,),) = installation.execute(
        "SELECT count(*) FROM cms.entries e JOIN core.tenants t ON t.id = e.tenant_id"
        " WHERE t.slug = 'tenant-0000'"
    )
    if found != plan.entries:
        raise BenchmarkError(f"{found} entries were made, not {plan.entries}")
    installation.settle()
