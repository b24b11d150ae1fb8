"""What every request passes on its way in, and every answer on its way out."""

from __future__ import annotations

from typing import Any

from sparx_core.deprecation.parts import parts_of
from sparx_core.origins.allowed import AllowedOrigins
from sparx_core.runtime import Runtime
from sparx_core.surfaces.rest.admission import Admission
from sparx_core.surfaces.rest.cors import Cors
from sparx_core.surfaces.rest.deprecation import DeprecationHeaders
from sparx_core.surfaces.rest.headers import SecurityHeaders


def middleware_of(runtime: Runtime) -> list[Any]:
    """In the order of requests; answers pass them the other way round."""
    protocols = frozenset(runtime.registry.hosts.values())
    passed: list[Any] = [
        SecurityHeaders(),
        Admission(runtime.settings, runtime.callers),
        Cors(AllowedOrigins(runtime.database), runtime.callers, protocols),
    ]
    parts = parts_of(runtime.registry)
    if parts.all():  # of most installations nothing goes away
        passed.append(DeprecationHeaders(runtime.registry, parts, runtime.deprecated_calls))
    return passed
