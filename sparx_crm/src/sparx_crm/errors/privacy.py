"""What is refused of customers who were erased."""

from __future__ import annotations

from sparx_core import ApiError


class CustomerErased(ApiError):
    """The customer was erased: there is nobody any more to change, merge or bring back."""

    code, status, message = "customer_erased", 409, "The customer was erased."


class EmailErased(ApiError):
    """Somebody with this e-mail address asked to be forgotten, so nobody gets it again; whoever
    comes back by himself is let in by deleting the erasure that `details` name.
    """

    code, status = "email_erased", 409
    message = "Somebody with this e-mail address asked to be forgotten."
