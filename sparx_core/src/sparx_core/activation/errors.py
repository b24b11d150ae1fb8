"""Why a worker could not finish: kept with its delivery and shown; the delivery is tried again."""

from __future__ import annotations


class ModuleStuck(Exception):
    """What the rows of a module cannot be archived or restored for; nothing was changed."""


class NotYet(ModuleStuck):
    """Another module has to be on or off first, or requests from before still run."""


def told(last_error: str) -> str:
    """What went wrong, of an error as it is kept with a delivery: its class, then what it says."""
    return (last_error.partition(": ")[2] or last_error).splitlines()[0]
