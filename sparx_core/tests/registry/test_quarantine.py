"""A distribution that cannot be loaded is set aside, with those that need it; the rest serves."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sparx_core.app import create_app
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api
from sparx_core.version import VERSION

GOOD = """
import types
from sparx_core import Module
module = Module(key={key!r}, title="T", package={package!r}, plugin=types.SimpleNamespace(),
                requires={requires!r})
"""
OTHER_CORE = """
import types
from sparx_core import Module
module = Module(key="old", title="T", package="quarantine_old", plugin=types.SimpleNamespace(),
                core={versions!r})
"""
RAISING_HOOK = """
import types
from sparx_core import Module, hookimpl
def {hook}():
    raise RuntimeError("not on this machine")
module = Module(key="raising", title="T", package="quarantine_raising",
                plugin=types.SimpleNamespace({hook}=hookimpl({hook})))
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a distribution with one module on the path, as pip would."""
    monkeypatch.syspath_prepend(tmp_path)
    packages = []

    def put(key: str, code: str | None = None, *, requires: tuple[str, ...] = ()) -> None:
        package = f"quarantine_{key}"
        packages.append(package)
        source = code if code is not None else GOOD.format(
            key=key, package=package, requires=requires
        )  # fmt: skip
        (tmp_path / f"{package}.py").write_text(source)
        info = tmp_path / f"sparx_{key}-4.5.6.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: sparx-{key}\nVersion: 4.5.6\n"
        )
        (info / "entry_points.txt").write_text(f"[sparx.modules]\n{key} = {package}:module\n")

    yield put
    for package in packages:
        sys.modules.pop(package, None)


def quarantined(registry: Registry) -> dict[str, tuple[str, str]]:
    return {one.key: (one.distribution, one.reason) for one in registry.quarantined}


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import a_package_that_is_not_there", "ModuleNotFoundError"),
        ("raise RuntimeError('cannot start on Sundays')", "cannot start on Sundays"),
        ("def broken(:", "SyntaxError"),
        ("", "AttributeError"),
        ("module = 'not one'", "is not a sparx_core.Module"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_broken_module_is_set_aside_with_the_reason(
    install: Install, code: str, reason: str
) -> None:
    install("broken", code)
    install("fine")
    registry = Registry.discover()
    distribution, told = quarantined(registry)["broken"]
    assert distribution == "sparx-broken"
    assert reason in told
    assert "broken" not in registry.modules
    assert {"core", "fine"} <= set(registry.modules)


def test_those_that_need_it_are_set_aside_too(install: Install) -> None:
    install("broken", "raise RuntimeError('broken')")
    install("needs", requires=("broken",))
    install("indirectly", requires=("needs",))
    install("fine")
    registry = Registry.discover()
    found = quarantined(registry)
    assert set(found) == {"broken", "needs", "indirectly"}
    assert found["needs"] == ("sparx-needs", "requires broken, which is quarantined")
    assert found["indirectly"] == ("sparx-indirectly", "requires needs, which is quarantined")
    assert "fine" in registry.modules


def test_what_requires_a_module_that_is_not_installed_is_set_aside(install: Install) -> None:
    """So a module that is uninstalled takes those with it that need it, and nothing else."""
    install("needs", requires=("nowhere",))
    install("fine")
    registry = Registry.discover()
    told = ("sparx-needs", "requires nowhere, which is not installed")
    assert quarantined(registry) == {"needs": told}
    assert "fine" in registry.modules


@pytest.mark.parametrize("versions", [">=2", "<1", "==0.9", ">=1,<1.0"])
def test_what_is_made_for_another_core_is_set_aside(install: Install, versions: str) -> None:
    install("old", OTHER_CORE.format(versions=versions))
    install("needs", requires=("old",))
    registry = Registry.discover()
    distribution, told = quarantined(registry)["old"]
    assert distribution == "sparx-old"
    assert f"old (sparx-old 4.5.6) needs sparx-core {versions}, but {VERSION} is installed" in told
    assert set(quarantined(registry)) == {"old", "needs"}


@pytest.mark.parametrize(
    "hook", ["sparx_models", "sparx_resources", "sparx_event_handlers", "sparx_periodic"]
)
def test_what_raises_when_it_declares_is_set_aside(install: Install, hook: str) -> None:
    install("raising", RAISING_HOOK.format(hook=hook))
    install("fine")
    registry = Registry.discover()
    told = ("sparx-raising", "RuntimeError: not on this machine")
    assert quarantined(registry) == {"raising": told}
    assert "fine" in registry.modules


def test_version_is_that_of_the_distribution(install: Install) -> None:
    install("fine")
    found = Registry.discover().modules["fine"]
    assert (found.distribution, found.version) == ("sparx-fine", "4.5.6")


def test_the_rest_serves(install: Install, installation: Runtime, tenant: NewTenant) -> None:
    install("broken", "raise RuntimeError('broken')")
    broken = quarantined(Registry.discover())
    registry = Registry(installation.registry.modules.values(), Registry.discover().quarantined)
    assert list(broken) == ["broken"]
    app = create_app(dataclasses.replace(installation, registry=registry))
    api = Api(app, tenant.api_key)
    assert api.get("/v1/me").status == 200
    assert api.get("/v1/probe/probes").status == 200
    assert "broken" not in api.get("/v1/modules").text
    answer = api.post("/v1/modules/broken/activate")
    assert (answer.status, answer.error["code"]) == (404, "not_found")
