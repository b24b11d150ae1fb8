"""Modules on the wire: what is installed, its state in the tenant, and how far it is on its way."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from sparx_core.activation.models import STATES
from sparx_core.fields import Choice, Flag, Timestamp
from sparx_core.schemas import ObjectSchema, ResourceSchema


class RestoringSchema(ObjectSchema):
    """How the rows of a module came back when it was activated again.

    `rows` were restored. Of those that referred to something that was deleted meanwhile, `cleared`
    lost the reference, `dropped` were to go with it, and `held` stay in the archive until what they
    refer to is there. `columns` are those that the module does not have any more.
    """

    rows = fields.Integer(required=True, metadata={"example": 2})
    cleared = fields.Integer(required=True, metadata={"example": 0})
    dropped = fields.Integer(required=True, metadata={"example": 0})
    held = fields.Integer(required=True, metadata={"example": 0})
    columns = fields.List(fields.String(), required=True, metadata={"example": []})


class Restoring(fields.Nested):
    """How the rows of a module came back when it was last activated again."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(RestoringSchema, allow_none=True, **kwargs)


class ActivationSchema(ResourceSchema):
    """A module's state in the tenant."""

    module = fields.String(dump_only=True, metadata={"example": "crm"})
    state = Choice(*STATES, dump_only=True, metadata={"example": "active"})
    archived_rows = fields.Integer(dump_only=True, metadata={"example": 0})
    restored = Restoring(dump_only=True)
    updated_at = Timestamp(dump_only=True)


class ProgressSchema(ObjectSchema):
    """How far a worker is: `rowsTotal` is null before it has begun, and `error` tells why the last
    attempt failed, if one did; another one follows."""

    rows_done = fields.Integer(required=True, metadata={"example": 42_000})
    rows_total = fields.Integer(required=True, allow_none=True, metadata={"example": 100_000})
    attempts = fields.Integer(required=True, metadata={"example": 1})
    error = fields.String(required=True, allow_none=True, metadata={"example": None})


class ModuleSchema(ObjectSchema):
    """An installed module, and its state in the tenant.

    `changedAt` is since when it has this state; `archivedRows` are stored of it while it is off.
    While it is `activating` or `deactivating`, `progress` tells how far that is.
    """

    key = fields.String(required=True, metadata={"example": "crm"})
    title = fields.String(required=True, metadata={"example": "CRM"})
    description = fields.String(required=True, metadata={"example": "Customers and orders."})
    version = fields.String(required=True, metadata={"example": "1.0.0"})
    requires = fields.List(fields.String(), required=True, metadata={"example": []})
    state = Choice(*STATES, required=True, metadata={"example": "active"})
    changed_at = Timestamp(
        required=True, allow_none=True, metadata={"example": "2026-11-21T23:51:47Z"}
    )
    archived_rows = fields.Integer(required=True, metadata={"example": 0})
    progress = fields.Nested(
        ProgressSchema, required=True, allow_none=True, metadata={"example": None}
    )
    restored = Restoring(required=True, metadata={"example": None})


class DeactivationSchema(ObjectSchema):
    """`purge`: delete the module's rows for good, those in its archive too, and keep nothing."""

    purge = Flag(metadata={"example": False})


class BackfillSchema(ObjectSchema):
    """`backfillFrom`: since when the module's handlers get what happened in other modules before it
    was active.
    """

    backfill_from = Timestamp()
