"""The search: words in, the best of everything that the key may read out."""

from __future__ import annotations

from collections.abc import Sequence

from sparx_core.confinement import is_visible
from sparx_core.context import Context
from sparx_core.errors import BadRequest, InsufficientScope, ModuleDisabled
from sparx_core.json import decode
from sparx_core.operations import Values, operation, querying
from sparx_core.resources import Resource
from sparx_core.search.functions import is_searched
from sparx_core.search.schemas import MAX_WORDS, HitSchema, SearchQuery
from sparx_core.search.statement import select_hits


@querying(SearchQuery)
@operation(
    "GET",
    "/search",
    name="search",
    answer=HitSchema(many=True),
    raises=[BadRequest, ModuleDisabled, InsufficientScope],
    shared=True,
)
def search(ctx: Context, query: Values) -> list[Values]:
    """Search all resources that can be searched by themselves, and that the key may read; or those
    that `types` names. The best comes first, and of those that are as good the newest.

    What is asked for to the letter, such as a number or an e-mail address, is found wherever it is.
    Of words that very many rows contain, not all of these are looked at, but the newest are.
    """
    words = query["q"].split()
    if len(words) > MAX_WORDS:
        raise BadRequest(f"q must have at most {MAX_WORDS} words.", details={"parameter": "q"})
    readable = {one.key: one for one in ctx.registry.resources.values() if _is_readable(ctx, one)}
    chosen = _chosen(ctx, readable, query.get("types"))
    if not chosen:
        return []
    views, take = ctx.views, query["take"]
    found = ctx.transaction.fetch_all(
        ("search", views.modules, tuple(one.key for one in chosen), tuple(readable), take),
        lambda: select_hits(chosen, readable, views, take),
        {"words": words},
    )
    names = ("type", "id", "title", "subtitle", "score")
    return [
        {**dict(zip(names, row, strict=False)), "resource": decode(row[5].encode())}
        for row in found
    ]


def _chosen(
    ctx: Context, readable: dict[str, Resource], types: Sequence[str] | None
) -> list[Resource]:
    if types is None:
        return list(readable.values())
    for key in types:
        resource = ctx.registry.resources.get(key)
        if resource is None or not is_searched(resource):
            known = ", ".join(readable)
            raise BadRequest(
                f"types: {key[:64]!r} is nothing that is searched: {known}.",
                details={"parameter": "types"},
            )
        ctx.require(resource.module, resource.read_scope)
    return [readable[key] for key in dict.fromkeys(types) if key in readable]


def _is_readable(ctx: Context, resource: Resource) -> bool:
    """Whether the key may read it: one that is confined to certain members, what they own."""
    if not is_searched(resource) or resource.module not in ctx.modules:
        return False
    if ctx.sees is not None and not is_visible(resource):
        return False
    return ctx.actor.allows(resource.read_scope)
