"""Pipelines with their stages, deals with their items and history, reasons for losing."""

from typing import Any

from peewee import BooleanField, Database, DateField, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    UnitPriceField,
    check,
    create_tables,
    default,
)

#: What declarations do not say: (table, constraint, its definition).
_FURTHER = (
    # One default pipeline a tenant.
    ("crm.pipelines", "pipelines_default_excl",
     "EXCLUDE USING btree (tenant_id WITH =) WHERE (is_default)"),
    # A deal's stage is one of its pipeline, and of the kind that its status says. Whoever changes
    # the kind of a stage waits for those who move deals into it, and the other way round.
    ("crm.deals", "deals_stage_of_pipeline_fkey",
     "FOREIGN KEY (tenant_id, pipeline_id, stage_id, status)"
     " REFERENCES crm.stages (tenant_id, pipeline_id, id, kind)"
     " ON DELETE RESTRICT ON UPDATE RESTRICT"),
)  # fmt: skip
_HAS = "SELECT FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"


class Pipeline(TenantModel):
    name = TextField()
    position = IntegerField(constraints=[check("position >= 0")])
    is_default = BooleanField(constraints=[default("false")])
    win_on_order = BooleanField(constraints=[default("true")])
    archived_at = TimestampField(null=True)

    class Meta:
        schema = "crm"
        table_name = "pipelines"
        indexes = ((("name",), True),)


class Stage(TenantModel):
    pipeline = Reference("crm.pipelines", on_delete="CASCADE")
    name = TextField()
    position = IntegerField(constraints=[check("position >= 0")])
    kind = TextField(constraints=[default("'open'"), check("kind IN ('open', 'won', 'lost')")])
    probability = IntegerField(
        constraints=[
            check("probability BETWEEN 0 AND 100"),
            check("kind <> 'won' OR probability = 100"),
            check("kind <> 'lost' OR probability = 0"),
        ]
    )
    rot_days = IntegerField(null=True, constraints=[check("rot_days > 0")])
    required_fields = TextArrayField(constraints=[default("'{}'")])
    color = TextField(null=True)

    class Meta:
        schema = "crm"
        table_name = "stages"
        indexes = (
            (("pipeline", "name"), True),
            (("pipeline", "id", "kind"), True),
        )


class LostReason(TenantModel):
    name = TextField()
    position = IntegerField(constraints=[check("position >= 0")])
    archived_at = TimestampField(null=True)

    class Meta:
        schema = "crm"
        table_name = "lost_reasons"
        indexes = ((("name",), True),)


class Deal(TenantModel):
    title = TextField()
    customer = Reference("crm.customers", null=True)
    account = Reference("crm.accounts", null=True)
    owner = Reference("core.members", null=True, on_delete="SET NULL")
    pipeline = Reference("crm.pipelines")
    stage = Reference("crm.stages")
    status = TextField(constraints=[default("'open'"), check("status IN ('open', 'won', 'lost')")])
    probability = IntegerField(
        constraints=[
            check("probability BETWEEN 0 AND 100"),
            check("status <> 'won' OR probability = 100"),
            check("status <> 'lost' OR probability = 0"),
        ]
    )
    probability_overridden = BooleanField(constraints=[default("false")])
    amount = MoneyField(null=True, constraints=[check("amount >= 0")])
    currency = TextField()
    expected_close_on = DateField(null=True)
    source = TextField(null=True)
    tags = TextArrayField(constraints=[default("'{}'")])
    notes = TextField(null=True)
    custom = JsonField(constraints=[default("'{}'")])
    previous_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    stage_entered_at = TimestampField(constraints=[default("now()")])
    closed_at = TimestampField(
        null=True, constraints=[check("(status = 'open') = (closed_at IS NULL)")]
    )
    lost_reason = Reference(
        "crm.lost_reasons",
        null=True,
        constraints=[check("(status = 'lost') = (lost_reason_id IS NOT NULL)")],
    )
    lost_note = TextField(null=True)
    resume_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    resume_probability = IntegerField(null=True)
    resume_overridden = BooleanField(null=True)

    class Meta:
        schema = "crm"
        table_name = "deals"
        indexes = ((("pipeline", "stage", "status"), False),)


class DealItem(TenantModel):
    deal = Reference("crm.deals", on_delete="CASCADE")
    position = IntegerField()
    sku = TextField(null=True)
    name = TextField()
    quantity = IntegerField(constraints=[check("quantity > 0")])
    unit_price = UnitPriceField(currency="deal.currency", constraints=[check("unit_price >= 0")])
    total = MoneyField(currency="deal.currency")

    class Meta:
        schema = "crm"
        table_name = "deal_items"
        indexes = ((("deal", "position"), True),)


class StageChange(TenantModel):
    deal = Reference("crm.deals", on_delete="CASCADE")
    from_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    from_name = TextField(null=True)
    to_stage = Reference("crm.stages", null=True, on_delete="SET NULL")
    to_name = TextField()
    from_status = TextField(null=True)
    to_status = TextField()
    probability = IntegerField()
    seconds = IntegerField(null=True)
    lost_reason = TextField(null=True)
    note = TextField(null=True)
    actor = TextField()

    class Meta:
        schema = "crm"
        table_name = "stage_changes"


def up(migrator: Any, db: Database) -> None:
    create_tables(db, [Pipeline, Stage, LostReason, Deal, DealItem, StageChange])
    for table, name, definition in _FURTHER:
        if db.execute_sql(_HAS, (table, name)).fetchone() is None:
            db.execute_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
