-- What becomes of webhook deliveries that were sent: their attempts, the next one, and how their
-- receivers do. All times are this server's. Rows are found as webhooks.sql says.

-- Stores what came of requests, each of the worker that holds the delivery by its token; what somebody
-- else holds by now is left as it is. `pace` divides all waiting, for tests that have no time. What comes
-- back is deliveries to handlers, to ring for.
--
-- Of an attempt: tenant, subscription, delivery, token; outcome: 'delivered', 'retry', 'abort' (the
-- receiver wants no more of it), 'gone' (nothing ever again), 'fault' (of ours: the receiver was not
-- asked), 'cancel'; error, the kind; retry_after in seconds; body, what was sent, if it is not fixed yet.
CREATE OR REPLACE FUNCTION core.record_attempts(attempts json, pace double precision)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
    a record;
    spot tid;
    d core.webhook_deliveries%ROWTYPE;
    told uuid;
BEGIN
    FOR a IN
        SELECT * FROM json_to_recordset(attempts) AS r(
            tenant uuid, subscription uuid, delivery uuid, token uuid, outcome text,
            started double precision, milliseconds integer, status integer, error text, message text,
            address text, request_headers json, response_headers json, response_body text,
            retry_after double precision, body text)
         ORDER BY r.tenant, r.subscription, r.delivery
    LOOP
        -- First the subscription, then its delivery: as a deletion locks them.
        PERFORM FROM core.webhook_subscriptions s
          WHERE s.tenant_id = a.tenant AND s.id BETWEEN a.subscription AND a.subscription
          ORDER BY s.id LIMIT 1 FOR NO KEY UPDATE;
        CONTINUE WHEN NOT FOUND;
        SELECT w.ctid INTO spot FROM core.webhook_deliveries w
         WHERE w.tenant_id = a.tenant AND w.id BETWEEN a.delivery AND a.delivery
           AND w.token = a.token AND w.state = 'sending'
         ORDER BY w.id LIMIT 1 FOR NO KEY UPDATE;
        CONTINUE WHEN NOT FOUND;
        UPDATE core.webhook_deliveries w
           SET state = CASE WHEN a.outcome = 'delivered' THEN 'delivered'
                            WHEN a.outcome = 'cancel' THEN 'cancelled'
                            WHEN a.outcome IN ('abort', 'gone') OR w.attempt >= 10 THEN 'failed'
                            ELSE 'pending' END,
               finished_at = CASE WHEN a.outcome NOT IN ('retry', 'fault') OR w.attempt >= 10
                                  THEN clock_timestamp() END,
               due_at = CASE WHEN a.outcome IN ('retry', 'fault') AND w.attempt < 10
                             THEN clock_timestamp() + make_interval(
                                  secs => core.webhook_delay(w.attempt, a.retry_after) / pace)
                             ELSE w.due_at END,
               body = coalesce(w.body, a.body), last_status = a.status, last_error = a.error,
               token = NULL, lease_until = NULL, updated_at = clock_timestamp()
         WHERE w.ctid = spot
        RETURNING * INTO d;
        CONTINUE WHEN NOT FOUND OR a.outcome = 'cancel';
        INSERT INTO core.webhook_attempts
               (tenant_id, id, delivery_id, subscription_id, event_type, number, started_at,
                milliseconds, status, error, message, address, request_headers, response_headers,
                response_body, manual)
        VALUES (d.tenant_id, core.new_id(), d.id, d.subscription_id, d.event_type, d.attempt,
                to_timestamp(a.started), a.milliseconds, a.status, a.error, a.message, a.address,
                coalesce(a.request_headers, '[]'), a.response_headers, a.response_body,
                d.replay_id IS NOT NULL OR d.test);
        CONTINUE WHEN a.outcome = 'fault';
        told := core.note_webhook(
            a.tenant, a.subscription, a.outcome = 'delivered', a.outcome = 'gone',
            CASE WHEN a.status IN (429, 503) THEN a.retry_after END, pace);
        IF told IS NOT NULL THEN
            tenant_id := a.tenant;
            id := told;
            RETURN NEXT;
        END IF;
    END LOOP;
END
$$;

-- Seconds until the attempt after this one: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, 20
-- percent either way, or what the receiver asks for, if that is more, up to a day.
CREATE OR REPLACE FUNCTION core.webhook_delay(attempt integer, retry_after double precision)
RETURNS double precision
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT greatest(
        (ARRAY[5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400])[least(attempt, 9)]
            * (0.8 + 0.4 * random()),
        least(coalesce(retry_after, 0), 86400))
$$;

-- Notes how a receiver did, and what follows: the breaker opens or closes, the owner is told that it has
-- failed for a day or three, or it is disabled. The delivery to a handler that tells him, or NULL.
--
-- The breaker opens after 5 failures in a row, or when 7 of 10 and more fail in the minute after one that
-- failed. It stays open for a minute, then for twice as long each time a single request fails again, up
-- to an hour. Nothing is written for a receiver that is well, but every 10 seconds.
CREATE OR REPLACE FUNCTION core.note_webhook(
    tenant uuid, subscription uuid, succeeded boolean, gone boolean, hold double precision,
    pace double precision)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    at CONSTANT timestamptz := clock_timestamp();
    s core.webhook_subscriptions%ROWTYPE;
    spot tid;
    failing interval;
    told text;
BEGIN
    SELECT w.ctid INTO spot FROM core.webhook_subscriptions w
     WHERE w.tenant_id = tenant AND w.id BETWEEN subscription AND subscription
     ORDER BY w.id LIMIT 1 FOR NO KEY UPDATE;
    SELECT * INTO s FROM core.webhook_subscriptions w WHERE w.ctid = spot;
    IF succeeded THEN
        IF s.failures > 0 OR s.opened > 0 OR s.first_failed_at IS NOT NULL OR s.open_until IS NOT NULL
           OR s.window_at IS NOT NULL OR s.last_succeeded_at IS NULL
           OR s.last_succeeded_at < at - interval '10 seconds' THEN
            UPDATE core.webhook_subscriptions w
               SET failures = 0, opened = 0, open_until = NULL, warned = 0, first_failed_at = NULL,
                   last_succeeded_at = at, window_total = s.window_total + (
                       s.window_at IS NOT NULL)::integer,
                   window_at = CASE WHEN s.window_at > at - interval '1 minute' / pace
                                    THEN s.window_at END
             WHERE w.ctid = spot;
        END IF;
        RETURN NULL;
    END IF;
    s.failures := s.failures + 1;
    IF s.window_at IS NULL OR s.window_at <= at - interval '1 minute' / pace THEN
        s.window_at := at;
        s.window_total := 0;
        s.window_failed := 0;
    END IF;
    s.window_total := s.window_total + 1;
    s.window_failed := s.window_failed + 1;
    IF (s.failures >= 5 OR s.window_total >= 10 AND s.window_failed >= 0.7 * s.window_total)
       AND (s.open_until IS NULL OR s.open_until <= at) THEN
        s.open_until := at + least(interval '1 minute' * power(2, least(s.opened, 6)),
                                   interval '1 hour') / pace;
        s.opened := s.opened + 1;
    END IF;
    -- Who was not asked for five days may be well: what is known of before does not count.
    IF s.first_failed_at IS NULL OR s.last_failed_at <= at - interval '5 days' THEN
        s.first_failed_at := at;
    ELSIF s.last_failed_at >= s.first_failed_at + interval '12 hours' THEN
        failing := at - s.first_failed_at;
    END IF;
    s.last_failed_at := at;
    IF gone OR failing >= interval '5 days' THEN
        told := CASE WHEN s.state = 'enabled' THEN 'disabled' END;
    ELSIF failing >= interval '1 day' * (CASE s.warned WHEN 0 THEN 1 WHEN 1 THEN 3 END) THEN
        s.warned := CASE WHEN failing >= interval '3 days' THEN 2 ELSE 1 END;
        told := 'failing';
    END IF;
    IF told = 'disabled' THEN
        s.state := 'disabled';
        s.disabled_at := at;
        s.disabled_reason := CASE WHEN gone THEN 'gone' ELSE 'failing' END;
        s.version := s.version + 1;
        s.updated_at := at;
    END IF;
    UPDATE core.webhook_subscriptions w
       SET failures = s.failures, window_at = s.window_at, window_total = s.window_total,
           window_failed = s.window_failed, open_until = s.open_until, opened = s.opened,
           first_failed_at = s.first_failed_at, last_failed_at = s.last_failed_at,
           warned = s.warned, state = s.state, disabled_at = s.disabled_at,
           disabled_reason = s.disabled_reason, version = s.version, updated_at = s.updated_at,
           next_at = CASE WHEN hold > 0 THEN greatest(
               w.next_at, at + make_interval(secs => least(hold, 60) / pace)) ELSE w.next_at END
     WHERE w.ctid = spot;
    RETURN CASE WHEN told IS NOT NULL THEN core.tell_of_webhook(tenant, subscription, told) END;
END
$$;

-- An event that is told to nobody but a handler of the core, which states in the tenant what webhooks
-- may have: 'failing' or 'disabled'. The delivery to that handler.
CREATE OR REPLACE FUNCTION core.tell_of_webhook(tenant uuid, subscription uuid, notice text)
RETURNS uuid
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH fact AS (
        INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type, aggregate_id,
                                 actor, depth, data)
        VALUES (tenant, core.new_id(), 'webhook.noticed', 1, 'core.webhook_subscriptions',
                subscription, 'system:worker', 0, json_build_object('notice', notice))
        RETURNING events.id, events.type, events.aggregate_id, events.position
    )
    INSERT INTO core.deliveries (tenant_id, id, handler, module, event_id, event_type, aggregate_id,
                                 position)
    SELECT tenant, core.new_id(), 'core.tell_of_webhook', 'core', fact.id, fact.type,
           fact.aggregate_id, fact.position
      FROM fact
    RETURNING deliveries.id
$$;

REVOKE ALL ON FUNCTION
    core.record_attempts(json, double precision), core.webhook_delay(integer, double precision),
    core.note_webhook(uuid, uuid, boolean, boolean, double precision, double precision),
    core.tell_of_webhook(uuid, uuid, text)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.record_attempts(json, double precision)
TO sparx_dispatch;
