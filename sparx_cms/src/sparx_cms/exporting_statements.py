"""The statements of an export: each tells of rows behind an id, in the order of ids, as lines."""

from __future__ import annotations

from sparx_cms.media.places import PUBLIC

_EVERY = "NULL, cms.locale_chain('*')"

LOCALES = """
SELECT id, json_build_object('line', 'locale', 'code', code, 'name', name, 'fallback', fallback,
           'isDefault', is_default)::text
  FROM cms.locales WHERE id > %s ORDER BY id LIMIT %s
"""
SITES = """
SELECT id, json_build_object('line', 'site', 'host', host, 'title', title,
           'description', description, 'locale', locale, 'indexed', indexed,
           'disallowed', disallowed)::text
  FROM cms.sites WHERE id > %s ORDER BY id LIMIT %s
"""
TYPES = """
SELECT id, json_build_object('line', 'type', 'key', key, 'name', name, 'pluralName', plural_name,
           'description', description, 'icon', icon, 'kind', kind, 'urlPattern', url_pattern,
           'stages', stages, 'state', state, 'fields', fields, 'displayField', (
               SELECT f ->> 'key' FROM jsonb_array_elements(fields) AS f
                WHERE f ->> 'id' = display_field))::text
  FROM cms.content_types WHERE id > %s ORDER BY id LIMIT %s
"""
TAXONOMIES = """
SELECT id, json_build_object('line', 'taxonomy', 'key', key, 'name', name,
           'pluralName', plural_name, 'hierarchical', hierarchical)::text
  FROM cms.taxonomies WHERE id > %s ORDER BY id LIMIT %s
"""
TERMS = """
SELECT t.id, json_build_object('line', 'term', 'taxonomy', x.key, 'slug', t.slug, 'name', t.name,
           'description', t.description, 'parent', p.slug)::text
  FROM cms.terms t JOIN cms.taxonomies x ON x.id = t.taxonomy_id
  LEFT JOIN cms.terms p ON p.id = t.parent_id
 WHERE t.id > %s ORDER BY t.id LIMIT %s
"""
FOLDERS = """
SELECT id, json_build_object('line', 'folder', 'id', id, 'name', name, 'parent', parent_id)::text
  FROM cms.folders WHERE id > %s ORDER BY id LIMIT %s
"""
#: Those in the trash have no address, and so are not among them.
ASSETS = f"""
SELECT id, json_build_object('line', 'asset', 'id', id, 'externalId', external_id,
           'filename', filename, 'contentType', content_type, 'checksum', checksum, 'size', size,
           'title', title, 'alt', alt, 'caption', caption, 'folder', folder_id,
           'focalX', focal_x, 'focalY', focal_y,
           'url', '{PUBLIC}/' || token || '/file?v=' || content_version)::text
  FROM cms.assets WHERE NOT trashed AND id > %s ORDER BY id LIMIT %s
"""
ENTRIES = f"""
SELECT e.id, json_build_object('line', 'entry', 'id', e.id, 'externalId', e.external_id,
           'type', t.key, 'state', CASE WHEN e.trashed THEN 'trashed'
               WHEN e.archived_at IS NOT NULL THEN 'archived' ELSE 'inUse' END,
           'publishedAt', e.published_at, 'firstPublishedAt', e.first_published_at,
           'terms', (SELECT coalesce(json_agg(json_build_array(x.key, m.slug)
                                              ORDER BY x.key, m.slug), '[]')
                       FROM cms.entry_terms a JOIN cms.terms m ON m.id = a.term_id
                       JOIN cms.taxonomies x ON x.id = m.taxonomy_id WHERE a.entry_id = e.id),
           'fields', cms.shown_fields(t.fields, e.draft, {_EVERY}),
           'live', CASE WHEN e.live IS NOT NULL THEN json_build_object(
               'locales', e.live_locales, 'fields',
               cms.shown_fields(t.fields, e.live, e.live_locales, cms.locale_chain('*'))) END)::text
  FROM cms.entries e JOIN cms.content_types t ON t.id = e.content_type_id
 WHERE e.id > %s ORDER BY e.id LIMIT %s
"""
REVISIONS = f"""
SELECT r.id, json_build_object('line', 'revision', 'entry', e.id, 'number', r.number,
           'kind', r.kind, 'summary', r.summary, 'createdAt', r.created_at,
           'fields', cms.shown_fields(t.fields, r.data, {_EVERY}))::text
  FROM cms.revisions r JOIN cms.entries e ON e.id = r.entry_id
  JOIN cms.content_types t ON t.id = e.content_type_id
 WHERE r.id > %s ORDER BY r.id LIMIT %s
"""
MENUS = """
SELECT id, json_build_object('line', 'menu', 'key', key, 'name', name, 'items', items)::text
  FROM cms.menus WHERE id > %s ORDER BY id LIMIT %s
"""
RELEASES = """
SELECT r.id, json_build_object('line', 'release', 'id', r.id, 'title', r.title,
           'description', r.description, 'status', r.status, 'at', r.at,
           'publishedAt', r.published_at, 'failure', r.failure, 'createdAt', r.created_at,
           'items', (SELECT coalesce(json_agg(json_build_object('entry', i.entry_id,
                   'action', i.action, 'revisionNumber', i.revision_number,
                   'locales', i.locales) ORDER BY i.id), '[]')
                       FROM cms.release_items i WHERE i.release_id = r.id))::text
  FROM cms.releases r WHERE r.id > %s ORDER BY r.id LIMIT %s
"""
SCHEDULES = """
SELECT id, json_build_object('line', 'schedule', 'id', id, 'entry', entry_id, 'action', action,
           'locale', locale, 'revisionNumber', revision_number, 'at', at, 'status', status,
           'failure', failure, 'finishedAt', finished_at, 'createdAt', created_at)::text
  FROM cms.schedules WHERE id > %s ORDER BY id LIMIT %s
"""
REDIRECTS = """
SELECT id, json_build_object('line', 'redirect', 'fromPath', from_path, 'host', host,
           'toPath', to_path, 'toUrl', to_url, 'toEntryId', to_entry_id, 'toLocale', to_locale,
           'statusCode', status_code, 'preserveQuery', preserve_query, 'enabled', enabled,
           'origin', origin)::text
  FROM cms.redirects WHERE id > %s ORDER BY id LIMIT %s
"""
COMMENTS = """
SELECT id, json_build_object('line', 'comment', 'id', id, 'entry', entry_id, 'parent', parent_id,
           'field', field, 'locale', locale, 'body', body, 'authorName', author_name,
           'resolvedAt', resolved_at, 'createdAt', created_at)::text
  FROM cms.comments WHERE id > %s ORDER BY id LIMIT %s
"""
