"""Discovery: the modules of all installed distributions, loaded one by one, required ones first."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

import structlog
from packaging.specifiers import SpecifierSet

from sparx_core.modules import (
    ENTRY_POINT_GROUP,
    Installed,
    Module,
    NameTaken,
    Quarantined,
    RegistryError,
)
from sparx_core.resources import CORE
from sparx_core.version import VERSION

log = structlog.get_logger(__name__)


def load_modules() -> tuple[list[Installed], list[Quarantined]]:
    """The modules that can be loaded, and those that cannot, with the reason."""
    installed: list[Installed] = []
    quarantined: list[Quarantined] = []
    for entry_point in sorted(
        entry_points(group=ENTRY_POINT_GROUP), key=lambda one: (one.name != CORE, one.name)
    ):
        distribution, version = _distribution_of(entry_point)
        try:
            module = entry_point.load()
            if not isinstance(module, Module):
                raise TypeError(f"{entry_point.value} is not a sparx_core.Module")
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            quarantined.append(Quarantined(entry_point.name, distribution, reason))
            log.error(
                "module_quarantined",
                module=entry_point.name,
                distribution=distribution,
                reason=reason,
            )
            continue
        installed.append(Installed(module, distribution, version))
    return installed, quarantined


def _distribution_of(entry_point: EntryPoint) -> tuple[str, str]:
    found = entry_point.dist
    return (found.name, found.version) if found else ("an unknown distribution", "0")


def supported(
    installed: Iterable[Installed], quarantined: list[Quarantined]
) -> dict[str, Installed]:
    """By key; refuses duplicate keys, quarantines modules made for another version of the core."""
    found: dict[str, Installed] = {}
    for one in installed:
        key = one.module.key
        if key in found:
            raise NameTaken(f"module {key!r} is provided by both {found[key]} and {one}")
        if VERSION in SpecifierSet(one.module.core, prereleases=True):
            found[key] = one
            continue
        reason = (
            f"{one} needs sparx-core {one.module.core}, but {VERSION} is installed:"
            f" install a version of {one.distribution} that is made for it"
        )
        quarantined.append(quarantine(one, reason))
    return found


def in_order(
    installed: dict[str, Installed], quarantined: list[Quarantined]
) -> dict[str, Installed]:
    """Required modules first; alphabetical otherwise. Quarantine spreads to dependants."""
    broken = {one.key for one in quarantined}
    ordered: dict[str, Installed] = {}

    def visit(key: str, path: tuple[str, ...]) -> bool:
        if key in ordered:
            return True
        if key in path:
            raise RegistryError(f"modules require each other: {' > '.join([*path, key])}")
        if key in broken:
            return False
        one = installed[key]
        for required in one.module.requires:
            if required in installed and visit(required, (*path, key)):
                continue
            missing = "quarantined" if required in broken else "not installed"
            quarantined.append(quarantine(one, f"requires {required}, which is {missing}"))
            broken.add(key)
            return False
        ordered[key] = one
        return True

    for key in sorted(installed, key=lambda one: (one != CORE, one)):
        visit(key, ())
    return ordered


def quarantine(one: Installed, reason: str) -> Quarantined:
    """Leave a module out, for a reason that the log tells at once, and the operator later."""
    key, distribution = one.module.key, one.distribution
    log.error("module_quarantined", module=key, distribution=distribution, reason=reason)
    return Quarantined(key, distribution, reason)
