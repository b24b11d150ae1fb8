"""Reading the audit log. Nothing else can be done with it."""

from __future__ import annotations

from dataclasses import replace

from sparx_core.audit.listing import EntryListing
from sparx_core.audit.models import AuditEntry
from sparx_core.audit.schemas import AuditEntrySchema
from sparx_core.resources import Resource

#: What is needed to read it, and nothing less: it tells of all modules, also of those that are off.
READ_AUDIT = "read:audit"


class AuditLog(Resource):
    """Not a record of itself; read by those who have its own scope."""

    audited, counted = False, False
    lister = EntryListing
    read_scope = READ_AUDIT


audit = AuditLog(
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
    bulk=False,
)
_TOLD = {
    "list": "What was changed in the tenant, by whom and through what, newest first.",
    "get": "One entry of the audit log.",
}
audit.operations = {
    verb: replace(one, documentation=_TOLD[verb]) for verb, one in audit.operations.items()
}
