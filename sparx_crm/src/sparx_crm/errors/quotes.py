"""What is refused of quotes."""

from __future__ import annotations

from sparx_core import ApiError


class QuoteLocked(ApiError):
    """Only drafts are changed; what was sent stays as it is. `revise` makes a further version, and
    `details.status` says what the quote is now.
    """

    code, status = "quote_locked", 409
    message = "Only a draft can be changed: make a further version of the quote."


class QuoteIsExpired(ApiError):
    """The last day on which the quote could be accepted, `details.validUntil`, is over."""

    code, status, message = "quote_expired", 409, "The quote has expired."


class QuoteChanged(ApiError):
    """The contents of the quote are not those that `contentHash` in the body is of: look again."""

    code, status = "quote_changed", 409
    message = "The quote is not the one that was looked at."


class OwnQuote(ApiError):
    """A quote is not approved by who wrote it, or by who asks for its approval."""

    code, status = "own_quote", 409
    message = "Somebody other than the author has to approve a quote."
