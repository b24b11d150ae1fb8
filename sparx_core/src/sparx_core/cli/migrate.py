"""``sparx migrate``: the database as the installed modules need it."""

from __future__ import annotations

import click

from sparx_core.cli.output import Output, with_output
from sparx_core.cli.session import load_settings


@click.command()
@with_output
def migrate(output: Output) -> None:
    """Bring the database to what the installed modules need. Again changes nothing.

    Safe to run while the previous version serves, and by several machines at once.
    """
    from sparx_core.db.migrate import migrate as run_migrations
    from sparx_core.db.urls import provision_given, resolve_urls
    from sparx_core.registry import Registry

    settings = load_settings(output)
    urls = resolve_urls(settings, output.progress)
    urls.require_owner()
    if settings.owner_database_url is not None:
        provision_given(urls)
    applied = run_migrations(
        Registry.discover(), urls, report=lambda name: output.progress(f"Migrating {name}")
    )
    text = "\n".join(f"Applied {name}" for name in applied) or "The database is up to date."
    output.result({"applied": applied}, text)
