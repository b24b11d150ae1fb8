"""The scalars beside those that every GraphQL schema has. Numbers stay exact: an amount is a JSON
number with all its digits, in a document as in an answer.
"""

from __future__ import annotations

from decimal import Decimal as Number
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLScalarType,
    ValueNode,
    print_ast,
)
from graphql.language import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    VariableNode,
)

from sparx_core.json import is_double

#: Characters of a number in a document, at most: more than the longest double has.
_DIGITS = 700


def _number(node: ValueNode) -> int | Number:
    """A number as the JSON of a body has it."""
    assert isinstance(node, IntValueNode | FloatValueNode)
    text = node.value
    if len(text) > _DIGITS:
        raise GraphQLError("The number has too many digits.", node)
    found = int(text) if isinstance(node, IntValueNode) else Number(text)
    if not is_double(found):
        raise GraphQLError("The number is beyond the range of a double.", node)
    return found


def _json(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    given = variables or {}
    if isinstance(node, IntValueNode | FloatValueNode):
        return _number(node)
    if isinstance(node, StringValueNode | BooleanValueNode | EnumValueNode):
        return node.value
    if isinstance(node, NullValueNode):
        return None
    if isinstance(node, VariableNode):
        return given.get(node.name.value)
    if isinstance(node, ListValueNode):
        return [_json(one, given) for one in node.values]
    assert isinstance(node, ObjectValueNode)
    names = [one.name.value for one in node.fields]
    if len(set(names)) < len(names):
        raise GraphQLError("A name occurs twice in its object.", node)
    return {one.name.value: _json(one.value, given) for one in node.fields}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Number) and not isinstance(value, bool)


def _decimal(value: Any) -> Any:
    if not _is_number(value):
        raise GraphQLError("Decimal is a number.")
    return value


def _decimal_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    if not isinstance(node, IntValueNode | FloatValueNode):
        raise GraphQLError(f"Decimal is a number, and not {print_ast(node)[:64]}.", node)
    return _number(node)


def _whole(value: Any) -> Any:
    if not _is_number(value) or value != value.to_integral_value():
        raise GraphQLError("BigInt is a whole number.")
    return int(value)


def _integer(value: Any) -> Any:
    return value if isinstance(value, int) and not isinstance(value, bool) else _whole(value)


def _integer_literal(node: ValueNode, variables: dict[str, Any] | None = None) -> Any:
    if not isinstance(node, IntValueNode):
        raise GraphQLError(f"BigInt is a whole number, and not {print_ast(node)[:64]}.", node)
    return _number(node)


def _text(name: str, told: str, url: str | None = None) -> GraphQLScalarType:
    def value(given: Any) -> str:
        if not isinstance(given, str):
            raise GraphQLError(f"{name} is a text.")
        return given

    def literal(node: ValueNode, variables: dict[str, Any] | None = None) -> str:
        if not isinstance(node, StringValueNode):
            raise GraphQLError(f"{name} is a text, and not {print_ast(node)[:64]}.", node)
        return node.value

    return GraphQLScalarType(
        name, parse_value=value, parse_literal=literal, description=told, specified_by_url=url
    )


JSON = GraphQLScalarType(
    "JSON",
    parse_value=lambda value: value,
    parse_literal=_json,
    description="Any JSON: an object of your own, or what has no type of its own here.",
)
DECIMAL = GraphQLScalarType(
    "Decimal",
    parse_value=_decimal,
    parse_literal=_decimal_literal,
    description="An exact number, such as an amount: a JSON number with all its digits.",
)
BIG_INT = GraphQLScalarType(
    "BigInt",
    parse_value=_integer,
    parse_literal=_integer_literal,
    description="A whole number that may be larger than Int allows: a JSON number.",
)
DATE_TIME = _text("DateTime", "ISO 8601 in UTC, whole seconds, with Z: 2026-06-05T17:41:09Z.")
DATE = _text("Date", "A day: 2026-06-05.")
