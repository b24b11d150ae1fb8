"""Customers: created, changed, deleted."""

from __future__ import annotations

from sparx_core import Context, Resource, Values
from sparx_crm.events.customers import CustomerCreated, CustomerDeleted, CustomerUpdated
from sparx_crm.models.customers import Customer
from sparx_crm.schemas.customers import CustomerSchema

customers = Resource(
    "customers",
    Customer,
    CustomerSchema,
    search=("name", "email", "phone", "company", "tags"),
    filters=("email", "name", "type", "tags", "createdAt"),
    sorts=("createdAt", "name"),
)
customers.derive(updated=CustomerUpdated, deleted=CustomerDeleted)


@customers.create(emits=[CustomerCreated])
def create_customer(ctx: Context, data: Values) -> Customer:
    """Create a customer. ``conflict`` if another one has the same e-mail, whatever its case."""
    customer = ctx.insert(Customer(**data, currency=ctx.tenant.currency))
    ctx.emit(CustomerCreated(customer))
    return customer
