"""What may be wrong with accounts."""

from __future__ import annotations

from sparx_core import ApiError


class AccountCycle(ApiError):
    """The account would be above itself; `details.path` are the ids on the way back to it."""

    code, status, message = "account_cycle", 409, "An account cannot be above itself."


class PrimaryMembership(ApiError):
    """Of the memberships of a customer exactly one is primary: make another one primary instead."""

    code, status = "primary_membership", 409
    message = "Make another membership of the customer primary instead."
