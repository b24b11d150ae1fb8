"""schemathesis on the document of the installed modules: whatever is sent, the answer is as the
document says, what it forbids is refused, and what it allows is not.

Ordinarily as long as there is time for: each operation has its turn in each phase.
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
#: For the key for everything, and for the one that only reads, unless examples are asked for.
SECONDS = (20, 7)
#: How many times as long it may take on a machine that has much else to do.
PATIENCE = (1, 3, 9)
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
    for patience in PATIENCE:
        found = run(address, caretaker.tenant.api_key, **bounds(0, patience))
        if EXAMPLES or found.failures or went_everywhere(found, caretaker):
            break
    return found


def went_everywhere(found: Run, caretaker: Caretaker) -> bool:
    # Under load there may be no time for sequences of requests, which come last, and for the last
    # of the operations.
    phases = PHASES if EXAMPLES else PHASES - {"stateful"}
    return set(found.phases) >= phases and len(missed(found, caretaker)) <= (0 if EXAMPLES else 3)


def missed(found: Run, caretaker: Caretaker) -> set[str]:
    """The operations that were not asked for anything."""
    return set(operations(caretaker)) - {label for label, _ in found.answers}


def bounds(place: int, patience: int = 1) -> dict[str, int]:
    if EXAMPLES:
        return {"examples": EXAMPLES}
    return {"examples": 10, "seconds": SECONDS[place] * patience}


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
    found = run(address, key, **bounds(1))
    assert not found.failures, found.report()
    for label, content in operations(caretaker).items():
        wanted = content["security"] and content["security"][0].get("apiKey", [])
        if wanted and wanted[0].startswith("write:"):
            done = [status for name, status in found.answers if name == label and status < 300]
            assert not done, label
