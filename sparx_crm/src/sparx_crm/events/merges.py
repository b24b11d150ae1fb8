"""What happens when several customers, or accounts, turn out to be one."""

from __future__ import annotations

from sparx_core import Event


class CustomerMerged(Event):
    """Other customers were merged into this one: `mergedIds` has theirs, which are gone."""

    name, resource, detail = "customer.merged", "crm.customers", True


class CustomerMergeUndone(Event):
    """A merge into this customer was undone: the others are there again."""

    name, resource, detail = "customer.merge_undone", "crm.customers", True


class AccountMerged(Event):
    """Other accounts were merged into this one: `mergedIds` has theirs, which are gone."""

    name, resource, detail = "account.merged", "crm.accounts", True


class AccountMergeUndone(Event):
    """A merge into this account was undone: the others are there again."""

    name, resource, detail = "account.merge_undone", "crm.accounts", True
