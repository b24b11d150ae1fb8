"""The base of every table that holds a tenant's rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from peewee import (
    BigIntegerField,
    BooleanField,
    CompositeKey,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)

from sparx_core.db.fields import JsonField, TimestampField, check, default
from sparx_core.errors import Conflict
from sparx_core.ids import uuid7


class TenantModel(Model):
    """A table whose rows belong to one tenant each.

    ``class Meta`` names ``schema`` (the module's key) and ``table_name`` (plural). The core adds
    what the walls need: row-level security, the policy and the grants; ``tenant_id`` at the head
    of every key and index; composite foreign keys. Models are bound to no database: rows are
    read and written through the :class:`~sparx_core.context.Context` of a transaction.
    """

    tenant_id = UUIDField(constraints=[default("core.tenant_id()")])
    id = UUIDField(default=uuid7)
    created_at = TimestampField(constraints=[default("now()")])
    updated_at = TimestampField(constraints=[default("now()")])
    version = IntegerField(constraints=[default("1")])

    class Meta:
        primary_key = CompositeKey("tenant_id", "id")
        legacy_table_names = False
        #: What the serving role may do; an append-only table leaves UPDATE and DELETE out.
        grants = "SELECT, INSERT, UPDATE, DELETE"
        #: The field that refers to the member who owns a row, where keys may be confined to the
        #: records of certain members; those rows are then all that such a key can see or write.
        owned_by = None
        #: Whether the core's definer functions read it across tenants; never a module's table.
        owner_access = False
        #: Whether it has ``terms`` by which its module searches it (:mod:`.term_search`).
        searched = False
        #: The error that says that a unique value is taken.
        conflict = Conflict


RowT = TypeVar("RowT", bound=TenantModel)


class TrashModel(TenantModel):
    """A table whose rows are put into the trash when they are deleted, and can come back.

    ``ctx.delete`` hides a row: from lists and their totals, searches, exports, relations of other
    resources, gets and operations by its id; lists with ``trashed=true`` show what is hidden. What
    refers to it stays as it is, and ``ctx.find`` still finds it. Its unique indexes bind the rows
    that are not in the trash alone, those of a ``SequenceField`` excepted.
    """

    trashed = BooleanField(constraints=[default("false")])
    deleted_at = TimestampField(
        null=True, constraints=[check("trashed = (deleted_at IS NOT NULL)")]
    )


class Counter(TenantModel):
    """The last number given out for each ``SequenceField`` of a tenant."""

    id = UUIDField(constraints=[default("gen_random_uuid()")])
    name = TextField()
    value = BigIntegerField()

    class Meta:
        schema = "core"
        table_name = "counters"
        indexes = ((("name",), True),)
        grants = "SELECT, INSERT, UPDATE"


class RowCount(TenantModel):
    """A part of the number of a tenant's rows in a table, kept by triggers.

    ``cell`` holds the values of the columns that lists are counted by: the rows that share them
    are counted together, in as many parts as there were writers at once.
    """

    table_name = TextField()
    cell = JsonField()
    row_count = BigIntegerField()

    class Meta:
        schema = "core"
        table_name = "row_counts"
        indexes = ((("table_name", "cell"), False),)
        grants = "SELECT"
        owner_access = True


def table_of(model: type[Model]) -> str:
    """``schema.table``: the name under which references and errors know the model."""
    meta: Any = model._meta
    return f"{meta.schema}.{meta.table_name}"


def owner_of(model: type[Model]) -> str | None:
    """The field that refers to the member who owns a row, if the rows of a model have one."""
    meta: Any = model._meta
    found: str | None = meta.owned_by
    return found


def row_of(model: type[RowT], found: Sequence[Any]) -> RowT:
    """A row of a table, all its columns in the order of the model's, as an object."""
    meta: Any = model._meta
    columns = zip(meta.fields.items(), found, strict=True)
    return model(**{name: column.python_value(value) for (name, column), value in columns})
