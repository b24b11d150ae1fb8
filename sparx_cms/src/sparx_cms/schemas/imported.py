"""What an export tells of releases, schedules and comments, checked before it is written."""

from __future__ import annotations

from marshmallow import fields

from sparx_cms.models.releases import RELEASE_STATUSES
from sparx_cms.models.schedules import ACTIONS, SCHEDULE_STATUSES
from sparx_core import Choice, Document, ObjectSchema, Text, WholeNumber

_MAX_NUMBER = 2**31 - 1


class ReleaseLineSchema(ObjectSchema):
    """A release of an export."""

    title = Text(required=True)
    description = Text(2_048, allow_none=True)
    status = Choice(*RELEASE_STATUSES, required=True)
    failure = Document(allow_none=True)


class ReleaseItemLineSchema(ObjectSchema):
    """What a release of an export does with an entry."""

    action = Choice(*ACTIONS, required=True)
    revision_number = WholeNumber(1, _MAX_NUMBER, allow_none=True)
    locales = fields.List(Text(35), allow_none=True)


class ScheduleLineSchema(ObjectSchema):
    """A schedule of an export."""

    action = Choice(*ACTIONS, required=True)
    locale = Text(35, required=True)
    revision_number = WholeNumber(1, _MAX_NUMBER, allow_none=True)
    status = Choice(*SCHEDULE_STATUSES, required=True)
    failure = Document(allow_none=True)


class CommentLineSchema(ObjectSchema):
    """A comment of an export."""

    field = Text(255, allow_none=True)
    locale = Text(35, allow_none=True)
    body = Text(10_000, required=True)
    author_name = Text(255, required=True)
