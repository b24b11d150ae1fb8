-- Reading all events: who may see which, and in what order they come.

-- Whether the actor has a scope. Keys have their own; who has a link to a row has none; handlers, and
-- the system, may do everything.
CREATE OR REPLACE FUNCTION core.holds_scope(scope text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.verified_tenant('core');
    actor text := current_setting('sparx.actor', true);
BEGIN
    IF tenant IS NULL OR starts_with(actor, 'link:') THEN
        RETURN false;
    END IF;
    RETURN NOT starts_with(actor, 'key:') OR EXISTS (
        SELECT FROM core.api_keys k
         WHERE k.tenant_id = tenant AND k.id = substr(actor, 5)::uuid
           AND k.scopes && ARRAY['*', scope]);
END
$$;

-- The modules whose rows the actor may read: those that are active, and that its key has the scope
-- for. Handlers, and the system, may read all that are active.
CREATE OR REPLACE FUNCTION core.readable_modules() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    tenant uuid := core.verified_tenant('core');
    actor text := current_setting('sparx.actor', true);
    allowed text[] := '{*}';
BEGIN
    IF tenant IS NULL THEN
        RETURN '{}';
    END IF;
    IF starts_with(actor, 'key:') THEN
        SELECT k.scopes INTO allowed FROM core.api_keys k
         WHERE k.tenant_id = tenant AND k.id = substr(actor, 5)::uuid;
    END IF;
    RETURN ARRAY(
        SELECT m FROM unnest(string_to_array(trim(BOTH ',' FROM
                                             current_setting('sparx.modules')), ',')) m
         WHERE '*' = ANY (allowed) OR 'read:' || m = ANY (allowed));
END
$$;

-- The trigger that numbers events by the transaction after which readers get them. A transaction
-- may be older than another one that it had to wait for: what it says of the same row then comes
-- after what that one said, and not before it. The number never is below the transaction's own, so
-- that nobody has read past it when it commits. Volatile, and so it sees what was committed while
-- the statement waited.
CREATE OR REPLACE FUNCTION core.number_event() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT greatest(pg_current_xact_id(), e.xid) INTO NEW.xid
      FROM core.events e
     WHERE e.tenant_id = NEW.tenant_id AND e.aggregate_id = NEW.aggregate_id
     ORDER BY e.position DESC LIMIT 1;
    NEW.xid := coalesce(NEW.xid, pg_current_xact_id());
    RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER number_event BEFORE INSERT ON core.events
    FOR EACH ROW EXECUTE FUNCTION core.number_event();

REVOKE ALL ON FUNCTION core.holds_scope(text), core.readable_modules(), core.number_event()
FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    core.holds_scope(text), core.readable_modules()
TO sparx_app;
