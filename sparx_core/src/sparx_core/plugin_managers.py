"""The managers of pluggy: one a module, so that hooks can be called for it alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pluggy

import sparx_core.hookspecs as hookspecs
from sparx_core.modules import Installed, RegistryError


def hookspecs_of(installed: Mapping[str, Installed]) -> list[Any]:
    """The hooks that modules specify for each other."""
    found: list[Any] = []
    for key, one in installed.items():
        own = one.module.hookspecs
        if own is None:
            continue
        for name in dir(own):
            if hasattr(getattr(own, name, None), f"{hookspecs.PROJECT}_spec") and (
                not name.startswith(f"{hookspecs.PROJECT}_{key}_")
            ):
                raise RegistryError(f"{one} specifies the hook {name}: call it sparx_{key}_...")
        found.append(own)
    return found


def plugin_manager(installed: Installed, specifications: Iterable[Any]) -> pluggy.PluginManager:
    """One manager a module, so that hooks can be called for it alone."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    for one in specifications:
        manager.add_hookspecs(one)
    plugin = installed.module.plugin
    for name in dir(plugin):
        options = getattr(getattr(plugin, name, None), f"{hookspecs.PROJECT}_impl", None)
        if isinstance(options, dict) and options.get("specname"):
            raise RegistryError(f"{installed} uses specname= on {name}; name the function instead")
    try:
        manager.register(plugin, installed.module.key)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise RegistryError(f"{installed} implements a hook wrongly: {error}") from None
    return manager
