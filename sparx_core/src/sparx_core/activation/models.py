"""The state of each module in each tenant; no row means inactive."""

from __future__ import annotations

from peewee import TextField

from sparx_core.db.fields import check
from sparx_core.db.models import TenantModel


class Activation(TenantModel):
    """A module that a tenant has, or had, active."""

    module = TextField()
    state = TextField(constraints=[check("state IN ('active', 'inactive')")])

    class Meta:
        schema = "core"
        table_name = "activations"
        indexes = ((("module",), True),)
        owner_access = True
