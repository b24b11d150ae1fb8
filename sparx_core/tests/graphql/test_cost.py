"""The cost of a query: the objects that it could show, before any is looked for."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    get_introspection_query,
    parse,
)

from sparx_core.errors import QueryTooExpensive
from sparx_core.surfaces.graphql.cost import cost_of
from sparx_core.surfaces.graphql.introspection import check_introspection
from sparx_core.surfaces.graphql.limits import fragments_of
from sparx_core.surfaces.graphql.rows import ROWS, Rows

TAKE = {"take": GraphQLArgument(GraphQLInt)}
ITEM = GraphQLObjectType("Item", {"name": GraphQLField(GraphQLString)})
CUSTOMER: GraphQLObjectType = GraphQLObjectType(
    "Customer",
    lambda: {
        "name": GraphQLField(GraphQLString),
        "orders": GraphQLField(
            GraphQLList(ORDER), args=TAKE, extensions={ROWS: Rows("take", 5, 20)}
        ),
    },
)
ORDER = GraphQLObjectType(
    "Order",
    lambda: {
        "number": GraphQLField(GraphQLString),
        "customer": GraphQLField(CUSTOMER),
        "items": GraphQLField(
            GraphQLNonNull(GraphQLList(ITEM)), extensions={ROWS: Rows(None, 10, 10)}
        ),
    },
)
ORDERS = GraphQLObjectType(
    "Orders",
    {
        "items": GraphQLField(GraphQLNonNull(GraphQLList(ORDER))),
        "total": GraphQLField(GraphQLInt),
    },
)
QUERY = GraphQLObjectType(
    "Query",
    {
        "orders": GraphQLField(ORDERS, args=TAKE, extensions={ROWS: Rows("take", 50, 250)}),
        "order": GraphQLField(ORDER),
    },
)
MUTATION = GraphQLObjectType("Mutation", {"createOrder": GraphQLField(ORDER)})
SCHEMA = GraphQLSchema(QUERY, MUTATION)


def cost(text: str, **variables: Any) -> int:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return cost_of(SCHEMA, operation, fragments_of(document), variables)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ order { number } }", 1),
        ("{ order { number customer { name } } }", 2),
        ("{ orders { total } }", 1),
        ("{ orders { items { number } } }", 1 + 50),
        ("{ orders(take: 3) { items { number } } }", 1 + 3),
        ("{ orders(take: 3) { items { customer { name } items { name } } } }", 1 + 3 + 3 + 30),
        ("{ orders(take: 9000) { items { number } } }", 1 + 250),
        ("{ orders(take: 0) { items { number } } }", 1 + 1),
        ("{ order { customer { orders(take: 4) { items { name } } } } }", 1 + 1 + 4 + 40),
        ("{ a: order { number } b: order { number } }", 2),
        ("{ order { number } order { number } }", 2),
        (
            "{ ...r } fragment r on Query { order { ...o } }"
            " fragment o on Order { items { name } }",
            11,
        ),
        ("{ order { ... on Order { customer { name } } ... { customer { name } } } }", 3),
        ("{ __typename }", 1),
        ("mutation { createOrder { number } }", 11),
    ],
)
def test_cost(text: str, expected: int) -> None:
    assert cost(text) == expected


def test_cost_follows_the_variables() -> None:
    text = "query($n: Int = 7) { orders(take: $n) { items { number } } }"
    assert cost(text) == 8
    assert [cost(text, n=10), cost(text, n=20), cost(text, n=40)] == [11, 21, 41]
    for odd in (None, "9", True, 10**30):
        assert 1 <= cost(text, n=odd) <= 251


def introspected(text: str) -> None:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    check_introspection(SCHEMA, operation, fragments_of(document))


def test_the_usual_introspection_is_answered() -> None:
    introspected(get_introspection_query(input_value_deprecation=True))
    introspected('{ __type(name: "Order") { fields { name type { name } } } }')


def test_an_introspection_may_not_be_a_bomb() -> None:
    fields = " ".join(
        f"f{number}: fields {{ type {{ fields {{ name }} }} }}" for number in range(45)
    )
    for text in (
        f"{{ __schema {{ types {{ {fields} }} }} }}",
        "{ "
        + " ".join(
            f"s{number}: __schema {{ types {{ fields {{ type {{ fields {{ name }} }} }} }} }}"
            for number in range(45)
        )
        + " }",
    ):
        with pytest.raises(QueryTooExpensive):
            introspected(text)
