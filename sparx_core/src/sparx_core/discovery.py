"""Discovery: the modules of all installed distributions, loaded one by one, required ones first."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points

import structlog
from packaging.specifiers import SpecifierSet

from sparx_core.modules import ENTRY_POINT_GROUP, Installed, Module, Quarantined, RegistryError
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


def supported(installed: Iterable[Installed]) -> dict[str, Installed]:
    """By key; refuses duplicate keys and modules made for another version of the core."""
    found: dict[str, Installed] = {}
    for one in installed:
        key = one.module.key
        if key in found:
            raise RegistryError(f"module {key!r} is provided by both {found[key]} and {one}")
        if VERSION not in SpecifierSet(one.module.core, prereleases=True):
            raise RegistryError(
                f"{one} needs sparx-core {one.module.core}, but {VERSION} is installed"
            )
        found[key] = one
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
        one = installed[key]
        for required in one.module.requires:
            if required not in installed and required not in broken:
                raise RegistryError(f"{one} requires the module {required!r}, not installed")
            if required in broken or not visit(required, (*path, key)):
                reason = f"requires {required}, which is quarantined"
                quarantined.append(Quarantined(key, one.distribution, reason))
                broken.add(key)
                log.error("module_quarantined", module=key, reason=reason)
                return False
        ordered[key] = one
        return True

    for key in sorted(installed, key=lambda one: (one != CORE, one)):
        visit(key, ())
    return ordered
