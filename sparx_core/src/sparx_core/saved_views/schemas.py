"""Saved views on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_core.fields import Flag, Text, Timestamp
from sparx_core.saved_views.query import ViewQuery
from sparx_core.schemas import ResourceSchema


class ViewSchema(ResourceSchema):
    """The query of a list under a name, to be asked again by `?view=` and its id."""

    resource = Text(127, required=True, metadata={"example": "core.members"})
    name = Text(127, required=True, metadata={"example": "People of the north"})
    query = ViewQuery(required=True)
    shared = Flag(
        metadata={"description": "Whether every key of the tenant sees it, or only its maker."}
    )
    created_by = fields.String(dump_only=True, metadata={"example": "key:7c8f4d5e"})
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class ViewChangeSchema(ViewSchema):
    """What can be changed of a saved view: it is of one resource for ever."""

    resource = Text(dump_only=True)
