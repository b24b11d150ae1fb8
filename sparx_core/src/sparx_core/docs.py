"""The parts of the documentation that are generated from what the installed modules declare.

A page marks such a part with ``<!-- generated: errors -->`` and ``<!-- end -->``;
``python -m sparx_core.docs docs`` brings the marked parts of all pages in a folder up to date, and
the OpenAPI document in it.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import singledispatch
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec
from marshmallow import fields

from sparx_core import hookspecs
from sparx_core.deprecation.declared import Deprecated
from sparx_core.derived import Computed, RelatedList
from sparx_core.fields import (
    Choice,
    Currency,
    DecimalNumber,
    Document,
    Embedded,
    Flag,
    Id,
    LocalizedText,
    Many,
    Money,
    Related,
    SequenceNumber,
    Text,
    Timestamp,
    UnitPrice,
    WholeNumber,
)
from sparx_core.json import encode
from sparx_core.read.view import schema_instance
from sparx_core.registry import Registry
from sparx_core.resources import Operation
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.surfaces.graphql.sdl import sdl_of
from sparx_core.surfaces.openapi.document import documents_of, pretty
from sparx_core.surfaces.openapi.payloads import catalogue, pretty_catalogue
from sparx_core.surfaces.openapi.request_limits import request_limits

#: The OpenAPI document, and the catalogue of events, of all modules, in the folder of the
#: documentation.
DOCUMENT, CATALOGUE = Path("api") / "openapi.json", Path("api") / "events.json"
#: The GraphQL schema of all modules.
SCHEMA = Path("api") / "schema.graphql"

_METHODS = ("GET", "POST", "PATCH", "DELETE")
_GENERATED = re.compile(r"(<!-- generated: ([\w.:-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def refreshed(page: str, registry: Registry) -> str:
    """The text of a page with its generated parts as the registry says."""

    def fill(part: re.Match[str]) -> str:
        name, _, argument = part[2].partition(":")
        return f"{part[1]}\n{PARTS[name](registry, argument)}\n\n{part[3]}"

    return _GENERATED.sub(fill, page)


def errors(registry: Registry, _: str = "") -> str:
    """Every error code, by status, with the docstring of its class."""
    classes = sorted(registry.errors.values(), key=lambda one: one.status)
    return _table(
        ["status", "code", "meaning"],
        [[str(one.status), f"`{one.code}`", _prose(one)] for one in classes],
    )


def endpoints(registry: Registry, module: str) -> str:
    """The operations of a module, with the scope that each needs."""
    found = [one for one in registry.operations.values() if one.module == module]
    found.sort(key=lambda one: (one.path, _METHODS.index(one.method)))
    return _table(
        ["request", "scope", "what it does"],
        [
            [
                f"`{one.method} {one.path}`",
                _scope(one),
                _first(one.documentation) + _going(one.deprecated),
            ]
            for one in found
        ],
    )


def resource(registry: Registry, key: str) -> str:
    """The wire fields of a resource, and of the rows inside it."""
    one = registry.resources[key]
    schema = schema_instance(one.schema)
    written = any(operation.writes for operation in one.operations.values())
    shown = schema.fields if written else schema.dump_fields
    return _table(["field", "in a request", "value"], list(_rows(shown, "")))


def lists(registry: Registry, key: str) -> str:
    """What the lists of a resource can be asked."""
    listing = registry.resources[key].listing
    names = dict.fromkeys([*listing.filters, *listing.sorts, *listing.search_names])
    rows = []
    for name in names:
        operators = listing.filters[name].operators if name in listing.filters else ()
        rows.append(
            [
                f"`{name}`",
                " ".join(f"`{one}`" for one in operators),
                "yes" if name in listing.sorts else "",
                "yes" if name in listing.search_names else "",
            ]
        )
    return _table(["field", "operators", "`sort`", "`q`"], rows)


def events(registry: Registry, _: str = "") -> str:
    """The event catalogue."""
    return _table(
        ["event", "version", "about", "webhooks", "when it is sent"],
        [
            [
                f"`{one.name}`",
                str(one.version),
                f"`{one.resource}`",
                "yes" if one.public else "no",
                _prose(one) + _going(one.deprecated),
            ]
            for one in registry.events.values()
        ],
    )


def payloads(registry: Registry, _: str = "") -> str:
    """The fields of each resource that an event tells of, and an example of it."""
    examples = {
        one["resource"]: one["example"]
        for one in catalogue(registry, frozenset(registry.modules))["events"]
    }
    parts = []
    for key in dict.fromkeys(one.resource for one in registry.events.values()):
        told = [f"`{one.name}`" for one in registry.events.values() if one.resource == key]
        declared = schema_instance(registry.resources[key].schema).dump_fields
        shown = {name: one for name, one in declared.items() if not isinstance(one, RelatedList)}
        rows = [[name, value] for name, _, value in _rows(shown, "")]
        table = _table(["field", "value"], rows)
        example = msgspec.json.format(encode(examples[key]), indent=2).decode()
        sample = f"```json\n{example}\n```"
        parts.append(f"### {key}\n\nOf {', '.join(told)}.\n\n{table}\n\n{sample}")
    return "\n\n".join(parts)


def hooks(_: Registry, __: str = "") -> str:
    """The hooks that a module may implement, with their docstrings."""
    found = [one for one in vars(hookspecs).values() if hasattr(one, "sparx_spec")]
    return _table(["hook", "meaning"], [[f"`{one.__name__}`", _prose(one)] for one in found])


def hook(_: Registry, name: str) -> str:
    """One hook: its signature as a module writes it, and its docstring."""
    found = getattr(hookspecs, name)
    signature = inspect.signature(found)
    answer = "" if signature.return_annotation == "None" else f" -> {signature.return_annotation}"
    parameters = ", ".join(f"{n}: {one.annotation}" for n, one in signature.parameters.items())
    told = inspect.cleandoc(found.__doc__ or "").replace("``", "`")
    return f"```\n{name}({parameters}){answer}\n```\n\n{told}"


def rules(_: Registry, __: str = "") -> str:
    """The rules for modules, each with what to do where it is broken."""
    from sparx_core.testing.contract.rules import RULES

    return _table(
        ["rule", "what holds", "what to do where it does not"],
        [[f"`{one.id}`", one.title, one.advice] for one in RULES],
    )


def fixtures(_: Registry, __: str = "") -> str:
    """The fixtures of the pytest plugin."""
    plugin = files("sparx_core.testing").joinpath("plugin.py").read_text(encoding="utf-8")
    found = [
        node
        for node in ast.parse(plugin).body
        if isinstance(node, ast.FunctionDef)
        and any("pytest.fixture" in ast.unparse(one) for one in node.decorator_list)
    ]
    return _table(
        ["fixture", "what it is"],
        [[f"`{one.name}`", _first(_roles_gone(ast.get_docstring(one) or ""))] for one in found],
    )


def limits(_: Registry, __: str = "") -> str:
    """How large a request may be, unless the installation says otherwise."""
    return _table(
        ["at most", "of", "more is"],
        [
            [f"{one.most:,}", one.description, f"{one.status} `{one.code}`" if one.code else ""]
            for one in request_limits()
        ],
    )


PARTS: dict[str, Callable[[Registry, str], str]] = {
    "limits": limits,
    "errors": errors,
    "endpoints": endpoints,
    "resource": resource,
    "lists": lists,
    "events": events,
    "payloads": payloads,
    "hooks": hooks,
    "hook": hook,
    "rules": rules,
    "fixtures": fixtures,
}


def _rows(declared: dict[str, fields.Field[Any]], prefix: str) -> Iterator[list[str]]:
    for field in declared.values():
        name = f"{prefix}{field.data_key}"
        use = (
            "shown with `include`"
            if isinstance(field, RelatedList)
            else "computed"
            if field.dump_only
            else "required"
            if field.required
            else "optional"
        )
        told = value_of(field) + (", or null" if field.allow_none else "")
        yield [f"`{name}`", use, told + _going(field.metadata.get("deprecated"))]
        if isinstance(field, Many | Embedded):
            yield from _rows(schema_instance(field.schema_class).fields, f"{name}[].")


@singledispatch
def value_of(field: fields.Field[Any]) -> str:
    """What a field holds, in a few words: of a class of a module's own, its first sentence."""
    return _from_docstring(field)


def _from_docstring(field: fields.Field[Any]) -> str:
    sentence = re.split(r"(?<=[\w`])[.:;](?:\s|$)", _prose(type(field)))[0]
    return sentence[:1].lower() + sentence[1:]


def _worded(words: str, *classes: type[fields.Field[Any]]) -> None:
    for one in classes:
        value_of.register(one, lambda field: words)


_worded("object", fields.Nested, fields.Dict)
_worded("id", Id)
_worded("amount in `currency`", Money)
_worded("price per unit in `currency`", UnitPrice)
_worded("currency code", Currency)
_worded("UTC time", Timestamp)
_worded("number as text", SequenceNumber)
_worded("`true` or `false`", Flag)
_worded("whole number", fields.Integer)


@value_of.register
def _(field: fields.String) -> str:
    return "text" if type(field) is fields.String else _from_docstring(field)


@value_of.register(fields.List)
def _(field: fields.List[Any]) -> str:
    return f"list of {value_of(field.inner)}"


@value_of.register
def _(field: Many | Embedded) -> str:
    return f"list of objects, at most {field.maximum:,}"


@value_of.register
def _(field: Text) -> str:
    return f"text, at most {field.maximum:,} characters"


@value_of.register
def _(field: WholeNumber) -> str:
    return f"whole number, {field.minimum:,} to {field.maximum:,}"


@value_of.register
def _(field: Choice) -> str:
    return ", ".join(f"`{word}`" for word in field.words)


@value_of.register
def _(field: Related) -> str:
    return f"id of one of `{field.resource}`"


@value_of.register
def _(field: RelatedList) -> str:
    return f"list of `{field.resource}`, at most {field.limit}"


@value_of.register
def _(field: Computed) -> str:
    return "JSON object" if isinstance(field.field, Document) else value_of(field.field)


@value_of.register
def _(field: DecimalNumber) -> str:
    return f"number, {field.minimum:,} to {field.maximum:,}, {field.places} digits after the point"


@value_of.register
def _(field: LocalizedText) -> str:
    return f"text by language, at most {field.maximum:,} characters each"


@value_of.register
def _(field: Document) -> str:
    if field.dump_only:
        return "JSON object"
    return f"JSON object of your own, at most {field.maximum:,} bytes"


def _scope(operation: Operation) -> str:
    if operation.public:
        return "no key"
    return f"`{operation.scope}`" if operation.scope else "any valid key"


def _going(deprecated: Deprecated | None) -> str:
    """What is said of something that goes away, after what else is said of it."""
    return "" if deprecated is None else f" **{deprecated.told()}**"


def _prose(documented: object) -> str:
    """A docstring as one line of Markdown."""
    return " ".join(inspect.cleandoc(documented.__doc__ or "").split()).replace("``", "`")


def _first(text: str) -> str:
    """The first paragraph of a docstring as one line of Markdown."""
    return " ".join(text.partition("\n\n")[0].split()).replace("``", "`")


def _roles_gone(text: str) -> str:
    """A docstring without the roles of reStructuredText: ``:func:`~a.b``` is ```b```."""
    return re.sub(r":\w+:`~?(?:[\w.]+\.)?(\w+)`", r"`\1`", text)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    safe = [[cell.replace("|", "&#124;") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in safe)


def main(folder: str) -> None:
    registry = Registry.discover()
    for page in sorted(Path(folder).rglob("*.md")):
        _refresh(page, refreshed(page.read_text(encoding="utf-8"), registry))
    document = Path(folder) / DOCUMENT
    if document.is_file():
        _refresh(document, pretty(documents_of(registry).everything()))
    events_of_all = Path(folder) / CATALOGUE
    if events_of_all.is_file():
        _refresh(events_of_all, pretty_catalogue(catalogue(registry, frozenset(registry.modules))))
    schema = Path(folder) / SCHEMA
    if schema.is_file():
        _refresh(schema, sdl_of(Schemas(registry).whole))


def _refresh(page: Path, text: str) -> None:
    if page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")
        print(f"Refreshed {page}")


if __name__ == "__main__":
    main(*sys.argv[1:])
