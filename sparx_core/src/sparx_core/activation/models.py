"""What is stored of modules in a tenant: the state of each, and the rows of those that are off."""

from __future__ import annotations

from peewee import BigIntegerField, BlobField, BooleanField, IntegerField, TextField

from sparx_core.db.fields import JsonField, TextArrayField, TimestampField, check, default
from sparx_core.db.models import TenantModel

#: The states of a module in a tenant. Only an active one opens any gate; the two that end in -ing
#: last until a worker is done.
INACTIVE, ACTIVATING, ACTIVE, DEACTIVATING = STATES = (
    "inactive",
    "activating",
    "active",
    "deactivating",
)
_STATES = ", ".join(f"'{state}'" for state in STATES)


class Activation(TenantModel):
    """A module that a tenant has, or had, active; no row means inactive.

    ``purge``: what is stored is to be deleted rather than archived. ``archived_rows`` are in the
    archive; those that an active module has there could not be restored. ``restored`` tells how
    the last restoring went. ``backfill_from``: since when events are replayed to its handlers once
    it is active.
    """

    module = TextField()
    state = TextField(constraints=[check(f"state IN ({_STATES})")])
    purge = BooleanField(default=False, constraints=[default("false")])
    archived_rows = BigIntegerField(default=0, constraints=[default("0")])
    restored = JsonField(null=True)
    backfill_from = TimestampField(null=True)

    class Meta:
        schema = "core"
        table_name = "activations"
        indexes = ((("module",), True),)
        owner_access = True


class Archive(TenantModel):
    """Rows of one table of a module that is off: a JSON list, compressed.

    ``release`` is the version of the distribution that archived them, ``position`` their place in
    the module's archive, ``checksum`` the SHA-256 of ``data``. ``held`` are rows that could not be
    restored, because what they refer to was gone. A second policy lets nobody see them for whom
    the gate of ``module`` is closed.
    """

    module = TextField()
    release = TextField()
    table_name = TextField()
    columns = TextArrayField()
    position = BigIntegerField()
    row_count = IntegerField()
    data = BlobField()
    checksum = TextField()
    held = BooleanField(constraints=[default("false")])

    class Meta:
        schema = "core"
        table_name = "archives"
        indexes = ((("module", "position"), True),)
