"""``sparx graphql``: the schema without a database, and what breaks clients of an older one."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from graphql import build_schema

from sparx_core.testing.commands import run_command


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in an empty folder, where nobody could find a database."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("SPARX_")}
    unreachable = "postgresql://nobody@127.0.0.1:1/nothing"
    environment |= {"SPARX_HOME": str(folder / "home"), "SPARX_DATABASE_URL": unreachable}
    return run_command(["graphql", *arguments], environment, folder)


def test_schema_of_chosen_modules(tmp_path: Path) -> None:
    done = run(tmp_path, "--modules", "core", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    text = json.loads(done.stdout)["schema"]
    queries = build_schema(text).query_type
    assert queries is not None
    assert all(name.startswith("core") for name in queries.fields)
    assert list(tmp_path.iterdir()) == [], "nothing was started"


def test_what_breaks_clients_of_an_older_schema(tmp_path: Path) -> None:
    old = tmp_path / "old.graphql"
    assert run(tmp_path, "--output", str(old)).stdout == f"Wrote {old}.\n"
    same = run(tmp_path, "--against", str(old))
    assert (same.returncode, same.stdout) == (0, "No breaking changes.\n")
    old.write_text(old.read_text().replace("type Query {", "type Query {\n  gone: Int", 1))
    broken = run(tmp_path, "--against", str(old), "--json")
    assert broken.returncode == 1
    assert json.loads(broken.stdout) == {"breaking": ["Field Query.gone was removed."]}
    old.write_text("{}")
    wrong = run(tmp_path, "--against", str(old), "--json")
    assert json.loads(wrong.stderr)["error"]["code"] == "not_comparable"
