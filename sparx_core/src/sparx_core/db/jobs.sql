
-- Jobs that are over.

-- Deletes the pieces, errors and rows of old jobs of all tenants, at most so many of each; how many
-- of that kind of which it deleted most. `receiving` are imports whose file never came whole.
CREATE OR REPLACE FUNCTION core.forget_job_rows(days double precision, at_most integer)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old AS (
        SELECT j.tenant_id, j.id FROM core.jobs j
         WHERE coalesce(j.finished_at, CASE j.state WHEN 'receiving' THEN j.created_at END)
               < clock_timestamp() - make_interval(days => 1) * days
    ), pieces AS (
        DELETE FROM core.job_chunks c USING (
            SELECT c.tenant_id, c.id FROM old JOIN core.job_chunks c
                ON c.tenant_id = old.tenant_id AND c.job_id = old.id
             LIMIT least(at_most, 200) FOR UPDATE OF c SKIP LOCKED) o
         WHERE c.tenant_id = o.tenant_id AND c.id = o.id RETURNING 1
    ), errors AS (
        DELETE FROM core.job_errors c USING (
            SELECT c.tenant_id, c.id FROM old JOIN core.job_errors c
                ON c.tenant_id = old.tenant_id AND c.job_id = old.id
             LIMIT at_most FOR UPDATE OF c SKIP LOCKED) o
         WHERE c.tenant_id = o.tenant_id AND c.id = o.id RETURNING 1
    ), written AS (
        DELETE FROM core.job_rows c USING (
            SELECT c.tenant_id, c.id FROM old JOIN core.job_rows c
                ON c.tenant_id = old.tenant_id AND c.job_id = old.id
             LIMIT at_most FOR UPDATE OF c SKIP LOCKED) o
         WHERE c.tenant_id = o.tenant_id AND c.id = o.id RETURNING 1
    )
    SELECT CASE WHEN (SELECT count(*) FROM pieces) = least(at_most, 200) THEN at_most
                ELSE greatest((SELECT count(*) FROM errors), (SELECT count(*) FROM written),
                              (SELECT count(*) FROM pieces)) END
$$;

-- Deletes old jobs of all tenants of which nothing else is left; how many.
CREATE OR REPLACE FUNCTION core.forget_jobs(days double precision, at_most integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old AS (
        SELECT j.tenant_id, j.id FROM core.jobs j
         WHERE coalesce(j.finished_at, CASE j.state WHEN 'receiving' THEN j.created_at END)
               < clock_timestamp() - make_interval(days => 1) * days
           AND NOT EXISTS (SELECT FROM core.job_chunks c
                            WHERE c.tenant_id = j.tenant_id AND c.job_id = j.id)
           AND NOT EXISTS (SELECT FROM core.job_errors c
                            WHERE c.tenant_id = j.tenant_id AND c.job_id = j.id)
           AND NOT EXISTS (SELECT FROM core.job_rows c
                            WHERE c.tenant_id = j.tenant_id AND c.job_id = j.id)
         LIMIT at_most FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM core.jobs j USING old
         WHERE j.tenant_id = old.tenant_id AND j.id = old.id RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION core.forget_job_rows(double precision, integer),
    core.forget_jobs(double precision, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.forget_job_rows(double precision, integer),
    core.forget_jobs(double precision, integer)
TO sparx_dispatch;
