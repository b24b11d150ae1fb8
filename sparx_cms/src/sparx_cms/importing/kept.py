"""Ids for what is imported and has no name of its own: the same for the same thing."""

from __future__ import annotations

from hashlib import sha256
from uuid import UUID, uuid5

from sparx_core import Context, parse_uuid

_NAMELESS = UUID("0192f1a8-52f4-7c00-9d3e-6a2f1f0c7b12")


def kept_id(ctx: Context, original: str) -> UUID:
    """The id that something gets here, by the one that it had: of the same moment, so that the
    order stays, and another one for each tenant.
    """
    given = parse_uuid(original) or uuid5(_NAMELESS, original)
    rest = bytearray(sha256(ctx.tenant.id.bytes + given.bytes).digest()[:10])
    rest[0] = rest[0] & 0x0F | 0x70
    rest[2] = rest[2] & 0x3F | 0x80
    return UUID(bytes=given.bytes[:6] + bytes(rest))
