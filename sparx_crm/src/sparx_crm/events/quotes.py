"""What happens to quotes. Each version of a quote is a row of its own, and has its own events."""

from __future__ import annotations

from sparx_core import Event


class _QuoteEvent(Event):
    resource = "crm.quotes"
    detail = True


class QuoteCreated(_QuoteEvent):
    """A quote was drafted, or a further version of one."""

    name = "quote.created"


class QuoteUpdated(_QuoteEvent):
    """Details of a draft were changed, such as its items."""

    name = "quote.updated"


class QuoteSubmitted(_QuoteEvent):
    """Somebody asks for the approval of a draft."""

    name = "quote.submitted"


class QuoteApproved(_QuoteEvent):
    """Somebody other than its author approved a quote."""

    name = "quote.approved"


class QuoteRejected(_QuoteEvent):
    """A quote was not approved, and is a draft again."""

    name = "quote.rejected"


class QuoteSent(_QuoteEvent):
    """A quote was sent, or one that had expired was extended: the buyer can accept it."""

    name = "quote.sent"


class QuoteViewed(_QuoteEvent):
    """The buyer opened the link for the first time."""

    name = "quote.viewed"


class QuoteAccepted(_QuoteEvent):
    """The buyer accepted a quote, with the contents that its hash is of."""

    name = "quote.accepted"


class QuoteDeclined(_QuoteEvent):
    """The buyer declined a quote."""

    name = "quote.declined"


class QuoteRenegotiationRequested(_QuoteEvent):
    """The buyer asks for other terms."""

    name = "quote.renegotiation_requested"


class QuoteExpired(_QuoteEvent):
    """The last day on which a quote could be accepted is over."""

    name = "quote.expired"


class QuoteWithdrawn(_QuoteEvent):
    """The seller withdrew a quote."""

    name = "quote.withdrawn"


class QuoteSuperseded(_QuoteEvent):
    """A further version of a quote was made, and takes the place of this one."""

    name = "quote.superseded"


class QuoteConverted(_QuoteEvent):
    """An order was made of an accepted quote, or of a part of it."""

    name = "quote.converted"


QUOTE_EVENTS: list[type[Event]] = [
    QuoteCreated,
    QuoteUpdated,
    QuoteSubmitted,
    QuoteApproved,
    QuoteRejected,
    QuoteSent,
    QuoteViewed,
    QuoteAccepted,
    QuoteDeclined,
    QuoteRenegotiationRequested,
    QuoteExpired,
    QuoteWithdrawn,
    QuoteSuperseded,
    QuoteConverted,
]
