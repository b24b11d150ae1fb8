"""Rules about what a module declares; none of them needs a database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from sparx_core.db.models import table_of
from sparx_core.modules import NameTaken, RegistryError
from sparx_core.scaffold import BadName, check_key
from sparx_core.surfaces.graphql.schema import Schemas
from sparx_core.testing.contract.rule import Needs, rule
from sparx_core.testing.contract.subject import Subject

_SNAKE = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_EVENT = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*){1,2}")
#: The sections of a README, in the order in which somebody needs them.
SECTIONS = ("Install", "Activate", "API", "Events", "Permissions", "Remove")
#: A docstring of fewer characters says nothing.
_LEAST = 10


@rule("loads", Needs.NOTHING)
def loads(subject: Subject) -> Iterator[str]:
    """The module is found by its entry point, and the registry takes it.

    Declare it in pyproject.toml under [project.entry-points."sparx.modules"], let the entry point
    lead to a sparx_core.Module, implement only hooks that there are (docs/hooks.md), and state in
    Module(core=...) versions of the core that it works with. Then install it again:
    pip install -e .
    """
    entry_point = subject.entry_point
    if entry_point is None:
        yield f"no installed distribution has an entry point {subject.key!r} in sparx.modules"
        return
    registry, problem = subject.registry, subject.problem
    if registry is None:
        if isinstance(problem, RegistryError) and not isinstance(problem, NameTaken):
            yield str(problem)
        return
    for one in registry.quarantined:
        if one.key in (subject.key, entry_point.name):
            yield f"it is left out: {one.reason}"
            return
    if subject.key not in registry.modules:
        yield f"the installation of these tests has only {', '.join(registry.modules)}"


@rule("unique", Needs.NOTHING)
def unique(subject: Subject) -> Iterator[str]:
    """No other module has its tables, routes, events, error codes, operations or handlers.

    Choose a name that says more. Event types and error codes are shared by all modules, so put the
    noun of the module into them.
    """
    if isinstance(subject.problem, NameTaken):
        yield str(subject.problem)


@rule("named", Needs.MODULE)
def named(subject: Subject) -> Iterator[str]:
    """One word names the module everywhere.

    The key is a word of a-z, 0-9 and _ that neither Python nor SQL has taken. With the key loyalty
    the entry point is loyalty, the package sparx_loyalty, the distribution sparx-loyalty, the
    schema loyalty, routes begin with /v1/loyalty, unless they are the root of a host of their own,
    and scopes end in :loyalty. Events are noun.past_participle, or area.noun.past_participle, error
    codes, resources and tables snake_case. In GraphQL no two types and no two operations have one
    name.
    """
    key, registry = subject.key, subject.modules
    try:
        check_key(key)
    except BadName as error:
        yield f"the key: {error}"
    yield from _identity(subject)
    try:
        Schemas(registry).whole  # noqa: B018
    except RegistryError as error:
        yield str(error)
    for operation in subject.operations:
        if operation.scope and operation.scope.partition(":")[2] != key:
            yield f"{operation.name} asks for the scope {operation.scope}, not for one of :{key}"
    hosts = {path for answer in registry.hook(key).sparx_hosts() for _, path in answer}
    for path, _ in subject.routes:
        if path not in hosts and not path.startswith((f"/v1/{key}/", f"/{key}/")):
            yield f"the route {path} is neither under /v1/{key}/ nor under /{key}/"
    for event in subject.names(registry.event_modules):
        if not _EVENT.fullmatch(event):
            yield f"the event {event!r} is not of the form noun.past_participle"
    snake = [("error code", code) for code in subject.names(registry.error_modules)]
    snake += [("resource", one.name) for one in subject.resources]
    snake += [("table", table_of(one).partition(".")[2]) for one in subject.models]
    for what, name in snake:
        if not _SNAKE.fullmatch(name):
            yield f"the {what} {name!r} is not snake_case"


def _identity(subject: Subject) -> Iterator[str]:
    key, module = subject.key, subject.module
    if module.package != f"sparx_{key}":
        yield f"the package is {module.package}, not sparx_{key}"
    found = re.sub(r"[-_.]+", "-", subject.installed.distribution).lower()
    if found != f"sparx-{key.replace('_', '-')}":
        yield f"the distribution is {subject.installed.distribution}, not sparx-{key}"
    entry_point = subject.entry_point
    if entry_point is not None and entry_point.name != key:
        yield f"the entry point is called {entry_point.name}, not {key}"


@rule("documented", Needs.MODULE)
def documented(subject: Subject) -> Iterator[str]:
    """What API users and operators see is explained.

    Write a docstring on each operation, event, error code and resource schema: they are published.
    Give the module a title and a description, and its README.md the sections Install, Activate,
    API, Events, Permissions and Remove (readme = "README.md" in pyproject.toml).
    """
    registry, module = subject.modules, subject.module
    for name, text in (("title", module.title), ("description", module.description)):
        if not text.strip():
            yield f"the module has no {name}"
    for operation in subject.operations:
        if len(operation.documentation) < _LEAST:
            yield f"the operation {operation.name} has no docstring"
    documented = [
        *((f"the event {n}", registry.events[n]) for n in subject.names(registry.event_modules)),
        *((f"the error {n}", registry.errors[n]) for n in subject.names(registry.error_modules)),
        *((f"the schema of {one.key}", one.schema) for one in subject.resources),
    ]
    for what, one in documented:
        if len((vars(one).get("__doc__") or "").strip()) < _LEAST:
            yield f"{what} has no docstring of its own"
    headings = set(re.findall(r"^#+ +(.+?) *#*$", _readme(subject), re.MULTILINE))
    for section in SECTIONS:
        if section not in headings:
            yield f"README.md has no section {section!r}"


def _readme(subject: Subject) -> str:
    """The README beside the source, if the module is installed from there, or else the wheel's."""
    for folder in subject.folder.parents[:2]:
        beside = folder / "README.md"
        if (folder / "pyproject.toml").is_file() and beside.is_file():
            return beside.read_text(encoding="utf-8")
    found = subject.distribution
    if found is None:
        return ""
    described = found.metadata
    return str(described.get_payload() or described.get("Description") or "")  # type: ignore[attr-defined]


@rule("typed", Needs.MODULE)
def typed(subject: Subject) -> Iterator[str]:
    """The package says that it is typed.

    Put an empty file py.typed into the package, so that mypy reads its annotations where other
    modules import it.
    """
    marker: Path = subject.folder / "py.typed"
    if not marker.is_file():
        yield f"{marker.name} is missing in {subject.module.package}"
