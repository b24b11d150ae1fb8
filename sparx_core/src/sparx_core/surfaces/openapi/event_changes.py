"""Breaking changes of the catalogue of events: what a receiver could trip over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sparx_core.surfaces.openapi.schema_changes import Comparison

Entries = Sequence[dict[str, Any]]


def breaking_events(
    old: Mapping[str, Any], new: Mapping[str, Any], today: date | None = None
) -> list[str]:
    """What breaks between two catalogues, a line each; nothing if every receiver of ``old`` can go
    on with ``new``. A payload may change in any way with another version: that is what it is for.
    """
    comparison = Comparison(old, new, today or datetime.now(UTC).date())
    return list(dict.fromkeys(event_changes(comparison, old["events"], new["events"])))


def event_changes(comparison: Comparison, old: Entries, new: Entries) -> Iterator[str]:
    """The same of two lists of events, whose schemas are in the documents that are compared."""
    after = {one["type"]: one for one in new}
    for event in old:
        told = f"event {event['type']}"
        now = after.get(event["type"])
        if now is None:
            yield from comparison.removed(event, told)
            continue
        if event["public"] and not now["public"]:
            yield f"{told}: webhooks no longer get it"
        if event["resource"] != now["resource"]:
            yield f"{told}: was about {event['resource']}, is about {now['resource']}"
        if now["version"] < event["version"]:
            yield f"{told}: version {now['version']} comes after {event['version']}"
        if now["version"] == event["version"]:
            yield from comparison.shown(event["data"], now["data"], told)
