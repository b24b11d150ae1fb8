"""Errors of rows among many."""

from __future__ import annotations

from typing import Any

from sparx_core.errors import ApiError


def told(error: ApiError) -> dict[str, Any]:
    """An error as it stands inside an answer: of one row among many."""
    found: dict[str, Any] = {"code": error.code, "message": error.text}
    if error.details is not None:
        found["details"] = error.details
    return found
