"""Columns that hold ids of rows of a certain table, whichever module's they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sparx_core.db.models import table_of
from sparx_core.db.tables import references_of
from sparx_core.fields import Related
from sparx_core.read.view import schema_instance

if TYPE_CHECKING:
    from sparx_core.registry import Registry


@dataclass(frozen=True, order=True)
class Link:
    """A column of ``table`` whose values are ids of rows of another table."""

    table: str
    column: str
    module: str


def links_to(registry: Registry, table: str, modules: Collection[str]) -> list[Link]:
    """The columns of active modules' tables that refer to ``table``, by ``Reference`` or, where
    the column is a plain id, by the ``Related`` that shows it.
    """
    return sorted({one for one in _links(registry, table) if one.module in modules})


def _links(registry: Registry, table: str) -> Iterator[Link]:
    for name, (module, model) in registry.models.items():
        for reference in references_of(model):
            if reference.target == table:
                yield Link(name, str(reference.column_name), module)
    resources = registry.resources
    keys = {key for key, one in resources.items() if table_of(one.model) == table}
    for resource in resources.values():
        columns: dict[str, Any] = resource.model._meta.fields
        for field in schema_instance(resource.schema).fields.values():
            column = columns.get(str(field.attribute or field.name))
            if isinstance(field, Related) and field.resource in keys and column is not None:
                yield Link(table_of(resource.model), str(column.column_name), resource.module)
