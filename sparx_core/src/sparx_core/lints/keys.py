"""Lints of tables: tenant_id at the head of every key, reference and index."""

from __future__ import annotations

from sparx_core.lints.lint import Lint

_INDEXES = """
SELECT t.name, '{what} ' || i.indexrelid::regclass || ' does not start with tenant_id'
  FROM tenant_table t JOIN pg_index i ON i.indrelid = t.oid
  JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
 WHERE {which} AND t.filled AND i.indkey[0] <> t.tenant
"""

KEYS = (
    Lint(
        "L9",
        "Every tenant table has tenant_id uuid NOT NULL",
        "Run sparx migrate if the table is missing; else let the table have"
        " tenant_id uuid NOT NULL DEFAULT core.tenant_id(), as create_tables makes it",
        """
        SELECT name, CASE WHEN tenant IS NULL THEN 'has no column tenant_id'
               WHEN NOT filled THEN 'allows rows without a tenant_id'
               ELSE 'has a tenant_id of type ' || type::regtype END
          FROM tenant_table
         WHERE tenant IS NULL OR NOT filled OR type <> 'uuid'::regtype
        UNION ALL
        SELECT d.schema || '.' || d.name, 'is declared by the module ' || d.module
               || ' and does not exist'
          FROM declared d
         WHERE NOT EXISTS (SELECT FROM relation r
                            WHERE r.schema = d.schema AND r.short_name = d.name)
        """,
    ),
    Lint(
        "L10",
        "Every primary key starts with tenant_id",
        "Make it PRIMARY KEY (tenant_id, id)",
        """
        SELECT t.name, coalesce('has the primary key ' || i.indexrelid::regclass
               || ' that does not start with tenant_id', 'has no primary key')
          FROM tenant_table t LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
         WHERE t.filled AND i.indkey[0] IS DISTINCT FROM t.tenant
        """,
    ),
    Lint(
        "L11",
        "Every unique or exclusion constraint starts with tenant_id",
        "Put tenant_id first: otherwise one tenant learns what another has stored, by what is"
        " refused",
        _INDEXES.format(
            what="has the unique index",
            which="(i.indisunique OR i.indisexclusion) AND NOT i.indisprimary",
        ),
    ),
    Lint(
        "L12",
        "References to tenants' rows pair tenant_id with tenant_id",
        "Make it FOREIGN KEY (tenant_id, x_id) REFERENCES ... (tenant_id, id), as Reference"
        " does: the check of a foreign key ignores row-level security",
        """
        SELECT from_name, 'has the foreign key ' || conname || ' that can point into another'
               || ' tenant of ' || table_name
          FROM foreign_key WHERE NOT paired
        """,
    ),
    Lint(
        "L13",
        "No reference clears or changes tenant_id when its target goes",
        "Name the column: ON DELETE SET NULL (x_id)",
        """
        SELECT from_name, 'has the foreign key ' || conname || ' whose action sets tenant_id'
          FROM foreign_key f JOIN tenant_table t ON t.oid = f.conrelid
         WHERE t.tenant = ANY (f.conkey)
           AND (f.confupdtype IN ('n', 'd')
                OR f.confdeltype IN ('n', 'd')
                   AND (f.confdelsetcols IS NULL OR t.tenant = ANY (f.confdelsetcols)))
        """,
    ),
    Lint(
        "L14",
        "Every b-tree index of a tenant table starts with tenant_id",
        "Put tenant_id first: every query has it, and an index without it reads the rows of all"
        " tenants",
        _INDEXES.format(
            what="has the index",
            which="m.amname IN ('btree', 'hash') AND NOT i.indisunique AND NOT i.indisexclusion",
        ),
    ),
    Lint(
        "L15",
        "Every reference has an index",
        "CREATE INDEX on the columns of the foreign key, in its order and without WHERE:"
        " otherwise a deletion of its target reads the whole table",
        """
        SELECT f.from_name, 'has the foreign key ' || f.conname || ' without an index'
          FROM foreign_key f JOIN relation r ON r.oid = f.conrelid
         WHERE f.paired AND NOT EXISTS (
               SELECT FROM pg_index i
                WHERE i.indrelid = f.conrelid AND i.indisvalid AND i.indpred IS NULL
                  AND (i.indkey::int2[])[0:cardinality(f.conkey) - 1] @> f.conkey)
        """,
    ),
)
