"""Transactions of ``sparx_app``: a genuine one, and those that somebody could make up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sparx_core.auth.keys import parse_key
from sparx_core.runtime import _AUTHENTICATE
from sparx_core.tenants import NewTenant

from .world import World

SETTINGS = ("sparx.tenant_id", "sparx.modules", "sparx.actor", "sparx.signature", "sparx.sees")

Situation = Callable[[World, Any], None]


def authenticate(cursor: Any, tenant: NewTenant) -> None:
    key = parse_key(tenant.api_key)
    assert key is not None
    cursor.execute(_AUTHENTICATE, ("", "", key.key_id, key.secret_hash))
    assert cursor.fetchone() is not None


def settings_of(cursor: Any) -> list[str]:
    cursor.execute("SELECT " + ", ".join(f"current_setting('{name}', true)" for name in SETTINGS))
    return list(cursor.fetchone())


def forge(cursor: Any, *values: Any, local: bool = True) -> None:
    for name, value in zip(SETTINGS, values, strict=False):
        cursor.execute("SELECT set_config(%s, %s, %s)", (name, str(value), local))


def genuine(world: World, cursor: Any) -> None:
    authenticate(cursor, world.mine)


def no_tenant(world: World, cursor: Any) -> None:
    pass


def empty_settings(world: World, cursor: Any) -> None:
    forge(cursor, "", "", "", "", "")


def after_a_genuine_transaction(world: World, cursor: Any) -> None:
    authenticate(cursor, world.mine)
    cursor.connection.commit()


def after_a_rolled_back_transaction(world: World, cursor: Any) -> None:
    authenticate(cursor, world.mine)
    cursor.connection.rollback()


def tenant_alone(world: World, cursor: Any) -> None:
    forge(cursor, world.theirs.tenant_id)


def everything_but_the_signature(world: World, cursor: Any) -> None:
    forge(cursor, world.theirs.tenant_id, ",core,crm,", "key:forged", "f" * 64, "all")


def settings_of_the_session(world: World, cursor: Any) -> None:
    forge(cursor, world.theirs.tenant_id, ",core,crm,", "key:forged", "f" * 64, "all", local=False)


def genuine_with_another_tenant(world: World, cursor: Any) -> None:
    authenticate(cursor, world.mine)
    forge(cursor, world.theirs.tenant_id)


def genuine_with_another_actor(world: World, cursor: Any) -> None:
    authenticate(cursor, world.mine)
    forge(cursor, *settings_of(cursor)[:2], "key:somebody-else")


def genuine_without_the_signature(world: World, cursor: Any) -> None:
    authenticate(cursor, world.mine)
    forge(cursor, *settings_of(cursor)[:3], "")


def replayed_in_the_next_transaction(world: World, cursor: Any) -> None:
    authenticate(cursor, world.mine)
    captured = settings_of(cursor)
    cursor.connection.commit()
    forge(cursor, *captured)


def replayed_from_their_connection(world: World, cursor: Any) -> None:
    with world.connection() as theirs, theirs.cursor() as other:
        authenticate(other, world.theirs)
        captured = settings_of(other)
        forge(cursor, *captured)


def replayed_from_their_last_transaction_here(world: World, cursor: Any) -> None:
    """As behind a pooler, where tenants share a connection."""
    authenticate(cursor, world.theirs)
    captured = settings_of(cursor)
    cursor.connection.commit()
    authenticate(cursor, world.mine)
    forge(cursor, *captured)


def malformed_tenant(world: World, cursor: Any) -> None:
    forge(cursor, "x' OR true --", ",core,crm,", "key:forged", "f" * 64, "all")


DENIED: dict[str, Situation] = {
    situation.__name__.replace("_", " "): situation
    for situation in (
        no_tenant,
        empty_settings,
        after_a_genuine_transaction,
        after_a_rolled_back_transaction,
        tenant_alone,
        everything_but_the_signature,
        settings_of_the_session,
        genuine_with_another_tenant,
        genuine_with_another_actor,
        genuine_without_the_signature,
        replayed_in_the_next_transaction,
        replayed_from_their_connection,
        replayed_from_their_last_transaction_here,
    )
}
