"""The tables of the module."""

from peewee import IntegerField, TextField

from sparx_core import JsonField, Reference, SequenceField, TenantModel, create_tables, default


class Probe(TenantModel):
    name = TextField()
    code = TextField(null=True)
    parent = Reference("probe.probes", null=True)
    number = SequenceField(start=1)
    content = JsonField(constraints=[default("'{}'")])

    class Meta:
        schema = "probe"
        table_name = "probes"
        indexes = ((("code",), True),)


class Note(TenantModel):
    probe = Reference("probe.probes", on_delete="CASCADE")
    position = IntegerField()
    text = TextField()

    class Meta:
        schema = "probe"
        table_name = "notes"


def up(migrator, db):
    create_tables(db, [Probe, Note])
