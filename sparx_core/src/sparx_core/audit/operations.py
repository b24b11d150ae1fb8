"""Reading the audit log. Nothing else can be done with it."""

from __future__ import annotations

from sparx_core.audit.models import AuditEntry
from sparx_core.audit.schemas import AuditEntrySchema
from sparx_core.resources import Resource

#: What is needed to read it, and nothing less: it tells of all modules, those that are off included.
READ_AUDIT = "read:audit"

audit = Resource(
    "audit",
    AuditEntry,
    AuditEntrySchema,
    filters=(
        "resource",
        "resourceId",
        "operation",
        "action",
        "actorType",
        "actorId",
        "requestId",
        "createdAt",
    ),
    scanned=("operation", "action", "actorType"),
    scope=READ_AUDIT,
    bulk=False,
    audited=False,
    counted=False,
)
