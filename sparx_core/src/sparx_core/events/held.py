"""A delivery that this process has claimed, and the transaction in which it becomes its tenant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from sparx_core.context import Actor, Context, Tenant, parse_modules
from sparx_core.db.connection import Database
from sparx_core.events.models import MAX_DEPTH
from sparx_core.events.types import Occurrence
from sparx_core.events.work import LeaseLost, Work
from sparx_core.json import decode
from sparx_core.runtime import Runtime
from sparx_core.storage.files import Files
from sparx_core.transaction import Transaction

_CLAIM = (
    "SELECT token, handler, module, attempt, core.delivery_pass(%s, %s, token), event_type,"
    " quarantined FROM core.claim_delivery(%s, %s, %s, %s)"
)
#: What triggers are told of a handler: ``sparx.operation`` and ``sparx.request_id``.
_NOTED = (
    "set_config('sparx.operation', %s, true),"
    " set_config('sparx.request_id', coalesce(request_id, ''), true)"
)
_ENTER = (
    "SELECT slug, tenant_name, currency, modules, event_id, event_type, event_version,"
    " aggregate_id, data, occurred_at, request_id, depth, replay, webhooks,"
    f" actor, actor_name, livemode, {_NOTED}"
    " FROM core.enter_delivery(%s, %s, %s, %s)"
)


class TooDeep(Exception):
    """Handlers emit events that their like answer with events: a loop."""


@dataclass(frozen=True)
class Held:
    """``shown_pass`` proves that a worker claimed it; ``quarantined``: it has to run alone."""

    tenant: UUID
    delivery: UUID
    token: UUID
    handler: str
    module: str
    attempt: int
    shown_pass: str
    event_type: str
    quarantined: bool

    @property
    def key(self) -> tuple[str, str, str]:
        """As the functions of the database name it."""
        return str(self.delivery), str(self.tenant), str(self.token)


def claim(
    dispatch: Database, tenant: UUID, delivery: UUID, lease: float, *, alone: bool
) -> Held | None:
    """Claim a delivery, if it is to be had; one in quarantine only with a place to run it alone."""
    ids = (str(delivery), str(tenant))
    claimed = dispatch.call(_CLAIM, (*ids, *ids, lease, alone))
    if not claimed:
        return None
    token, handler, module, attempt, shown_pass, event_type, quarantined = claimed[0]
    return Held(
        tenant, delivery, token, handler, module, attempt, shown_pass, event_type, quarantined
    )


@contextmanager
def entered(
    runtime: Runtime, dispatch: Database, held: Held
) -> Iterator[tuple[Context, Occurrence]]:
    """The transaction of the delivery's tenant; ``LeaseLost`` if somebody else holds it by now."""
    parameters = (held.handler, *held.key, held.shown_pass)
    with runtime.database.transaction(_ENTER, parameters) as row:
        if row is None:
            raise LeaseLost
        slug, name, currency, modules, event, kind, version, aggregate, data, at = row[:10]
        request, depth, replay, webhooks, actor, actor_name, live = row[10:17]
        context = Context(
            Transaction(runtime.database, runtime.statements),
            runtime.registry,
            Tenant(held.tenant, slug, name, currency, live),
            Actor("handler", None, held.handler, frozenset("*")),
            parse_modules(modules),
            request_id=request,
            depth=depth + 1,
        )
        context.work = Work(dispatch, held.delivery, held.tenant, held.token)
        context.client, context.subscribed = runtime.outbound, webhooks
        context.files = Files(held.tenant, runtime.store)
        told = decode(data.encode())
        yield (
            context,
            Occurrence(
                *(event, kind, version, aggregate, told, at, held.delivery, replay),
                actor=actor,
                actor_name=actor_name,
            ),
        )


def refuse_loops(context: Context) -> None:
    if context.depth > MAX_DEPTH:
        raise TooDeep(f"events caused one another {MAX_DEPTH} deep")
