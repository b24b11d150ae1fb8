"""Accounts and their memberships on the wire."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields
from peewee import SQL, Function, Select, Table

from sparx_core import (
    Choice,
    Computed,
    CustomFields,
    Document,
    Embedded,
    Flag,
    Many,
    ObjectSchema,
    Phone,
    Related,
    RelatedList,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    WholeNumber,
    json_schema,
)
from sparx_crm.models.accounts import MEMBER_ROLES, Account, AccountDomain
from sparx_crm.models.customers import Customer
from sparx_crm.schemas.contacts import AddressSchema
from sparx_crm.schemas.customers import tags
from sparx_crm.schemas.merges import merged_ids

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
MAX_DOMAIN, MAX_URL = 253, 2_048


class Domain(fields.String):
    """A domain name in lower case, international ones in their ASCII form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            if not isinstance(value, str):
                raise TypeError
            name = value.strip().lower().removesuffix(".").encode("idna").decode()
        except (TypeError, UnicodeError):
            raise ValidationError(_NO_DOMAIN) from None
        labels = name.split(".")
        if len(name) > MAX_DOMAIN or len(labels) < 2 or labels[-1].isdigit():
            raise ValidationError(_NO_DOMAIN)
        if not all(_LABEL.fullmatch(label) for label in labels):
            raise ValidationError(_NO_DOMAIN)
        return name


_NO_DOMAIN = "Not a domain name such as example.com."


class WebUrl(fields.String):
    """An address of a web page: ``https`` or ``http``."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = value.strip() if isinstance(value, str) else ""
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            raise ValidationError(_NO_URL) from None
        spaces = any(one.isspace() or not one.isprintable() for one in text)
        if parts.scheme not in ("http", "https") or not parts.hostname or spaces:
            raise ValidationError(_NO_URL)
        if len(text) > MAX_URL:
            raise ValidationError(f"Longer than {MAX_URL} characters.")
        return text


_NO_URL = "Not a web address such as https://example.com/."


@json_schema.register
def _(field: Domain) -> dict[str, Any]:
    told = "A domain name; kept in lower case."
    return {"type": "string", "description": told, "examples": ["lindgren-diesel.example"]}


@json_schema.register
def _(field: WebUrl) -> dict[str, Any]:
    told = "An https or http address."
    return {"type": "string", "description": told, "examples": ["https://lindgren.example/"]}


class AccountDomainSchema(ObjectSchema):
    """A further domain of an account."""

    domain = Domain(required=True)


class AccountSchema(ResourceSchema):
    """A company that customers work for. Its parent is never below it."""

    name = Text(required=True, metadata={"example": "Lindgren Diesel Service"})
    domain = Domain(allow_none=True)
    parent = Related("crm.accounts", allow_none=True)
    owner = Related("core.members", allow_none=True)
    tax_id = Text(64, allow_none=True, metadata={"example": "SE556677889901"})
    website = WebUrl(allow_none=True)
    phone = Phone(allow_none=True)
    industry = Text(120, allow_none=True, metadata={"example": "Repair shops"})
    employees = WholeNumber(allow_none=True, metadata={"example": 24})
    tags = tags()
    addresses = Embedded(AddressSchema, maximum=20)
    metadata = Document(metadata={"example": {"erpNumber": "K-1007"}})
    notes = Text(10_000, allow_none=True, metadata={"example": "Pays by invoice."})
    other_domains = Many(
        AccountDomainSchema,
        AccountDomain,
        by="account",
        order_by="position",
        maximum=20,
        metadata={"detail": True},
    )
    children = RelatedList("crm.accounts", by="parent", limit=25)
    memberships = RelatedList("crm.memberships", by="account", limit=25)
    timeline = RelatedList("crm.activities", by="account", sort="-occurredAt")
    tasks = RelatedList("crm.tasks", by="account", sort="-createdAt")
    merged_ids = merged_ids(Account)
    deleted_at = Timestamp(dump_only=True, metadata={"on_request": True})
    custom = CustomFields()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class NewAccountSchema(AccountSchema):
    """An account to be created."""

    allow_duplicate = Flag(
        load_only=True,
        metadata={"description": "Create it although others have one of its domains."},
    )


def is_primary(scope: Scope) -> Any:
    """Whether the account of a membership is the primary one of its customer."""
    people = Table("customers", schema="crm", alias="people")
    found = Select([people], [SQL("1")]).where(
        (people.c.id == scope.column("customer_id"))
        & (people.c.account_id == scope.column("account_id"))
    )
    return Function("EXISTS", (found,))


class MembershipSchema(ResourceSchema):
    """A customer works for an account. The first of a customer is its primary one, which is
    also the customer's `accountId`.
    """

    customer = Related("crm.customers", required=True)
    account = Related("crm.accounts", required=True)
    role = Choice(*MEMBER_ROLES)
    is_primary = Computed(
        Flag(), is_primary, reads=[Customer], metadata={"nullable": False, "example": True}
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class NewMembershipSchema(ObjectSchema):
    """A membership to be created."""

    customer = Related("crm.customers", required=True)
    account = Related("crm.accounts", required=True)
    role = Choice(*MEMBER_ROLES)
    is_primary = Flag()


class MembershipChangeSchema(ObjectSchema):
    """What can be changed of a membership."""

    role = Choice(*MEMBER_ROLES)
    is_primary = Flag()
