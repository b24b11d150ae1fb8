"""The module that the page of the hooks prints does what the page says."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparx_core import hookspecs
from sparx_core.modules import Installed
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, DatabaseServer, DeliveryRun, TenantMaker, open_installation

PAGE = Path(__file__).parents[2] / "docs" / "hooks.md"
MIGRATION = """
from sparx_core import create_tables
from sparx_visits.plugin import Visit


def up(migrator, db):
    create_tables(db, [Visit])
"""
HOOKS = [name for name in vars(hookspecs) if name.startswith("sparx_")]


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def installation(
    page: str, database_server: DatabaseServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Runtime]:
    """The CRM, and the module as it is printed."""
    folder = tmp_path_factory.mktemp("visits")
    package = folder / "sparx_visits"
    (package / "migrations").mkdir(parents=True)
    (package / "__init__.py").touch()
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (package / "plugin.py").write_text("\n\n".join(blocks))
    (package / "migrations" / "0001_visits.py").write_text(MIGRATION)
    sys.path.insert(0, str(folder))
    try:
        module = importlib.import_module("sparx_visits.plugin").module
        there = Registry.discover().modules
        installed = [there["core"], there["crm"], Installed(module, "sparx-visits", "1.0.0")]
        with open_installation(database_server, Registry(installed)) as runtime:
            yield runtime
    finally:
        sys.path.remove(str(folder))
        for name in [one for one in sys.modules if one.startswith("sparx_visits")]:
            del sys.modules[name]


def test_every_hook_is_implemented(page: str, installation: Runtime) -> None:
    plugin = sys.modules["sparx_visits.plugin"]
    for name in HOOKS:
        assert hasattr(plugin, name), name
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert "\nCalled " in section, f"{name}: when is it called?"
        assert f"<!-- generated: hook:{name} -->" in section
        assert f"\ndef {name}(" in section
    assert not installation.registry.quarantined


def test_module_does_what_the_page_says(api: Api, run_events: DeliveryRun) -> None:
    customer = api.post("/v1/crm/customers", {"name": "Ann"}).data
    assert customer["visitCount"] == 0
    path = f"/v1/crm/customers/{customer['id']}"
    run_events()
    assert api.get(path).data["visitCount"] == 1
    item = {"sku": "S1", "name": "Mug", "quantity": 1, "unitPrice": 5}
    order = {"customerId": customer["id"], "items": [item]}
    assert api.post("/v1/crm/orders", order).status == 201
    came = {"customerId": customer["id"], "purpose": "thrown out"}
    thrown_out = api.post("/v1/visits/visits", came).data["id"]
    assert api.post("/v1/crm/orders", order).error["code"] == "visitor_banned"
    assert api.delete(f"/v1/visits/visits/{thrown_out}").status == 200
    assert api.get("/v1/visits/board").text == "1 visits"
    for purpose in ("delivery", "overnight"):
        made = api.post("/v1/visits/visits", {"customerId": customer["id"], "purpose": purpose})
        assert made.status == 201
    run_events()
    assert run_events.periodic("visits.forget_deliveries") == 1
    assert {one["purpose"] for one in api.get("/v1/visits/visits").data} == {"first", "overnight"}
    stays = api.post("/v1/modules/visits/deactivate")
    assert (stays.status, stays.error["message"]) == (409, "Somebody is still here.")
    (overnight,) = api.get("/v1/visits/visits", params={"q": "overnight"}).data
    assert api.post(f"/v1/visits/visits/{overnight['id']}/leave").status == 200
    run_events()
    assert api.get(f"/v1/visits/visits/{overnight['id']}").status == 200
    run_events.make_due()
    run_events()
    assert api.get(f"/v1/visits/visits/{overnight['id']}").status == 404
    assert api.post("/v1/modules/visits/deactivate").status == 200
    run_events()
    assert "visitCount" not in api.get(path).data


def test_a_job_is_done_as_it_says(api: Api, run_events: DeliveryRun) -> None:
    customer = api.post("/v1/crm/customers", {"name": "Ann"}).data
    run_events()
    made = [
        api.post("/v1/visits/visits", {"customerId": customer["id"], "purpose": purpose}).data
        for purpose in ("tour", "tour", "talk")
    ]
    assert api.post(f"/v1/visits/visits/{made[0]['id']}/clear").status == 200
    run_events()
    assert {one["purpose"] for one in api.get("/v1/visits/visits").data} == {"first", "talk"}
    (job,) = api.get("/v1/jobs", params={"kind": "visits.clear"}).data
    assert (job["state"], job["rowsSucceeded"]) == ("succeeded", 2)


def test_activation_is_refused_as_it_says(anonymous: Api, new_tenant: TenantMaker) -> None:
    api = anonymous.with_key(new_tenant(currency="JPY", modules=["crm"]).api_key)
    answer = api.post("/v1/modules/visits/activate")
    assert (answer.status, answer.error["code"]) == (409, "conflict")
