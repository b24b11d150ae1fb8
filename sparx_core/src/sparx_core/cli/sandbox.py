"""``sparx sandbox``: the tenant beside a tenant, to try things in."""

from __future__ import annotations

import time
from typing import Any

import click

from sparx_core.cli.output import CommandError, Output, with_output
from sparx_core.cli.session import opened

#: Seconds between two looks at what a worker does, and after which it is said that none has begun.
LOOK_SECONDS, QUIET_SECONDS = 0.3, 5.0

_tenant = click.option("--tenant", required=True, help="The identifier of the live tenant.")
_wait = click.option("--wait/--no-wait", default=True, show_default=True, help="Until it is ready.")


@click.group()
def sandbox() -> None:
    """Make, show and empty the sandbox of a tenant."""


@sandbox.command()
@_tenant
@with_output
def show(output: Output, tenant: str) -> None:
    """Show the sandbox: its identifier, its modules, and whether it is ready."""
    from sparx_core.sandbox.operations import get_sandbox

    with opened(output) as runtime:
        shown = _ask(runtime, tenant, get_sandbox)
    output.result(shown, _told(shown))


@sandbox.command()
@_tenant
@_wait
@with_output
def create(output: Output, tenant: str, wait: bool) -> None:
    """Make the sandbox, and its first API key, which is shown this once."""
    from sparx_core.sandbox.operations import create_sandbox

    with opened(output) as runtime:
        made = _ask(runtime, tenant, create_sandbox)
        # Told at once: waiting may be given up, and the key is shown this once.
        output.note(f"Sandbox  {made['slug']} ({made['id']})")
        shown = _followed(output, runtime, tenant) if wait else made
    told = f"API key  {made['key']}   (shown this once)\n{_told(shown)}"
    output.result({**made, **shown, "key": made["key"]}, told)


@sandbox.command()
@_tenant
@_wait
@with_output
def reset(output: Output, tenant: str, wait: bool) -> None:
    """Empty the sandbox: all that is in it but its API keys. It begins anew with its modules."""
    from sparx_core.sandbox.operations import reset_sandbox

    with opened(output) as runtime:
        shown = _ask(runtime, tenant, reset_sandbox)
        if wait:
            shown = _followed(output, runtime, tenant)
    output.result(shown, _told(shown))


def _ask(runtime: Any, tenant: str, operation: Any) -> dict[str, Any]:
    from sparx_core.errors import ApiError
    from sparx_core.tenants import as_operator

    try:
        with as_operator(runtime, tenant, operation=operation.name) as ctx:
            answered: dict[str, Any] = operation.function(ctx)
    except ApiError as error:
        hint = f" Make one: sparx sandbox create --tenant {tenant}"
        told = error.text if error.status != 404 else f"{tenant} has no sandbox.{hint}"
        raise CommandError(error.code, told) from None
    return answered


def _followed(output: Output, runtime: Any, tenant: str) -> dict[str, Any]:
    """The sandbox when a worker is done with it."""
    from sparx_core.sandbox.operations import get_sandbox

    began, told = time.monotonic(), False
    while True:
        shown = _ask(runtime, tenant, get_sandbox)
        if shown["state"] in ("ready", "failed"):
            return shown
        if not told and time.monotonic() - began > QUIET_SECONDS:
            output.note("It takes a worker. Is one running? (sparx worker)")
            told = True
        time.sleep(LOOK_SECONDS)


def _told(shown: dict[str, Any]) -> str:
    modules = " ".join(shown["modules"]) or "-"
    return f"Sandbox {shown['slug']} is {shown['state']}. Modules: {modules}"
