"""Sparx's core: what modules are written against. Names outside ``__all__`` may move.

They are loaded when the first of them is asked for: pytest imports this package in every run of
every project that it is installed beside, for its plugin.
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparx_core.front import *  # noqa: F403


def __getattr__(name: str) -> Any:
    if find_spec(f"{__name__}.{name}") is not None:
        raise AttributeError(name)  # "from sparx_core import registry" goes on to import it
    front = import_module("sparx_core.front")
    if name in front.DEPRECATED:
        deprecation, value = front.DEPRECATED[name]
        deprecation.warn(f"sparx_core.{name}")
        return value
    return getattr(front, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *import_module("sparx_core.front").__all__})
