"""The module: one table, and handlers that leave a row in it each time they run to their end, so
that a second effect would show.

The folder ``MARKS_FOLDER`` says what happens to an order's mark before that end: a file ``die-*``
is used up by ending the process at once; a file ``wait`` by waiting, with the transaction open, for
a file ``go``. A ``mark.asked``, which tests plant, says in its data itself what is to happen.
"""

from __future__ import annotations

import os
import random
import sys
import time
from pathlib import Path

from peewee import BigIntegerField, UUIDField

from sparx_core import Context, Handler, Module, Occurrence, TenantModel, hookimpl, on


class Mark(TenantModel):
    """That a handler ran: for which event, about which row, and the event's number there."""

    event_id = UUIDField()
    row = UUIDField()
    number = BigIntegerField()

    class Meta:
        schema = "marks"
        table_name = "marks"


@on("order.created")
def leave_mark(ctx: Context, event: Occurrence) -> None:
    ctx.insert(Mark(event_id=event.id, row=event.aggregate_id, number=event.data["orderNumber"]))
    ctx.flush()
    folder = Path(os.environ["MARKS_FOLDER"])
    for order in folder.glob("die-*"):
        if _use_up(order):
            os._exit(9)
    if _use_up(folder / "wait"):
        (folder / "waiting").touch()
        while not (folder / "go").exists():
            time.sleep(0.02)


@on("mark.asked")
def do_as_told(ctx: Context, event: Occurrence) -> None:
    """``exit`` ends the process, ``fail`` is how often of one it fails, ``sleep`` are seconds."""
    told = event.data
    ctx.insert(Mark(event_id=event.id, row=event.aggregate_id, number=told["number"]))
    ctx.flush()
    if "exit" in told:
        os._exit(told["exit"])
    if random.random() < told.get("fail", 0):
        raise RuntimeError("told to fail")
    time.sleep(float(told.get("sleep", 0)))


def _use_up(order: Path) -> bool:
    try:
        order.unlink()
    except FileNotFoundError:
        return False
    return True


@hookimpl
def sparx_models() -> list[type[TenantModel]]:
    return [Mark]


@hookimpl
def sparx_event_handlers() -> list[Handler]:
    return [leave_mark, do_as_told]


module = Module(key="marks", title="Marks", package="sparx_marks", plugin=sys.modules[__name__])
