-- What /metrics shows, of all tenants together: numbers, and no name or id of any tenant.
-- `seconds` is how far back what was finished is counted; lag is that of the last minute.
CREATE OR REPLACE FUNCTION core.delivery_metrics(seconds double precision) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH waiting AS (
        SELECT d.state, d.handler, count(*) AS deliveries,
               count(*) FILTER (WHERE d.quarantined_at IS NOT NULL) AS quarantined,
               min(d.due_at) FILTER (WHERE d.state IN ('pending', 'retry', 'running')) AS due_at
          FROM core.deliveries d
         WHERE d.state IN ('pending', 'retry', 'running', 'blocked')
         GROUP BY d.state, d.handler
    ), finished AS (
        SELECT d.* FROM core.tenants t CROSS JOIN LATERAL (
            SELECT d.state, d.handler, d.finished_at, d.due_at, d.attempt FROM core.deliveries d
             WHERE d.tenant_id = t.id AND d.finished_at IS NOT NULL
               AND d.finished_at > clock_timestamp() - make_interval(secs => seconds)) d
    ), dead AS (
        SELECT d.handler, count(*) AS deliveries FROM core.deliveries d
         WHERE d.state = 'dead' GROUP BY d.handler
    ), failed AS (
        SELECT d.handler, count(*) AS deliveries FROM core.deliveries d
         WHERE d.state = 'retry' AND d.attempt > 0
           AND d.updated_at > clock_timestamp() - make_interval(secs => seconds)
         GROUP BY d.handler
    ), webhooks AS (
        SELECT w.state, count(*) AS deliveries,
               min(w.due_at) FILTER (WHERE w.state = 'pending') AS due_at
          FROM core.webhook_deliveries w
         WHERE w.state IN ('pending', 'sending') GROUP BY w.state
    )
    SELECT jsonb_build_object(
        'depth', (SELECT jsonb_object_agg(s.state, s.deliveries) FROM (
            SELECT w.state, sum(w.deliveries) AS deliveries FROM waiting w GROUP BY w.state) s),
        'oldest', (SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(w.due_at)))
                     FROM waiting w),
        'quarantined', (SELECT coalesce(sum(w.quarantined), 0) FROM waiting w),
        'blocked', (SELECT jsonb_object_agg(w.handler, w.deliveries) FROM waiting w
                     WHERE w.state = 'blocked'),
        'dead', (SELECT jsonb_object_agg(d.handler, d.deliveries) FROM dead d),
        'failed', (SELECT jsonb_object_agg(f.handler, f.deliveries) FROM failed f),
        'finished', (SELECT jsonb_agg(jsonb_build_array(f.handler, f.state, f.deliveries)) FROM (
            SELECT f.handler, f.state, count(*) AS deliveries FROM finished f
             GROUP BY f.handler, f.state) f),
        'lag', (SELECT jsonb_object_agg(l.handler, l.seconds) FROM (
            SELECT f.handler, percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (
                       ORDER BY extract(epoch FROM f.finished_at - f.due_at)) AS seconds
              FROM finished f
             WHERE f.state = 'done' AND f.attempt <= 1
               AND f.finished_at > clock_timestamp() - interval '1 minute'
             GROUP BY f.handler) l),
        'webhooks', (SELECT jsonb_object_agg(w.state, w.deliveries) FROM webhooks w),
        'webhooks_oldest', (SELECT greatest(0, extract(epoch FROM clock_timestamp() - min(w.due_at)))
                              FROM webhooks w))
$$;

REVOKE ALL ON FUNCTION core.delivery_metrics(double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.delivery_metrics(double precision)
TO sparx_dispatch;
