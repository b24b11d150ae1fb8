"""Reports on the health of content: links that lead nowhere, images without a text, files that
nothing uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparx_cms.models.entries import Link
from sparx_cms.schemas.reports import (
    AltQuery,
    BrokenLinkSchema,
    MediaReportSchema,
    ReportMeta,
    ReportQuery,
)
from sparx_cms.types import locales
from sparx_core import Context, Told, ValidationFailed, Values, operation, querying

_BROKEN = """
SELECT l.id, e.id, t.key, d.title, l.locale, l.field, l.target_id,
       CASE WHEN o.trashed THEN 'trashed'
            WHEN o.archived_at IS NOT NULL THEN 'archived' ELSE 'unpublished' END
  FROM cms.links l
  JOIN cms.entries e ON e.id = l.entry_id AND NOT e.trashed
  JOIN cms.content_types t ON t.id = e.content_type_id
  LEFT JOIN cms.search_documents d
    ON d.entry_id = e.id AND d.stage = 'live' AND d.locale = l.locale
  JOIN cms.entries o ON o.id = l.target_id
 WHERE l.stage = 'live' AND (%s::uuid IS NULL OR l.id > %s::uuid)
   AND (o.trashed OR cardinality(o.live_locales) = 0)
 ORDER BY l.id LIMIT %s
"""
_ASSETS = """
SELECT a.id, a.filename, a.content_type, a.size FROM cms.assets a
 WHERE NOT a.trashed AND (%s::uuid IS NULL OR a.id > %s::uuid)
"""
_WITHOUT_ALT = f"""{_ASSETS}
   AND starts_with(a.content_type, 'image/') AND coalesce(a.alt ->> %s, '') = ''
   AND EXISTS (SELECT FROM cms.asset_links u WHERE u.asset_id = a.id)
 ORDER BY a.id LIMIT %s
"""
_ORPHANS = f"""{_ASSETS}
   AND NOT EXISTS (SELECT FROM cms.asset_links u WHERE u.asset_id = a.id)
 ORDER BY a.id LIMIT %s
"""
_LINK = ("id", "entryId", "type", "title", "locale", "fieldId", "targetId", "reason")
_ASSET = ("id", "filename", "contentType", "size")


@querying(ReportQuery, meta=ReportMeta)
@operation(
    "GET",
    "/reports/broken-links",
    name="reports.broken_links",
    module="cms",
    scope="draft:cms",
    answer=BrokenLinkSchema(many=True),
    raises=(),
)
def broken_links(ctx: Context, query: Values) -> Told:
    """References of live entries to entries that are not live: readers see the id alone there."""
    return _page(ctx, _BROKEN, query, (), _LINK)


@querying(AltQuery, meta=ReportMeta)
@operation(
    "GET",
    "/reports/missing-alt",
    name="reports.missing_alt",
    module="cms",
    scope="draft:cms",
    answer=MediaReportSchema(many=True),
    raises=[ValidationFailed],
)
def missing_alt(ctx: Context, query: Values) -> Told:
    """Images that entries use and that have no text, in a language, for who does not see them."""
    known = locales(ctx)
    code = known.chain(query.get("locale") or known.default)[0]
    return _page(ctx, _WITHOUT_ALT, query, (code,), _ASSET)


@querying(ReportQuery, meta=ReportMeta)
@operation(
    "GET",
    "/reports/orphan-media",
    name="reports.orphan_media",
    module="cms",
    scope="draft:cms",
    answer=MediaReportSchema(many=True),
    raises=(),
)
def orphan_media(ctx: Context, query: Values) -> Told:
    """Files that no entry uses, in its draft or live."""
    return _page(ctx, _ORPHANS, query, (), _ASSET)


def _page(ctx: Context, sql: str, query: Values, more: Sequence[Any], names: Sequence[str]) -> Told:
    """The next rows of a report, which is in the order of their ids."""
    after = query.get("after")
    asked = (after, after, *more, query["take"] + 1)
    rows: list[Any] = ctx.all(Link.raw(sql, *asked).tuples())
    shown = [dict(zip(names, row, strict=True)) for row in rows[: query["take"]]]
    return Told(shown, {"next_cursor": shown[-1]["id"] if len(rows) > len(shown) else None})
