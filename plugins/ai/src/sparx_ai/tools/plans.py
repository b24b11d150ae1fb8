"""Plans: what a risky call would do, told by doing it and taking it back, and the token that has
it done.

The token is good for the key, the operation and the arguments that the plan was made with; for as
long as the same rows would be changed from the same versions; once; and for ten minutes. One that
the client keeps while it asks a person is good for the tool, too, and not for the agent: it is no
``confirm``.
"""

from __future__ import annotations

import hmac
import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sparx_ai.errors import PlanExpired, PlanInvalid, PlanStale, PlanUsed
from sparx_ai.models import PLANNED, REFUSED, Plan
from sparx_ai.tools.recording import Record, named
from sparx_ai.tools.redaction import hash_of
from sparx_core import Context, uuid7
from sparx_core.surface import Change

#: What a plan tells, without its token.
Told = dict[str, Any]
MINUTES = 10
_SECRET_BYTES = 32
_TOKEN = 32 + 1 + 64


class Rehearsed(Exception):
    """Raised at the end of a transaction that is only tried: it is rolled back."""

    def __init__(self, effects: Effects) -> None:
        super().__init__()
        self.effects = effects


@dataclass(frozen=True)
class Effects:
    """What a call does: the rows that it changes, the events that it states, and the version that
    the row had which it is about.
    """

    changes: list[Change]
    events: dict[str, int]
    version: int | None

    @classmethod
    def of(cls, context: Context, changes: list[Change], version: int | None) -> Effects:
        events = Counter(one.name for one in context.emitted)
        return cls(changes, dict(sorted(events.items())), version)

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """How many rows of each resource are created, updated, deleted."""
        found: dict[str, dict[str, int]] = {}
        for (resource, action), number in sorted(_counted(self.changes).items()):
            found.setdefault(resource, {})[action] = number
        return found

    @property
    def digest(self) -> str:
        """The same if the same rows are changed in the same way, from the same versions. New rows
        have new ids each time, so that they are only counted.
        """
        rows = sorted(
            f"{one.resource} {one.id} {one.action} {one.version}"
            for one in self.changes
            if one.action != "created"
        )
        made = Counter(one.resource for one in self.changes if one.action == "created")
        told = [*rows, *(f"{name} {number}" for name, number in sorted(made.items()))]
        return sha256("\n".join([*told, f"version {self.version}"]).encode()).hexdigest()


def _counted(changes: Iterable[Change]) -> Counter[tuple[str, str]]:
    """Rows by what becomes of them: one that is changed in several statements counts once."""
    last = {(one.resource, one.id): one.action for one in changes}
    made = {(one.resource, one.id) for one in changes if one.action == "created"}
    return Counter(
        (resource, "created" if (resource, id) in made and action == "updated" else action)
        for (resource, id), action in last.items()
    )


def plan(record: Record, effects: Effects) -> tuple[Told, str]:
    """Store a plan; what it tells, and its token."""
    visit, operation = record.visit, record.operation
    assert operation is not None
    secret = secrets.token_hex(_SECRET_BYTES)
    row = Plan(
        id=uuid7(),
        key_id=visit.key_row,
        operation=operation.name,
        arguments_hash=_call_of(record),
        changes_hash=effects.digest,
        secret=secret,
        expires_at=datetime.now(UTC) + timedelta(minutes=MINUTES),
    )
    record.plan_id = row.id
    with visit.runtime.as_key(
        visit.key, request_id=visit.request_id, operation="ai.plan"
    ) as context:
        _forget_old(context, visit.key_row)
        context.insert(row)
        record.insert(context, PLANNED, changes=effects.changes)
    record.stored = True
    told = {
        "operation": operation.name,
        "risk": record.risk.value,
        "changes": effects.counts,
        "affected": named(effects.changes),
        "events": effects.events,
        "expiresAt": row.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return told, f"{row.id.hex}.{_signed(row)}"


def take_back(record: Record, token: str, error: str) -> None:
    """Forget a plan that a person said no to, so that no later yes is found for it. Refuses a token
    that could not be applied.
    """
    visit = record.visit
    with visit.runtime.as_key(
        visit.key, request_id=visit.request_id, operation="ai.plan"
    ) as context:
        context.require("ai")
        row = _looked_at(context, record, token, used_is_fine=False, lock=True)
        record.plan_id = row.id
        context.run(Plan.delete().where(Plan.id == row.id))
        record.insert(context, REFUSED, error=error)
    record.stored = True


def _forget_old(context: Context, key: UUID) -> None:
    """Plans of a key that nobody can ask about any more."""
    over = datetime.now(UTC) - timedelta(days=1)
    context.run(Plan.delete().where(Plan.key_id == key, Plan.expires_at < over))


def check_plan(context: Context, record: Record, token: str, *, used_is_fine: bool) -> None:
    """Refuse a token that cannot be applied any more, before anything is done."""
    _looked_at(context, record, token, used_is_fine=used_is_fine, lock=False)


def consume(context: Context, record: Record, token: str, effects: Effects) -> None:
    """Use a plan up in the transaction that has done what it told; refuse if that was not it."""
    row = _looked_at(context, record, token, used_is_fine=False, lock=True)
    if row.changes_hash != effects.digest:
        raise PlanStale
    context.update(row, used_at=datetime.now(UTC))
    context.flush()


def plan_of(token: str) -> UUID:
    """The id of the plan that a token is of. Raises ``PlanInvalid`` for what is no token."""
    identity, _, _ = token.partition(".")
    try:
        if len(token) != _TOKEN or not token.isascii():
            raise PlanInvalid
        return UUID(hex=identity)
    except ValueError:
        raise PlanInvalid from None


def _looked_at(
    context: Context, record: Record, token: str, *, used_is_fine: bool, lock: bool
) -> Plan:
    row = context.find(Plan, plan_of(token), lock=lock)
    # The same answer for another tenant's plan and for one that never was.
    if row is None or not _is_of(row, record, token):
        raise PlanInvalid
    if row.used_at is not None and not used_is_fine:
        raise PlanUsed
    if row.used_at is None and row.expires_at <= datetime.now(UTC):
        raise PlanExpired
    return row


def _is_of(row: Plan, record: Record, token: str) -> bool:
    assert record.operation is not None
    presented = token.rpartition(".")[2]
    asked = (record.visit.key_row, record.operation.name, _call_of(record))
    signed = _signature(row, *asked)
    return hmac.compare_digest(signed, presented)


def _call_of(record: Record) -> str:
    """The call that a token is for; the client's own is of another kind than the agent's."""
    if not record.asks:
        return record.arguments_hash
    return hash_of(f"asked {record.tool}", {"call": record.arguments_hash})


def _signed(row: Plan) -> str:
    return _signature(row, row.key_id, row.operation, row.arguments_hash)


def _signature(row: Plan, key: UUID, operation: str, arguments_hash: str) -> str:
    """What binds a plan to who asks, for what, with which arguments, of which versions."""
    parts = (str(row.id), str(key), operation, arguments_hash, row.changes_hash)
    return hmac.digest(row.secret.encode(), "\n".join(parts).encode(), "sha256").hex()
