"""What is known of an entry beside its values: its languages, and what keeps it from going live."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sparx_cms.entries.languages import languages
from sparx_cms.entries.readiness import Publication, refusals
from sparx_cms.models.entries import Entry
from sparx_cms.operations.finding import row_named
from sparx_cms.operations.publishing import languages_of_revision, revision_of
from sparx_cms.schemas.entry_bodies import EntryLocaleSchema, ObstacleSchema, ObstaclesQuery
from sparx_core import ApiError, Context, NotFound, ValidationFailed, Values, operation, querying


@operation(
    "GET",
    "/entries/{id}/locales",
    name="entry_locales",
    module="cms",
    scope="draft:cms",
    answer=EntryLocaleSchema(many=True),
    raises=[NotFound],
)
def entry_locales(ctx: Context, id: str) -> list[Values]:
    """The languages of an entry: what is live of each, since when, and whether something newer
    waits there.
    """
    return [
        {
            "locale": locale,
            "status": row.status,
            "path": row.path,
            "livePath": row.live_path,
            "liveRevisionId": row.live_revision,
            "publishedAt": _second(row.published_at),
            "firstPublishedAt": _second(row.first_published_at),
        }
        for locale, row in languages(ctx, _entry(ctx, id)).items()
    ]


@querying(ObstaclesQuery)
@operation(
    "GET",
    "/entries/{id}/obstacles",
    name="entry_obstacles",
    module="cms",
    scope="draft:cms",
    answer=ObstacleSchema(many=True),
    raises=[NotFound],
)
def entry_obstacles(ctx: Context, id: str, query: Values) -> list[Values]:
    """What publishing would be refused for, in all the languages; nothing is published, and an
    empty list means that nothing is in the way. Slugs that others have show when publishing.
    """
    entry = _entry(ctx, id)
    revision = revision_of(ctx, entry, query.get("revision_id"))
    named = query.get("locale")
    wanted = languages_of_revision(ctx, entry, revision) if named is None else (named,)
    found = refusals(ctx, [Publication(entry, revision, wanted)]).get(entry.id)
    return [] if found is None else list(_obstacles(found))


def _entry(ctx: Context, id: str) -> Entry:
    entry = row_named(ctx, Entry, id)
    if entry.trashed:
        raise NotFound
    return entry


def _second(time: datetime | None) -> datetime | None:
    """A time as the API tells it: whole seconds."""
    return None if time is None else time.replace(microsecond=0)


def _obstacles(refusal: ApiError) -> Iterator[Values]:
    code = "invalid" if isinstance(refusal, ValidationFailed) else refusal.code
    for one in refusal.details or [{}]:
        yield {
            "code": code,
            "field": one.get("field"),
            "message": one.get("message", refusal.text),
            "id": one.get("id"),
        }
