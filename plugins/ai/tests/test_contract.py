"""The AI module keeps the rules for modules."""

from __future__ import annotations

from typing import Any

from sparx_core.testing import Api, ModuleContract


def _key(api: Api, number: int) -> Any:
    """What is decided for a key of its own."""
    made = api.post("/v1/keys", {"name": f"Agent {number}", "scopes": ["read:core"]}).data
    return {"keyId": made["id"], "readOnly": True}


class TestContract(ModuleContract):
    module = "ai"
    samples = {"ai.keys": _key}
