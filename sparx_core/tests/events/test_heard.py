"""Which events a handler hears, and who is told of it."""

from __future__ import annotations

import pytest

from sparx_core import Context, Handler, Occurrence, on


@on("order.*")
def follow(ctx: Context, event: Occurrence) -> None:
    """Follow all that happens to orders."""


def test_a_pattern_hears_all_about_its_noun() -> None:
    assert isinstance(follow, Handler)
    heard = ["order.created", "order.payment.recorded", "order.whatever_comes"]
    others = ["orders.created", "order", "order_item.created", "reorder.created", ""]
    assert all(map(follow.hears, heard))
    assert not any(map(follow.hears, others))


def test_a_name_hears_itself() -> None:
    handler = on("order.created")(lambda ctx, event: None)
    assert handler.hears("order.created")
    assert not handler.hears("order.created.twice")


def test_periodic_work_and_tasks_hear_nothing() -> None:
    assert not Handler("", lambda ctx, event: None).hears("order.created")


@pytest.mark.parametrize("event", ["*", "", "order", "Order.created", "order.", "*.created"])
def test_what_is_no_event_and_no_pattern(event: str) -> None:
    with pytest.raises(ValueError, match="no event type"):
        on(event)
