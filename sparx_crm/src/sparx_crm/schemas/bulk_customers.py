"""Many customers at once: whose they are, and how they are tagged; and who is there twice."""

from __future__ import annotations

from marshmallow import fields, validate

from sparx_core import Choice, Id, ListOf, ObjectSchema, Related, WholeNumber
from sparx_crm.schemas.customers import TAG

MAX_CUSTOMERS = 500


class BulkAssignSchema(ObjectSchema):
    """Customers and who is to own them; null for nobody."""

    customer_ids = ListOf(Id(), minimum=1, maximum=MAX_CUSTOMERS, required=True)
    owner = Related("core.members", required=True, allow_none=True)


def _tags() -> ListOf:
    entry = fields.String(validate=validate.Regexp(TAG.pattern + r"\Z"))
    return ListOf(entry, maximum=50, metadata={"example": ["workshop"]})


class BulkTagSchema(ObjectSchema):
    """Customers, the tags that they get and those that they lose."""

    customer_ids = ListOf(Id(), minimum=1, maximum=MAX_CUSTOMERS, required=True)
    add_tags = _tags()
    remove_tags = _tags()


class BulkAnswerSchema(ObjectSchema):
    """How many of the customers were changed by it."""

    updated_count = WholeNumber(metadata={"example": 2})


class DuplicateGroupSchema(ObjectSchema):
    """Rows that are likely the same, and what they have in common."""

    reason = fields.String(metadata={"example": "phone"})
    value = fields.String(metadata={"example": "+14155552671"})
    ids = ListOf(Id(), maximum=100)


class CustomerDuplicatesQuery(ObjectSchema):
    """What to look for."""

    reason = Choice("email", "phone")
    take = WholeNumber(1, 250, load_default=50)


class AccountDuplicatesQuery(ObjectSchema):
    """How many groups to show."""

    take = WholeNumber(1, 250, load_default=50)
