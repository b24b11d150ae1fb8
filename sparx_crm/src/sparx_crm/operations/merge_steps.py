"""What a merge did to other rows, as it is kept and as it is undone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from uuid import UUID

from sparx_core import Context, Flagged, Moved, Moves, Removed, undo_moves
from sparx_crm.models.merges import MergeStep


@dataclass(frozen=True)
class Added:
    """Rows of ``table`` that the merge itself made."""

    table: str
    ids: tuple[UUID, ...]


Steps = list[Moved | Removed | Flagged | Added]


def step_rows(merge: UUID, steps: Steps, start: int = 0) -> Iterator[MergeStep]:
    """The rows that keep steps."""
    for position, one in zip(count(start), steps, strict=False):
        row = MergeStep(merge=merge, position=position, subject=one.table, rows=[])
        if isinstance(one, Removed):
            row.kind, row.removed = "removed", one.row
        elif isinstance(one, Moved):
            row.kind, row.column, row.before, row.after = "moved", one.column, one.before, one.after
        elif isinstance(one, Flagged):
            row.kind, row.column, row.flag = "flagged", one.column, one.value
        else:
            row.kind = "added"
        if not isinstance(one, Removed):
            row.rows = [str(found) for found in one.ids]
        yield row


def undo_steps(ctx: Context, steps: Sequence[MergeStep]) -> None:
    """Undo the steps of a merge, the last one first.

    What was deleted or changed hands since stays as it is. Raises ``ReferencesStay``.
    """
    moves: Moves = []
    for one in steps:
        ids = tuple(UUID(found) for found in one.rows)
        column = str(one.column)
        if one.kind == "removed":
            moves.append(Removed(one.subject, str(one.removed)))
        elif one.before is not None and one.after is not None:
            moves.append(Moved(one.subject, column, one.before, one.after, ids))
        elif one.kind == "flagged":
            moves.append(Flagged(one.subject, column, ids, bool(one.flag)))
        else:
            model = ctx.registry.models[one.subject][1]
            for row in ctx.lock(model, "id", ids):
                ctx.delete(row)
    ctx.flush()
    undo_moves(ctx, moves)
