"""The lint of functions that run with their owner's rights, and of those in policies."""

from __future__ import annotations

from sparx_core.lints.lint import Lint
from sparx_core.lints.text import normalized_in_sql

FUNCTIONS = Lint(
    "L18",
    "Functions with the owner's rights are the core's own, safe, and granted as it says",
    "Drop {object} or make it SECURITY INVOKER if it is not the core's. The core's own come"
    " back with: COMMENT ON SCHEMA core IS NULL, and sparx migrate; a right that kernel.sql"
    " does not grant is revoked by hand",
    f"""
    SELECT r.name, 'runs with its owner''s rights and is not one of the core''s functions'
      FROM routine r
     WHERE r.prosecdef AND NOT EXISTS (
           SELECT FROM kernel k WHERE k.signature = r.name AND k.definer
              AND r.owner = 'sparx_owner')
    UNION ALL
    SELECT r.name, 'runs with its owner''s rights but not under'
           || ' search_path = pg_catalog, pg_temp: a caller''s types and tables come first'
      FROM routine r WHERE r.prosecdef AND NOT r.pinned
    UNION ALL
    SELECT r.name, 'decides in the policy ' || string_agg(DISTINCT p.polname, ', ')
           || ' and is read anew under the search_path of each caller'
      FROM routine r
      JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = r.oid
       AND d.classid = 'pg_policy'::regclass
      JOIN pg_policy p ON p.oid = d.objid
     WHERE NOT r.prosecdef AND NOT r.pinned AND r.prosqlbody IS NULL
     GROUP BY r.oid, r.name
    UNION ALL
    SELECT r.name, 'is not the function that this version of the core defines'
      FROM routine r JOIN kernel k ON k.signature = r.name
     WHERE k.definer <> r.prosecdef
        OR r.prosrc <> coalesce(k.body, '')
        OR {normalized_in_sql("pg_get_function_sqlbody(r.oid)")} <> k.expression
    UNION ALL
    SELECT r.name, 'may be executed by ' || string_agg(DISTINCT coalesce(g.rolname, 'PUBLIC'), ', ')
      FROM routine r
     CROSS JOIN LATERAL aclexplode(coalesce(r.proacl, acldefault('f', r.proowner))) a
      LEFT JOIN kernel k ON k.signature = r.name
      LEFT JOIN pg_roles g ON g.oid = a.grantee
     WHERE (r.prosecdef OR k.signature IS NOT NULL) AND a.grantee <> r.proowner
       AND (g.rolname IS NULL OR a.is_grantable OR NOT g.rolname = ANY (coalesce(k.roles, '{{}}')))
     GROUP BY r.oid, r.name
    """,
)
