"""Lints of what the serving roles are, and of where something can be made."""

from __future__ import annotations

from sparx_core.lints.lint import Lint

ROLES = Lint(
    "L21",
    "The serving roles own nothing and cannot get around the walls",
    "ALTER ROLE ... NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE NOREPLICATION, REVOKE the"
    " membership, or REASSIGN OWNED BY {object} TO sparx_owner",
    """
    SELECT r.rolname::text, 'is ' || concat_ws(', ',
           CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
           CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END,
           CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
           CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
           CASE WHEN r.rolreplication THEN 'REPLICATION' END,
           CASE WHEN r.rolname = 'sparx_owner' AND r.rolcanlogin THEN 'LOGIN' END)
      FROM pg_roles r
     WHERE r.rolname IN ('sparx_app', 'sparx_dispatch', 'sparx_owner')
       AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolcreatedb
            OR r.rolreplication OR r.rolname = 'sparx_owner' AND r.rolcanlogin)
    UNION ALL
    SELECT m.role, 'is a member of ' || b.name || ', ' || b.reason
      FROM membership m JOIN barred b ON b.oid = m.oid AND b.name <> m.role
    UNION ALL
    SELECT r.name, 'owns the ' || i.type || ' ' || i.identity
      FROM role r
      JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
       AND d.deptype = 'o'
      JOIN pg_database b ON b.datname = current_database() AND d.dbid IN (0, b.oid)
     CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, d.objsubid) i
     WHERE coalesce(i.schema, '') !~ '^pg_(toast_)?temp'
    """,
)

CREATION = Lint(
    "L24",
    "Only the owner can create anything, temporary objects included",
    "REVOKE it, such as: REVOKE CREATE ON SCHEMA public FROM PUBLIC, or REVOKE TEMPORARY ON"
    " DATABASE {object} FROM PUBLIC. Who can plant a table, type or function in a session can"
    " wait for the next tenant to step on it",
    """
    SELECT s.name, 'is a schema in which ' || string_agg(DISTINCT r.role, ' and ')
           || ' can create'
      FROM space s CROSS JOIN LATERAL aclexplode(s.acl) a JOIN reach r ON r.oid = a.grantee
     WHERE a.privilege_type = 'CREATE'
     GROUP BY s.name
    UNION ALL
    SELECT d.datname::text, 'is a database in which ' || r.role || ' has '
           || string_agg(DISTINCT a.privilege_type, ' and ')
      FROM pg_database d
     CROSS JOIN LATERAL aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      JOIN reach r ON r.oid = a.grantee
     WHERE d.datname = current_database() AND a.privilege_type IN ('CREATE', 'TEMPORARY')
     GROUP BY d.datname, r.role
    """,
)
