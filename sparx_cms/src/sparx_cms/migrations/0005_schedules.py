"""Schedules, releases, reviews, comments, who is there, and previews."""

from typing import Any

from peewee import BooleanField, Database, IntegerField, TextField, UUIDField

from sparx_core import (
    JsonField,
    Reference,
    TenantModel,
    TextArrayField,
    TimestampField,
    check,
    create_tables,
    default,
)

_ACTION = "action IN ('publish', 'unpublish')"


class Schedule(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    action = TextField(constraints=[check(_ACTION)])
    locale = TextField()
    revision = Reference("cms.revisions", null=True, on_delete="SET NULL")
    revision_number = IntegerField(null=True)
    at = TimestampField()
    lock_while_scheduled = BooleanField(constraints=[default("false")])
    status = TextField(
        constraints=[
            default("'scheduled'"),
            check("status IN ('scheduled', 'succeeded', 'failed', 'cancelled', 'superseded')"),
        ]
    )
    pending = BooleanField(
        null=True, constraints=[check("(pending IS NOT NULL) = (status = 'scheduled')")]
    )
    failure = JsonField(null=True)
    finished_at = TimestampField(null=True)
    key = UUIDField(null=True)
    created_by = TextField()

    class Meta:
        schema = "cms"
        table_name = "schedules"
        indexes = (
            (("entry", "locale", "action", "pending"), True),
            (("pending",), False),
        )


class Release(TenantModel):
    title = TextField()
    description = TextField(null=True)
    status = TextField(
        constraints=[
            default("'draft'"),
            check("status IN ('draft', 'scheduled', 'published', 'failed', 'archived')"),
        ]
    )
    at = TimestampField(null=True, constraints=[check("at IS NOT NULL OR status <> 'scheduled'")])
    published_at = TimestampField(null=True)
    failure = JsonField(null=True)
    key = UUIDField(null=True)
    created_by = TextField()

    class Meta:
        schema = "cms"
        table_name = "releases"


class ReleaseItem(TenantModel):
    release = Reference("cms.releases", on_delete="CASCADE")
    entry = Reference("cms.entries", on_delete="CASCADE")
    action = TextField(constraints=[default("'publish'"), check(_ACTION)])
    revision = Reference("cms.revisions", null=True, on_delete="SET NULL")
    revision_number = IntegerField(null=True)
    locales = TextArrayField(null=True)

    class Meta:
        schema = "cms"
        table_name = "release_items"
        indexes = ((("release", "entry"), True),)


class Review(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    revision = Reference("cms.revisions", null=True, on_delete="SET NULL")
    revision_number = IntegerField()
    status = TextField(
        constraints=[
            default("'in_review'"),
            check("status IN ('in_review', 'approved', 'rejected', 'cancelled')"),
        ]
    )
    running = BooleanField(
        null=True, constraints=[check("(running IS NOT NULL) = (status = 'in_review')")]
    )
    stage = TextField(null=True)
    message = TextField(null=True)
    author = TextField()
    submitter = TextField()
    submitter_name = TextField()
    finished_at = TimestampField(null=True)

    class Meta:
        schema = "cms"
        table_name = "reviews"
        indexes = ((("entry", "running"), True),)


class Decision(TenantModel):
    review = Reference("cms.reviews", on_delete="CASCADE")
    position = IntegerField()
    stage = TextField()
    decision = TextField(constraints=[check("decision IN ('approved', 'rejected')")])
    comment = TextField(null=True)
    actor = TextField()
    actor_name = TextField()

    class Meta:
        schema = "cms"
        table_name = "decisions"
        indexes = ((("review", "position"), True),)
        grants = "SELECT, INSERT"


class Comment(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    parent = Reference("cms.comments", null=True, on_delete="CASCADE")
    field = TextField(null=True)
    locale = TextField(null=True)
    body = TextField()
    author = TextField()
    author_name = TextField()
    resolved_at = TimestampField(null=True)
    resolved_by = TextField(null=True)

    class Meta:
        schema = "cms"
        table_name = "comments"


class Presence(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    actor = TextField()
    actor_name = TextField()
    activity = TextField(
        constraints=[default("'viewing'"), check("activity IN ('viewing', 'editing')")]
    )
    field = TextField(null=True)
    seen_at = TimestampField(constraints=[default("now()")])

    class Meta:
        schema = "cms"
        table_name = "presences"
        indexes = ((("entry", "actor"), True),)


class Preview(TenantModel):
    entry = Reference("cms.entries", on_delete="CASCADE")
    revision = Reference("cms.revisions", null=True, on_delete="CASCADE")
    locale = TextField()
    plan = JsonField(constraints=[default("'{}'")])
    expires_at = TimestampField()
    created_by = TextField()

    class Meta:
        schema = "cms"
        table_name = "previews"


def up(migrator: Any, db: Database) -> None:
    create_tables(
        db,
        [Schedule, Release, ReleaseItem, Review, Decision, Comment, Presence, Preview],
    )
