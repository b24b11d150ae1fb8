"""Members and the settings of a tenant on the wire."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from marshmallow import ValidationError, fields

from sparx_core.contacts import Email
from sparx_core.fields import Currency, Flag, Id, Text, Timestamp
from sparx_core.schemas import ObjectSchema, ResourceSchema
from sparx_core.surfaces.openapi.fields import json_schema


@cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones() - {"localtime", "posixrules", "Factory"})


class TimeZone(fields.String):
    """A name of the IANA time zone database, such as `Europe/Stockholm`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str) or value not in _zones():
            raise ValidationError("Not a time zone, such as Europe/Stockholm.")
        return value


@json_schema.register
def _(field: TimeZone) -> dict[str, Any]:
    told = "A name of the IANA time zone database."
    return {"type": "string", "description": told, "examples": ["Europe/Stockholm"]}


class MemberSchema(ResourceSchema):
    """Somebody who works for the tenant, and may own records. The e-mail is unique."""

    name = Text(required=True, metadata={"example": "Kim Berg"})
    email = Email(allow_none=True)
    team = Text(63, allow_none=True, metadata={"example": "north"})
    active = Flag()
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class TenantSettingsSchema(ResourceSchema):
    """What a tenant has decided: the time zone in which its days begin and end."""

    timezone = TimeZone(required=True)
    updated_at = Timestamp(dump_only=True)


class TenantChangeSchema(ObjectSchema):
    """What of a tenant can be changed."""

    timezone = TimeZone()


class OwnTenantSchema(ObjectSchema):
    """The tenant of the key. ``timezone`` is that of its dates: what today is, when it ends."""

    id = Id(required=True)
    slug = fields.String(required=True, metadata={"example": "acme"})
    name = fields.String(required=True, metadata={"example": "Acme"})
    currency = Currency(required=True)
    livemode = fields.Boolean(
        required=True, metadata={"description": "False in a sandbox.", "example": True}
    )
    timezone = TimeZone(required=True)
