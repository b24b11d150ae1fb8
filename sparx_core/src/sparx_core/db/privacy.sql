
-- Personal data that somebody wants to be forgotten.

-- A digest of a value that only this installation can make, another one in each tenant: by it a value
-- is known again that nobody keeps. Hashed twice with a secret that the serving role cannot read.
CREATE OR REPLACE FUNCTION core.keyed_digest(secret text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.verified_tenant('core');
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'there is no tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN (SELECT encode(sha256(s.value || sha256(s.value || convert_to(
                   'forgotten ' || tenant::text || ' ' || secret, 'UTF8'))), 'hex')
              FROM core.secrets s WHERE s.name = 'keys');
END
$$;

-- Whether a text has one of the needles in it, whatever their case.
CREATE OR REPLACE FUNCTION core.mentions(hay text, needles text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM unnest(needles) n WHERE position(lower(n) IN lower(hay)) > 0)
$$;

-- A document without personal data: what `hidden` names is as it says, and a text that mentions one
-- of the needles is null.
CREATE OR REPLACE FUNCTION core.redacted(document json, hidden jsonb, needles text[]) RETURNS json
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CASE json_typeof(document)
    WHEN 'object' THEN
        RETURN (SELECT coalesce(json_object_agg(o.key, CASE WHEN hidden ? o.key
                                THEN (hidden -> o.key)::json
                                ELSE core.redacted(o.value, '{}', needles) END), '{}')
                  FROM json_each(document) o);
    WHEN 'array' THEN
        RETURN (SELECT coalesce(json_agg(core.redacted(one, '{}', needles)), '[]')
                  FROM json_array_elements(document) one);
    WHEN 'string' THEN
        RETURN CASE WHEN core.mentions(document #>> '{}', needles) THEN 'null' ELSE document END;
    ELSE
        RETURN document;
    END CASE;
END
$$;

-- Takes personal data out of what the core remembers of some rows of this tenant: events, what is sent
-- of them, the audit log, answers that are repeated, and files of jobs that are over.
--
-- `overlays` says by resource which fields are to be what; of those, the audit log keeps that they
-- changed. Nothing of who did what and when is touched. How many events it changed.
CREATE OR REPLACE FUNCTION core.redact(subjects uuid[], overlays jsonb, needles text[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.verified_tenant('core');
    changed bigint;
BEGIN
    IF tenant IS NULL THEN
        RAISE EXCEPTION 'there is no tenant' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE core.events e
       SET data = core.redacted(e.data, coalesce(overlays -> e.aggregate_type, '{}'), needles)
     WHERE e.tenant_id = tenant AND e.aggregate_id = ANY (subjects)
       AND (core.mentions(e.data::text, needles) OR EXISTS (
            SELECT FROM jsonb_object_keys(coalesce(overlays -> e.aggregate_type, '{}')) k
             WHERE coalesce(e.data ->> k, '') NOT IN ('', '[]', '{}')));
    GET DIAGNOSTICS changed = ROW_COUNT;
    UPDATE core.webhook_attempts a SET response_body = NULL
      FROM core.webhook_deliveries d JOIN core.events e
        ON e.tenant_id = d.tenant_id AND e.id = d.event_id
     WHERE a.tenant_id = tenant AND d.tenant_id = tenant AND d.id = a.delivery_id
       AND e.aggregate_id = ANY (subjects) AND a.response_body IS NOT NULL;
    UPDATE core.webhook_deliveries d SET body = NULL
      FROM core.events e
     WHERE d.tenant_id = tenant AND e.tenant_id = tenant AND e.id = d.event_id
       AND e.aggregate_id = ANY (subjects) AND d.body IS NOT NULL;
    PERFORM set_config('sparx.redact_audit', 'on', true);
    UPDATE core.audit_entries a
       SET changes = (SELECT coalesce(json_object_agg(c.key, CASE
                             WHEN coalesce(overlays -> a.resource, '{}') ? c.key
                                  OR core.mentions(c.value::text, needles)
                             THEN '{"changed":true}'::json ELSE c.value END), '{}')
                        FROM json_each(a.changes) c)
     WHERE a.tenant_id = tenant AND a.resource_id = ANY (subjects);
    PERFORM set_config('sparx.redact_audit', '', true);
    -- Not deleted: the request would be carried out once more.
    UPDATE core.idempotency_keys k SET status = 410, body = '', headers = '{}'
     WHERE k.tenant_id = tenant AND CASE WHEN k.sealed THEN false
           ELSE core.mentions(convert_from(k.body, 'UTF8'), needles) END;
    DELETE FROM core.job_rows r WHERE r.tenant_id = tenant AND r.row_id = ANY (subjects);
    UPDATE core.job_chunks c SET data = ''
     WHERE c.tenant_id = tenant AND c.job_id IN (
           SELECT o.job_id FROM core.job_chunks o JOIN core.jobs j
               ON j.tenant_id = o.tenant_id AND j.id = o.job_id
            WHERE o.tenant_id = tenant AND j.finished_at IS NOT NULL
              AND core.mentions(encode(o.data, 'escape'), needles));
    UPDATE core.job_errors f SET sent = NULL
     WHERE f.tenant_id = tenant AND core.mentions(f.sent, needles);
    RETURN changed;
END
$$;

REVOKE ALL ON FUNCTION core.keyed_digest(text), core.mentions(text, text[]),
    core.redacted(json, jsonb, text[]), core.redact(uuid[], jsonb, text[])
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.keyed_digest(text), core.redact(uuid[], jsonb, text[])
TO sparx_app;
