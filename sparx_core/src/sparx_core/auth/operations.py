"""Managing keys over the API: create, rotate, revoke, and ask who one is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from peewee import Function, Select

from sparx_core.auth.keys import NewKey, new_key
from sparx_core.auth.models import ApiKey
from sparx_core.auth.schemas import KeySchema, MeSchema, RotationSchema, SecretSchema
from sparx_core.context import ALL_SCOPES, Context
from sparx_core.errors import Conflict, InsufficientScope, ValidationFailed
from sparx_core.events.types import Event
from sparx_core.resources import Resource, Shown, Values, operation


class KeyCreated(Event):
    """An API key was made."""

    name, resource, public = "key.created", "core.keys", False


class KeyRotated(Event):
    """An API key was replaced by another; the payload is the old one, with its new expiry."""

    name, resource, public = "key.rotated", "core.keys", False


class KeyRevoked(Event):
    """An API key was revoked: it is refused from the next request on."""

    name, resource, public = "key.revoked", "core.keys", False


#: The columns of a key that say what it sees.
SIGHT = ("member", "visibility", "hidden_fields")

keys = Resource("keys", ApiKey, KeySchema, bulk=False)


@keys.create(answer=SecretSchema, emits=[KeyCreated])
def create_key(ctx: Context, data: Values) -> Shown:
    """Make an API key. ``data.key`` is the secret, shown this once.

    A key cannot hand out scopes that it does not have itself.
    """
    expires_at = data.get("expires_at")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise ValidationFailed([("expiresAt", "Must be in the future.")])
    check_scopes(ctx, data["scopes"])
    visibility, member = data.get("visibility", "all"), data.get("member")
    if visibility != "all" and member is None:
        raise ValidationFailed([("memberId", "Say whose records the key sees.")])
    _check_hidden(ctx, data.get("hidden_fields", []))
    sight = {name: data[name] for name in SIGHT if name in data}
    row, made = store_key(ctx, data["name"], data["scopes"], expires_at, **sight)
    ctx.emit(KeyCreated(row))
    return Shown(row, {"key": made.text})


@keys.action("rotate", body=RotationSchema, answer=SecretSchema, emits=[KeyCreated, KeyRotated])
def rotate_key(ctx: Context, old: ApiKey, data: Values) -> Shown:
    """Replace a key by a new one with the same name and scopes; the answer is the new one.

    The old key goes on working for ``overlapSeconds``, so that clients can change over; it
    cannot be replaced a second time.
    """
    now = datetime.now(UTC)
    if not is_usable(old, now) or old.replaced_by is not None:
        raise Conflict("The key is revoked, expired or replaced already.")
    _require_scopes(ctx, old.scopes)
    row, made = store_key(
        ctx,
        str(old.name),
        list(old.scopes),
        old.expires_at,
        **{name: getattr(old, name) for name in SIGHT},
    )
    ctx.emit(KeyCreated(row))
    overlap_end = now + timedelta(seconds=data.get("overlap_seconds", 0))
    ends = min(overlap_end, old.expires_at) if old.expires_at else overlap_end
    ctx.update(old, expires_at=ends, replaced_by=row.id)
    ctx.emit(KeyRotated(old))
    return Shown(row, {"key": made.text})


@keys.delete(emits=[KeyRevoked])
def revoke_key(ctx: Context, key: ApiKey) -> None:
    """Revoke a key at once. It stays in the list, with ``revokedAt``; again changes nothing."""
    if key.revoked_at is None:
        ctx.update(key, revoked_at=datetime.now(UTC))
        ctx.emit(KeyRevoked(key))


@operation("GET", "/me", name="me", answer=MeSchema, shared=True)
def who_am_i(ctx: Context) -> Values:
    """The tenant that the key is for, the key itself, and the modules that are active."""
    return {
        "tenant": {
            "id": ctx.tenant.id,
            "slug": ctx.tenant.slug,
            "name": ctx.tenant.name,
            "currency": ctx.tenant.currency,
            "livemode": ctx.tenant.live,
        },
        "actor": {
            "type": ctx.actor.kind,
            "id": ctx.actor.id,
            "name": ctx.actor.name,
            "scopes": sorted(ctx.actor.scopes),
        },
        "modules": sorted(ctx.modules - {"core"}),
    }


def _check_hidden(ctx: Context, names: list[str]) -> None:
    """A typo would hide nothing."""
    for place, name in enumerate(names):
        key, _, field = name.rpartition(".")
        known = key in ctx.registry.resources and field in ctx.views.resource(key).names
        if not known or field in ("id", "version"):
            raise ValidationFailed([(f"hiddenFields[{place}]", "There is no such field to hide.")])


def check_scopes(ctx: Context, scopes: list[str]) -> None:
    """Refuse scopes that there are not, or that the actor does not have to hand out."""
    unknown = set(scopes) - ctx.registry.scopes - {ALL_SCOPES}
    if unknown:  # a typo would make a useless key
        raise ValidationFailed([("scopes", f"There is no scope {min(unknown)}.")])
    _require_scopes(ctx, scopes)


def _require_scopes(ctx: Context, scopes: Iterable[str]) -> None:
    missing = [scope for scope in scopes if not ctx.actor.allows(scope)]
    if missing:
        raise InsufficientScope(*missing)


def is_usable(key: ApiKey, now: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > now)


def store_key(
    ctx: Context,
    name: str,
    scopes: list[str],
    expires_at: datetime | None,
    **sight: Any,
) -> tuple[ApiKey, NewKey]:
    """Insert a key and hand its secret's hash to the database, which alone can check it.

    ``sight`` are the columns of :data:`SIGHT`: what of the tenant it sees, if it is not all.
    """
    made = new_key(live=ctx.tenant.live)
    row = ctx.insert(
        ApiKey(
            name=name,
            key_id=made.key_id,
            last4=made.text[-4:],
            scopes=list(dict.fromkeys(scopes)),
            expires_at=expires_at,
            **sight,
        )
    )
    ctx.run(
        Select(
            [],
            [Function("core.register_key", (made.key_id, str(row.id), made.secret_hash))],
        )
    )
    return row, made


__all__ = ["ALL_SCOPES", "KeyCreated", "KeyRevoked", "KeyRotated", "keys", "who_am_i"]
