"""Erasures: that somebody was forgotten, and by which addresses he would be known again."""

from __future__ import annotations

from peewee import IntegerField, TextField, UUIDField

from sparx_core import Reference, TenantModel, check


class Erasure(TenantModel):
    """That a customer was erased. Nothing of it says who that was."""

    customer = UUIDField(column_name="customer_id")
    actor = TextField()
    rows_removed = IntegerField(constraints=[check("rows_removed >= 0")])
    rows_blanked = IntegerField(constraints=[check("rows_blanked >= 0")])

    class Meta:
        schema = "crm"
        table_name = "erasures"
        indexes = ((("customer",), True),)


class ErasedEmail(TenantModel):
    """An address of somebody who was erased, as a keyed digest."""

    erasure = Reference("crm.erasures", on_delete="CASCADE")
    digest = TextField()

    class Meta:
        schema = "crm"
        table_name = "erased_emails"
        indexes = ((("digest",), False),)
