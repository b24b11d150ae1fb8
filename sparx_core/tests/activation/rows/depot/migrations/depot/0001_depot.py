"""The tables of the module: a column of each type, and references of each kind."""

from peewee import BigIntegerField, BooleanField, DecimalField, IntegerField, TextField

from sparx_core import (
    JsonField,
    MoneyField,
    Reference,
    SequenceField,
    TenantModel,
    TextArrayField,
    TimestampField,
    create_tables,
    default,
)
from sparx_core.db.fields import JsonTextField


class Crate(TenantModel):
    number = SequenceField(start=1)
    name = TextField()
    note = TextField(null=True)
    kind = TextField(constraints=[default("'plain'")])
    sealed = BooleanField(null=True)
    weight = DecimalField(max_digits=20, decimal_places=6, null=True)
    count = BigIntegerField(null=True)
    currency = TextField(constraints=[default("'USD'")])
    price = MoneyField(null=True)
    packed_at = TimestampField(null=True)
    tags = TextArrayField(constraints=[default("'{}'")])
    content = JsonField(constraints=[default("'{}'")])
    receipt = JsonTextField(null=True)
    parent = Reference("depot.crates", null=True)

    class Meta:
        schema = "depot"
        table_name = "crates"


class Label(TenantModel):
    crate = Reference("depot.crates", on_delete="CASCADE")
    text = TextField()

    class Meta:
        schema = "depot"
        table_name = "labels"


class Ticket(TenantModel):
    place = IntegerField()
    yard = Reference("yard.yards", null=True, on_delete="SET NULL")
    spare = Reference("yard.yards", null=True)
    label = Reference("depot.labels", null=True, on_delete="SET NULL")

    class Meta:
        schema = "depot"
        table_name = "tickets"


class Gate(TenantModel):
    name = TextField()
    yard = Reference("yard.yards", on_delete="CASCADE")

    class Meta:
        schema = "depot"
        table_name = "gates"


class Lock(TenantModel):
    gate = Reference("depot.gates", on_delete="CASCADE")

    class Meta:
        schema = "depot"
        table_name = "locks"


class Deposit(TenantModel):
    name = TextField()
    yard = Reference("yard.yards")
    earlier = Reference("depot.deposits", null=True)

    class Meta:
        schema = "depot"
        table_name = "deposits"


class Receipt(TenantModel):
    deposit = Reference("depot.deposits", on_delete="CASCADE")

    class Meta:
        schema = "depot"
        table_name = "receipts"


class Stack(TenantModel):
    name = TextField()

    class Meta:
        schema = "depot"
        table_name = "stacks"


class Pallet(TenantModel):
    stack = Reference("depot.stacks")
    base = Reference("depot.pallets")

    class Meta:
        schema = "depot"
        table_name = "pallets"


# What models have no words for, and other modules may have all the same.
MORE = """
CREATE TYPE depot.colour AS ENUM ('red', 'green');
CREATE TYPE depot.size AS (width integer, height numeric);
CREATE DOMAIN depot.code AS text CHECK (VALUE ~ '^[A-Z]+$');
ALTER TABLE depot.crates
    ADD COLUMN serial bigint GENERATED ALWAYS AS IDENTITY,
    ADD COLUMN doubled bigint GENERATED ALWAYS AS (count * 2) STORED,
    ADD COLUMN small smallint, ADD COLUMN near real, ADD COLUMN far double precision,
    ADD COLUMN exact numeric, ADD COLUMN day date, ADD COLUMN clock time, ADD COLUMN zoned timetz,
    ADD COLUMN naive timestamp, ADD COLUMN span interval, ADD COLUMN raw bytea,
    ADD COLUMN bits bit varying(9), ADD COLUMN letters character(5), ADD COLUMN short varchar(4),
    ADD COLUMN address inet, ADD COLUMN bounds int4range, ADD COLUMN key uuid,
    ADD COLUMN numbers integer[], ADD COLUMN moments timestamptz[], ADD COLUMN grid text[][],
    ADD COLUMN colour depot.colour, ADD COLUMN size depot.size, ADD COLUMN code depot.code,
    ADD COLUMN "Odd ""name"" 100%" text;

ALTER TABLE depot.stacks ADD COLUMN top_id uuid NOT NULL, ADD CONSTRAINT stacks_top_id_fkey
    FOREIGN KEY (tenant_id, top_id) REFERENCES depot.pallets (tenant_id, id);
CREATE INDEX stacks_top_id_idx ON depot.stacks (tenant_id, top_id);
-- A root has a name of its own: a crate cannot be put without its parent for a while.
CREATE UNIQUE INDEX crates_roots_key ON depot.crates (tenant_id, name) WHERE parent_id IS NULL;
"""


def up(migrator, db):
    create_tables(db, [Crate, Label, Ticket, Gate, Lock, Deposit, Receipt, Stack])
    create_tables(db, [Pallet])
    db.connection().cursor().execute(MORE)
