"""Sandboxes on the wire."""

from __future__ import annotations

from marshmallow import fields

from sparx_core.auth.schemas import Scope
from sparx_core.fields import Choice, Currency, Id, ListOf, Text, Timestamp
from sparx_core.schemas import ObjectSchema

_EXAMPLE_KEY = "sk_test_CUSaIKz8_XIYrqe2NkZc31Cak2rNvtGtHqy4XxIBe"

#: What a sandbox is busy with.
STATES = ("preparing", "ready", "resetting", "failed")


class SandboxSchema(ObjectSchema):
    """A sandbox: a tenant by itself, with the modules of the live one."""

    id = Id(required=True)
    slug = fields.String(required=True, metadata={"example": "acme-sandbox"})
    name = fields.String(required=True, metadata={"example": "Acme (sandbox)"})
    currency = Currency(required=True)
    modules = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Those that are active there by now.", "example": ["crm"]},
    )
    state = Choice(
        *STATES,
        required=True,
        metadata={
            "example": "ready",
            "description": "`preparing` while a worker brings its modules in line with the live"
            " tenant's, `resetting` until one has emptied it; `failed` if a module refused: reset"
            " it again.",
        },
    )
    created_at = Timestamp(required=True)
    reset_at = Timestamp(
        required=True,
        allow_none=True,
        metadata={"description": "When it was emptied the last time.", "example": None},
    )


class SandboxKeyRequestSchema(ObjectSchema):
    """A key of the sandbox. Without ``scopes`` it has those of the key that asks."""

    name = Text(120, metadata={"example": "Tests"})
    scopes = ListOf(Scope(), minimum=1, metadata={"example": ["read:core", "write:core"]})
    expires_at = Timestamp(allow_none=True, metadata={"example": "2099-12-31T23:59:59Z"})


class MadeSandboxSchema(SandboxSchema):
    """A sandbox that was just made, with its first key, which is shown this once."""

    key = fields.String(required=True, metadata={"example": _EXAMPLE_KEY, "sensitive": True})


class SandboxKeySchema(ObjectSchema):
    """A key of the sandbox, which is shown this once."""

    id = Id(required=True)
    key_id = fields.String(required=True, metadata={"example": "CUSaIKz8"})
    name = fields.String(required=True, metadata={"example": "Tests"})
    scopes = ListOf(Scope(), required=True, metadata={"example": ["read:core", "write:core"]})
    expires_at = Timestamp(
        required=True, allow_none=True, metadata={"example": "2099-12-31T23:59:59Z"}
    )
    key = fields.String(required=True, metadata={"example": _EXAMPLE_KEY, "sensitive": True})
