"""``sparx check``: is this installation set up so that it isolates its tenants?"""

from __future__ import annotations

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import click

from sparx_core.cli.output import CommandError, Output, with_output
from sparx_core.cli.session import load_settings
from sparx_core.settings import Settings


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; it passed if there are no problems."""

    name: str
    problems: list[str]


@click.command()
@click.option("--fresh", is_flag=True, help="Check an empty database, made for it and removed.")
@with_output
def check(output: Output, fresh: bool) -> None:
    """Check settings, database, roles and the walls around tenants.

    Exit code 1 if anything is wrong. With --fresh the installed modules are checked, and not an
    installation: a temporary embedded database is migrated and looked at.
    """
    settings = load_settings(output)
    checks = _fresh(settings, output) if fresh else _installation(settings, output)
    problems = sum(len(one.problems) for one in checks)
    output.result(
        {"ok": not problems, "checks": [asdict(one) for one in checks]},
        "\n".join(_line(one) for one in checks),
    )
    if problems:
        raise CommandError("check_failed", f"{problems} problem{'s' * (problems > 1)} found.")


def _line(one: Check) -> str:
    if not one.problems:
        return f"ok      {one.name}"
    return "\n".join(f"WRONG   {one.name}: {problem}" for problem in one.problems)


def _fresh(settings: Settings, output: Output) -> list[Check]:
    from sparx_core.db import embedded
    from sparx_core.db.migrate import migrate
    from sparx_core.db.urls import resolve_urls
    from sparx_core.registry import Registry

    with tempfile.TemporaryDirectory(prefix="sparx-check-") as folder:
        temporary = replace(
            settings,
            home=Path(folder) / "home",
            database_url=None,
            owner_database_url=None,
            dispatch_database_url=None,
        )
        try:
            output.progress("Preparing a database")
            urls = resolve_urls(temporary)
            migrate(Registry.discover(), urls)
            return _installation(temporary, output)
        finally:
            embedded.stop(temporary.home)


def _installation(settings: Settings, output: Output) -> list[Check]:
    from sparx_core.db.migrate import pending
    from sparx_core.lints import run_lints
    from sparx_core.runtime import Runtime

    # Raises where nothing else could be looked at: an unreachable or too old server, a login
    # that could read every tenant's rows, modules that contradict each other.
    runtime = Runtime.start(settings)
    try:
        _require_recent_server(runtime.urls.app)
        output.progress("Looking at the database")
        behind = pending(runtime.registry, runtime.database)
        checks = [
            Check("settings", list(settings.warnings)),
            Check("server and login", []),
            Check(
                "modules",
                [
                    f"{one.key} ({one.distribution}) is not loaded: {one.reason}"
                    for one in runtime.registry.quarantined
                ],
            ),
            Check("migrations", [f"{name} is not applied. Run: sparx migrate" for name in behind]),
        ]
        if not behind:  # a database that is behind says nothing about its walls
            found = run_lints(runtime.database, runtime.registry)
            checks.append(Check("walls between tenants", [str(finding) for finding in found]))
        return checks
    finally:
        runtime.close()


def _require_recent_server(url: str) -> None:
    from sparx_core.db.roles import require_version
    from sparx_core.db.urls import connect

    connection = connect(url)
    try:
        require_version(connection)
    finally:
        connection.close()
