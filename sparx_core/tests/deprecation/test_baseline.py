"""The released document: what the present one is held against."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sparx_core.surfaces.openapi.changes import breaking_changes
from sparx_core.testing.commands import run_command

PATH = "/v1/shop/things"


def document(pattern: str, words: list[str]) -> dict[str, Any]:
    """Of one list, whose fields can be chosen by name."""
    shown = {"type": "object", "properties": {one: {"type": "string"} for one in words}}
    fields = {"type": "array", "items": {"type": "string", "pattern": pattern}}
    answer = {"application/json": {"schema": shown}}
    operation = {
        "operationId": "shop.things.list",
        "parameters": [{"name": "fields", "in": "query", "schema": fields}],
        "responses": {"200": {"content": answer}},
    }
    return {"paths": {PATH: {"get": operation}}, "components": {"schemas": {}}}


def test_a_new_name_to_choose_breaks_nobody_and_a_lost_one_is_found_in_answers() -> None:
    old = document("^(?:a|b)$", ["a", "b"])
    more = document("^(?:a|b|c)$", ["a", "b", "c"])
    assert breaking_changes(old, more) == []
    assert breaking_changes(more, old) == [f"GET {PATH}: answer 200.c: removed"]


@pytest.mark.parametrize(("today", "found"), [(date(2027, 1, 2), []), (date(2027, 1, 1), ["x"])])
def test_a_field_that_was_marked_may_go(today: date, found: list[str]) -> None:
    old = document("^(?:a|b)$", ["a", "b"])
    new = document("^a$", ["a"])
    schema = old["paths"][PATH]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    schema["properties"]["b"] |= {"deprecated": True, "x-sunset": "2027-01-01"}
    told = breaking_changes(old, new, today)
    assert told == [f"GET {PATH}: answer 200.b: removed before its sunset, 2027-01-01"] * len(found)
    unmarked = copy.deepcopy(old)
    del unmarked["paths"][PATH]["get"]["responses"]["200"]["content"]["application/json"]["schema"][
        "properties"
    ]["b"]["deprecated"]
    assert breaking_changes(unmarked, new, today) == [f"GET {PATH}: answer 200.b: removed"]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SPARX_")}
    return run_command(["openapi", *arguments], kept, folder)


def test_the_command_writes_a_baseline_and_holds_the_document_against_it(tmp_path: Path) -> None:
    done = run(tmp_path, "--output", "old.json", "--released", "2026-11-25")
    assert (done.returncode, done.stdout) == (0, "Wrote old.json.\n"), done.stderr
    written = json.loads((tmp_path / "old.json").read_text())
    assert written["info"]["x-released"] == "2026-11-25"
    gone = {
        "operationId": "core.gone",
        "responses": {},
        "deprecated": True,
        "x-sunset": "2999-01-01",
    }
    written["paths"] |= {
        "/v1/early": {"get": gone},
        "/v1/late": {"get": {**gone, "x-sunset": "2001-01-01"}},
    }
    (tmp_path / "old.json").write_text(json.dumps(written))
    compared = run(tmp_path, "--against", "old.json")
    assert compared.returncode == 1
    assert compared.stdout == "GET /v1/early: removed before its sunset, 2999-01-01\n"
