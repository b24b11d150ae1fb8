"""Customers: people and companies that buy, or may."""

from __future__ import annotations

from peewee import BooleanField, IntegerField, TextField

from sparx_core import (
    Duplicate,
    JsonField,
    MoneyField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    TrashModel,
    check,
    default,
)

CUSTOMER_TYPES = ("prospect", "retail", "b2b")
#: In the order in which a relationship usually goes on.
LIFECYCLE_STAGES = (
    "subscriber",
    "lead",
    "marketing_qualified",
    "sales_qualified",
    "opportunity",
    "customer",
    "evangelist",
)
CONTACT_METHODS = ("email", "phone", "sms")
CONSENT_CHANNELS = ("email", "sms", "phone", "post", "push")
CONSENT_PURPOSES = ("marketing", "transactional", "profiling")
CONSENT_STATES = ("granted", "withdrawn")
CONSENT_SOURCES = ("signup", "checkout", "import", "admin", "api")


def one_of(column: str, words: tuple[str, ...]) -> str:
    """The condition that a column holds one of a few words."""
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


class Customer(TrashModel):
    """A customer. The statistics are kept by a handler of ``order.created``.

    ``total_spent`` counts the orders in ``currency``, the tenant's at the time the customer
    was made: sums never mix currencies. ``email`` and ``phone`` are the primary ones; others are
    rows of their own. ``account`` is that of its primary membership, and null without one.
    """

    name = TextField()
    first_name = TextField(null=True)
    last_name = TextField(null=True)
    email = TextField(null=True)
    phone = TextField(null=True)
    company = TextField(null=True)
    account = Reference("crm.accounts", null=True, on_delete="SET NULL")
    job_title = TextField(null=True)
    type = TextField(constraints=[default("'prospect'"), check(one_of("type", CUSTOMER_TYPES))])
    lifecycle_stage = TextField(
        null=True, constraints=[check(one_of("lifecycle_stage", LIFECYCLE_STAGES))]
    )
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    locale = TextField(null=True)
    timezone = TextField(null=True)
    preferred_contact_method = TextField(
        null=True, constraints=[check(one_of("preferred_contact_method", CONTACT_METHODS))]
    )
    tags = TextArrayField(constraints=[default("'{}'")])
    addresses = JsonField(constraints=[default("'[]'")])
    metadata = JsonField(constraints=[default("'{}'")])
    do_not_contact = BooleanField(constraints=[default("false")])
    notes = TextField(null=True)
    currency = TextField()
    order_count = IntegerField(constraints=[default("0")])
    total_spent = MoneyField(constraints=[default("0")])
    first_order_at = TimestampField(null=True)
    last_order_at = TimestampField(null=True)
    erased_at = TimestampField(null=True)
    #: Of one in the trash, which customer it is now.
    merged_into = Reference("crm.customers", null=True, on_delete="SET NULL")
    custom = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "crm"
        table_name = "customers"
        owned_by = "owner"
        conflict = Duplicate
        indexes = ((("email",), True), (("type",), False), (("phone",), False))


class CustomerEmail(TenantModel):
    """A further e-mail address of a customer, in the same normal form as the primary one."""

    customer = Reference("crm.customers", on_delete="CASCADE")
    position = IntegerField()
    email = TextField()
    label = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "customer_emails"
        indexes = ((("customer", "position"), False), (("email",), False))


class CustomerPhone(TenantModel):
    """A further phone number of a customer, in E.164."""

    customer = Reference("crm.customers", on_delete="CASCADE")
    position = IntegerField()
    phone = TextField()
    label = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "customer_phones"
        indexes = ((("customer", "position"), False), (("phone",), False))


class Consent(TenantModel):
    """An entry of the ledger of what a customer allowed and took back. No operation changes one."""

    customer = Reference("crm.customers", on_delete="CASCADE")
    channel = TextField(constraints=[check(one_of("channel", CONSENT_CHANNELS))])
    purpose = TextField(constraints=[check(one_of("purpose", CONSENT_PURPOSES))])
    state = TextField(constraints=[check(one_of("state", CONSENT_STATES))])
    source = TextField(constraints=[check(one_of("source", CONSENT_SOURCES))])
    occurred_at = TimestampField(constraints=[default("now()")])
    ip_address = TextField(null=True)
    note = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "consents"
        indexes = ((("customer", "occurred_at"), False),)
