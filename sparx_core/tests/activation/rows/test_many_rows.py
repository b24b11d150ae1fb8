"""More rows than one would want in memory, or in one statement."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

from sparx_core.activation import chunks
from sparx_core.testing import Api, DeliveryRun

from .conftest import Rows

Switch = Callable[..., None]
#: Of each of two tables.
ROWS = 10_000


def store(rows: Rows, number: int, *, note: str = "'note ' || i") -> None:
    rows.run(
        "INSERT INTO depot.crates (tenant_id, id, name, number, note, count, tags, content)"
        f" SELECT $T, gen_random_uuid(), 'crate ' || i, i, {note}, i, ARRAY['a', i::text],"
        f" jsonb_build_object('i', i) FROM generate_series(1, {number}) i"
    )


def test_many_rows_go_and_come_in_chunks(
    api: Api, rows: Rows, activate: Switch, deactivate: Switch
) -> None:
    store(rows, ROWS)
    rows.run(
        "INSERT INTO depot.labels (tenant_id, id, crate_id, text)"
        " SELECT tenant_id, gen_random_uuid(), id, name FROM depot.crates WHERE tenant_id = $T"
    )
    rows.run("ANALYZE depot.crates, depot.labels")
    before = rows.fingerprints()
    tracemalloc.start()
    try:
        deactivate("depot")
        _, archiving = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        counts = rows.run("SELECT row_count FROM core.archives WHERE tenant_id = $T")
        activate("depot")
        _, restoring = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [count for (count,) in counts] == [chunks.CHUNK_ROWS] * (2 * ROWS // chunks.CHUNK_ROWS)
    assert rows.fingerprints() == before
    assert api.get("/v1/depot/crates", query="take=1").meta["total"] == ROWS
    # Read, all crates would take over 50 MB; a chunk of them is what is held.
    assert archiving < 6 * 2**20, archiving
    assert restoring < 20 * 2**20, restoring


def test_large_rows_make_small_chunks(
    rows: Rows, run_events: DeliveryRun, activate: Switch, deactivate: Switch
) -> None:
    digests = "SELECT string_agg(md5(i || '.' || j), '') FROM generate_series(1, 9000) j"
    store(rows, 60, note=f"({digests})")
    before = rows.fingerprints("depot.crates")
    deactivate("depot")
    sizes = rows.run("SELECT row_count, octet_length(data) FROM core.archives WHERE tenant_id = $T")
    # 288 kB each: 15 of them are 4 MiB.
    assert {count for count, _ in sizes} == {15}
    assert max(size for _, size in sizes) < chunks.CHUNK_BYTES
    activate("depot")
    assert rows.fingerprints("depot.crates") == before
