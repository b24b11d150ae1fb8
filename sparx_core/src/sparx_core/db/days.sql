-- Days as the present tenant has them.

-- The moment at which a day begins: `2026-06-05`, or `yesterday`, `today`, `tomorrow`; `later`
-- days after it.
CREATE OR REPLACE FUNCTION core.day_begins(day text, later integer) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT (CASE day WHEN 'today' THEN core.tenant_today()
                     WHEN 'tomorrow' THEN core.tenant_today() + 1
                     WHEN 'yesterday' THEN core.tenant_today() - 1
                     ELSE day::date END + later)::timestamp AT TIME ZONE core.tenant_timezone()
$$;

-- The day that it is for the present tenant at a moment.
CREATE OR REPLACE FUNCTION core.day_of(moment timestamptz) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
AS $$ SELECT (moment AT TIME ZONE core.tenant_timezone())::date $$;

REVOKE ALL ON FUNCTION core.day_begins(text, integer) FROM PUBLIC;
REVOKE ALL ON FUNCTION core.day_of(timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION core.day_begins(text, integer)
TO sparx_app;
GRANT EXECUTE ON FUNCTION core.day_of(timestamptz)
TO sparx_app;
