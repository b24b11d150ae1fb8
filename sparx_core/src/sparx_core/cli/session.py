"""What most commands begin with: settings, logs, a database that is ready for use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from sparx_core.cli.output import CommandError, Output
from sparx_core.logs import configure_logging
from sparx_core.settings import Settings

if TYPE_CHECKING:
    from sparx_core.runtime import Runtime


def load_settings(output: Output, *, quiet: bool = True) -> Settings:
    """The settings of this command, with logging configured.

    A ``quiet`` command logs warnings only, and with ``--json`` nothing: what it prints is its
    result, or its error, and a program is to read that.
    """
    settings = Settings.load()
    for warning in settings.warnings:
        output.note(f"Warning: {warning}")
    if quiet:
        level = "critical" if output.as_json else "warning"
        configure_logging(replace(settings, log_level=level))
    else:
        configure_logging(settings)
    return settings


@contextmanager
def opened(output: Output, *, operator: bool = True) -> Iterator[Runtime]:
    """A runtime on a database at head. ``operator`` commands need the owner's URL as well."""
    from sparx_core.db.migrate import pending
    from sparx_core.runtime import Runtime

    settings = load_settings(output)
    runtime = Runtime.start(settings)
    try:
        if operator:
            runtime.urls.require_owner()
        behind = pending(runtime.registry, runtime.database)
        if behind:
            raise CommandError(
                "migrations_pending",
                f"The database is not up to date ({', '.join(behind)}). Run: sparx migrate",
            )
        yield runtime
    finally:
        runtime.close()
