"""The work that follows a request: a module's rows go into the archive, or come back.

Each is one transaction with the mark that it was done, so that a worker which is killed leaves
everything as it was, and another one begins anew.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from sparx_core.activation.archive import (
    archive_rows,
    count_rows,
    fix_forms,
    has_rows,
    purge_rows,
)
from sparx_core.activation.chunks import (
    as_values,
    count_archived,
    delete_archive,
    list_chunks,
    read_rows,
    replace_chunk,
)
from sparx_core.activation.errors import ModuleStuck, NotYet
from sparx_core.activation.events import ModuleDeactivated
from sparx_core.activation.layout import fixed_tables, layout_of
from sparx_core.activation.models import ACTIVATING, DEACTIVATING, INACTIVE, Activation
from sparx_core.activation.operations import turn_on
from sparx_core.activation.progress import hurry_waiting
from sparx_core.activation.requirements import not_active, not_put_away, tables_of_module
from sparx_core.activation.restore import restore_rows
from sparx_core.activation.writers import await_writers
from sparx_core.context import Context, parse_modules
from sparx_core.events.types import Occurrence, on
from sparx_core.modules import Installed


@on("module.stopped")
def archive_module(ctx: Context, event: Occurrence) -> None:
    """Archive, or delete, the rows of a module that was switched off."""
    row = _after_writers(ctx, event.aggregate_id)
    if row is None:
        return  # it was switched on again meanwhile
    key = str(row.module)
    installed = _installed(ctx, key)
    waiting = not_put_away(ctx, key)
    if waiting:
        raise NotYet(f"{', '.join(waiting)} must be put away first")
    _open(ctx)
    _take_away(ctx, row, installed)
    was_on_its_way = row.state == DEACTIVATING
    archived = count_archived(ctx.transaction.database, key)
    ctx.update(row, state=INACTIVE, purge=False, archived_rows=archived)
    ctx.refresh_modules()
    if was_on_its_way:
        ctx.emit(ModuleDeactivated(row))
    hurry_waiting(ctx)


@on("module.recalled")
def restore_module(ctx: Context, event: Occurrence) -> None:
    """Restore the rows of a module that was switched on again, and call its hook."""
    row = _locked(ctx, event.aggregate_id)
    if row is None or row.state != ACTIVATING:
        return  # it was switched off again meanwhile
    key = str(row.module)
    installed = _installed(ctx, key)
    waiting = not_active(ctx, key)
    if waiting:
        raise NotYet(f"{', '.join(waiting)} must be active first")
    database = ctx.transaction.database
    _open(ctx)
    total = count_archived(database, key)
    fix_forms(database)
    _adapt(ctx, installed)
    layout = layout_of(database, tables_of_module(ctx.registry, key))
    result = restore_rows(database, key, layout, partial(_note, ctx, total))
    restored = result.as_json() if total else None
    try:
        turn_on(ctx, row, archived_rows=result.held, restored=restored)
        ctx.flush()
    except Exception as error:  # even what a client could mend, because nobody asks
        raise ModuleStuck(f"sparx_activate of {key}: {error}") from error
    hurry_waiting(ctx)


def _take_away(ctx: Context, row: Activation, installed: Installed) -> None:
    key, database = installed.module.key, ctx.transaction.database
    tables = tables_of_module(ctx.registry, key)
    if fixed_tables(database, tables):
        return  # what can only be added to stays where it is, behind the closed gate
    layout = layout_of(database, tables)
    if not row.purge and not has_rows(database, list(layout.tables)):
        return
    report = partial(_note, ctx, count_rows(database, layout))
    if row.purge:
        purge_rows(database, layout, report)
        delete_archive(database, key)
        return
    fix_forms(database)
    archive_rows(database, key, installed.version, layout, report)


def _adapt(ctx: Context, installed: Installed) -> None:
    """Let the module bring rows of other versions of itself into its present form."""
    key, database = installed.module.key, ctx.transaction.database
    hook = ctx.registry.hook(key).sparx_restore
    if not hook.get_hookimpls():
        return
    for chunk in list_chunks(database, key):
        if chunk.release == installed.version:
            continue
        rows = read_rows(database, chunk)
        try:
            for adapted in hook(ctx=ctx, table=chunk.table, rows=rows, version=chunk.release):
                rows = as_values(adapted)
            ctx.flush()
        except Exception as error:
            raise ModuleStuck(f"sparx_restore of {key}: {error}") from error
        replace_chunk(database, chunk, installed.version, rows, held=chunk.held)


def _after_writers(ctx: Context, activation: UUID) -> Activation | None:
    """The row of a module that is off, locked, once nobody writes who began while it was on.

    None if it is on, or on its way there.
    """
    database = ctx.transaction.database
    while True:
        seen = ctx.first(Activation.select().where(Activation.id == activation))
        if seen is None or seen.state not in (DEACTIVATING, INACTIVE):
            return None
        await_writers(database)
        database.execute_sql("SAVEPOINT unlocked")
        row = _locked(ctx, activation)
        if row is not None and row.version == seen.version:
            return row
        # Switched on and off again while we waited: there are others to wait for, without the
        # lock, which they may need.
        database.execute_sql("ROLLBACK TO SAVEPOINT unlocked")


def _locked(ctx: Context, activation: UUID) -> Activation | None:
    query: Any = Activation.select().where(Activation.id == activation)
    found: Activation | None = ctx.first(query.for_update("FOR NO KEY UPDATE"))
    return found


def _installed(ctx: Context, key: str) -> Installed:
    installed = ctx.registry.modules.get(key)
    if installed is None:
        raise NotYet(f"{key} is not installed on this worker")
    return installed


def _open(ctx: Context) -> None:
    """Pass the gate of the module that this delivery is about."""
    work = ctx.work
    if work is None:
        raise RuntimeError("rows of a module are moved by a worker")
    ctx.flush()
    opened = ctx.transaction.scalar(
        "SELECT core.open_module(%s, %s, %s)", (work.delivery, work.token, work.show_pass())
    )
    ctx.modules = parse_modules(opened)


def _note(ctx: Context, total: int, done: int) -> None:
    if ctx.work is not None:
        ctx.work.note(done, total)
