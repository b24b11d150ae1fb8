"""The body of a delivery: a function of the event's row, and of bounded size."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

from sparx_core.webhooks.body import MAX_BODY_BYTES, body_of

EVENT, TENANT, ROW = (UUID(int=number) for number in (1, 2, 3))


@dataclass(frozen=True)
class Stored:
    """An event as a sender has it."""

    tenant_id: UUID = TENANT
    event_id: UUID = EVENT
    event_type: str = "order.created"
    event_version: int | None = 1
    aggregate_type: str | None = "crm.orders"
    aggregate_id: UUID | None = ROW
    data: str | None = '{"id":"x","total" : 2316.00,"name":"\u00dc\U0001f600"}'
    occurred_at: datetime | None = datetime(2026, 6, 5, 17, 41, 9, 999_999, tzinfo=UTC)
    position: int = 42
    test: bool = False
    livemode: bool = True


def test_the_data_is_the_stored_text_to_the_byte() -> None:
    body = body_of(Stored())
    assert (
        body
        == (
            f'{{"id":"{EVENT}","type":"order.created","tenant_id":"{TENANT}","livemode":true,'
            '"created_at":"2026-06-05T17:41:09Z","api_version":"v1","version":1,'
            f'"resource":"crm.orders","resource_id":"{ROW}","sequence":42,'
            '"data":{"id":"x","total" : 2316.00,"name":"\u00dc\U0001f600"}}'
        ).encode()
    )
    elsewhere = timezone(timedelta(hours=2))
    moved = replace(Stored(), occurred_at=Stored().occurred_at.astimezone(elsewhere))  # type: ignore[union-attr]
    assert body_of(moved) == body
    assert json.loads(body_of(replace(Stored(), test=True)))["test"] is True
    assert "test" not in json.loads(body)
    assert json.loads(body_of(replace(Stored(), livemode=False)))["livemode"] is False


def test_one_that_is_too_large_is_a_reference() -> None:
    around = len(body_of(replace(Stored(), data='{"note":""}')))
    most = MAX_BODY_BYTES - around
    whole = body_of(replace(Stored(), data=f'{{"note":"{"x" * most}"}}'))
    assert len(whole) == MAX_BODY_BYTES
    assert "truncated" not in json.loads(whole)
    thin = body_of(replace(Stored(), data=f'{{"note":"{"x" * (most + 1)}"}}'))
    found = json.loads(thin)
    assert (found["truncated"], found["url"]) == (True, f"/v1/events/{EVENT}")
    assert found["data"] == {"id": str(ROW)}
    assert (found["id"], found["type"], found["sequence"]) == (str(EVENT), "order.created", 42)
