"""Rules about who may call: without a key, without the module, without the scope."""

from __future__ import annotations

from collections.abc import Iterator

from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.subject import Subject


@rule("authenticated")
def authenticated(subject: Subject) -> Iterator[str]:
    """Everything under /v1 answers 401 without a key.

    Declared operations do. A route of your own has to enter with runtime.as_key(bearer(header))
    before it does anything else, or be outside /v1 if it is for everybody.
    """
    stage = subject.stage
    for call in stage.calls:
        yield from stage.refused(stage.anonymous, call, (401, "unauthorized"), "without a key")


@rule("active")
def active(subject: Subject) -> Iterator[str]:
    """Everything under /v1 answers 403 module_disabled where the module is not active.

    Declared operations do. A route of your own has to ask ctx.require("<key>", "read:<key>")
    before it does anything else.
    """
    stage = subject.stage
    for call in stage.calls:
        yield from stage.refused(
            stage.closed.api, call, (403, "module_disabled"), "where the module is inactive"
        )


@rule("scoped")
def scoped(subject: Subject) -> Iterator[str]:
    """Everything under /v1 answers 403 insufficient_scope to a key without its scope.

    Give each operation() a scope, "read:<key>" if it changes nothing and "write:<key>" if it does.
    A route of your own has to ask ctx.require("<key>", "write:<key>").
    """
    stage, key = subject.stage, subject.key
    without = stage.key_for("read:core")
    reader, writer = stage.key_for(f"read:{key}"), stage.key_for(f"write:{key}")
    for call in stage.calls:
        scope = call.operation.scope if call.operation else ""
        if scope is None:
            yield f"{call} asks for no scope: any key may call it"
            continue
        clients = [(without, "with another module's scope")]
        if scope == f"write:{key}":
            clients.append((reader, f"with read:{key} alone"))
        if scope == f"read:{key}":
            clients.append((writer, f"with write:{key} alone"))
        for client, how in clients:
            yield from stage.refused(client, call, (403, "insufficient_scope"), how)
