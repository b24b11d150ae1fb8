"""What happens to accounts."""

from __future__ import annotations

from sparx_core import Event


class AccountCreated(Event):
    """An account was created."""

    name, resource = "account.created", "crm.accounts"


class AccountUpdated(Event):
    """Details of an account were changed."""

    name, resource = "account.updated", "crm.accounts"


class AccountDeleted(Event):
    """An account was deleted; the payload is the account as it was."""

    name, resource = "account.deleted", "crm.accounts"
