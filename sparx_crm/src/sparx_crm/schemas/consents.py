"""What a customer allowed, on the wire."""

from __future__ import annotations

import ipaddress
from typing import Any

from marshmallow import ValidationError, fields
from peewee import SQL, Function, NodeList

from sparx_core import (
    Choice,
    ObjectSchema,
    Related,
    ResourceSchema,
    Scope,
    Text,
    Timestamp,
    json_schema,
)
from sparx_crm.models.customers import (
    CONSENT_CHANNELS,
    CONSENT_PURPOSES,
    CONSENT_SOURCES,
    CONSENT_STATES,
)


class IpAddress(fields.String):
    """An IPv4 or IPv6 address in its shortest form."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        try:
            if not isinstance(value, str) or "%" in value:
                raise ValueError
            return str(ipaddress.ip_address(value))
        except ValueError:
            raise ValidationError("Not an IP address, such as 203.0.113.7.") from None


@json_schema.register
def _(field: IpAddress) -> dict[str, Any]:
    told = "An IPv4 or IPv6 address."
    return {"type": "string", "description": told, "examples": ["203.0.113.7"]}


class CurrentConsentSchema(ObjectSchema):
    """What holds at present for a channel and a purpose."""

    channel = Choice(*CONSENT_CHANNELS)
    purpose = Choice(*CONSENT_PURPOSES)
    state = Choice(*CONSENT_STATES)
    source = Choice(*CONSENT_SOURCES)
    occurred_at = Timestamp()


_CURRENT = """
SELECT coalesce(json_agg(json_build_object('channel', l.channel, 'purpose', l.purpose,
           'state', l.state, 'source', l.source, 'occurredAt',
           to_char(l.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))
       ORDER BY l.channel, l.purpose), '[]')
  FROM (SELECT DISTINCT ON (c.channel, c.purpose) c.*
          FROM crm.consents c
         WHERE c.customer_id = """


def current_consents(scope: Scope) -> Any:
    """The latest entry of the ledger for each channel and purpose; of equal times the later one."""
    following = SQL(" ORDER BY c.channel, c.purpose, c.occurred_at DESC, c.id DESC) AS l")
    return Function("", (NodeList((SQL(_CURRENT), scope.column("id"), following)),))


class ConsentSchema(ResourceSchema):
    """An entry of the ledger of consent: who allowed or took back what, when and how."""

    customer = Related("crm.customers", required=True)
    channel = Choice(*CONSENT_CHANNELS, required=True)
    purpose = Choice(*CONSENT_PURPOSES, required=True)
    state = Choice(*CONSENT_STATES, required=True)
    source = Choice(*CONSENT_SOURCES, required=True)
    occurred_at = Timestamp()
    ip_address = IpAddress()
    note = Text(1_000, metadata={"example": "Signed the form at the fair."})
    created_at = Timestamp(dump_only=True)
