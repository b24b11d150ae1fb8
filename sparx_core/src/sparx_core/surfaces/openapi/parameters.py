"""Parameters: the ids in paths, and what lists and answers can be asked in a query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sparx_core.derived import Computed
from sparx_core.fields import LOCALE, LocalizedText
from sparx_core.read.filters import MAX_VALUES, Filter
from sparx_core.read.page import DEFAULT_TAKE, MAX_SKIP, MAX_TAKE
from sparx_core.read.selection import MAX_DEPTH
from sparx_core.read.view import View, Views
from sparx_core.resources import Kind, Operation, Resource
from sparx_core.surfaces.openapi.components import Components
from sparx_core.surfaces.openapi.examples import example_id
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.rest.query import MAX_SEARCH_CHARACTERS, MAX_SEARCH_WORDS

Parameter = dict[str, Any]

_IN_PATH = re.compile(r"\{(\w+)(?::(\w+)(?:\([^)]*\))?)?\}")
_CONVERTED: dict[str, JsonSchema] = {
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "uuid": {"type": "string", "format": "uuid"},
}
_MEANINGS = {
    "eq": "Only entries whose `{name}` is this.",
    "ne": "Only entries whose `{name}` is not this, or that have none.",
    "in": "Only entries whose `{name}` is one of these.",
    "nin": "Only entries whose `{name}` is none of these, or that have none.",
    "lt": "Only entries whose `{name}` is less than this.",
    "lte": "Only entries whose `{name}` is this or less.",
    "gt": "Only entries whose `{name}` is more than this.",
    "gte": "Only entries whose `{name}` is this or more.",
    "startsWith": "Only entries whose `{name}` begins with this, letter for letter.",
    "contains": "Only entries whose `{name}` contains this.",
    "exists": "Only entries that have a `{name}`, or with `false` those that have none.",
}

#: The parameters that all lists share.
SHARED: dict[str, Parameter] = {
    "Take": {
        "name": "take",
        "in": "query",
        "description": "Entries on a page.",
        "schema": {
            "type": "integer", "minimum": 1, "maximum": MAX_TAKE, "default": DEFAULT_TAKE
        },
    },
    "Skip": {
        "name": "skip",
        "in": "query",
        "description": "Entries to leave out; not together with `cursor`, which is better.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MAX_SKIP, "default": 0},
    },
    "Cursor": {
        "name": "cursor",
        "in": "query",
        "description": "Where the page before ended: its `meta.next_cursor`; all else as it was.",
        "schema": {"type": "string"},
    },
}  # fmt: skip


def plain_path(path: str) -> str:
    """A path without the converters of its parameters."""
    return _IN_PATH.sub(r"{\1}", path)


def parameters_of(operation: Operation, components: Components) -> list[Parameter]:
    """All the parameters of an operation."""
    found = list(_in_path(operation))
    resource = operation.resource
    if resource is None or operation.kind is Kind.DELETE:
        return found
    if operation.kind is Kind.LIST:
        found += _of_list(resource, components)
    return [*found, *_selecting(operation, resource, components.views)]


def _in_path(operation: Operation) -> Iterator[Parameter]:
    for name, converter in _IN_PATH.findall(operation.path):
        schema: JsonSchema = dict(_CONVERTED.get(converter, {"type": "string"}))
        told = f"The `{name}` in the path."
        if operation.resource is not None:
            schema = {"type": "string", "format": "uuid"}
            schema["examples"] = [example_id(operation.resource.key)]
            told = f"The id of one of `{operation.resource.key}`."
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "description": told,
            "schema": schema,
        }


def _of_list(resource: Resource, components: Components) -> Iterator[Parameter]:
    for name in SHARED:
        yield {"$ref": f"#/components/parameters/{name}"}
    listing = resource.listing
    if listing.sorts:
        orders = [order for name in listing.sorts for order in (name, f"-{name}")]
        told = "The order of the list, `-` for the other way round; newest first without it."
        yield _in_query("sort", told, {"type": "string", "enum": orders})
    if listing.search_function:
        told = (
            f"Words to search for, at most {MAX_SEARCH_WORDS}; each has to occur in "
            + ", ".join(f"`{name}`" for name in listing.search_names)
            + ", as a part of a word, in whatever case."
        )
        searched = {"type": "string", "minLength": 1, "maxLength": MAX_SEARCH_CHARACTERS}
        yield _in_query("q", told, searched)
    for one in listing.filters.values():
        value = components.sent(resource.module, one.field)
        value = {name: said for name, said in value.items() if name != "description"}
        for operator in one.operators:
            yield _filter(one, operator, value)


def _filter(one: Filter, operator: str, value: JsonSchema) -> Parameter:
    name = one.name if operator == "eq" else f"{one.name}[{operator}]"
    told = _MEANINGS[operator].format(name=one.name)
    if operator in ("in", "nin"):
        listed = {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_VALUES}
        return _in_query(name, told, listed)
    if operator == "exists":
        return _in_query(name, told, {"type": "boolean"})
    if operator == "startsWith":
        return _in_query(name, told, {"type": "string", "minLength": 1})
    if operator == "contains":
        entry = value.get("items", {"type": "string", "pattern": r"^\s*\S+\s*$"})
        return _in_query(name, told, entry)
    return _in_query(name, told, value)


def _selecting(operation: Operation, resource: Resource, views: Views) -> Iterator[Parameter]:
    view = views.resource(resource.key)
    names: JsonSchema = {"type": "array", "items": {"type": "string"}}
    told = (
        "Show nothing but these fields. `*` is all that is shown without this parameter; a path"
        " such as `a.b` goes into a relation or a list of rows."
    )
    yield _in_query("fields", told, {**names, "examples": [["id"]]})
    relations = dict(_relations(view, views))
    if relations:
        told = (
            f"Related resources to show, too, at paths of at most {MAX_DEPTH} relations: "
            + ", ".join(
                f"`{path}`" + (f" (needs `{scope}`)" if scope != operation.scope else "")
                for path, scope in relations.items()
            )
            + ", and theirs."
        )
        yield _in_query("include", told, {**names, "examples": [[next(iter(relations))]]})
    if _is_localized(view, views, set()):
        told = "The language of texts that are kept in several; without it all of them are shown."
        form = {"type": "string", "pattern": f"^(?:{LOCALE.pattern})$", "examples": ["en"]}
        yield _in_query("locale", told, form)


def _relations(view: View, views: Views, prefix: str = "") -> Iterator[tuple[str, str]]:
    """The paths to related resources one relation away, each with the scope that it needs."""
    for name, relation in view.relations.items():
        if relation.resource is not None:
            yield prefix + name, relation.resource.read_scope
        else:
            yield from _relations(views.related(relation), views, f"{prefix}{name}.")


def _is_localized(view: View, views: Views, seen: set[int]) -> bool:
    """Whether text in several languages may be shown, here or in what can be included."""
    if id(view) in seen:
        return False
    seen.add(id(view))
    for shown in view.fields.values():
        field = shown.field.field if isinstance(shown.field, Computed) else shown.field
        if isinstance(field, LocalizedText):
            return True
    related = (views.related(relation) for relation in view.relations.values())
    return any(_is_localized(one, views, seen) for one in related)


def _in_query(name: str, told: str, schema: JsonSchema) -> Parameter:
    found: Parameter = {"name": name, "in": "query", "description": told, "schema": schema}
    if schema.get("type") == "array":  # values with commas between them
        found |= {"style": "form", "explode": False}
    return found
