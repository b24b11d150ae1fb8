"""The operations of a document, one by one, and where each is in the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: What is under no resource: the first part of the path says what it is about.
_OWN_GROUPS = {"/health": "Health", "/ready": "Health", "/v1/openapi.json": "This documentation"}


@dataclass(frozen=True)
class Described:
    """An operation of the document, with where it is."""

    method: str
    path: str
    content: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.content["operationId"])

    @property
    def module(self) -> str:
        return str(self.content["tags"][0])

    @property
    def href(self) -> str:
        """Its place in the reference."""
        return f"/docs/reference/{self.module}#{self.id}"

    @property
    def group(self) -> str:
        """What it is about: ``/v1/crm/price_lists/{id}`` is about price lists."""
        if self.path in _OWN_GROUPS:
            return _OWN_GROUPS[self.path]
        parts = self.path.removeprefix("/v1/").removeprefix(f"{self.module}/").split("/")
        words = parts[0].replace("_", " ").replace("-", " ")
        return words[:1].upper() + words[1:]

    @property
    def success(self) -> tuple[str, Mapping[str, Any]]:
        """Status and content of the answer that is wished for."""
        for status, response in self.content["responses"].items():
            if status.startswith("2"):
                content = response["content"]
                # A file has no fields to tell of.
                return status, content.get("application/json", {"schema": {}})
        raise LookupError(f"{self.id} has no answer")


def described(document: Mapping[str, Any]) -> list[Described]:
    """Every operation, in the order of paths."""
    return [
        Described(method.upper(), path, content)
        for path, methods in document["paths"].items()
        for method, content in methods.items()
    ]


def of_module(operations: list[Described], key: str) -> list[Described]:
    """Those of a module, what is under no resource last."""
    own = [one for one in operations if one.module == key]
    return sorted(own, key=lambda one: one.path in _OWN_GROUPS)


def homes(operations: list[Described]) -> dict[str, str]:
    """Where the resource of a component is shown: at the operation that answers with one."""
    found = {}
    for one in operations:
        schema = one.success[1]["schema"].get("properties", {}).get("data", {})
        whole = schema.get("anyOf", [{}])[0].get("$ref", "").rpartition("/")[2]
        if whole and one.method == "GET":
            found[whole] = one.href
    return found
