"""What a key may do as an agent: what its tenant decided, less what the address leaves out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sparx_ai.errors import AiDisabled
from sparx_ai.models import KeySettings
from sparx_ai.operations.settings import DEFAULTS, stored
from sparx_core import BadRequest, Context

_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"", "0", "false"})
#: The form of the names of tools; which of them there are depends on who asks.
_TOOL = re.compile(r"[a-z][a-z0-9_]{0,126}")
_MOST_NAMES = 100
PARAMETERS = ("toolsets", "tools", "exclude", "read_only")


@dataclass(frozen=True)
class Access:
    """``toolsets`` are modules; None stands for all that are active, and in ``tools`` for every
    tool. What is in ``exclude`` is left out, whatever else names it.
    """

    read_only: bool = False
    allow_deletes: bool = False
    toolsets: frozenset[str] | None = None
    tools: frozenset[str] | None = None
    exclude: frozenset[str] = frozenset()
    writes_per_hour: int = 0


def admit(context: Context, chosen: Mapping[str, str]) -> Access:
    """What the key that entered ``context`` may do. Raises ``AiDisabled``, and ``BadRequest`` for
    what cannot be chosen.
    """
    return _chosen(decided(context), context, chosen)


def decided(context: Context) -> Access:
    """What the tenant decided, for the key too. Raises ``AiDisabled`` if that is: nothing."""
    row = stored(context)
    told = {name: one if row is None else getattr(row, name) for name, one in DEFAULTS.items()}
    of_key = next(iter(context.match(KeySettings, "key", [context.key])), None)
    if not told["enabled"] or (of_key is not None and not of_key.enabled):
        raise AiDisabled
    access = Access(
        told["read_only"],
        told["allow_deletes"],
        _names(told["toolsets"]),
        writes_per_hour=told["writes_per_hour"],
    )
    return access if of_key is None else _less(access, of_key)


def _less(access: Access, of_key: KeySettings) -> Access:
    """A key is allowed nothing that its tenant does not allow."""
    limit = of_key.writes_per_hour
    return replace(
        access,
        read_only=access.read_only or bool(of_key.read_only),
        allow_deletes=access.allow_deletes and bool(of_key.allow_deletes),
        toolsets=_both(access.toolsets, _names(of_key.toolsets)),
        writes_per_hour=access.writes_per_hour
        if limit is None
        else min(access.writes_per_hour, int(limit)),
    )


def _chosen(access: Access, context: Context, chosen: Mapping[str, str]) -> Access:
    toolsets = _listed(chosen, "toolsets")
    for name in sorted(toolsets or ()):
        # The same for a module that is not installed and one that is not active.
        if name not in context.modules:
            raise _bad("toolsets", f"There is no toolset {name[:64]!r}.")
    tools, exclude = _listed(chosen, "tools"), _listed(chosen, "exclude")
    for parameter, names in (("tools", tools), ("exclude", exclude)):
        for name in sorted(names or ()):
            if not _TOOL.fullmatch(name):
                raise _bad(parameter, f"{name[:64]!r} is no name of a tool.")
    return replace(
        access,
        read_only=access.read_only or _flag(chosen, "read_only"),
        toolsets=_both(access.toolsets, toolsets),
        tools=tools,
        exclude=exclude or frozenset(),
    )


def _listed(chosen: Mapping[str, str], parameter: str) -> frozenset[str] | None:
    if parameter not in chosen:
        return None
    names = frozenset(one.strip() for one in chosen[parameter].split(",") if one.strip())
    if not names or len(names) > _MOST_NAMES:
        raise _bad(parameter, f"{parameter} must be 1 to {_MOST_NAMES} names, commas between.")
    return names


def _flag(chosen: Mapping[str, str], parameter: str) -> bool:
    said = chosen.get(parameter, "").lower()
    if said not in _TRUE | _FALSE:
        raise _bad(parameter, f"{parameter} must be true or false.")
    return said in _TRUE


def _names(names: object) -> frozenset[str] | None:
    return None if names is None else frozenset(map(str, names))  # type: ignore[call-overload]


def _both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    if one is None or other is None:
        return other if one is None else one
    return one & other


def _bad(parameter: str, message: str) -> BadRequest:
    return BadRequest(message, details={"parameter": parameter})
