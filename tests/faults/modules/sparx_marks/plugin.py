"""The module: one table, one handler.

The handler inserts a row each time it runs to its end, so that a second effect would show. The
folder ``MARKS_FOLDER`` says what happens before that end: a file ``die-*`` is used up by ending
the process at once; a file ``wait`` by waiting, with the transaction open, for a file ``go``.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from peewee import UUIDField

from sparx_core import Context, Handler, Module, Occurrence, TenantModel, hookimpl, on


class Mark(TenantModel):
    """That the handler ran."""

    event_id = UUIDField()

    class Meta:
        schema = "marks"
        table_name = "marks"


@on("order.created")
def leave_mark(ctx: Context, event: Occurrence) -> None:
    ctx.insert(Mark(event_id=event.id))
    ctx.flush()
    folder = Path(os.environ["MARKS_FOLDER"])
    for order in folder.glob("die-*"):
        if _use_up(order):
            os._exit(9)
    if _use_up(folder / "wait"):
        (folder / "waiting").touch()
        while not (folder / "go").exists():
            time.sleep(0.02)


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
    return [leave_mark]


module = Module(key="marks", title="Marks", package="sparx_marks", plugin=sys.modules[__name__])
