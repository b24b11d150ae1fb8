"""The sandbox of a tenant over the API: shown, made, given keys, emptied.

Everything is asked of functions of the database (``db/sandbox.sql``), which know the present tenant
and reach its own sandbox alone. Nothing here ever acts in the other tenant: what is to be done
there is done by a worker that enters it as it enters any.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sparx_core.actors import parse_modules
from sparx_core.auth.keys import NewKey, new_key
from sparx_core.auth.operations import check_scopes
from sparx_core.context import Context
from sparx_core.errors import Conflict, InsufficientScope, NotFound, ValidationFailed
from sparx_core.ids import uuid7
from sparx_core.json import encode
from sparx_core.resources import CORE, Values, operation
from sparx_core.sandbox.schemas import (
    MadeSandboxSchema,
    SandboxKeyRequestSchema,
    SandboxKeySchema,
    SandboxSchema,
)

_CREATE = "SELECT core.create_sandbox(%s::uuid, %s::jsonb, %s)"
_ADD_KEY = "SELECT core.add_sandbox_key(%s::jsonb, %s)"
_SHOW = "SELECT * FROM core.show_sandbox()"
_COLUMNS = ("id", "slug", "name", "currency", "modules", "state", "createdAt", "resetAt")
_NONE = "There is no sandbox: make one with POST /v1/sandbox."
_REFUSED = {
    "exists": "There is a sandbox already: POST /v1/sandbox/keys makes further keys of it.",
    "nested": "This is a sandbox, which has none of its own.",
}


@operation(
    "GET",
    "/sandbox",
    name="sandbox.get",
    scope="read:core",
    answer=SandboxSchema,
    raises=[NotFound],
)
def get_sandbox(ctx: Context) -> Values:
    """The sandbox of the key's tenant, or the tenant itself if it is one; `not_found` until one is
    made.
    """
    ctx.flush()
    found = ctx.transaction.database.execute_sql(_SHOW).fetchone()
    if found is None:
        raise NotFound(_NONE)
    shown = dict(zip(_COLUMNS, found, strict=True))
    return {
        **shown,
        "modules": sorted(parse_modules(shown["modules"]) - {CORE}),
        "createdAt": _time(shown["createdAt"]),
        "resetAt": _time(shown["resetAt"]),
    }


@operation(
    "POST",
    "/sandbox",
    name="sandbox.create",
    scope="write:core",
    body=SandboxKeyRequestSchema,
    answer=MadeSandboxSchema,
    raises=[Conflict, InsufficientScope, ValidationFailed],
)
def create_sandbox(ctx: Context, data: Values | None = None) -> Values:
    """Make the tenant's sandbox: a tenant of its own with the same modules, in which nothing of
    the live one is. ``data.key`` is its first key, `sk_test_...`, shown this once. A worker
    activates the modules: it is `preparing` until then.

    `conflict` if there is one, or the key is one of a sandbox.
    """
    row, made = _new_key(ctx, data)
    ctx.flush()
    sent = (str(uuid7()), _as_json(row), made.secret_hash)
    outcome = ctx.transaction.scalar(_CREATE, sent)
    if outcome in _REFUSED:
        raise Conflict(_REFUSED[outcome])
    return {**_shown(ctx), "key": made.text}


@operation(
    "POST",
    "/sandbox/keys",
    name="sandbox.add_key",
    scope="write:core",
    body=SandboxKeyRequestSchema,
    answer=SandboxKeySchema,
    raises=[NotFound, InsufficientScope, ValidationFailed],
)
def add_sandbox_key(ctx: Context, data: Values | None = None) -> Values:
    """Make a further key of the sandbox. ``data.key`` is the secret, shown this once. It is listed
    and revoked in the sandbox, by `/v1/keys`.

    A key cannot hand out scopes that it does not have itself.
    """
    row, made = _new_key(ctx, data)
    ctx.flush()
    if not ctx.transaction.scalar(_ADD_KEY, (_as_json(row), made.secret_hash)):
        raise NotFound(_NONE)
    told = {"id": row["id"], "keyId": row["key_id"], "name": row["name"], "scopes": row["scopes"]}
    return {**told, "expiresAt": _time(row["expires_at"]), "key": made.text}


@operation(
    "POST",
    "/sandbox/reset",
    name="sandbox.reset",
    scope="write:core",
    answer=SandboxSchema,
    raises=[NotFound],
)
def reset_sandbox(ctx: Context) -> Values:
    """Empty the sandbox, with a key of the live tenant or of the sandbox itself. A worker deletes
    all that is in it but its keys, and the members who act with them, and activates the modules
    anew; it is `resetting` until then. Whoever asks meanwhile waits, or is told `unavailable`.
    """
    ctx.flush()
    if not ctx.transaction.scalar("SELECT core.reset_sandbox()"):
        raise NotFound(_NONE)
    return _shown(ctx)


def _shown(ctx: Context) -> Values:
    assert get_sandbox.function is not None
    found: Values = get_sandbox.function(ctx)
    return found


def _new_key(ctx: Context, data: Values | None) -> tuple[Values, NewKey]:
    """A key that may be made, and the row of it."""
    asked = data or {}
    scopes = asked.get("scopes")
    if scopes is None:
        scopes = sorted(ctx.actor.scopes)
    else:
        check_scopes(ctx, scopes)
    expires_at = asked.get("expires_at")
    if expires_at is not None and expires_at <= datetime.now(UTC):
        raise ValidationFailed([("expiresAt", "Must be in the future.")])
    made = new_key(live=False)
    row = {
        "id": uuid7(),
        "name": asked.get("name", "Sandbox"),
        "key_id": made.key_id,
        "last4": made.text[-4:],
        "scopes": list(dict.fromkeys(scopes)),
        "expires_at": expires_at,
    }
    return row, made


def _as_json(row: Values) -> str:
    return encode(row).decode()


def _time(value: Any) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
