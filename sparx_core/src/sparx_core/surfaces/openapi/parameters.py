"""Parameters: the ids in paths, and what lists and answers can be asked in a query."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from marshmallow import missing

from sparx_core.deprecation.declared import Deprecated
from sparx_core.derived import Computed
from sparx_core.fields import LOCALE, LocalizedText
from sparx_core.idempotency.claim import KEEP_HOURS, MAX_KEY_CHARACTERS
from sparx_core.read.filters import MAX_VALUES, ComputedFilter, Filter
from sparx_core.read.own import VIEW
from sparx_core.read.page import DEFAULT_TAKE, MAX_SKIP, MAX_TAKE
from sparx_core.read.selection import MAX_DEPTH, MAX_PATHS
from sparx_core.read.through import Through
from sparx_core.read.view import View, Views, schema_instance
from sparx_core.resources import Kind, Operation, Resource
from sparx_core.schemas import ObjectSchema
from sparx_core.surfaces.openapi.aggregates import aggregate_parameters
from sparx_core.surfaces.openapi.bulk import format_parameter, import_parameters
from sparx_core.surfaces.openapi.components import Components
from sparx_core.surfaces.openapi.examples import example_id
from sparx_core.surfaces.openapi.fields import BLANK, JsonSchema
from sparx_core.surfaces.openapi.paths import field_paths, relation_paths
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
        "schema": {"type": "string", "minLength": 1},
    },
    "View": {
        "name": VIEW,
        "in": "query",
        "description": "The id of a saved view: its query, with what is said here added to it, or"
        " instead of what it says.",
        "schema": {"type": "string", "format": "uuid"},
    },
}  # fmt: skip
#: The one of them that exports and aggregates have as well.
_VIEW: Parameter = {"$ref": "#/components/parameters/View"}

#: Those that requests for one row, and writes, share.
HEADERS: dict[str, Parameter] = {
    "IdempotencyKey": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "A new one for each write, such as a UUID. Sent again with the same request"
        f" within {KEEP_HOURS} hours, it gets the same answer, and nothing is done twice.",
        "schema": {
            "type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS,
            "pattern": r"^[!#-\[\]-~]+$", "examples": ["7c8f4d5e-2b1a-4f6d-9e3c-0a5b7d9f1e2c"],
        },
    },
    "IfMatch": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` of the row as it was read: `precondition_failed` if it has"
        " another version by now.",
        "schema": {
            "type": "string", "format": "entity-tag",
            "pattern": r'^(?:\*|(?:W/)?"[!#-~]*"(?:, (?:W/)?"[!#-~]*")*)$', "examples": ["*"],
        },
    },
}  # fmt: skip


#: What is about no row that there is already.
_WITHOUT_ROW = (Kind.LIST, Kind.CREATE, Kind.AGGREGATE)


def plain_path(path: str) -> str:
    """A path without the converters of its parameters."""
    return _IN_PATH.sub(r"{\1}", path)


def parameters_of(operation: Operation, components: Components) -> list[Parameter]:
    """All the parameters of an operation."""
    found = [*_in_path(operation), *_in_header(operation)]
    resource = operation.resource
    if operation.query is not None:
        found += _declared(operation.module, operation.query, components)
    if resource is None or operation.kind in (Kind.DELETE, Kind.FILE) or operation.public:
        return found
    if operation.kind is Kind.IMPORT:
        return [*found, *import_parameters(operation)]
    if operation.kind is Kind.AGGREGATE:
        found += [_VIEW, *aggregate_parameters(resource)]
        return [*found, *_of_filters(resource, components)]
    if operation.kind is Kind.LIST:
        found += _of_list(resource, components)
    if operation.kind is Kind.EXPORT:
        found += [_VIEW, format_parameter(), *_of_filters(resource, components)]
    return [*found, *_selecting(resource, components), *_of_kinds(resource, operation)]


def _declared(
    module: str, query: type[ObjectSchema], components: Components
) -> Iterator[Parameter]:
    """The parameters that an operation declares itself."""
    for field in schema_instance(query).load_fields.values():
        value = dict(components.sent(module, field))
        told = value.pop("description", "")
        if field.load_default is not missing:
            value["default"] = field.load_default
        made = _in_query(str(field.data_key), told, value)
        yield made | ({"required": True} if field.required else {})


def _in_header(operation: Operation) -> Iterator[Parameter]:
    if operation.public:
        return
    if operation.resource is not None and operation.kind not in _WITHOUT_ROW:
        yield {"$ref": "#/components/parameters/IfMatch"}
    if operation.writes:
        yield {"$ref": "#/components/parameters/IdempotencyKey"}


def _in_path(operation: Operation) -> Iterator[Parameter]:
    for name, converter in _IN_PATH.findall(operation.path):
        schema: JsonSchema = dict(_CONVERTED.get(converter, {"type": "string"}))
        told = f"The `{name}` in the path."
        if operation.public:
            schema |= {"pattern": "^lnk_[0-9A-Za-z_-]{43}$", "examples": [f"lnk_{'0' * 43}"]}
            told = "The token of the link."
        elif operation.resource is not None:
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
        unasked = f"`{listing.order}`" if listing.order else "newest first"
        told = f"The order of the list, `-` for the other way round; {unasked} without it."
        yield _in_query("sort", told, {"type": "string", "enum": orders})
    yield from _of_filters(resource, components)


def _of_filters(resource: Resource, components: Components) -> Iterator[Parameter]:
    listing, gone = resource.listing, resource.deprecated_parameters
    if listing.search_function:
        told = (
            f"Words to search for, at most {MAX_SEARCH_WORDS}; each has to occur in "
            + ", ".join(f"`{name}`" for name in listing.search_names)
            + ", as a part of a word, in whatever case."
        )
        word, gap = f"[^{BLANK}]+", f"[{BLANK}]"
        words = f"^{gap}*{word}(?:{gap}+{word}){{0,{MAX_SEARCH_WORDS - 1}}}{gap}*$"
        searched = {"type": "string", "pattern": words, "maxLength": MAX_SEARCH_CHARACTERS}
        yield _in_query("q", told, searched) | _marks(gone.get("q"))
    if resource.trash:
        told = "With `true`, what was deleted and can be restored, instead of what was not."
        yield _in_query("trashed", told, {"type": "boolean", "default": False})
    for one in listing.filters.values():
        value = components.sent(resource.module, one.field)
        # Nobody asks for null by an example of it.
        value = {
            name: said
            for name, said in value.items()
            if name != "description" and (name, said) != ("examples", [None])
        }
        going = one.field.metadata.get("deprecated") or gone.get(one.name)
        for operator in one.operators:
            made = _filter(one, operator, value)
            yield made | _marks(going or gone.get(made["name"]))


def _marks(deprecated: Deprecated | None) -> Parameter:
    return {} if deprecated is None else deprecated.marks()


def _filter(one: Filter | ComputedFilter | Through, operator: str, value: JsonSchema) -> Parameter:
    return of_value(one.name, operator, value)


def of_value(field: str, operator: str, value: JsonSchema) -> Parameter:
    """The filter of lists by a field, whose values are described by ``value``."""
    name = field if operator == "eq" else f"{field}[{operator}]"
    told = _MEANINGS[operator].format(name=field)
    if operator in ("in", "nin"):
        listed = {"type": "array", "items": value, "minItems": 1, "maxItems": MAX_VALUES}
        return _in_query(name, told, listed)
    if operator == "exists":
        return _in_query(name, told, {"type": "boolean"})
    if operator == "startsWith":
        return _in_query(name, told, {"type": "string", "minLength": 1})
    if operator == "contains":
        entry = value.get(
            "items", {"type": "string", "pattern": f"^[{BLANK}]*[^{BLANK}]+[{BLANK}]*$"}
        )
        return _in_query(name, told, entry)
    return _in_query(name, told, value)


def _selecting(resource: Resource, components: Components) -> Iterator[Parameter]:
    """What the operations of a resource that show it share."""
    views = components.views
    view = views.resource(resource.key)
    noun = components.names["resource", resource.key]
    told = (
        "Show nothing but these fields. `*` is all that is shown without this parameter; a path"
        " such as `a.b` goes into a relation or a list of rows."
    )
    pattern = field_paths(view, views)
    if resource.kinds is not None:
        pattern = f"^(?:{resource.kinds.holder}\\.[A-Za-z0-9_]+|{pattern.strip('^$')})$"
    names = _names(pattern, "id")
    yield components.parameter(f"{noun}Fields", _in_query("fields", told, names))
    relations = dict(_relations(view, views))
    if relations:
        told = (
            f"Related resources to show, too, at paths of at most {MAX_DEPTH} relations: "
            + ", ".join(
                f"`{path}`" + (f" (needs `{scope}`)" if scope != resource.read_scope else "")
                for path, scope in relations.items()
            )
            + ", and theirs."
        )
        names = _names(relation_paths(view, views), next(iter(relations)))
        yield components.parameter(f"{noun}Include", _in_query("include", told, names))
    if _is_localized(view, views, set()):
        told = "The language of texts that are kept in several; without it all of them are shown."
        form = {"type": "string", "pattern": f"^(?:{LOCALE.pattern})$", "examples": ["en"]}
        yield _in_query("locale", told, form)


def _of_kinds(resource: Resource, operation: Operation) -> Iterator[Parameter]:
    """What rows of kinds that tenants declare are asked by."""
    kinds = resource.kinds
    if kinds is None:
        return
    names = {Kind.LIST: tuple(kinds.parameters), Kind.GET: kinds.of_gets}.get(operation.kind, ())
    for name in names:
        told = kinds.parameters[name]
        form: JsonSchema = {"type": "string", "minLength": 1, "maxLength": MAX_SEARCH_CHARACTERS}
        if told.words:
            form = {"type": "string", "enum": list(told.words), "default": told.words[0]}
        yield _in_query(name, told.description, form)
    paths = {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}
    told_of = f"References to follow, by the keys of their fields, at most {MAX_DEPTH} far."
    yield _in_query("include", told_of, paths)
    language = {"type": "string", "minLength": 1, "examples": ["en"]}
    told_of = "The language of values, with those that stand in for it; `*` for all of them."
    yield _in_query("locale", told_of, language)


def _names(pattern: str, example: str) -> JsonSchema:
    return {
        "type": "array",
        "items": {"type": "string", "pattern": pattern},
        "minItems": 1,
        "maxItems": MAX_PATHS,
        "examples": [[example]],
    }


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
