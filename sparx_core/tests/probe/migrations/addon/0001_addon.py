"""The table of the module."""

from sparx_core import Reference, TenantModel, create_tables


class Extra(TenantModel):
    probe = Reference("probe.probes")

    class Meta:
        schema = "addon"
        table_name = "extras"


def up(migrator, db):
    create_tables(db, [Extra])
