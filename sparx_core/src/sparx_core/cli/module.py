"""``sparx module``: what is installed, and what is active for whom."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from sparx_core.cli.module_new import new
from sparx_core.cli.output import CommandError, Output, table, with_output
from sparx_core.cli.session import opened

if TYPE_CHECKING:
    from sparx_core.resources import Operation

#: Attempts of a worker that fail before a command that waits gives up; the worker goes on.
MAX_FAILURES = 3
#: Seconds after which a command says that nobody has begun.
QUIET_SECONDS = 3.0
#: What of rows that came back is told to people, if there is any.
_LOST = {
    "cleared": "references to rows that are gone were cleared",
    "dropped": "went with the rows that they referred to",
    "held": "refer to rows that are gone and stay in the archive",
}


@click.group()
def module() -> None:
    """Write, list, activate and deactivate modules."""


module.add_command(new)


@module.command("list")
@with_output
def list_(output: Output) -> None:
    """List the installed modules, those that could not be loaded, and those that are missing."""
    from sparx_core.tenants import list_tenants, modules_in_use

    with opened(output) as runtime:
        registry = runtime.registry
        tenants = list_tenants(runtime)
        used = modules_in_use(runtime)
    found = [
        {
            "key": key,
            "title": installed.module.title,
            "distribution": installed.distribution,
            "version": installed.version,
            "requires": list(installed.module.requires),
            "provides": registry.provides(key),
            "activeTenants": [row.slug for row in tenants if key in row.modules],
        }
        for key, installed in registry.modules.items()
        if key != "core"
    ]
    broken = [
        {"key": one.key, "distribution": one.distribution, "reason": one.reason}
        for one in registry.quarantined
    ]
    known = {*registry.modules, *(one.key for one in registry.quarantined)}
    missing = [{"key": key, "tenants": number} for key, number in used.items() if key not in known]
    output.result(
        {"modules": found, "quarantined": broken, "missing": missing},
        _text(found, broken, missing),
    )


def _text(
    found: list[dict[str, Any]], broken: list[dict[str, str]], missing: list[dict[str, Any]]
) -> str:
    lines = [
        table(
            ["MODULE", "VERSION", "REQUIRES", "PROVIDES", "ACTIVE FOR"],
            [
                (
                    one["key"],
                    one["version"],
                    " ".join(one["requires"]) or "-",
                    _provided(one["provides"]),
                    _tenants(one["activeTenants"]),
                )
                for one in found
            ],
        )
    ]
    lines += [
        f"Not loaded: {one['key']} ({one['distribution']}): {one['reason']}" for one in broken
    ]
    lines += [
        f"Missing: {one['key']}, which is not installed. Tenants that use it or have rows of it:"
        f" {one['tenants']}."
        for one in missing
    ]
    return "\n".join(lines)


def _provided(names: dict[str, list[str]]) -> str:
    told = [f"{len(of_kind)} {kind}" for kind, of_kind in names.items() if of_kind]
    return ", ".join(told) or "-"


def _tenants(slugs: list[str]) -> str:
    if len(slugs) > 5:
        return f"{', '.join(slugs[:5])} and {len(slugs) - 5} more"
    return ", ".join(slugs) or "-"


_tenant = click.option("--tenant", required=True, help="The tenant's identifier.")
_no_wait = click.option("--no-wait", is_flag=True, help="Leave it to the workers, and return.")


@module.command()
@click.argument("key")
@_tenant
@_no_wait
@with_output
def activate(output: Output, key: str, tenant: str, no_wait: bool) -> None:
    """Activate module KEY for a tenant, with the modules that it requires.

    Waits until a worker has brought its archived rows back, if there are any.
    """
    from sparx_core.activation.operations import activate_module

    _change(output, activate_module, key, tenant, wait=not no_wait)


@module.command()
@click.argument("key")
@_tenant
@click.option("--purge", is_flag=True, help="Delete its rows for good, those in the archive too.")
@_no_wait
@with_output
def deactivate(output: Output, key: str, tenant: str, purge: bool, no_wait: bool) -> None:
    """Deactivate module KEY for a tenant; refused while another active module requires it.

    Waits until a worker has put its rows into the archive.
    """
    from sparx_core.activation.operations import deactivate_module

    values = {"purge": purge}
    _change(output, deactivate_module, key, tenant, wait=not no_wait, data=values)


def _change(
    output: Output, operation: Operation, key: str, tenant: str, *, wait: bool, **values: Any
) -> None:
    from sparx_core.activation.operations import get_module
    from sparx_core.tenants import as_operator

    assert operation.function is not None
    assert get_module.function is not None
    with opened(output) as runtime:
        with as_operator(runtime, tenant) as ctx:
            shown = operation.function(ctx, key, **values)
        if wait and shown["progress"] is not None:
            _wait(output, runtime.urls.require_owner(), key, tenant)
            with as_operator(runtime, tenant) as ctx:
                shown = get_module.function(ctx, key)
    output.result(shown, _told(shown, key, tenant))


def _wait(output: Output, url: str, key: str, tenant: str) -> None:
    from sparx_core.activation.following import follow

    began, told = time.monotonic(), ""
    for step in follow(url, tenant, key):
        say = output.note
        if step.failures >= MAX_FAILURES and not step.waits:
            raise CommandError(
                "module_stuck",
                f"A worker could not finish, and goes on trying: {step.error}. Nothing is lost."
                " When the reason is mended, the same command has it tried at once.",
            )
        if step.error:
            line = f"{key}: {step.error}"
        elif step.begun and step.total is not None:
            line, say = f"{key}: {step.done:,} of {step.total:,} rows", output.progress
        elif not step.begun and time.monotonic() - began > QUIET_SECONDS:
            line = f"{key}: no worker has begun yet. Is one running? (sparx worker)"
        else:
            continue
        if line != told:
            told = line
            say(line)


def _told(shown: dict[str, Any], key: str, tenant: str) -> str:
    line = f"Module {key} is {shown['state']} for {tenant}."
    if shown["archivedRows"]:
        line += f" {shown['archivedRows']:,} rows are in the archive."
    restored = shown["restored"]
    if restored:
        lost = [f"{restored[name]:,} {what}" for name, what in _LOST.items() if restored[name]]
        line += f" {restored['rows']:,} rows came back{'; ' if lost else ''}{', '.join(lost)}."
        if restored["columns"]:
            line += f" Columns that are gone: {', '.join(restored['columns'])}."
    return line
