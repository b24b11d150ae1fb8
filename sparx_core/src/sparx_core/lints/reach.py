"""Lints of ways around the walls: views, functions, rights, roles, schemas."""

from __future__ import annotations

from sparx_core.lints.lint import Lint

_REACHED = """
SELECT c.oid::regclass::text, '{what} that ' || string_agg(DISTINCT p.role, ' and ') || ' can use'
  FROM pg_class c JOIN space s ON s.oid = c.relnamespace JOIN privilege p ON p.relation = c.oid
 WHERE {which} AND NOT EXISTS (SELECT FROM foreign_part e
                                WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
 GROUP BY c.oid
"""

_RIGHTS = """
SELECT a.name, 'lets ' || p.role || ' ' || string_agg(DISTINCT p.name, ', ')
       || CASE WHEN bool_or(p.is_grantable) THEN ' and pass that on' ELSE '' END
  FROM allowed a JOIN privilege p ON p.relation = a.oid AND p.role = a.role
 WHERE p.is_grantable OR NOT a.rights && ARRAY[p.name, p.base]
 GROUP BY a.oid, a.name, p.role
UNION ALL
SELECT pg_get_userbyid(d.defaclrole), 'grants ' || r.role || ' ' || a.privilege_type
       || ' on tables that it will make'
  FROM pg_default_acl d CROSS JOIN LATERAL aclexplode(d.defaclacl) a
  JOIN reach r ON r.oid = a.grantee
 WHERE d.defaclobjtype = 'r'
"""

OBJECTS = (
    Lint(
        "L16",
        "Views run with the rights of whoever reads them",
        "ALTER VIEW {object} SET (security_invoker = true): otherwise it reads with the rights"
        " of its owner",
        _REACHED.format(
            what="is a view without security_invoker",
            which="c.relkind = 'v' AND c.relpersistence <> 't' AND NOT EXISTS ("
            " SELECT FROM pg_options_to_table(c.reloptions) o"
            " WHERE o.option_name = 'security_invoker' AND o.option_value::boolean)",
        ),
    ),
    Lint(
        "L17",
        "No materialized view or foreign table is granted",
        "REVOKE ALL ON {object} FROM PUBLIC, sparx_app, sparx_dispatch: row-level security"
        " does not exist there",
        _REACHED.format(
            what="is a materialized view or foreign table", which="c.relkind IN ('m', 'f')"
        ),
    ),
    Lint(
        "L19",
        "Tables grant what is declared, and no more",
        "REVOKE it on {object}, or declare it in the model's Meta.grants. TRUNCATE, REFERENCES"
        " and TRIGGER ignore row-level security; sparx_dispatch needs no table but the queue's",
        _RIGHTS,
    ),
    Lint(
        "L20",
        "Every table that a module has, or sparx_app reaches, belongs to tenants",
        "Declare it as a TenantModel; or, if it belongs to no tenant, keep it in a schema that"
        " sparx_app cannot reach",
        """
        SELECT r.name, 'has no tenant_id'
          FROM relation r
         WHERE r.tenant IS NULL
           AND NOT EXISTS (SELECT FROM declared d
                            WHERE d.schema = r.schema AND d.name = r.short_name)
           AND NOT EXISTS (SELECT FROM shared s
                            WHERE s.schema IN (r.schema, '*') AND s.name = r.short_name)
           AND r.oid NOT IN (SELECT oid FROM partition)
        UNION ALL
        SELECT c.oid::regclass::text, 'is in no module''s schema and granted to '
               || string_agg(DISTINCT p.role, ' and ')
          FROM pg_class c JOIN space s ON s.oid = c.relnamespace AND NOT s.ours
          JOIN privilege p ON p.relation = c.oid
         WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
           AND c.oid NOT IN (SELECT oid FROM partition)
           AND NOT EXISTS (SELECT FROM foreign_part e
                            WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid)
         GROUP BY c.oid
        """,
    ),
    Lint(
        "L23",
        "No sequence is granted",
        "REVOKE ALL ON SEQUENCE {object} FROM PUBLIC, sparx_app, sparx_dispatch: a sequence tells"
        " each tenant how much all of them do. Use SequenceField",
        _REACHED.format(what="is a sequence", which="c.relkind = 'S'"),
    ),
)
