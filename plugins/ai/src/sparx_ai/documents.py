"""What a module holds and does, in words: made of its declarations, and of nothing of a tenant."""

from __future__ import annotations

from collections.abc import Iterable

from sparx_core import Operation, Resource
from sparx_core.surface import Registry

#: Verbs that are said of every resource in one line.
_READS = ("list", "get", "aggregate")


def document_of(registry: Registry, module: str, resources: Iterable[Resource]) -> str:
    """A page of Markdown about the resources of a module that somebody may see."""
    declared = registry.modules[module].module
    parts = [f"# {declared.title}", declared.description]
    parts += [_about(one) for one in resources if one.module == module]
    return "\n\n".join(part for part in parts if part) + "\n"


def first_line(operation: Operation) -> str:
    """What an operation does, in one sentence of its documentation."""
    return operation.documentation.strip().partition("\n")[0]


def _about(resource: Resource) -> str:
    listing = resource.listing
    lines = [f"## {resource.name}", ""]
    reads = [verb for verb in _READS if verb in resource.operations]
    lines.append(f"- Read it with: {', '.join(reads)}; an address is `{address(resource)}`.")
    if listing.filters:
        lines.append(f"- Filters: {_names(listing.filters)}.")
    if listing.sorts:
        lines.append(f"- Orders: {_names(listing.sorts)}.")
    if listing.search_function:
        lines.append("- Lists of it can be searched, with `q`.")
    lines += [
        f"- `{verb}`: {first_line(one)}"
        for verb, one in resource.operations.items()
        if verb not in _READS
    ]
    return "\n".join(lines)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{one}`" for one in sorted(names))


def address(resource: Resource, row: str = "{id}") -> str:
    """The URI of a row, or the form of all of them."""
    return f"sparx://{resource.module}/{resource.name}/{row}"
