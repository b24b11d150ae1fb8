"""Documents are kept for those who ask again, and only so many of so many schemas."""

from __future__ import annotations

import gc
import weakref

import pytest
from graphql import GraphQLSchema, build_schema

from sparx_core.errors import BadRequest
from sparx_core.surfaces.graphql import documents as documents_module
from sparx_core.surfaces.graphql.documents import Documents, InvalidDocument, Kept

TEXT = "query A { a } query B { b }"


def schema() -> GraphQLSchema:
    return build_schema("type Query { a: Int b: Int }")


def test_the_same_text_is_the_same_document_in_one_schema() -> None:
    documents, one, other = Documents(), schema(), schema()
    prepared = documents.prepare(TEXT, one)
    assert documents.prepare(TEXT, one) is prepared
    assert documents.prepare(TEXT, other) is not prepared
    with pytest.raises(InvalidDocument):
        documents.prepare("{ c }", one)
    long = "{ a } #" + "x" * documents_module.MAX_KEPT_CHARACTERS
    assert documents.prepare(long, one) is not documents.prepare(long, one)


def test_operations_by_name() -> None:
    prepared = Documents().prepare(TEXT, schema())
    found = prepared.operation("B").name
    assert found is not None
    assert found.value == "B"
    for name in (None, "C"):
        with pytest.raises(BadRequest):
            prepared.operation(name)


def test_schemas_that_nobody_asks_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents_module, "MAX_SCHEMAS", 2)
    documents, first = Documents(), schema()
    gone = weakref.ref(first)
    prepared = documents.prepare(TEXT, first)
    prepared.kept["plan"] = first
    del first, prepared
    for _ in range(2):
        assert gone() is not None
        documents.prepare(TEXT, schema())
    from sparx_core.surfaces.graphql.introspection import sizes_of

    sizes_of.cache_clear()
    gc.collect()
    assert gone() is None


def test_what_was_asked_for_last_is_kept() -> None:
    kept: Kept[int] = Kept(2)
    kept.keep("a", 1)
    kept.keep("b", 2)
    assert kept.find("a") == 1
    assert kept.keep("c", 3) == "b"
    assert [kept.find(name) for name in "abc"] == [1, None, 3]
