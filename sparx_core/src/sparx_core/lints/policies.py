"""Lints of the walls: row-level security and its policies."""

from __future__ import annotations

from sparx_core.lints.lint import Lint
from sparx_core.lints.text import normalized_in_sql

_REDO = "Drop the policies of the table and run: sparx migrate"

POLICIES = (
    Lint(
        "L1",
        "Row-level security is enabled on every tenant table",
        "ALTER TABLE {object} ENABLE ROW LEVEL SECURITY; or declare the table as a TenantModel"
        " and run: sparx migrate",
        "SELECT name, 'has no row-level security: every tenant reads every row'"
        " FROM walled WHERE NOT enabled",
    ),
    Lint(
        "L2",
        "Row-level security is forced on every tenant table",
        "ALTER TABLE {object} FORCE ROW LEVEL SECURITY; or declare the table as a TenantModel"
        " and run: sparx migrate",
        "SELECT name, 'does not force row-level security: its owner sees all tenants'"
        " FROM walled WHERE NOT forced",
    ),
    Lint(
        "L3",
        "Every tenant table has one permissive policy, named tenant, for all commands",
        "Permissive policies add up, so that a second one opens what the first closes: drop all"
        ' but "tenant", make what else is needed AS RESTRICTIVE, and run: sparx migrate',
        """
        SELECT w.name, CASE WHEN count(p.oid) = 0 THEN 'has no permissive policy'
               ELSE 'has the permissive policies ' || string_agg(
                    p.name || CASE p.command WHEN '*' THEN '' ELSE ' (not for all commands)' END,
                    ', ' ORDER BY p.name) END
          FROM walled w LEFT JOIN policy p ON p.relation = w.oid AND NOT p.exempt
         GROUP BY w.oid, w.name
        HAVING count(p.oid) <> 1 OR NOT bool_and(p.name = 'tenant' AND p.command = '*')
        """,
    ),
    Lint(
        "L4",
        "Policies check what is written by the same rule as what is read",
        _REDO,
        "SELECT table_name, 'has the policy ' || name || ' whose WITH CHECK is not its USING'"
        " FROM policy WHERE NOT exempt AND writes <> reads",
    ),
    Lint(
        "L5",
        "Policies are the core's own, to the letter",
        f"{_REDO}. A rule of the module's own is a policy AS RESTRICTIVE beside it",
        "SELECT table_name, 'has the policy ' || name || ' with another rule: ' || text"
        " FROM policy WHERE NOT exempt AND coalesce(reads, writes) <> canonical"
        " AND NOT open AND NOT asks",
    ),
    Lint(
        "L6",
        "No policy is true or leaves an alternative",
        f"An OR, or true, opens the table to all tenants. {_REDO}",
        "SELECT table_name, 'has the policy ' || name || ' that can hold for any row: ' || text"
        " FROM policy WHERE NOT exempt AND open AND NOT asks",
    ),
    Lint(
        "L7",
        "No policy has an answer for a missing tenant",
        f"Without a tenant a policy must be neither true nor false, but NULL. {_REDO}",
        "SELECT table_name, 'has the policy ' || name || ' that asks for NULL: ' || text"
        " FROM policy WHERE NOT exempt AND asks",
    ),
    Lint(
        "L8",
        "Policies are for sparx_app alone",
        f"{_REDO}. For sparx_owner are the policy emptied, and the policy owner: on tables of the"
        " core's own, and for SELECT on those that are searched",
        """
        SELECT p.table_name, 'has the policy ' || p.name || ' for '
               || (SELECT string_agg(coalesce(r.rolname, 'PUBLIC'), ', ')
                     FROM unnest(p.roles) AS u(oid) LEFT JOIN pg_roles r ON r.oid = u.oid)
          FROM policy p
         WHERE p.roles IS DISTINCT FROM ARRAY(
               SELECT oid FROM pg_roles
                WHERE rolname = CASE WHEN p.exempt THEN 'sparx_owner' ELSE 'sparx_app' END)
        """,
    ),
)

PARTITIONS = Lint(
    "L22",
    "Partitions have walls of their own and are not granted",
    "A policy of the parent does not protect a partition that is named in a query. Give it the"
    " parent's policy, ENABLE and FORCE ROW LEVEL SECURITY, and REVOKE ALL ON {object} FROM"
    " PUBLIC, sparx_app, sparx_dispatch",
    f"""
    SELECT c.oid::regclass::text, concat_ws(', ',
           CASE WHEN NOT c.relrowsecurity THEN 'has no row-level security' END,
           CASE WHEN NOT c.relforcerowsecurity THEN 'does not force row-level security' END,
           CASE WHEN NOT w.right_policy THEN 'has not exactly its parent''s policy' END,
           'is granted to ' || w.grantees)
      FROM partition p JOIN pg_class c ON c.oid = p.oid
      CROSS JOIN LATERAL (SELECT
           (SELECT coalesce(count(*) = 1 AND bool_and(
                       polname = 'tenant'
                       AND p.canonical = {normalized_in_sql("pg_get_expr(polqual, polrelid)")}
                       AND p.canonical
                           = {normalized_in_sql("pg_get_expr(polwithcheck, polrelid)")}), false)
              FROM pg_policy WHERE polrelid = c.oid AND polpermissive) AS right_policy,
           (SELECT string_agg(DISTINCT role, ', ') FROM privilege
             WHERE relation = c.oid) AS grantees) w
     WHERE NOT c.relrowsecurity OR NOT c.relforcerowsecurity OR NOT w.right_policy
        OR w.grantees IS NOT NULL
    """,
)
