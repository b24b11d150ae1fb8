"""One action on many entries."""

from __future__ import annotations

from marshmallow import fields

from sparx_core import Choice, Document, Id, ListOf, ObjectSchema, WholeNumber

ACTIONS = ("publish", "unpublish", "archive", "unarchive")
#: Entries of one request.
MOST = 100


class BulkItemSchema(ObjectSchema):
    """An entry, in the version in which it was seen."""

    id = Id(required=True)
    version = WholeNumber(1, required=True)


class BulkActionSchema(ObjectSchema):
    """What is to be done with many entries."""

    action = Choice(*ACTIONS, required=True)
    items = ListOf(fields.Nested(BulkItemSchema), required=True, minimum=1, maximum=MOST)


class BulkResultSchema(ObjectSchema):
    """What became of one of the entries, in the order of the request: its `version` now, or the
    `error` that a request of its own would have been answered with.
    """

    index = WholeNumber(0, required=True)
    status = WholeNumber(200, required=True, metadata={"example": 200})
    id = Id(required=True)
    version = WholeNumber(1)
    error = Document(metadata={"example": {"code": "version_conflict", "message": "…"}})


class BulkMetaSchema(ObjectSchema):
    """How many of the entries were done, and how many were refused."""

    succeeded = WholeNumber(0, required=True)
    failed = WholeNumber(0, required=True)
