"""Keys on the wire: what is sent to make one, what is shown of it, and who one is."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import fields, validate

from sparx_core.fields import (
    Choice,
    Currency,
    Id,
    ListOf,
    Related,
    Text,
    Timestamp,
    WholeNumber,
)
from sparx_core.schemas import ObjectSchema, ResourceSchema

#: The longest overlap of a rotation, in seconds: seven days.
MAX_OVERLAP = 604_800

#: Whose records a key sees: everybody's, those of its member's team, or of its member alone.
VISIBILITIES = ("all", "team", "own")

_SCOPE = re.compile(r"(?:[a-z][a-z0-9_]*:[a-z][a-z0-9_]*|\*)\Z")
#: What a key looks like; nobody's.
_EXAMPLE_KEY = "sk_live_CUSaIKz8_XIYrqe2NkZc31Cak2rNvtGtHqy3Q0wli"


class Scope(fields.String):
    """``read:<module>``, ``write:<module>``, a scope that a module names, or ``*`` for all."""

    def __init__(self, **kwargs: Any) -> None:
        form = validate.Regexp(_SCOPE, error="Not a scope, such as read:crm.")
        super().__init__(validate=form, **kwargs)


class KeySchema(ResourceSchema):
    """An API key. Its secret is answered once, when it is made, as ``key``."""

    name = Text(120, required=True, metadata={"example": "Reporting"})
    key_id = fields.String(dump_only=True, metadata={"example": "CUSaIKz8"})
    last4 = fields.String(dump_only=True, metadata={"example": "0wli"})
    scopes = ListOf(Scope(), minimum=1, required=True, metadata={"example": ["read:core"]})
    expires_at = Timestamp(allow_none=True, metadata={"example": "2099-12-31T23:59:59Z"})
    revoked_at = Timestamp(dump_only=True)
    # Noted by the server now and then: nobody's change.
    last_used_at = Timestamp(dump_only=True, metadata={"audited": False})
    replaced_by = Id(dump_only=True)
    member = Related(
        "core.members",
        allow_none=True,
        metadata={
            "example": None,
            "description": "Who acts with the key, whose own its new records are.",
        },
    )
    visibility = Choice(
        *VISIBILITIES,
        metadata={
            "description": "Whose records it sees: those of everybody, of its member's team, or"
            " its member's own. Less than `all` needs a `memberId`."
        },
    )
    hidden_fields = ListOf(
        Text(128),
        metadata={
            "example": ["core.members.email"],
            "description": "Fields that it neither reads nor writes, nor asks by: the resource and"
            " the field, with a point between them.",
        },
    )
    created_at = Timestamp(dump_only=True)


class RotationSchema(ObjectSchema):
    """How long the old key goes on working, in seconds: up to seven days, at once if absent."""

    overlap_seconds = WholeNumber(maximum=MAX_OVERLAP, metadata={"example": 3600})


class SecretSchema(ObjectSchema):
    """What is shown of a new key beside the key itself, this once."""

    key = fields.String(required=True, metadata={"example": _EXAMPLE_KEY, "sensitive": True})


class TenantSchema(ObjectSchema):
    """The tenant that a key is for."""

    id = Id(required=True)
    slug = fields.String(required=True, metadata={"example": "acme"})
    name = fields.String(required=True, metadata={"example": "Acme"})
    currency = Currency(required=True)
    livemode = fields.Boolean(
        required=True, metadata={"description": "False in a sandbox.", "example": True}
    )


class ActorSchema(ObjectSchema):
    """Who asks: a key, with what it may do."""

    type = Choice("key", required=True)
    id = Id(required=True)
    name = fields.String(required=True, metadata={"example": "Reporting"})
    scopes = ListOf(Scope(), required=True, metadata={"example": ["read:core"]})


class MeSchema(ObjectSchema):
    """Who one is, and what one may ask."""

    tenant = fields.Nested(TenantSchema, required=True)
    actor = fields.Nested(ActorSchema, required=True)
    modules = fields.List(fields.String(), required=True, metadata={"example": ["crm"]})
