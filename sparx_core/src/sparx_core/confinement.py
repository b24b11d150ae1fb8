"""Keys that do not see everything: what they may ask for at all.

One may be confined to the records of certain members. Which rows it sees of a table with an owner
is said by the table's policy. All that is left to say here is what has no owner: it is refused
unless it is declared to be for everybody, because an event, an export or a report would tell of the
rows of others.

From another one fields may be hidden: they are in no view that its requests are read with. It may
not ask by them either, and not for what is told in other forms than those of the resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparx_core.db.models import owner_of
from sparx_core.errors import BadRequest, Forbidden, ValidationFailed
from sparx_core.operations import CORE, Kind, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from sparx_core.read.view import Relation
    from sparx_core.resources import Resource

_READS = frozenset({Kind.LIST, Kind.GET, Kind.AGGREGATE})
#: What workers do for a key, who see the records of everybody.
_BY_WORKERS = frozenset({Kind.IMPORT, Kind.EXPORT})


def check_confined(operation: Operation, related: Iterable[Relation] = ()) -> None:
    """``Forbidden`` if a confined key may not ask for this, or not for what is shown with it."""
    if not _is_open(operation):
        raise Forbidden("This needs a key that sees the records of everybody.")
    for relation in related:
        if relation.resource is not None and not is_visible(relation.resource):
            raise Forbidden(f"{relation.name} needs a key that sees the records of everybody.")


def _is_open(operation: Operation) -> bool:
    resource = operation.resource
    if resource is None:
        return operation.shared
    if owner_of(resource.model) is not None:
        return operation.kind not in _BY_WORKERS
    return operation.shared or (resource.shared and operation.kind in _READS)


def is_visible(resource: Resource) -> bool:
    """Whether a confined key sees any of its rows: its members', or what is for everybody."""
    return resource.shared or owner_of(resource.model) is not None


#: What is told of single rows, in the form of their resource.
_OF_ROWS = frozenset({
    Kind.LIST, Kind.GET, Kind.AGGREGATE, Kind.CREATE, Kind.UPDATE, Kind.DELETE, Kind.ACTION,
})  # fmt: skip
#: Parameters whose values are fields.
_NAMING = ("sort", "groupBy", "sum", "avg", "min", "max")


def check_hiding(operation: Operation, hides: frozenset[str], params: Mapping[str, Any]) -> None:
    """Refuse what would tell of fields that are hidden, or lets one ask by them."""
    resource = operation.resource
    if resource is None:
        # Who one is, for example: what can be asked about may tell of anything.
        asks = operation.module != CORE or operation.query is not None or operation.writes
        if asks or not operation.shared:
            raise Forbidden("This needs a key from which no field is hidden.")
        return
    if operation.kind not in _OF_ROWS or (resource.module == CORE and not resource.shared):
        raise Forbidden("This needs a key from which no field is hidden.")
    for parameter, name in _asked_by(params):
        if f"{resource.key}.{name}" in hides:
            raise BadRequest(f"There is no {name[:64]!r}.", details={"parameter": parameter})
    if resource.kinds is not None and "include" in params and _of(resource.module, hides):
        # What kinds lead to is shown whole.
        raise Forbidden("Including needs a key from which no field is hidden.")
    if "view" in params:
        raise Forbidden("Saved views need a key from which no field is hidden.")
    if "q" in params and (_searches(resource, hides) or _holds(resource, hides)):
        raise Forbidden("The search looks into a field that is hidden from this key.")


def _of(module: str, hides: frozenset[str]) -> bool:
    return any(one.startswith(f"{module}.") for one in hides)


def check_sent(operation: Operation, hides: frozenset[str], body: Any) -> None:
    """``ValidationFailed`` for a body that has a field which is hidden."""
    if operation.resource is not None and isinstance(body, dict):
        key = operation.resource.key
        hidden = [name for name in body if f"{key}.{name}" in hides]
        if hidden:
            raise ValidationFailed([(name, "Unknown field.") for name in hidden])


def _asked_by(params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(parameter, field) that a query asks by."""
    for parameter, value in params.items():
        yield parameter, parameter.partition("[")[0].partition(".")[0]
        if parameter in _NAMING:
            for one in value if isinstance(value, list) else str(value).split(","):
                yield parameter, one.removeprefix("-").partition(":")[0].partition(".")[0]


def _holds(resource: Resource, hides: frozenset[str]) -> bool:
    """Whether the values of its kinds, which its search may look into, are hidden."""
    return resource.kinds is not None and f"{resource.key}.{resource.kinds.holder}" in hides


def _searches(resource: Resource, hides: frozenset[str]) -> bool:
    """Whether the search of a resource may look into a field that is hidden."""
    within = {f"{resource.key}.{name}" for name in resource.listing.search_names}
    related = tuple(f"{key}." for key in resource.listing.search_related.values())
    return not hides.isdisjoint(within) or any(one.startswith(related) for one in hides if related)
