"""The query of an aggregate: which fields are grouped by, and what is computed of which."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

from marshmallow import fields
from peewee import DecimalField, Expression

from sparx_core.custom_fields.conditions import PREFIX
from sparx_core.custom_fields.declared import Definition
from sparx_core.custom_fields.field import CUSTOM
from sparx_core.custom_fields.models import DATE, DATETIME, MONEY, MULTISELECT, NUMBER
from sparx_core.db.fields import MoneyField, SequenceField
from sparx_core.db.statements import sql_type
from sparx_core.derived import Computed, RelatedList
from sparx_core.fields import Many
from sparx_core.read.aggregates import (
    BUCKETS,
    DEFAULT_GROUPS,
    FUNCTIONS,
    MAX_FIELDS,
    MAX_GROUPS,
    Aggregate,
    Group,
    Measure,
)
from sparx_core.read.documents import number_in
from sparx_core.read.own import Own
from sparx_core.read.view import schema_instance
from sparx_core.read.wire import Scope
from sparx_core.resources import Resource
from sparx_core.surfaces.rest.parameters import Asked, number_of, refused
from sparx_core.surfaces.rest.query import expanded, narrowing

GROUP_BY, TAKE, COUNT = "groupBy", "take", "count"
#: Types of columns that rows are grouped by, and of those that are added.
_GROUPED = frozenset({"TEXT", "UUID", "BOOLEAN", "SMALLINT", "INTEGER", "BIGINT", "DATE"})
_ADDED = frozenset({"SMALLINT", "INTEGER", "BIGINT"})
_OTHERS = frozenset({GROUP_BY, TAKE, COUNT, *FUNCTIONS})
#: What a saved view says of the page that it shows.
_OF_LISTS = frozenset({"sort", "fields", "include", "locale"})


def parse_aggregate(request: Asked, resource: Resource, own: Own) -> Aggregate:
    """What a request asks for; ``BadRequest`` names the parameter that is wrong."""
    params, told = expanded(request.params, resource, own)
    if "view" in request.params:
        sent = request.params
        params = {
            name: one for name, one in params.items() if name in sent or name not in _OF_LISTS
        }
    with told:
        narrowed = narrowing(params, resource, own, _OTHERS)
        given = narrowed.rest
        if given.get(COUNT, "true") not in ("", "true"):
            raise refused(COUNT, "Rows are always counted: leave it out, or say true.")
        groups = [_group(resource, own, name) for name in _names(given, GROUP_BY)]
        measures = [
            _measure(resource, own, function, name)
            for function in FUNCTIONS
            for name in _names(given, function)
        ]
    take = number_of(TAKE, given.get(TAKE, str(DEFAULT_GROUPS)), 1, MAX_GROUPS)
    named = {one.name for one in groups}
    for currency in dict.fromkeys(one.currency for one in measures):
        if currency is not None and currency not in named:
            groups.append(_group(resource, own, currency))
    return Aggregate(
        groups, measures, narrowed.conditions, narrowed.trashed, resource.visible, take
    )


def _names(given: Mapping[str, str], parameter: str) -> list[str]:
    if parameter not in given:
        return []
    names = given[parameter].split(",")
    if len(names) > MAX_FIELDS:
        raise refused(parameter, f"{parameter} names at most {MAX_FIELDS} fields.")
    plain = [name.partition(":")[0] for name in names]
    if len(set(plain)) < len(plain):
        raise refused(parameter, f"{parameter} names a field twice.")
    return names


def _group(resource: Resource, own: Own, named: str) -> Group:
    name, colon, bucket = named.partition(":")
    if colon and bucket not in BUCKETS:
        raise refused(GROUP_BY, f"{bucket[:64]!r} is none of {', '.join(BUCKETS)}.")
    if name.startswith(PREFIX):
        group = _custom_group(own.fields(resource).get(name.removeprefix(PREFIX)), name)
    else:
        group = grouped_by(resource).get(name)
    if group is None:
        known = ", ".join(grouped_by(resource))
        raise refused(GROUP_BY, f"Cannot be grouped by {name[:64]!r}, only by {known}.")
    if group.bucket is None:
        if colon:
            raise refused(GROUP_BY, f"{name!r} is no time: it has no {bucket}.")
        return group
    return Group(name, group.value, bucket or group.bucket, group.instant)


@cache
def grouped_by(resource: Resource) -> Mapping[str, Group]:
    """The fields by which the rows of a resource can be grouped; of times, day by day."""
    found = {}
    for name, _, column in _stored(resource):
        type_ = sql_type(column)
        if isinstance(column, MoneyField | SequenceField):
            continue
        if type_ == "TIMESTAMPTZ":
            found[name] = Group(name, _reader(column.column_name), "day", instant=True)
        elif type_ in _GROUPED:
            bucket = "day" if type_ == "DATE" else None
            found[name] = Group(name, _reader(column.column_name), bucket)
    return found


@cache
def measured(resource: Resource) -> Mapping[str, Measure]:
    """The fields that can be added, as sums."""
    columns = {column.column_name: name for name, _, column in _stored(resource)}
    found = {}
    for name, _, column in _stored(resource):
        value = _reader(column.column_name)
        if isinstance(column, MoneyField):
            currency = columns.get(column.currency)
            if currency in grouped_by(resource):
                found[name] = Measure("sum", name, value, column.digits, currency)
        elif isinstance(column, DecimalField) or (
            sql_type(column) in _ADDED and not isinstance(column, SequenceField)
        ):
            found[name] = Measure("sum", name, value)
    found.pop("version", None)
    return found


def _stored(resource: Resource) -> Iterator[tuple[str, fields.Field[Any], Any]]:
    """The fields that readers are shown and a column holds: wire name, field, column."""
    schema = schema_instance(resource.schema)
    for field in schema.dump_fields.values():
        hidden = field.name in resource.schema.sensitive or field.metadata.get("sensitive")
        if hidden or field.name == "id" or isinstance(field, Computed | Many | RelatedList):
            continue
        column = resource.model._meta.fields.get(field.attribute or field.name)
        if column is not None:
            yield str(field.data_key), field, column


def _reader(column: str) -> Callable[[Scope], Any]:
    return lambda scope: scope.column(column)


def _custom_group(defined: Definition | None, name: str) -> Group | None:
    if defined is None or defined.type in (MULTISELECT, MONEY):
        return None
    key = defined.key

    def text(scope: Scope) -> Any:
        return Expression(scope.column(CUSTOM), "->>", key)

    def document(scope: Scope) -> Any:
        return Expression(scope.column(CUSTOM), "->", key)

    if defined.type in (DATE, DATETIME):
        return Group(name, text, "day", instant=defined.type == DATETIME)
    return Group(name, document)


def _measure(resource: Resource, own: Own, function: str, name: str) -> Measure:
    if name.startswith(PREFIX):
        defined = own.fields(resource).get(name.removeprefix(PREFIX))
        if defined is not None and defined.type == NUMBER:
            key = defined.key
            return Measure(
                function, name, lambda scope: number_in(Expression(scope.column(CUSTOM), "->", key))
            )
        raise refused(function, f"{name[:80]!r} is no custom field with numbers.")
    found = measured(resource).get(name)
    if found is None:
        known = ", ".join(measured(resource)) or "nothing"
        raise refused(function, f"{function} is of numbers, not of {name[:64]!r}: {known}.")
    return Measure(function, name, found.value, found.digits, found.currency)
