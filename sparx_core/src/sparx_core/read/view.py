"""What a resource consists of, for tenants that have certain modules active."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from marshmallow import fields

from sparx_core.derived import RelatedList
from sparx_core.fields import Many, Related
from sparx_core.read.columns import Comparable
from sparx_core.read.ordering import Ordering
from sparx_core.read.selection import Selection, select
from sparx_core.schemas import ObjectSchema, camel

if TYPE_CHECKING:
    from sparx_core.read.wire import Scope
    from sparx_core.resources import Resource

#: The JSON of a row with the names of a selection, as SQL.
Body = Callable[["Scope", Selection], Any]


@cache
def schema_instance(schema: type[ObjectSchema]) -> ObjectSchema:
    """The one instance of a schema class; schemas hold no state of a request."""
    return schema()


def names_of(schema: type[ObjectSchema]) -> list[str]:
    """The wire names of a schema's fields and relations, in the order in which they are shown."""
    return list(_names(_shown(schema)))


@dataclass(frozen=True)
class Shown:
    """A field of a view: its wire name, and the module that brought it."""

    name: str
    field: fields.Field[Any]
    module: str | None = None

    @property
    def default(self) -> bool:
        """Whether it is shown unasked."""
        told = self.field.metadata
        return not (told.get("on_request", False) or told.get("detail", False))

    @property
    def detail(self) -> bool:
        """Whether it is shown unasked where one row is looked at, and not a list of them."""
        return bool(self.field.metadata.get("detail", False))

    @property
    def part(self) -> bool:
        """Whether it is of the resource itself, and of no other."""
        return True

    @property
    def attribute(self) -> str:
        """The field of the model that it shows, if it is not computed."""
        return str(self.field.attribute or self.field.name)


@dataclass(frozen=True)
class Relation:
    """The way from a row to others: one that it refers to, or those that refer to it.

    ``by`` is the referring column: of this row for one, of the others for many. ``default``
    says whether the rows are shown unasked, ``detail`` whether they are where one row is looked
    at; ``resource`` is None for rows that are a part of this resource and nothing without it.
    """

    name: str
    model: Any
    many: bool
    by: str
    resource: Resource | None = None
    schema: type[ObjectSchema] | None = None
    parent_name: str | None = None
    ordering: Ordering | None = None
    limit: int | None = None
    detail: bool = False

    @property
    def default(self) -> bool:
        return self.part and not self.detail

    @property
    def part(self) -> bool:
        """Whether its rows are of the resource itself, and of no other."""
        return self.resource is None


class View:
    """The fields and relations of a resource, or of rows inside it, by wire name.

    ``names`` are all of them in the order in which they are shown: a relation comes after the
    reference that it follows. ``body`` makes the JSON of rows that a function of the database knows
    how to show.
    """

    def __init__(
        self,
        model: Any,
        shown: Sequence[Shown],
        relations: Sequence[Relation],
        body: Body | None = None,
    ) -> None:
        self.model, self.body = model, body
        self.relations: Mapping[str, Relation] = {one.name: one for one in relations}
        self.fields: Mapping[str, Shown] = {
            one.name: one for one in shown if one.name not in self.relations
        }
        self.names = tuple(_names(shown))

    def column(self, shown: Shown) -> Any:
        """The model's column that a field shows."""
        return self.model._meta.fields[shown.attribute]


def _names(shown: Sequence[Shown]) -> Iterator[str]:
    for one in shown:
        yield one.name
        if isinstance(one.field, Related):
            yield camel(str(one.field.name))


class Views:
    """The views of all resources under one set of active modules."""

    def __init__(
        self,
        resources: Mapping[str, Resource],
        extensions: Sequence[tuple[str, str, type[ObjectSchema]]] = (),
        hides: frozenset[str] = frozenset(),
    ) -> None:
        self._resources = resources
        #: Fields, ``crm.customers.notes``, that the views do not have.
        self.hides = hides
        #: (resource key, module, schema) of what active modules add.
        self._extensions = extensions
        self.modules = frozenset(module for _, module, _ in extensions)
        self._views: dict[str, View] = {}
        #: Of rows that are a part of a resource, by schema and model.
        self._parts: dict[tuple[type[ObjectSchema], Any], View] = {}
        self._whole: dict[tuple[str, bool], Selection] = {}

    def resource(self, key: str) -> View:
        """The view of a resource."""
        view = self._views.get(key)
        if view is None:
            resource = self._resources[key]
            shown = _shown(resource.schema)
            for extended, module, schema in self._extensions:
                if extended == key:
                    shown += _shown(schema, module)
            if self.hides:
                shown = [one for one in shown if f"{key}.{one.name}" not in self.hides]
            view = self._views[key] = self._view(resource.model, shown, resource.body)
        return view

    def whole(self, key: str, *, detail: bool = False) -> Selection:
        """All that is shown of a resource unasked: in a list, or of one row in ``detail``."""
        selection = self._whole.get((key, detail))
        if selection is None:
            selection = select(self.resource(key), self, detail=detail)
            self._whole[key, detail] = selection
        return selection

    def related(self, relation: Relation) -> View:
        """The view of the rows of a relation."""
        if relation.resource is not None:
            return self.resource(relation.resource.key)
        assert relation.schema is not None
        key = (relation.schema, relation.model)
        view = self._parts.get(key)
        if view is None:
            view = self._parts[key] = self._view(relation.model, _shown(relation.schema))
        return view

    def _view(self, model: Any, shown: list[Shown], body: Body | None = None) -> View:
        relations = [found for one in shown if (found := self._relation(model, one)) is not None]
        return View(model, shown, relations, body)

    def _relation(self, model: Any, shown: Shown) -> Relation | None:
        field = shown.field
        if isinstance(field, Many):
            order = field.model._meta.fields[field.order_by]
            return Relation(
                shown.name,
                field.model,
                many=True,
                by=field.model._meta.fields[field.by].column_name,
                schema=field.schema_class,
                parent_name=field.by,
                ordering=Ordering(
                    field.order_by,
                    Comparable(order),
                    descending=False,
                    # Then its order is that of an index, and has no ties.
                    unique=((field.by, field.order_by), True) in field.model._meta.indexes,
                ),
                detail=shown.detail,
            )
        if isinstance(field, Related):
            target = self._resources[field.resource]
            column = model._meta.fields[shown.attribute].column_name
            name = camel(str(field.name))
            detail = bool(field.metadata.get("included", False))
            return Relation(
                name, target.model, many=False, by=column, resource=target, detail=detail
            )
        if isinstance(field, RelatedList):
            target = self._resources[field.resource]
            return Relation(
                shown.name,
                target.model,
                many=True,
                by=target.model._meta.fields[_attribute(target, field.by)].column_name,
                resource=target,
                ordering=target.listing.ordering(field.sort),
                limit=field.limit,
                detail=shown.detail,
            )
        return None


def _attribute(resource: Resource, name: str) -> str:
    field = schema_instance(resource.schema).fields[name]
    return str(field.attribute or name)


def _shown(schema: type[ObjectSchema], module: str | None = None) -> list[Shown]:
    declared = schema_instance(schema).dump_fields.values()
    return [Shown(str(field.data_key), field, module) for field in declared]
