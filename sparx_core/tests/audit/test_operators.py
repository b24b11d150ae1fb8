"""What operators do is recorded as the system's: they have no key of their own."""

from __future__ import annotations

from typing import Any

from sparx_core.activation.operations import deactivate_module
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant, as_operator, create_tenant
from sparx_core.testing import Api, Owner

from .conftest import Log

OPERATOR = {"type": "system", "id": None, "name": "operator"}


def test_a_new_tenant(installation: Runtime, anonymous: Api) -> None:
    made = create_tenant(installation, "recorded", modules=["ledger"])
    entries = Log(anonymous.with_key(made.api_key)).all()
    assert [(one["action"], one["resource"], one["operation"]) for one in entries] == [
        ("created", "core.keys", None),
        ("created", "core.keys", None),
        ("created", "core.activations", "core.modules.activate"),
        *[("updated", "core.activations", "core.modules.activate")] * (len(entries) - 4),
        ("deleted", "core.keys", None),
    ]
    assert all(one["actor"] == OPERATOR for one in entries)
    assert entries[0]["changes"]["name"]["after"] == "first key"


def test_a_command(installation: Runtime, tenant: NewTenant, log: Log) -> None:
    function: Any = deactivate_module.function
    with as_operator(installation, tenant.slug, operation="core.modules.deactivate") as ctx:
        function(ctx, key="ledger")
    entry = log.all(resource="core.activations")[-1]
    assert (entry["actor"], entry["operation"]) == (OPERATOR, "core.modules.deactivate")


def test_events_of_a_command_name_the_system(
    installation: Runtime, tenant: NewTenant, owner: Owner
) -> None:
    function: Any = deactivate_module.function
    with as_operator(installation, tenant.slug) as ctx:
        function(ctx, key="ledger")
    told = owner.rows(
        "SELECT actor FROM core.events WHERE tenant_id = %s ORDER BY position DESC LIMIT 1",
        tenant.tenant_id,
    )
    assert told == [("system:operator",)]


def test_a_name_makes_no_operator(api: Api, anonymous: Api) -> None:
    """A key that calls itself as the operator's do acts as a key."""
    made = api.post("/v1/keys", {"name": "operator command", "scopes": ["*"]}).data
    maker = anonymous.with_key(made["key"])
    maker.post("/v1/keys", {"name": "by it", "scopes": ["read:core"]})
    entry = Log(api).all(resource="core.keys")[-1]
    assert entry["actor"] == {"type": "key", "id": made["id"], "name": "operator command"}


def test_using_a_key_is_no_change(api: Api, installation: Runtime, log: Log, owner: Owner) -> None:
    before = log.all()
    installation.key_usage.flush()
    assert owner.value(
        "SELECT last_used_at IS NOT NULL FROM core.api_keys WHERE id = %s",
        api.get("/v1/me").data["actor"]["id"],
    )
    assert log.all() == before


def test_sql_of_the_owner(api: Api, log: Log, owner: Owner, tenant: NewTenant) -> None:
    made = api.post("/v1/ledger/accounts", {"name": "one", "currency": "USD"}).data
    owner.execute("UPDATE ledger.accounts SET name = 'mended' WHERE id = %s", made["id"])
    entry = log.of(made)[-1]
    assert (entry["actor"], entry["operation"], entry["requestId"]) == (OPERATOR, None, None)
    assert entry["changes"] == {"name": {"before": "one", "after": "mended"}}
