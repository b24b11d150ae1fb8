"""What is refused of entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sparx_core import ApiError


class SlugTaken(ApiError):
    """Another entry of the type has this slug in this language; `details` name the field and, as
    `id`, the entry.
    """

    code, status, message = "slug_taken", 409, "Another entry has this slug."

    def __init__(self, problems: Sequence[Any] = ()) -> None:
        super().__init__(details=list(problems))


class EntryPublished(ApiError):
    """The entry is live: unpublish it first, or send `unpublish: true`."""

    code, status = "entry_published", 409
    message = "The entry is live: unpublish it first."


class EntryArchived(ApiError):
    """The entry is archived, and nothing is changed of such a one: unarchive it first."""

    code, status = "entry_archived", 409
    message = "The entry is archived: unarchive it first."


class EntryReferenced(ApiError):
    """Other entries refer to the entry; `details` list up to twenty of them. With
    `onDelete=nullify` it is taken out of their drafts, as long as they are 200 at most.
    """

    code, status = "entry_referenced", 409
    message = "Other entries refer to this one."

    def __init__(self, referrers: Sequence[Any] = ()) -> None:
        super().__init__(details=list(referrers))


class UnpublishedReferences(ApiError):
    """What would be published refers to entries that are not live; `details` list them. With
    `cascade: true` they are published with it, as far as they are neither archived nor deleted.
    """

    code, status = "unpublished_references", 422
    message = "It refers to entries that are not published."

    def __init__(self, references: Sequence[Any] = ()) -> None:
        super().__init__(details=list(references))


class NotPublished(ApiError):
    """Nothing of the entry is live, so there is nothing to go back to."""

    code, status, message = "not_published", 409, "Nothing of the entry is live."


class SingletonExists(ApiError):
    """The content type is a singleton, and has its one entry; `details.id` is its id."""

    code, status = "singleton_exists", 409
    message = "The type is a singleton, and has its entry."

    def __init__(self, entry_id: str = "") -> None:
        super().__init__(details={"id": entry_id})
