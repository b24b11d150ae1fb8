
-- Web origins.

-- Whether the tenant of this slug allows an origin, or with NULL, any tenant does. Only whole origins
-- can be asked about: nobody can list them.
CREATE OR REPLACE FUNCTION core.allows_origin(asked text, tenant_slug text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM core.origins o JOIN core.tenants t ON t.id = o.tenant_id
         WHERE o.origin = asked AND (tenant_slug IS NULL OR t.slug = tenant_slug));
END
$$;

REVOKE ALL ON FUNCTION core.allows_origin(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.allows_origin(text, text)
TO sparx_app;
