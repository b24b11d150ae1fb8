"""Previews: an entry that is not live, shown for a while to who has a link."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sparx_cms.editorial import DRAFT_SCOPE
from sparx_cms.models.entries import Entry
from sparx_cms.models.working import Preview
from sparx_cms.operations.entries import entries
from sparx_cms.operations.publishing import revision_of
from sparx_cms.public_previews import previews, public_previews
from sparx_cms.schemas.working import USUAL, PreviewBodySchema, PreviewLinkSchema
from sparx_cms.types import check_locales, locales
from sparx_core import (
    Context,
    NotFound,
    Shown,
    ValidationFailed,
    Values,
    every,
    issue_link,
    revoke_links,
)


@entries.action(
    "preview", body=PreviewBodySchema, answer=PreviewLinkSchema, raises=[NotFound, ValidationFailed]
)
def make_preview(ctx: Context, entry: Entry, data: Values) -> Shown:
    """Make a link that shows an entry as it would be, to somebody without a key, for a quarter of
    an hour or as long as `expiresIn` says. What it includes is shown as it is being worked on, too.
    """
    code = data.get("locale", locales(ctx).default)
    check_locales(ctx, {"locale": code})
    pinned = data.get("revision_id")
    preview = ctx.insert(
        Preview(
            entry=entry.id,
            revision=None if pinned is None else revision_of(ctx, entry, pinned).id,
            locale=code,
            plan=_plan(data.get("include", [])),
            expires_at=datetime.now(UTC) + timedelta(seconds=data.get("expires_in", USUAL)),
            created_by=str(ctx.actor),
        )
    )
    link = issue_link(ctx, public_previews, preview, expires_at=preview.expires_at)
    return Shown(
        entry,
        {
            "previewId": preview.id,
            "previewToken": link.token,
            "previewPath": link.path,
            "previewExpiresAt": preview.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    )


entries.demand("preview", scope=DRAFT_SCOPE)


@previews.delete(raises=[])
def revoke_preview(ctx: Context, preview: Preview) -> None:
    """Take a preview back: its link shows nothing any more."""
    revoke_links(ctx, public_previews, preview)
    ctx.delete(preview)


previews.demand("delete", scope=DRAFT_SCOPE)


@public_previews.show()
def show_preview(ctx: Context, preview: Preview) -> Preview:
    """Show the entry of a preview. It is not kept by caches, and not indexed by search engines."""
    entry = ctx.get(Entry, preview.entry)
    if entry.trashed or entry.archived_at is not None:
        raise NotFound
    return preview


@every(days=1)
def forget_previews(ctx: Context) -> None:
    """Remove previews whose link has expired, which keep revisions from being pruned."""
    ctx.run(Preview.delete().where(Preview.expires_at < datetime.now(UTC)))


def _plan(paths: list[str]) -> dict[str, Any]:
    """Paths as a tree: ``author.avatar`` is ``{"author": {"avatar": {}}}``."""
    tree: dict[str, Any] = {}
    for path in paths:
        place = tree
        for key in path.split("."):
            place = place.setdefault(key, {})
    return tree
