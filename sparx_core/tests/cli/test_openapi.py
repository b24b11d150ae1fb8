"""``sparx openapi``: a document without a database, and what breaks clients of an older one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from sparx_core.registry import Registry
from sparx_core.surfaces.openapi.document import documents_of, pretty
from sparx_core.testing.commands import run_command


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in an empty folder, where nobody could find a database."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPARX_")}
    environment |= {"SPARX_HOME": str(folder / "home"), "SPARX_DATABASE_URL": UNREACHABLE}
    return run_command(["openapi", *arguments], environment, folder)


UNREACHABLE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture(scope="module")
def printed() -> str:
    """What is printed of all modules that are installed here."""
    return pretty(documents_of(Registry.discover()).everything())


def test_document_is_printed_for_people(tmp_path: Path, printed: str) -> None:
    done = run(tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == printed
    assert list(tmp_path.iterdir()) == [], "nothing was started"


def test_document_as_one_json_object(tmp_path: Path, printed: str) -> None:
    done = run(tmp_path, "--json")
    assert done.stdout.count("\n") == 1
    assert json.loads(done.stdout) == json.loads(printed)


def test_modules_can_be_chosen(tmp_path: Path) -> None:
    document = json.loads(run(tmp_path, "--modules", "core").stdout)
    assert [one["name"] for one in document["tags"]] == ["core"]
    wrong = run(tmp_path, "--modules", "core,nothing", "--json")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert json.loads(wrong.stderr)["error"]["code"] == "not_found"


def test_document_goes_to_a_file(tmp_path: Path, printed: str) -> None:
    done = run(tmp_path, "--output", "openapi.json")
    assert done.stdout == "Wrote openapi.json.\n"
    assert (tmp_path / "openapi.json").read_text() == printed
    wrong = run(tmp_path, "--output", "missing/openapi.json", "--json")
    assert json.loads(wrong.stderr)["error"]["code"] == "cannot_write"


def older(folder: Path, printed: str, **paths: Any) -> str:
    """A file with a document that had these paths, too."""
    document = json.loads(printed)
    document["paths"] |= paths
    (folder / "old.json").write_text(json.dumps(document))
    return "old.json"


def test_nothing_breaks(tmp_path: Path, printed: str) -> None:
    done = run(tmp_path, "--against", older(tmp_path, printed))
    assert (done.returncode, done.stdout, done.stderr) == (0, "No breaking changes.\n", "")


def test_breaking_changes_are_named(tmp_path: Path, printed: str) -> None:
    gone = {"get": {"operationId": "core.gone", "responses": {}}}
    file = older(tmp_path, printed, **{"/v1/gone": gone, "/v1/lost": gone})
    done = run(tmp_path, "--against", file)
    assert done.returncode == 1
    assert done.stdout == "GET /v1/gone: removed\nGET /v1/lost: removed\n"
    assert done.stderr == "Error: 2 breaking changes.\n"
    told = run(tmp_path, "--against", file, "--json")
    assert json.loads(told.stdout) == {
        "breaking": ["GET /v1/gone: removed", "GET /v1/lost: removed"]
    }
    assert json.loads(told.stderr)["error"]["code"] == "breaking_changes"


@pytest.mark.parametrize("content", ["", "garbage", "[]", "{}", '{"openapi": "3.1.0"}', "\xff"])
def test_file_that_is_no_document(tmp_path: Path, content: str) -> None:
    (tmp_path / "old.json").write_bytes(content.encode("latin-1"))
    done = run(tmp_path, "--against", "old.json", "--json")
    assert done.returncode == 1
    assert json.loads(done.stderr)["error"]["code"] == "not_comparable"


def test_file_that_is_not_there(tmp_path: Path) -> None:
    done = run(tmp_path, "--against", "missing.json", "--json")
    assert (done.returncode, json.loads(done.stderr)["error"]["code"]) == (2, "usage_error")
