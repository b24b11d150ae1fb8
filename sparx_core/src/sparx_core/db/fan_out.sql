-- What turns an event into webhook deliveries: in the statement that stores it, whoever that is.
-- So a delivery is there if, and only if, its event is, and nobody can forget to make it.

-- A version 7 id of now, as the application makes them: rows come in the order of their ids.
CREATE OR REPLACE FUNCTION core.new_id() RETURNS uuid
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT encode(set_bit(set_bit(overlay(
               uuid_send(gen_random_uuid()) PLACING substring(int8send(
                   (extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
               52, 1), 53, 1), 'hex')::uuid
$$;

-- Whether a subscription to `patterns` wants events of a type: 'order.created', 'order.*', '*'.
CREATE OR REPLACE FUNCTION core.wants_event(patterns text[], event_type text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT event_type = ANY (patterns) OR '*' = ANY (patterns)
        OR EXISTS (SELECT FROM unnest(patterns) p
                    WHERE right(p, 2) = '.*' AND starts_with(event_type, left(p, -1)))
$$;

-- The trigger. A subscription is not told of itself: one that fails would be told so in vain.
CREATE OR REPLACE FUNCTION core.fan_out() RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO core.webhook_deliveries
           (tenant_id, id, event_id, event_type, module, subscription_id, position, test)
    SELECT t.tenant_id, core.new_id(), t.id, t.type, split_part(t.aggregate_type, '.', 1), s.id,
           t.position, t.test
      FROM told t
      JOIN core.webhook_subscriptions s ON s.tenant_id = t.tenant_id
     WHERE t.public AND s.state = 'enabled' AND core.wants_event(s.events, t.type)
       AND NOT (t.aggregate_type = 'core.webhook_subscriptions' AND t.aggregate_id = s.id)
       AND (s.filter IS NULL OR core.passes_filter(s.filter, t.data))
     ORDER BY t.position;
    RETURN NULL;
END
$$;

CREATE OR REPLACE TRIGGER fan_out AFTER INSERT ON core.events
    REFERENCING NEW TABLE AS told FOR EACH STATEMENT EXECUTE FUNCTION core.fan_out();

REVOKE ALL ON FUNCTION core.new_id(), core.wants_event(text[], text), core.fan_out() FROM PUBLIC;
