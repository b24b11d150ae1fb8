"""Which entries changed for readers, in the order in which readers may get them."""

from __future__ import annotations

from peewee import BigIntegerField, UUIDField

from sparx_core import Reference, TenantModel, TimestampField, default


class Change(TenantModel):
    """The last change of what is live of an entry; it outlives the entry.

    A trigger sets ``xid``, as the kernel's feed of events numbers its own: the transaction after
    which readers get it, and never one that a reader is past already.
    """

    #: No reference: what is gone for good is told as well.
    entry = UUIDField()
    content_type = Reference("cms.content_types", on_delete="CASCADE")
    xid = BigIntegerField(constraints=[default("0")])
    changed_at = TimestampField(constraints=[default("now()")])

    class Meta:
        schema = "cms"
        table_name = "changes"
        indexes = ((("entry",), True), (("xid", "entry"), False))
