"""Places in the order of changes, as opaque texts that check themselves."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from dataclasses import dataclass
from uuid import UUID

from sparx_core import BadRequest, Context, NotFound

_BIGGEST = 2**63


@dataclass(frozen=True)
class Place:
    """Behind the change of this entry by this transaction."""

    xid: int
    entry: UUID

    def encode(self, ctx: Context) -> str:
        """A token of the present tenant."""
        content = json.dumps([str(ctx.tenant.id), self.xid, str(self.entry)]).encode()
        checked = zlib.crc32(content).to_bytes(4, "big") + content
        return base64.urlsafe_b64encode(checked).decode().rstrip("=")

    @classmethod
    def decode(cls, ctx: Context, token: str) -> Place:
        """``BadRequest`` for what is no token, ``NotFound`` for one of another tenant."""
        try:
            raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
            if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
                raise ValueError
            tenant, xid, entry = json.loads(raw[4:])
            place = cls(int(xid), UUID(entry))
        except (binascii.Error, ValueError, TypeError, AttributeError):
            told = "token: It is none that sync gave out."
            raise BadRequest(told, details={"parameter": "token"}) from None
        if tenant != str(ctx.tenant.id) or not 0 <= place.xid < _BIGGEST:
            raise NotFound
        return place


#: Before all changes.
BEGINNING = Place(0, UUID(int=0))
