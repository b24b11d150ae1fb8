"""A module whose tenants say which species there are, and what is known of the animals of each."""

from __future__ import annotations

import json
import types
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from peewee import SQL, Cast, Expression, Function, Select, Table, TextField

from sparx_core import (
    BadRequest,
    Computed,
    ComputedCondition,
    Context,
    Document,
    DocumentValue,
    Event,
    JsonField,
    Kind,
    KindField,
    Kinds,
    Looked,
    Module,
    ObjectSchema,
    Parameter,
    Reference,
    Resource,
    ResourceSchema,
    Scope,
    Shapes,
    TenantModel,
    Text,
    ValidationFailed,
    Values,
    default,
    hookimpl,
    slot,
)
from sparx_core.modules import Installed

#: What values are like: their JSON Schema, and how lists compare them; None: not at all.
FORMS: dict[str, tuple[dict[str, Any], str | None]] = {
    "text": ({"type": "string"}, "text"),
    "number": ({"type": "number"}, "number"),
    "animal": ({"type": "string", "format": "uuid"}, None),
    "anything": ({}, None),
}


class Species(TenantModel):
    """What a tenant declares: a kind of animal, and of what is known of each."""

    key = TextField()
    name = TextField()
    facts = JsonField(constraints=[default("'[]'")])

    class Meta:
        schema = "zoo"
        table_name = "species"
        indexes = ((("key",), True),)


class Animal(TenantModel):
    name = TextField()
    species = Reference("zoo.species")
    facts = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "zoo"
        table_name = "animals"


@dataclass(frozen=True)
class AnimalLens:
    """How animals are looked at: which facts are shown, and which references are followed."""

    only: tuple[str, ...] | None = field(default=None, compare=False)
    follow: tuple[str, ...] = field(default=(), compare=False)
    facts: tuple[str, ...] = field(default=(), compare=False)
    of_species: UUID | None = field(default=None, compare=False)
    typed: bool = False
    scopes: frozenset[str] = frozenset()

    @property
    def slots(self) -> Mapping[Hashable, Any]:
        return {
            "zoo only": None if self.only is None else list(self.only),
            "zoo follow": list(self.follow),
            "zoo species": None if self.of_species is None else str(self.of_species),
            **{("zoo fact", key): key for key in self.facts},
        }


class AnimalKinds(Kinds):
    """Animals are of the species that their tenant declares."""

    holder = "facts"
    parameters = {"species": Parameter("The key of a species: of which animals are.")}

    def shapes(self, declared: Mapping[str, Species] | None) -> Shapes:
        found = (declared or {}).values()
        return Shapes.of(Kind(one.key, one.name, fields=shape_of(one)) for one in found)

    def read(self, ctx: Context) -> Mapping[str, Species]:
        return {one.key: one for one in ctx.all(Species.select().order_by(Species.key))}

    def concerns(self, params: Mapping[str, Any]) -> bool:
        if not params.keys().isdisjoint({"species", "include"}):
            return True
        told = (*params, str(params.get("fields", "")), str(params.get("sort", "")))
        return any("facts." in one for one in told)

    def listed(self, params: Mapping[str, Any], declared: Mapping[str, Species] | None) -> Looked:
        species, lens, rest = self._looked(params, declared)
        if species is None:
            return Looked(lens, rest)
        condition = ComputedCondition("species", is_of_species, str(species.id), "uuid")
        values = {f"facts.{one['key']}": value_of(one) for one in species.facts}
        found = {key: value for key, value in values.items() if value is not None}
        return Looked(lens, rest, [condition], found)

    def one(self, params: Mapping[str, Any], declared: Mapping[str, Species] | None) -> Looked:
        _, lens, rest = self._looked(params, declared)
        return Looked(lens, rest)

    written = one

    def is_of(self, ctx: Context, row: Animal, kind: str) -> bool:
        return bool(ctx.get(Species, row.species).key == kind)

    def _looked(
        self, params: Mapping[str, Any], declared: Mapping[str, Species] | None
    ) -> tuple[Species | None, AnimalLens, dict[str, Any]]:
        known, key = declared or {}, params.get("species")
        species = None if key is None else known.get(str(key))
        if key is not None and species is None:
            raise refused("species", f"There is no species {str(key)[:64]!r}.")
        rest = {name: one for name, one in params.items() if name not in ("species", "include")}
        among = [one for each in known.values() for one in each.facts] if species is None else (
            species.facts
        )  # fmt: skip
        lens = AnimalLens(
            shown(rest, among), followed(params, among), tuple(one["key"] for one in among),
            None if species is None else species.id, species is not None,
        )  # fmt: skip
        return species, lens, rest


def shown(rest: dict[str, Any], facts: list[Any]) -> tuple[str, ...] | None:
    """The keys of the facts that are wanted; ``fields`` asks for what is left of it then."""
    names = str(rest.get("fields", "")).split(",")
    wanted = [one.removeprefix("facts.") for one in names if one.startswith("facts.")]
    if not wanted:
        return None
    if missing := set(wanted) - {one["key"] for one in facts}:
        raise refused("fields", f"There is no fact {min(missing)[:64]!r}.")
    rest["fields"] = ",".join([*(one for one in names if not one.startswith("facts.")), "facts"])
    return tuple(wanted)


def followed(params: Mapping[str, Any], facts: list[Any]) -> tuple[str, ...]:
    paths = [one for one in str(params.get("include", "")).split(",") if one]
    known = {one["key"] for one in facts if one["type"] == "animal"}
    for one in paths:
        if one not in known:
            raise refused("include", f"{one[:64]!r} is no reference.")
    return tuple(paths)


def shape_of(species: Species) -> tuple[KindField, ...]:
    made = []
    for one in species.facts:
        value, of_any = value_of(one), None
        if one["type"] == "animal":
            of_any = tuple(one.get("of", ()))
        made.append(
            KindField(
                one["key"], json.dumps(FORMS[one["type"]][0]), kinds=of_any,
                operators=() if value is None else value.operators,
                sorts=value is not None and value.sorts,
            )
        )  # fmt: skip
    return tuple(made)


def value_of(fact: Mapping[str, Any]) -> DocumentValue | None:
    """How lists compare a fact."""
    how = FORMS[fact["type"]][1]
    if how is None:
        return None
    return DocumentValue(
        key=f"facts.{fact['key']}", how=how, place=partial(place_of, ("zoo fact", fact["key"]))
    )


def place_of(name: Hashable, row: Scope) -> Any:
    return Expression(row.column("facts"), "->", Cast(slot(name), "text"))


def is_of_species(row: Scope, species: Any) -> Any:
    return Expression(row.column("species_id"), "=", species)


def refused(parameter: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": parameter})


def shown_facts(row: Scope) -> Any:
    names = ("zoo only", "zoo follow")
    asked = (Cast(slot(one) if row.lens is not None else None, "text[]") for one in names)
    return Function("zoo.shown_facts", (row.column("facts"), *asked))


def species_key(row: Scope) -> Any:
    species: Any = Table("species", schema="zoo", alias="of_species")
    return Select([species], [species.c.key]).where(species.c.id == row.column("species_id"))


def visible(row: Scope) -> Any:
    """A get of one species shows no animal of another one."""
    if not isinstance(row.lens, AnimalLens) or not row.lens.typed:
        return SQL("true")
    return is_of_species(row, Cast(slot("zoo species"), "uuid"))


class AnimalSchema(ResourceSchema):
    """An animal."""

    name = Text(80, required=True)
    species = Computed(Text(63), species_key, reads=[Species], metadata={"nullable": False})
    facts = Computed(Document(), shown_facts, reads=[Animal], metadata={"nullable": False})


class AnimalBody(ObjectSchema):
    """An animal to be."""

    name = Text(80, required=True)
    species = Text(63, required=True)
    facts = Document()


class AnimalChanges(ObjectSchema):
    """What may be changed of an animal."""

    name = Text(80)
    facts = Document()


class AnimalCreated(Event):
    """An animal came."""

    name, resource = "animal.created", "zoo.animals"


class AnimalUpdated(Event):
    """An animal was changed."""

    name, resource = "animal.updated", "zoo.animals"


class AnimalResource(Resource):
    kinds = AnimalKinds()
    visible = staticmethod(visible)


animals = AnimalResource("animals", Animal, AnimalSchema, sorts=("name",), bulk=False)


@animals.create(body=AnimalBody, emits=[AnimalCreated], raises=[ValidationFailed])
def create_animal(ctx: Context, data: Values) -> Animal:
    """Create an animal of a species."""
    found = ctx.all(Species.select().where(Species.key == data.pop("species")))
    if not found:
        raise ValidationFailed([("species", "There is no such species.")])
    (species,) = found
    facts = checked(species, data.pop("facts", {}))
    row = ctx.insert(Animal(species=species.id, facts=facts, **data))
    ctx.emit(AnimalCreated(row))
    return row


@animals.update(body=AnimalChanges, emits=[AnimalUpdated], raises=[ValidationFailed])
def change_animal(ctx: Context, row: Animal, data: Values) -> Animal:
    """Change an animal; facts that are absent stay."""
    if "facts" in data:
        sent = checked(ctx.get(Species, row.species), data["facts"])
        data["facts"] = {**row.facts, **sent}
    ctx.update(row, **data)
    if ctx.writes:
        ctx.emit(AnimalUpdated(row))
    return row


def checked(species: Species, facts: Mapping[str, Any]) -> dict[str, Any]:
    """What is stored of facts: of a reference the form in which it is shown."""
    known = {one["key"]: one["type"] for one in species.facts}
    unknown = sorted(set(facts) - set(known))
    if unknown:
        raise ValidationFailed([(f"facts.{one}", "Unknown field.") for one in unknown])
    return {key: {"id": value} if known[key] == "animal" else value for key, value in facts.items()}


class OwnModule(Module):
    """A module whose migrations are beside this file."""

    def migrations(self) -> Any:
        return Path(__file__).parent / "migrations" / self.key


_HOOKS = {
    "sparx_models": lambda: [Species, Animal],
    "sparx_resources": lambda: [animals],
    "sparx_events": lambda: [AnimalCreated, AnimalUpdated],
}
zoo = OwnModule(
    key="zoo",
    title="Zoo",
    package="zoo",
    plugin=types.SimpleNamespace(**{name: hookimpl(hook) for name, hook in _HOOKS.items()}),
)
INSTALLED = [Installed(zoo, "sparx-zoo", "1.0.0")]
