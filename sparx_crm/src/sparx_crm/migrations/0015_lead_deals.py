"""The deal that a lead was converted to: deals came after leads."""

from typing import Any

from peewee import Database

_KNOWN = "SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s"


def up(migrator: Any, db: Database) -> None:
    db.execute_sql("ALTER TABLE crm.leads ADD COLUMN IF NOT EXISTS deal_id uuid")
    if db.execute_sql(_KNOWN, ("crm.leads", "leads_deal_id_fkey")).fetchone() is None:
        db.execute_sql(
            "ALTER TABLE crm.leads ADD CONSTRAINT leads_deal_id_fkey"
            " FOREIGN KEY (tenant_id, deal_id) REFERENCES crm.deals (tenant_id, id)"
            " ON DELETE SET NULL (deal_id)"
        )
    db.execute_sql(
        "CREATE INDEX IF NOT EXISTS leads_deal_id_idx ON crm.leads (tenant_id, deal_id, id)"
    )
