"""Customers: created, changed, deleted, restored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sparx_core import (
    Conflict,
    Context,
    Duplicate,
    Resource,
    TenantModel,
    Through,
    ValidationFailed,
    Values,
)
from sparx_crm.events.customers import (
    CustomerCreated,
    CustomerDeleted,
    CustomerRestored,
    CustomerUpdated,
)
from sparx_crm.models.customers import Customer, CustomerEmail, CustomerPhone
from sparx_crm.models.segments import SegmentMember
from sparx_crm.operations.children import replace_children
from sparx_crm.operations.finding import owners_of_emails, owners_of_phones
from sparx_crm.schemas.customers import CustomerSchema, NewCustomerSchema, joined

customers = Resource(
    "customers",
    Customer,
    CustomerSchema,
    search=("name", "email", "phone", "company", "tags"),
    filters=(
        "email", "name", "type", "tags", "createdAt", "lifecycleStage", "ownerId", "phone",
        "firstName", "lastName", "lastOrderAt", "updatedAt", "totalSpent", "orderCount",
        "accountId",
        Through("segmentId", SegmentMember, by="customer", of="segment"),
    ),
    sorts=("createdAt", "name", "updatedAt", "lastOrderAt", "totalSpent", "orderCount"),
    custom_fields=True,
)  # fmt: skip
customers.derive(deleted=CustomerDeleted)

#: The rows of a customer that are written with it: field, model, the value that must be one only.
CHILDREN: tuple[tuple[str, type[TenantModel], str], ...] = (
    ("other_emails", CustomerEmail, "email"),
    ("other_phones", CustomerPhone, "phone"),
)


@customers.create(body=NewCustomerSchema, emits=[CustomerCreated], raises=[Duplicate])
def create_customer(ctx: Context, data: Values) -> Customer:
    """Create a customer. ``duplicate`` if another one has the same e-mail, whatever its case.

    The same unless `allowDuplicate` is true, if another one has its e-mail among its further ones,
    one of its further e-mails, or one of its phone numbers; `details` name them. A batch or an
    import looks only for the same e-mail.
    """
    allowed = data.pop("allow_duplicate", False)
    children = {name: data.pop(name) for name, _, _ in CHILDREN if name in data}
    customer = Customer(**data, currency=ctx.tenant.currency)
    _check_repeated(data, children)
    if not ctx.in_bulk:
        _check_likely(ctx, customer, children, allowed=allowed)
    ctx.insert(customer)
    for name, model, _ in CHILDREN:
        ctx.insert_all(
            model(customer=customer.id, position=place, **one)
            for place, one in enumerate(children.get(name, ()))
        )
    ctx.emit(CustomerCreated(customer))
    return customer


@customers.update(emits=[CustomerUpdated], raises=[Duplicate])
def update_customer(ctx: Context, customer: Customer, data: Values) -> Customer:
    """Change a customer; absent fields stay, and lists that are sent replace those that were there.

    A `name` that is nothing but the first and the last name follows them.
    """
    children = {name: data.pop(name) for name, _, _ in CHILDREN if name in data}
    followed = joined(customer.first_name, customer.last_name)
    if "name" not in data and followed == customer.name:
        first = data.get("first_name", customer.first_name)
        last = data.get("last_name", customer.last_name)
        data["name"] = joined(first, last) or customer.name
    _check_repeated({**customer.__data__, **data}, children)
    changes = any(getattr(customer, name) != value for name, value in data.items())
    for name, model, _ in CHILDREN:
        if name in children:
            changed = replace_children(ctx, customer, model, "customer", children[name])
            changes = changed or changes
    if changes:
        # Also if only its lists changed: then its version goes up, too.
        ctx.update(customer, **data, updated_at=datetime.now(UTC))
        ctx.emit(CustomerUpdated(customer))
    return customer


@customers.restore(emits=[CustomerRestored], raises=[Conflict, Duplicate])
def restore_customer(ctx: Context, customer: Customer) -> Customer:
    """Bring a customer back that was deleted, as it was then; one that was not stays as it is.

    ``duplicate`` if another one has its e-mail by now. ``conflict`` if it was merged into another
    one: undo the merge instead.
    """
    if customer.trashed:
        if customer.merged_into is not None:
            raise Conflict("It was merged into another one: undo that merge.")
        ctx.restore(customer)
        ctx.emit(CustomerRestored(customer))
    return customer


def _check_repeated(values: Values, children: Values) -> None:
    """No e-mail and no number is there twice: once among the further ones, and not the primary."""
    problems: list[tuple[Any, str]] = []
    for name, _, field in CHILDREN:
        seen = {values.get(field)}
        for place, one in enumerate(children.get(name, ())):
            if one[field] in seen:
                wire = "otherEmails" if field == "email" else "otherPhones"
                problems.append(((wire, place, field), "The customer has it already."))
            seen.add(one[field])
    if problems:
        raise ValidationFailed(problems)


def _check_likely(ctx: Context, customer: Customer, children: Values, *, allowed: bool) -> None:
    """``Duplicate`` with everybody who is likely the same; a taken primary e-mail in any case."""
    further = [one["email"] for one in children.get("other_emails", ())]
    emails = [one for one in (customer.email, *further) if one]
    phones = [one["phone"] for one in children.get("other_phones", ())]
    phones = [one for one in (customer.phone, *phones) if one]
    if allowed or not (emails or phones):
        return
    by_email = owners_of_emails(ctx, emails) if emails else {}
    by_phone = owners_of_phones(ctx, phones) if phones else {}
    told = [
        _candidate("email" if value == customer.email else "otherEmails", one)
        for one, value in by_email.items()
    ]
    told += [
        _candidate("phone" if value == customer.phone else "otherPhones", one)
        for one, value in by_phone.items()
        if one not in by_email
    ]
    if told:
        raise Duplicate("Others have the same e-mail or phone number.", details=told)


def _candidate(field: str, row_id: Any) -> Values:
    told = "Another one has it."
    return {"field": field, "pointer": f"/{field}", "message": told, "id": str(row_id)}
