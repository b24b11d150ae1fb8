"""The documentation says what is true: names, commands, links, generated parts, and an example."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sparx_core import docs, hookspecs
from sparx_core.cli import sparx
from sparx_core.cli.demo import Demo, order_command
from sparx_core.db.tables import predicate_of
from sparx_core.registry import Registry
from sparx_core.settings import declarations

ROOT = Path(__file__).parents[2]
CORE = ROOT / "sparx_core" / "src" / "sparx_core"
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("sparx_*/README.md")],
    key=lambda page: page.relative_to(ROOT).as_posix(),
)
#: Assembled, so that this file does not hold what it forbids.
REGISTRIES = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"))]
REGISTRIES += [".".join(parts) for parts in (("npmjs", "org"), ("npmjs", "com"), ("crates", "io"))]
PLACES_OF_A_MACHINE = re.compile(r"(?<![\w.$}:/-])/(?:home|root|work|tmp|Users|mnt)/\w")

each_page = pytest.mark.parametrize(
    "page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix()
)


def text(page: str | Path) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.discover()


@pytest.fixture(scope="module")
def documentation() -> str:
    """What users read; the decisions do not count."""
    return "\n".join(text(page) for page in PAGES if page.parent.name != "decisions")


# -- generated, and complete -------------------------------------------------------------------


@each_page
def test_generated_parts_are_fresh(page: Path, registry: Registry) -> None:
    assert docs.refreshed(text(page), registry) == text(page), "run: python -m sparx_core.docs docs"


def test_every_part_that_can_be_generated_is_somewhere(documentation: str) -> None:
    assert set(docs.PARTS) == set(re.findall(r"<!-- generated: (\w+)", documentation))


def test_every_resource_and_module_has_its_table(registry: Registry, documentation: str) -> None:
    exposed = {f"resource:{key}" for key, one in registry.resources.items() if one.operations}
    lists = {f"lists:{key}" for key, one in registry.resources.items() if one.listing.filters}
    modules = {f"endpoints:{one.module}" for one in registry.operations.values()}
    hooks = {f"hook:{name}" for name in vars(hookspecs) if name.startswith("sparx_")}
    parts = set(re.findall(r"<!-- generated: (\w+:[\w.]+) -->", documentation))
    assert parts == exposed | lists | modules | hooks


def test_hooks_events_and_errors_are_documented(registry: Registry, documentation: str) -> None:
    hooks = [name for name in vars(hookspecs) if name.startswith("sparx_")]
    assert hooks
    for name in (*hooks, *registry.events, *registry.errors):
        assert f"| `{name}` |" in documentation, name


def test_settings_are_documented(documentation: str) -> None:
    names = [one.metadata["variable"] for one in declarations()]
    assert len(names) > 10
    for name in names:
        assert f"| `{name}` |" in documentation, name


@each_page
def test_python_on_a_page_can_be_read(page: Path) -> None:
    for block in re.findall(r"^```python[^\n]*\n(.*?)^```$", text(page), re.DOTALL | re.MULTILINE):
        ast.parse(block)


def test_published_docstrings_say_something(registry: Registry) -> None:
    documented = [*registry.events.values(), *registry.errors.values()]
    for one in documented:
        assert len(vars(one).get("__doc__") or "") > 15, one
    for operation in registry.operations.values():
        assert operation.documentation, operation.name


# -- commands ----------------------------------------------------------------------------------


def commands(group: click.Group, prefix: str) -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_command_is_documented(documentation: str) -> None:
    for command in commands(sparx, "sparx"):
        assert f"| `{command}" in documentation, command


@each_page
def test_commands_that_are_mentioned_exist(page: Path) -> None:
    known = set(commands(sparx, "sparx"))
    groups = {command.rpartition(" ")[0] for command in known} | {"sparx"}
    mentioned = re.findall(r"(?:^|[`/])(sparx(?: [a-z]+)+)", text(page), re.MULTILINE)
    for words in (mention.split() for mention in mentioned):
        depth = 3 if " ".join(words[:2]) in groups else 2
        assert " ".join(words[:depth]) in known | groups, " ".join(words)


@each_page
def test_make_targets_that_are_mentioned_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    mentioned = set(re.findall(r"(?:^|`|[0-9.] )make ([a-z]+)", text(page), re.MULTILINE))
    assert mentioned <= targets


def test_readme_has_the_two_commands() -> None:
    assert re.search(r"^make run\b.*\nmake test\b", text("README.md"), re.MULTILINE)


def test_readme_shows_the_command_that_is_printed() -> None:
    (printed,) = re.findall(r"```\n(curl .*?)\n```", text("README.md"), re.DOTALL)
    (key,) = re.findall(r"Bearer (\w+)", printed)
    (customer,) = re.findall(r'"customerId": "([\w-]+)"', printed)
    assert printed == order_command("http://127.0.0.1:8000", Demo("demo", key, customer))


# -- references --------------------------------------------------------------------------------


def prose(page: Path) -> str:
    """The text of a page without its blocks of code, in which nothing is a heading or a link."""
    return re.sub(r"^```.*?^```$", "", text(page), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one).strip().lower().replace(" ", "-") for one in headings}


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def defined(source: Path) -> set[str]:
    """Dotted names of what a file defines, at any depth."""
    found: set[str] = set()

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.ClassDef):
                found.add(prefix + child.name)
                visit(child, f"{prefix}{child.name}.")
            elif isinstance(child, ast.Assign | ast.AnnAssign) and not prefix:
                targets = child.targets if isinstance(child, ast.Assign) else [child.target]
                found.update(
                    name.id
                    for target in targets
                    for name in ast.walk(target)
                    if isinstance(name, ast.Name)
                )

    visit(ast.parse(source.read_text(encoding="utf-8")), "")
    return found


def test_files_and_functions_of_the_architecture_exist() -> None:
    page = text("ARCHITECTURE.md")
    mentioned = re.findall(r"`([\w/]+\.(?:py|sql))(?::([\w.]+))?`", page)
    checked = [(file, name) for file, name in mentioned if name or "/" in file]
    assert len(checked) > 40
    for file, name in checked:
        head, _, rest = file.partition("/")
        folder = ROOT / head
        if not folder.is_dir():
            folder = ROOT / "plugins" / head.removeprefix("sparx_")
        module = folder / "src" / head
        source = module / rest if rest and module.is_dir() else CORE / file
        assert source.is_file(), file
        assert not name or name in defined(source), f"{file}:{name}"


def test_the_policy_is_printed_as_it_is() -> None:
    for page, module in (
        ("ARCHITECTURE.md", "crm"),
        ("docs/decisions/0003-one-policy-per-tenant-table.md", "<module>"),
    ):
        assert predicate_of(module) in " ".join(text(page).split()), page


def test_decisions_are_listed_and_complete() -> None:
    index = text("docs/decisions/README.md")
    pages = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [f"{number:04}" for number in range(1, len(pages) + 1)] == [
        one.name[:4] for one in pages
    ]
    for page in pages:
        assert f"]({page.name})" in index, page.name
        content = page.read_text(encoding="utf-8")
        assert content.startswith(f"# {page.name[:4]}: ")
        for section in ("Context", "Decision", "Consequences", "How it is kept"):
            assert f"\n## {section}\n" in content, f"{page.name}: {section}"
        assert len(content.splitlines()) <= 60, page.name


def test_no_file_names_a_machine_or_a_registry() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("this is not a checkout")
    for name in listed.stdout.splitlines():
        if not (ROOT / name).is_file():
            continue  # removed, and not committed yet
        content = (ROOT / name).read_text(encoding="utf-8", errors="ignore")
        assert not [one for one in REGISTRIES if one in content.lower()], name
        assert not PLACES_OF_A_MACHINE.search(content), name


# -- the module of the guide -------------------------------------------------------------------


@pytest.fixture(scope="module")
def loyalty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module as its page writes it, beside the metadata that pip would leave."""
    folder = tmp_path_factory.mktemp("loyalty")
    files = re.findall(
        r"^```\w+ file=(\S+)\n(.*?)^```$",
        text("docs/writing-a-module.md"),
        re.DOTALL | re.MULTILINE,
    )
    for name, content in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content)
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    metadata = folder / "src" / f"sparx_loyalty-{project['version']}.dist-info"
    metadata.mkdir()
    required = "".join(f"Requires-Dist: {one}\n" for one in project["dependencies"])
    (metadata / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n{required}"
    )
    entry_points = project["entry-points"]["sparx.modules"]
    (metadata / "entry_points.txt").write_text(
        "\n".join(["[sparx.modules]", *(f"{key} = {value}" for key, value in entry_points.items())])
    )
    return folder


def run_beside(folder: Path, *arguments: str) -> str:
    """What a Python command prints that finds the module; it must succeed."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SPARX_", "PYTEST_")) or name == "SPARX_TEST_DATABASE_URL"
    }
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder / "src")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_module_of_the_guide_passes_its_own_tests(loyalty: Path) -> None:
    page = text("docs/writing-a-module.md")
    tests = page.count("\ndef test_")
    # One of them is tried with several values.
    assert tests >= 6
    # A folder of its own: pytest closes the one that all its sessions share to other users, and
    # as root, PostgreSQL is one. A server of this session that is being made there would fail.
    own = f"--basetemp={loyalty / 'tmp'}"
    printed = run_beside(loyalty, "-m", "pytest", "-q", "-p", "no:cacheprovider", own, "tests")
    passed = re.search(r"(\d+) passed in", printed)
    assert passed is not None, printed
    assert int(passed[1]) >= tests
    assert "skipped" not in printed


def test_module_of_the_guide_has_its_walls(loyalty: Path) -> None:
    printed = run_beside(loyalty, "-m", "sparx_core.cli", "check", "--fresh", "--json")
    assert '"ok": true' in printed


def test_module_of_the_guide_can_be_built(loyalty: Path, tmp_path: Path) -> None:
    pip = ("-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run_beside(loyalty, *pip, "--wheel-dir", str(tmp_path), ".")
    (wheel,) = tmp_path.glob("*.whl")
    assert f"/{wheel.name}" in text("docs/writing-a-module.md")
    with zipfile.ZipFile(wheel) as archive:
        built = {one for one in archive.namelist() if ".dist-info/" not in one}
    source = loyalty / "src"
    assert built == {
        one.relative_to(source).as_posix()
        for one in (source / "sparx_loyalty").rglob("*")
        if one.is_file() and one.suffix != ".pyc"
    }


def test_generated_module_has_the_files_on_the_page(tmp_path: Path) -> None:
    page = text("docs/writing-a-module.md")
    (command,) = re.findall(r"^sparx (module new .*)$", page, re.MULTILINE)
    (listed,) = re.findall(r"^```text\n(\.github/.*?)\n```$", page, re.DOTALL | re.MULTILINE)
    done = run_beside(tmp_path, "-m", "sparx_core.cli", *command.split(), "--no-input", "--json")
    assert json.loads(done)["files"] == listed.split("\n")
