"""What a process has of the installation: settings, modules, database, doorbell."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from peewee import SQL, PostgresqlDatabase

from sparx_core.actors import (
    EVERYBODY,
    Actor,
    Tenant,
    looks_of,
    parse_hides,
    parse_modules,
    parse_sees,
)
from sparx_core.auth.keys import PresentedKey
from sparx_core.auth.usage import KeyUsage
from sparx_core.context import Context
from sparx_core.db.connection import Database
from sparx_core.db.guard import refuse_unsafe_role
from sparx_core.db.statements import Statement, StatementCache
from sparx_core.db.urls import DatabaseUrls, resolve_urls
from sparx_core.deprecation.calls import DeprecatedCalls
from sparx_core.encryption import Keyring, load_keyring
from sparx_core.errors import NotFound, Unauthorized
from sparx_core.events.doorbell import Doorbell, build_huey
from sparx_core.idempotency.claim import STORE, Claim, StoredAnswer
from sparx_core.limits.callers import Callers
from sparx_core.read.own import Own
from sparx_core.registry import Registry
from sparx_core.settings import Settings
from sparx_core.storage.files import Files
from sparx_core.transaction import Transaction

if TYPE_CHECKING:
    from sparx_core.operations import Operation
    from sparx_core.outbound import Outbound
    from sparx_core.storage.store import Store

#: What triggers are told of a request: ``sparx.operation`` and ``sparx.request_id``.
_NOTED = "set_config('sparx.operation', %s, true), set_config('sparx.request_id', %s, true)"
_ENTERED = (
    "SELECT a.tenant_id, slug, tenant_name, currency, api_key, key_name, scopes, modules,"
    f" webhooks, a.sees, a.declarations, current_setting('sparx.hides', true), a.livemode, {_NOTED}"
)
_AUTHENTICATE = f"{_ENTERED} FROM core.authenticate(%s, %s, NULL, NULL) a"
# The claim depends on the tenant that was entered, so it is made after that.
_AUTHENTICATE_AND_CLAIM = (
    f"{_ENTERED}, c.state, c.status, c.headers, c.body, c.sealed"
    " FROM core.authenticate(%s, %s, NULL, NULL) a"
    " CROSS JOIN LATERAL core.claim_key(a.tenant_id, %s, %s) c"
)
_AUTHENTICATE_LINK = (
    "SELECT a.tenant_id, slug, tenant_name, currency, link_id, row_id, modules, webhooks,"
    f" a.livemode, {_NOTED} FROM core.authenticate_link(%s, %s, %s) a"
)
_ADMIT = "SELECT FROM core.authenticate(%s, %s, %s, %s)"
#: Beside what a read asks for: as whom it was read, empty if the key was not admitted.
_READER = (
    "concat_ws('|', current_setting('sparx.slug'), current_setting('sparx.tenant_id', true),"
    " current_setting('sparx.actor', true), current_setting('sparx.modules', true),"
    " current_setting('sparx.sees', true), coalesce(current_setting('sparx.hides', true), ''))"
)

#: What a request may take of its transaction: so that it is over, or rolled back, before the
#: server tells the client after 30 seconds that it failed.
TRANSACTION_SECONDS = 25.0

#: Keys whose tenant's modules are remembered; forgetting costs each a second message, once.
MAX_REMEMBERED = 100_000
#: Keys for which it is remembered what their tenants declare.
MAX_OWN = 10_000


def reader_column() -> SQL:
    """The last column of a statement for :meth:`Runtime.read`."""
    return SQL(_READER)


@dataclass(frozen=True)
class Reader:
    """Who read: the tenant's slug, the actor as in logs and events, and what resources look like
    to it (:func:`looks_of`); and whether it is somebody who does not see the records of everybody.
    """

    tenant: str
    actor: str
    looks: frozenset[str]
    confined: bool = False


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
    deprecated_calls: DeprecatedCalls = field(init=False)
    callers: Callers = field(default_factory=Callers, init=False)
    _looks: dict[str, frozenset[str]] = field(default_factory=dict, init=False)
    _known_looks: dict[str, frozenset[str]] = field(default_factory=dict, init=False)
    _own: dict[str, Own] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.key_usage = KeyUsage(self.database)
        self.deprecated_calls = DeprecatedCalls(self.database)

    @classmethod
    def start(
        cls, settings: Settings, registry: Registry | None = None, *, prepare: bool = True
    ) -> Runtime:
        """Load the modules and check the database login; refuses one that could bypass RLS.

        A worker does not ``prepare`` statements: handlers send SQL of their own, after which a
        session's statements are not to be trusted.
        """
        urls = resolve_urls(settings)
        # Handlers and the archives of modules may take longer than a client waits.
        seconds = TRANSACTION_SECONDS if prepare else None
        database = Database(urls.app, prepare=prepare, seconds=seconds)
        refuse_unsafe_role(database)
        return cls(
            settings,
            urls,
            registry or Registry.discover(),
            database,
            Doorbell(build_huey(settings.redis_url, urls.app)),
        )

    @cached_property
    def outbound(self) -> Outbound:
        """The one client for servers that tenants name."""
        from sparx_core.outbound import Outbound

        return Outbound(self.settings.webhook_allow_private, self.settings.outbound_deny or ())

    @cached_property
    def store(self) -> Store:
        """Where the installation keeps files."""
        from sparx_core.storage.places import store_of

        return store_of(self.settings)

    @cached_property
    def keyring(self) -> Keyring:
        """What seals secrets; ``EncryptionError`` on a machine that has no keys."""
        return load_keyring(self.settings)

    def _load_keyring(self) -> Keyring:
        return self.keyring

    def close(self) -> None:
        """Ring for what committed, note the use of keys, close this thread's connection."""
        self.doorbell.close()
        self.key_usage.flush()
        self.deprecated_calls.flush()
        self.database.close()

    def as_owner(self) -> AbstractContextManager[PostgresqlDatabase]:
        """A connection of the owner, whom operators' commands need; nothing that serves has one."""
        from sparx_core.db.migrate import owner_connection

        return owner_connection(self.urls.owner)

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
        slug, tenant_id, actor, active, sees, hides = (found[-1] + "|||||").split("|")[:6]
        if not slug:
            return None
        looks = looks_of(parse_modules(active), parse_hides(hides))
        self._note_looks(key, looks)
        self.callers.note(key, slug)
        self.key_usage.note(UUID(tenant_id), UUID(actor.removeprefix("key:")))
        return Reader(slug, actor, looks, sees != EVERYBODY), found[:-1]

    @contextmanager
    def as_key(
        self,
        key: PresentedKey | None,
        *,
        read_only: bool = False,
        request_id: str | None = None,
        operation: str = "",
        claim: Claim | None = None,
    ) -> Iterator[Context]:
        """A transaction in the key's tenant; commits at the end and rings for its events.

        Raises ``Unauthorized`` for a key that is missing, unknown, revoked or expired. What became
        of ``claim`` is in the context; :meth:`remember` stores the answer that belongs to it.
        """
        if key is None:
            raise Unauthorized
        entry = _AUTHENTICATE if claim is None else _AUTHENTICATE_AND_CLAIM
        parameters: list[Any] = [operation, request_id or "", key.key_id, key.secret_hash]
        if claim is not None:
            parameters += [str(claim.id), claim.fingerprint]
        with self.database.transaction(entry, parameters, read_only=read_only) as row:
            if row is None:
                raise Unauthorized
            tenant_id, slug, name, currency, key_row, key_name, scopes, modules = row[:8]
            webhooks, sees, declarations, hides, live = row[8:13]
            tenant = Tenant(tenant_id, slug, name, currency, live)
            context = Context(
                Transaction(self.database, self.statements),
                self.registry,
                tenant,
                Actor("key", key_row, key_name, _parse_scopes(scopes)),
                parse_modules(modules),
                request_id=request_id,
            )
            context.key, context.claimed, context.subscribed = key_row, row[15:], webhooks
            context.sees, context.hides = parse_sees(sees), parse_hides(hides)
            context.declarations = declarations
            context.client, context.load_keyring = self.outbound, self._load_keyring
            context.files = Files(tenant.id, self.store)
            self._note_looks(key, looks_of(context.modules, context.hides))
            self._note_declarations(key, declarations)
            self.callers.note(key, slug)
            yield context
        self.key_usage.note(tenant_id, key_row)
        told = context.transaction
        self.ring(tenant.id, told.deliveries, webhooks=told.webhooks)

    @contextmanager
    def as_link(
        self, secret_hash: bytes, operation: Operation, *, request_id: str | None = None
    ) -> Iterator[tuple[Context, UUID]]:
        """A transaction in the tenant of a link, and the id of the row that the link stands for;
        commits at the end and rings for its events.

        Raises ``NotFound``, always the same, where the link does not open ``operation``.
        """
        assert operation.resource is not None
        ability = operation.name.rpartition(".")[2]
        wanted = (secret_hash, operation.resource.key, ability)
        noted = (operation.name, request_id or "")
        with self.database.transaction(_AUTHENTICATE_LINK, [*noted, *wanted]) as row:
            if row is None:
                raise NotFound
            tenant_id, slug, name, currency, link_id, row_id, modules, webhooks, live = row[:9]
            context = Context(
                Transaction(self.database, self.statements),
                self.registry,
                Tenant(tenant_id, slug, name, currency, live),
                Actor("link", link_id, "link", frozenset()),
                parse_modules(modules),
                request_id=request_id,
            )
            context.subscribed = webhooks
            context.files = Files(tenant_id, self.store)
            yield context, row_id
        told = context.transaction
        self.ring(tenant_id, told.deliveries, webhooks=told.webhooks)

    def remember(self, claim: Claim, answer: StoredAnswer, *, sealed: bool = False) -> None:
        """Store the answer of a claimed request with the commit of the open transaction."""
        self.database.before_commit(STORE, claim.answered(answer, sealed=sealed))

    def looks(self, key: PresentedKey) -> frozenset[str]:
        """What resources looked like to the key the last time."""
        return self._looks.get(key.key_id, frozenset())

    def known_looks(self, key: PresentedKey) -> frozenset[str] | None:
        """All that decided what the API looked like to the key the last time, every active module
        included; None for a key that was not admitted yet.
        """
        return self._known_looks.get(key.key_id)

    def _note_looks(self, key: PresentedKey, looks: frozenset[str]) -> None:
        if self._known_looks.get(key.key_id) != looks:
            if len(self._known_looks) >= MAX_REMEMBERED:
                self._known_looks.clear()
            self._known_looks[key.key_id] = looks
        matter = self.registry.that_matter(looks)
        if matter == self.looks(key):
            return
        if len(self._looks) >= MAX_REMEMBERED:
            self._looks.clear()
        self._looks[key.key_id] = matter

    def own(self, key: PresentedKey) -> Own:
        """What the key's tenant declares, as it was the last time: a read looks whether it still
        is. Read from the database, in a message of its own, if that is not known.
        """
        found = self._own.get(key.key_id)
        if found is None:
            with self.as_key(key, read_only=True) as context:
                found = Own.of(context)
            if len(self._own) >= MAX_OWN:
                self._own.clear()
            self._own[key.key_id] = found
        return found

    def known_own(self, key: PresentedKey) -> Own | None:
        """What is remembered of what the key's tenant declares."""
        return self._own.get(key.key_id)

    def forget_own(self, key: PresentedKey) -> None:
        """Have what a key's tenant declares read again."""
        self._own.pop(key.key_id, None)

    def _note_declarations(self, key: PresentedKey, version: int) -> None:
        found = self._own.get(key.key_id)
        if found is not None and found.declared.version != version:
            self.forget_own(key)

    def ring(self, tenant: UUID, deliveries: Iterable[UUID], *, webhooks: bool = False) -> None:
        """Ring for deliveries of a tenant that are committed now, and for ``webhooks``."""
        pointers = [(tenant, delivery) for delivery in deliveries]
        if pointers:
            self.doorbell.ring(pointers)
        if webhooks:
            self.doorbell.ring_webhooks()


@lru_cache(maxsize=1024)
def _parse_scopes(text: str) -> frozenset[str]:
    return frozenset(text.split(","))
