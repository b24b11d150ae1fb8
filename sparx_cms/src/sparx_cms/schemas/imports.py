"""Imports of whole spaces on the wire."""

from __future__ import annotations

from marshmallow import fields, validate

from sparx_cms.importing.space import FORMATS
from sparx_core import Choice, Flag, Id, ObjectSchema, Related, WholeNumber

NOUNS = (
    *("locales", "sites", "types", "taxonomies", "terms", "assets", "entries", "menus"),
    *("redirects", "releases", "schedules", "comments"),
)


class SpaceImportBody(ObjectSchema):
    """A file that was sent as an upload, to be imported."""

    upload = Related("cms.uploads", required=True)
    format = Choice(*FORMATS, required=True)
    publish = Flag(
        load_default=True,
        metadata={"description": "Whether what was live there goes live here; or drafts alone."},
    )
    media_base = fields.String(
        # Whether http is allowed is asked where files are fetched: on a developer's machine it is.
        validate=validate.Regexp(r"https?://[^\s?#]{1,500}\Z", error="Not an http(s) address."),
        metadata={
            "description": "The address before those of files that have no host.",
            "example": "https://old.example.com",
        },
    )


class SpaceImportStartedSchema(ObjectSchema):
    """The job that imports: `GET /v1/jobs/{id}`, and `/errors` of what was refused."""

    job_id = Id()


class OutcomeSchema(ObjectSchema):
    """What became of the things of one kind."""

    created = WholeNumber(metadata={"example": 4})
    unchanged = WholeNumber(
        metadata={"description": "They were there already, or are as they were.", "example": 0}
    )
    updated = WholeNumber(metadata={"example": 0})
    failed = WholeNumber(metadata={"example": 0})


class SpaceImportSchema(ObjectSchema):
    """How far an import is."""

    job_id = Id()
    state = fields.String(metadata={"example": "succeeded"})
    locales = fields.Nested(OutcomeSchema)
    sites = fields.Nested(OutcomeSchema)
    types = fields.Nested(OutcomeSchema)
    taxonomies = fields.Nested(OutcomeSchema)
    terms = fields.Nested(OutcomeSchema)
    assets = fields.Nested(OutcomeSchema)
    entries = fields.Nested(OutcomeSchema)
    menus = fields.Nested(OutcomeSchema)
    redirects = fields.Nested(OutcomeSchema)
    releases = fields.Nested(OutcomeSchema)
    schedules = fields.Nested(OutcomeSchema)
    comments = fields.Nested(OutcomeSchema)
    published = WholeNumber(metadata={"description": "Entries that went live.", "example": 4})
