"""Changing subscriptions: where events go, with which secret, and whether at all."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from peewee import fn

from sparx_core.context import Context
from sparx_core.encryption import EncryptionError
from sparx_core.errors import (
    Conflict,
    InsufficientScope,
    InvalidTransition,
    Unavailable,
    ValidationFailed,
)
from sparx_core.ids import uuid7
from sparx_core.jobs.events import JobQueued
from sparx_core.outbound import OutboundError
from sparx_core.resources import Shown, Values
from sparx_core.webhooks.events import (
    WebhookCreated,
    WebhookDeleted,
    WebhookEnabled,
    WebhookRotated,
    WebhookUpdated,
)
from sparx_core.webhooks.headers import MASK
from sparx_core.webhooks.models import DISABLED, ENABLED, MANUAL, WebhookSubscription
from sparx_core.webhooks.notices import WebhookDisabled
from sparx_core.webhooks.reach import check_events, check_filter, require_reach
from sparx_core.webhooks.recovering import check_since, recover
from sparx_core.webhooks.resources import subscriptions
from sparx_core.webhooks.schemas import (
    USUAL_OVERLAP,
    EnableSchema,
    RecoveringSchema,
    SubscriptionBody,
    WebhookRotationSchema,
    WebhookSecretSchema,
)
from sparx_core.webhooks.secrets import (
    SigningSecret,
    all_secrets,
    open_headers,
    rotated,
    seal_headers,
    seal_secrets,
)
from sparx_core.webhooks.signing import new_secret

#: Subscriptions of a tenant.
MAX_SUBSCRIPTIONS = 2_000
#: How a receiver does that nothing is known of yet.
_NO_HEALTH: Values = {
    "failures": 0,
    "window_at": None,
    "window_total": 0,
    "window_failed": 0,
    "first_failed_at": None,
    "last_failed_at": None,
    "open_until": None,
    "opened": 0,
    "warned": 0,
}


@subscriptions.create(
    body=SubscriptionBody,
    answer=WebhookSecretSchema,
    emits=[WebhookCreated],
    raises=[ValidationFailed, InsufficientScope, Conflict, Unavailable],
)
def create_subscription(ctx: Context, data: Values) -> Shown:
    """Have events sent to an address. ``data.secret`` signs them, and is shown this once.

    The key needs to read every module that the events are about; `*`, for all that there are and
    will be, needs the scope `*`.
    """
    row = WebhookSubscription(id=uuid7(), tenant_id=ctx.tenant.id)
    row.events, row.filter = _chosen(ctx, data, None)
    row.url = _checked(ctx, data["url"])
    for name in ("description", "rate", "concurrency"):
        if name in data:
            setattr(row, name, data[name])
    query = WebhookSubscription.select(fn.count(WebhookSubscription.id))
    if next(iter(ctx.first(query.tuples()))) >= MAX_SUBSCRIPTIONS:
        raise Conflict(f"The tenant has {MAX_SUBSCRIPTIONS} webhook subscriptions, and no more.")
    secret = new_secret()
    row.secrets = seal_secrets(ctx.keyring, ctx.tenant.id, row.id, [SigningSecret(secret)])
    row.headers = _sealed(ctx, row, data.get("headers", {}))
    ctx.insert(row)
    ctx.emit(WebhookCreated(row))
    return Shown(row, {"secret": secret})


@subscriptions.update(
    body=SubscriptionBody,
    emits=[WebhookUpdated],
    raises=[ValidationFailed, InsufficientScope, Unavailable],
)
def update_subscription(
    ctx: Context, row: WebhookSubscription, data: Values
) -> WebhookSubscription:
    """Change a webhook subscription; absent fields stay. `headers` replaces all of them.

    What is waiting to be sent goes to the new address. The key needs to read every module that the
    events are about, those of before and the new ones.
    """
    require_reach(ctx, row.events)
    changes: Values = {
        name: data[name] for name in ("description", "rate", "concurrency") if name in data
    }
    if data.keys() & {"events", "filter"}:
        changes["events"], changes["filter"] = _chosen(ctx, data, row)
    if "url" in data:
        changes["url"] = _checked(ctx, data["url"])
    if "headers" in data:
        changes["headers"] = _changed_headers(ctx, row, data["headers"])
    differs = any(getattr(row, name) != value for name, value in changes.items())
    ctx.update(row, **changes)
    if differs:
        ctx.emit(WebhookUpdated(row))
    return row


@subscriptions.delete(emits=[WebhookDeleted], raises=())
def delete_subscription(ctx: Context, row: WebhookSubscription) -> None:
    """Delete a webhook subscription, with what is waiting to be sent and with its log."""
    ctx.delete(row)
    ctx.emit(WebhookDeleted(row))


@subscriptions.action(
    "rotate",
    body=WebhookRotationSchema,
    answer=WebhookSecretSchema,
    emits=[WebhookRotated],
    raises=[InsufficientScope, Unavailable],
)
def rotate_secret(ctx: Context, row: WebhookSubscription, data: Values) -> Shown:
    """Replace the signing secret. ``data.secret`` is the new one, shown this once.

    For ``overlapSeconds`` what is sent is signed with the old one as well, so that a receiver can
    change over at any moment. Up to five secrets sign at once, the newest ones.
    """
    require_reach(ctx, row.events)
    now, about = time.time(), (ctx.keyring, ctx.tenant.id, row.id)
    overlap = data.get("overlap_seconds", USUAL_OVERLAP)
    try:
        known = all_secrets(*about, row.secrets)
    except EncryptionError:
        if overlap:  # the key that sealed them is lost: without an overlap nobody needs them
            raise
        known = []
    secrets = rotated(known, now, overlap)
    ctx.update(row, secrets=seal_secrets(*about, secrets))
    ctx.emit(WebhookRotated(row))
    return Shown(row, {"secret": secrets[0].secret})


@subscriptions.action(
    "disable", emits=[WebhookDisabled], raises=[InvalidTransition, InsufficientScope]
)
def disable_subscription(ctx: Context, row: WebhookSubscription) -> WebhookSubscription:
    """Send nothing more. What is waiting is cancelled, and can be recovered.

    `invalid_transition` if it is disabled already.
    """
    if row.state == DISABLED:
        raise InvalidTransition("The subscription is disabled already.")
    ctx.update(row, state=DISABLED, disabled_reason=MANUAL, disabled_at=datetime.now(UTC))
    ctx.emit(WebhookDisabled(row))
    ctx.transaction.webhooks = True  # senders cancel what is waiting
    return row


@subscriptions.action(
    "enable",
    body=EnableSchema,
    answer=RecoveringSchema,
    emits=[WebhookEnabled, JobQueued],
    raises=[InvalidTransition, InsufficientScope, ValidationFailed],
)
def enable_subscription(ctx: Context, row: WebhookSubscription, data: Values) -> Shown:
    """Send events again. With ``recoverSince`` also those of the time since that did not arrive, or
    were not sent at all; ``jobId`` is the job that does it.

    `invalid_transition` if it is enabled already.
    """
    require_reach(ctx, row.events)
    if row.state == ENABLED:
        raise InvalidTransition("The subscription is enabled already.")
    since = data.get("recover_since")
    if since is not None:
        check_since(since, datetime.now(UTC), "recoverSince")
    ctx.update(row, state=ENABLED, disabled_reason=None, disabled_at=None, **_NO_HEALTH)
    ctx.emit(WebhookEnabled(row))
    job = None if since is None else recover(ctx, row, since)
    return Shown(row, {"jobId": None if job is None else job.id})


# -- how ---------------------------------------------------------------------------------------


def _chosen(
    ctx: Context, data: Values, row: WebhookSubscription | None
) -> tuple[list[str], Values | None]:
    """The patterns and the filter that it will have, if the key may have them."""
    events = list(dict.fromkeys(data["events"] if "events" in data or row is None else row.events))
    kept = None if row is None else row.filter
    wanted = data.get("filter", kept)
    if "events" in data:
        check_events(ctx, events)
    require_reach(ctx, events)
    if wanted is not None:
        check_filter(ctx, wanted, events)
    return events, wanted


def _checked(ctx: Context, url: str) -> str:
    """The address as it will be used."""
    try:
        return ctx.check_url(url)
    except OutboundError as error:
        raise ValidationFailed([("url", error.message)]) from None


def _changed_headers(
    ctx: Context, row: WebhookSubscription, sent: dict[str, str]
) -> dict[str, str]:
    """Headers to store: what is masked stays as it is, and nothing differs that is the same."""
    known: dict[str, Any] = row.headers
    unknown = [name for name, value in sent.items() if value == MASK and name not in known]
    if unknown:
        told = f"{MASK} leaves a header as it is, and there is none."
        raise ValidationFailed([(("headers", name), told) for name in unknown])
    try:
        plain = open_headers(ctx.keyring, ctx.tenant.id, row.id, known)
    except EncryptionError:
        if MASK in sent.values():
            raise
        plain = {}
    fresh = {name: value for name, value in sent.items() if value not in (MASK, plain.get(name))}
    return {**{name: known[name] for name in sent if name not in fresh}, **_sealed(ctx, row, fresh)}


def _sealed(ctx: Context, row: WebhookSubscription, headers: dict[str, str]) -> dict[str, str]:
    if not headers:
        return {}
    masked = [name for name, value in headers.items() if value == MASK]
    if masked:
        told = f"{MASK} leaves a header as it is, and there is none."
        raise ValidationFailed([(("headers", name), told) for name in masked])
    return seal_headers(ctx.keyring, ctx.tenant.id, row.id, headers)


__all__ = ["subscriptions"]
