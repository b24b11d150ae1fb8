"""``sparx key``: the API keys of a tenant."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from sparx_core.cli.output import CommandError, Output, table, with_output
from sparx_core.cli.session import opened

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Duration(click.ParamType[timedelta]):
    """A time from now, such as 90d, 12h or 30m."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> timedelta:
        if isinstance(value, timedelta):
            return value
        match = re.fullmatch(r"([1-9][0-9]{0,4})([mhdw])", str(value))
        if match is None:
            self.fail(f"{value!r} is not a duration such as 90d, 12h or 30m.", param, ctx)
        return timedelta(**{_UNITS[match[2]]: int(match[1])})


_tenant = click.option("--tenant", required=True, help="The tenant's identifier.")


@click.group()
def key() -> None:
    """Create, list and revoke API keys."""


@key.command()
@_tenant
@click.option("--name", default="Made by an operator", show_default=True, help="What it is for.")
@click.option(
    "--scopes", default="*", show_default=True, help="Such as read:crm,write:crm; * is all."
)
@click.option("--expires-in", type=Duration(), help="Such as 90d; for ever unless given.")
@with_output
def create(
    output: Output, tenant: str, name: str, scopes: str, expires_in: timedelta | None
) -> None:
    """Create an API key, which is shown this once."""
    from sparx_core.auth.operations import create_key
    from sparx_core.tenants import as_operator

    data = _checked(name, [scope.strip() for scope in scopes.split(",") if scope.strip()])
    if expires_in is not None:
        data["expires_at"] = datetime.now(UTC) + expires_in
    with opened(output) as runtime, as_operator(runtime, tenant) as ctx:
        made = create_key(ctx, data)
    row: Any = made.row
    text = made.extra["key"]
    output.result(
        {"id": str(row.id), "keyId": row.key_id, "apiKey": text, "scopes": row.scopes},
        f"API key  {text}   (shown this once)\nScopes   {' '.join(row.scopes)}",
    )


@key.command("list")
@_tenant
@with_output
def list_(output: Output, tenant: str) -> None:
    """List a tenant's keys, revoked and expired ones included."""
    from sparx_core.auth.models import ApiKey
    from sparx_core.tenants import as_operator

    with opened(output) as runtime, as_operator(runtime, tenant) as ctx:
        # Without the one that lets this command in.
        wanted = ApiKey.select().where(ApiKey.id != ctx.key).order_by(ApiKey.id)
        rows = ctx.all(wanted)
    now = datetime.now(UTC)
    output.result(
        {"keys": [_shown(row, now) for row in rows]},
        table(
            ["KEY ID", "NAME", "STATE", "SCOPES", "LAST USED"],
            [
                (
                    row.key_id,
                    row.name,
                    _state(row, now),
                    " ".join(row.scopes),
                    _time(row.last_used_at) or "never",
                )
                for row in rows
            ],
        ),
    )


@key.command()
@click.argument("key_id", metavar="KEY")
@_tenant
@with_output
def revoke(output: Output, key_id: str, tenant: str) -> None:
    """Revoke a key at once. KEY is its key id: the 8 characters behind sk_live_ or sk_test_."""
    from sparx_core.auth.models import ApiKey
    from sparx_core.auth.operations import revoke_key
    from sparx_core.tenants import as_operator

    with opened(output) as runtime, as_operator(runtime, tenant) as ctx:
        row = ctx.first(ApiKey.select().where(ApiKey.key_id == key_id).for_update())
        if row is None:
            raise CommandError(
                "not_found",
                f"{tenant} has no key {key_id}. List them: sparx key list --tenant {tenant}",
            )
        revoke_key(ctx, row)
    output.result(_shown(row, datetime.now(UTC)), f"Key {key_id} is revoked.")


def _checked(name: str, scopes: list[str]) -> dict[str, Any]:
    """Name and scopes by the rules of the API."""
    from marshmallow import ValidationError

    from sparx_core.auth.schemas import KeySchema

    try:
        checked: dict[str, Any] = KeySchema().load({"name": name, "scopes": scopes})
    except ValidationError as error:
        named = ", ".join(error.messages_dict)
        raise CommandError(
            "validation_error",
            f"Not usable: {named}. A scope is read:crm, write:crm and the like, or * for all.",
        ) from None
    return checked


def _shown(row: Any, now: datetime) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "keyId": row.key_id,
        "name": row.name,
        "state": _state(row, now),
        "scopes": list(row.scopes),
        "expiresAt": _time(row.expires_at),
        "revokedAt": _time(row.revoked_at),
        "lastUsedAt": _time(row.last_used_at),
    }


def _state(row: Any, now: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and row.expires_at <= now else "active"


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
