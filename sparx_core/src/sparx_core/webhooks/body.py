"""The body of a webhook delivery, made of the event as it is stored."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec

from sparx_core.json import encode

#: The version of the API whose resources the data shows.
API_VERSION = "v1"
#: Bytes of the largest body; an event that makes a larger one is sent without its data.
MAX_BODY_BYTES = 256 * 1024


class StoredEvent(Protocol):
    """What it takes of an event; ``data`` is the payload as JSON text."""

    @property
    def tenant_id(self) -> UUID: ...
    @property
    def event_id(self) -> UUID: ...
    @property
    def event_type(self) -> str: ...
    @property
    def event_version(self) -> int | None: ...
    @property
    def aggregate_type(self) -> str | None: ...
    @property
    def aggregate_id(self) -> UUID | None: ...
    @property
    def data(self) -> str | None: ...
    @property
    def occurred_at(self) -> datetime | None: ...
    @property
    def position(self) -> int: ...
    @property
    def test(self) -> bool: ...
    @property
    def livemode(self) -> bool: ...


def body_of(event: StoredEvent) -> bytes:
    """The same bytes for the same event, whenever it is asked."""
    assert event.data is not None, "the event is gone"
    head = _head(event)
    body = encode({**head, "data": msgspec.Raw(event.data.encode())})
    if len(body) <= MAX_BODY_BYTES:
        return body
    return encode({
        **head,
        "truncated": True,
        "url": f"/v1/events/{event.event_id}",
        "data": {"id": str(event.aggregate_id)},
    })  # fmt: skip


def _head(event: StoredEvent) -> dict[str, Any]:
    assert event.occurred_at is not None, "the event is gone"
    head: dict[str, Any] = {
        "id": str(event.event_id),
        "type": event.event_type,
        "tenant_id": str(event.tenant_id),
        "livemode": event.livemode,
        "created_at": event.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "api_version": API_VERSION,
        "version": event.event_version,
        "resource": event.aggregate_type,
        "resource_id": str(event.aggregate_id),
        "sequence": event.position,
    }
    return {**head, "test": True} if event.test else head
