"""Definitions of custom fields on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from sparx_core.custom_fields.models import ACTIVE, DELETING, TYPES
from sparx_core.fields import Choice, DecimalNumber, Embedded, Flag, Text, Timestamp
from sparx_core.schemas import ObjectSchema, ResourceSchema

MAX_OPTIONS = 200
_KEY = r"[a-z][A-Za-z0-9_]{0,62}"
_OPTIONS = "What `select` and `multiselect` choose from; values are what rows hold."
_BOUND = "Of numbers and amounts; of a text, its length."


def _bound(name: str) -> DecimalNumber:
    return DecimalNumber(
        -(10**15),
        10**15,
        places=6,
        attribute=name,
        allow_none=True,
        metadata={"description": _BOUND, "example": None},
    )


class OptionSchema(ObjectSchema):
    """Something that can be chosen."""

    value = Text(63, required=True, metadata={"example": "gold"})
    label = Text(metadata={"example": "Gold"})


class CustomFieldSchema(ResourceSchema):
    """A field that the tenant gives to the rows of a resource, in their `custom`."""

    resource = Text(127, required=True, metadata={"example": "crm.customers"})
    key = fields.String(
        required=True,
        validate=validate.Regexp(_KEY + r"\Z", error="Must be letters, digits and _, a-z first."),
        metadata={"description": "Its name in `custom`.", "example": "tier"},
    )
    label = Text(127, required=True, metadata={"example": "Tier"})
    description = Text(1_000, allow_none=True, metadata={"example": None})
    type = Choice(*TYPES, required=True, metadata={"example": "select"})
    required = Flag(
        attribute="is_required",
        metadata={
            "description": "A row cannot be created without it, and it cannot be cleared.",
            "example": False,
        },
    )
    unique = Flag(
        attribute="is_unique",
        metadata={"description": "No two rows have the same.", "example": False},
    )
    options = Embedded(
        OptionSchema,
        maximum=MAX_OPTIONS,
        metadata={"description": _OPTIONS, "example": [{"value": "gold", "label": "Gold"}]},
    )
    min = _bound("minimum")
    max = _bound("maximum")
    target = Text(
        127,
        allow_none=True,
        metadata={"description": "The resource that a `reference` is to.", "example": None},
    )
    state = Choice(
        ACTIVE,
        DELETING,
        dump_only=True,
        metadata={"description": "`deleting` while its values are taken out of the rows."},
    )
    created_at = Timestamp(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class CustomFieldChangeSchema(CustomFieldSchema):
    """What can be changed of a custom field: its key, type and uniqueness are for ever."""

    resource = Text(dump_only=True)
    key = fields.String(dump_only=True)
    description = Text(1_000, allow_none=True, metadata={"example": "How much they buy."})
    type = Choice(*TYPES, dump_only=True)
    unique = Flag(attribute="is_unique", dump_only=True)
    target = Text(127, allow_none=True, dump_only=True)


class CustomFieldRemovalSchema(ObjectSchema):
    """How a custom field is deleted."""

    force = fields.Boolean(
        metadata={"description": "Even if rows have values, which are then lost."}
    )
