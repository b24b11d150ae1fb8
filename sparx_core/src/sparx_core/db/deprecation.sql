
-- Calls of what goes away.

-- Adds to the counts of keys: batches from the API, never on the path of a request.
CREATE OR REPLACE FUNCTION core.count_deprecated_calls(counted json) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH given AS (
        SELECT k.tenant_id, k.id, c.operation, c.part, c.day, c.calls
          FROM json_to_recordset(counted)
               AS c(tenant text, api_key uuid, operation text, part text, day date, calls bigint)
          JOIN core.tenants t ON t.slug = c.tenant
          JOIN core.api_keys k ON k.tenant_id = t.id AND k.id = c.api_key
    )
    INSERT INTO core.deprecated_calls AS d
           (tenant_id, id, api_key_id, operation, part, day, calls)
    SELECT g.tenant_id, gen_random_uuid(), g.id, g.operation, g.part, g.day, g.calls FROM given g
     -- In one order, so that processes that count at once do not wait for each other in a ring.
     ORDER BY g.tenant_id, g.id, g.operation, g.part, g.day
    ON CONFLICT (tenant_id, api_key_id, operation, part, day)
    DO UPDATE SET calls = d.calls + excluded.calls, updated_at = clock_timestamp()
$$;

-- Deletes the counts of all tenants of days that are longer ago than `days`, at most so many; how
-- many it deleted.
CREATE OR REPLACE FUNCTION core.forget_deprecated_calls(days double precision, at_most integer)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old AS (
        SELECT d.tenant_id, d.id FROM core.deprecated_calls d
         WHERE d.day < current_date - days::integer LIMIT at_most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM core.deprecated_calls d USING old
         WHERE d.tenant_id = old.tenant_id AND d.id = old.id RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION core.count_deprecated_calls(json),
    core.forget_deprecated_calls(double precision, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.count_deprecated_calls(json)
TO sparx_app;
GRANT EXECUTE ON FUNCTION core.forget_deprecated_calls(double precision, integer)
TO sparx_dispatch;
