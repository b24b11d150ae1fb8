"""The functions by which resources are searched together, from their declarations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sparx_core.db.hits import HitFunction
from sparx_core.db.models import owner_of
from sparx_core.read.filters import Filter
from sparx_core.resources import Resource


def function_of(resource: Resource) -> str:
    """The function that finds the best rows of a resource."""
    return f"{resource.module}.hits_{resource.name}"


def is_searched(resource: Resource) -> bool:
    """Whether a search finds its rows: those of every resource that can be searched by itself."""
    return resource.exposed and resource.listing.searched is not None


def hit_functions(resources: Iterable[Resource]) -> list[HitFunction]:
    """The function of each resource that can be searched."""
    return [_function(one) for one in resources if is_searched(one)]


def _function(resource: Resource) -> HitFunction:
    searched, model = resource.listing.searched, resource.model
    assert searched is not None
    indexed = {
        one.on.name
        for one in resource.listing.filters.values()
        if isinstance(one, Filter) and not one.on.filled
        if one.operators != ("contains",) and one.name not in resource.listing.scanned
    }
    owner, columns = owner_of(model), _columns(model)
    return HitFunction(
        function_of(resource),
        resource.module,
        searched,
        tuple(one for one in searched.texts if one in indexed),
        None if owner is None else columns[owner].column_name,
    )


def _columns(model: Any) -> Any:
    return model._meta.fields
