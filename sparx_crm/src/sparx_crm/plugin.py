"""What the CRM brings to an installation."""

from __future__ import annotations

import sys

from sparx_core import Event, Handler, Module, Operation, Resource, TenantModel, hookimpl
from sparx_crm.events import CustomerCreated, CustomerDeleted, CustomerUpdated, OrderCreated
from sparx_crm.handlers import update_customer_statistics
from sparx_crm.models.customers import Customer
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.operations.customers import customers
from sparx_crm.operations.orders import orders


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [Customer, Order, OrderItem]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    return [customers, orders]


@hookimpl
def sparx_events() -> list[type[Event]]:
    return [CustomerCreated, CustomerUpdated, CustomerDeleted, OrderCreated]


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return [update_customer_statistics]


module = Module(
    key="crm",
    title="CRM",
    package="sparx_crm",
    plugin=sys.modules[__name__],
    description="Customers and orders.",
)
