"""Who still uses what goes away."""

from __future__ import annotations

from peewee import BigIntegerField, DateField, TextField

from sparx_core.db.fields import Reference
from sparx_core.db.models import TenantModel


class DeprecatedCall(TenantModel):
    """How often a key used a deprecated part with an operation on a day (UTC).

    ``part`` is its kind and name: ``field:crm.customers.nickname``.
    """

    api_key = Reference("core.api_keys", on_delete="CASCADE")
    operation = TextField()
    part = TextField()
    day = DateField()
    calls = BigIntegerField()

    class Meta:
        schema = "core"
        table_name = "deprecated_calls"
        indexes = ((("api_key", "operation", "part", "day"), True),)
        grants = "SELECT"
        owner_access = True
