"""What is refused of merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sparx_core import ApiError


class AlreadyMerged(ApiError):
    """One of them was merged before; `details` say into which one."""

    code, status, message = "already_merged", 409, "One of them was merged before."

    def __init__(self, row: UUID, merged_into: UUID) -> None:
        super().__init__(details={"id": row, "mergedInto": merged_into})


class MergeStays(ApiError):
    """The merge cannot be undone any more; `details` are the reasons, each with the row that it is
    about: `erased`, `primary_deleted`, `primary_merged`, `duplicate_changed` or `email_taken`.
    """

    code, status, message = "merge_stays", 409, "The merge cannot be undone any more."

    def __init__(self, reasons: Sequence[dict[str, Any]]) -> None:
        super().__init__(details=list(reasons))
