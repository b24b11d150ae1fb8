"""A module that was upgraded, or downgraded, while its rows were in the archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .conftest import Place, registry
from .depot import declared
from .test_exact import store_crates

Open = Callable[..., Any]


def archived(place: Place, crates: int = 5) -> dict[str, str]:
    """Rows that were archived by version 1.0.0; their hashes."""
    store_crates(place.rows, crates)
    before = place.rows.fingerprints("depot.crates")["depot.crates"]
    assert place.switch("deactivate")["state"] == "inactive"
    return before


def upgrade(place: Place, sql: str = "", **hooks: Any) -> None:
    if sql:
        place.owner.execute(sql)
    place.serve(registry(declared.YARD, declared.depot("2.0.0", **hooks)))


def test_columns_that_are_gone_are_told_and_new_ones_have_their_default(open_place: Open) -> None:
    with open_place() as place:
        archived(place)
        upgrade(
            place,
            "ALTER TABLE depot.crates DROP COLUMN note, DROP COLUMN tags,"
            " ADD COLUMN shelf text NOT NULL DEFAULT 'top', ADD COLUMN hint text",
        )
        shown = place.switch("activate")
        assert shown["state"] == "active"
        assert sorted(shown["restored"].pop("columns")) == [
            "depot.crates.note",
            "depot.crates.tags",
        ]
        assert shown["restored"] == {"rows": 5, "cleared": 0, "dropped": 0, "held": 0}
        kept = "SELECT DISTINCT shelf, hint FROM depot.crates WHERE tenant_id = $T"
        assert place.rows.run(kept) == [("top", None)]


def test_types_that_changed_take_the_values_that_fit(open_place: Open) -> None:
    with open_place() as place:
        archived(place)
        names = (
            "SELECT string_agg(name, ',' ORDER BY number) FROM depot.crates WHERE tenant_id = $T"
        )
        upgrade(
            place,
            "ALTER TABLE depot.crates ALTER COLUMN small TYPE text,"
            " ALTER COLUMN name TYPE varchar(200), ALTER COLUMN count TYPE numeric(30, 2)"
            ", DROP COLUMN doubled",
        )
        assert place.switch("activate")["state"] == "active"
        assert place.rows.run(names)[0][0].startswith("one-0,")
        counts = "SELECT count::text FROM depot.crates WHERE tenant_id = $T ORDER BY number LIMIT 1"
        assert place.rows.run(counts) == [("9007199254740993.00",)]


@pytest.mark.parametrize(
    ("broken", "mended", "told"),
    [
        (
            "ALTER TABLE depot.crates ADD COLUMN shelf text NOT NULL",
            "ALTER TABLE depot.crates ALTER COLUMN shelf SET DEFAULT 'top'",
            "depot.crates.shelf must have a value, and rows that version 1.0.0 archived have none",
        ),
        (
            "ALTER TABLE depot.crates ALTER COLUMN name TYPE varchar(3)",
            "ALTER TABLE depot.crates ALTER COLUMN name TYPE text",
            "rows of depot.crates that version 1.0.0 archived do not fit: value too long",
        ),
        (
            "ALTER TABLE depot.crates ADD CONSTRAINT small CHECK (number < 3)",
            "ALTER TABLE depot.crates DROP CONSTRAINT small",
            "rows of depot.crates that version 1.0.0 archived do not fit: new row",
        ),
        (
            "ALTER TABLE depot.crates RENAME TO boxes",
            "ALTER TABLE depot.boxes RENAME TO crates",
            "the table depot.crates is gone, and version 1.0.0 archived rows of it",
        ),
    ],
)
def test_what_does_not_fit_waits_until_it_does(
    open_place: Open, broken: str, mended: str, told: str
) -> None:
    with open_place() as place:
        before = archived(place)
        upgrade(place, broken)
        for attempt in (1, 2):
            shown = place.switch("activate")
            assert (shown["state"], shown["archivedRows"]) == ("activating", 5)
            progress = shown["progress"]
            assert progress["error"].startswith(told), progress
            assert (progress["rowsDone"], progress["attempts"]) == (0, attempt)
            assert "depot" not in place.api.get("/v1/me").data["modules"]
            assert place.rows.archived() == 5
        place.owner.execute(mended)
        assert place.switch("activate")["state"] == "active"
        same = "RENAME" in broken or "CONSTRAINT" in broken or "TYPE" in broken
        after = place.rows.fingerprints("depot.crates")["depot.crates"]
        assert after.keys() == before.keys()
        assert not same or after == before
        assert place.rows.archived() == 0


def test_the_worker_tries_again_by_itself(open_place: Open) -> None:
    with open_place() as place:
        archived(place)
        upgrade(place, "ALTER TABLE depot.crates ADD COLUMN shelf text NOT NULL")
        assert place.switch("activate")["state"] == "activating"
        place.run_events.make_due()
        place.run_events.finish_modules()
        assert place.api.get("/v1/modules/depot").data["progress"]["attempts"] == 2
        place.owner.execute("ALTER TABLE depot.crates ALTER COLUMN shelf SET DEFAULT 'top'")
        place.run_events.make_due()
        place.run_events.finish_modules()
        shown = place.api.get("/v1/modules/depot").data
        assert (shown["state"], shown["progress"]) == ("active", None)


def test_a_module_that_cannot_come_back_may_go_off_again(open_place: Open) -> None:
    with open_place() as place:
        archived(place)
        upgrade(place, "ALTER TABLE depot.crates ADD COLUMN shelf text NOT NULL")
        assert place.switch("activate")["state"] == "activating"
        shown = place.switch("deactivate")
        assert (shown["state"], shown["archivedRows"]) == ("inactive", 5)
        place.run_events.make_due()
        place.run_events.finish_modules()
        assert place.api.get("/v1/modules/depot").data["state"] == "inactive"
        assert declared.control.called == ["activate", "deactivate"], "it was never on"


# -- sparx_restore -----------------------------------------------------------------------------


def test_the_hook_adapts_rows_of_another_version(open_place: Open) -> None:
    called: list[tuple[str, str, int]] = []

    def restore(ctx: Any, table: str, rows: list[Any], version: str) -> list[Any]:
        called.append((table, version, len(rows)))
        return [{**row, "shelf": f"of {row['name']}", "count": 7} for row in rows]

    with open_place() as place:
        archived(place)
        upgrade(
            place,
            "ALTER TABLE depot.crates ADD COLUMN shelf text NOT NULL",
            sparx_restore=restore,
        )
        assert place.switch("activate")["state"] == "active"
        assert called == [("depot.crates", "1.0.0", 5)]
        adapted = (
            "SELECT DISTINCT shelf = 'of ' || name, count FROM depot.crates WHERE tenant_id = $T"
        )
        assert place.rows.run(adapted) == [(True, 7)]
        # Of its own version there is nothing to adapt.
        place.switch("deactivate")
        place.switch("activate")
        assert len(called) == 1


def test_the_hook_may_drop_rows_and_write_others(open_place: Open) -> None:
    def restore(ctx: Any, table: str, rows: list[Any], version: str) -> list[Any]:
        ctx.insert(declared.Yard(name=f"{len(rows)} rows of {table}"))
        return []

    with open_place() as place:
        archived(place)
        upgrade(place, "DROP TABLE depot.crates CASCADE", sparx_restore=restore)
        shown = place.switch("activate")
        assert shown["state"] == "active", shown
        assert place.rows.run("SELECT name FROM yard.yards WHERE tenant_id = $T") == [
            ("5 rows of depot.crates",)
        ]
        assert place.rows.archived() == 0


def test_a_hook_that_fails_loses_nothing(open_place: Open) -> None:
    def restore(ctx: Any, table: str, rows: list[Any], version: str) -> list[Any]:
        ctx.insert(declared.Yard(name="must not stay"))
        raise RuntimeError("broken")

    with open_place() as place:
        before = archived(place)
        upgrade(place, sparx_restore=restore)
        shown = place.switch("activate")
        assert shown["state"] == "activating"
        assert shown["progress"]["error"] == "sparx_restore of depot: broken"
        assert place.rows.count("yard.yards") == 0
        upgrade(place)
        assert place.switch("activate")["state"] == "active"
        assert place.rows.fingerprints("depot.crates")["depot.crates"] == before


def test_an_archive_that_was_changed_is_not_restored(open_place: Open) -> None:
    with open_place() as place:
        before = archived(place)
        change = "UPDATE core.archives SET data = set_byte(data, 20, get_byte(data, 20) # 1)"
        place.owner.execute(change)
        shown = place.switch("activate")
        assert shown["state"] == "activating"
        assert "the archive of depot.crates is damaged" in shown["progress"]["error"]
        assert place.rows.count() == 0
        place.owner.execute(change)
        assert place.switch("activate")["state"] == "active"
        assert place.rows.fingerprints("depot.crates")["depot.crates"] == before
