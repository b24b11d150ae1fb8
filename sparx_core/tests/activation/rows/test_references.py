"""Rows that refer to something which was deleted while their module was off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from sparx_core.testing import Api, DeliveryRun, Owner

from .conftest import Rows

Switch = Callable[..., None]


class Made:
    """Makes rows by name, and finds their ids again."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.ids: dict[str, str] = {}

    def __call__(self, table: str, called: str, **columns: Any) -> str:
        row_id = self.ids[called] = str(uuid4())
        values = {"id": row_id, **columns}
        self.rows.run(
            f"INSERT INTO {table} (tenant_id, {', '.join(values)})"
            f" VALUES ($T, {', '.join(['%s'] * len(values))})",
            *values.values(),
        )
        return row_id

    def left(self, table: str, column: str = "id") -> dict[str, str | None]:
        """The rows that are in a table, by name: what a column of each holds, by name too."""
        names = {row_id: name for name, row_id in self.ids.items()}
        found = self.rows.run(f"SELECT id::text, {column}::text FROM {table} WHERE tenant_id = $T")
        return {names[row_id]: names.get(value, value) for row_id, value in found}


@pytest.fixture
def made(rows: Rows) -> Made:
    make = Made(rows)
    for name in ("kept", "gone"):
        make("yard.yards", name, name=name)
    return make


def delete_yard(api: Api, made: Made, name: str = "gone") -> None:
    assert api.delete(f"/v1/yard/yards/{made.ids[name]}").status == 200


def restored(api: Api) -> Any:
    return api.get("/v1/modules/depot").data["restored"]


def told(owner: Owner, rows: Rows, event: str) -> Any:
    """The payload of the last event of a kind."""
    return rows.run(
        "SELECT data FROM core.events WHERE tenant_id = $T AND type = %s"
        " ORDER BY position DESC LIMIT 1",
        event,
    )[0][0]


def test_a_reference_that_may_be_null_becomes_null(
    api: Api, made: Made, rows: Rows, owner: Owner, activate: Switch, deactivate: Switch
) -> None:
    """Whether its key says SET NULL, or merely that it may be."""
    gone, kept = made.ids["gone"], made.ids["kept"]
    made("depot.tickets", "a", place=1, yard_id=gone, spare_id=gone)
    made("depot.tickets", "b", place=2, yard_id=kept, spare_id=gone)
    made("depot.tickets", "c", place=3, yard_id=kept, spare_id=kept)
    before = rows.fingerprints("depot.tickets")["depot.tickets"]
    deactivate("depot")
    delete_yard(api, made)
    activate("depot")
    assert made.left("depot.tickets", "yard_id") == {"a": None, "b": "kept", "c": "kept"}
    assert made.left("depot.tickets", "spare_id") == {"a": None, "b": None, "c": "kept"}
    after = rows.fingerprints("depot.tickets")["depot.tickets"]
    assert after[made.ids["c"]] == before[made.ids["c"]]
    result = {"rows": 3, "cleared": 3, "dropped": 0, "held": 0, "columns": []}
    assert restored(api) == result
    payload = told(owner, rows, "module.activated")
    assert (payload["module"], payload["state"], payload["archivedRows"]) == ("depot", "active", 0)
    assert payload["restored"] == result


def test_a_row_that_goes_with_its_target_is_dropped_with_what_goes_with_it(
    api: Api, made: Made, activate: Switch, deactivate: Switch
) -> None:
    for name in ("gone", "kept"):
        gate = made("depot.gates", f"gate of {name}", name="g", yard_id=made.ids[name])
        made("depot.locks", f"lock of {name}", gate_id=gate)
    deactivate("depot")
    delete_yard(api, made)
    activate("depot")
    assert set(made.left("depot.gates")) == {"gate of kept"}
    assert set(made.left("depot.locks")) == {"lock of kept"}
    assert restored(api) == {"rows": 2, "cleared": 0, "dropped": 2, "held": 0, "columns": []}


def test_any_other_row_is_held_with_what_refers_to_it(
    api: Api, made: Made, rows: Rows, activate: Switch, deactivate: Switch
) -> None:
    lost = made("depot.deposits", "lost", name="d", yard_id=made.ids["gone"])
    made("depot.deposits", "later", name="d", yard_id=made.ids["kept"], earlier_id=lost)
    fine = made("depot.deposits", "fine", name="d", yard_id=made.ids["kept"])
    for name, deposit in (("r1", lost), ("r2", fine)):
        made("depot.receipts", name, deposit_id=deposit)
    before = rows.fingerprints("depot.deposits", "depot.receipts")
    deactivate("depot")
    delete_yard(api, made)
    activate("depot")
    # The module is on, without these: nothing fails, and nothing is lost.
    assert api.get("/v1/depot/crates").status == 200
    assert set(made.left("depot.deposits")) == {"fine"}
    assert set(made.left("depot.receipts")) == {"r2"}
    assert restored(api) == {"rows": 2, "cleared": 0, "dropped": 0, "held": 3, "columns": []}
    shown = api.get("/v1/modules/depot").data
    assert (shown["state"], shown["archivedRows"]) == ("active", 3)
    assert rows.archived() == 3

    # Off and on again: they stay where they are, beside what comes and goes.
    for _ in range(2):
        deactivate("depot")
        assert rows.archived() == 5
        activate("depot")
        assert rows.archived() == 3
        assert restored(api) == {"rows": 2, "cleared": 0, "dropped": 0, "held": 3, "columns": []}

    # And come back as they were when what they refer to is there again.
    deactivate("depot")
    rows.run("INSERT INTO yard.yards (tenant_id, id, name) VALUES ($T, %s, 'x')", made.ids["gone"])
    activate("depot")
    assert rows.fingerprints("depot.deposits", "depot.receipts") == before
    assert restored(api) == {"rows": 5, "cleared": 0, "dropped": 0, "held": 0, "columns": []}
    assert rows.archived() == 0


def test_a_held_row_whose_own_target_was_deleted_meanwhile(
    api: Api, made: Made, rows: Rows, activate: Switch, deactivate: Switch
) -> None:
    """It was held for one reference, and loses another while the module is on."""
    fine = made("depot.deposits", "fine", name="d", yard_id=made.ids["kept"])
    made("depot.deposits", "lost", name="d", yard_id=made.ids["gone"], earlier_id=fine)
    deactivate("depot")
    delete_yard(api, made)
    activate("depot")
    assert restored(api)["held"] == 1
    rows.run("DELETE FROM depot.deposits WHERE tenant_id = $T")
    deactivate("depot")
    rows.run("INSERT INTO yard.yards (tenant_id, id, name) VALUES ($T, %s, 'x')", made.ids["gone"])
    activate("depot")
    assert made.left("depot.deposits", "earlier_id") == {"lost": None}
    assert restored(api) == {"rows": 1, "cleared": 1, "dropped": 0, "held": 0, "columns": []}


def test_all_kinds_at_once_in_several_chunks(
    api: Api,
    made: Made,
    rows: Rows,
    activate: Switch,
    deactivate: Switch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("archive", "chunks"):
        monkeypatch.setattr(f"sparx_core.activation.{name}.CHUNK_ROWS", 7)
    yards = [made("yard.yards", f"y{number}", name="y") for number in range(20)]
    for number, yard in enumerate(yards):
        made("depot.tickets", f"t{number}", place=number, yard_id=yard)
        gate = made("depot.gates", f"g{number}", name="g", yard_id=yard)
        made("depot.locks", f"l{number}", gate_id=gate)
        made("depot.deposits", f"d{number}", name="d", yard_id=yard)
    deactivate("depot")
    assert len(rows.run("SELECT 1 FROM core.archives WHERE tenant_id = $T")) == 12
    for number in range(0, 20, 4):
        delete_yard(api, made, f"y{number}")
    activate("depot")
    remaining = [number for number in range(20) if number % 4]
    assert set(made.left("depot.gates")) == {f"g{number}" for number in remaining}
    assert set(made.left("depot.locks")) == {f"l{number}" for number in remaining}
    assert set(made.left("depot.deposits")) == {f"d{number}" for number in remaining}
    assert made.left("depot.tickets", "yard_id") == {
        f"t{number}": f"y{number}" if number in remaining else None for number in range(20)
    }
    assert restored(api) == {"rows": 65, "cleared": 5, "dropped": 10, "held": 5, "columns": []}
    assert rows.archived() == 5


def test_rows_that_a_request_left_behind_go_before_what_they_refer_to(
    api: Api, made: Made, rows: Rows, run_events: DeliveryRun, activate: Switch
) -> None:
    """A cascade would take them along, and nobody could bring them back."""
    assert api.post("/v1/modules/depot/deactivate").data["state"] == "inactive", "it had none"
    made("depot.gates", "late", name="g", yard_id=made.ids["kept"])
    assert api.post("/v1/modules/yard/deactivate").data["state"] == "deactivating"
    ((delivery,),) = rows.run(
        "SELECT d.id::text FROM core.deliveries d JOIN core.activations a ON a.id = d.aggregate_id"
        " WHERE d.tenant_id = $T AND a.module = 'yard' AND d.handler = 'core.archive_module'"
    )
    run_events.dispatcher.deliver([f"{rows.tenant}/{delivery}"])
    progress = api.get("/v1/modules/yard").data["progress"]
    assert progress["error"] == "depot must be put away first"
    run_events.finish_modules()
    assert rows.count("yard.yards", "depot.gates") == 0
    assert rows.archived() == 3
    activate("depot")
    assert made.left("depot.gates", "yard_id") == {"late": "kept"}
