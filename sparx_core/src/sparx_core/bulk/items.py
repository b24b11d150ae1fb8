"""The entries of a batch: what each asks for, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any
from uuid import UUID

from sparx_core.bulk.keys import Key, keys_of
from sparx_core.bulk.schemas import CREATE, DELETE, UPDATE, UPSERT
from sparx_core.errors import ApiError, NotFound, ValidationFailed
from sparx_core.forms import Form
from sparx_core.ids import parse_uuid
from sparx_core.resources import Kind, Operation, Resource, Values


@dataclass
class Item:
    """An entry that can be carried out: ``id`` of the row it is about, or the ``value`` of ``key``
    that finds it. ``data`` is what the client sent, ``values`` the same validated.
    """

    index: int
    op: str
    id: UUID | None = None
    key: Key | None = None
    value: Any = None
    data: Any = None
    values: Values = field(default_factory=dict)
    version: int | None = None

    @property
    def found_by(self) -> tuple[str, Any] | None:
        """What tells the row of an upsert, and is the same for all upserts of that row."""
        return None if self.key is None else (self.key.name, str(self.value))


@dataclass(frozen=True)
class Outcome:
    """What became of an entry: the row that was written, or the error."""

    index: int
    status: int
    id: UUID | None = None
    text: str = ""
    error: ApiError | None = None


def refused(index: int, error: ApiError) -> Outcome:
    return Outcome(index, error.status, error=error)


class Reader:
    """Reads the entries of a batch for one resource. Every error is an ``ApiError``."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource
        self.operations = {
            verb: resource.operations[verb]
            for verb in (Kind.CREATE, Kind.UPDATE, Kind.DELETE)
            if verb in resource.operations
        }
        self.forms = {verb: Form.of(one) for verb, one in self.operations.items()}
        self.keys = keys_of(resource)

    @property
    def verbs(self) -> list[str]:
        """What an entry may ask for."""
        declared = [str(verb) for verb in self.operations]
        return [*declared, UPSERT] if self.keys else declared

    def operation(self, verb: str) -> Operation:
        return self.operations[Kind(verb)]

    def read(self, index: int, entry: Values) -> Item:
        """The entry as something to do, as far as can be told without the database."""
        op = str(entry["op"])
        if op not in self.verbs:
            raise ValidationFailed(
                [(("op",), f"{self.resource.key} allows {_listed(self.verbs)}.")]
            )
        _check_names(op, entry)
        item = Item(index, op, data=entry.get("data"), version=entry.get("version"))
        if op == UPSERT:
            key = self.keys.get(str(entry.get("by")))
            if key is None:
                raise ValidationFailed([(("by",), f"Must be {_listed(self.keys)}.")])
            return replace(item, key=key, value=within("data", lambda: key.value(item.data)))
        if op in (UPDATE, DELETE):
            row_id = parse_uuid(str(entry.get("id")))
            if row_id is None:
                raise NotFound
            item = replace(item, id=row_id)
        return item if op == DELETE else within("data", lambda: self.validated(item, op))

    def validated(self, item: Item, verb: str) -> Item:
        """With the values that the operation takes; of an upsert it is not known before."""
        values, version = self.forms[Kind(verb)].load(item.data)
        return replace(item, values=values, version=version or item.version)


def in_order(items: Sequence[Item]) -> Iterator[Item]:
    """As they came, but upserts that follow one another in the order of their keys: two clients
    that upsert the same rows at once then take them in the same order, and none waits for the
    other in a circle.
    """
    for upserts, run in groupby(items, lambda one: one.op == UPSERT):
        found = list(run)
        yield from sorted(found, key=lambda one: one.found_by or ()) if upserts else found


def within(name: str, ask: Any) -> Any:
    """What ``ask`` answers; problems are told as of the value called ``name``."""
    try:
        return ask()
    except ValidationFailed as error:
        raise moved(error, f"/{name}") from None


def moved(error: ApiError, prefix: str) -> ApiError:
    """The same error with its JSON pointers below ``prefix``."""
    if isinstance(error.details, list):
        error.details = [
            {**one, "pointer": prefix + one["pointer"]}
            if isinstance(one, dict) and "pointer" in one
            else one
            for one in error.details
        ]
    return error


_NEEDED = {CREATE: {"data"}, UPDATE: {"id", "data"}, UPSERT: {"by", "data"}, DELETE: {"id"}}


def _check_names(op: str, entry: Values) -> None:
    needed = _NEEDED[op]
    missing = [((name,), f"{op} needs it.") for name in sorted(needed - entry.keys())]
    optional = {"op"} if op == CREATE else {"op", "version"}
    extra = [
        ((name,), f"{op} does not take it.") for name in sorted(entry.keys() - needed - optional)
    ]
    if missing or extra:
        raise ValidationFailed([*missing, *extra])


def _listed(names: Any) -> str:
    return " or ".join(names) or "nothing"
