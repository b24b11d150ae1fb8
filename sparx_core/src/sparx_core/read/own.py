"""What a reader's tenant declares itself, for queries that ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peewee import SQL

from sparx_core.custom_fields.conditions import PREFIX
from sparx_core.custom_fields.declared import NOTHING, Declared, Definition, Kept
from sparx_core.errors import BadRequest
from sparx_core.ids import parse_uuid

if TYPE_CHECKING:
    from sparx_core.context import Context
    from sparx_core.resources import Resource

#: The parameter that names a saved view.
VIEW = "view"
#: Parameters in which custom fields may be named, beside filters.
_NAMING = ("sort", "groupBy", "sum", "avg", "min", "max")


@dataclass(frozen=True)
class Own:
    """The declarations of the tenant of ``actor``, who sees those saved views that are shared, and
    the ones of his own.
    """

    declared: Declared = NOTHING
    actor: str = ""

    @classmethod
    def of(cls, ctx: Context) -> Own:
        """Those of a context."""
        return cls(ctx.declared, str(ctx.actor))

    def fields(self, resource: Resource) -> Mapping[str, Definition]:
        """The custom fields of a resource, by key."""
        return self.declared.of(resource.key) if resource.custom_fields else {}

    def kinds(self, resource: Resource) -> Any:
        """What is declared of the kinds of a resource."""
        return self.declared.kinds.get(resource.key)

    def view(self, text: str, resource: Resource) -> Kept:
        """The saved view with this id; ``BadRequest`` if there is none of the resource, or it is
        somebody else's.
        """
        view_id = parse_uuid(text)
        found = None if view_id is None else self.declared.views.get(view_id)
        mine = found is not None and (found.shared or found.created_by == self.actor)
        if found is None or not mine or found.resource != resource.key:
            raise BadRequest(
                f"There is no saved view of {resource.key} with this id.",
                details={"parameter": VIEW},
            )
        return found


def is_own(params: Mapping[str, Any], resource: Resource) -> bool:
    """Whether a query asks for something that the tenant declares itself."""
    if VIEW in params or (resource.kinds is not None and resource.kinds.concerns(params)):
        return True
    for name, value in params.items():
        if name.startswith(PREFIX) or (name in _NAMING and PREFIX in str(value)):
            return True
    return False


def version_column() -> SQL:
    """Which declarations are in force, beside what a statement reads."""
    return SQL("(SELECT t.declarations FROM core.tenants t)")
