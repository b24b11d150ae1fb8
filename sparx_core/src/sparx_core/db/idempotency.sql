
-- Idempotency keys.

-- Claims a key for this transaction, or tells what became of it: `new` (nobody used it), `stored`
-- (the answer is there), `reused` (for another request), `busy` (a transaction that has it still runs
-- after a fifth of a second). The claim is an advisory lock, held to the end of the transaction, which
-- then stores the answer or nothing: a row that is written once. Runs as the caller, under the policy
-- of the table.
CREATE OR REPLACE FUNCTION core.claim_key(tenant uuid, key uuid, request_fingerprint bytea)
RETURNS TABLE (state text, status integer, headers text, body bytea, sealed boolean)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp ROWS 1
AS $$
#variable_conflict use_column
DECLARE
    lock bigint := hashtextextended(tenant::text || key::text, 0);
    patience text := current_setting('lock_timeout');
    found_fingerprint bytea;
BEGIN
    IF NOT pg_try_advisory_xact_lock(lock) THEN
        BEGIN
            PERFORM set_config('lock_timeout', '200ms', true), pg_advisory_xact_lock(lock);
            PERFORM set_config('lock_timeout', patience, true);
        EXCEPTION WHEN lock_not_available THEN
            state := 'busy';
            RETURN NEXT;
            RETURN;
        END;
    END IF;
    SELECT k.fingerprint, k.status, k.headers, k.body, k.sealed
      INTO found_fingerprint, status, headers, body, sealed
      FROM core.idempotency_keys k WHERE k.tenant_id = tenant AND k.id = key;
    state := CASE WHEN NOT FOUND THEN 'new'
                  WHEN found_fingerprint = request_fingerprint THEN 'stored'
                  ELSE 'reused' END;
    RETURN NEXT;
END
$$;

-- Deletes the keys of all tenants that are older than `hours`, at most so many; how many it deleted.
CREATE OR REPLACE FUNCTION core.forget_keys(hours double precision, at_most integer) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH old AS (
        SELECT k.tenant_id, k.id FROM core.tenants t CROSS JOIN LATERAL (
            SELECT k.tenant_id, k.id FROM core.idempotency_keys k
             WHERE k.tenant_id = t.id
               AND k.created_at < clock_timestamp() - make_interval(hours => 1) * hours
             ORDER BY k.created_at LIMIT at_most FOR UPDATE SKIP LOCKED) k
        LIMIT at_most
    ), gone AS (
        DELETE FROM core.idempotency_keys k USING old
         WHERE k.tenant_id = old.tenant_id AND k.id = old.id RETURNING 1
    )
    SELECT count(*) FROM gone
$$;

REVOKE ALL ON FUNCTION core.claim_key(uuid, uuid, bytea), core.forget_keys(double precision, integer)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.claim_key(uuid, uuid, bytea)
TO sparx_app;
GRANT EXECUTE ON FUNCTION core.forget_keys(double precision, integer)
TO sparx_dispatch;
