"""The rule about the audit log: what an operation changes is in it, and no secret is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sparx_core.audit.sensitivity import is_sensitive
from sparx_core.db.models import table_of
from sparx_core.read.view import schema_instance
from sparx_core.resources import Kind, Operation, Resource
from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.stage import Stage
from sparx_core.testing.contract.subject import Subject

#: Shorter texts may be in the log for another reason.
_LONG_ENOUGH = 6


@rule("recorded")
def recorded(subject: Subject) -> Iterator[str]:
    """Whatever an operation changes is in the audit log, and no sensitive value is.

    Only the rows of resources are recorded, and of the lists in them: declare a resource for the
    table, with exposed=False if it has no operations, and leave audited = False to what is itself a
    record of what happens. A column that is sensitive in one schema is so in every other.
    """
    stage = subject.stage
    for operation in subject.operations:
        if operation.writes and operation.kind not in (Kind.BATCH, Kind.IMPORT, Kind.EXPORT):
            yield from _unrecorded(stage, operation)
    for resource in subject.resources:
        yield from _told(stage, resource)


def _unrecorded(stage: Stage, operation: Operation) -> Iterator[str]:
    """What an operation changed without an entry."""
    tenant = stage.home.tenant.tenant_id
    last = stage.owner.value("SELECT coalesce(max(id::text), '') FROM core.audit_entries")
    before = stage.rows(tenant)
    answer = stage.home.perform(operation)
    if answer is None or answer.status != operation.status:
        return  # the rule 'samples' tells of creates; the rest may depend on a state
    after = stage.rows(tenant)
    changed = sorted(table for table in before if before[table] != after[table])
    found = _entries(stage, tenant, last, operation)
    named = operation.resource is None or answer.data.get("id") in found
    # The row was made for the action, which found nothing to do: the entry is that of the create.
    untouched = operation.kind is Kind.ACTION and answer.data.get("version") == 1
    if changed and not untouched and not (found and named):
        yield f"{operation.name} changed {', '.join(changed)}, and no entry says so"


def _entries(stage: Stage, tenant: UUID, last: str, operation: Operation) -> list[str]:
    return [
        row_id
        for (row_id,) in stage.owner.rows(
            "SELECT resource_id::text FROM core.audit_entries"
            " WHERE tenant_id = %s AND id::text > %s AND operation = %s",
            tenant,
            last,
            operation.name,
        )
    ]


def _told(stage: Stage, resource: Resource) -> Iterator[str]:
    """Sensitive values of a resource that are in the log."""
    columns: dict[str, Any] = resource.model._meta.fields
    sensitive = [
        (str(one.data_key), columns[name].column_name)
        for one in schema_instance(resource.schema).fields.values()
        if is_sensitive(resource.schema, one)
        and (name := str(one.attribute or one.name)) in columns
    ]
    for name, column in sensitive:
        (found,) = stage.owner.rows(
            f"SELECT count(*) FROM core.audit_entries e JOIN {table_of(resource.model)} r"
            " ON r.tenant_id = e.tenant_id"
            f" WHERE e.tenant_id = %s AND length(r.{column}::text) >= %s"
            f" AND position(to_json(r.{column}::text)::text IN e.changes::text) > 0"
            f" AND (SELECT count(*) FROM jsonb_each_text(to_jsonb(r)) c"
            f" WHERE c.value = r.{column}::text) = 1",
            stage.home.tenant.tenant_id,
            _LONG_ENOUGH,
        )
        if found[0]:
            yield f"{name} of {resource.key} is sensitive, and its value is in the log"
