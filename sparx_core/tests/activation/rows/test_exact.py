"""A module's rows leave with its deactivation, and come back as they were, to the last bit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from .conftest import TABLES, Rows

Switch = Callable[..., None]

VALUES = {
    "name": ["'one'", "'zwei'", "E'drei \\t\\n \\\\ \"'", "'四 😀 ́e'", "''", "'6'", "'7'", "'8'"],
    "note": ["NULL", "'NULL'", "'null'", "''", "'  spaces  '", "E'\\u2028'", "'{}'", "'\\x41'"],
    "kind": ["'plain'", "'fragile'"],
    "sealed": ["true", "false", "NULL"],
    "weight": ["1.500000", "-0.000001", "99999999999999.999999", "NULL"],
    "count": ["9007199254740993", "-4611686018427387904", "0", "NULL"],
    "price": ["123456789012345", "NULL", "-1"],
    "packed_at": ["'2026-03-29 01:59:59.123456+01'", "'infinity'", "NULL",
                  "'0044-03-15 12:00:00+00 BC'", "'1900-01-01 00:00:00.000001+00:19:32'"],
    "tags": ["'{}'", "ARRAY['a,b', '\"', '', NULL, '{x}']", "ARRAY['null', ' ', E'\\\\']"],
    "content": ["'{}'", "'{\"b\": 1.10, \"a\": [null, true, 12345678901234567890.5]}'"],
    "receipt": ["' {\"b\" : 1.0,  \"a\":1, \"a\": 2 } '", "'1e2'", "'\"\\u0041\"'", "NULL",
                "E'[1,\\n 2 ]'"],
    "small": ["32767", "-32768", "NULL"],
    "near": ["0.1", "'NaN'", "'-Infinity'", "3.4028235e38", "NULL"],
    "far": ["0.1", "1e-307", "0.30000000000000004", "'-0'", "NULL"],
    "exact": ["1.10", "1e-20", "'NaN'", "123456789012345678901234567890.0100", "NULL"],
    "day": ["'2026-02-28'", "'infinity'", "'0001-01-01 BC'", "NULL"],
    "clock": ["'23:59:59.999999'", "'24:00'", "NULL"],
    "zoned": ["'04:05:06.789+05:30'", "NULL"],
    "naive": ["'2026-10-25 02:30:00.000001'", "'-infinity'", "NULL"],
    "span": ["'1 year 2 mons -3 days 04:05:06.7'", "'-00:00:00.000001'", "NULL"],
    "raw": ["'\\x00ff'", "''", "NULL"],
    "bits": ["B'101'", "B''", "NULL"],
    "letters": ["'ab'", "'abcde'", "NULL"],
    "short": ["'ab'", "'ab  '", "NULL"],
    "address": ["'10.0.0.1/8'", "'::1'", "NULL"],
    "bounds": ["'[1,5)'", "'empty'", "'(,3)'", "NULL"],
    "key": ["'0c7b1a2d-4e5f-4a6b-9c8d-2e1f0a9b8c7d'", "NULL"],
    "numbers": ["'{1,NULL,-3}'", "'[2:3]={4,5}'", "NULL"],
    "moments": ["ARRAY['2026-01-01 00:00:00.123456+00'::timestamptz]", "NULL"],
    "grid": ["ARRAY[['a', 'b'], ['c,', NULL]]", "NULL"],
    "colour": ["'green'", "NULL"],
    "size": ["ROW(1, 2.50)", "ROW(NULL, NULL)", "NULL"],
    "code": ["'ABC'", "NULL"],
    '"Odd ""name"" 100%"': ["'%s %% %(x)s'", "NULL"],
}  # fmt: skip


def store_crates(rows: Rows, number: int = 60) -> None:
    """Rows that have each value of each column at least once, and parents made after them."""
    for row in range(number):
        named = {name: values[row % len(values)] for name, values in VALUES.items()}
        named["name"] = f"{named['name']} || '-{row}'"
        rows.run(
            f"INSERT INTO depot.crates (tenant_id, id, created_at, updated_at, version, number,"
            f" {', '.join(named)}) VALUES ($T, gen_random_uuid(),"
            f" now() - {row} * interval '1.000001 s', clock_timestamp(), {row + 1}, {row + 1},"
            f" {', '.join(named.values())})",
        )
    # Random ids: half of the parents come after their children, and some chains are long.
    rows.run(
        "UPDATE depot.crates c SET parent_id = p.id FROM depot.crates p WHERE c.tenant_id = $T"
        " AND p.tenant_id = $T AND c.number > 20 AND p.number = c.number - 1"
    )
    # And a circle, as an update may make one.
    rows.run(
        "UPDATE depot.crates c SET parent_id = p.id FROM depot.crates p WHERE c.tenant_id = $T"
        " AND p.tenant_id = $T AND c.number IN (1, 2) AND p.number = 3 - c.number"
    )


def store_others(rows: Rows) -> None:
    rows.run("INSERT INTO yard.yards (tenant_id, id, name) VALUES ($T, gen_random_uuid(), 'y')")
    rows.run(
        "INSERT INTO depot.labels (tenant_id, id, crate_id, text)"
        " SELECT tenant_id, gen_random_uuid(), id, name FROM depot.crates WHERE tenant_id = $T"
    )
    for table, columns, chosen in (
        ("tickets", "place, yard_id, spare_id", "1, id, id"),
        ("tickets", "place, yard_id, spare_id", "2, NULL, NULL"),
        ("gates", "name, yard_id", "'g', id"),
        ("deposits", "name, yard_id", "'d', id"),
    ):
        rows.run(
            f"INSERT INTO depot.{table} (tenant_id, id, {columns})"
            f" SELECT $T, gen_random_uuid(), {chosen} FROM yard.yards WHERE tenant_id = $T"
        )
    for table, column, target in (
        ("locks", "gate_id", "gates"),
        ("receipts", "deposit_id", "deposits"),
    ):
        rows.run(
            f"INSERT INTO depot.{table} (tenant_id, id, {column})"
            f" SELECT $T, gen_random_uuid(), id FROM depot.{target} WHERE tenant_id = $T"
        )
    # Two tables that refer to each other, and one to itself, none of which may be null.
    rows.run(
        "WITH ids AS ("
        "  SELECT gen_random_uuid() AS s, gen_random_uuid() AS p, gen_random_uuid() AS q),"
        " x AS ("
        "  INSERT INTO depot.stacks (tenant_id, id, name, top_id) SELECT $T, s, 'S', p FROM ids)"
        " INSERT INTO depot.pallets (tenant_id, id, stack_id, base_id)"
        " SELECT $T, p, s, q FROM ids UNION ALL SELECT $T, q, s, q FROM ids"
    )


@pytest.fixture
def stored(rows: Rows) -> Rows:
    store_crates(rows)
    store_others(rows)
    counted = {table: rows.owner.count(table, rows.tenant) for table in TABLES}
    assert min(counted.values()) > 0, counted
    return rows


def test_every_row_comes_back_as_it_was(
    stored: Rows, api: Api, activate: Switch, deactivate: Switch
) -> None:
    before, total = stored.fingerprints(), stored.count()
    for _ in range(2):
        deactivate("depot")
        assert stored.count() == 0
        assert stored.archived() == total
        assert api.get("/v1/modules/depot").data["archivedRows"] == total
        activate("depot")
        assert stored.fingerprints() == before
        assert stored.archived() == 0
        shown = api.get("/v1/modules/depot").data
        nothing_lost = {"cleared": 0, "dropped": 0, "held": 0, "columns": []}
        assert shown["restored"] == {"rows": total, **nothing_lost}
        assert shown["archivedRows"] == 0


def test_every_value_was_tried(stored: Rows) -> None:
    ((columns,),) = stored.run(
        "SELECT array_agg(attname::text) FROM pg_attribute"
        " WHERE attrelid = 'depot.crates'::regclass AND attnum > 0"
    )
    tried = {name.strip('"').replace('""', '"') for name in VALUES}
    base = {"tenant_id", "id", "created_at", "updated_at", "version", "number"}
    assert set(columns) - tried - base == {"serial", "doubled", "currency", "parent_id"}
    for name in sorted(set(columns) - base - {"doubled", "serial", "currency"}):
        quoted = '"' + name.replace('"', '""') + '"'
        ((empty, full),) = stored.run(
            f"SELECT count(*) FILTER (WHERE {quoted} IS NULL), count({quoted})"
            " FROM depot.crates WHERE tenant_id = $T"
        )
        assert full > 0, name
        if "NULL" in VALUES.get(name, ()):
            assert empty > 0, name


def test_rows_of_another_tenant_are_not_touched(
    stored: Rows,
    owner: Owner,
    other_tenant: NewTenant,
    other_api: Api,
    activate: Switch,
    deactivate: Switch,
) -> None:
    others = Rows(owner, other_tenant.tenant_id)
    store_crates(others, 5)
    store_others(others)
    listed = other_api.get("/v1/depot/crates").json
    places = "SELECT id, ctid::text, xmin::text FROM depot.crates WHERE tenant_id = $T ORDER BY id"
    before, where = others.fingerprints(), others.run(places)
    deactivate("depot")
    assert others.fingerprints() == before
    activate("depot")
    assert others.fingerprints() == before
    assert others.run(places) == where, "not even written again"
    assert other_api.get("/v1/depot/crates").json == listed
    assert others.archived() == 0


def test_numbers_go_on_and_totals_are_right(
    api: Api, rows: Rows, activate: Switch, deactivate: Switch
) -> None:
    def create(name: str, kind: str) -> Any:
        return api.post("/v1/depot/crates", {"name": name, "kind": kind}).data

    for number in range(1, 8):
        kind = "plain" if number % 2 else "fragile"
        assert create(f"c{number}", kind)["number"] == str(number)
    totals = [("", 7), ("kind=plain", 4), ("kind=fragile", 3), ("kind[ne]=plain", 3)]
    listed = [api.get("/v1/depot/crates", query=query).json for query, _ in totals]
    assert [one["meta"]["total"] for one in listed] == [total for _, total in totals]
    deactivate("depot")
    counted = (
        "SELECT coalesce(sum(row_count), 0) FROM core.row_counts WHERE tenant_id = $T"
        " AND table_name = 'depot.crates'"
    )
    assert rows.run(counted) == [(0,)]
    activate("depot")
    assert [api.get("/v1/depot/crates", query=query).json for query, _ in totals] == listed
    assert rows.run(counted) == [(7,)]
    assert create("c8", "plain")["number"] == "8"
    assert api.get("/v1/depot/crates").meta["total"] == 8
    # An identity column of PostgreSQL's own goes on as well.
    ((distinct, total),) = rows.run(
        "SELECT count(DISTINCT serial), count(*) FROM depot.crates WHERE tenant_id = $T"
    )
    assert distinct == total == 8


def test_the_archive_is_compressed_and_says_what_it_holds(
    stored: Rows, deactivate: Switch, installation: Any
) -> None:
    stored.run("UPDATE depot.crates SET note = repeat('long ', 1000) WHERE tenant_id = $T")
    size = "SELECT sum(length(x::text)) FROM depot.crates x WHERE tenant_id = $T"
    ((raw,),) = stored.run(size)
    deactivate("depot")
    chunks = stored.run(
        "SELECT table_name, release, row_count, octet_length(data), checksum = encode("
        "sha256(data), 'hex'), columns, held FROM core.archives WHERE tenant_id = $T"
        " AND module = 'depot' ORDER BY position"
    )
    assert {one[0] for one in chunks} == set(TABLES)
    assert all(one[1] == "1.0.0" and one[4] and not one[6] for one in chunks)
    (crates,) = (one for one in chunks if one[0] == "depot.crates")
    assert crates[2] == 60
    assert crates[3] < raw / 10
    assert "serial" in crates[5]
    assert "doubled" not in crates[5], "it is generated"
