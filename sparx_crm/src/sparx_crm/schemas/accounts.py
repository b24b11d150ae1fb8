"""An account on the wire."""

from __future__ import annotations

from sparx_core import Related, ResourceSchema, Text, Timestamp


class AccountSchema(ResourceSchema):
    """A company that customers belong to."""

    name = Text(required=True, metadata={"example": "Lindgren Diesel Service"})
    domain = Text(255, allow_none=True, metadata={"example": "lindgren-diesel.example"})
    parent = Related("crm.accounts", allow_none=True)
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)
