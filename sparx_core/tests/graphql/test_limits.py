"""What a document may be: measured with its fragments in place, before anything is asked."""

from __future__ import annotations

import pytest
from graphql import GraphQLSyntaxError

from sparx_core.errors import ApiError, BadRequest, PayloadTooLarge
from sparx_core.surfaces.graphql.limits import check_document, parsed


def refusal(text: str) -> ApiError:
    with pytest.raises(ApiError) as caught:
        check_document(parsed(text))
    return caught.value


def nested(levels: int, name: str = "a") -> str:
    return f"{{{name} " * levels + "}" * levels


def bomb(fragments: int, width: int) -> str:
    """Each fragment spreads the next one several times."""
    parts = [
        f"fragment f{number} on Q {{ {f'...f{number + 1} ' * width} }}"
        for number in range(fragments)
    ]
    return " ".join(["{ x { ...f0 } }", *parts, f"fragment f{fragments} on Q {{ a }}"])


@pytest.mark.parametrize(
    "text",
    [
        nested(10),
        "{ x { " + " ".join(f"n{number}: a" for number in range(50)) + " } }",
        "mutation { a b c d }",
        "{ x { " + "a " * 900 + "} }",
        "{ __schema { types " + nested(15) + " } }",
        "{ a(b: " + "[" * 32 + "1" + "]" * 32 + ") }",
    ],
    ids=["depth", "aliases", "mutations", "fields", "introspection", "values"],
)
def test_what_is_within_the_limits(text: str) -> None:
    check_document(parsed(text))


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        (nested(11), "levels of fields"),
        ("{ x {" + " ".join(f"n{number}: a" for number in range(51)) + "} }", "aliases"),
        ("{" + "a " * 21 + "}", "fields at its root"),
        ("mutation { a b c d e }", "mutations"),
        ("mutation { ...m ...m ...m } fragment m on M { a b }", "mutations"),
        ("{ x {" + "a " * 1001 + "} }", "fields"),
        ("{ x { ...a ...a } } fragment a on X { " + "b " * 600 + "}", "fields"),
        ("{" + "a " * 3000 + "}", "tokens"),
        ("{ a " + "@include(if: true) " * 51 + "}", "directives"),
        ("{ __schema " + nested(20) + "}", "levels of introspection"),
        ("{ ...a } fragment a on Q { x ...b } fragment b on Q " + nested(11), "levels of fields"),
        ("{ a(b: " + "[" * 33 + "1" + "]" * 33 + ") }", "levels of values"),
        ("query($b: X = " + "{c: " * 33 + "1" + "}" * 33 + ") { a }", "levels of values"),
        ("{ a(b: [" + "1 " * 1_001 + "]) }", "entries of a list"),
        ("{ a(b: {" + "c" * 257 + ": 1}) }", "characters in a name"),
        (bomb(8, 10), "fields"),
        (bomb(60, 3), "fields"),
    ],
)
def test_what_is_beyond_a_limit(text: str, limit: str) -> None:
    error = refusal(text)
    assert (error.code, error.status) == ("query_too_complex", 400)
    assert error.details["limit"] == limit
    assert error.details["found"] > error.details["most"]


def test_every_operation_of_a_document_is_looked_at() -> None:
    error = refusal("query A { a } query B " + nested(11))
    assert error.details["limit"] == "levels of fields"


def test_fragments_in_themselves() -> None:
    for text in (
        "{ ...a } fragment a on Q { x { ...a } }",
        "{ ...a } fragment a on Q { ...b } fragment b on Q { ... { ...a } }",
        "{ x } fragment a on Q { ...b } fragment b on Q { ...a }",
    ):
        assert isinstance(refusal(text), BadRequest)


def test_size_of_a_document() -> None:
    assert isinstance(refusal("{ a } #" + "x" * 32_768), PayloadTooLarge)
    check_document(parsed("{ a } #" + "x" * 32_000))


def test_many_comments_are_tokens() -> None:
    assert refusal("#\n" * 2_001 + "{ a }").details["limit"] == "tokens"


def test_deep_nesting_ends_in_a_refusal() -> None:
    with pytest.raises((ApiError, GraphQLSyntaxError)):
        check_document(parsed("{" + "... {" * 400 + "a" + "}" * 401))
    chain = " ".join(f"fragment f{n} on Q {{ ...f{n + 1} }}" for n in range(230))
    check_document(parsed(f"{{ ...f0 }} {chain} fragment f230 on Q {{ a }}"))
