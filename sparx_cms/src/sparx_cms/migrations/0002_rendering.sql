-- Entries as the API shows them. Every surface has its answers, and every event its payload, from
-- cms.shown_entry; the functions before it are its parts.
--
-- A chain is the languages that a reader takes, best first; one that begins with '*' is of a reader
-- who takes all of them. A plan is a tree of references to follow: {"author": {"avatar": {}}}.

CREATE OR REPLACE FUNCTION cms.locale_chain(wanted text) RETURNS text[]
LANGUAGE sql STABLE
AS $$
WITH RECURSIVE own AS (
    SELECT l.code FROM cms.locales l WHERE l.is_default LIMIT 1
), chain(code, place, codes) AS (
    SELECT first.code, 1, ARRAY[first.code]
      FROM (SELECT coalesce(nullif(wanted, '*'), (SELECT code FROM own), 'en')) AS first(code)
    UNION ALL
    SELECT l.fallback, c.place + 1, c.codes || l.fallback
      FROM chain c JOIN cms.locales l ON l.code = c.code
     WHERE l.fallback IS NOT NULL AND l.fallback <> ALL (c.codes)
)
SELECT CASE WHEN wanted = '*' THEN ARRAY['*'] ELSE '{}' END || array_agg(c.code ORDER BY c.place)
  FROM chain c
$$;

-- The languages in which somebody with this chain may see a document: all of the chain of a draft,
-- those that are live of what is live.
CREATE OR REPLACE FUNCTION cms.seen_locales(chain text[], live_in text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN live_in IS NULL THEN array_remove(chain, '*')
    WHEN chain[1] = '*' THEN
        ARRAY(SELECT c FROM unnest(chain) WITH ORDINALITY AS x(c, n) WHERE c = ANY (live_in) ORDER BY n)
        || ARRAY(SELECT c FROM unnest(live_in) AS x(c) WHERE c <> ALL (chain) ORDER BY c)
    ELSE ARRAY(
        SELECT c FROM unnest(chain) WITH ORDINALITY AS x(c, n) WHERE c = ANY (live_in) ORDER BY n)
END
$$;

-- Whether an entry is live for somebody with this chain.
CREATE OR REPLACE FUNCTION cms.is_seen(live_locales text[], chain text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$ SELECT live_locales && chain OR (chain[1] = '*' AND cardinality(live_locales) > 0) $$;

-- The first of these languages that a localized value has.
CREATE OR REPLACE FUNCTION cms.locale_of(value jsonb, seen text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    code text;
begin
    FOREACH code IN ARRAY seen LOOP
        IF jsonb_typeof(value -> code) <> 'null' THEN
            RETURN code;
        END IF;
    END LOOP;
    RETURN NULL;
end
$$;

-- A reference, to an asset or an entry, with the rest of its target where the plan follows it.
CREATE OR REPLACE FUNCTION cms.shown_link(
    target text, is_asset boolean, chain text[], live boolean, plan jsonb
) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
DECLARE
    found json;
begin
    IF plan IS NOT NULL AND is_asset THEN
        found := cms.shown_asset(target::uuid, chain);
    ELSIF plan IS NOT NULL THEN
        found := cms.shown_entry(target::uuid, chain, live, plan, included => true);
    END IF;
    RETURN coalesce(found, json_build_object('id', target));
end
$$;

-- What is in a component, an object or a block: {"<field id>": value} by key.
CREATE OR REPLACE FUNCTION cms.shown_part(
    fields jsonb, part jsonb, chain text[], live boolean, plan jsonb
) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
begin
    RETURN (
        SELECT coalesce(json_object_agg(
            f ->> 'key', cms.shown_value(f, part -> (f ->> 'id'), chain, live, plan -> (f ->> 'key'))
            ORDER BY n), '{}')
          FROM jsonb_array_elements(fields) WITH ORDINALITY AS x(f, n)
         WHERE f ->> 'state' IS DISTINCT FROM 'omitted');
end
$$;

-- One value of a field that is not a list of them.
CREATE OR REPLACE FUNCTION cms.shown_single(
    field jsonb, value jsonb, chain text[], live boolean, plan jsonb
) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    inside jsonb := field -> 'fields';
begin
    CASE field ->> 'type'
    WHEN 'reference', 'media' THEN
        RETURN cms.shown_link(
            coalesce(value ->> 'id', value #>> '{}'), field ->> 'type' = 'media', chain, live, plan);
    WHEN 'object' THEN
        RETURN cms.shown_part(inside, value, chain, live, plan);
    WHEN 'component' THEN
        SELECT t.fields INTO inside FROM cms.content_types t
         WHERE t.key = field ->> 'component' AND t.kind = 'component';
        RETURN cms.shown_part(inside, value, chain, live, plan);
    WHEN 'blocks' THEN
        SELECT t.fields INTO inside FROM cms.content_types t
         WHERE t.key = value ->> 'type' AND t.kind = 'component';
        RETURN json_build_object(
            'id', value -> 'id', 'type', value -> 'type',
            'data', cms.shown_part(inside, value -> 'data', chain, live, plan));
    ELSE
        RETURN to_json(value);
    END CASE;
end
$$;

-- A value of a field; blocks whose component is not there any more are left out.
CREATE OR REPLACE FUNCTION cms.shown_value(
    field jsonb, value jsonb, chain text[], live boolean, plan jsonb
) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
begin
    IF value IS NULL OR jsonb_typeof(value) = 'null' THEN
        RETURN NULL;
    END IF;
    IF (field ->> 'multiple')::boolean AND jsonb_typeof(value) <> 'array' THEN
        value := jsonb_build_array(value);  -- it was kept before the field took many
    END IF;
    IF field ->> 'type' NOT IN ('reference', 'media', 'object', 'component', 'blocks') THEN
        RETURN to_json(value);
    END IF;
    IF jsonb_typeof(value) <> 'array' THEN
        RETURN cms.shown_single(field, value, chain, live, plan);
    END IF;
    RETURN (
        -- As many targets as one list shows whole: the others by their id.
        SELECT coalesce(json_agg(cms.shown_single(
            field, v, chain, live, CASE WHEN n <= 100 THEN plan END) ORDER BY n), '[]')
          FROM jsonb_array_elements(value) WITH ORDINALITY AS x(v, n)
         WHERE field ->> 'type' <> 'blocks' OR EXISTS (
            SELECT FROM cms.content_types t WHERE t.key = v ->> 'type' AND t.kind = 'component'));
end
$$;

-- The fields of a document by key; live_in is NULL of a draft, or of a revision.
CREATE OR REPLACE FUNCTION cms.shown_fields(
    fields jsonb, document jsonb, live_in text[], chain text[],
    plan jsonb DEFAULT NULL, names text[] DEFAULT NULL
) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    live boolean := live_in IS NOT NULL;
    seen text[] := cms.seen_locales(chain, live_in);
    -- What is not localized is live as it was published with the first language. In a draft it may
    -- have been localized before, and what is localized now may not have been.
    shared text[] := CASE WHEN live THEN seen[1:1] ELSE ARRAY['*'] || seen END;
    own text[] := CASE WHEN live THEN seen ELSE seen || ARRAY['*'] END;
begin
    RETURN (
        SELECT coalesce(json_object_agg(key, CASE
            WHEN localized AND chain[1] = '*' THEN (
                SELECT coalesce(json_object_agg(
                    l, cms.shown_value(f, v, chain, live, plan -> key) ORDER BY l), '{}')
                  FROM jsonb_each(kept) AS each(l, v)
                 WHERE live_in IS NULL OR l = ANY (live_in))
            -- What most fields are is shown without a call: calls are most of what showing costs.
            WHEN plain AND jsonb_typeof(kept -> first) <> 'null' THEN to_json(kept -> first)
            ELSE cms.shown_value(
                f, kept -> cms.locale_of(kept, CASE WHEN localized THEN own ELSE shared END),
                chain, live, plan -> key)
            END ORDER BY n), '{}')
          FROM (
            SELECT f, n, f ->> 'key' AS key, document -> (f ->> 'id') AS kept,
                   coalesce((f ->> 'localized')::boolean, false) AS localized,
                   CASE WHEN (f ->> 'localized')::boolean THEN own[1] ELSE shared[1] END AS first,
                   NOT coalesce((f ->> 'multiple')::boolean, false) AND f ->> 'type' NOT IN (
                       'reference', 'media', 'object', 'component', 'blocks') AS plain
              FROM jsonb_array_elements(fields) WITH ORDINALITY AS x(f, n)
             WHERE f ->> 'state' IS DISTINCT FROM 'omitted'
               AND (names IS NULL OR f ->> 'key' = ANY (names))) AS told);
end
$$;

-- Which fields are not in the first language of the chain, and in which they are.
CREATE OR REPLACE FUNCTION cms.shown_fallbacks(
    fields jsonb, document jsonb, live_in text[], chain text[]
) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    seen text[] := cms.seen_locales(chain, live_in);
begin
    -- A reader of one language, who sees it, has no other to fall back to.
    IF chain[1] = '*' OR (cardinality(seen) = 1 AND seen[1] = chain[1]) THEN
        RETURN '{}';
    END IF;
    RETURN (
        SELECT coalesce(json_object_agg(key, code ORDER BY n), '{}')
          FROM (
            SELECT f ->> 'key' AS key, n, cms.locale_of(document -> (f ->> 'id'), seen) AS code
              FROM jsonb_array_elements(fields) WITH ORDINALITY AS x(f, n)
             WHERE (f ->> 'localized')::boolean AND f ->> 'state' IS DISTINCT FROM 'omitted'
          ) AS found
         WHERE code <> chain[1]);
end
$$;

-- What names an entry where it is mentioned.
CREATE OR REPLACE FUNCTION cms.shown_title(
    fields jsonb, display_field text, document jsonb, live_in text[], chain text[]
) RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    seen text[] := cms.seen_locales(chain, live_in);
    named jsonb;
begin
    SELECT f INTO named
      FROM jsonb_array_elements(fields) WITH ORDINALITY AS x(f, n)
     WHERE f ->> 'id' = display_field
        OR (display_field IS NULL AND f ->> 'type' IN ('text', 'slug'))
     ORDER BY n LIMIT 1;
    RETURN document -> (named ->> 'id') ->> CASE
        WHEN (named ->> 'localized')::boolean
            THEN cms.locale_of(document -> (named ->> 'id'), seen)
        WHEN live_in IS NOT NULL THEN seen[1]
        ELSE '*' END;
end
$$;

CREATE OR REPLACE FUNCTION cms.shown_time(moment timestamptz) RETURNS text
LANGUAGE sql STABLE
AS $$ SELECT to_char(timezone('UTC', moment), 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;

-- An entry as readers see it, if it is to be live, and else as it is worked on; of its wire names
-- those that are wanted. A document, of a revision, takes the place of the draft.
--
-- One that is included, because something refers to it, is NULL if its reader would not find it.
-- All that is told of what is live is of the revision that is: saving a draft changes none of it.
CREATE OR REPLACE FUNCTION cms.shown_entry(
    entry uuid, chain text[], live boolean, plan jsonb DEFAULT NULL, names text[] DEFAULT NULL,
    document jsonb DEFAULT NULL, only_fields text[] DEFAULT NULL, included boolean DEFAULT false
) RETURNS json
LANGUAGE plpgsql STABLE
AS $$
#variable_conflict use_variable
DECLARE
    e record;
    fact record;
    live_in text[];
    seen text[];
begin
    SELECT r.id, r.status, r.stage, r.version, r.revision_number, r.schema_version, r.created_at,
           r.updated_at, r.published_at, r.first_published_at, r.archived_at, r.deleted_at,
           r.created_by, r.updated_by, r.live_locales, r.trashed,
           CASE WHEN live THEN r.live ELSE coalesce(document, r.draft) END AS content,
           t.key, t.fields, t.display_field
      INTO e
      FROM cms.entries r LEFT JOIN cms.content_types t ON t.id = r.content_type_id
     WHERE r.id = entry;
    IF NOT FOUND OR included AND (e.trashed OR e.archived_at IS NOT NULL
                                  OR live AND NOT cms.is_seen(e.live_locales, chain)) THEN
        RETURN NULL;
    END IF;
    live_in := CASE WHEN live THEN e.live_locales END;
    -- An event tells of what was published, whatever the language.
    IF live AND cardinality(live_in) > 0 AND NOT cms.is_seen(live_in, chain) THEN
        chain := ARRAY[live_in[1]];
    END IF;
    seen := cms.seen_locales(chain, live_in);
    SELECT l.live_version, l.published_at, l.first_published_at, r.number, r.schema_version,
           r.author, CASE WHEN live THEN l.live_path ELSE l.path END AS path
      INTO fact
      FROM cms.entry_locales l LEFT JOIN cms.revisions r ON r.id = l.live_revision_id
     WHERE l.entry_id = e.id AND l.locale = ANY (seen)
     ORDER BY array_position(seen, l.locale) LIMIT 1;
    IF NOT live OR cardinality(live_in) = 0 THEN
        fact.live_version := e.version;
        fact.number := e.revision_number;
        fact.schema_version := e.schema_version;
        fact.published_at := e.published_at;
        fact.first_published_at := e.first_published_at;
        fact.author := e.updated_by;
    ELSE
        e.status := 'published';
        e.stage := NULL;
        e.updated_at := fact.published_at;
    END IF;
    RETURN (
        SELECT json_object_agg(name, value ORDER BY place)
          FROM (VALUES
            (1, 'id', to_json(e.id)),
            (2, 'type', to_json(e.key)),
            (3, 'status', to_json(e.status)),
            (4, 'stage', to_json(e.stage)),
            (5, 'locale', to_json(chain[1])),
            (6, 'title', CASE WHEN names IS NULL OR 'title' = ANY (names) THEN to_json(
                cms.shown_title(e.fields, e.display_field, e.content, live_in, chain)) END),
            (7, 'fields', CASE WHEN names IS NULL OR 'fields' = ANY (names) THEN
                cms.shown_fields(e.fields, e.content, live_in, chain, plan, only_fields) END),
            (8, 'fallbacks', CASE WHEN names IS NULL OR 'fallbacks' = ANY (names) THEN
                cms.shown_fallbacks(e.fields, e.content, live_in, chain) END),
            (9, 'path', to_json(fact.path)),
            (10, 'version', to_json(fact.live_version)),
            (11, 'revisionNumber', to_json(fact.number)),
            (12, 'schemaVersion', to_json(fact.schema_version)),
            (13, 'createdAt', to_json(cms.shown_time(e.created_at))),
            (14, 'updatedAt', to_json(cms.shown_time(e.updated_at))),
            (15, 'publishedAt', to_json(cms.shown_time(fact.published_at))),
            (16, 'firstPublishedAt', to_json(cms.shown_time(fact.first_published_at))),
            (17, 'archivedAt', to_json(cms.shown_time(e.archived_at))),
            (18, 'createdBy', to_json(e.created_by)),
            (19, 'updatedBy', to_json(fact.author)),
            (20, 'deletedAt', to_json(cms.shown_time(e.deleted_at)))
          ) AS told(place, name, value)
         -- When it was deleted is shown to who asks for that.
         WHERE CASE WHEN names IS NULL THEN name <> 'deletedAt' ELSE name = ANY (names) END);
end
$$;

-- Until there are assets, none is shown; their migration replaces it.
CREATE OR REPLACE FUNCTION cms.shown_asset(asset uuid, chain text[]) RETURNS json
LANGUAGE sql STABLE
AS $$ SELECT NULL::json $$;

-- What processes keep of a tenant's types and languages they keep until one of them changes.
CREATE OR REPLACE TRIGGER note_declaration AFTER INSERT OR UPDATE OR DELETE ON cms.content_types
FOR EACH ROW EXECUTE FUNCTION core.note_declaration();
CREATE OR REPLACE TRIGGER note_declaration AFTER INSERT OR UPDATE OR DELETE ON cms.locales
FOR EACH ROW EXECUTE FUNCTION core.note_declaration();

REVOKE ALL ON FUNCTION
    cms.locale_chain(text), cms.seen_locales(text[], text[]), cms.is_seen(text[], text[]),
    cms.locale_of(jsonb, text[]), cms.shown_link(text, boolean, text[], boolean, jsonb),
    cms.shown_part(jsonb, jsonb, text[], boolean, jsonb),
    cms.shown_single(jsonb, jsonb, text[], boolean, jsonb),
    cms.shown_value(jsonb, jsonb, text[], boolean, jsonb),
    cms.shown_fields(jsonb, jsonb, text[], text[], jsonb, text[]),
    cms.shown_fallbacks(jsonb, jsonb, text[], text[]),
    cms.shown_title(jsonb, text, jsonb, text[], text[]), cms.shown_time(timestamptz),
    cms.shown_entry(uuid, text[], boolean, jsonb, text[], jsonb, text[], boolean),
    cms.shown_asset(uuid, text[])
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    cms.locale_chain(text), cms.seen_locales(text[], text[]), cms.is_seen(text[], text[]),
    cms.locale_of(jsonb, text[]), cms.shown_link(text, boolean, text[], boolean, jsonb),
    cms.shown_part(jsonb, jsonb, text[], boolean, jsonb),
    cms.shown_single(jsonb, jsonb, text[], boolean, jsonb),
    cms.shown_value(jsonb, jsonb, text[], boolean, jsonb),
    cms.shown_fields(jsonb, jsonb, text[], text[], jsonb, text[]),
    cms.shown_fallbacks(jsonb, jsonb, text[], text[]),
    cms.shown_title(jsonb, text, jsonb, text[], text[]), cms.shown_time(timestamptz),
    cms.shown_entry(uuid, text[], boolean, jsonb, text[], jsonb, text[], boolean),
    cms.shown_asset(uuid, text[])
TO sparx_app;
