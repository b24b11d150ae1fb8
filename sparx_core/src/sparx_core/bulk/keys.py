"""The fields by which a row can be found instead of by its id: those that are unique."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from marshmallow import ValidationError, fields

from sparx_core.db.tables import indexes_of
from sparx_core.errors import ValidationFailed
from sparx_core.read.view import schema_instance
from sparx_core.resources import Kind, Resource


@dataclass(frozen=True)
class Key:
    """A unique field of a resource: its wire name, and the column that holds it."""

    name: str
    field: fields.Field[Any]
    column: Any

    def value(self, data: Any) -> Any:
        """The value in a body, in the form in which it is stored: an e-mail in lower case.

        ``ValidationFailed`` if it is not there, or is none.
        """
        given = data.get(self.name) if isinstance(data, Mapping) else None
        if given is None:
            raise ValidationFailed([(self.name, "Is needed to find the row by.")])
        try:
            return self.column.db_value(self.field.deserialize(given))
        except ValidationError as error:
            told = error.messages if isinstance(error.messages, list) else ["Not valid."]
            raise ValidationFailed([(self.name, str(one)) for one in told]) from None


@cache
def keys_of(resource: Resource) -> Mapping[str, Key]:
    """The unique fields of a resource that clients send in both writes, by wire name."""
    writes = [resource.operations.get(kind) for kind in (Kind.CREATE, Kind.UPDATE)]
    if any(one is None or one.body is None for one in writes):
        return {}
    unique = {
        columns[1] for _, columns, unique in indexes_of(resource.model)
        if unique and len(columns) == 2
    }  # fmt: skip
    found = {}
    sent = [schema_instance(one.body).load_fields for one in writes if one and one.body]
    for attribute, field in sent[0].items():
        column = resource.model._meta.fields.get(field.attribute or attribute)
        if column is not None and column.column_name in unique and attribute in sent[1]:
            found[str(field.data_key)] = Key(str(field.data_key), field, column)
    return found
