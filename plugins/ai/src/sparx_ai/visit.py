"""Who asks over MCP, and in which way: what is known of a request before anything is done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sparx_core import Actor, Context, Runtime, Tenant
from sparx_core.surface import PresentedKey

if TYPE_CHECKING:
    from sparx_ai.access import Access


@dataclass(frozen=True)
class Visit:
    """A request of a key that was admitted. The transaction that admitted it is over: whatever is
    done enters with the key again, and is checked again.
    """

    runtime: Runtime
    key: PresentedKey
    request_id: str
    tenant: Tenant
    actor: Actor
    key_row: UUID
    modules: frozenset[str]
    #: What is hidden from the key, and whose records it sees, as a context has them.
    hides: frozenset[str]
    sees: tuple[UUID, ...] | None
    #: The parameters of the address, as they were sent.
    chosen: Mapping[str, str]
    access: Access
    #: What the client calls itself, and says that it can do; and the revision that it speaks.
    client: str | None = None
    capabilities: Mapping[str, Any] = field(default_factory=dict)
    revision: str = ""
    #: What a client brings when it asks again, because it was asked something itself.
    answers: Mapping[str, Any] = field(default_factory=dict)
    state: str | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)


def admitted(
    context: Context,
    runtime: Runtime,
    key: PresentedKey,
    chosen: Mapping[str, str],
    access: Access,
) -> Visit:
    """The visit of a key that entered ``context``."""
    assert context.key is not None
    return Visit(
        runtime,
        key,
        context.request_id or "",
        context.tenant,
        context.actor,
        context.key,
        context.modules,
        context.hides,
        context.sees,
        chosen,
        access,
    )
