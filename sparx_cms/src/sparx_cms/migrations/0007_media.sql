-- Text in several languages, for a reader.
CREATE OR REPLACE FUNCTION cms.shown_languages(texts jsonb, chain text[]) RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
    SELECT CASE WHEN chain[1] = '*' THEN texts ELSE (
        SELECT texts -> wanted.code FROM unnest(chain) WITH ORDINALITY AS wanted(code, place)
         WHERE texts ? wanted.code ORDER BY wanted.place LIMIT 1) END
$$;

-- An asset as its resource shows it, for what refers to it; NULL if there is none, or it is in the
-- trash. Texts are those of the first language of the chain that has one, or all of them for {*}.
CREATE OR REPLACE FUNCTION cms.shown_asset(asset uuid, chain text[]) RETURNS json
LANGUAGE sql STABLE
AS $$
    SELECT json_build_object(
        'id', a.id, 'version', a.version, 'title', a.title,
        'alt', cms.shown_languages(a.alt, chain),
        'caption', cms.shown_languages(a.caption, chain),
        'folderId', a.folder_id, 'filename', a.filename, 'contentType', a.content_type,
        'size', a.size, 'checksum', a.checksum, 'width', a.width, 'height', a.height,
        'frames', a.frames, 'dominantColor', a.dominant_color,
        'focalX', trim_scale(a.focal_x), 'focalY', trim_scale(a.focal_y),
        'status', a.status, 'problem', a.problem, 'contentVersion', a.content_version,
        'usageCount', (SELECT count(DISTINCT l.entry_id)
                         FROM cms.asset_links l JOIN cms.entries e ON e.id = l.entry_id
                        WHERE l.asset_id = a.id AND NOT e.trashed
                          AND (l.stage = 'live' OR (SELECT core.holds_scope('draft:cms')))),
        'url', CASE WHEN a.content_version > 0 THEN concat(
            '/v1/cms/public/assets/', a.token, '/file?v=', a.content_version) END,
        'variants', a.variants,
        'createdAt', cms.shown_time(a.created_at), 'updatedAt', cms.shown_time(a.updated_at))
      FROM cms.assets a
     WHERE a.id = asset AND NOT a.trashed
$$;

REVOKE ALL ON FUNCTION cms.shown_languages(jsonb, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cms.shown_languages(jsonb, text[]) TO sparx_app;
