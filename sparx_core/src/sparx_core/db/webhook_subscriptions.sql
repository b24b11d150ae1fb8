-- What PostgreSQL has to know of webhook subscriptions. Whether an event is one that the filter of one
-- lets through: webhooks/filters.py says what filters are. It never fails, for that would undo the
-- change that the event is about.

-- Whether a value, as JSON, fulfils one condition. A time is a text, whose order is that of the time;
-- a field that is not there is null.
CREATE OR REPLACE FUNCTION core.fulfils(found jsonb, operator text, wanted jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE operator
        WHEN 'eq' THEN found = wanted
        WHEN 'ne' THEN found <> wanted
        WHEN 'in' THEN EXISTS (SELECT FROM jsonb_array_elements(wanted) w WHERE w = found)
        WHEN 'nin' THEN NOT EXISTS (SELECT FROM jsonb_array_elements(wanted) w WHERE w = found)
        ELSE jsonb_typeof(found) = jsonb_typeof(wanted) AND CASE
            WHEN jsonb_typeof(wanted) = 'string' THEN CASE operator
                WHEN 'gt' THEN (found #>> '{}') COLLATE "C" > (wanted #>> '{}')
                WHEN 'gte' THEN (found #>> '{}') COLLATE "C" >= (wanted #>> '{}')
                WHEN 'lt' THEN (found #>> '{}') COLLATE "C" < (wanted #>> '{}')
                WHEN 'lte' THEN (found #>> '{}') COLLATE "C" <= (wanted #>> '{}')
                END
            ELSE CASE operator
                WHEN 'gt' THEN found > wanted
                WHEN 'gte' THEN found >= wanted
                WHEN 'lt' THEN found < wanted
                WHEN 'lte' THEN found <= wanted
                END
            END
        END
$$;

CREATE OR REPLACE FUNCTION core.passes_filter(filter jsonb, data json) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT filter IS NULL OR NOT EXISTS (
        SELECT FROM jsonb_each(filter) f
          CROSS JOIN LATERAL (
              SELECT coalesce((data -> f.key)::jsonb, 'null') AS found,
                     CASE WHEN jsonb_typeof(f.value) = 'object' THEN f.value
                          ELSE jsonb_build_object('eq', f.value) END AS conditions) v
          CROSS JOIN LATERAL jsonb_each(v.conditions) c
         WHERE core.fulfils(v.found, c.key, c.value) IS NOT TRUE)
$$;

-- The names of a subscription's headers, each with the same value: what they are is sealed.
CREATE OR REPLACE FUNCTION core.masked(headers jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$ SELECT coalesce(jsonb_object_agg(h.key, '***'), '{}') FROM jsonb_each(headers) h $$;

REVOKE ALL ON FUNCTION
    core.fulfils(jsonb, text, jsonb), core.passes_filter(jsonb, json), core.masked(jsonb)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    core.fulfils(jsonb, text, jsonb), core.passes_filter(jsonb, json), core.masked(jsonb)
TO sparx_app;
