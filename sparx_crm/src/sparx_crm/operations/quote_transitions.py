"""What becomes of a quote: approval, sending, the buyer's answer, further versions."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

from sparx_core import (
    Context,
    NewLink,
    Shown,
    ValidationFailed,
    Values,
    issue_link,
    revoke_links,
)
from sparx_crm.errors.quotes import OwnQuote, QuoteChanged, QuoteIsExpired
from sparx_crm.events.quotes import (
    QuoteAccepted,
    QuoteApproved,
    QuoteCreated,
    QuoteDeclined,
    QuoteRejected,
    QuoteRenegotiationRequested,
    QuoteSent,
    QuoteSubmitted,
    QuoteSuperseded,
    QuoteWithdrawn,
)
from sparx_crm.models.quotes import Quote
from sparx_crm.operations.quotes import VALID_DAYS, check_days, draft, quotes
from sparx_crm.public_quotes import public_quotes
from sparx_crm.quote_contents import content_hash, load_items, sent_items, sent_shipping
from sparx_crm.schemas.quotes import (
    ApprovalSchema,
    DeclineSchema,
    ExtensionSchema,
    QuoteLinkedSchema,
    RenegotiationSchema,
    SignatureSchema,
    machine,
)

#: Days for which a link shows a quote after the last one on which it can be accepted.
LINK_DAYS = 180
#: What a further version takes over of the one before.
_TAKEN_OVER = (
    "customer", "account", "deal", "owner", "currency", "discount_amount", "terms",
    "customer_note", "internal_note", "custom",
)  # fmt: skip


def is_over(ctx: Context, quote: Quote) -> bool:
    """Whether the last day of a quote is over where the tenant is."""
    return bool(quote.valid_until < ctx.today())


# -- approval ----------------------------------------------------------------------------------


@quotes.transition("submit", emits=[QuoteSubmitted])
def submit_quote(ctx: Context, quote: Quote) -> Quote:
    """Ask for the approval of a draft, which is not changed from here on."""
    ctx.update(quote, status=machine.target("submit"), submitter=str(ctx.actor))
    ctx.emit(QuoteSubmitted(quote))
    return quote


@quotes.transition("approve", emits=[QuoteApproved], raises=[OwnQuote])
def approve_quote(ctx: Context, quote: Quote) -> Quote:
    """Approve a quote, as somebody who neither wrote nor submitted it."""
    _check_approver(ctx, quote)
    ctx.update(quote, status=machine.target("approve"), rejection_reason=None)
    ctx.emit(QuoteApproved(quote))
    return quote


@quotes.transition("reject", body=ApprovalSchema, emits=[QuoteRejected], raises=[OwnQuote])
def reject_quote(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Do not approve a quote: it is a draft again."""
    _check_approver(ctx, quote)
    ctx.update(quote, status=machine.target("reject"), rejection_reason=data["reason"])
    ctx.emit(QuoteRejected(quote))
    return quote


def _check_approver(ctx: Context, quote: Quote) -> None:
    if str(ctx.actor) in (quote.author, quote.submitter):
        raise OwnQuote


# -- sending -----------------------------------------------------------------------------------


@quotes.transition("send", answer=QuoteLinkedSchema, emits=[QuoteSent], raises=[QuoteIsExpired])
def send_quote(ctx: Context, quote: Quote) -> Shown:
    """Send a draft, or an approved quote: it is not changed any more, and its contents have a hash.

    The answer has the buyer's link, once; whoever sends mail sends it. A module that wants some
    quotes approved first refuses `quote.sent` with a guard.
    """
    if is_over(ctx, quote):
        raise QuoteIsExpired(details={"validUntil": quote.valid_until.isoformat()})
    return _offer(ctx, quote, {})


@quotes.transition(
    "extend",
    body=ExtensionSchema,
    answer=QuoteLinkedSchema,
    emits=[QuoteSent],
    raises=[ValidationFailed],
)
def extend_quote(ctx: Context, quote: Quote, data: Values) -> Shown:
    """Send an expired quote once more, valid until another day. Its hash is another: the buyer has
    to look at it again, with a new link.
    """
    check_days(data)
    if data["valid_until"] < max(ctx.today(), quote.issue_date):
        raise ValidationFailed([("validUntil", "Must be today or later.")])
    return _offer(ctx, quote, {"valid_until": data["valid_until"]})


def _offer(ctx: Context, quote: Quote, values: Values) -> Shown:
    found = content_hash(quote, load_items(ctx, quote), **values)
    sent = {
        "status": "sent",
        "expired_at": None,
        "sent_at": _now(),
        "viewed_at": None,
        "content_hash": found,
    }
    ctx.update(quote, **values, **sent)
    ctx.emit(QuoteSent(quote))
    return Shown(quote, _told(_link(ctx, quote)))


@quotes.action("link", answer=QuoteLinkedSchema, raises=[])
def make_quote_link(ctx: Context, quote: Quote) -> Shown:
    """Make a new link for the buyer; those from before stop working. A quote that was not sent has
    none: `invalid_transition`.
    """
    if quote.content_hash is None:
        raise machine.refusal(quote, "send", "The quote was not sent.")
    return Shown(quote, _told(_link(ctx, quote)))


def _link(ctx: Context, quote: Quote) -> NewLink:
    revoke_links(ctx, public_quotes, quote)
    ends = datetime.combine(quote.valid_until + timedelta(days=LINK_DAYS), time(), UTC)
    return issue_link(ctx, public_quotes, quote, expires_at=ends)


def _told(link: NewLink) -> Values:
    assert link.expires_at is not None
    ends = link.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"linkToken": link.token, "linkPath": link.path, "linkExpiresAt": ends}


@quotes.transition("withdraw", emits=[QuoteWithdrawn])
def withdraw_quote(ctx: Context, quote: Quote) -> Quote:
    """Take a quote back before it is accepted."""
    ctx.update(quote, status=machine.target("withdraw"), withdrawn_at=_now())
    ctx.emit(QuoteWithdrawn(quote))
    return quote


# -- the buyer's answer ------------------------------------------------------------------------


@quotes.transition(
    "accept", body=SignatureSchema, emits=[QuoteAccepted], raises=[QuoteIsExpired, QuoteChanged]
)
def accept_quote(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Accept a quote for a buyer who said so elsewhere."""
    return accept(ctx, quote, data)


def accept(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Accept a quote that is sent, valid, and the one that was looked at."""
    if quote.status == "expired" or is_over(ctx, quote):
        raise QuoteIsExpired(details={"validUntil": quote.valid_until.isoformat()})
    if data["content_hash"] != quote.content_hash:
        raise QuoteChanged
    ctx.update(
        quote,
        status=machine.target("accept"),
        accepted_at=_now(),
        signer_name=data["signer_name"],
        signer_address=ctx.address,
    )
    ctx.emit(QuoteAccepted(quote))
    return quote


@quotes.transition("decline", body=DeclineSchema, emits=[QuoteDeclined])
def decline_quote(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Decline a quote for the buyer."""
    return decline(ctx, quote, data)


def decline(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Decline a quote that is sent."""
    ctx.update(
        quote,
        status=machine.target("decline"),
        declined_at=_now(),
        decline_reason=data["reason"],
    )
    ctx.emit(QuoteDeclined(quote))
    return quote


@quotes.transition(
    "request_renegotiation", body=RenegotiationSchema, emits=[QuoteRenegotiationRequested]
)
def request_renegotiation(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Ask for other terms for the buyer: `revise` answers with a further version."""
    return renegotiate(ctx, quote, data)


def renegotiate(ctx: Context, quote: Quote, data: Values) -> Quote:
    """Ask for other terms of a quote that is sent."""
    target = machine.target("request_renegotiation")
    ctx.update(quote, status=target, renegotiation_message=data["message"])
    ctx.emit(QuoteRenegotiationRequested(quote))
    return quote


# -- versions ----------------------------------------------------------------------------------


@quotes.transition("revise", emits=[QuoteCreated, QuoteSuperseded])
def revise_quote(ctx: Context, quote: Quote) -> Quote:
    """Make a further version of a quote: a draft with the same number and contents, which is the
    answer. The version from before is superseded, and cannot be accepted any more.
    """
    today = ctx.today()
    body: dict[str, Any] = {name: getattr(quote, name) for name in _TAKEN_OVER}
    body |= {
        "items": sent_items(load_items(ctx, quote)),
        "shipping_lines": sent_shipping(quote),
        "issue_date": today,
        "valid_until": max(quote.valid_until, today + timedelta(days=VALID_DAYS)),
    }
    further = draft(
        ctx, body, number=quote.number, revision=quote.revision + 1, supersedes=quote.id
    )
    ctx.update(quote, status=machine.target("revise"))
    ctx.emit(QuoteSuperseded(quote))
    ctx.emit(QuoteCreated(further))
    return further


def _now() -> datetime:
    return datetime.now(UTC)
