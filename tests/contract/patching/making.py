"""Rows of every resource, made over the API from what is declared and what is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from marshmallow import fields

from sparx_core.read.view import schema_instance
from sparx_core.registry import Registry
from sparx_core.resources import Operation
from sparx_core.testing import Api
from sparx_core.testing.contract.bodies import Underivable, body_of, value_of

from .cms import CMS
from .core import CORE
from .crm import CRM
from .known import Known, Row

KNOWN: Mapping[str, Known] = {**CORE, **CRM, **CMS}
#: Numbers of rows that are referred to instead of others.
_OTHERS = count(1001)


def known_of(key: str) -> Known:
    return KNOWN.get(key, Known())


class Maker:
    """Makes rows with one client: ``make("crm.customers", 1)``."""

    def __init__(self, api: Api, registry: Registry) -> None:
        self.api = api
        self._registry = registry
        self._under_way: list[str] = []

    def __call__(self, key: str, number: int = 1, *, everything: bool = True) -> Row:
        """A new row with a value in every field that has one, or in those that need one."""
        known = known_of(key)
        self._under_way.append(key)
        if known.made is not None:
            id = known.made(self, number)
        else:
            id = self._created(key, number, everything)
        self._under_way.pop()
        # The answer of a creation may show less than that of a change.
        return self.look(key, id)

    def look(self, key: str, id: str) -> Row:
        """A row as it is now."""
        path = self._registry.operations[f"{key}.get"].path.replace("{id}", id)
        return self.api.get(path, params=dict(known_of(key).seen)).data

    def another(self, key: str) -> str:
        """The id of a new row, to refer to."""
        if key in self._under_way:
            raise Underivable(f"{key} refers to itself")
        return str(self(key, next(_OTHERS), everything=False)["id"])

    def values(self, operation: Operation, wire: str, row: Row) -> Iterator[Any]:
        """What a field is to be changed to, one after the other."""
        key, field = key_of(operation), sent(operation)[wire]
        told = known_of(key).values.get(wire)
        if told is not None:
            yield from told(self, row)
            return
        if field.allow_none:
            yield None
        for number in (2, 3):
            try:
                yield value_of(field, wire, number, self.another)
            except Underivable:
                continue

    def _created(self, key: str, number: int, everything: bool) -> str:
        operation, known = self._registry.operations[f"{key}.create"], known_of(key)
        assert operation.body is not None
        given = known.given(self, number)
        body = body_of(operation.body, number, self.another, everything=everything, given=given)
        body = {wire: value for wire, value in body.items() if wire not in known.bound}
        answer = self.api.post(operation.path, body)
        assert answer.status == 201, answer.text
        return str(answer.data["id"])


def key_of(operation: Operation) -> str:
    assert operation.resource is not None
    return operation.resource.key


def sent(operation: Operation) -> dict[str, fields.Field[Any]]:
    """The fields that it may be sent, by their names on the wire."""
    assert operation.body is not None
    found = schema_instance(operation.body).load_fields.values()
    return {str(field.data_key): field for field in found}


def told_beside(operation: Operation) -> set[str]:
    """The names of what it answers beside the fields of the resource."""
    answer = operation.answer() if isinstance(operation.answer, type) else operation.answer
    return set() if answer is None else {str(one.data_key) for one in answer.fields.values()}
