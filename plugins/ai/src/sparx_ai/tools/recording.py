"""Every call leaves a row: with what it wrote in one transaction, or by itself."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sparx_ai.models import DONE, Call
from sparx_ai.tools.cleaning import clean_text
from sparx_ai.tools.redaction import redacted
from sparx_ai.tools.risk import Risk
from sparx_ai.visit import Visit
from sparx_core import Context, Operation
from sparx_core.surface import Change

#: Rows that a record names.
MAX_NAMED = 20


@dataclass
class Record:
    """What becomes known of a call while it is worked on."""

    visit: Visit
    tool: str
    arguments: dict[str, Any]
    arguments_hash: str
    began: float = field(default_factory=time.monotonic)
    operation: Operation | None = None
    risk: Risk = Risk.READ
    plan_id: UUID | None = None
    idempotency_key: str | None = None
    #: Whether the client asks a person about its plan, and keeps the token to itself.
    asks: bool = False
    #: Whether it is stored already, with what the call wrote.
    stored: bool = False

    def insert(
        self,
        context: Context,
        outcome: str = DONE,
        *,
        error: str | None = None,
        changes: list[Change] | None = None,
        replayed: bool = False,
    ) -> None:
        """Store it with the transaction of ``context``."""
        changes, visit = changes or [], self.visit
        context.insert(
            Call(
                key_id=visit.key_row,
                key_name=visit.actor.name,
                tool=clean_text(self.tool)[:128],
                operation=None if self.operation is None else self.operation.name,
                risk=self.risk.value,
                arguments=redacted(self.arguments),
                arguments_hash=self.arguments_hash,
                outcome=outcome,
                error_code=error,
                replayed=replayed,
                hits=len(changes),
                affected=named(changes),
                milliseconds=round((time.monotonic() - self.began) * 1000),
                plan_id=self.plan_id,
                idempotency_key=self.idempotency_key,
                client=visit.client,
                request_id=visit.request_id,
            )
        )
        context.flush()

    def store(
        self, outcome: str = DONE, *, error: str | None = None, replayed: bool = False
    ) -> None:
        """Store it by itself, if it is not stored yet."""
        if self.stored:
            return
        visit = self.visit
        with visit.runtime.as_key(
            visit.key, request_id=visit.request_id, operation="ai.audit"
        ) as context:
            context.require("ai")  # it may have been turned off since
            self.insert(context, outcome, error=error, replayed=replayed)
        self.stored = True


def named(changes: list[Change]) -> list[str]:
    """The first rows that were changed: ``crm.orders/<id> updated``."""
    return [f"{one.resource}/{one.id} {one.action}" for one in changes[:MAX_NAMED]]
