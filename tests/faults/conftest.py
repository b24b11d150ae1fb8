"""Installations for the faults, and a module of the tests' own that can be installed in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.live import buyers
from tests.live.chance import Chance
from tests.live.folders import server_folder
from tests.live.installation import Installation

MODULES = Path(__file__).parent / "modules"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "faults: kills and stops processes; takes up to 40 s each")


@pytest.fixture(autouse=True)
def _clients_end() -> Iterator[None]:
    """No client outlives its test, not even that of one that failed in the middle."""
    yield
    buyers.stop_all()


@pytest.fixture
def chance() -> Chance:
    return Chance()


#: One process serves the API, whatever the machine: each more imports everything again. The drills
#: that need several say so.
_ORDINARY = {"SPARX_LEASE_SECONDS": "5", "SPARX_API_PROCESSES": "1"}


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_folder() as made:
        yield made


@pytest.fixture
def install(folder: Path) -> Iterator[Callable[..., Installation]]:
    """Makes an installation with these settings, in this test's folder."""
    made: list[Installation] = []

    def make(**settings: str) -> Installation:
        made.append(Installation(folder, {**_ORDINARY, **settings}))
        return made[-1]

    yield make
    for installation in made:
        installation.remove()


@dataclass(frozen=True)
class Marks:
    """The module of ``modules/sparx_marks``, as a distribution on the path of processes."""

    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        path = [str(self.folder), str(MODULES), *filter(None, [os.environ.get("PYTHONPATH")])]
        return {"PYTHONPATH": os.pathsep.join(path), "MARKS_FOLDER": str(self.folder)}

    def order(self, name: str) -> None:
        """Tell the handler to get into trouble, once."""
        (self.folder / name).touch()

    def there(self, name: str) -> bool:
        return (self.folder / name).exists()


@pytest.fixture
def marks(tmp_path: Path) -> Marks:
    return marks_in(tmp_path / "marks")


def marks_in(folder: Path) -> Marks:
    """The module, installed in a folder."""
    described = folder / "sparx_marks-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: sparx-marks\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(
        "[sparx.modules]\nmarks = sparx_marks.plugin:module\n"
    )
    return Marks(folder)
