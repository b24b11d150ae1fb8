"""Doing something later for somebody who had a key when he asked for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sparx_core.actors import Actor
from sparx_core.auth.models import ApiKey
from sparx_core.auth.operations import is_usable

if TYPE_CHECKING:
    from sparx_core.context import Context


def key_actor(ctx: Context, key_id: UUID) -> Actor | None:
    """Who has the key with this id (``ctx.actor.id`` of a request), with what it may do now.

    A key that was rotated is the one that replaced it. None for one that is revoked or expired:
    what is done later may be done only by who still might ask for it.
    """
    key = ctx.find(ApiKey, key_id)
    while key is not None and key.replaced_by is not None:
        key = ctx.find(ApiKey, key.replaced_by)
    if key is None or not is_usable(key, datetime.now(UTC)):
        return None
    return Actor("key", key.id, str(key.name), frozenset(key.scopes))
