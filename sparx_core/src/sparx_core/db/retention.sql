-- Deliveries and events that are old, of all tenants, oldest first and some at a time.

-- Deletes deliveries that are over: dead ones, or the others; how many. A task that came up while its
-- module was off counts among the dead ones: it is revived when the module is active again.
CREATE OR REPLACE FUNCTION core.forget_deliveries(
    days double precision, at_most integer, dead boolean)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old AS (
        SELECT d.tenant_id, d.id FROM core.tenants t CROSS JOIN LATERAL (
            SELECT d.tenant_id, d.id FROM core.deliveries d
             WHERE d.tenant_id = t.id AND d.finished_at IS NOT NULL
               AND d.finished_at < clock_timestamp() - make_interval(days => 1) * days
               AND dead = (d.state = 'dead' OR d.state = 'skipped' AND d.scheduled)
             LIMIT at_most FOR UPDATE SKIP LOCKED) d
         LIMIT at_most
    ), gone AS (
        DELETE FROM core.deliveries d USING old
         WHERE d.tenant_id = old.tenant_id AND d.id = old.id RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- Deletes events that nobody needs any more; how many. Every delivery of them is done, and no
-- webhook has yet to be told.
CREATE OR REPLACE FUNCTION core.forget_events(days double precision, at_most integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old AS (
        SELECT e.tenant_id, e.id FROM core.events e
         WHERE e.occurred_at < clock_timestamp() - make_interval(days => 1) * days
           AND NOT EXISTS (
               SELECT FROM core.deliveries d
                WHERE d.tenant_id = e.tenant_id AND d.event_id = e.id AND d.state <> 'done')
           AND NOT EXISTS (
               SELECT FROM core.webhook_deliveries w
                WHERE w.tenant_id = e.tenant_id AND w.event_id = e.id
                  AND w.state IN ('pending', 'sending'))
         LIMIT at_most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM core.events e USING old
         WHERE e.tenant_id = old.tenant_id AND e.id = old.id RETURNING 1)
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION core.forget_deliveries(double precision, integer, boolean),
    core.forget_events(double precision, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.forget_deliveries(double precision, integer, boolean),
    core.forget_events(double precision, integer)
TO sparx_dispatch;
