"""Installations for the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

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
