"""The command ``sparx``: runs, migrates, checks and administers an installation.

Commands are imported when they are called, so that ``sparx --help`` answers at once. Exit codes:
0 done, 1 failed, 2 called wrongly. With ``--json`` a command prints one JSON object on standard
output, and an error as ``{"error": {"code", "message"}}`` on standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from sparx_core.cli.output import report_error
from sparx_core.version import VERSION

#: Command: the module that holds it, as an attribute of the same name, and its line of help.
COMMANDS = {
    "dev": "Run everything on this machine, with a demo tenant.",
    "serve": "Serve the API (gunicorn).",
    "worker": "Run event handlers.",
    "migrate": "Bring the database to what the installed modules need.",
    "check": "Check settings, database, roles and the walls around tenants.",
    "tenant": "Create and list tenants.",
    "key": "Create, list and revoke API keys.",
    "sandbox": "Make, show and empty the sandbox of a tenant.",
    "module": "Write, list, activate and deactivate modules.",
    "webhook": "Receive events on this machine, and make examples of them.",
    "openapi": "Print the OpenAPI document of the API, without a database.",
    "graphql": "Print the GraphQL schema, without a database.",
    "events": "Print the catalogue of events.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"sparx_core.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings are SPARX_* environment variables. Every command takes --json.",
)
@click.version_option(VERSION, "--version", prog_name="sparx")
def sparx() -> None:
    """Sparx: a modular content and commerce operating system."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        sparx.main(given, prog_name="sparx", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as asked:
        click.echo(asked.format_message(), err=True)
        sys.exit(2)
    except click.exceptions.Exit as finished:
        sys.exit(finished.exit_code)
    except BrokenPipeError:
        # Whoever read the output has seen enough; Python would complain again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (Exception, KeyboardInterrupt) as error:
        sys.exit(report_error(error, as_json="--json" in given))
