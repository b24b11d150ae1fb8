"""The names of root fields. Types are called as in the OpenAPI document."""

from __future__ import annotations

from sparx_core.operations import Kind, Operation
from sparx_core.schemas import camel
from sparx_core.surfaces.openapi.names import Names


def root_name(operation: Operation, names: Names) -> str:
    """``crmOrders`` for the list of ``crm.orders``, ``crmOrder`` for one of them,
    ``crmOrdersMarkPaid`` for the operation ``crm.orders.mark_paid``.
    """
    resource = operation.resource
    if resource is not None and operation.kind is Kind.LIST:
        return dotted(resource.key)
    if resource is not None and operation.kind is Kind.GET:
        noun = names["resource", resource.key]
        name = noun[0].lower() + noun[1:]
        return f"{name}ById" if name == dotted(resource.key) else name
    return dotted(operation.name)


def plural_of(name: str) -> str:
    """``cmsCategory`` as ``cmsCategories``: by the rules of English that nobody has to look up."""
    if name.endswith("y") and name[-2:-1] not in "aeiou":
        return f"{name[:-1]}ies"
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{name}es"
    return f"{name}s"


def dotted(name: str) -> str:
    """``crm.orders.mark_paid`` as ``crmOrdersMarkPaid``."""
    return camel(name.replace(".", "_").replace("-", "_"))
