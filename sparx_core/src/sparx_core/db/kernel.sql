-- The functions that turn a key, or a held delivery, into a signed tenant context.
-- Applied by `sparx migrate` whenever this file changes; every statement is re-runnable.
--
-- SECURITY DEFINER functions run as sparx_owner with a pinned search_path and are executable
-- by the role they are for, never by PUBLIC. The path ends in pg_temp, because a path that does
-- not name it begins with it: a caller's temporary type "text" would run its code as the owner.

-- The tenant of this transaction. Inlines into policies, so that the planner knows the tenant.
-- RETURN binds the body now; a quoted one is read anew under the search_path of each caller,
-- who could bring a type "uuid" of its own and with it another tenant.
CREATE OR REPLACE FUNCTION core.tenant_id() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN nullif(current_setting('sparx.tenant_id', true), '')::uuid;

-- The tenant of a genuine context in which `module` is active, otherwise NULL: the second half of
-- every policy. It names the tenant, and does not merely say that all is well, because the
-- settings can be changed in the middle of a statement, after this was asked: a row is compared
-- with what was verified, and not only with what the setting says by then.
--
-- The signature covers the context, the backend and the transaction's start, with a secret that
-- only the owner can read. It is hashed twice, so that it cannot be extended (SHA-256 can be).
-- The same expression stands in core.set_context: a call costs more than the hash itself.
CREATE OR REPLACE FUNCTION core.verified_tenant(module text) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    signature text := current_setting('sparx.signature', true);
    tenant text := current_setting('sparx.tenant_id', true);
    modules text := current_setting('sparx.modules', true);
    secret bytea;
BEGIN
    IF signature IS NULL OR signature = '' OR position(',' || module || ',' IN modules) = 0 THEN
        RETURN NULL;
    END IF;
    SELECT s.value INTO secret FROM core.secrets s WHERE s.name = 'context';
    IF signature = encode(sha256(secret || sha256(secret || convert_to(
        tenant || '|' || modules || '|' || current_setting('sparx.actor', true)
        || '|' || current_setting('sparx.sees', true) || '|' || pg_backend_pid() || '|' || now(), 'UTF8'))), 'hex') THEN
        RETURN tenant::uuid;
    END IF;
    RETURN NULL;
END
$$;

-- Sets the context for the rest of the transaction. Only the definer functions below call it.
-- `sees` is 'all', or the members whose records the actor sees, as '<id>,<id>'.
CREATE OR REPLACE FUNCTION core.set_context(tenant uuid, modules text, actor text, sees text)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    secret bytea;
BEGIN
    SELECT s.value INTO secret FROM core.secrets s WHERE s.name = 'context';
    PERFORM set_config('sparx.tenant_id', tenant::text, true),
            set_config('sparx.modules', modules, true),
            set_config('sparx.actor', actor, true),
            set_config('sparx.sees', sees, true),
            set_config('sparx.signature', encode(sha256(secret || sha256(secret || convert_to(
                tenant || '|' || modules || '|' || actor || '|' || sees || '|' || pg_backend_pid()
                || '|' || now(), 'UTF8'))), 'hex'), true);
END
$$;

-- The same for an actor who sees the records of everybody.
CREATE OR REPLACE FUNCTION core.set_context(tenant uuid, modules text, actor text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM core.set_context(tenant, modules, actor, 'all');
END
$$;

-- The members whose records the actor sees; NULL if he sees the records of everybody, those of
-- nobody included. Policies of tables with an owner ask it, beside the one that verifies the
-- signature, which covers the setting.
CREATE OR REPLACE FUNCTION core.seen_owners() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE
RETURN string_to_array(nullif(current_setting('sparx.sees', true), 'all'), ',')::uuid[];

-- ',core,crm,': what the gate looks a module up in. 'core' is always on.
CREATE OR REPLACE FUNCTION core.active_modules(tenant uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (
        SELECT ',core,' || coalesce(string_agg(a.module || ',', '' ORDER BY a.module), '')
          FROM core.activations a WHERE a.tenant_id = tenant AND a.state = 'active');
END
$$;

-- A key's stored digest: keyed, so that a copy of the table cannot be searched.
CREATE OR REPLACE FUNCTION core.key_digest(secret_hash bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT sha256(s.value || secret_hash) FROM core.secrets s WHERE s.name = 'keys' $$;

-- Checks an API key and enters its tenant. No row: unknown, revoked or expired, or wrong secret.
-- The comparison is of keyed digests, whose prefixes a guesser cannot steer.
--
-- The tenant is entered only if the modules that are required are active and the key has the scopes
-- (NULL: none); `sparx.slug` then names the tenant, and is empty otherwise. So a statement that
-- follows in the same message sees its rows or nothing. Who acts is the key, unless the owner made
-- it for the system. `webhooks` says whether somebody has subscribed to events; `livemode` is false in a
-- sandbox, which nobody enters while it is emptied.
DROP FUNCTION IF EXISTS core.authenticate(text, bytea, text, text);
DROP FUNCTION IF EXISTS core.authenticate(text, bytea, text[], text[]);
-- `sees` is told as core.set_context takes it, the key's own member first.
CREATE OR REPLACE FUNCTION core.authenticate(
    presented_key text, secret_hash bytea, required_modules text[], required_scopes text[])
RETURNS TABLE (tenant_id uuid, slug text, tenant_name text, currency text,
               api_key uuid, key_name text, scopes text, modules text, webhooks boolean, sees text,
               declarations bigint, livemode boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
AS $$
DECLARE
    actor text;
    hides text;
    stays boolean := false;
BEGIN
    LOOP
        SELECT t.id, t.slug, t.name, t.currency, k.id, k.name, array_to_string(k.scopes, ','),
               coalesce(c.actor, 'key:' || k.id),
               (SELECT ',core,' || coalesce(string_agg(a.module || ',', '' ORDER BY a.module), '')
                  FROM core.activations a WHERE a.tenant_id = t.id AND a.state = 'active'),
               EXISTS (SELECT FROM core.webhook_subscriptions w
                        WHERE w.tenant_id = t.id AND w.state = 'enabled'),
               CASE k.visibility WHEN 'all' THEN 'all' ELSE (
                   SELECT string_agg(m.id::text, ',' ORDER BY m.id <> k.member_id, m.id)
                     FROM core.members m
                    WHERE m.tenant_id = t.id AND (m.id = k.member_id OR (k.visibility = 'team'
                      AND m.team = (SELECT o.team FROM core.members o
                                     WHERE o.tenant_id = t.id AND o.id = k.member_id)))) END,
               t.declarations, t.live_id IS NULL, array_to_string(k.hidden_fields, ',')
          INTO tenant_id, slug, tenant_name, currency, api_key, key_name, scopes, actor, modules,
               webhooks, sees, declarations, livemode, hides
          FROM core.credentials c
          JOIN core.secrets s ON s.name = 'keys'
          JOIN core.tenants t ON t.id = c.tenant_id
          JOIN core.api_keys k ON k.tenant_id = c.tenant_id AND k.id = c.api_key_id
         WHERE c.key_id = presented_key
           AND c.digest = sha256(s.value || secret_hash)
           AND k.revoked_at IS NULL
           AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp());
        -- In a sandbox once more: what it had may have gone while one waited to come in.
        EXIT WHEN NOT FOUND OR livemode OR stays;
        stays := core.stay_in_sandbox(tenant_id);
    END LOOP;
    IF tenant_id IS NULL THEN
        PERFORM set_config('sparx.slug', '', true);
        RETURN;
    END IF;
    IF (required_modules IS NULL OR required_modules <@ string_to_array(modules, ','))
       AND (required_scopes IS NULL OR required_scopes <@ string_to_array(scopes, ',')
            OR '*' = ANY (string_to_array(scopes, ',')))
    THEN
        PERFORM set_config('sparx.slug', slug, true),
                core.set_context(tenant_id, modules, actor, sees);
        IF hides <> '' THEN  -- what it looks like is a matter of the API, and needs no signature
            PERFORM set_config('sparx.hides', hides, true);
        END IF;
    ELSE
        PERFORM set_config('sparx.slug', '', true);
    END IF;
    RETURN NEXT;
END
$$;

-- Takes up a change of the tenant's active modules inside this transaction, so that a module's
-- activation hook can write. Reads the stored state: it cannot be talked into anything.
CREATE OR REPLACE FUNCTION core.refresh_context() RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    modules text;
BEGIN
    IF core.verified_tenant('core') IS NULL THEN
        RAISE EXCEPTION 'no tenant context' USING ERRCODE = 'insufficient_privilege';
    END IF;
    modules := core.active_modules(core.tenant_id());
    PERFORM core.set_context(core.tenant_id(), modules, current_setting('sparx.actor'),
                             current_setting('sparx.sees'));
    RETURN modules;
END
$$;

-- Stores the secret of a key of the present tenant. The serving role cannot read it back.
CREATE OR REPLACE FUNCTION core.register_key(new_key text, api_key uuid, secret_hash bytea)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF core.verified_tenant('core') IS NULL THEN
        RAISE EXCEPTION 'no tenant context' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO core.credentials (key_id, tenant_id, api_key_id, digest)
    VALUES (new_key, core.tenant_id(), api_key, core.key_digest(secret_hash));
END
$$;

-- Notes when keys were last used: batches from the API, never on the path of a request.
CREATE OR REPLACE FUNCTION core.touch_keys(uses json) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE core.api_keys k SET last_used_at = least(u.used_at, clock_timestamp())
      FROM json_to_recordset(uses) AS u(tenant_id uuid, api_key uuid, used_at timestamptz)
     WHERE k.tenant_id = u.tenant_id AND k.id = u.api_key
       AND (k.last_used_at IS NULL OR k.last_used_at < u.used_at)
$$;

-- Enters the tenant of a delivery whose lease the caller holds: how a worker becomes a tenant. It
-- has to show the delivery's pass: sparx_app may write the token, and so who holds the delivery, and
-- would act in the name of any handler.
DROP FUNCTION IF EXISTS core.enter_delivery(uuid, uuid, uuid);
DROP FUNCTION IF EXISTS core.enter_delivery(uuid, uuid, uuid, text);
CREATE OR REPLACE FUNCTION core.enter_delivery(
    delivery uuid, tenant uuid, held_token uuid, pass text)
RETURNS TABLE (slug text, tenant_name text, currency text, modules text, event_id uuid,
               event_type text, event_version integer, aggregate_id uuid, data text,
               occurred_at timestamptz, request_id text, depth integer, replay boolean,
               webhooks boolean, actor text, actor_name text, livemode boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
AS $$
DECLARE
    handler_name text;
BEGIN
    PERFORM core.stay_in_sandbox(tenant);
    SELECT t.slug, t.name, t.currency, core.active_modules(t.id), e.id, e.type, e.event_version,
           e.aggregate_id, e.data::text, e.occurred_at, e.request_id, e.depth,
           d.replay_id IS NOT NULL,
           EXISTS (SELECT FROM core.webhook_subscriptions w
                    WHERE w.tenant_id = t.id AND w.state = 'enabled'),
           e.actor,
           CASE WHEN e.actor LIKE 'key:________-____-____-____-____________'
                THEN (SELECT k.name FROM core.api_keys k
                       WHERE k.tenant_id = t.id AND k.id = substr(e.actor, 5)::uuid)
                ELSE substr(e.actor, strpos(e.actor, ':') + 1) END,
           d.handler, t.live_id IS NULL
      INTO slug, tenant_name, currency, modules, event_id, event_type, event_version,
           aggregate_id, data, occurred_at, request_id, depth, replay, webhooks,
           actor, actor_name, handler_name, livemode
      FROM core.deliveries d
      JOIN core.tenants t ON t.id = d.tenant_id
      JOIN core.events e ON e.tenant_id = d.tenant_id AND e.id = d.event_id
     WHERE d.tenant_id = tenant AND d.id = delivery AND d.token = held_token
       AND d.state = 'running' AND d.lease_until > clock_timestamp()
       AND pass = core.delivery_pass(delivery, tenant, held_token);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM core.set_context(tenant, modules, 'handler:' || handler_name);
    RETURN NEXT;
END
$$;

-- What a worker shows with a delivery that it holds, beside the token: sparx_app may read the token,
-- which is in a row of its tenant, and cannot make this.
CREATE OR REPLACE FUNCTION core.delivery_pass(delivery uuid, tenant uuid, held_token uuid)
RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT encode(sha256(s.value || sha256(s.value || convert_to(
               'pass|' || tenant || '|' || delivery || '|' || held_token, 'UTF8'))), 'hex')
      FROM core.secrets s WHERE s.name = 'context'
$$;

-- Opens a module that is on its way for the worker that archives or restores its rows; which modules
-- the context has then. The caller has to be in a genuine context that such a delivery entered, to
-- hold that delivery, and to have its pass. The module is the one that the delivery is about, and
-- no other, and it must not be active: what is active needs nobody to open it. Until the context is
-- refreshed it says that the module is moving, so that rows which come and go are no changes of theirs.
CREATE OR REPLACE FUNCTION core.open_module(delivery uuid, held_token uuid, pass text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.verified_tenant('core');
    modules text;
    moving text;
BEGIN
    SELECT core.active_modules(tenant) || a.module || ',', a.module INTO modules, moving
      FROM core.deliveries d
      JOIN core.activations a ON a.tenant_id = d.tenant_id AND a.id = d.aggregate_id
     WHERE d.tenant_id = tenant AND d.id = delivery AND d.token = held_token
       AND d.state = 'running' AND d.lease_until > clock_timestamp()
       AND current_setting('sparx.actor', true) = 'handler:' || d.handler
       AND (d.handler = 'core.archive_module' AND a.state IN ('deactivating', 'inactive')
            OR d.handler = 'core.restore_module' AND a.state = 'activating')
       AND pass = core.delivery_pass(delivery, tenant, held_token);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'not the worker of a module that is on its way'
              USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM core.set_context(tenant, modules || 'moving:' || moving || ',',
                             current_setting('sparx.actor'));
    RETURN modules;
END
$$;

-- Adds to the number of a tenant's rows in a table. Each writer takes a part of the count that no
-- other transaction holds, or begins a new one: nobody waits, nobody deadlocks, and there are never
-- more parts than there were writers at once. The count is the sum of its parts.
CREATE OR REPLACE FUNCTION core.add_rows(
    tenant uuid, counted text, counted_cell jsonb, difference bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE core.row_counts r SET row_count = r.row_count + difference
     WHERE r.tenant_id = tenant AND r.id = (
           SELECT p.id FROM core.row_counts p
            WHERE p.tenant_id = tenant AND p.table_name = counted AND p.cell = counted_cell
            LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO core.row_counts (tenant_id, id, table_name, cell, row_count)
        VALUES (tenant, gen_random_uuid(), counted, counted_cell, difference);
    END IF;
END
$$;

-- The trigger that counts what a statement inserted or deleted, by the columns in its arguments.
-- A transition table is found before any table of that name, so a caller cannot bring his own.
CREATE OR REPLACE FUNCTION core.count_rows() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM core.add_rows(
            n.tenant_id, TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME, n.cell,
            CASE TG_OP WHEN 'INSERT' THEN n.written ELSE -n.written END)
       FROM (SELECT c.tenant_id, count(*) AS written, (
                    SELECT coalesce(jsonb_object_agg(k, to_jsonb(c) -> k), '{}')
                      FROM unnest(TG_ARGV) k) AS cell
               FROM changed c GROUP BY 1, 3) n;
    RETURN NULL;
END
$$;

-- The trigger for a row that changed one of those columns.
CREATE OR REPLACE FUNCTION core.recount_row() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counted text := TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME;
BEGIN
    PERFORM core.add_rows(OLD.tenant_id, counted, jsonb_object_agg(k, to_jsonb(OLD) -> k), -1),
            core.add_rows(NEW.tenant_id, counted, jsonb_object_agg(k, to_jsonb(NEW) -> k), 1)
       FROM unnest(TG_ARGV) k;
    RETURN NULL;
END
$$;

-- The trigger for a table that is emptied at once.
CREATE OR REPLACE FUNCTION core.forget_rows() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM core.row_counts r WHERE r.table_name = TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME;
    RETURN NULL;
END
$$;

-- What was archived of a module is behind the gate that its rows were behind, on top of the policy
-- that the table has like every other.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_policy
                    WHERE polrelid = 'core.archives'::regclass AND polname = 'module') THEN
        CREATE POLICY module ON core.archives AS RESTRICTIVE FOR ALL TO sparx_app
         USING (NOT uuid_ne(tenant_id, core.verified_tenant(module)))
         WITH CHECK (NOT uuid_ne(tenant_id, core.verified_tenant(module)));
    END IF;
END
$$;

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA core FROM PUBLIC;
GRANT USAGE ON SCHEMA core TO sparx_app, sparx_dispatch;
GRANT EXECUTE ON FUNCTION
    core.tenant_id(), core.verified_tenant(text), core.seen_owners(),
    core.authenticate(text, bytea, text[], text[]),
    core.refresh_context(), core.register_key(text, uuid, bytea), core.touch_keys(json),
    core.enter_delivery(uuid, uuid, uuid, text), core.open_module(uuid, uuid, text),
    core.search_text(text), core.search_lines(text[]),
    core.search_terms(uuid, text, text[]), core.search_entries(text, text[]),
    core.search_marks(uuid, text[])
TO sparx_app;
GRANT EXECUTE ON FUNCTION core.delivery_pass(uuid, uuid, uuid)
TO sparx_dispatch;
