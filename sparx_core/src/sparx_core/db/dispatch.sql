-- What workers do with deliveries: claim, prolong, give back, find. Only sparx_dispatch may; what a
-- claim is worth is decided by core.enter_delivery.

-- Claims one due delivery, or one whose lease ran out, for `lease` seconds. No row: not due, done,
-- held by somebody else, or held back by an earlier event of the same aggregate.
--
-- `unanswered` counts the claims in a row of which nobody said what became of them: their workers
-- died. After three the delivery is in quarantine, and claimed only by who has a place to run it
-- alone.
DROP FUNCTION IF EXISTS core.claim_delivery(uuid, uuid, double precision);
CREATE OR REPLACE FUNCTION core.claim_delivery(
    delivery uuid, tenant uuid, lease double precision, alone boolean DEFAULT false)
RETURNS TABLE (token uuid, handler text, module text, attempt integer, event_type text,
               quarantined boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
SET enable_sort = off
AS $$
BEGIN
    RETURN QUERY
    UPDATE core.deliveries d
       SET state = 'running', attempt = d.attempt + 1, token = gen_random_uuid(),
           lease_until = clock_timestamp() + make_interval(secs => lease), rows_done = NULL,
           unanswered = d.unanswered + 1,
           quarantined_at = CASE WHEN d.unanswered < 3 THEN d.quarantined_at
                                 ELSE coalesce(d.quarantined_at, clock_timestamp()) END,
           rung_at = clock_timestamp(), updated_at = clock_timestamp()
     WHERE d.tenant_id = tenant AND d.id = delivery
       AND (d.state IN ('pending', 'retry') AND d.due_at <= clock_timestamp()
            OR d.state = 'running' AND d.lease_until < clock_timestamp())
       AND (alone OR d.quarantined_at IS NULL AND d.unanswered < 3)
       AND (SELECT e.id FROM core.deliveries e
             WHERE e.tenant_id = d.tenant_id AND e.handler = d.handler
               AND e.aggregate_id = d.aggregate_id AND e.position < d.position
               AND (e.state IN ('pending', 'retry', 'running', 'blocked') OR e.holds_back)
             ORDER BY e.position LIMIT 1) IS NULL
    RETURNING d.token, d.handler, d.module, d.attempt, d.event_type,
              d.quarantined_at IS NOT NULL;
END
$$;

-- How far the work of a held delivery is, for those who wait: seen at once, unlike the work itself.
CREATE OR REPLACE FUNCTION core.note_progress(
    delivery uuid, tenant uuid, held_token uuid, done bigint, total bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE core.deliveries d SET rows_done = done, rows_total = total
     WHERE d.tenant_id = tenant AND d.id = delivery AND d.token = held_token
       AND d.state = 'running';
    RETURN FOUND;
END
$$;

-- Prolongs a held lease; false: it was lost, and the work will be fenced.
CREATE OR REPLACE FUNCTION core.extend_lease(
    delivery uuid, tenant uuid, held_token uuid, lease double precision)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE core.deliveries d SET lease_until = clock_timestamp() + make_interval(secs => lease)
     WHERE d.tenant_id = tenant AND d.id = delivery AND d.token = held_token
       AND d.state = 'running';
    RETURN FOUND;
END
$$;

-- Gives a held delivery back after a failure: 'retry' after `delay` seconds, 'dead', 'skipped', or
-- 'blocked' (its handler is not installed here; not counted as an attempt). `hold` says that a dead
-- one holds back the later events of its aggregate.
DROP FUNCTION IF EXISTS core.release_delivery(uuid, uuid, uuid, text, text, double precision);
CREATE OR REPLACE FUNCTION core.release_delivery(
    delivery uuid, tenant uuid, held_token uuid, next_state text, reason text,
    delay double precision, hold boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF next_state NOT IN ('retry', 'dead', 'blocked', 'skipped') THEN
        RAISE EXCEPTION 'not a state to release to: %', next_state;
    END IF;
    UPDATE core.deliveries d
       SET state = next_state, last_error = reason, token = NULL, lease_until = NULL,
           rows_done = NULL, unanswered = 0,
           attempt = d.attempt - (next_state = 'blocked')::integer,
           holds_back = next_state = 'dead' AND hold,
           finished_at = CASE WHEN next_state IN ('dead', 'skipped') THEN clock_timestamp() END,
           due_at = clock_timestamp() + make_interval(secs => delay), rung_at = NULL,
           updated_at = clock_timestamp()
     WHERE d.tenant_id = tenant AND d.id = delivery AND d.token = held_token;
    RETURN FOUND;
END
$$;

-- Due deliveries that nobody rang for `quiet` seconds and that nothing holds back, at most
-- `per_tenant` of each tenant, and less if there are many: tenants come in any order and get equal
-- parts of `at_most`, so that a busy one cannot hide the others. Marks them as rung.
--
-- What holds a delivery back is looked for with ORDER BY and LIMIT, and not with NOT EXISTS, which
-- becomes a join: planned when there was little, it compares each delivery with all others. Neither
-- may it be sorted for, which with old statistics looks as cheap as the index of turns, and reads all
-- deliveries of the tenant for each of them.
CREATE OR REPLACE FUNCTION core.sweep_deliveries(
    quiet double precision, per_tenant integer, at_most integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_sort = off
AS $$
    WITH RECURSIVE tenants AS (
        (SELECT d.tenant_id FROM core.deliveries d
          WHERE d.state IN ('pending', 'retry', 'running') ORDER BY d.tenant_id LIMIT 1)
        UNION ALL
        SELECT (SELECT d.tenant_id FROM core.deliveries d
                 WHERE d.state IN ('pending', 'retry', 'running')
                   AND d.tenant_id > t.tenant_id ORDER BY d.tenant_id LIMIT 1)
          FROM tenants t WHERE t.tenant_id IS NOT NULL
    ), turns AS (
        SELECT t.tenant_id, count(*) OVER () AS tenants FROM tenants t
         WHERE t.tenant_id IS NOT NULL ORDER BY random()
    ), due AS (
        SELECT d.tenant_id, d.id FROM turns t CROSS JOIN LATERAL (
            SELECT d.tenant_id, d.id FROM core.deliveries d
             WHERE d.tenant_id = t.tenant_id AND d.state IN ('pending', 'retry', 'running')
               AND d.due_at <= clock_timestamp()
               AND (d.lease_until IS NULL OR d.lease_until < clock_timestamp())
               AND (d.rung_at IS NULL
                    OR d.rung_at < clock_timestamp() - make_interval(secs => quiet))
               AND (SELECT e.id FROM core.deliveries e
                     WHERE e.tenant_id = d.tenant_id AND e.handler = d.handler
                       AND e.aggregate_id = d.aggregate_id AND e.position < d.position
                       AND (e.state IN ('pending', 'retry', 'running', 'blocked')
                            OR e.holds_back)
                     ORDER BY e.position LIMIT 1) IS NULL
             ORDER BY d.due_at
             LIMIT greatest(1, least(per_tenant, at_most / t.tenants)) FOR UPDATE SKIP LOCKED) d
        LIMIT at_most
    )
    UPDATE core.deliveries d SET rung_at = clock_timestamp() FROM due
     WHERE d.tenant_id = due.tenant_id AND d.id = due.id
    RETURNING d.tenant_id, d.id
$$;

-- Deliveries blocked for a handler that this worker has: make them due again. A task may be pending
-- a second time by now, so that this one is tried again, and not anew.
CREATE OR REPLACE FUNCTION core.unblock_deliveries(handlers text[]) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH freed AS (
        UPDATE core.deliveries d
           SET state = CASE WHEN d.scheduled THEN 'retry' ELSE 'pending' END,
               due_at = clock_timestamp(), rung_at = NULL
         WHERE d.state = 'blocked' AND d.handler = ANY (handlers) RETURNING 1)
    SELECT count(*) FROM freed
$$;

REVOKE ALL ON FUNCTION
    core.claim_delivery(uuid, uuid, double precision, boolean),
    core.extend_lease(uuid, uuid, uuid, double precision),
    core.note_progress(uuid, uuid, uuid, bigint, bigint),
    core.release_delivery(uuid, uuid, uuid, text, text, double precision, boolean),
    core.sweep_deliveries(double precision, integer, integer), core.unblock_deliveries(text[])
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    core.claim_delivery(uuid, uuid, double precision, boolean),
    core.extend_lease(uuid, uuid, uuid, double precision),
    core.note_progress(uuid, uuid, uuid, bigint, bigint),
    core.release_delivery(uuid, uuid, uuid, text, text, double precision, boolean),
    core.sweep_deliveries(double precision, integer, integer), core.unblock_deliveries(text[])
TO sparx_dispatch;
