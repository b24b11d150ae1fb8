"""Who acts in a transaction, and in which tenant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sparx_core.db.models import TenantModel, owner_of
from sparx_core.errors import Forbidden

ALL_SCOPES = "*"
#: What an actor is said to see in the database who sees the records of every member.
EVERYBODY = "all"


@dataclass(frozen=True)
class Tenant:
    """The tenant that the transaction is in; ``currency`` is the one it reports in. One that is not
    ``live`` is a sandbox: what is done there reaches nobody's customers, goods or money.
    """

    id: UUID
    slug: str
    name: str
    currency: str
    live: bool = True


@dataclass(frozen=True)
class Actor:
    """Who acts: an API key (``kind`` "key"), an event handler ("handler") or, for the operator's
    commands, the "system".
    """

    kind: str
    id: UUID | None
    name: str
    scopes: frozenset[str]

    def allows(self, scope: str) -> bool:
        return scope in self.scopes or ALL_SCOPES in self.scopes

    def __str__(self) -> str:
        return f"{self.kind}:{self.id or self.name}"


@lru_cache(maxsize=1024)
def parse_modules(text: str) -> frozenset[str]:
    """The module keys in the form that the database signs: ``,core,crm,``."""
    return frozenset(text.strip(",").split(","))


@lru_cache(maxsize=1024)
def parse_sees(text: str | None) -> tuple[UUID, ...] | None:
    """The members in the form that the database signs, ``<id>,<id>``; None for all of them."""
    if text == EVERYBODY:
        return None
    return tuple(UUID(one) for one in (text or "").split(",") if one)


#: Before a field, ``crm.customers.notes``, that is hidden from whoever looks.
HIDDEN = "-"


@lru_cache(maxsize=1024)
def parse_hides(text: str | None) -> frozenset[str]:
    """The fields that are hidden from a key: ``crm.customers.notes,crm.deals.amount``."""
    return frozenset(one for one in (text or "").split(",") if one)


def looks_of(modules: frozenset[str], hides: frozenset[str]) -> frozenset[str]:
    """All that decides what resources look like to somebody: the active modules, and in one set
    with them the fields that are hidden.
    """
    return modules | {HIDDEN + one for one in hides} if hides else modules


def own(row: TenantModel, sees: tuple[UUID, ...] | None) -> None:
    """Give a new row to the first of the members whose records the actor sees, unless it has an
    owner. Nothing happens for an actor who sees the records of everybody.
    """
    name = owner_of(type(row))
    if sees is None or name is None:
        return
    if sees and row.__data__.get(name) is None:
        setattr(row, name, sees[0])
    check_owner(row, row.__data__, sees)


def check_owner(row: TenantModel, values: Mapping[str, Any], sees: tuple[UUID, ...] | None) -> None:
    """``Forbidden`` if the actor would not see the row any more with these values."""
    name = owner_of(type(row))
    if sees is None or name is None or name not in values or values[name] in sees:
        return
    raise Forbidden("This key gives records only to members whose records it sees.")
