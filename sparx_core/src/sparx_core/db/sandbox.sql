-- Sandboxes. A sandbox is a tenant like any other, behind the same walls; `core.tenants.live_id` says
-- whose it is. What passes between the two passes here, and it is: that there is one, that it has a new
-- key, that it is to be emptied, and which modules the live one has.

-- The sandbox of a tenant, or the tenant itself if it is one; NULL if there is none.
CREATE OR REPLACE FUNCTION core.sandbox_of(tenant uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.id FROM core.tenants t
     WHERE t.live_id = tenant OR (t.id = tenant AND t.live_id IS NOT NULL)
$$;

-- Keeps a sandbox from being emptied until the end of the transaction; nothing in a live tenant.
-- Whether one had to ask: then what was read before may be over.
CREATE OR REPLACE FUNCTION core.stay_in_sandbox(tenant uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM core.tenants t WHERE t.id = tenant AND t.live_id IS NOT NULL) THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('sandbox ' || tenant, 0));
    RETURN true;
END
$$;

-- Has a worker do one of the core's tasks in a sandbox, unless it is waiting to be done already.
CREATE OR REPLACE FUNCTION core.tell_sandbox(sandbox uuid, task text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    WITH fact AS (
        INSERT INTO core.events (tenant_id, id, type, event_version, aggregate_type, aggregate_id,
                                 actor, depth, data)
        SELECT sandbox, gen_random_uuid(), 'sandbox.told', 1, 'core.tenants', sandbox,
               'system:live tenant', 0, json_build_object('task', task)
         WHERE NOT EXISTS (
               SELECT FROM core.deliveries d
                WHERE d.tenant_id = sandbox AND d.handler = task AND d.aggregate_id = sandbox
                  AND d.state IN ('pending', 'retry', 'blocked'))
        RETURNING events.id, events.type, events.position
    )
    INSERT INTO core.deliveries (tenant_id, id, handler, module, event_id, event_type,
                                 aggregate_id, position, rung_at)
    SELECT sandbox, gen_random_uuid(), task, 'core', fact.id, fact.type, sandbox, fact.position, NULL
      FROM fact
$$;

-- Stores a key of a sandbox, as its own: what is recorded of that is in the sandbox's audit log.
CREATE OR REPLACE FUNCTION core.store_sandbox_key(sandbox uuid, made jsonb, secret_hash bytea)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.tenant_id();
    modules text := current_setting('sparx.modules');
    actor text := current_setting('sparx.actor');
    sees text := current_setting('sparx.sees');
BEGIN
    PERFORM core.set_context(sandbox, ',core,', 'system:live tenant');
    INSERT INTO core.api_keys (tenant_id, id, name, key_id, last4, scopes, expires_at)
    SELECT sandbox, k.id, k.name, k.key_id, k.last4, k.scopes, k.expires_at
      FROM jsonb_to_record(made) AS k(id uuid, name text, key_id text, last4 text, scopes text[],
                                      expires_at timestamptz);
    INSERT INTO core.credentials (key_id, tenant_id, api_key_id, digest)
    VALUES (made ->> 'key_id', sandbox, (made ->> 'id')::uuid, core.key_digest(secret_hash));
    PERFORM core.set_context(tenant, modules, actor, sees);
END
$$;

-- Makes the sandbox of the present tenant with a first key, and has a worker activate its modules.
-- 'made'; 'exists' if there is one; 'nested' in a sandbox, which has none of its own.
CREATE OR REPLACE FUNCTION core.create_sandbox(sandbox uuid, made jsonb, secret_hash bytea)
RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant core.tenants;
    ending text := '-sandbox';
BEGIN
    SELECT t.* INTO tenant FROM core.tenants t WHERE t.id = core.verified_tenant('core');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no tenant context' USING ERRCODE = 'insufficient_privilege';
    ELSIF tenant.live_id IS NOT NULL THEN
        RETURN 'nested';
    END IF;
    LOOP
        INSERT INTO core.tenants (id, slug, name, currency, live_id)
        VALUES (sandbox, left(tenant.slug, 63 - length(ending)) || ending,
                tenant.name || ' (sandbox)', tenant.currency, tenant.id)
        ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND;
        IF core.sandbox_of(tenant.id) IS NOT NULL THEN
            RETURN 'exists';
        END IF;
        -- Somebody else is called that.
        ending := '-sandbox-' || left(replace(gen_random_uuid()::text, '-', ''), 8);
    END LOOP;
    PERFORM core.store_sandbox_key(sandbox, made, secret_hash);
    PERFORM core.tell_sandbox(sandbox, 'core.follow_live_tenant');
    RETURN 'made';
END
$$;

-- Makes a further key of the sandbox of the present tenant; false if there is none.
CREATE OR REPLACE FUNCTION core.add_sandbox_key(made jsonb, secret_hash bytea) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sandbox uuid := core.sandbox_of(core.verified_tenant('core'));
BEGIN
    IF sandbox IS NULL THEN
        RETURN false;
    END IF;
    PERFORM core.store_sandbox_key(sandbox, made, secret_hash);
    RETURN true;
END
$$;

-- Has a worker empty the sandbox of the present tenant, or the present tenant, if it is one; false if
-- there is none.
CREATE OR REPLACE FUNCTION core.reset_sandbox() RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    sandbox uuid := core.sandbox_of(core.verified_tenant('core'));
BEGIN
    IF sandbox IS NULL THEN
        RETURN false;
    END IF;
    PERFORM core.tell_sandbox(sandbox, 'core.empty_sandbox');
    RETURN true;
END
$$;

-- The sandbox of the present tenant, or the present tenant, if it is one; with what it is busy with.
CREATE OR REPLACE FUNCTION core.show_sandbox()
RETURNS TABLE (id uuid, slug text, name text, currency text, modules text, state text,
               created_at timestamptz, reset_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.id, t.slug, t.name, t.currency, core.active_modules(t.id),
           coalesce(
               (SELECT CASE d.state WHEN 'done' THEN NULL WHEN 'dead' THEN 'failed'
                                    ELSE 'resetting' END
                  FROM core.deliveries d
                 WHERE d.tenant_id = t.id AND d.handler = 'core.empty_sandbox'
                   AND d.aggregate_id = t.id
                 ORDER BY d.position DESC LIMIT 1),
               (SELECT CASE d.state WHEN 'done' THEN NULL WHEN 'dead' THEN 'failed'
                                    ELSE 'preparing' END
                  FROM core.deliveries d
                 WHERE d.tenant_id = t.id AND d.handler = 'core.follow_live_tenant'
                   AND d.aggregate_id = t.id
                 ORDER BY d.position DESC LIMIT 1),
               'ready'),
           t.created_at, t.reset_at
      FROM core.tenants t WHERE t.id = core.sandbox_of(core.verified_tenant('core'))
$$;

-- The modules that are active in the live tenant of the present one; NULL if that is no sandbox.
CREATE OR REPLACE FUNCTION core.live_modules() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT core.active_modules(t.live_id) FROM core.tenants t
     WHERE t.id = core.verified_tenant('core') AND t.live_id IS NOT NULL
$$;

-- The trigger that has the modules of a sandbox follow those of its live tenant.
CREATE OR REPLACE FUNCTION core.tell_of_modules() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM core.tell_sandbox(t.id, 'core.follow_live_tenant')
       FROM core.tenants t WHERE t.live_id = NEW.tenant_id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER tell_sandbox AFTER INSERT OR UPDATE OF state ON core.activations
FOR EACH ROW EXECUTE FUNCTION core.tell_of_modules();

-- The sandbox that is being emptied, and never a live tenant, whatever the setting says. The policies
-- ask it that let the owner delete rows of every table: no other function runs as the owner and sees
-- tables of modules.
CREATE OR REPLACE FUNCTION core.emptied_tenant() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.id FROM core.tenants t
     WHERE t.id = nullif(current_setting('sparx.emptied', true), '')::uuid
       AND t.live_id IS NOT NULL
$$;

-- Deletes all rows of a sandbox but its keys, with the members who act with them, and the delivery by
-- which a worker does it. The caller has to be in the context that the delivery entered, to hold it, and
-- to have its pass. Waits for those who are in the sandbox, and keeps others out until the commit. One
-- statement, at the end of which nothing is left that could refer to any of the rows. How many.
CREATE OR REPLACE FUNCTION core.empty_sandbox(delivery uuid, held_token uuid, pass text)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.verified_tenant('core');
    actor text := current_setting('sparx.actor', true);
    fact uuid;
    statement text;
    gates text;
    emptied bigint;
BEGIN
    SELECT d.event_id INTO fact
      FROM core.deliveries d JOIN core.tenants t ON t.id = d.tenant_id AND t.live_id IS NOT NULL
     WHERE d.tenant_id = tenant AND d.id = delivery AND d.token = held_token
       AND d.state = 'running' AND d.lease_until > clock_timestamp()
       AND d.handler = 'core.empty_sandbox' AND actor = 'handler:core.empty_sandbox'
       AND pass = core.delivery_pass(delivery, tenant, held_token);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not the worker of a sandbox that is to be emptied'
              USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('sandbox ' || tenant, 0));
    SELECT 'WITH ' || string_agg(format('d%s AS (DELETE FROM %s WHERE tenant_id = $1%s RETURNING 1)',
                                        c.number, c.name, c.but), ', ')
           || ' SELECT ' || string_agg(format('(SELECT count(*) FROM d%s)', c.number), ' + '),
           ',core,' || string_agg(DISTINCT 'moving:' || c.module || ',', '')
      INTO statement, gates
      FROM (SELECT row_number() OVER () AS number, r.oid::regclass AS name, n.nspname AS module,
                   CASE r.oid::regclass
                   WHEN 'core.deliveries'::regclass THEN ' AND id <> $2'
                   WHEN 'core.events'::regclass THEN ' AND id <> $3'
                   WHEN 'core.members'::regclass THEN ' AND id NOT IN (SELECT k.member_id'
                        ' FROM core.api_keys k WHERE k.tenant_id = $1 AND k.member_id IS NOT NULL)'
                   ELSE '' END AS but
              FROM pg_class r
              JOIN pg_namespace n ON n.oid = r.relnamespace
              JOIN pg_roles o ON o.oid = r.relowner AND o.rolname = 'sparx_owner'
              JOIN pg_attribute a ON a.attrelid = r.oid AND a.attname = 'tenant_id'
               AND a.atttypid = 'uuid'::regtype AND NOT a.attisdropped
             WHERE r.relkind IN ('r', 'p') AND NOT r.relispartition
               AND r.oid NOT IN ('core.api_keys'::regclass, 'core.credentials'::regclass,
                                 'core.row_counts'::regclass)) c;
    -- Nobody records what goes, not even that it went.
    PERFORM core.set_context(tenant, gates, actor),
            set_config('sparx.emptied', tenant::text, true),
            set_config('sparx.forget_audit', 'on', true);
    EXECUTE statement INTO emptied USING tenant, delivery, fact;
    PERFORM set_config('sparx.emptied', '', true), set_config('sparx.forget_audit', '', true),
            core.set_context(tenant, ',core,', actor);
    -- Processes remember what a tenant declared by this number: it goes up, and never back.
    UPDATE core.tenants t SET reset_at = now(), declarations = t.declarations + 1
     WHERE t.id = tenant;
    RETURN emptied;
END
$$;

REVOKE ALL ON FUNCTION
    core.sandbox_of(uuid), core.stay_in_sandbox(uuid), core.tell_sandbox(uuid, text),
    core.store_sandbox_key(uuid, jsonb, bytea), core.create_sandbox(uuid, jsonb, bytea),
    core.add_sandbox_key(jsonb, bytea), core.reset_sandbox(), core.show_sandbox(),
    core.live_modules(), core.tell_of_modules(), core.emptied_tenant(),
    core.empty_sandbox(uuid, uuid, text)
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    core.create_sandbox(uuid, jsonb, bytea), core.add_sandbox_key(jsonb, bytea),
    core.reset_sandbox(), core.show_sandbox(), core.live_modules(),
    core.empty_sandbox(uuid, uuid, text)
TO sparx_app;
