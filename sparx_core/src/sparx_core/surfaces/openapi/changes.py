"""Breaking changes between two documents: what a client of the old one could trip over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from sparx_core.surfaces.openapi.event_changes import event_changes
from sparx_core.surfaces.openapi.fields import JsonSchema
from sparx_core.surfaces.openapi.schema_changes import Comparison

#: Parameters that name what is shown, grouped or summed. A name that is gone is gone from
#: the answers, where it is found; their pattern is another one whenever there is a new name.
_SELECTING = ("fields", "include", "groupBy", "sum", "avg", "min", "max")
#: What says which names there are.
_WORDS = ("pattern", "enum")

_METHODS = ("get", "post", "patch", "delete", "put")


def breaking_changes(
    old: Mapping[str, Any], new: Mapping[str, Any], today: date | None = None
) -> list[str]:
    """What breaks, a line each; nothing if every client of ``old`` can go on with ``new``.

    What ``old`` says goes away may be gone once its sunset is over, on ``today`` (UTC) or before.

    Something that is new breaks nobody: endpoints, optional values, fields and words in answers,
    error codes. ``operationId`` counts, because generated clients are called by it.
    """
    found: list[str] = []
    comparison = Comparison(old, new, today or datetime.now(UTC).date())
    for path, methods in old["paths"].items():
        for method in _METHODS:
            if method not in methods:
                continue
            name = f"{method.upper()} {path}"
            now = new["paths"].get(path, {}).get(method)
            if now is None:
                found += comparison.removed(methods[method], name)
                continue
            told = _operation(methods[method], now, comparison)
            found += [f"{name}: {one}" for one in told]
    events = (one.get("x-sparx-events", []) for one in (old, new))
    found += event_changes(comparison, *events)
    return list(dict.fromkeys(found))


def _operation(old: JsonSchema, new: JsonSchema, comparison: Comparison) -> Iterator[str]:
    if old["operationId"] != new["operationId"]:
        yield f"its operationId {old['operationId']} is now {new['operationId']}"
    if _is_open(old) and not _is_open(new):
        yield "needs a key"
    for scope in sorted(_scopes(new) - _scopes(old)):
        yield f"needs the scope {scope}"
    yield from _parameters(old, new, comparison)
    yield from _body(old, new, comparison)
    yield from _answer(old, new, comparison)


def _is_open(operation: JsonSchema) -> bool:
    """Whether anybody may ask, without a key."""
    requirements = operation.get("security")
    return requirements is not None and (requirements == [] or {} in requirements)


def _scopes(operation: JsonSchema) -> set[str]:
    return {
        scope
        for requirement in operation.get("security", [])
        for scopes in requirement.values()
        for scope in scopes
    }


def _parameters(old: JsonSchema, new: JsonSchema, comparison: Comparison) -> Iterator[str]:
    before = _by_name(old, comparison.old)
    after = _by_name(new, comparison.new)
    for key, parameter in before.items():
        told = f"parameter {key[0]}"
        if key not in after:
            yield from comparison.removed(parameter, told)
            continue
        if after[key].get("required") and not parameter.get("required"):
            yield f"{told}: now required"
        accepted, accepted_now = parameter["schema"], after[key]["schema"]
        if key[0] in _SELECTING:
            accepted, accepted_now = _without_words(accepted), _without_words(accepted_now)
        yield from comparison.sent(accepted, accepted_now, told)
    for key, parameter in after.items():
        if key not in before and parameter.get("required"):
            yield f"parameter {key[0]}: new and required"


def _without_words(selection: JsonSchema) -> JsonSchema:
    entry = {name: one for name, one in selection.get("items", {}).items() if name not in _WORDS}
    return {**selection, "items": entry}


def _by_name(
    operation: JsonSchema, document: Mapping[str, Any]
) -> dict[tuple[str, str], JsonSchema]:
    found = {}
    for one in operation.get("parameters", []):
        if "$ref" in one:
            one = document["components"]["parameters"][one["$ref"].rpartition("/")[2]]
        found[one["name"], one["in"]] = one
    return found


def _body(old: JsonSchema, new: JsonSchema, comparison: Comparison) -> Iterator[str]:
    before, after = old.get("requestBody"), new.get("requestBody")
    if before is None:
        if after is not None and after.get("required"):
            yield "body: new and required"
        return
    if after is None:
        yield "body: no longer accepted"
        return
    if after.get("required") and not before.get("required"):
        yield "body: now required"
    yield from comparison.sent(_content(before), _content(after), "body")


def _answer(old: JsonSchema, new: JsonSchema, comparison: Comparison) -> Iterator[str]:
    for status, response in old["responses"].items():
        if not status.startswith("2"):
            continue  # which errors may come is no promise; what a code means is
        if status not in new["responses"]:
            yield f"answer {status}: removed"
            continue
        before, after = _content(response), _content(new["responses"][status])
        yield from comparison.shown(before, after, f"answer {status}")


def _content(holder: JsonSchema) -> JsonSchema:
    content: JsonSchema = holder.get("content", {}).get("application/json", {})
    schema: JsonSchema = content.get("schema", {})
    return schema
