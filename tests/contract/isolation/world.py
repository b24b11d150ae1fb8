"""Two tenants with rows in every table, and one that turned its modules off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg2

from sparx_core.context import Context
from sparx_core.db.connection import Database
from sparx_core.events.schedules import Schedules
from sparx_core.events.types import Periodic
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, Owner

from .content import publish_something

MODELS = {table: model for table, (_, model) in sorted(Registry.discover().models.items())}
MODULES = {table: module for table, (module, _) in Registry.discover().models.items()}


@dataclass
class World:
    """``mine`` is the attacker's tenant, ``theirs`` what he is after, ``off`` is inactive."""

    runtime: Runtime
    owner: Owner
    mine: NewTenant
    theirs: NewTenant
    off: NewTenant
    rows: dict[tuple[str, UUID], dict[str, Any]] = field(default_factory=dict)
    idle: list[Any] = field(default_factory=list)

    @property
    def tenants(self) -> list[UUID]:
        return [self.mine.tenant_id, self.theirs.tenant_id, self.off.tenant_id]

    def row(self, table: str, tenant: NewTenant) -> dict[str, Any]:
        """A row of a tenant, as JSON."""
        return self.rows[table, tenant.tenant_id]

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """A connection of ``sparx_app``, as good as new."""
        opened = self.idle.pop() if self.idle else psycopg2.connect(self.runtime.urls.app)
        try:
            yield opened
        finally:
            opened.rollback()
            opened.autocommit = True
            with opened.cursor() as cursor:
                cursor.execute("DISCARD ALL")
            opened.autocommit = False
            self.idle.append(opened)


def live(api: Api) -> None:
    """Something in every table of every module."""
    customer = a_customer(api)
    item = {"sku": "S", "name": "N", "quantity": 1, "unitPrice": 1}
    for number in range(2):
        body = {"customerId": customer["id"], "items": [item, item]}
        headers = {"Idempotency-Key": f"{customer['id']}-{number}"}
        assert api.request("POST", "/v1/crm/orders", json=body, headers=headers).status == 201
    send_something(api)
    deal = {"title": "Fleet", "customerId": customer["id"], "items": [item]}
    made = api.post("/v1/crm/deals", deal).data
    assert api.post(f"/v1/crm/deals/{made['id']}/lose", {"reason": "Price"}).status == 200
    quote = api.post("/v1/crm/quotes", {"customerId": customer["id"], "items": [item]}).data
    assert api.post(f"/v1/crm/quotes/{quote['id']}/send").status == 200
    note = {"type": "note", "body": "Called.", "customerId": customer["id"]}
    assert api.post("/v1/crm/activities", note).status == 201
    assert api.post("/v1/crm/tasks", {"title": "Call", "customerId": customer["id"]}).status == 201
    assert api.post("/v1/members", {"name": "Kim"}).status == 201
    assert api.post("/v1/origins", {"origin": "https://shop.example.com"}).status == 201
    declare_something(api, customer)
    merge_something(api, customer)
    publish_something(api)
    assert api.patch("/v1/tenant", {"timezone": "Europe/Stockholm"}).status == 200


def send_something(api: Api) -> None:
    """A payment, a refund, a parcel and a return of an order."""
    order = api.get(f"/v1/crm/orders/{api.get('/v1/crm/orders').data[0]['id']}").data
    about = {"orderId": order["id"]}
    pieces = about | {"items": [{"orderItemId": order["items"][0]["id"], "quantity": 1}]}
    assert api.post("/v1/crm/payments", about | {"amount": 2}).status == 201
    assert api.post("/v1/crm/refunds", pieces).status == 201
    assert api.post(f"/v1/crm/orders/{order['id']}/fulfill", {}).status == 200
    assert api.post("/v1/crm/returns", pieces).status == 201


def merge_something(api: Api, customer: dict[str, Any]) -> None:
    """A lead, a merge with a step, and somebody who was erased."""
    assert api.post("/v1/crm/leads", {"name": "Lead"}).status == 201
    others = [
        api.post("/v1/crm/customers", {"name": name, "email": f"{name}@example.com"}).data
        for name in ("bob", "cid")
    ]
    body = {"primaryId": customer["id"], "duplicateIds": [others[0]["id"]]}
    note = {"type": "note", "body": "Called.", "customerId": others[0]["id"]}
    assert api.post("/v1/crm/activities", note).status == 201
    assert api.post("/v1/crm/customers/merge", body).status == 200
    path = f"/v1/crm/customers/{others[1]['id']}/erase"
    assert api.post(path, {"confirm": True}).status == 200


def a_customer(api: Api) -> dict[str, Any]:
    """A customer with all that belongs to one."""
    more = {"otherEmails": [{"email": "a@x.example"}], "otherPhones": [{"phone": "+14155552671"}]}
    sent = {"name": "Ann", "email": "ann@example.com", **more}
    customer: dict[str, Any] = api.post("/v1/crm/customers", sent).data
    domains = [{"domain": "further.example"}]
    account = api.post("/v1/crm/accounts", {"name": "Lindgren", "otherDomains": domains}).data
    member = {"customerId": customer["id"], "accountId": account["id"]}
    assert api.post("/v1/crm/memberships", member).status == 201
    kind = {"channel": "email", "purpose": "marketing", "source": "api", "state": "granted"}
    assert api.post("/v1/crm/consents", {"customerId": customer["id"], **kind}).status == 201
    return customer


def declare_something(api: Api, customer: dict[str, Any]) -> None:
    """A custom field with a unique value, and a saved view."""
    field = {"resource": "crm.customers", "key": "code", "label": "Code", "type": "text"}
    assert api.post("/v1/custom-fields", {**field, "unique": True}).status == 201
    valued = {"custom": {"code": "A1"}}
    assert api.patch(f"/v1/crm/customers/{customer['id']}", valued).status == 200
    view = {"resource": "crm.customers", "name": "All", "query": {}}
    assert api.post("/v1/views", view).status == 201


def segment_something(api: Api, owner: Owner, tenant: NewTenant) -> None:
    """A segment that is recomputed, with a member as a worker makes one."""
    rules = {"kind": "predicate", "field": "customer.name", "op": "is_not_null"}
    segment = api.post("/v1/crm/segments", {"name": "All", "rules": rules}).data
    owner.execute(
        "INSERT INTO crm.segment_members (tenant_id, id, segment_id, customer_id, entered_at)"
        " SELECT tenant_id, gen_random_uuid(), %s, id, now() FROM crm.customers"
        " WHERE tenant_id = %s LIMIT 1",
        segment["id"],
        tenant.tenant_id,
    )


def count_a_call(runtime: Runtime, owner: Owner, tenant: NewTenant) -> None:
    """A call of something that is deprecated: nothing that is installed is."""
    keys = "SELECT id FROM core.api_keys WHERE tenant_id = %s LIMIT 1"
    ((key,),) = owner.rows(keys, tenant.tenant_id)
    runtime.deprecated_calls.note(tenant.slug, str(key), "crm.orders.list", ["operation:none"])
    runtime.deprecated_calls.flush()


def import_something(api: Api, owner: Owner, tenant: NewTenant) -> None:
    """A job with its file, and what a worker notes of the rows of one."""
    body, headers = b"name\r\nAnn\r\n", {"Content-Type": "text/csv"}
    answer = api.request("POST", "/v1/crm/customers/import", body=body, headers=headers)
    for noted in (
        "job_errors (tenant_id, id, job_id, line, place, field, code, message)"
        " VALUES (%s, gen_random_uuid(), %s, 2, 0, 'name', 'x', 'x')",
        "job_rows (tenant_id, id, job_id, step, row_id, created, after_version)"
        " VALUES (%s, gen_random_uuid(), %s, 1, gen_random_uuid(), true, 1)",
    ):
        owner.execute(f"INSERT INTO core.{noted}", tenant.tenant_id, answer.data["id"])


def subscribe_to_something(api: Api, owner: Owner, tenant: NewTenant) -> None:
    """A webhook subscription with something to send, and what a worker notes of an attempt."""
    made = api.post(
        "/v1/webhooks/subscriptions", {"url": "https://hooks.example.com/", "events": ["order.*"]}
    )
    sent = api.post(f"/v1/webhooks/subscriptions/{made.data['id']}/test")
    owner.execute(
        "INSERT INTO core.webhook_attempts (tenant_id, id, delivery_id, subscription_id,"
        " event_type, number, started_at, milliseconds, request_headers)"
        " VALUES (%s, gen_random_uuid(), %s, %s, 'webhook.test', 1, now(), 1, '[]')",
        tenant.tenant_id,
        sent.data["deliveryId"],
        made.data["id"],
    )


def let_agents_work(api: Api, owner: Owner, tenant: NewTenant) -> None:
    """What agents may do, and a call and a plan as their tools leave them."""
    key = api.get("/v1/keys").data[0]["id"]
    assert api.patch("/v1/ai/settings", {"writesPerHour": 10}).status == 200
    assert api.post("/v1/ai/keys", {"keyId": key, "readOnly": True}).status == 201
    for noted in (
        "calls (tenant_id, id, key_id, key_name, tool, risk, arguments_hash, outcome)"
        " VALUES (%s, gen_random_uuid(), %s, 'Agent', 'crm_list', 'read', 'x', 'done')",
        "plans (tenant_id, id, key_id, operation, arguments_hash, changes_hash, secret, expires_at)"
        " VALUES (%s, gen_random_uuid(), %s, 'crm.orders.refund', 'x', 'x', 'x', now())",
    ):
        owner.execute(f"INSERT INTO ai.{noted}", tenant.tenant_id, key)


def _nothing(ctx: Context) -> None:
    """Periodic work that there is none of."""


def plan_periodic_work(runtime: Runtime) -> None:
    """A schedule in every tenant, as a worker makes them."""
    dispatch = Database(runtime.urls.dispatch)
    Schedules(dispatch, [Periodic(_nothing, 60, "crm")]).plan()
    dispatch.close()


def archive_something(owner: Owner, tenant: NewTenant) -> None:
    """Something in the archive of the crm: what a worker could not restore stays there."""
    owner.execute(
        "INSERT INTO core.archives (tenant_id, id, module, release, table_name, columns, position,"
        " row_count, data, checksum, held)"
        " VALUES (%s, gen_random_uuid(), 'crm', '1', 'crm.customers', '{id}', 1, 1, 'x', 'x',"
        " true)",
        tenant.tenant_id,
    )


def switch_off(api: Api) -> None:
    for module in reversed(api.get("/v1/modules").data):
        assert api.post(f"/v1/modules/{module['key']}/deactivate").status == 200
