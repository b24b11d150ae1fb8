"""What an operation may do to the tenant, and what no agent may ask for at all.

It is derived from what is declared: a module's author says nothing about agents.
"""

from __future__ import annotations

from enum import StrEnum

from sparx_core import Operation
from sparx_core.surface import Kind


class Risk(StrEnum):
    """``read`` changes nothing; ``write`` adds or changes what can be changed back;
    ``destructive`` takes away, moves many rows or money, or tells somebody outside.
    """

    READ = "read"
    WRITE = "write"
    DESTRUCTIVE = "destructive"


_BULK = frozenset({Kind.BATCH, Kind.IMPORT, Kind.DELETE})
#: Words in names of operations whose effect stays, or leaves the tenant.
_WORDS = frozenset({
    "bulk", "cancel", "capture", "deactivate", "delete", "disable", "erase", "imports", "merge",
    "migrations", "publish", "purge", "refund", "refunds", "remove", "replay", "resend", "reset",
    "revoke", "schedule", "schedules", "send", "test", "trigger", "undo", "unpublish", "void",
})  # fmt: skip
#: Who may ask, where data goes to, what the tenant pays with: for people alone.
_PEOPLE_ONLY = frozenset({"core.keys", "core.origins", "core.webhook_subscriptions"})
_PEOPLE_ONLY_PREFIXES = ("core.sandbox",)


def risk_of(operation: Operation) -> Risk:
    """The risk of an operation, from its kind and its name."""
    if not operation.writes:
        return Risk.READ
    if operation.kind in _BULK or _words(operation) & _WORDS:
        return Risk.DESTRUCTIVE
    # A question that is too long for an address, such as the preview of a segment.
    if operation.kind is Kind.CALL and (operation.scope or "").startswith("read:"):
        return Risk.READ
    return Risk.WRITE


def is_for_agents(operation: Operation) -> bool:
    """Whether agents may ever ask for it: neither for keys and secrets of webhooks, nor for what
    decides about agents themselves.
    """
    if operation.public:
        return False
    if not operation.writes:
        return True
    if operation.module == "ai":
        return False
    if operation.module == "core" and operation.answers_secret:
        return False
    resource = operation.resource
    if resource is not None and resource.key in _PEOPLE_ONLY:
        return False
    return not operation.name.startswith(_PEOPLE_ONLY_PREFIXES)


def _words(operation: Operation) -> set[str]:
    return set(operation.name.partition(".")[2].replace(".", "_").split("_"))
