"""Sizes and words, as CONTRIBUTING.md has them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.architecture import allowed
from tests.architecture.sources import (
    DISTRIBUTIONS,
    ROOT,
    Distribution,
    name_of,
    python_files,
    tree_of,
)

MAX_FILE, MAX_TEST_FILE, MAX_FUNCTION, MAX_ARGUMENTS, MAX_NESTING = 400, 800, 80, 6, 3
#: Names that say nothing.
EMPTY_NAMES = {"utils", "helpers", "manager", "common", "misc", "base", "service", "process"}
_BLOCKS = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
_NAMED = (ast.FunctionDef, ast.ClassDef)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_FOLDERS = [*(one.folder for one in DISTRIBUTIONS), ROOT / "tests", ROOT / "benchmarks"]


def sources() -> Iterator[Path]:
    """Every file of Python and SQL in the repository."""
    for folder in _FOLDERS:
        yield from python_files(folder)
        yield from sorted(folder.rglob("*.sql"))


def modules() -> list[Path]:
    return [path for path in sources() if path.suffix == ".py"]


def functions() -> Iterator[tuple[str, Path, ast.FunctionDef]]:
    for path in modules():
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.FunctionDef):
                yield f"{name_of(path)}:{node.name}", path, node


def is_test(path: Path) -> bool:
    return "tests" in path.relative_to(ROOT).parts


def assert_within(sizes: Mapping[str, int], norm: int, exceptions: Mapping[str, int]) -> None:
    """Nothing is larger than the norm but what is listed, and that is as large as it says."""
    over = {name: size for name, size in sizes.items() if size > norm}
    unlisted = {name: size for name, size in over.items() if size > exceptions.get(name, norm)}
    assert unlisted == {}, f"more than {norm}"
    assert set(exceptions) - set(over) == set(), "is not needed any more: take it off the list"


def test_files_are_short() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in sources()}
    code = {name_of(path): size for path, size in lines.items() if not is_test(path)}
    assert_within(code, MAX_FILE, allowed.FILES)
    assert_within(
        {name_of(path): size for path, size in lines.items() if is_test(path)}, MAX_TEST_FILE, {}
    )


def test_functions_are_short() -> None:
    sizes: dict[str, int] = {}
    for name, _, node in functions():
        sizes[name] = max(sizes.get(name, 0), (node.end_lineno or 0) - node.lineno + 1)
    assert_within(sizes, MAX_FUNCTION, allowed.FUNCTIONS)


def test_functions_have_few_arguments() -> None:
    sizes: dict[str, int] = {}
    for name, path, node in functions():
        if not is_test(path):  # a test asks for as many fixtures as it needs
            found = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
            found += [one.arg for one in node.args.kwonlyargs]
            counted = [one for one in found if one not in ("self", "cls", "ctx", "context")]
            sizes[name] = max(sizes.get(name, 0), len(counted))
    assert_within(sizes, MAX_ARGUMENTS, allowed.ARGUMENTS)


def test_functions_are_flat() -> None:
    sizes: dict[str, int] = {}
    for name, path, node in functions():
        if not is_test(path):  # a test may go through all combinations
            sizes[name] = max(sizes.get(name, 0), nesting(node, 0))
    assert_within(sizes, MAX_NESTING, allowed.NESTING)


def nesting(node: ast.AST, level: int) -> int:
    """The deepest block inside; ``elif`` is no deeper than its ``if``."""
    deepest = level
    for name, value in ast.iter_fields(node):
        entries = value if isinstance(value, list) else [value]
        for child in entries:
            if not isinstance(child, ast.AST) or isinstance(child, _SCOPES):
                continue
            is_elif = isinstance(node, ast.If) and name == "orelse" and entries == [child]
            inner = isinstance(child, _BLOCKS) and not (is_elif and isinstance(child, ast.If))
            deepest = max(deepest, nesting(child, level + inner))
    return deepest


@pytest.mark.parametrize("one", DISTRIBUTIONS, ids=lambda one: one.name)
def test_files_say_what_lives_in_them(one: Distribution) -> None:
    for path in python_files(one.package):
        if path.read_text(encoding="utf-8").strip():
            assert ast.get_docstring(tree_of(path)), name_of(path)


def test_names_say_something() -> None:
    for path in modules():
        defined = [one for one in tree_of(path).body if isinstance(one, _NAMED)]
        names = {path.stem, *(one.name.lower().strip("_") for one in defined)}
        assert names & EMPTY_NAMES == set(), name_of(path)


def test_nothing_is_left_to_do() -> None:
    words = re.compile(r"#.*\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" * 3)) + r")\b")
    for path in sources():
        found = words.search(path.read_text(encoding="utf-8"))
        assert found is None, f"{name_of(path)}: {found}"


def test_nesting_is_counted_as_people_read_it() -> None:
    flat = "def f():\n if a: pass\n elif b: pass\n elif c:\n  for d in e: pass\n else: pass"
    deep = "def f():\n for a in b:\n  with c:\n   if d:\n    while e: pass"
    inner = "def f():\n if a:\n  def g():\n   if b:\n    if c: pass"
    assert [nesting(ast.parse(code).body[0], 0) for code in (flat, deep, inner)] == [2, 4, 1]
