"""schemathesis on the document of the installed modules: whatever is sent, the answer is as the
document says, what it forbids is refused, and what it allows is not.

Ordinarily a number of requests that is divided among the operations: the more there are, the fewer
each gets, and each gets the same ones every time.
SPARX_FUZZ_EXAMPLES=2000 is the long run: so many examples of each operation, however long it takes.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest

from sparx_core.runtime import Runtime
from sparx_core.testing import Api, Owner, TenantMaker

from .runs import Run, run
from .served import Caretaker, served

EXAMPLES = int(os.environ.get("SPARX_FUZZ_EXAMPLES", "0"))
#: Cases of all operations together, for the key for everything and for the one that only reads,
#: unless examples are asked for.
CASES = (1_350, 540)
PHASES = {"examples", "coverage", "fuzzing", "stateful"}


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
    return run(address, caretaker.tenant.api_key, **bounds(0, caretaker))


def went_everywhere(found: Run, caretaker: Caretaker) -> bool:
    return set(found.phases) >= PHASES and not missed(found, caretaker)


def missed(found: Run, caretaker: Caretaker) -> set[str]:
    """The operations that were not asked for anything."""
    return set(operations(caretaker)) - {label for label, _ in found.answers}


def bounds(place: int, caretaker: Caretaker) -> dict[str, int]:
    if EXAMPLES:
        return {"examples": EXAMPLES}
    each = max(CASES[place] // len(operations(caretaker)), 2)
    return {"examples": max(each // 5, 1), "cases": each}


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
    assert len(done) > len(operations(caretaker)) / 2, "the run was refused almost everywhere"


def test_key_that_only_reads(address: str, caretaker: Caretaker) -> None:
    api = Api(caretaker.app, caretaker.tenant.api_key)
    scopes = [f"read:{module}" for module in ("core", *caretaker.modules)]
    key = api.post("/v1/keys", {"name": "reader", "scopes": scopes}).data["key"]
    found = run(address, key, **bounds(1, caretaker))
    assert not found.failures, found.report()
    for label, content in operations(caretaker).items():
        wanted = content["security"] and content["security"][0].get("apiKey", [])
        if wanted and wanted[0].startswith("write:"):
            done = [status for name, status in found.answers if name == label and status < 300]
            assert not done, label
