"""The lint of the audit log: nothing that is declared changes unrecorded."""

from __future__ import annotations

from sparx_core.lints.lint import Lint

AUDIT = Lint(
    "L25",
    "Every change of a resource is recorded",
    "Run: sparx migrate. It makes the triggers of {object} anew, also those that were disabled",
    """
    SELECT a.name, 'has no trigger that records each ' || t.event
      FROM expected, jsonb_to_recordset(doc -> 'audited') AS a(name text, function text)
      JOIN relation c ON c.name = a.name
     CROSS JOIN (VALUES ('audit_insert', 4, 'INSERT'), ('audit_update', 16, 'UPDATE'),
                        ('audit_delete', 8, 'DELETE')) AS t(name, kind, event)
     WHERE NOT EXISTS (
           SELECT FROM pg_trigger g JOIN routine r ON r.oid = g.tgfoid
            WHERE g.tgrelid = c.oid AND g.tgname = t.name AND g.tgtype = t.kind
              AND g.tgenabled = 'O' AND g.tgqual IS NULL AND r.name = a.function || '()')
    """,
)
