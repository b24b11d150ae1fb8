"""Accounts: created, changed, deleted."""

from __future__ import annotations

from sparx_core import Resource
from sparx_crm.events.accounts import AccountCreated, AccountDeleted, AccountUpdated
from sparx_crm.models.accounts import Account
from sparx_crm.schemas.accounts import AccountSchema

accounts = Resource(
    "accounts",
    Account,
    AccountSchema,
    search=("name", "domain"),
    filters=("name", "domain", "parentId", "createdAt"),
    sorts=("createdAt", "name"),
)
accounts.derive(created=AccountCreated, updated=AccountUpdated, deleted=AccountDeleted)
