
-- The audit log.

-- Who is recorded for a change that was made without a genuine context: an operator who may act as the
-- owner, or a function of the core that a worker calls. Nobody (NULL) who serves requests: he writes in
-- a context, and if it is gone at the end of the statement it was taken away.
CREATE OR REPLACE FUNCTION core.system_actor() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN CASE WHEN pg_has_role(session_user, 'sparx_owner', 'MEMBER') THEN 'system:operator'
                WHEN NOT pg_has_role(session_user, 'sparx_app', 'MEMBER') THEN 'system:worker' END;
END
$$;

-- Rows of a tenant were written, and at the end of the statement there is no context of that tenant.
CREATE OR REPLACE FUNCTION core.refuse_entry() RETURNS uuid
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE EXCEPTION 'the tenant context changed while rows were written'
          USING ERRCODE = 'insufficient_privilege';
END
$$;

-- What is recorded stays as it is, for the owner's own functions as well. Deleting is left to what
-- says so with sparx.forget_audit, and taking personal data out to what says sparx.redact_audit; only
-- the owner's role can do either at all.
CREATE OR REPLACE FUNCTION core.keep_entries() RETURNS trigger
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (CASE TG_OP WHEN 'DELETE' THEN current_setting('sparx.forget_audit', true)
                  WHEN 'UPDATE' THEN current_setting('sparx.redact_audit', true)
       END) IS DISTINCT FROM 'on' THEN
        RAISE EXCEPTION 'audit entries are never changed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER keep BEFORE UPDATE OR DELETE OR TRUNCATE ON core.audit_entries
FOR EACH STATEMENT EXECUTE FUNCTION core.keep_entries();

-- Deletes the entries of all tenants that are older than `days`, at most so many; how many it deleted.
-- Ids begin with the time, so that the primary key finds them.
CREATE OR REPLACE FUNCTION core.forget_entries(days double precision, at_most integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    deleted bigint;
    oldest bigint := extract(epoch FROM clock_timestamp()) * 1000 - days * 86400000;
BEGIN
    PERFORM set_config('sparx.forget_audit', 'on', true);
    WITH old AS (
        SELECT e.tenant_id, e.id FROM core.tenants t CROSS JOIN LATERAL (
            SELECT o.tenant_id, o.id FROM core.audit_entries o
             WHERE o.tenant_id = t.id
               AND o.id < (lpad(to_hex(oldest), 12, '0') || '70008000000000000000')::uuid
             ORDER BY o.id LIMIT at_most FOR UPDATE SKIP LOCKED) e
        LIMIT at_most
    ), gone AS (
        DELETE FROM core.audit_entries e USING old
         WHERE e.tenant_id = old.tenant_id AND e.id = old.id RETURNING 1
    )
    SELECT count(*) INTO deleted FROM gone;
    PERFORM set_config('sparx.forget_audit', '', true);
    RETURN deleted;
END
$$;

REVOKE ALL ON FUNCTION core.system_actor(), core.refuse_entry(), core.keep_entries(),
    core.forget_entries(double precision, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.forget_entries(double precision, integer)
TO sparx_dispatch;
