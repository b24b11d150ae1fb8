"""What of each table is recorded: from the declarations of resources to SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from peewee import Function, Table

from sparx_core.audit.sensitivity import is_sensitive
from sparx_core.db.audit import AuditedList, AuditedRows, AuditedTable, AuditedValue
from sparx_core.db.models import table_of
from sparx_core.db.statements import compile_statement, sql_type
from sparx_core.derived import Computed, Made, RelatedList
from sparx_core.fields import Many
from sparx_core.money import currency_digits
from sparx_core.read.view import schema_instance
from sparx_core.read.wire import Scope, wire_expression
from sparx_core.schemas import ObjectSchema

if TYPE_CHECKING:
    from sparx_core.registry import Registry
    from sparx_core.resources import Resource

#: What every row has, and what changes with every change: no change of its own.
_KEPT = frozenset({"tenant_id", "id", "created_at", "updated_at", "version"})
#: Amounts of rows whose parent is gone, and its currency with it, are shown with all of the digits
#: that any currency has.
_UNKNOWN_CURRENCY = max(currency_digits().items(), key=lambda one: (one[1], one[0]))[0]

Part = tuple[str, AuditedRows | AuditedList]


def audited_tables(registry: Registry) -> list[AuditedTable]:
    """Every table with rows of a resource that is audited, or of a list in one."""
    parts: dict[str, list[AuditedRows | AuditedList]] = {}
    for resource in registry.resources.values():
        if resource.audited:
            for table, part in _parts(resource):
                parts.setdefault(table, []).append(part)
    return [AuditedTable(table, tuple(found)) for table, found in parts.items()]


def parent_tables(registry: Registry) -> frozenset[str]:
    """The tables that the functions look into for what a list belongs to."""
    return frozenset(
        table
        for one in audited_tables(registry)
        for part in one.parts
        if isinstance(part, AuditedList)
        for table, _ in part.parents
    )


def _parts(resource: Resource) -> Iterator[Part]:
    values = _values(resource.schema, resource.model, None)
    yield table_of(resource.model), AuditedRows(resource.key, tuple(values))
    yield from _lists(resource, resource.schema, resource.model, "", ())


def _lists(
    resource: Resource,
    schema: type[ObjectSchema],
    model: Any,
    prefix: str,
    above: tuple[tuple[str, str], ...],
) -> Iterator[Part]:
    """The lists in a resource, and those in their rows."""
    for field in schema_instance(schema).fields.values():
        if not isinstance(field, Many):
            continue
        columns = field.model._meta.fields
        parents = ((table_of(model), columns[field.by].column_name), *above)
        name = f"{prefix}{field.data_key}"
        part = AuditedList(
            resource.key,
            name,
            parents,
            columns[field.order_by].column_name,
            tuple(_values(field.schema_class, field.model, field.by)),
            is_sensitive(schema, field),
        )
        yield table_of(field.model), part
        yield from _lists(resource, field.schema_class, field.model, f"{name}.", parents)


def _values(
    schema: type[ObjectSchema], model: Any, parent_name: str | None
) -> Iterator[AuditedValue]:
    for declared in schema_instance(schema).fields.values():
        # What a function shows of a column is recorded as it is stored.
        field = declared.field if isinstance(declared, Made) else declared
        if isinstance(field, Computed | RelatedList | Many):
            continue
        name = str(declared.attribute or declared.name)
        column = model._meta.fields.get(name)
        if column is None or name in _KEPT or declared.metadata.get("audited") is False:
            continue
        before, after = (
            _sql(wire_expression(field, scope.column(column.column_name), scope))
            for scope in (_Row(row, parent_name, getattr(field, "currency", None)) for row in "on")
        )
        sensitive = is_sensitive(schema, declared)
        stored = _stored(column, after, sensitive=sensitive)
        yield AuditedValue(str(declared.data_key), before, after, stored, sensitive)


def _stored(column: Any, after: str, *, sensitive: bool) -> tuple[str, str] | None:
    """The columns to compare, if what is shown of them is what they hold, or less than that."""
    before, shown = (_sql(_Row(row).column(column.column_name)) for row in "on")
    held = after == shown or sensitive
    return (before, shown) if held and sql_type(column) != "JSON" else None


class _Row(Scope):
    """The row ``o`` or ``n`` of a statement that changed it, and its parent ``p1``.

    ``currency`` is the path of a column that is needed even if the parent is gone.
    """

    def __init__(
        self, row: str, parent_name: str | None = None, currency: str | None = None
    ) -> None:
        parent = None if parent_name is None else Scope(Table("p1", alias="p1"))
        super().__init__(Table(row, alias=row), parent, parent_name)
        self.__dict__["currency"] = currency

    def column(self, path: str) -> Any:
        found = super().column(path)
        if "." in path and path == self.__dict__["currency"]:
            return Function("coalesce", (found, _UNKNOWN_CURRENCY))
        return found


def _sql(expression: Any) -> str:
    return compile_statement(expression).sql.replace("%%", "%")
