-- How workers get webhook deliveries to send: claim, take back, cancel, forget. Only sparx_dispatch may.
--
-- A worker claims for the requests that it can begin at once. Claims of one tenant come one after the
-- other, under an advisory lock, so that however many workers there are, a tenant has at most 10
-- requests under way and a subscription as many as it allows. A claim waits for no lock: what is locked
-- it passes over, and says when to come back.
--
-- The tables grow and shrink by the second, and their statistics are of another time: a plan that was
-- good for none of the rows may read all of a tenant's. So what is looked for is asked for in the order
-- of the one index that has it, with sorting switched off: a row by its id as a range of one, in the order
-- of ids, which the primary key alone can answer. What is locked is changed by its place (ctid).

-- Claims what is due of one tenant, at most `slots`, of which at most `trials` for subscriptions that
-- fail at present. It begins after the subscription `place`, and goes round.
--
-- `claimed` are the deliveries; `tried` how many of them are trials; `reached` the last subscription, if
-- more may be due and there was no room for it; `wait` the seconds until it is worth to look again.
CREATE OR REPLACE FUNCTION core.claim_webhooks_of(
    tenant uuid, slots integer, trials integer, lease double precision, place uuid)
RETURNS TABLE (claimed uuid[], tried integer, reached uuid, wait double precision)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    modules text[];
    place_began CONSTANT uuid := coalesce(place, '00000000-0000-0000-0000-000000000000');
    one uuid := place_began;
    round_trip boolean := false;
    room integer;
    taken uuid[];
    seen integer;
    offered record;
BEGIN
    claimed := '{}';
    tried := 0;
    IF NOT pg_try_advisory_xact_lock(1398166083, hashtext(tenant::text)) THEN
        reached := place;
        wait := 0.01;
        RETURN NEXT;
        RETURN;
    END IF;
    SELECT least(slots, 10 - count(*)) INTO room FROM core.webhook_deliveries d
     WHERE d.tenant_id = tenant AND d.state = 'sending';
    IF room <= 0 THEN
        reached := place;
        RETURN NEXT;
        RETURN;
    END IF;
    modules := string_to_array(core.active_modules(tenant), ',');
    LOOP
        SELECT d.subscription_id INTO one FROM core.webhook_deliveries d
         WHERE d.tenant_id = tenant AND d.state = 'pending' AND d.subscription_id > one
         ORDER BY d.subscription_id LIMIT 1;
        IF one IS NULL AND NOT round_trip THEN
            round_trip := true;
            one := '00000000-0000-0000-0000-000000000000';
            CONTINUE;
        END IF;
        EXIT WHEN one IS NULL OR round_trip AND one > place_began;
        SELECT * INTO offered FROM core.offer_of_webhook(tenant, one);
        wait := least(wait, offered.wait);
        IF offered.trial THEN
            offered.places := least(offered.places, trials - tried);
        END IF;
        CONTINUE WHEN offered.places <= 0;
        WITH due AS MATERIALIZED (
            SELECT d.ctid, d.module = ANY (modules) AS active FROM core.webhook_deliveries d
             WHERE d.tenant_id = tenant AND d.subscription_id = one AND d.state = 'pending'
               AND d.due_at <= clock_timestamp()
             ORDER BY d.due_at LIMIT least(room, offered.places) FOR UPDATE SKIP LOCKED
        ), moved AS (
            UPDATE core.webhook_deliveries d
               SET state = CASE WHEN due.active THEN 'sending' ELSE 'cancelled' END,
                   attempt = d.attempt + due.active::integer,
                   token = CASE WHEN due.active THEN gen_random_uuid() END,
                   lease_until = CASE WHEN due.active
                                      THEN clock_timestamp() + make_interval(secs => lease) END,
                   last_error = CASE WHEN due.active THEN d.last_error ELSE 'module_inactive' END,
                   finished_at = CASE WHEN NOT due.active THEN clock_timestamp() END,
                   updated_at = clock_timestamp()
              FROM due WHERE d.ctid = due.ctid
            RETURNING d.id, due.active
        )
        SELECT coalesce(array_agg(m.id) FILTER (WHERE m.active), '{}'), count(*) INTO taken, seen
          FROM moved m;
        IF seen > cardinality(taken) THEN
            wait := 0;  -- what was cancelled may have hidden others
        END IF;
        CONTINUE WHEN cardinality(taken) = 0;
        UPDATE core.webhook_subscriptions s
           SET next_at = greatest(s.next_at, clock_timestamp())
                         + make_interval(secs => cardinality(taken) / s.rate::double precision)
         WHERE s.ctid = offered.spot;
        claimed := claimed || taken;
        room := room - cardinality(taken);
        IF offered.trial THEN
            tried := tried + cardinality(taken);
        END IF;
        IF room = 0 THEN
            reached := one;
            EXIT;
        END IF;
    END LOOP;
    RETURN NEXT;
END
$$;

-- How many requests a subscription may get now, and whether they are trials of one that fails: it gets
-- one at a time, as does one that has never answered: who hangs holds less of what its tenant has. While
-- its breaker is open it gets none, and then a single one. Locks the subscription;
-- what is pending of one that is disabled is cancelled, some at a time.
--
-- The rate is kept by the time at which the next request is due: each one moves it on by its part of a
-- second, and it may be ahead by a twentieth of a second at most.
CREATE OR REPLACE FUNCTION core.offer_of_webhook(tenant uuid, subscription uuid)
RETURNS TABLE (places integer, trial boolean, wait double precision, spot tid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
DECLARE
    s record;
    allowed integer;
    ahead double precision;
    cancelled bigint;
BEGIN
    places := 0;
    trial := false;
    SELECT w.state, w.concurrency, w.rate, w.failures, w.open_until, w.next_at,
           w.last_succeeded_at, w.ctid AS spot INTO s
      FROM core.webhook_subscriptions w
     WHERE w.tenant_id = tenant AND w.id BETWEEN subscription AND subscription
     ORDER BY w.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        wait := 0.01;
        RETURN NEXT;
        RETURN;
    END IF;
    spot := s.spot;
    IF s.state <> 'enabled' THEN
        WITH pending AS (
            SELECT d.ctid FROM core.webhook_deliveries d
             WHERE d.tenant_id = tenant AND d.subscription_id = subscription
               AND d.state = 'pending' ORDER BY d.due_at LIMIT 1000 FOR UPDATE SKIP LOCKED
        ), gone AS (
            UPDATE core.webhook_deliveries d
               SET state = 'cancelled', last_error = 'subscription_disabled',
                   finished_at = clock_timestamp(), updated_at = clock_timestamp()
              FROM pending WHERE d.ctid = pending.ctid RETURNING 1)
        SELECT count(*) INTO cancelled FROM gone;
        wait := CASE WHEN cancelled = 1000 THEN 0 END;
        RETURN NEXT;
        RETURN;
    END IF;
    IF s.open_until > clock_timestamp() THEN
        wait := extract(epoch FROM s.open_until - clock_timestamp());
        RETURN NEXT;
        RETURN;
    END IF;
    trial := s.failures > 0 OR s.open_until IS NOT NULL;
    SELECT CASE WHEN trial OR s.last_succeeded_at IS NULL THEN 1
                ELSE least(s.concurrency, 10) END - count(*) INTO allowed
      FROM core.webhook_deliveries d
     WHERE d.tenant_id = tenant AND d.subscription_id = subscription AND d.state = 'sending';
    -- In requests: how far the time of the next one is ahead, and how far it may be.
    ahead := greatest(0, extract(epoch FROM s.next_at - clock_timestamp()) * s.rate);
    places := least(allowed, floor(1 + floor(s.rate / 20.0) - coalesce(ahead, 0)));
    IF allowed > 0 AND places <= 0 THEN
        wait := (ahead - floor(s.rate / 20.0)) / s.rate;
    END IF;
    RETURN NEXT;
END
$$;

-- Claims deliveries that are due, at most `slots`, of all tenants: each in its turn, beginning after the
-- tenant `after`. `places` says after which subscription to begin in tenants where there was no room for
-- all the last time. Looks at no more than `tenants` of them.
--
-- A row for each delivery, with what it takes to send it, and a last one without a delivery: the tenant
-- that was reached, the new places, and the seconds until it is worth to look again.
DROP FUNCTION IF EXISTS core.claim_webhooks(integer, integer, double precision, uuid, jsonb, integer);
CREATE OR REPLACE FUNCTION core.claim_webhooks(
    slots integer, trials integer, lease double precision, after uuid, places jsonb,
    tenants integer)
RETURNS TABLE (
    tenant_id uuid, delivery uuid, token uuid, attempt integer, claimed_at timestamptz, trial boolean,
    subscription_id uuid, url text, headers text, secrets bytea, body text, event_id uuid,
    event_type text, event_version integer, aggregate_type text, aggregate_id uuid, data text,
    occurred_at timestamptz, "position" bigint, test boolean, livemode boolean,
    reached text, wait double precision)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
    began CONSTANT uuid := coalesce(after, '00000000-0000-0000-0000-000000000000');
    one uuid := began;
    round_trip boolean := false;
    part record;
    looked integer := 0;
    soon double precision;
    ids uuid[] := '{}';
    owners uuid[] := '{}';
    marks jsonb := '{}';
BEGIN
    WHILE slots > 0 LOOP
        SELECT d.tenant_id INTO one FROM core.webhook_deliveries d
         WHERE d.state = 'pending' AND d.tenant_id > one ORDER BY d.tenant_id LIMIT 1;
        IF one IS NULL AND NOT round_trip THEN
            round_trip := true;
            one := '00000000-0000-0000-0000-000000000000';
            CONTINUE;
        END IF;
        EXIT WHEN one IS NULL OR round_trip AND one > began;
        looked := looked + 1;
        SELECT * INTO part FROM core.claim_webhooks_of(
            one, slots, trials, lease, (places ->> one::text)::uuid);
        ids := ids || part.claimed;
        owners := owners || array_fill(one, ARRAY[cardinality(part.claimed)]);
        slots := slots - cardinality(part.claimed);
        trials := trials - part.tried;
        soon := least(soon, part.wait);
        marks := marks || jsonb_build_object(one::text, part.reached);
        after := one;
        IF looked >= tenants THEN
            soon := 0;
            EXIT;
        END IF;
    END LOOP;
    RETURN QUERY
    SELECT d.tenant_id, d.id, d.token, d.attempt, clock_timestamp(),
           s.failures > 0 OR s.open_until IS NOT NULL, s.id, s.url, s.headers::text, s.secrets,
           d.body, d.event_id, d.event_type, e.event_version, e.aggregate_type, e.aggregate_id,
           CASE WHEN d.body IS NULL THEN e.data::text END, e.occurred_at, d.position, d.test,
           (SELECT t.live_id IS NULL FROM core.tenants t
             WHERE t.id BETWEEN c.owner AND c.owner ORDER BY t.id LIMIT 1),
           NULL::text, NULL::double precision
      FROM unnest(owners, ids) AS c(owner, id)
     CROSS JOIN LATERAL (
            SELECT * FROM core.webhook_deliveries w
             WHERE w.tenant_id = c.owner AND w.id BETWEEN c.id AND c.id
             ORDER BY w.id LIMIT 1) d
     CROSS JOIN LATERAL (
            SELECT * FROM core.webhook_subscriptions w
             WHERE w.tenant_id = c.owner
               AND w.id BETWEEN d.subscription_id AND d.subscription_id
             ORDER BY w.id LIMIT 1) s
      LEFT JOIN LATERAL (
            SELECT * FROM core.events w
             WHERE w.tenant_id = c.owner AND w.id BETWEEN d.event_id AND d.event_id
             ORDER BY w.id LIMIT 1) e ON true;
    RETURN QUERY
    SELECT after, NULL::uuid, NULL::uuid, NULL::integer, clock_timestamp(), NULL::boolean,
           NULL::uuid, NULL::text, NULL::text, NULL::bytea, NULL::text, NULL::uuid, NULL::text,
           NULL::integer, NULL::text, NULL::uuid, NULL::text, NULL::timestamptz, NULL::bigint,
           NULL::boolean, NULL::boolean, marks::text, soon;
END
$$;

-- Takes back what workers did not answer for: it is due again, at once. After ten attempts of which
-- nobody told the outcome it has failed. How many.
CREATE OR REPLACE FUNCTION core.release_webhooks() RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    released bigint;
BEGIN
    WITH expired AS (
        SELECT d.ctid, d.attempt < 10 AS again FROM core.webhook_deliveries d
         WHERE d.state = 'sending' AND d.lease_until < clock_timestamp()
         LIMIT 1000 FOR UPDATE SKIP LOCKED
    ), moved AS (
        UPDATE core.webhook_deliveries d
           SET state = CASE WHEN e.again THEN 'pending' ELSE 'failed' END,
               last_error = CASE WHEN e.again THEN d.last_error ELSE 'no_outcome' END,
               finished_at = CASE WHEN NOT e.again THEN clock_timestamp() END,
               token = NULL, lease_until = NULL, updated_at = clock_timestamp()
          FROM expired e WHERE d.ctid = e.ctid RETURNING 1)
    SELECT count(*) INTO released FROM moved;
    RETURN released;
END
$$;

-- Deletes deliveries that are over since `days`, with their attempts, at most so many; how many.
CREATE OR REPLACE FUNCTION core.forget_webhooks(days double precision, at_most integer)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old AS (
        SELECT w.tenant_id, w.id FROM core.tenants t CROSS JOIN LATERAL (
            SELECT d.tenant_id, d.id FROM core.webhook_deliveries d
             WHERE d.tenant_id = t.id
               AND d.finished_at < clock_timestamp() - make_interval(days => 1) * days
             LIMIT at_most FOR UPDATE SKIP LOCKED) w
         LIMIT at_most
    ), gone AS (
        DELETE FROM core.webhook_deliveries d USING old
         WHERE d.tenant_id = old.tenant_id AND d.id = old.id RETURNING 1)
    SELECT count(*) FROM gone
$$;

-- Deletes attempts that are older than `days`, also of deliveries that are not over; how many. Ids begin
-- with the time, so that the primary key finds them.
CREATE OR REPLACE FUNCTION core.forget_attempts(days double precision, at_most integer)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    deleted bigint;
    oldest bigint := extract(epoch FROM clock_timestamp()) * 1000 - days * 86400000;
BEGIN
    WITH old AS (
        SELECT w.tenant_id, w.id FROM core.tenants t CROSS JOIN LATERAL (
            SELECT a.tenant_id, a.id FROM core.webhook_attempts a
             WHERE a.tenant_id = t.id
               AND a.id < (lpad(to_hex(oldest), 12, '0') || '70008000000000000000')::uuid
             ORDER BY a.id LIMIT at_most FOR UPDATE SKIP LOCKED) w
         LIMIT at_most
    ), gone AS (
        DELETE FROM core.webhook_attempts a USING old
         WHERE a.tenant_id = old.tenant_id AND a.id = old.id RETURNING 1)
    SELECT count(*) INTO deleted FROM gone;
    RETURN deleted;
END
$$;

REVOKE ALL ON FUNCTION
    core.claim_webhooks_of(uuid, integer, integer, double precision, uuid),
    core.offer_of_webhook(uuid, uuid), core.release_webhooks(),
    core.claim_webhooks(integer, integer, double precision, uuid, jsonb, integer),
    core.forget_webhooks(double precision, integer),
    core.forget_attempts(double precision, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    core.claim_webhooks(integer, integer, double precision, uuid, jsonb, integer),
    core.release_webhooks(), core.forget_webhooks(double precision, integer),
    core.forget_attempts(double precision, integer)
TO sparx_dispatch;
