"""What becomes of archived rows that refer to rows which were deleted while the module was off.

The same as if it had been on, as far as that can be: a reference that may be null becomes null,
a row that goes with its target is dropped, and any other stays in the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from peewee import Database

from sparx_core.activation.chunks import Chunk, Row, as_text, read_rows
from sparx_core.activation.layout import Layout, Link, Table, quoted

#: The columns that references lead to: a table, and the names of its columns.
Place = tuple[str, tuple[str, ...]]
Values = tuple[str, ...]


@dataclass
class Fates:
    """Rows, by the values that references lead to, and by id."""

    gone: dict[Place, set[Values]] = field(default_factory=dict)
    kept_back: dict[Place, set[Values]] = field(default_factory=dict)
    dropped: dict[str, set[str]] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=dict)
    #: References that were set to null.
    cleared: int = 0

    def sort(self, table: Table, rows: Iterable[Row]) -> tuple[list[Row], list[Row]]:
        """The rows to restore, with their lost references set to null, and the rows to hold."""
        restored, held = [], []
        for row in rows:
            row_id = str(row["id"])
            if row_id in self.held.get(table.name, ()):
                held.append(row)
            elif row_id not in self.dropped.get(table.name, ()):
                lost = self.lost(table, row)
                restored.append(
                    {**row, **dict.fromkeys(name for one in lost for name in one.clears)}
                )
        return restored, held

    def lost(self, table: Table, row: Row) -> list[Link]:
        """The references of a row whose targets are gone."""
        return [
            link
            for link in table.links
            if values_of(row, link.columns) in self.gone.get((link.target, link.keys), ())
        ]


def settle(database: Database, layout: Layout, chunks: Sequence[Chunk], *, alone: bool) -> Fates:
    """The fates of all rows of ``chunks``.

    ``alone``: they are no whole archive, so that what they refer to in their own module may be
    gone as well.
    """
    fates = Fates()
    for chunk in chunks:
        table = layout.tables[chunk.table]
        asked = [link for link in table.links if alone or link.target not in layout.tables]
        if asked:
            _note_gone(database, asked, read_rows(database, chunk), fates)
    if alone and fates.gone:
        _forget_own(database, layout, chunks, fates)
    if any(fates.gone.values()):
        while _spread(database, layout, chunks, fates):
            pass
    return fates


def values_of(row: Row, columns: Sequence[str]) -> Values | None:
    """What a row refers to by these columns; None if any is null, or gone from the archive."""
    found = tuple(value for name in columns if (value := row.get(name)) is not None)
    return found if len(found) == len(columns) else None


def absent(database: Database, link: Link, wanted: Iterable[Values]) -> set[Values]:
    """Those values that no row of the link's target has."""
    names = [f"v{number}" for number in range(len(link.keys))]
    asked = [dict(zip(names, one, strict=True)) for one in wanted]
    if not asked:
        return set()
    listed = ", ".join(f"r.{name}" for name in names)
    typed = ", ".join(f"{name} text" for name in names)
    same = " AND ".join(
        f"t.{quoted(key)} = r.{name}::{kind}"
        for key, name, kind in zip(link.keys, names, link.types, strict=True)
    )
    found = database.execute_sql(
        f"SELECT {listed} FROM json_to_recordset(%s) AS r({typed}) WHERE NOT EXISTS ("
        f"SELECT FROM {link.target} t WHERE t.tenant_id = core.tenant_id() AND {same})",
        (as_text(asked),),
    ).fetchall()
    return {tuple(one) for one in found}


def _note_gone(database: Database, links: Iterable[Link], rows: list[Row], fates: Fates) -> None:
    for link in links:
        wanted = {one for row in rows if (one := values_of(row, link.columns)) is not None}
        gone = absent(database, link, wanted)
        if gone:
            fates.gone.setdefault((link.target, link.keys), set()).update(gone)


def _forget_own(database: Database, layout: Layout, chunks: Sequence[Chunk], fates: Fates) -> None:
    """What is among the rows themselves is not gone."""
    for chunk in chunks:
        places = [place for place in fates.gone if place[0] == chunk.table]
        for row in read_rows(database, chunk) if places else ():
            for place in places:
                fates.gone[place].discard(values_of(row, place[1]) or ())


def _spread(database: Database, layout: Layout, chunks: Sequence[Chunk], fates: Fates) -> bool:
    """Look at all rows once; whether a row met its fate that had none."""
    places = _places(layout)
    changed = False
    fates.cleared = 0
    for chunk in chunks:
        table = layout.tables[chunk.table]
        if not table.links:
            continue
        for row in read_rows(database, chunk):
            row_id = str(row["id"])
            if any(row_id in one.get(table.name, ()) for one in (fates.dropped, fates.held)):
                continue
            ends = _fate_of(table, row, fates)
            if ends is None:
                fates.cleared += len(fates.lost(table, row))
                continue
            changed = True
            rows, values = ends
            rows.setdefault(table.name, set()).add(row_id)
            for place in places.get(table.name, ()):
                values.setdefault(place, set()).add(values_of(row, place[1]) or ())
    return changed


def _fate_of(
    table: Table, row: Row, fates: Fates
) -> tuple[dict[str, set[str]], dict[Place, set[Values]]] | None:
    held = False
    for link in table.links:
        values, place = values_of(row, link.columns), (link.target, link.keys)
        if values in fates.gone.get(place, ()):
            if link.cascades:
                return fates.dropped, fates.gone
            held = held or not link.clears
        elif values in fates.kept_back.get(place, ()):
            held = True
    return (fates.held, fates.kept_back) if held else None


def _places(layout: Layout) -> dict[str, list[Place]]:
    """The places in each table that references of this module lead to."""
    found: dict[str, dict[Place, None]] = {}
    for table in layout.tables.values():
        for link in table.links:
            found.setdefault(link.target, {})[link.target, link.keys] = None
    return {name: list(places) for name, places in found.items()}
