"""Comments on entries: said, rewritten, settled, deleted."""

from __future__ import annotations

from datetime import UTC, datetime

from sparx_cms.editorial import Editorial
from sparx_cms.events.comments import CommentCreated, CommentDeleted, CommentUpdated
from sparx_cms.models.entries import Entry
from sparx_cms.models.working import Comment
from sparx_cms.schemas.working import CommentNoticeSchema, CommentSchema, RewritingSchema
from sparx_cms.types import check_locales
from sparx_core import Context, Forbidden, ValidationFailed, Values

comments = Editorial(
    "comments",
    Comment,
    CommentSchema,
    filters=("entryId", "parentId", "resolvedAt", "createdAt"),
    sorts=("createdAt",),
    bulk=False,
)


class _Notices(Editorial):
    """What events show of comments."""

    audited, counted = False, False


comment_notices = _Notices(
    "comment_notices", Comment, CommentNoticeSchema, exposed=False, bulk=False
)


@comments.create(emits=[CommentCreated], raises=[ValidationFailed])
def write_comment(ctx: Context, data: Values) -> Comment:
    """Say something about an entry, or answer what somebody said about it."""
    entry = ctx.find(Entry, data["entry"])
    if entry is None or entry.trashed:
        raise ValidationFailed([("entryId", "There is no such row.")])
    if data.get("parent") is not None:
        parent = ctx.find(Comment, data["parent"])
        if parent is None or parent.entry != entry.id or parent.parent is not None:
            told = "There is no such comment on this entry that could be answered."
            raise ValidationFailed([("parentId", told)])
    check_locales(ctx, {"locale": data.get("locale")})
    comment = ctx.insert(Comment(**data, author=str(ctx.actor), author_name=ctx.actor.name))
    ctx.emit(CommentCreated(comment))
    return comment


@comments.update(body=RewritingSchema, emits=[CommentUpdated], raises=[Forbidden])
def rewrite_comment(ctx: Context, comment: Comment, data: Values) -> Comment:
    """Put a comment of one's own in other words."""
    _check_own(ctx, comment)
    if data.get("body", comment.body) != comment.body:
        ctx.update(comment, **data)
        ctx.emit(CommentUpdated(comment))
    return comment


@comments.delete(emits=[CommentDeleted], raises=[Forbidden])
def delete_comment(ctx: Context, comment: Comment) -> None:
    """Delete a comment of one's own, and the answers to it."""
    _check_own(ctx, comment)
    ctx.delete(comment)
    ctx.emit(CommentDeleted(comment))


@comments.action("resolve", emits=[CommentUpdated], raises=[])
def resolve_comment(ctx: Context, comment: Comment) -> Comment:
    """Say that a comment is settled."""
    if comment.resolved_at is None:
        ctx.update(comment, resolved_at=datetime.now(UTC), resolved_by=str(ctx.actor))
        ctx.emit(CommentUpdated(comment))
    return comment


@comments.action("reopen", emits=[CommentUpdated], raises=[])
def reopen_comment(ctx: Context, comment: Comment) -> Comment:
    """Say that a comment is not settled after all."""
    if comment.resolved_at is not None:
        ctx.update(comment, resolved_at=None, resolved_by=None)
        ctx.emit(CommentUpdated(comment))
    return comment


def _check_own(ctx: Context, comment: Comment) -> None:
    if comment.author != str(ctx.actor):
        raise Forbidden("Comments are rewritten and deleted by who wrote them.")
