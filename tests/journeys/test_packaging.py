"""The distributions as a stranger installs them: complete wheels, a clean environment, no tree."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from email import message_from_string
from email.message import Message
from pathlib import Path

import pytest

from tests.journeys.strangers import DISTRIBUTIONS, ROOT, Environment, run


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [one for one in archive.namelist() if one.endswith(".dist-info/METADATA")]
        return message_from_string(archive.read(name).decode())


def sources(distribution: str) -> Iterator[str]:
    """Every file of a distribution's package, as it should be in its wheel."""
    source = ROOT / distribution / "src"
    for path in source.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path.relative_to(source).as_posix()


@pytest.mark.parametrize("distribution", DISTRIBUTIONS)
def test_wheel_holds_the_package_and_nothing_else(
    wheels: dict[str, Path], distribution: str
) -> None:
    package = DISTRIBUTIONS[distribution]
    found = contents(wheels[package])
    assert {name for name in found if ".dist-info/" not in name} == set(sources(distribution))
    assert f"{package}/py.typed" in found
    assert any(name.startswith(f"{package}/migrations/0001_") for name in found)
    assert not any("test_" in name or "conftest" in name for name in found)


def test_versions_and_python_agree(wheels: dict[str, Path]) -> None:
    told = {name: metadata(wheel) for name, wheel in wheels.items()}
    assert {message["Version"] for message in told.values()} == {"1.0.0"}
    assert {message["Requires-Python"] for message in told.values()} == {">=3.11"}


def test_meta_distribution_holds_no_code(wheels: dict[str, Path]) -> None:
    assert all(".dist-info/" in name for name in contents(wheels["sparx"]))
    required = [
        one for one in metadata(wheels["sparx"]).get_all("Requires-Dist", []) if "extra" not in one
    ]
    assert sorted(one.split("<")[0].split(">")[0] for one in required) == [
        "sparx-ai",
        "sparx-cms",
        "sparx-core",
        "sparx-crm",
    ]


def test_clean_environment_has_a_working_command(wheels: dict[str, Path], tmp_path: Path) -> None:
    environment, elsewhere = Environment.made(tmp_path / "venv"), tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment.install(*(wheels[package] for package in DISTRIBUTIONS.values()))
    environment.check()
    assert "Commands:" in run(environment.folder / "bin" / "sparx", "--help", cwd=elsewhere)
    # All modules load, from what was installed, with only what they declare.
    listed = environment.run(
        "-c",
        "from sparx_core.registry import Registry; import sparx_ai, sparx_cms, sparx_core;"
        "import sparx_crm;"
        "found = Registry.discover();"
        "print(*found.modules, *found.quarantined, sparx_ai.__file__, sparx_cms.__file__,"
        " sparx_crm.__file__)",
        cwd=elsewhere,
    )
    modules = listed.split()
    assert modules[:4] == ["core", "ai", "cms", "crm"]
    assert all(str(environment.folder) in path for path in modules[4:]), listed
    # No test tool is needed to serve.
    assert "pytest" not in environment.installed()


def test_constraints_name_no_host() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    assert lines
    for line in lines:
        requirement = line.partition(";")[0]
        assert "==" in requirement, line
        assert not any(part in line for part in ("://", "@", "--", ".local")), line
