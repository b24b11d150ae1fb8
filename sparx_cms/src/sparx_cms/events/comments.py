"""What is told of comments: that something was said, and not what."""

from __future__ import annotations

from sparx_core import Event


class CommentCreated(Event):
    """Somebody said something about an entry."""

    name, resource = "content.comment.created", "cms.comment_notices"


class CommentUpdated(Event):
    """A comment was rewritten, settled, or opened again."""

    name, resource = "content.comment.updated", "cms.comment_notices"


class CommentDeleted(Event):
    """A comment was deleted; the payload is of the comment as it was."""

    name, resource = "content.comment.deleted", "cms.comment_notices"
