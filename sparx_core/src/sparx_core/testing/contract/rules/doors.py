"""Rules about who may call: without a key, without the module, without the scope."""

from __future__ import annotations

from collections.abc import Iterator

from sparx_core.testing.contract.calls import Refusal
from sparx_core.testing.contract.rule import rule
from sparx_core.testing.contract.subject import Subject


@rule("authenticated")
def authenticated(subject: Subject) -> Iterator[str]:
    """Everything under /v1 answers 401 without a key.

    Declared operations do. A route of your own has to enter with runtime.as_key(bearer(header))
    before it does anything else, or be outside /v1 if it is for everybody.
    """
    stage = subject.stage
    client, expected = stage.anonymous, (401, "unauthorized")
    yield from stage.refused(
        [Refusal(client, call, "without a key", expected) for call in stage.calls]
    )


@rule("active")
def active(subject: Subject) -> Iterator[str]:
    """Everything under /v1 answers 403 module_disabled where the module is not active.

    Declared operations do. A route of your own has to ask ctx.require("loyalty", "read:loyalty"),
    with the key of the module, before it does anything else.
    """
    stage = subject.stage
    client, how = stage.closed.api, "where the module is inactive"
    expected = (403, "module_disabled")
    yield from stage.refused([Refusal(client, call, how, expected) for call in stage.calls])


@rule("scoped")
def scoped(subject: Subject) -> Iterator[str]:
    """Everything under /v1 answers 403 insufficient_scope to a key without its scope.

    Give each operation() a scope: "read:loyalty", with the key of the module, if it changes
    nothing, and "write:loyalty" if it does. A route of your own has to ask
    ctx.require("loyalty", "write:loyalty").
    """
    stage, key = subject.stage, subject.key
    without = stage.key_for("read:core")
    reader, writer = stage.key_for(f"read:{key}"), stage.key_for(f"write:{key}")
    expected = (403, "insufficient_scope")
    refusals = []
    for call in stage.calls:
        scope = call.operation.scope if call.operation else ""
        if scope is None:
            yield f"{call} asks for no scope: any key may call it"
            continue
        refusals.append(Refusal(without, call, "with another module's scope", expected))
        if scope == f"write:{key}":
            refusals.append(Refusal(reader, call, f"with read:{key} alone", expected))
        if scope == f"read:{key}":
            refusals.append(Refusal(writer, call, f"with write:{key} alone", expected))
    yield from stage.refused(refusals)
