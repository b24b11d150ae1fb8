"""What the CRM brings to an installation: all that its folders declare."""

from __future__ import annotations

import sys
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import TypeVar

from sparx_core import (
    ApiError,
    Context,
    Event,
    Guard,
    Handler,
    Module,
    Operation,
    Periodic,
    Resource,
    Task,
    TenantModel,
    hookimpl,
)
from sparx_crm import errors, events, handlers, hookspecs, operations, segments
from sparx_crm.default_pipeline import default_pipeline
from sparx_crm.models.accounts import Account, AccountDomain, Membership
from sparx_crm.models.activities import Activity
from sparx_crm.models.customers import Consent, Customer, CustomerEmail, CustomerPhone
from sparx_crm.models.deals import Deal, DealItem, StageChange
from sparx_crm.models.fulfillments import Fulfillment, FulfillmentItem
from sparx_crm.models.leads import Lead
from sparx_crm.models.merges import Merge, MergeStep
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.models.payments import Payment, Refund, RefundItem
from sparx_crm.models.pipelines import LostReason, Pipeline, Stage
from sparx_crm.models.privacy import ErasedEmail, Erasure
from sparx_crm.models.quotes import Quote, QuoteItem
from sparx_crm.models.returns import OrderReturn, ReturnItem
from sparx_crm.models.segments import Segment, SegmentMember, SegmentRun
from sparx_crm.models.tasks import Task as TaskRow
from sparx_crm.segments.built_in import built_in_segments

KindT = TypeVar("KindT")


def _classes(base: type[KindT], package: ModuleType) -> list[type[KindT]]:
    """The classes that the files of a package define."""
    return [
        one
        for file in _files(package)
        for one in vars(file).values()
        if isinstance(one, type)
        and issubclass(one, base)
        and one.__module__ == file.__name__
        and not one.__name__.startswith("_")
    ]


def _values(kind: type[KindT], *packages: ModuleType) -> list[KindT]:
    """The values of a kind in the files of packages, each once."""
    found = {
        id(one): one
        for package in packages
        for file in _files(package)
        for one in vars(file).values()
        if isinstance(one, kind)
    }
    return list(found.values())


def _files(package: ModuleType) -> list[ModuleType]:
    names = sorted(one.name for one in iter_modules(package.__path__))
    return [import_module(f"{package.__name__}.{name}") for name in names]


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    # What is referred to comes before.
    return [
        Account, AccountDomain, Customer, CustomerEmail, CustomerPhone, Consent, Membership,
        Pipeline, Stage, LostReason, Deal, DealItem, StageChange, Lead, Quote, QuoteItem, Order,
        OrderItem, Payment, Refund, RefundItem, Fulfillment, FulfillmentItem, OrderReturn,
        ReturnItem, Merge, MergeStep, Erasure, ErasedEmail, Activity, TaskRow, Segment,
        SegmentMember, SegmentRun,
    ]  # fmt: skip


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    return [*_values(Resource, operations), *_values(Operation, operations)]


@hookimpl
def sparx_errors() -> list[type[ApiError]]:
    return _classes(ApiError, errors)


@hookimpl
def sparx_events() -> list[type[Event]]:
    return _classes(Event, events)


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return _values(Handler, handlers)


@hookimpl
def sparx_periodic() -> list[Periodic]:
    return _values(Periodic, handlers, segments)


@hookimpl
def sparx_guards() -> list[Guard]:
    return _values(Guard, handlers)


@hookimpl
def sparx_tasks() -> list[Task]:
    return _values(Task, handlers, operations, segments)


@hookimpl
def sparx_activate(ctx: Context) -> None:
    default_pipeline(ctx)
    built_in_segments(ctx)


module = Module(
    key="crm",
    title="CRM",
    package="sparx_crm",
    plugin=sys.modules[__name__],
    hookspecs=hookspecs,
    description="Customers, accounts, leads, deals, quotes, orders, activities and segments.",
)
