"""Installations for the journeys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.live.installation import Dev, Installation


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation as a newcomer has it: a folder, and the embedded database."""
    made = Installation(tmp_path_factory.mktemp("journey"))
    yield made
    made.remove()


@pytest.fixture(scope="module")
def dev(installation: Installation) -> Dev:
    """``sparx dev``, running."""
    return installation.dev()
