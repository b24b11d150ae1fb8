-- Links: a token stands for one row of one tenant, and for what may be done with it.

-- A token's stored digest: keyed, as that of a key is, and never the same as one of a key.
CREATE OR REPLACE FUNCTION core.link_digest(secret_hash bytea) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sha256(s.value || convert_to('link|', 'UTF8') || secret_hash)
      FROM core.secrets s WHERE s.name = 'keys'
$$;

-- Stores the secret of a link of the present tenant. The serving role cannot read it back, nor give
-- a second secret to a link that has one.
CREATE OR REPLACE FUNCTION core.register_link(link uuid, secret_hash bytea) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF core.verified_tenant('core') IS NULL THEN
        RAISE EXCEPTION 'no tenant context' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO core.link_credentials (digest, tenant_id, link_id)
    VALUES (core.link_digest(secret_hash), core.verified_tenant('core'), link);
END
$$;

-- Enters the tenant of a link for one operation. No row, and no context: the token is unknown, the
-- link expired or revoked, or it is not for this resource, or not for this operation; the caller is
-- not told which. Who acts is the link: it has no scopes, so that all that it can be used for is
-- what is called with the row that it stands for.
DROP FUNCTION IF EXISTS core.authenticate_link(bytea, text, text);
CREATE OR REPLACE FUNCTION core.authenticate_link(
    secret_hash bytea, wanted_resource text, wanted_ability text)
RETURNS TABLE (tenant_id uuid, slug text, tenant_name text, currency text, link_id uuid,
               row_id uuid, modules text, webhooks boolean, livemode boolean)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp ROWS 1
AS $$
BEGIN
    PERFORM core.stay_in_sandbox(c.tenant_id) FROM core.link_credentials c
      WHERE c.digest = core.link_digest(secret_hash);
    SELECT t.id, t.slug, t.name, t.currency, l.id, l.row_id, core.active_modules(t.id),
           EXISTS (SELECT FROM core.webhook_subscriptions w
                    WHERE w.tenant_id = t.id AND w.state = 'enabled'), t.live_id IS NULL
      INTO tenant_id, slug, tenant_name, currency, link_id, row_id, modules, webhooks, livemode
      FROM core.link_credentials c
      JOIN core.tenants t ON t.id = c.tenant_id
      JOIN core.links l ON l.tenant_id = c.tenant_id AND l.id = c.link_id
     WHERE c.digest = core.link_digest(secret_hash)
       AND l.resource = wanted_resource AND wanted_ability = ANY (l.abilities)
       AND l.revoked_at IS NULL
       AND (l.expires_at IS NULL OR l.expires_at > clock_timestamp());
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM core.set_context(tenant_id, modules, 'link:' || link_id);
    RETURN NEXT;
END
$$;

REVOKE ALL ON FUNCTION core.link_digest(bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION core.register_link(uuid, bytea) FROM PUBLIC;
REVOKE ALL ON FUNCTION core.authenticate_link(bytea, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.register_link(uuid, bytea)
TO sparx_app;
GRANT EXECUTE ON FUNCTION core.authenticate_link(bytea, text, text)
TO sparx_app;
