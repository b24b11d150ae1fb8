"""Installations for the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.strangers import Environment, build_wheels
from tests.live.folders import server_folder
from tests.live.installation import Dev, Installation


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as made:
        yield made


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    """An installation as a newcomer has it: a folder, and the embedded database."""
    with server_folder() as made:
        installation = Installation(made)
        yield installation
        installation.remove()


@pytest.fixture(scope="module")
def dev(installation: Installation) -> Dev:
    """``sparx dev``, running."""
    return installation.dev()


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of each distribution, and of the meta distribution, by its name."""
    return build_wheels(tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("meta"))


@pytest.fixture(scope="session")
def alone(tmp_path_factory: pytest.TempPathFactory, wheels: dict[str, Path]) -> Environment:
    """An environment with ``sparx-core[testing]`` and nothing else."""
    environment = Environment.made(tmp_path_factory.mktemp("alone") / "venv")
    environment.install(f"{wheels['sparx_core']}[testing]")
    return environment
