"""What a command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import functools
import json
import sys
import traceback
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import click

P = ParamSpec("P")
R = TypeVar("R")

FAILED, CALLED_WRONGLY = 1, 2


class CommandError(Exception):
    """A command that failed for a reason that the operator can do something about."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


class Output:
    """How one run of a command answers."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, value: Any, text: str) -> None:
        """Print the result: ``value`` with ``--json``, ``text`` for people."""
        click.echo(json.dumps(value, default=str) if self.as_json else text)

    def progress(self, message: str) -> None:
        """Say what is going on, a line a step; only to somebody who watches."""
        if not self.as_json and sys.stderr.isatty():
            click.echo(message, err=True)

    def note(self, message: str) -> None:
        """Say something that must not be missed, whoever reads standard error."""
        if not self.as_json:
            click.echo(message, err=True)


def with_output(
    function: Callable[Concatenate[Output, P], R],
) -> Callable[P, R]:
    """Give a command ``--json`` and, as its first argument, the :class:`Output` for it."""

    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        as_json = bool(kwargs.pop("as_json"))
        return function(Output(as_json), *args, **kwargs)

    return command


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Columns of text, as wide as their longest cell."""
    lines = [[str(cell) for cell in row] for row in [head, *rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def report_error(error: BaseException, *, as_json: bool) -> int:
    """Print an error to standard error and return the exit code for it."""
    if isinstance(error, click.UsageError):
        code, message, exit_code = "usage_error", error.format_message(), CALLED_WRONGLY
        if error.ctx is not None and not as_json:
            message += f"\nTry: {error.ctx.command_path} --help"
    elif isinstance(error, KeyboardInterrupt | click.Abort):
        code, message, exit_code = "interrupted", "Interrupted.", FAILED
    else:
        code, message = _explained(error)
        exit_code = FAILED
        if code == "internal_error" and not as_json:
            traceback.print_exception(error)
    if as_json:
        click.echo(json.dumps({"error": {"code": code, "message": message}}), err=True)
    else:
        click.echo(f"Error: {message}", err=True)
    return exit_code


def _explained(error: BaseException) -> tuple[str, str]:
    """Code and message of what went wrong. Imports late: only a failure pays for it."""
    if isinstance(error, CommandError):
        return error.code, str(error)
    from sparx_core.db.dsn import DatabaseSetupError
    from sparx_core.db.embedded import EmbeddedError
    from sparx_core.db.guard import UnsafeRole
    from sparx_core.errors import ApiError
    from sparx_core.modules import RegistryError
    from sparx_core.settings import SettingsError
    from sparx_core.tenants import TenantError

    if isinstance(error, SettingsError):
        return "invalid_settings", "\n".join(["Settings cannot be used:", *error.problems])
    if isinstance(error, DatabaseSetupError | EmbeddedError | UnsafeRole):
        return "database_unusable", str(error)
    if isinstance(error, RegistryError):
        return "modules_conflict", str(error)
    if isinstance(error, TenantError):
        return snake(type(error).__name__), str(error)
    if isinstance(error, ApiError):
        return error.code, error.text
    return "internal_error", f"{type(error).__name__}: {error}"


def snake(name: str) -> str:
    """``TenantExists`` as ``tenant_exists``."""
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name).lstrip("_")
