"""Leads."""

from typing import Any

from peewee import Database, TextField

from sparx_core import (
    MoneyField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    create_tables,
    default,
)


class Lead(TenantModel):
    name = TextField()
    email = TextField(null=True)
    phone = TextField(null=True)
    company = TextField(null=True)
    job_title = TextField(null=True)
    source = TextField(null=True)
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    status = TextField(
        constraints=[
            default("'new'"),
            check("status IN ('new', 'contacted', 'qualified', 'converted', 'disqualified')"),
        ]
    )
    value = MoneyField(null=True, constraints=[check("value >= 0")])
    currency = TextField()
    tags = TextArrayField(constraints=[default("'{}'")])
    notes = TextField(null=True)
    disqualified_reason = TextField(
        null=True,
        constraints=[check("(status = 'disqualified') = (disqualified_reason IS NOT NULL)")],
    )
    contacted_at = TimestampField(null=True)
    qualified_at = TimestampField(null=True)
    disqualified_at = TimestampField(null=True)
    converted_at = TimestampField(
        null=True, constraints=[check("(status = 'converted') = (converted_at IS NOT NULL)")]
    )
    customer = Reference("crm.customers", null=True)
    account = Reference("crm.accounts", null=True)

    class Meta:
        schema = "crm"
        table_name = "leads"
        indexes = ((("email",), False),)


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Lead])
