"""What the CRM brings to an installation."""

from __future__ import annotations

import sys

from sparx_core import Event, Handler, Module, Operation, Resource, TenantModel, hookimpl
from sparx_crm.events.accounts import AccountCreated, AccountDeleted, AccountUpdated
from sparx_crm.events.customers import CustomerCreated, CustomerDeleted, CustomerUpdated
from sparx_crm.events.orders import OrderCreated
from sparx_crm.handlers.statistics import update_customer_statistics
from sparx_crm.models.accounts import Account
from sparx_crm.models.customers import Customer
from sparx_crm.models.orders import Order, OrderItem
from sparx_crm.operations.accounts import accounts
from sparx_crm.operations.customers import customers
from sparx_crm.operations.orders import orders


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [Account, Customer, Order, OrderItem]


@hookimpl
def sparx_resources() -> list[Resource | Operation]:
    return [accounts, customers, orders]


@hookimpl
def sparx_events() -> list[type[Event]]:
    return [
        AccountCreated, AccountUpdated, AccountDeleted,
        CustomerCreated, CustomerUpdated, CustomerDeleted, OrderCreated]


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
