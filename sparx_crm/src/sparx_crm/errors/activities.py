"""What activities refuse."""

from __future__ import annotations

from sparx_core import ApiError


class EntryOfSystem(ApiError):
    """The entry was appended by the system: it is a record of what happened, and stays as it is."""

    code, status = "activity_immutable", 409
    message = "Entries of the system are never changed or deleted."
