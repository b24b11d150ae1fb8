"""``sparx serve``: the API under gunicorn, in the foreground."""

from __future__ import annotations

import os
import sys

import click

from sparx_core.cli.output import Output, with_output
from sparx_core.cli.ports import require_free
from sparx_core.cli.session import load_settings

#: The configuration names the target too, but gunicorn wants it on its command line.
CONFIGURATION = "python:sparx_core.server.gunicorn_conf"
TARGET = "sparx_core.app:create_app()"


def gunicorn_command() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--config", CONFIGURATION, TARGET]


@click.command()
@with_output
def serve(output: Output) -> None:
    """Serve the API (gunicorn). Stops gracefully on SIGTERM; --json logs as JSON."""
    settings = load_settings(output, quiet=False)
    require_free(settings.host, settings.port)
    if output.as_json:
        os.environ["SPARX_LOG_FORMAT"] = "json"
    command = gunicorn_command()
    # In place of this process, so that signals reach gunicorn and nothing else.
    os.execv(command[0], command)
