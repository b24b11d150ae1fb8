"""What is asked to be replayed, and the rows of deliveries that come of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any
from uuid import UUID

from peewee import fn

from sparx_core.context import Context
from sparx_core.events.models import PENDING, RETRY, SKIPPED, Delivery
from sparx_core.events.patterns import wants
from sparx_core.jobs.models import Job
from sparx_core.registry import Registry
from sparx_core.resources import CORE
from sparx_core.webhooks.models import CANCELLED, ENABLED, WebhookDelivery, WebhookSubscription

#: Deliveries a second, unless somebody asks for more or fewer.
USUAL_RATE = 50
#: Events about webhooks themselves are not sent to webhooks again.
_OF_WEBHOOKS = "core.webhook_subscriptions"


#: Fields of a plan that are called otherwise on the wire.
_OPTIONS = {"begin": "from", "end": "to", "rate": "perSecond"}


@dataclass(frozen=True)
class Plan:
    """A replay: events of ``types`` from a time up to another one, to handlers and subscriptions.

    Times are texts in ISO 8601. A backfill has no end: it leaves out what a handler got by itself.
    """

    begin: str
    end: str | None
    types: tuple[str, ...]
    resource: str | None
    handlers: tuple[str, ...]
    subscriptions: tuple[str, ...]
    rate: int = USUAL_RATE
    backfill: bool = False
    #: Only to subscriptions, and only what neither has arrived nor is on its way.
    missing: bool = False

    def as_options(self) -> dict[str, Any]:
        """As the job shows it."""
        return {_OPTIONS.get(name, name): one for name, one in asdict(self).items()}

    @classmethod
    def of(cls, job: Job) -> Plan:
        options: Any = {name: job.options[_OPTIONS.get(name, name)] for name in _names(cls)}
        lists = {name: tuple(options[name]) for name in ("types", "handlers", "subscriptions")}
        return cls(**{**options, **lists})

    def within(self, registry: Registry, targets: Targets) -> Plan:
        """The same without types that nobody of the targets wants."""
        wanted = tuple(one for one in self.types if targets.number_of(registry, one))
        return replace(self, types=wanted)


def _names(plan: type[Plan]) -> list[str]:
    return [one.name for one in fields(plan)]


@dataclass(frozen=True)
class Targets:
    """Who gets what is replayed, by the names of handlers and the ids of subscriptions."""

    handlers: tuple[str, ...]
    #: With the patterns of each.
    subscriptions: tuple[tuple[UUID, tuple[str, ...]], ...]

    @classmethod
    def find(cls, ctx: Context, handlers: Iterable[str], subscriptions: Sequence[str]) -> Targets:
        """Those that are there now: of modules that are active, and enabled."""
        known = ctx.registry.handlers
        active = [name for name in handlers if name in known and known[name].module in ctx.modules]
        enabled = WebhookSubscription.select().where(
            WebhookSubscription.id.in_(list(subscriptions)), WebhookSubscription.state == ENABLED
        )
        rows = [(one.id, tuple(one.events)) for one in ctx.all(enabled)] if subscriptions else []
        rows.sort(key=lambda one: subscriptions.index(str(one[0])))
        return cls(tuple(active), tuple(rows))

    def handlers_of(self, registry: Registry, type_: str) -> list[str]:
        return [name for name in self.handlers if registry.handlers[name].hears(type_)]

    def subscriptions_of(self, registry: Registry, type_: str) -> list[UUID]:
        event = registry.events.get(type_)
        if event is None or not event.public or event.resource == _OF_WEBHOOKS:
            return []
        return [row_id for row_id, patterns in self.subscriptions if wants(patterns, type_)]

    def number_of(self, registry: Registry, type_: str) -> int:
        """How many get an event of this type."""
        return len(self.handlers_of(registry, type_)) + len(self.subscriptions_of(registry, type_))


def handlers_for(registry: Registry, modules: Iterable[str], types: Iterable[str]) -> list[str]:
    """The handlers that can be replayed to: those of modules. What the core does by itself for an
    event, such as to archive a module's rows, is no reaction that could be wanted again.
    """
    chosen, wanted = set(modules) - {CORE}, set(types)
    return [
        name
        for name, one in registry.handlers.items()
        if one.module in chosen and any(map(one.hears, wanted))
    ]


def drop_pending(ctx: Context, job: Job) -> None:
    """Take back what a replay has made and nobody has begun with."""
    over: Any = {"finished_at": fn.clock_timestamp(), "updated_at": fn.clock_timestamp()}
    ctx.run(
        Delivery.update(state=SKIPPED, last_error="cancelled", **over).where(
            Delivery.replay_id == job.id, Delivery.state.in_([PENDING, RETRY])
        )
    )
    ctx.run(
        WebhookDelivery.update(state=CANCELLED, last_error="cancelled", **over).where(
            WebhookDelivery.replay_id == job.id, WebhookDelivery.state == PENDING
        )
    )
