"""From `sparx module new` to answers over REST, GraphQL and MCP: only what is declared is there."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparx_core.testing import DatabaseServer
from sparx_core.testing.database import SERVER_VARIABLE
from tests.journeys.strangers import ROOT, Environment, build_wheel, run
from tests.live.api import Api
from tests.live.folders import server_folder
from tests.live.installation import Installation
from tests.live.processes import until

NEW = ["loyalty", "--resource", "reward/rewards", "--author", "Ann", "--no-input"]
#: A file of each distribution's tests that is quick, and needs a database.
SAMPLES = {
    "sparx_core": "test_routes",
    "sparx_crm": "test_consents",
    "sparx_cms": "test_locales",
    "plugins/ai": "test_streams",
}


@pytest.fixture(scope="module")
def tests_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tests of each distribution without the tree around them."""
    folder = tmp_path_factory.mktemp("tests")
    shutil.copy(ROOT / "setup.cfg", folder)
    for name in SAMPLES:
        shutil.copytree(
            ROOT / name / "tests",
            folder / name / "tests",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
    return folder


def run_tests(
    environment: Environment, folder: Path, distribution: str, server: DatabaseServer
) -> None:
    """Every test of a distribution can be imported, and some pass, with what it declares."""
    with (ROOT / distribution / "pyproject.toml").open("rb") as declared:
        environment.install(*own(tomllib.load(declared)["dependency-groups"]["tests"]))
    pytest_ = ("-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={folder / 'base'}")
    # A server that is there already: what starts one is tested elsewhere.
    there = {SERVER_VARIABLE: server.admin}
    # All files are collected, which fails if one cannot be imported.
    chosen = ("--assert=plain", "-k", SAMPLES[distribution], Path(distribution) / "tests")
    printed = environment.run(*pytest_, *chosen, cwd=folder, **there)
    assert " passed" in printed
    assert "skipped" not in printed


def own(requirements: list[str]) -> list[str]:
    """Without those of this tree, which are there as wheels."""
    return [one for one in requirements if not one.startswith("sparx-")]


def test_core_is_tested_with_what_it_declares(
    alone: Environment, tests_alone: Path, database_server: DatabaseServer
) -> None:
    assert "sparx-crm" not in alone.installed()
    run_tests(alone, tests_alone, "sparx_core", database_server)


# -- a new module ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def generated(alone: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the command made."""
    parent = tmp_path_factory.mktemp("new")
    told = json.loads(
        run(alone.folder / "bin" / "sparx", "module", "new", *NEW, "--json", cwd=parent)
    )
    return parent / str(told["directory"])


@pytest.fixture(scope="module")
def installed(
    alone: Environment, generated: Path, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """The environment with the module's wheel in it."""
    folder = tmp_path_factory.mktemp("built")
    build_wheel(generated, folder)
    (wheel,) = folder.glob("*.whl")
    alone.install(wheel)
    return alone


def test_wheel_passes_the_tests_beside_it(installed: Environment, generated: Path) -> None:
    beside = generated.parent / "beside"
    shutil.copytree(generated / "tests", beside / "tests")
    shutil.copy(generated / "pyproject.toml", beside)
    options = ("-q", "-p", "no:cacheprovider", f"--basetemp={beside / 'base'}")
    printed = installed.run("-m", "pytest", *options, cwd=beside)
    assert " passed" in printed
    assert "skipped" not in printed


def test_generated_code_is_typed_strictly(installed: Environment, generated: Path) -> None:
    printed = run(
        *(sys.executable, "-m", "mypy", "--no-incremental"),
        *("--python-executable", installed.python),
        cwd=generated,
    )
    assert "Success: no issues found" in printed


@pytest.fixture
def installation(installed: Environment) -> Iterator[Installation]:
    with server_folder() as folder:
        installation = Installation(folder, python=str(installed.python))
        yield installation
        installation.remove()


def test_module_is_used_over_rest(installation: Installation) -> None:
    api = installation.dev().api
    assert [one["key"] for one in api.get("/v1/modules").data] == ["loyalty"]
    assert api.get("/v1/loyalty/rewards").code == "module_disabled"
    assert api.post("/v1/modules/loyalty/activate", {}).data["state"] == "active"
    made = api.post("/v1/loyalty/rewards", {"name": "Mug"})
    assert (made.status, made.data["code"]) == (201, None)
    path = f"/v1/loyalty/rewards/{made.data['id']}"
    until(lambda: api.get(path).data["code"], 20, "the worker gave it a code")
    assert api.post(f"{path}/archive", {}).data["state"] == "archived"
    assert api.post(f"{path}/archive", {}).code == "reward_archived"
    other = installation.json("tenant", "create", "acme", "--modules", "loyalty")
    stranger = Api(installation.port, other["apiKey"])
    assert stranger.get("/v1/loyalty/rewards").data == []
    assert stranger.get(path).code == "not_found"
    # Its author wrote nothing for this.
    found = graphql(api, "{ loyaltyRewards { items { id name code state } total } }")["data"]
    shown = {name: api.get(path).data[name] for name in ("id", "name", "code", "state")}
    assert found == {"loyaltyRewards": {"items": [shown], "total": 1}}
    made = graphql(api, 'mutation { loyaltyRewardsCreate(input: {name: "Cap"}) { name state } }')
    assert made["data"]["loyaltyRewardsCreate"]["name"] == "Cap"
    assert graphql(stranger, "{ loyaltyRewards { total } }")["data"]["loyaltyRewards"]["total"] == 0
    (error,) = graphql(api, f'mutation {{ loyaltyRewardsArchive(id: "{shown["id"]}") {{ id }} }}')[
        "errors"
    ]
    assert error["extensions"]["code"] == "reward_archived"


def graphql(api: Api, query: str) -> Any:
    answer = api.call("POST", "/graphql", {"query": query}, {"Content-Type": "application/json"})
    assert answer.status == 200, answer
    return answer.body


# -- after it, because it brings more into the environment ---------------------------------------


def test_module_is_offered_to_agents(
    installed: Environment, wheels: dict[str, Path], installation: Installation
) -> None:
    installed.install(wheels["sparx_ai"])
    api = installation.dev().api
    for module in ("loyalty", "ai"):
        assert api.post(f"/v1/modules/{module}/activate", {}).data["state"] == "active"
    reward = api.post("/v1/loyalty/rewards", {"name": "Mug"}).data
    names = {one["name"] for one in mcp(api, "tools/list")["tools"]}
    assert {"loyalty_list", "loyalty_get", "loyalty_create", "loyalty_act"} <= names
    listed = mcp(api, "tools/call", name="loyalty_list", arguments={"resource": "rewards"})
    (shown,) = listed["structuredContent"]["items"]
    assert (shown["id"], shown["name"]) == (reward["id"], "Mug")


def mcp(api: Api, method: str, **params: Any) -> Any:
    """The result of a request of the Model Context Protocol."""
    told = "io.modelcontextprotocol/"
    meta = {f"{told}protocolVersion": "2026-07-28", f"{told}clientCapabilities": {}}
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
    if "name" in params:
        headers["Mcp-Name"] = params["name"]
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": {**params, "_meta": meta}}
    answer = api.call("POST", "/mcp", body, headers)
    assert answer.status == 200, answer
    return answer.body["result"]


def test_cms_is_tested_with_what_it_declares(
    installed: Environment,
    tests_alone: Path,
    wheels: dict[str, Path],
    database_server: DatabaseServer,
) -> None:
    installed.install(wheels["sparx_cms"])
    run_tests(installed, tests_alone, "sparx_cms", database_server)


def test_crm_is_tested_with_what_it_declares(
    installed: Environment,
    tests_alone: Path,
    wheels: dict[str, Path],
    database_server: DatabaseServer,
) -> None:
    installed.install(wheels["sparx_crm"])
    run_tests(installed, tests_alone, "sparx_crm", database_server)


def test_agents_are_tested_with_what_they_declare(
    installed: Environment,
    tests_alone: Path,
    wheels: dict[str, Path],
    database_server: DatabaseServer,
) -> None:
    installed.install(wheels["sparx_crm"], wheels["sparx_ai"])
    run_tests(installed, tests_alone, "plugins/ai", database_server)
