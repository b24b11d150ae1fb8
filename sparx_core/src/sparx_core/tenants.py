"""Tenants as the operator of an installation sees them: made and listed, never through the API."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from peewee import IntegrityError, PostgresqlDatabase

from sparx_core.activation.operations import activate_module
from sparx_core.auth.keys import NewKey, PresentedKey, new_key
from sparx_core.context import ALL_SCOPES, Actor, Context
from sparx_core.ids import uuid7
from sparx_core.money import is_currency
from sparx_core.resources import CORE
from sparx_core.runtime import Runtime

_SLUG = re.compile(r"[a-z][a-z0-9-]{0,61}[a-z0-9]")
#: How long the key of an operator's command could outlive a command that was killed.
_OPERATOR_KEY_LIFE = timedelta(minutes=5)
_OPERATOR = "operator command"
_SYSTEM = Actor("system", None, "operator", frozenset([ALL_SCOPES]))


class TenantError(Exception):
    """A tenant could not be made or found; the message is for the operator."""


class TenantExists(TenantError):
    """The slug is taken."""


class TenantUnknown(TenantError):
    """No tenant has this slug."""


class InvalidSlug(TenantError):
    """The slug cannot be part of a host name."""


class UnknownModule(TenantError):
    """The module is not installed."""


@dataclass(frozen=True)
class NewTenant:
    """A tenant just made; ``api_key`` is shown once."""

    tenant_id: UUID
    slug: str
    api_key: str


@dataclass(frozen=True)
class TenantRow:
    """A tenant in a list."""

    tenant_id: UUID
    slug: str
    name: str
    currency: str
    modules: list[str]
    created_at: datetime


def create_tenant(
    runtime: Runtime,
    slug: str,
    *,
    name: str | None = None,
    modules: Sequence[str] = (),
    currency: str = "USD",
) -> NewTenant:
    """Make a tenant with a key for all scopes, and activate modules with what they require."""
    if not _SLUG.fullmatch(slug):
        raise InvalidSlug(
            f"{slug!r} cannot be a host name: use 2 to 63 of a-z, 0-9 and -, a letter first"
        )
    for key in modules:
        if key == CORE or key not in runtime.registry.modules:
            raise UnknownModule(f"the module {key!r} is not installed; see: sparx module list")
    if not is_currency(currency):
        raise TenantError(f"{currency!r} is not an ISO 4217 currency code")
    tenant_id, key_row = uuid7(), new_key()
    with runtime.as_owner() as database, database.atomic():
        try:
            database.execute_sql(
                "INSERT INTO core.tenants (id, slug, name, currency) VALUES (%s, %s, %s, %s)",
                (str(tenant_id), slug, name or slug, currency),
            )
        except IntegrityError:
            raise TenantExists(f"there is a tenant {slug!r} already") from None
        _store_key(database, tenant_id, key_row, "first key", None)
    try:
        _activate(runtime, slug, modules)
    except BaseException:
        # Half a tenant, whose key nobody was told, would only block its name.
        with runtime.as_owner() as database, database.atomic():
            database.execute_sql("SELECT set_config('sparx.forget_audit', 'on', true)")
            for table, column in (
                ("core.api_keys", "tenant_id"),
                ("core.row_counts", "tenant_id"),
                ("core.audit_entries", "tenant_id"),
                ("core.tenants", "id"),
            ):
                database.execute_sql(f"DELETE FROM {table} WHERE {column} = %s", (str(tenant_id),))
        raise
    return NewTenant(tenant_id, slug, key_row.text)


def _activate(runtime: Runtime, slug: str, modules: Sequence[str]) -> None:
    if not modules:
        return
    assert activate_module.function is not None
    with as_operator(runtime, slug, operation=activate_module.name) as context:
        for module in modules:
            activate_module.function(context, key=module)


def list_tenants(runtime: Runtime) -> list[TenantRow]:
    """All tenants, oldest first."""
    with runtime.as_owner() as database:
        rows = database.execute_sql(
            "SELECT t.id, t.slug, t.name, t.currency, core.active_modules(t.id), t.created_at"
            " FROM core.tenants t ORDER BY t.id"
        ).fetchall()
    return [
        TenantRow(
            tenant_id,
            slug,
            name,
            currency,
            [key for key in modules.strip(",").split(",") if key != CORE],
            created_at,
        )
        for tenant_id, slug, name, currency, modules, created_at in rows
    ]


def modules_in_use(runtime: Runtime) -> dict[str, int]:
    """How many tenants use each module, or have rows of it; installed here or not."""
    with runtime.as_owner() as database:
        return dict(
            database.execute_sql(
                "SELECT module, count(*) FROM core.activations"
                " WHERE state <> 'inactive' OR archived_rows > 0 GROUP BY module ORDER BY module"
            ).fetchall()
        )


@contextmanager
def as_operator(runtime: Runtime, slug: str, *, operation: str = "") -> Iterator[Context]:
    """A transaction in a tenant, entered with a key that is made for it and deleted after.

    The operator comes in by the door that everybody uses: the walls stand for commands too. What
    is done there is done by the system, and through ``operation``.
    """
    made = new_key()
    with runtime.as_owner() as database:
        found = database.execute_sql(
            "SELECT id FROM core.tenants WHERE slug = %s", (slug,)
        ).fetchone()
        if found is None:
            raise TenantUnknown(f"there is no tenant {slug!r}; see: sparx tenant list")
        expires_at = datetime.now(UTC) + _OPERATOR_KEY_LIFE
        with database.atomic():
            _store_key(database, found[0], made, _OPERATOR, expires_at, actor=str(_SYSTEM))
        try:
            presented = PresentedKey(made.key_id, made.secret_hash)
            with runtime.as_key(presented, operation=operation) as context:
                context.actor = _SYSTEM
                yield context
                context.finish()
        finally:
            database.execute_sql(
                "DELETE FROM core.api_keys WHERE tenant_id = %s AND key_id = %s",
                (str(found[0]), made.key_id),
            )


def _store_key(
    database: PostgresqlDatabase,
    tenant_id: UUID,
    key: NewKey,
    name: str,
    expires_at: datetime | None,
    *,
    actor: str | None = None,
) -> None:
    row_id = uuid7()
    database.execute_sql(
        "INSERT INTO core.api_keys (tenant_id, id, name, key_id, last4, scopes, expires_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (str(tenant_id), str(row_id), name, key.key_id, key.text[-4:], [ALL_SCOPES], expires_at),
    )
    database.execute_sql(
        "INSERT INTO core.credentials (key_id, tenant_id, api_key_id, digest, actor)"
        " VALUES (%s, %s, %s, core.key_digest(%s), %s)",
        (key.key_id, str(tenant_id), str(row_id), key.secret_hash, actor),
    )
