-- What a tenant has decided for all of its members.

-- The time zone of the present tenant, by its name in the IANA database.
CREATE OR REPLACE FUNCTION core.tenant_timezone() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT coalesce((SELECT s.timezone FROM core.tenant_settings s), 'UTC') $$;

-- The day that it is for the present tenant.
CREATE OR REPLACE FUNCTION core.tenant_today() RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT (now() AT TIME ZONE core.tenant_timezone())::date $$;

REVOKE ALL ON FUNCTION core.tenant_timezone() FROM PUBLIC;
REVOKE ALL ON FUNCTION core.tenant_today() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.tenant_timezone()
TO sparx_app;
GRANT EXECUTE ON FUNCTION core.tenant_today()
TO sparx_app;
