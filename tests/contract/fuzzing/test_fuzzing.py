"""schemathesis on the document of the installed modules: whatever is sent, the answer is as the
document says, what it forbids is refused, and what it allows is not.

Ordinarily some requests, the same ones every time, for each operation that is like no other: what
the core derives for every resource is asked of one resource of a module.
SPARX_FUZZ_EXAMPLES=2000 is the long run: so many examples of each operation of all, however long it
takes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from sparx_core.registry import Registry
from sparx_core.resources import Kind
from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner, TenantMaker

from .runs import Run, run
from .served import Caretaker, served

EXAMPLES = int(os.environ.get("SPARX_FUZZ_EXAMPLES", "0"))
#: Cases of an operation, for the key for everything and for the one that only reads; only a run
#: that asks for examples has more.
CASES = (4, 2)
PHASES = {"examples", "coverage", "fuzzing", "stateful"}
#: Kinds of operations that the core derives from the declaration of a resource.
DERIVED = (
    Kind.LIST,
    Kind.GET,
    Kind.UPDATE,
    Kind.DELETE,
    Kind.AGGREGATE,
    Kind.BATCH,
    Kind.IMPORT,
    Kind.EXPORT,
)


@pytest.fixture(scope="module")
def caretaker(installation: Runtime) -> Iterator[Caretaker]:
    owner = Owner(installation.urls.require_owner())
    modules = [key for key in installation.registry.modules if key != "core"]
    found = Caretaker(installation, owner, TenantMaker(installation, modules)())
    yield found
    found.deliveries.close()
    owner.close()


@pytest.fixture(scope="module")
def address(caretaker: Caretaker) -> Iterator[str]:
    with served(caretaker) as found:
        yield found


@pytest.fixture(scope="module")
def full(address: str, caretaker: Caretaker) -> Run:
    return run(address, caretaker.tenant.api_key, **bounds(CASES[0], alike()))


def went_everywhere(found: Run, caretaker: Caretaker) -> bool:
    return set(found.phases) >= PHASES and not missed(found, caretaker)


def missed(found: Run, caretaker: Caretaker) -> set[str]:
    """The operations that were not asked for anything."""
    left_out = set() if EXAMPLES else set(alike())
    # schemathesis leaves out the operation that gave it the document.
    asked = {"GET /v1/openapi.json"} | {label for label, _ in found.answers}
    return {
        label
        for label, content in operations(caretaker).items()
        if label not in asked and content["operationId"] not in left_out
    }


def bounds(cases: int, left_out: list[str]) -> dict[str, Any]:
    if EXAMPLES:
        return {"examples": EXAMPLES}
    return {"examples": 1, "cases": cases, "left_out": left_out}


def alike(*more: Kind) -> list[str]:
    """Operations that do with another resource what one of the same module is asked for already:
    those of kinds that the core derives, actions without a body of their own, and ``more``.
    """
    seen, found = set(), []
    for name, one in Registry.discover().operations.items():
        derived = one.kind in (*DERIVED, *more) or (one.kind is Kind.ACTION and one.body is None)
        if derived and (one.module, one.kind) in seen:
            found.append(name)
        seen.add((one.module, one.kind))
    return found


def operations(caretaker: Caretaker) -> dict[str, Any]:
    document = json.loads(Api(caretaker.app).get("/v1/openapi.json").text)
    return {
        f"{method.upper()} {path}": content
        for path, methods in document["paths"].items()
        for method, content in methods.items()
    }


def test_key_for_everything(full: Run) -> None:
    assert not full.failures, full.report()


def test_run_went_everywhere(full: Run, caretaker: Caretaker) -> None:
    assert went_everywhere(full, caretaker), (full.phases, missed(full, caretaker))
    done = {label for label, status in full.answers if status < 300}
    asked = {label for label, _ in full.answers}
    assert len(done) > len(asked) / 2, "the run was refused almost everywhere"


def test_key_that_only_reads(address: str, caretaker: Caretaker) -> None:
    api = Api(caretaker.app, caretaker.tenant.api_key)
    scopes = [f"read:{module}" for module in ("core", *caretaker.modules)]
    key = api.post("/v1/keys", {"name": "reader", "scopes": scopes}).data["key"]
    left_out = alike(Kind.CREATE, Kind.ACTION, Kind.CALL)
    found = run(address, key, **bounds(CASES[1], left_out))
    assert not found.failures, found.report()
    for label, content in operations(caretaker).items():
        wanted = content["security"] and content["security"][0].get("apiKey", [])
        if wanted and wanted[0].startswith("write:"):
            done = [status for name, status in found.answers if name == label and status < 300]
            assert not done, label
