"""What a process has of the installation: settings, modules, database, doorbell."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from peewee import SQL

from sparx_core.auth.keys import PresentedKey
from sparx_core.auth.usage import KeyUsage
from sparx_core.context import Actor, Context, Tenant, parse_modules
from sparx_core.db.connection import Database
from sparx_core.db.guard import refuse_unsafe_role
from sparx_core.db.statements import Statement, StatementCache
from sparx_core.db.urls import DatabaseUrls, resolve_urls
from sparx_core.errors import Unauthorized
from sparx_core.events.doorbell import Doorbell, build_huey
from sparx_core.registry import Registry
from sparx_core.settings import Settings
from sparx_core.transaction import Transaction

_AUTHENTICATE = (
    "SELECT tenant_id, slug, tenant_name, currency, api_key, key_name, scopes, modules"
    " FROM core.authenticate(%s, %s, NULL, NULL)"
)
_ADMIT = "SELECT FROM core.authenticate(%s, %s, %s, %s)"
#: Beside what a read asks for: as whom it was read, empty if the key was not admitted.
_READER = (
    "concat_ws('|', current_setting('sparx.slug'), current_setting('sparx.tenant_id', true),"
    " current_setting('sparx.actor', true), current_setting('sparx.modules', true))"
)

#: Keys whose tenant's modules are remembered; forgetting costs each a second message, once.
MAX_REMEMBERED = 100_000


def reader_column() -> SQL:
    """The last column of a statement for :meth:`Runtime.read`."""
    return SQL(_READER)


@dataclass(frozen=True)
class Reader:
    """Who read: the tenant's slug, the actor as in logs and events, and the active modules."""

    tenant: str
    actor: str
    modules: frozenset[str]


@dataclass
class Runtime:
    """One process's share of an installation."""

    settings: Settings
    urls: DatabaseUrls
    registry: Registry
    database: Database
    doorbell: Doorbell
    statements: StatementCache = field(default_factory=StatementCache)
    key_usage: KeyUsage = field(init=False)
    _extending: dict[str, frozenset[str]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.key_usage = KeyUsage(self.database)

    @classmethod
    def start(
        cls, settings: Settings, registry: Registry | None = None, *, prepare: bool = True
    ) -> Runtime:
        """Load the modules and check the database login; refuses one that could bypass RLS.

        A worker does not ``prepare`` statements: handlers send SQL of their own, after which a
        session's statements are not to be trusted.
        """
        urls = resolve_urls(settings)
        database = Database(urls.app, prepare=prepare)
        refuse_unsafe_role(database)
        return cls(
            settings,
            urls,
            registry or Registry.discover(),
            database,
            Doorbell(build_huey(settings.redis_url, urls.app)),
        )

    def close(self) -> None:
        """Ring for what committed, note the use of keys, close this thread's connection."""
        self.doorbell.close()
        self.key_usage.flush()
        self.database.close()

    def read(
        self,
        key: PresentedKey,
        modules: Sequence[str],
        scopes: Sequence[str],
        statement: Statement,
        slots: Mapping[Hashable, Any],
        *,
        prepare: bool = True,
    ) -> tuple[Reader, tuple[Any, ...]] | None:
        """The first row of a statement, read as ``key`` in one round trip; None if there is none.

        The statement's last column is :func:`reader_column`. A key that is not admitted, by its
        tenant, ``modules`` or ``scopes``, sees no row: to tell why, enter with :meth:`as_key`.
        """
        admit = (key.key_id, key.secret_hash, list(modules), list(scopes))
        parameters = (*admit, *statement.values(slots))
        found = self.database.read(_ADMIT, statement.sql, parameters, prepare=prepare)
        if found is None:
            return None
        slug, tenant_id, actor, active = (found[-1] + "|||").split("|")[:4]
        if not slug:
            return None
        now_active = parse_modules(active)
        self._note_modules(key, now_active)
        self.key_usage.note(UUID(tenant_id), UUID(actor.removeprefix("key:")))
        return Reader(slug, actor, now_active), found[:-1]

    @contextmanager
    def as_key(
        self,
        key: PresentedKey | None,
        *,
        read_only: bool = False,
        request_id: str | None = None,
    ) -> Iterator[Context]:
        """A transaction in the key's tenant; commits at the end and rings for its events.

        Raises ``Unauthorized`` for a key that is missing, unknown, revoked or expired.
        """
        if key is None:
            raise Unauthorized
        parameters = (key.key_id, key.secret_hash)
        with self.database.transaction(_AUTHENTICATE, parameters, read_only=read_only) as row:
            if row is None:
                raise Unauthorized
            tenant_id, slug, name, currency, key_row, key_name, scopes, modules = row
            tenant = Tenant(tenant_id, slug, name, currency)
            context = Context(
                Transaction(self.database, self.statements),
                self.registry,
                tenant,
                Actor("key", key_row, key_name, _parse_scopes(scopes)),
                parse_modules(modules),
                request_id=request_id,
            )
            self._note_modules(key, context.modules)
            yield context
        self.key_usage.note(tenant_id, key_row)
        self.ring(tenant.id, context.transaction.deliveries)

    def extending(self, key: PresentedKey) -> frozenset[str]:
        """Which of the modules that extend others' resources the key's tenant had active last."""
        return self._extending.get(key.key_id, frozenset())

    def _note_modules(self, key: PresentedKey, modules: frozenset[str]) -> None:
        extending = modules & self.registry.extending
        if extending == self.extending(key):
            return
        if len(self._extending) >= MAX_REMEMBERED:
            self._extending.clear()
        self._extending[key.key_id] = extending

    def ring(self, tenant: UUID, deliveries: Iterable[UUID]) -> None:
        """Ring for deliveries of a tenant that are committed now."""
        pointers = [(tenant, delivery) for delivery in deliveries]
        if pointers:
            self.doorbell.ring(pointers)


@lru_cache(maxsize=1024)
def _parse_scopes(text: str) -> frozenset[str]:
    return frozenset(text.split(","))
