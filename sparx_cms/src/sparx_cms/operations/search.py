"""Full-text search over what is live, and keeping the text that is searched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sparx_cms.entries.relocating import relocate
from sparx_cms.models.entries import Entry
from sparx_cms.models.search import SearchDocument
from sparx_cms.schemas.search import MAX_WORDS, SearchHitSchema, SearchQuery
from sparx_cms.search.indexing import index_draft, index_live
from sparx_cms.syncing.noting import note_change
from sparx_cms.types import content_type, locales
from sparx_core import (
    Context,
    Job,
    JobKind,
    NotFound,
    Progress,
    ValidationFailed,
    Values,
    operation,
    querying,
)

#: Entries of one step of a job.
_STEP = 100
#: The best of the newest that are found: titles count most, and then how often words occur.
_CANDIDATES = 500
_SEARCH = f"""
WITH asked AS (SELECT %s::text[] AS words, %s::text[] AS locales),
found AS (
    SELECT d.*, e.content_type_id, cms.text_language(d.locale) AS language
      FROM asked, LATERAL cms.found_documents(asked.words, 'live', asked.locales, %s) f
      JOIN cms.search_documents d ON d.id = f.document_id
      JOIN cms.entries e ON e.id = d.entry_id AND NOT e.trashed
     WHERE %s::uuid[] IS NULL OR e.content_type_id = ANY (%s::uuid[])
     ORDER BY d.entry_id DESC LIMIT {_CANDIDATES}),
ranked AS (
    SELECT f.*, cms.shown_query(f.language, asked.words) AS query,
           ts_rank(setweight(to_tsvector(f.language, cms.search_words(f.title)), 'A')
                   || setweight(to_tsvector('simple', cms.search_words(f.title)), 'A')
                   || to_tsvector(f.language, cms.search_words(f.text)),
                   cms.shown_query(f.language, asked.words), 1) AS rank
      FROM found f, asked
     ORDER BY rank DESC, f.entry_id DESC, f.locale LIMIT %s)
SELECT r.entry_id, t.key, r.locale, r.title, p.live_path,
       ts_headline(r.language, r.text, r.query, 'StartSel="", StopSel="", MaxWords=30, MinWords=15')
  FROM ranked r
  JOIN cms.content_types t ON t.id = r.content_type_id
  LEFT JOIN cms.entry_locales p ON p.entry_id = r.entry_id AND p.locale = r.locale
 ORDER BY r.rank DESC, r.entry_id DESC, r.locale
"""


@querying(SearchQuery)
@operation(
    "GET",
    "/search",
    name="search",
    module="cms",
    scope="read:cms",
    answer=SearchHitSchema(many=True),
    raises=[NotFound, ValidationFailed],
)
def search(ctx: Context, query: Values) -> list[Values]:
    """Entries as they are live in which every word occurs, the best first: once for each language
    in which they do. What was published before is found, and drafts never are.
    """
    words = query["q"].split()
    if len(words) > MAX_WORDS:
        raise ValidationFailed([("q", f"More than {MAX_WORDS} words.")])
    known = locales(ctx)
    wanted = list(known.all) if query["locale"] == "*" else list(known.chain(query["locale"]))
    types = [str(content_type(ctx, key).id) for key in query["type"]] if "type" in query else None
    # Of one type, the newest of all types could be none.
    newest = _CANDIDATES if types is None else None
    asked = (words, wanted, newest, types, types, query["take"])
    rows: list[Any] = ctx.all(SearchDocument.raw(_SEARCH, *asked).tuples())
    names = ("entryId", "type", "locale", "title", "path", "snippet")
    return [dict(zip(names, row, strict=True)) for row in rows]


def reindex_step(ctx: Context, job: Job) -> Progress:
    """Take up the next entries of a type that changed: the paths of their pages, and their text.
    Readers that keep up are told of them as well.
    """
    type_ = content_type(ctx, UUID(job.options["type"]))
    last = UUID(job.cursor.get("entry", str(UUID(int=0))))
    query: Any = Entry.select(Entry.id).where(
        Entry.content_type == type_.id, Entry.id > last, ~Entry.trashed
    )
    ids = [one.id for one in ctx.all(query.order_by(Entry.id).limit(_STEP))]
    for entry in ctx.lock(Entry, "id", ids):
        relocate(ctx, entry, type_)
        index_draft(ctx, entry, type_, entry.draft)
        index_live(ctx, entry, type_)
        if entry.live_locales:
            note_change(ctx, entry)
    cursor = {"entry": str(ids[-1])} if ids else job.cursor
    return Progress(
        done=len(ids) < _STEP,
        processed=len(ids),
        succeeded=len(ids),
        failed=0,
        changes={"cursor": cursor},
    )


reindexing = JobKind("cms.reindex", reindex_step)
