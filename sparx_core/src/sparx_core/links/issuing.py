"""Making links, and taking them back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sparx_core.ids import uuid7
from sparx_core.links.models import Link
from sparx_core.links.tokens import new_token

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sparx_core.context import Context
    from sparx_core.db.models import TenantModel
    from sparx_core.links.public import Public

_REGISTER = "SELECT core.register_link(%s::uuid, %s)"


@dataclass(frozen=True)
class NewLink:
    """A link just made. Its ``token``, which is a part of ``path``, is shown once and kept nowhere:
    who lost it has another made.
    """

    token: str
    path: str
    expires_at: datetime | None


def issue_link(
    ctx: Context,
    public: Public,
    row: TenantModel,
    *,
    abilities: Iterable[str] | None = None,
    expires_at: datetime | None = None,
) -> NewLink:
    """A link to ``row`` with which the operations of ``public`` that ``abilities`` name can be
    called, all of them unless told, until ``expires_at``.
    """
    allowed = list(public.operations if abilities is None else abilities)
    unknown = [one for one in allowed if one not in public.operations]
    if unknown:
        raise ValueError(f"{public.key} has no operation {', '.join(unknown)}")
    token = new_token()
    link = ctx.insert(
        Link(
            id=uuid7(),
            resource=public.key,
            row_id=row.id,
            abilities=allowed,
            expires_at=expires_at,
        )
    )
    ctx.flush()
    ctx.transaction.scalar(_REGISTER, (str(link.id), token.secret_hash))
    return NewLink(token.text, f"{public.path}/{token.text}", expires_at)


def revoke_links(ctx: Context, public: Public, row: TenantModel) -> int:
    """Take back all links to ``row`` that still open it; how many there were."""
    now = datetime.now(UTC)
    found: list[Any] = [
        one
        for one in ctx.lock(Link, "row_id", [row.id])
        if one.resource == public.key and one.revoked_at is None
    ]
    for link in found:
        ctx.update(link, revoked_at=now)
    return len(found)
