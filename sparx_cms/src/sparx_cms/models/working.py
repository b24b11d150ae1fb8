"""Working together on an entry: comments, who is there, and previews for those without a key."""

from __future__ import annotations

from peewee import TextField

from sparx_cms.models.schedules import one_of
from sparx_core import JsonField, Reference, TenantModel, TimestampField, check, default

VIEWING, EDITING = ACTIVITIES = ("viewing", "editing")


class Comment(TenantModel):
    """Something said about an entry, or one of its fields; answers have a ``parent``."""

    entry = Reference("cms.entries", on_delete="CASCADE")
    parent = Reference("cms.comments", null=True, on_delete="CASCADE")
    #: The path of the field by keys, ``body`` or ``seo.title``.
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
    """That somebody has an entry open. Advisory: what is correct versions decide."""

    entry = Reference("cms.entries", on_delete="CASCADE")
    actor = TextField()
    actor_name = TextField()
    activity = TextField(constraints=[default("'viewing'"), check(one_of("activity", ACTIVITIES))])
    field = TextField(null=True)
    seen_at = TimestampField(constraints=[default("now()")])

    class Meta:
        schema = "cms"
        table_name = "presences"
        indexes = ((("entry", "actor"), True),)


class Preview(TenantModel):
    """What the link of a preview shows: a revision, or the draft as it is whenever it is opened."""

    entry = Reference("cms.entries", on_delete="CASCADE")
    revision = Reference("cms.revisions", null=True, on_delete="CASCADE")
    locale = TextField()
    #: What of the entries and files that it refers to is shown with it: ``{"author": {}}``.
    plan = JsonField(constraints=[default("'{}'")])
    expires_at = TimestampField()
    created_by = TextField()

    class Meta:
        schema = "cms"
        table_name = "previews"
