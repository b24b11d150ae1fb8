"""Tools that write: each carries one operation out, as REST would, with what agents need besides.

A call is known again when it is repeated; a risky one is planned first; and what it did is recorded
in the transaction in which it did it.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sparx_ai.errors import DeletesNotAllowed, NotConfirmed, PlanInvalid, PlanUsed, UseRest
from sparx_ai.models import DONE, Call
from sparx_ai.tools.arguments import Arguments, plain_params
from sparx_ai.tools.budget import spend
from sparx_ai.tools.catalogue import Tool, Verb
from sparx_ai.tools.confirming import can_ask, is_agreed, is_answered, question
from sparx_ai.tools.plans import (
    Effects,
    Rehearsed,
    check_plan,
    consume,
    plan,
    plan_of,
    take_back,
)
from sparx_ai.tools.reading import operation_named, path_of
from sparx_ai.tools.recording import Record
from sparx_ai.tools.redaction import hash_of
from sparx_ai.tools.results import answered, fitted, parsed
from sparx_ai.tools.risk import Risk, risk_of
from sparx_core import Context, Forbidden, Operation, VersionConflict
from sparx_core.surface import (
    Call as Asked,
)
from sparx_core.surface import (
    Carried,
    Change,
    Claim,
    Form,
    Given,
    Kind,
    StoredAnswer,
    changes_made,
    encode,
    perform,
)

#: How long a call that says nothing about it is taken for the same when it is repeated.
_AGAIN = timedelta(minutes=10)
_DELETING = frozenset({"delete", "erase", "purge"})
_FILES = frozenset({Kind.IMPORT, Kind.FILE})


@dataclass(frozen=True)
class Doing:
    """A write that is asked for."""

    operation: Operation
    path: dict[str, Any]
    data: Any
    params: dict[str, Any]
    version: int | None
    idempotency_key: str | None
    confirm: str | None
    dry_run: bool

    @property
    def risky(self) -> bool:
        """Whether it is done only with a plan."""
        return risk_of(self.operation) is Risk.DESTRUCTIVE

    @property
    def rehearses(self) -> bool:
        """Whether it is only to be told what would happen."""
        return self.dry_run or (self.risky and self.confirm is None)


def doing_of(tool: Tool, arguments: Arguments) -> Doing:
    """What a call asks for. Raises ``BadRequest`` for what cannot be asked."""
    argument = "operation" if tool.verb is Verb.ACT else "resource"
    operation = operation_named(tool, arguments.text(argument), argument)
    if operation.kind in _FILES:
        raise UseRest(operation.method, operation.path)
    params = plain_params(arguments.object("query"))
    for name in ("fields", "include"):
        if names := arguments.names(name):
            params[name] = ",".join(names)
    doing = Doing(
        operation,
        path_of(operation, arguments),
        arguments.value("data"),
        params,
        arguments.whole("version", 1, 2**31 - 1),
        arguments.text("idempotencyKey"),
        arguments.text("confirm"),
        arguments.flag("dryRun"),
    )
    arguments.finish()
    return doing


def write(record: Record, doing: Doing) -> dict[str, Any]:
    """Carry it out, or plan it."""
    visit, operation = record.visit, doing.operation
    record.operation, record.risk = operation, risk_of(operation)
    record.arguments_hash = hash_of(
        operation.name, {"path": doing.path, "data": doing.data, "params": doing.params,
                         "version": doing.version}
    )  # fmt: skip
    _refuse_deletes(record, doing)
    if visit.state is not None:
        doing = _decided(record, doing, visit.state)
    if doing.rehearses:
        return _planned(record, doing)
    record.idempotency_key = doing.idempotency_key or _before(record, doing)
    claim = Claim.of(
        f'"{record.idempotency_key}"' if " " in record.idempotency_key else record.idempotency_key,
        operation.name,
        visit.key.secret_hash,
        b"mcp",
        record.arguments_hash.encode(),
    )
    performed = _Performed(record, doing)
    stored = perform(visit.runtime, visit.key, performed.call, performed.keep, claim)
    if stored is not None:
        if doing.confirm is not None and doing.idempotency_key is None:
            raise PlanUsed
        record.store(replayed=True)
        return _told(stored.body, record, replayed=True)
    record.stored = True
    return _told(performed.body, record, replayed=False)


def _refuse_deletes(record: Record, doing: Doing) -> None:
    if record.visit.access.allow_deletes:
        return
    words = doing.operation.name.replace("_", ".").split(".")
    listed = doing.data.get("items") if isinstance(doing.data, dict) else None
    entries = listed if isinstance(listed, list) and doing.operation.kind is Kind.BATCH else []
    if not _DELETING.isdisjoint(words) or any(
        isinstance(one, dict) and one.get("op") == "delete" for one in entries
    ):
        raise DeletesNotAllowed


def _decided(record: Record, doing: Doing, state: str) -> Doing:
    """The call as a person decided: with the token if they agreed, to be asked again if the client
    brings no answer. A state that is not good for the call is refused, whatever they said.
    """
    if not doing.risky or doing.dry_run or doing.confirm is not None:
        raise PlanInvalid
    visit, record.asks = record.visit, True
    agreed = is_agreed(visit)
    if is_answered(visit) and not agreed:
        take_back(record, state, NotConfirmed.code)
        raise NotConfirmed
    with visit.runtime.as_key(visit.key, read_only=True) as context:
        # Done already: with a key of its own the call is answered again, not carried out.
        again = agreed and doing.idempotency_key is not None
        check_plan(context, record, state, used_is_fine=again)
    return replace(doing, confirm=state) if agreed else doing


def _before(record: Record, doing: Doing) -> str:
    """The idempotency key of a call that has none: that of the plan which it applies, or of the
    same call, if this is the key's next write after it and follows soon; else a new one.

    Only the next one: what is done, taken back and done again is not a repetition.
    """
    visit = record.visit
    with visit.runtime.as_key(visit.key, read_only=True) as context:
        if doing.confirm is not None:
            check_plan(context, record, doing.confirm, used_is_fine=False)
            record.plan_id = plan_of(doing.confirm)
            return f"plan-{record.plan_id}"
        last = context.first(
            Call.select()
            .where(
                Call.key_id == visit.key_row,
                Call.outcome == DONE,
                Call.risk != Risk.READ.value,
                Call.created_at > datetime.now(UTC) - _AGAIN,
            )
            .order_by(Call.created_at.desc(), Call.id.desc())
            .limit(1)
        )
    if last is not None and last.arguments_hash == record.arguments_hash:
        return str(last.idempotency_key)
    return f"auto-{secrets.token_hex(16)}"


def _planned(record: Record, doing: Doing) -> dict[str, Any]:
    """Do it, see what it does, and take it back."""
    visit = record.visit
    asks = doing.risky and can_ask(visit)
    record.asks = asks and not doing.dry_run
    performed = _Performed(record, doing, rehearses=True)
    try:
        perform(visit.runtime, visit.key, performed.call, performed.keep)
    except Rehearsed as rehearsed:
        told, token = plan(record, rehearsed.effects)
        if record.asks:
            return question(told, token)
        # Where there is a person to be asked, no trial of the agent's is a way past them.
        confirm = {} if asks else {"confirm": token}
        return answered({"status": "planned", "plan": {**told, **confirm}})
    raise AssertionError("a rehearsal always ends with Rehearsed")


class _Performed:
    """A write on its way through the core: what is done at the end of its transaction."""

    def __init__(self, record: Record, doing: Doing, *, rehearses: bool = False) -> None:
        self.record, self.doing, self.rehearses = record, doing, rehearses
        self.version: int | None = None
        self.body = b""
        self.call = Asked(
            doing.operation,
            Form.of(doing.operation),
            dict(doing.path),
            Given(doing.data),
            doing.params,
            precondition=self._check_version,
            states_version=doing.version is not None,
            request_id=record.visit.request_id,
        )

    def _check_version(self, version: int | None) -> None:
        """Refuse what was asked of a version that the row has no more."""
        self.version, expected = version, self.doing.version
        if expected is not None and version != expected:
            raise VersionConflict(version if version is not None else 0)

    def _told(self, change: Change) -> Change:
        """A row that is deleted into the trash is changed, for the audit log."""
        deletes = self.doing.operation.kind is Kind.DELETE
        if deletes and str(change.id) == self.doing.path["id"].lower():
            return replace(change, action="deleted")
        return change

    def keep(self, context: Context, carried: Carried) -> StoredAnswer:
        """The answer, in the transaction that made it: if this raises, nothing was written."""
        if "ai" not in context.modules:
            raise Forbidden("Agents cannot turn the module off that they come through.")
        changes = [self._told(one) for one in changes_made(context)]
        effects = Effects.of(context, changes, self.version)
        if self.rehearses:
            raise Rehearsed(effects)
        record, doing = self.record, self.doing
        if doing.confirm is not None:
            record.plan_id = plan_of(doing.confirm)
            consume(context, record, doing.confirm, effects)
        spend(context, record.visit, len(changes))
        record.insert(context, changes=changes)
        self.body = _body(doing.operation, carried, effects)
        return StoredAnswer(200, {}, self.body)


def _body(operation: Operation, carried: Carried, effects: Effects) -> bytes:
    """What a write answers, in the form in which it is kept to be answered again. A secret that
    is shown once is not for a conversation, where it would stay.
    """
    data = carried.data if operation.answers_secret else carried.whole
    told = b'{"data":' + data + b',"meta":' + (carried.meta or b"null")
    rest = {"version": carried.version, "changes": effects.counts}
    return told + b"," + encode(rest)[1:]


def _told(body: bytes, record: Record, *, replayed: bool) -> dict[str, Any]:
    kept = parsed(body)
    data, cut = fitted(kept["data"])
    return answered({
        "status": "done",
        "data": data,
        "meta": kept["meta"],
        "version": kept["version"],
        "changes": kept["changes"],
        "replayed": replayed,
        "idempotencyKey": record.idempotency_key,
        "truncated": cut,
    })  # fmt: skip
