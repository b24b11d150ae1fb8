"""The audits of graphql-http, the reference implementation of GraphQL over HTTP, find nothing."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.live.processes import environment, require

from sparx_core.testing import Api

#: From npm, as a client would have them.
PACKAGES = ("graphql-http@1.23.1", "graphql@16.11.0")
AUDITS = 61


def test_audits_of_graphql_http(api: Api, served: str, tmp_path: Path) -> None:
    require("node", "npm")
    shutil.copy(Path(__file__).with_name("audits.mjs"), tmp_path)
    _run(
        tmp_path,
        *("npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts"),
        *("--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error", *PACKAGES),
    )
    said = _run(tmp_path, "node", "audits.mjs", f"{served}/graphql", str(api.key))
    results = [json.loads(line) for line in said.splitlines()]
    assert len(results) == AUDITS
    assert [one for one in results if one["status"] != "ok"] == []


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(
        command,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
