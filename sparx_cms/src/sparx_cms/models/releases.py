"""Releases: entries that go live, or offline, together or not at all."""

from __future__ import annotations

from peewee import IntegerField, TextField, UUIDField

from sparx_cms.errors.releases import AlreadyInRelease
from sparx_cms.models.schedules import ACTIONS, one_of
from sparx_core import (
    JsonField,
    Machine,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    Transition,
    check,
    default,
)

OPEN, SCHEDULED, PUBLISHED = "draft", "scheduled", "published"
FAILED, ARCHIVED = "failed", "archived"
RELEASE_STATUSES = (OPEN, SCHEDULED, PUBLISHED, FAILED, ARCHIVED)
#: While it may be changed, and tried.
CHANGEABLE = (OPEN, FAILED)
RELEASE_MACHINE = Machine(
    "status",
    {
        "publish": Transition((OPEN, SCHEDULED, FAILED), PUBLISHED),
        "schedule": Transition((OPEN, SCHEDULED, FAILED), SCHEDULED),
        "unschedule": Transition((SCHEDULED,), OPEN),
        "archive": Transition((OPEN, FAILED, PUBLISHED), ARCHIVED),
        "fail": Transition((SCHEDULED,), FAILED, operation=False),
    },
)


class Release(TenantModel):
    """A bundle of entries. ``failure`` is why its time came and nothing was published."""

    title = TextField()
    description = TextField(null=True)
    status = TextField(constraints=[default("'draft'"), check(one_of("status", RELEASE_STATUSES))])
    at = TimestampField(null=True, constraints=[check("at IS NOT NULL OR status <> 'scheduled'")])
    published_at = TimestampField(null=True)
    failure = JsonField(null=True)
    #: The key that scheduled it: it is asked again at the time.
    key = UUIDField(null=True)
    created_by = TextField()

    class Meta:
        schema = "cms"
        table_name = "releases"


class ReleaseItem(TenantModel):
    """What a release does with an entry: with the revision it had when it was added, or named."""

    release = Reference("cms.releases", on_delete="CASCADE")
    entry = Reference("cms.entries", on_delete="CASCADE")
    action = TextField(constraints=[default("'publish'"), check(one_of("action", ACTIONS))])
    revision = Reference("cms.revisions", null=True, on_delete="SET NULL")
    revision_number = IntegerField(null=True)
    #: In which languages; null: in all that the revision has, or that are live.
    locales = TextArrayField(null=True)

    class Meta:
        schema = "cms"
        table_name = "release_items"
        indexes = ((("release", "entry"), True),)
        conflict = AlreadyInRelease
