"""What is refused about taxonomies."""

from __future__ import annotations

from sparx_core import Conflict


class TermCycle(Conflict):
    """A term cannot be below itself; `details.path` are the terms on the way up."""

    code, status, message = "term_cycle", 409, "A term cannot be below itself."

    def __init__(self, path: list[str]) -> None:
        super().__init__(details={"path": path})
