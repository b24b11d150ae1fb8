-- What is to be done at a time: the periodic work of modules, and single tasks of their rows.

-- A schedule for each tenant that has the module of a task active, and none where it is not: `tasks`
-- are the names, modules and periods in seconds of the periodic work that is installed here. The
-- first run comes at some moment of the first period, so that tenants do not come all at once.
CREATE OR REPLACE FUNCTION core.plan_schedules(tasks json) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM core.schedules s
     USING json_to_recordset(tasks) AS t(name text, module text, seconds double precision)
     WHERE s.task = t.name AND NOT EXISTS (
           SELECT FROM core.activations a
            WHERE a.tenant_id = s.tenant_id AND a.module = t.module AND a.state = 'active');
    INSERT INTO core.schedules (tenant_id, id, task, module, due_at)
    SELECT a.tenant_id, gen_random_uuid(), t.name, t.module,
           clock_timestamp() + make_interval(secs => t.seconds * random())
      FROM json_to_recordset(tasks) AS t(name text, module text, seconds double precision)
      JOIN core.activations a ON a.module = t.module AND a.state = 'active'
     WHERE NOT EXISTS (SELECT FROM core.schedules s
                        WHERE s.tenant_id = a.tenant_id AND s.task = t.name)
    ON CONFLICT DO NOTHING;
$$;

-- Turns what is due into deliveries, each in the transaction that moves its schedule on, so that one
-- worker does it however many there are. A task that has not run since it was last due is not
-- delivered again: it would only run twice in a row.
CREATE OR REPLACE FUNCTION core.run_schedules(tasks json, at_most integer)
RETURNS TABLE (tenant_id uuid, id uuid)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH due AS (
        SELECT s.tenant_id, s.id, s.task, s.module, s.due_at, t.seconds
          FROM core.schedules s
          JOIN json_to_recordset(tasks) AS t(name text, module text, seconds double precision)
            ON t.name = s.task
         WHERE s.due_at <= clock_timestamp()
         ORDER BY s.due_at LIMIT at_most FOR UPDATE OF s SKIP LOCKED
    ), moved AS (
        UPDATE core.schedules s
           SET due_at = greatest(s.due_at, clock_timestamp() - make_interval(secs => due.seconds))
                        + make_interval(secs => due.seconds), updated_at = clock_timestamp()
          FROM due WHERE s.tenant_id = due.tenant_id AND s.id = due.id
    ), fact AS (
        INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type, aggregate_id,
                                 actor, depth, data)
        SELECT due.tenant_id, gen_random_uuid(), 'schedule.due', 1, 'core.schedules', due.id,
               'schedule:' || due.task, 0,
               json_build_object('task', due.task, 'dueAt',
                   to_char(due.due_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
          FROM due
         WHERE NOT EXISTS (
               SELECT FROM core.deliveries d
                WHERE d.tenant_id = due.tenant_id AND d.handler = due.task
                  AND d.aggregate_id = due.id
                  AND d.state IN ('pending', 'retry', 'running', 'blocked'))
        RETURNING events.tenant_id, events.id, events.type, events.aggregate_id, events.position
    )
    INSERT INTO core.deliveries (tenant_id, id, handler, module, event_id, event_type,
                                 aggregate_id, position)
    SELECT fact.tenant_id, gen_random_uuid(), due.task, due.module, fact.id, fact.type,
           fact.aggregate_id, fact.position
      FROM fact JOIN due ON due.tenant_id = fact.tenant_id AND due.id = fact.aggregate_id
    RETURNING deliveries.tenant_id, deliveries.id
$$;

-- Has a task of a row done at a time, once: what was pending of it before is replaced. Runs with the
-- rights of the caller, in his tenant. The number that the delivery got, for ringing.
CREATE OR REPLACE FUNCTION core.schedule_task(
    task text, module text, kind text, row_id uuid, at timestamptz,
    request_id text, depth integer)
RETURNS uuid
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM core.deliveries d
     WHERE d.handler = schedule_task.task AND d.aggregate_id = row_id AND d.scheduled
       AND d.state IN ('pending', 'retry', 'blocked');
    WITH fact AS (
        INSERT INTO core.events (id, type, event_version, aggregate_type, aggregate_id, actor,
                                 request_id, depth, data)
        SELECT gen_random_uuid(), 'task.scheduled', 1, kind, row_id,
               current_setting('sparx.actor'), schedule_task.request_id,
               -- What is for later is no loop, however often it schedules itself.
               CASE WHEN at > clock_timestamp() THEN 0 ELSE schedule_task.depth END,
               json_build_object('task', schedule_task.task, 'at',
                   to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
        RETURNING id, type, position
    )
    INSERT INTO core.deliveries (id, handler, module, event_id, event_type, aggregate_id, position,
                                 due_at, rung_at, scheduled)
    SELECT gen_random_uuid(), schedule_task.task, schedule_task.module, fact.id, fact.type, row_id,
           fact.position, at, NULL, true
      FROM fact
    -- Somebody else scheduled it at the same moment, and was first: then the later word counts.
    ON CONFLICT (tenant_id, handler, aggregate_id) WHERE scheduled AND state = 'pending'
    DO UPDATE SET due_at = excluded.due_at, event_id = excluded.event_id,
                  position = excluded.position, rung_at = NULL, updated_at = clock_timestamp()
    RETURNING id
$$;

-- Takes a task of a row back, unless it is running or done; whether there was one.
CREATE OR REPLACE FUNCTION core.unschedule_task(task text, row_id uuid) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    WITH gone AS (
        DELETE FROM core.deliveries d
         WHERE d.handler = task AND d.aggregate_id = row_id AND d.scheduled
           AND d.state IN ('pending', 'retry', 'blocked') RETURNING 1)
    SELECT EXISTS (SELECT FROM gone)
$$;

-- The tasks that came up while a module was off: due now, unless they are pending again.
CREATE OR REPLACE FUNCTION core.revive_tasks(key text) RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    WITH newest AS (
        SELECT DISTINCT ON (d.handler, d.aggregate_id) d.tenant_id, d.id
          FROM core.deliveries d
         WHERE d.finished_at IS NOT NULL AND d.module = key AND d.scheduled AND d.state = 'skipped'
           AND NOT EXISTS (
               SELECT FROM core.deliveries e
                WHERE e.tenant_id = d.tenant_id AND e.handler = d.handler
                  AND e.aggregate_id = d.aggregate_id AND e.scheduled AND e.position > d.position
                  AND e.state IN ('pending', 'retry', 'running', 'blocked'))
         ORDER BY d.handler, d.aggregate_id, d.position DESC
    ), revived AS (
        UPDATE core.deliveries d
           SET state = 'retry', attempt = 0, finished_at = NULL, due_at = clock_timestamp(),
               rung_at = NULL, updated_at = clock_timestamp()
          FROM newest n WHERE d.tenant_id = n.tenant_id AND d.id = n.id RETURNING 1)
    SELECT count(*) FROM revived
$$;

REVOKE ALL ON FUNCTION
    core.plan_schedules(json), core.run_schedules(json, integer),
    core.schedule_task(text, text, text, uuid, timestamptz, text, integer),
    core.unschedule_task(text, uuid), core.revive_tasks(text)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    core.schedule_task(text, text, text, uuid, timestamptz, text, integer),
    core.unschedule_task(text, uuid), core.revive_tasks(text)
TO sparx_app;
GRANT EXECUTE ON FUNCTION core.plan_schedules(json), core.run_schedules(json, integer)
TO sparx_dispatch;
