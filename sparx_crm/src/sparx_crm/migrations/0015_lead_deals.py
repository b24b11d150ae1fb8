"""The deal that a lead was converted to: deals came after leads."""

from typing import Any

from peewee import Database

_KEY = """
ALTER TABLE crm.leads DROP CONSTRAINT IF EXISTS leads_deal_id_fkey,
    ADD CONSTRAINT leads_deal_id_fkey FOREIGN KEY (tenant_id, deal_id)
    REFERENCES crm.deals (tenant_id, id) ON DELETE SET NULL (deal_id)
"""


def up(migrator: Any, db: Database) -> None:
    db.execute_sql("ALTER TABLE crm.leads ADD COLUMN IF NOT EXISTS deal_id uuid")
    db.execute_sql(_KEY)
    db.execute_sql(
        "CREATE INDEX IF NOT EXISTS leads_deal_id_idx ON crm.leads (tenant_id, deal_id, id)"
    )
