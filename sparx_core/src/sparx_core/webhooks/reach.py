"""What a subscription may be for: event types that are there, and that its key may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sparx_core.context import ALL_SCOPES, Context
from sparx_core.errors import InsufficientScope, ValidationFailed
from sparx_core.events.patterns import EVERY, wants
from sparx_core.pointers import Path
from sparx_core.registry import Registry
from sparx_core.surfaces.openapi.payloads import catalogue
from sparx_core.webhooks.filters import problems_with

Catalogue = Mapping[str, Any]


@lru_cache(maxsize=64)
def known_events(registry: Registry, modules: frozenset[str]) -> Catalogue:
    """The catalogue of events of these modules."""
    return catalogue(registry, modules)


def public_types(ctx: Context) -> dict[str, Mapping[str, Any]]:
    """What can be subscribed to in the tenant now, by type."""
    found = known_events(ctx.registry, ctx.modules)["events"]
    return {one["type"]: one for one in found if one["public"]}


def require_reach(ctx: Context, patterns: Sequence[str]) -> None:
    """Refuse unless the key may read whatever the patterns are about, now and, for ``*``, later.

    A type of a module that is not installed any more is about nothing.
    """
    if EVERY in patterns and not ctx.actor.allows(ALL_SCOPES):
        raise InsufficientScope(ALL_SCOPES)
    wanted = [one for name, one in ctx.registry.events.items() if wants(patterns, name)]
    known = ctx.registry.resources
    needed = {f"read:{one.resource.partition('.')[0]}" for one in wanted if one.public}
    needed |= {known[one.resource].read_scope for one in wanted if one.public}
    missing = sorted(one for one in needed if not ctx.actor.allows(one))
    if missing:
        raise InsufficientScope(*missing)


def check_events(ctx: Context, patterns: Sequence[str]) -> None:
    """Refuse patterns that are about nothing, or about events that are told to nobody outside."""
    known = public_types(ctx)
    problems = [
        (("events", place), f"There is no type of events {pattern} that webhooks may have here.")
        for place, pattern in enumerate(patterns)
        if not any(wants([pattern], name) for name in known)
    ]
    if problems:
        raise ValidationFailed(problems)


def check_filter(ctx: Context, wanted: Mapping[str, Any], patterns: Sequence[str]) -> None:
    """Refuse a filter by fields that events of the patterns do not have."""
    payloads = [
        (name, one["data"]) for name, one in public_types(ctx).items() if wants(patterns, name)
    ]
    schemas = known_events(ctx.registry, ctx.modules)["components"]["schemas"]
    found = list(_each_once(problems_with(wanted, payloads, schemas)))
    if found:
        raise ValidationFailed(found)


def _each_once(problems: Iterator[tuple[str, str]]) -> Iterator[tuple[Path, str]]:
    """The first problem of each field."""
    seen: set[str] = set()
    for name, told in problems:
        if name not in seen:
            seen.add(name)
            yield ("filter", name), told
