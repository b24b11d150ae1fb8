"""What all lints look at, as common table expressions over the system catalogues.

``space``       schemas; ``ours`` if a module's, or another that sparx_owner owns
``foreign_part`` objects that belong to an extension, which are the administrator's
``role``        sparx_app and sparx_dispatch
``barred``      roles that no serving role may be a member of, and why
``membership``  role by role, what it is a member of, itself included
``reach``       role by role, to whom something must be granted for the role to have it
``privilege``   what each role may do to which relation: ``SELECT``, or ``SELECT(id)``
``relation``    tables in our schemas with, if there is one, their ``tenant_id``
``partition``   partitions and heirs of tenants' tables, wherever they are
``walled``      tables that need walls: tenants' tables, and the tenants themselves
``tenant_table`` those of them whose rows have a ``tenant_id``, partitions included
``allowed``     what each role is meant to be able to do to which table
``policy``      their permissive policies, normalized; ``exempt`` are those of the owner
``foreign_key`` foreign keys; ``paired`` if they cannot point into another tenant
``routine``     functions and procedures; ``pinned`` if their search_path is safe

Grants are read from the access lists: has_table_privilege would say yes to everything for a
superuser, and bury what made it one under the consequences.
"""

from __future__ import annotations

from sparx_core.lints.text import normalized_in_sql

_DECLARED = """
WITH RECURSIVE expected AS MATERIALIZED (SELECT CAST(%s AS jsonb) AS doc),
declared AS (
    SELECT t.* FROM expected, jsonb_to_recordset(doc -> 'tables') AS t(
        schema text, name text, module text, key text, policy text, grants text[],
        owner_access boolean, searched boolean)),
shared AS (
    SELECT t.* FROM expected, jsonb_to_recordset(doc -> 'shared') AS t(
        schema text, name text, app text[], dispatch text[])),
kernel AS (
    SELECT t.* FROM expected, jsonb_to_recordset(doc -> 'functions') AS t(
        signature text, definer boolean, body text, expression text, roles text[])),
space AS (
    SELECT n.oid, n.nspname::text AS name, n.nspacl AS acl,
           doc -> 'schemas' ? n.nspname::text OR o.oid IS NOT NULL AS ours
      FROM expected, pg_namespace n
      LEFT JOIN pg_roles o ON o.oid = n.nspowner AND o.rolname = 'sparx_owner'
     WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'),
foreign_part AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e')"""

_ROLES = """
role AS (
    SELECT oid, rolname::text AS name FROM pg_roles
     WHERE rolname IN ('sparx_app', 'sparx_dispatch')),
barred AS (
    SELECT r.oid, r.rolname::text AS name,
           CASE WHEN r.rolname = 'sparx_owner' THEN 'which owns the tables'
                WHEN r.rolsuper THEN 'a superuser'
                WHEN r.rolbypassrls THEN 'which bypasses row-level security'
                WHEN r.rolcreaterole THEN 'which makes roles'
                WHEN r.rolname ~ '^pg_' THEN 'which PostgreSQL gives special rights'
                ELSE 'the other serving role' END AS reason
      FROM pg_roles r
     WHERE r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolname ~ '^pg_'
        OR r.rolname IN ('sparx_owner', 'sparx_app', 'sparx_dispatch')),
membership(role, oid) AS (
    SELECT name, oid FROM role
    UNION
    SELECT m.role, a.roleid FROM membership m JOIN pg_auth_members a ON a.member = m.oid),
reach(role, oid) AS (
    SELECT m.role, m.oid FROM membership m
     WHERE NOT EXISTS (SELECT FROM barred b WHERE b.oid = m.oid AND b.name <> m.role)
    UNION ALL SELECT name, 0 FROM role),
privilege AS (
    SELECT r.role, c.oid AS relation, a.privilege_type AS name, a.privilege_type AS base,
           a.is_grantable
      FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a JOIN reach r ON r.oid = a.grantee
    UNION ALL
    SELECT r.role, t.attrelid, a.privilege_type || '(' || t.attname || ')', a.privilege_type,
           a.is_grantable
      FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) a
      JOIN reach r ON r.oid = a.grantee)"""

_TABLES = """
relation AS (
    SELECT c.oid, c.oid::regclass::text AS name, s.name AS schema, c.relname::text AS short_name,
           c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
           t.attnum AS tenant, t.attnotnull AS filled, t.atttypid AS type
      FROM pg_class c
      JOIN space s ON s.oid = c.relnamespace AND s.ours
      LEFT JOIN pg_attribute t
        ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND NOT t.attisdropped
     WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
       AND NOT EXISTS (SELECT FROM foreign_part e
                        WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)),
candidate AS (
    SELECT r.*, coalesce(d.key, 'tenant_id') AS key,
           coalesce(d.grants, ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS grants,
           coalesce(d.owner_access, false) AS owner_access,
           coalesce(d.searched, false) AS searched,
           coalesce(d.policy, replace(doc ->> 'policy', '{module}', r.schema)) AS canonical
      FROM expected, relation r
      LEFT JOIN declared d ON d.schema = r.schema AND d.name = r.short_name
     WHERE (d.name IS NOT NULL OR r.tenant IS NOT NULL)
       AND NOT EXISTS (SELECT FROM shared s
                        WHERE s.schema IN (r.schema, '*') AND s.name = r.short_name)),
heir(oid, canonical) AS (
    SELECT i.inhrelid, c.canonical FROM pg_inherits i JOIN candidate c ON c.oid = i.inhparent
    UNION
    SELECT i.inhrelid, h.canonical FROM pg_inherits i JOIN heir h ON h.oid = i.inhparent),
partition AS (SELECT oid, min(canonical) AS canonical FROM heir GROUP BY oid),
walled AS (SELECT c.* FROM candidate c WHERE c.oid NOT IN (SELECT oid FROM partition)),
tenant_table AS (SELECT * FROM candidate WHERE key = 'tenant_id'),
allowed AS (
    SELECT oid, name, 'sparx_app' AS role, grants AS rights FROM walled
    UNION ALL SELECT oid, name, 'sparx_dispatch', '{}' FROM walled
    UNION ALL
    SELECT r.oid, r.name, x.role, x.rights
      FROM relation r
      JOIN shared s ON s.schema IN (r.schema, '*') AND s.name = r.short_name
     CROSS JOIN LATERAL (VALUES ('sparx_app', s.app), ('sparx_dispatch', s.dispatch))
        AS x(role, rights))"""

_POLICIES = rf"""
policy AS (
    SELECT w.oid AS relation, w.name AS table_name, w.canonical,
           p.oid, p.polname::text AS name, p.polcmd AS command, p.polroles AS roles,
           p.polname = 'owner' AND (w.owner_access OR w.searched AND p.polcmd = 'r')
           OR p.polname = 'emptied' AND x.writes IS NULL
              AND {normalized_in_sql("x.reads")} = (SELECT doc ->> 'emptied' FROM expected)
              AS exempt,
           {normalized_in_sql("x.reads")} AS reads, {normalized_in_sql("x.writes")} AS writes,
           x.text, x.bare ~ '(?<!, )\mtrue\M|\mOR\M' AS open,
           x.bare ~ '\mIS (NOT )?NULL\M|\mIS NOT DISTINCT\M|\mCOALESCE\M' AS asks
      FROM walled w JOIN pg_policy p ON p.polrelid = w.oid AND p.polpermissive
     CROSS JOIN LATERAL (
            SELECT *, concat_ws(' ', reads, writes) AS text,
                   regexp_replace(concat_ws(' ', reads, writes), '''[^'']*''', '', 'g') AS bare
              FROM (SELECT pg_get_expr(p.polqual, p.polrelid) AS reads,
                           pg_get_expr(p.polwithcheck, p.polrelid) AS writes) y) x)"""

_KEYS = """
foreign_key AS (
    SELECT f.*, t.name AS table_name, f.conrelid::regclass::text AS from_name,
           t.oid IS NULL OR EXISTS (
               SELECT FROM unnest(f.conkey, f.confkey) AS u(here, there)
                 JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = u.here
                WHERE a.attname = 'tenant_id' AND u.there = t.tenant) AS paired
      FROM pg_constraint f LEFT JOIN tenant_table t ON t.oid = f.confrelid
     WHERE f.contype = 'f' AND f.conparentid = 0)"""

_ROUTINES = """
routine AS (
    SELECT p.*, p.oid::regprocedure::text AS name, o.rolname::text AS owner,
           coalesce(p.proconfig && ARRAY['search_path=pg_catalog, pg_temp',
                                         'search_path="pg_catalog", "pg_temp"'], false) AS pinned
      FROM pg_proc p JOIN space s ON s.oid = p.pronamespace JOIN pg_roles o ON o.oid = p.proowner
     WHERE NOT EXISTS (SELECT FROM foreign_part e
                        WHERE e.classid = 'pg_proc'::regclass AND e.objid = p.oid))"""

#: Begins every lint's query; its one parameter is :func:`sparx_core.lints.expected.expected`.
SCOPE = ",".join([_DECLARED, _ROLES, _TABLES, _POLICIES, _KEYS, _ROUTINES]) + "\n"
