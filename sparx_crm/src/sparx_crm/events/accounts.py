"""What happens to accounts."""

from __future__ import annotations

from sparx_core import Event


class AccountCreated(Event):
    """An account was created."""

    name, resource = "account.created", "crm.accounts"
    detail = True


class AccountUpdated(Event):
    """Details of an account were changed."""

    name, resource = "account.updated", "crm.accounts"
    detail = True


class AccountDeleted(Event):
    """An account was deleted; the payload is the account as it was."""

    name, resource = "account.deleted", "crm.accounts"
    detail = True


class AccountRestored(Event):
    """An account that was deleted is back."""

    name, resource = "account.restored", "crm.accounts"
    detail = True


class AccountMemberAdded(Event):
    """A customer joined an account; the payload is the membership."""

    name, resource = "account.member_added", "crm.memberships"


class AccountMemberChanged(Event):
    """A membership has another role, or became the customer's primary one, or ceased to be."""

    name, resource = "account.member_changed", "crm.memberships"


class AccountMemberRemoved(Event):
    """A customer left an account; the payload is the membership as it was."""

    name, resource = "account.member_removed", "crm.memberships"
