"""Doing later what somebody asked for: as him, if he still may."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sparx_core import ApiError, Context, Forbidden, key_actor


@contextmanager
def as_asker(ctx: Context, key: UUID | None, scope: str) -> Iterator[None]:
    """Be who has the key, with what it may do now; ``Forbidden`` if it is gone.

    What nobody's key asked for, such as the doing of another module, is done as the worker.
    """
    worker = ctx.actor
    if key is not None:
        asker = key_actor(ctx, key)
        if asker is None:
            raise Forbidden("The key that asked for this is revoked, or has expired.")
        ctx.actor = asker
    try:
        ctx.require("cms", scope)
        yield
    finally:
        ctx.actor = worker


def told_failure(error: ApiError) -> dict[str, Any]:
    """An error as it is kept and shown afterwards."""
    told: dict[str, Any] = {"code": error.code, "message": error.text}
    if error.details is not None:
        told["details"] = error.details
    return told
