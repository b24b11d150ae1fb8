"""Parts of values that are there already: of what operations answer beside rows."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql import (
    FieldNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from sparx_core.json import encode
from sparx_core.read.portion import TYPE_NAME
from sparx_core.surfaces.graphql.collecting import Fields


def decoded(data: bytes) -> Any:
    """The value of JSON that the API wrote, its numbers exact."""
    return json.loads(data, parse_float=Decimal)


def project(fields: Fields, value: Any, type_: Any, nodes: list[FieldNode]) -> Any:
    """What is asked for of a value, as JSON has it."""
    if not is_composite_type(get_named_type(type_)):
        return value
    if is_list_type(get_nullable_type(type_)):
        if not isinstance(value, list):
            return [] if is_non_null_type(type_) else None
        inner = get_nullable_type(type_).of_type
        return [project(fields, one, inner, nodes) for one in value]
    if not isinstance(value, dict):
        return None
    object_type: Any = get_named_type(type_)
    found = {}
    for key, asked in fields.collect(nodes).items():
        name = asked[0].name.value
        if name == TYPE_NAME:
            found[key] = object_type.name
        else:
            found[key] = project(fields, value.get(name), object_type.fields[name].type, asked)
    return found


def assembled(
    fields: Fields,
    type_: Any,
    nodes: list[FieldNode],
    part: Callable[[str, list[FieldNode]], bytes],
) -> bytes:
    """An object whose fields are JSON that is text already: ``part`` has that of each."""
    found = []
    for key, asked in fields.collect(nodes).items():
        name = asked[0].name.value
        text = encode(type_.name) if name == TYPE_NAME else part(name, asked)
        found.append(encode(key) + b":" + text)
    return b"{" + b",".join(found) + b"}"
