"""A module that was uninstalled while tenants use it: its rows wait behind the wall."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from peewee import TextField

from sparx_core import Resource, ResourceSchema, TenantModel, Text
from sparx_core.events.fairness import FairQueue
from sparx_core.events.sweeper import Sweeper
from sparx_core.tenants import list_tenants

from .conftest import registry
from .depot import declared
from .test_exact import store_crates, store_others

Open = Callable[..., Any]


def test_other_modules_serve_and_its_deliveries_wait(open_place: Open) -> None:
    with open_place() as place:
        yard = place.api.post("/v1/yard/yards", {"name": "y"})
        assert yard.status in (201, 405)
        crate = place.api.post("/v1/depot/crates", {"name": "c"}).data
        store_others(place.rows)
        before = place.rows.fingerprints()
        listed = place.api.get("/v1/depot/crates").json

        place.serve(registry(declared.YARD))
        assert place.api.get("/v1/depot/crates").status == 404
        assert place.api.get("/v1/yard/yards").status == 200
        assert [one["key"] for one in place.api.get("/v1/modules").data] == ["yard"]
        assert place.api.get("/v1/me").data["modules"] == ["depot", "yard"]
        for verb in ("activate", "deactivate"):
            assert place.api.post(f"/v1/modules/depot/{verb}").status == 404
        place.run_events()
        assert place.run_events.states() == {"blocked": 1}
        assert place.rows.fingerprints() == before
        assert [row.modules for row in list_tenants(place.served[-1])] == [["depot", "yard"]]

        # What its rows refer to cannot go before it: a cascade would take them along.
        answer = place.api.post("/v1/modules/yard/deactivate")
        assert (answer.status, answer.error["details"]) == (409, {"requiredBy": ["depot"]})
        assert "Not installed here: depot." in answer.error["message"]

        place.serve(registry())
        assert place.api.get("/v1/depot/crates").json == listed
        serving = place.served[-1]
        Sweeper(serving, place.run_events.database, serving.doorbell, FairQueue(1)).unblock()
        assert place.run_events() == 1
        assert [str(event.aggregate_id) for event in declared.control.handled] == [crate["id"]]


def test_one_that_was_on_its_way_goes_on_when_it_is_back(open_place: Open) -> None:
    with open_place() as place:
        store_crates(place.rows, 5)
        before = place.rows.fingerprints()
        assert place.api.post("/v1/modules/depot/deactivate").status == 200
        place.serve(registry(declared.YARD))
        place.run_events.finish_modules()
        assert place.run_events.states()["retry"] == 1
        assert place.rows.fingerprints() == before
        # Nobody can archive its rows meanwhile, so what they refer to stays.
        assert place.api.post("/v1/modules/yard/deactivate").status == 409
        place.serve(registry())
        place.run_events.make_due()
        place.run_events.finish_modules()
        assert place.api.get("/v1/modules/depot").data["state"] == "inactive"
        assert place.switch("activate")["state"] == "active"
        assert place.rows.fingerprints() == before


def test_its_archive_waits_as_well(open_place: Open) -> None:
    with open_place() as place:
        store_crates(place.rows, 5)
        before = place.rows.fingerprints()
        place.switch("deactivate")
        place.serve(registry(declared.YARD))
        assert place.switch("deactivate", "yard")["state"] == "inactive"
        assert place.rows.archived() == 5
        place.serve(registry())
        assert place.switch("activate")["state"] == "active"
        assert place.rows.fingerprints() == before


# -- tables that rows cannot be taken out of ---------------------------------------------------


class Entry(TenantModel):
    """What is only ever added."""

    text = TextField()

    class Meta:
        schema = "depot"
        table_name = "entries"
        grants = "SELECT, INSERT"


class EntrySchema(ResourceSchema):
    text = Text(required=True)


ENTRIES = "CREATE TABLE depot.entries (LIKE depot.labels INCLUDING ALL)"
ALTER = (
    "ALTER TABLE depot.entries DROP COLUMN crate_id, ADD CONSTRAINT entries_tenant_key"
    " UNIQUE (tenant_id, id)"
)


def test_rows_that_can_only_be_added_stay_behind_the_gate(open_place: Open) -> None:
    entries = Resource("entries", Entry, EntrySchema)
    entries.derive(created=declared.CrateCreated)
    with open_place() as place:
        place.owner.execute(f"SET ROLE sparx_owner; {ENTRIES}; {ALTER}; RESET ROLE")
        changed = declared.depot(
            sparx_models=lambda: [*declared.MODELS, Entry],
            sparx_resources=lambda: [declared.crates, entries],
        )
        modules = registry(declared.YARD, changed)
        from sparx_core.db.migrate import migrate

        migrate(modules, place.runtime.urls)
        place.serve(modules)
        place.rows.run(
            "INSERT INTO depot.entries (tenant_id, id, text) VALUES ($T, gen_random_uuid(), 'e')"
        )
        store_crates(place.rows, 3)
        tables = ("depot.entries", "depot.crates")
        before = place.rows.fingerprints(*tables)
        answer = place.api.post("/v1/modules/depot/deactivate", {"purge": True})
        assert (answer.status, answer.error["code"]) == (409, "conflict")
        assert "depot.entries" in answer.error["message"]
        shown = place.switch("deactivate")
        assert (shown["state"], shown["archivedRows"]) == ("inactive", 0)
        assert place.api.get("/v1/depot/entries").error["code"] == "module_disabled"
        assert place.rows.fingerprints(*tables) == before
        assert place.switch("activate")["state"] == "active"
        assert place.api.get("/v1/depot/entries").meta["total"] == 1
