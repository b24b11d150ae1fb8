"""What a tenant declares itself, as its requests need it: custom fields and saved views.

The tenant's row has a number that goes up with each change, and that a request learns as it is
authenticated; so a process reads what is declared once for each number, and nothing at all for a
tenant that never declared anything.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from threading import Lock
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sparx_core.custom_fields.models import ACTIVE
from sparx_core.saved_views.query import params_of

if TYPE_CHECKING:
    from sparx_core.context import Context

#: Tenants whose declarations a process keeps.
MAX_KEPT = 1_000
_READ = """
SELECT t.declarations,
       (SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.id), '[]') FROM core.custom_fields f),
       (SELECT coalesce(jsonb_agg(to_jsonb(v)), '[]') FROM core.views v)
  FROM core.tenants t
"""


@dataclass(frozen=True)
class Definition:
    """A custom field: what its values have to be."""

    id: UUID
    key: str
    type: str
    label: str = ""
    description: str | None = None
    required: bool = False
    unique: bool = False
    options: Sequence[str] = ()
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    target: str | None = None
    state: str = ACTIVE

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Definition:
        """The definition that a row of ``core.custom_fields`` holds."""
        return cls(
            id=UUID(str(row["id"])),
            key=row["key"],
            type=row["type"],
            label=row["label"],
            description=row["description"],
            required=row["is_required"],
            unique=row["is_unique"],
            options=tuple(one["value"] for one in row["options"]),
            minimum=_decimal(row["minimum"]),
            maximum=_decimal(row["maximum"]),
            target=row["target"],
            state=row["state"],
        )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


@dataclass(frozen=True)
class Kept:
    """A saved view: the resource that it lists, and the parameters of its query."""

    id: UUID
    resource: str
    params: Mapping[str, Any]
    shared: bool
    created_by: str


@dataclass(frozen=True)
class Declared:
    """All that a tenant declares, up to a change of it: fields by resource and key, views by id,
    and what the kinds of resources read of their own, by resource.
    """

    version: int = 0
    fields: Mapping[str, Mapping[str, Definition]] = field(default_factory=dict)
    views: Mapping[UUID, Kept] = field(default_factory=dict)
    kinds: Mapping[str, Any] = field(default_factory=dict)

    def of(self, resource: str) -> Mapping[str, Definition]:
        """The fields of a resource that can be used, by key, in the order of their creation."""
        return self.fields.get(resource, {})


NOTHING = Declared()
_kept: OrderedDict[tuple[UUID, int], Declared] = OrderedDict()
_lock = Lock()


def read_declared(ctx: Context) -> Declared:
    """What the tenant of a context declares; read from the database if it is not known yet."""
    if ctx.declarations == 0:
        return NOTHING
    with _lock:
        found = _kept.get((ctx.tenant.id, ctx.declarations or 0))
    return found or _read(ctx)


def _read(ctx: Context) -> Declared:
    version, fields, views = ctx.transaction.database.execute_sql(_READ).fetchone()
    by_resource: dict[str, dict[str, Definition]] = {}
    for row in fields:
        if row["state"] == ACTIVE:
            by_resource.setdefault(row["resource"], {})[row["key"]] = Definition.of_row(row)
    kept = {UUID(row["id"]): _view(row) for row in views}
    # After the number: what changes in between is read again.
    kinds = {
        one.key: one.kinds.read(ctx)
        for one in ctx.registry.resources.values()
        if one.kinds is not None and one.module in ctx.modules
    }
    found = Declared(version, by_resource, kept, kinds)
    # What this transaction changed itself is nobody else's to see before it commits.
    if ctx.declarations == version:
        with _lock:
            _kept[ctx.tenant.id, version] = found
            if len(_kept) > MAX_KEPT:
                _kept.popitem(last=False)
    return found


def _view(row: Mapping[str, Any]) -> Kept:
    return Kept(
        UUID(row["id"]), row["resource"], params_of(row["query"]), row["shared"], row["created_by"]
    )
