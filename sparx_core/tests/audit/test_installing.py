"""``sparx migrate`` keeps the triggers of audited tables as the declarations say."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from marshmallow import fields
from peewee import PostgresqlDatabase

from sparx_core import ObjectSchema, Text
from sparx_core.audit.sensitivity import is_sensitive
from sparx_core.audit.tables import audited_tables, parent_tables
from sparx_core.db.audit import TRIGGERS, install_audit
from sparx_core.db.migrate import migrate, owner_connection
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, NewTenant, Owner
from sparx_core.testing.contract.rules.audit import _told

from .ledger.declared import accounts

PRESENT = (
    "SELECT tgname::text, tgenabled::text, xmin::text FROM pg_trigger"
    " WHERE tgrelid = %s::regclass AND tgname LIKE 'audit%%' ORDER BY 1"
)


@pytest.fixture
def database(installation: Runtime) -> Iterator[PostgresqlDatabase]:
    with owner_connection(installation.urls.require_owner()) as found:
        yield found


def test_what_is_audited(installation: Runtime) -> None:
    tables = {one.table for one in audited_tables(installation.registry)}
    ledger = {f"ledger.{name}" for name in ("accounts", "postings", "pieces", "answers")}
    assert tables >= ledger | {"core.api_keys", "core.activations"}
    assert not tables & {"core.audit_entries", "core.events", "core.deliveries", "core.counters"}
    assert parent_tables(installation.registry) >= {"ledger.accounts", "ledger.postings"}


def test_nothing_is_made_anew_without_need(installation: Runtime, owner: Owner) -> None:
    before = owner.rows(PRESENT, "ledger.accounts")
    assert [name for name, _, _ in before] == sorted(TRIGGERS)
    migrate(installation.registry, installation.urls)
    assert owner.rows(PRESENT, "ledger.accounts") == before


@pytest.mark.parametrize(
    "broken",
    [
        "ALTER TABLE ledger.accounts DISABLE TRIGGER audit_update",
        "DROP TRIGGER audit_delete ON ledger.accounts",
        "COMMENT ON FUNCTION ledger.audit_accounts() IS 'of another version'",
    ],
)
def test_what_is_missing_comes_back(installation: Runtime, owner: Owner, broken: str) -> None:
    before = owner.rows(PRESENT, "ledger.accounts")
    owner.execute(broken)
    migrate(installation.registry, installation.urls)
    after = owner.rows(PRESENT, "ledger.accounts")
    assert [one[:2] for one in after] == [(name, "O") for name in sorted(TRIGGERS)]
    assert after != before


def test_a_table_that_is_not_audited_any_more(
    installation: Runtime, owner: Owner, database: PostgresqlDatabase
) -> None:
    install_audit(database, [], ["ledger.pieces"])
    assert owner.rows(PRESENT, "ledger.pieces") == []
    install_audit(database, audited_tables(installation.registry), ["ledger.pieces"])
    assert len(owner.rows(PRESENT, "ledger.pieces")) == len(TRIGGERS)


def test_sensitive_is_what_has_something_sensitive_in_it() -> None:
    class Inner(ObjectSchema):
        code = Text(metadata={"sensitive": True})

    class Outer(ObjectSchema):
        sensitive = ("named",)

        plain = Text()
        named = Text()
        sent = Text(load_only=True)
        one = fields.Nested(Inner)
        many = fields.List(fields.Nested(Inner))
        by_name = fields.Dict(values=fields.Nested(Inner))
        itself = fields.Nested(lambda: Outer())

    declared = Outer().fields
    found = {name for name, field in declared.items() if is_sensitive(Outer, field)}
    assert found == {"named", "sent", "one", "many", "by_name", "itself"}


def test_the_rule_for_modules_finds_a_secret(api: Api, tenant: NewTenant, owner: Owner) -> None:
    """Planted in the log: the core itself would not write it."""
    made = api.post(
        "/v1/ledger/accounts", {"name": "one", "currency": "USD", "iban": "DE02 1234 5678"}
    ).data
    stage: Any = SimpleNamespace(owner=owner, home=SimpleNamespace(tenant=tenant))
    assert list(_told(stage, accounts)) == []
    owner.execute(
        "INSERT INTO core.audit_entries (tenant_id, id, action, resource, resource_id, changes,"
        " actor_type) VALUES (%s, gen_random_uuid(), 'updated', 'x', %s, %s, 'system')",
        tenant.tenant_id,
        made["id"],
        '{"note": {"before": null, "after": "DE02 1234 5678"}}',
    )
    assert list(_told(stage, accounts)) == [
        "iban of ledger.accounts is sensitive, and its value is in the log"
    ]
