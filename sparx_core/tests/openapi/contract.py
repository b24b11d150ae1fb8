"""Holds what the API answers against what its document says."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from sparx_core.surfaces.openapi.document import Document
from sparx_core.testing import Answer, Api


def content_of(document: Document) -> dict[str, Any]:
    """The document as its readers see it."""
    content: dict[str, Any] = json.loads(document.cached.data)
    return content


def validator(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Draft202012Validator:
    """For a schema that refers to components of the document."""
    return Draft202012Validator(
        {**schema, "components": document["components"]}, format_checker=FormatChecker()
    )


def problems(document: Mapping[str, Any], schema: Mapping[str, Any], value: Any) -> list[str]:
    """What is wrong with a value."""
    found = validator(document, schema).iter_errors(value)
    return [f"{list(one.absolute_path)}: {one.message[:300]}" for one in found]


def operations(document: Mapping[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    """Method, path and content of every operation, by its id."""
    return {
        content["operationId"]: (method.upper(), path, content)
        for path, methods in document["paths"].items()
        for method, content in methods.items()
    }


def parameters_of(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of an operation by name, wherever they are kept."""
    shared = document["components"]["parameters"]
    found = [
        shared[one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        for one in operation.get("parameters", [])
    ]
    return {one["name"]: one for one in found}


def response_of(document: Mapping[str, Any], operation: Mapping[str, Any], status: int) -> Any:
    """A Response Object, wherever it is kept; fails the test if there is none."""
    assert str(status) in operation["responses"], f"{operation['operationId']}: {status}"
    found = operation["responses"][str(status)]
    if "$ref" in found:
        return document["components"]["responses"][found["$ref"].rpartition("/")[2]]
    return found


def whole(schema: Any) -> Any:
    """The same for an answer of which nothing was selected: all that is always shown is there."""
    if isinstance(schema, list):
        return [whole(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    references = [one.get("$ref", "") for one in schema.get("anyOf", [])]
    if len(references) == 2 and references[1] == f"{references[0]}Selection":
        return {"$ref": references[0]}
    return {name: whole(one) for name, one in schema.items()}


class Checked(Api):
    """A client that fails the test when an answer is not as the document says.

    ``seen`` counts the answers by operation and status.
    """

    def __init__(self, app: Any, key: str | None, document: Mapping[str, Any]) -> None:
        super().__init__(app, key)
        self.document = document
        self.seen: Counter[tuple[str, int]] = Counter()
        self._routes = [
            (re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), method.upper(), content)
            for path, methods in sorted(document["paths"].items(), key=lambda one: "{" in one[0])
            for method, content in methods.items()
        ]

    def document_operations(self) -> dict[str, tuple[str, str, dict[str, Any]]]:
        return operations(self.document)

    def with_key(self, key: str | None) -> Checked:
        other = Checked(self.app, key, self.document)
        other.seen = self.seen
        return other

    def request(self, method: str, path: str, **more: Any) -> Answer:
        answer = super().request(method, path, **more)
        operation = self._operation(method, path)
        response = response_of(self.document, operation, answer.status)
        for name, header in response.get("headers", {}).items():
            named = header.get("$ref", "").rpartition("/")[2]
            told = self.document["components"]["headers"][named] if named else header
            if told.get("required"):
                assert name in answer.headers, f"{method} {path}: no {name}"
        if "content" in response:
            schema = response["content"]["application/json"]["schema"]
            if "fields=" not in (more.get("query") or ""):
                schema = whole(schema)
            found = problems(self.document, schema, answer.json)
            assert not found, f"{method} {path}: {answer.status} {found}\n{answer.text}"
        else:
            assert answer.body == b""
        self.seen[operation["operationId"], answer.status] += 1
        return answer

    def _operation(self, method: str, path: str) -> dict[str, Any]:
        for form, known, content in self._routes:
            if known == method and form.fullmatch(path):
                return content
        raise AssertionError(f"{method} {path} is in no document")
