"""Exports of all that a tenant has in the CMS, in the form that :mod:`sparx_cms.importing.own`
reads: JSON by lines. Each is told by SQL, as everything is that readers are shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sparx_cms.importing.own import VERSION
from sparx_cms.media.places import PUBLIC
from sparx_cms.models.assets import Asset
from sparx_cms.models.content_types import ContentType, Locale
from sparx_cms.models.entries import Entry
from sparx_cms.models.redirects import Redirect
from sparx_core import Context

#: Rows of one transaction, and of one piece of the answer.
AT_ONCE = 200
HEADER = f'{{"line": "space", "format": "sparx-cms", "version": {VERSION}}}\n'
_FIRST = UUID(int=0)

_LOCALES = """
SELECT id, json_build_object('line', 'locale', 'code', code, 'name', name, 'fallback', fallback,
           'isDefault', is_default)::text
  FROM cms.locales WHERE id > %s ORDER BY id LIMIT %s
"""
_TYPES = """
SELECT id, json_build_object('line', 'type', 'key', key, 'name', name, 'pluralName', plural_name,
           'description', description, 'icon', icon, 'kind', kind, 'urlPattern', url_pattern,
           'stages', stages, 'fields', fields, 'displayField', (
               SELECT f ->> 'key' FROM jsonb_array_elements(fields) AS f
                WHERE f ->> 'id' = display_field))::text
  FROM cms.content_types WHERE id > %s ORDER BY id LIMIT %s
"""
_ASSETS = f"""
SELECT id, json_build_object('line', 'asset', 'id', id, 'externalId', external_id,
           'filename', filename, 'contentType', content_type, 'title', title, 'alt', alt,
           'caption', caption,
           'url', '{PUBLIC}/' || token || '/file?v=' || content_version)::text
  FROM cms.assets WHERE NOT trashed AND id > %s ORDER BY id LIMIT %s
"""
_ENTRIES = """
SELECT e.id, json_build_object('line', 'entry', 'id', e.id, 'externalId', e.external_id,
           'type', t.key,
           'fields', cms.shown_fields(t.fields, e.draft, NULL, cms.locale_chain('*')),
           'live', CASE WHEN e.live IS NOT NULL THEN json_build_object(
               'locales', e.live_locales, 'fields',
               cms.shown_fields(t.fields, e.live, e.live_locales, cms.locale_chain('*'))) END)::text
  FROM cms.entries e JOIN cms.content_types t ON t.id = e.content_type_id
 WHERE NOT e.trashed AND e.archived_at IS NULL AND e.id > %s ORDER BY e.id LIMIT %s
"""
#: Those of pages that moved are made again as pages move.
_REDIRECTS = """
SELECT id, json_build_object('line', 'redirect', 'fromPath', from_path, 'host', host,
           'toPath', to_path, 'toUrl', to_url, 'toEntryId', to_entry_id, 'toLocale', to_locale,
           'statusCode', status_code, 'preserveQuery', preserve_query, 'enabled', enabled)::text
  FROM cms.redirects WHERE id > %s ORDER BY id LIMIT %s
"""
#: What is referred to comes before, but for entries, which refer to one another.
_PARTS: tuple[tuple[Any, str], ...] = (
    (Locale, _LOCALES),
    (ContentType, _TYPES),
    (Asset, _ASSETS),
    (Entry, _ENTRIES),
    (Redirect, _REDIRECTS),
)


@dataclass(frozen=True)
class Place:
    """How far an export is: which part, and behind which of its rows."""

    part: int = 0
    after: UUID = _FIRST


def next_lines(ctx: Context, place: Place) -> tuple[str, Place | None]:
    """The next lines of an export and where it goes on; None at its end."""
    model, statement = _PARTS[place.part]
    rows: list[Any] = ctx.all(model.raw(statement, str(place.after), AT_ONCE).tuples())
    lines = "".join(f"{text}\n" for _, text in rows)
    if len(rows) == AT_ONCE:
        return lines, Place(place.part, rows[-1][0])
    following = place.part + 1
    return lines, Place(following) if following < len(_PARTS) else None
