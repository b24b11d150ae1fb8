"""The contract of one module: its rules, checked one by one or all at once."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sparx_core.modules import Installed, Module
from sparx_core.registry import Registry
from sparx_core.runtime import Runtime
from sparx_core.testing.api import Api
from sparx_core.testing.contract.rule import Needs, NotChecked, Rule
from sparx_core.testing.contract.rules import RULES
from sparx_core.testing.contract.subject import Sample, Subject
from sparx_core.testing.database import open_installation, running_server

#: Makes the installation in which a module is tried, for as long as it is needed.
OpenInstallation = Callable[[], Runtime]


def problems_of(rule: Rule, subject: Subject) -> list[str]:
    """Where a module breaks a rule; ``NotChecked`` if another rule has to hold first."""
    if rule.needs is not Needs.NOTHING:
        _ = subject.modules
    if rule.needs is Needs.DATABASE:
        _ = subject.stage
    return list(rule.check(subject))


def assert_module_contract(
    module: str | Module,
    *,
    installation: Runtime | None = None,
    samples: Mapping[str, Sample] | None = None,
    exercise: Callable[[Api], None] | None = None,
) -> None:
    """Check every rule for a module, by its key, and tell of all that are broken at once.

    ``installation`` is where it is tried; without one an embedded database is started for it.
    ``samples`` are bodies of creates by resource, for what cannot be made from the schema, and
    ``exercise`` causes events that no operation of the module causes.
    """
    with examined(module, installation, samples or {}, exercise) as subject:
        failures, unchecked = [], []
        for rule in RULES:
            try:
                problems = problems_of(rule, subject)
            except NotChecked:
                unchecked.append(rule.id)
                continue
            if problems:
                failures.append(rule.failure(subject.key, problems))
    if unchecked:
        failures.append(f"Not checked before that is done: {', '.join(unchecked)}.")
    if failures:
        raise AssertionError("\n\n".join(["", *failures]))


@contextmanager
def examined(
    module: str | Module,
    installation: Runtime | None,
    samples: Mapping[str, Sample],
    exercise: Callable[[Api], None] | None,
) -> Iterator[Subject]:
    """A module, ready to be examined in an installation that exists or in one of its own."""
    with ExitStack() as stack:
        if installation is not None:
            opened: OpenInstallation = lambda: installation  # noqa: E731
        else:
            opened = lambda: stack.enter_context(_own_installation(module))  # noqa: E731
        subject = subject_of(module, opened, samples, exercise)
        stack.callback(subject.close)
        yield subject


def subject_of(
    module: str | Module,
    open_: OpenInstallation,
    samples: Mapping[str, Sample],
    exercise: Callable[[Api], None] | None,
) -> Subject:
    """A module to examine; an installation that cannot be made is a finding, and not an error."""
    key = module.key if isinstance(module, Module) else module
    subject = Subject(key, samples=samples, exercise=exercise)
    try:
        subject.runtime = open_()
        subject.registry = subject.runtime.registry
    except Exception as error:
        subject.problem = error
        try:
            subject.registry = _registry(module)
        except Exception as refused:
            subject.problem = refused
    return subject


@contextmanager
def _own_installation(module: str | Module) -> Iterator[Runtime]:
    home = Path(tempfile.gettempdir()) / f"sparx-test-{secrets.token_hex(8)}"
    registry = _registry(module)
    with running_server(home) as server, open_installation(server, registry) as runtime:
        yield runtime


def _registry(module: str | Module) -> Registry:
    """What is installed, and a module that is not if it was given itself."""
    found = Registry.discover()
    if not isinstance(module, Module) or module.key in found.modules:
        return found
    added = Installed(module, f"sparx-{module.key}", "0")
    return Registry([*found.modules.values(), added])
