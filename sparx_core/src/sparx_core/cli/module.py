"""``sparx module``: what is installed, and what is active for whom."""

from __future__ import annotations

from typing import Any

import click

from sparx_core.cli.module_new import new
from sparx_core.cli.output import Output, table, with_output
from sparx_core.cli.session import opened


@click.group()
def module() -> None:
    """Write, list, activate and deactivate modules."""


module.add_command(new)


@module.command("list")
@with_output
def list_(output: Output) -> None:
    """List the installed modules, and those that could not be loaded, with the reason."""
    from sparx_core.tenants import list_tenants

    with opened(output) as runtime:
        registry = runtime.registry
        tenants = list_tenants(runtime)
    found = [
        {
            "key": key,
            "title": installed.module.title,
            "distribution": installed.distribution,
            "version": installed.version,
            "requires": list(installed.module.requires),
            "activeTenants": [row.slug for row in tenants if key in row.modules],
        }
        for key, installed in registry.modules.items()
        if key != "core"
    ]
    broken = [
        {"key": one.key, "distribution": one.distribution, "reason": one.reason}
        for one in registry.quarantined
    ]
    output.result({"modules": found, "quarantined": broken}, _text(found, broken))


def _text(found: list[dict[str, Any]], broken: list[dict[str, str]]) -> str:
    lines = [
        table(
            ["MODULE", "VERSION", "REQUIRES", "ACTIVE FOR"],
            [
                (
                    one["key"],
                    one["version"],
                    " ".join(one["requires"]) or "-",
                    _tenants(one["activeTenants"]),
                )
                for one in found
            ],
        )
    ]
    lines += [
        f"Not loaded: {one['key']} ({one['distribution']}): {one['reason']}" for one in broken
    ]
    return "\n".join(lines)


def _tenants(slugs: list[str]) -> str:
    if len(slugs) > 5:
        return f"{', '.join(slugs[:5])} and {len(slugs) - 5} more"
    return ", ".join(slugs) or "-"


@module.command()
@click.argument("key")
@click.option("--tenant", required=True, help="The tenant's identifier.")
@with_output
def activate(output: Output, key: str, tenant: str) -> None:
    """Activate module KEY for a tenant, with the modules that it requires."""
    from sparx_core.activation.operations import activate_module

    _change(output, activate_module, key, tenant)


@module.command()
@click.argument("key")
@click.option("--tenant", required=True, help="The tenant's identifier.")
@with_output
def deactivate(output: Output, key: str, tenant: str) -> None:
    """Deactivate module KEY for a tenant; refused while another active module requires it."""
    from sparx_core.activation.operations import deactivate_module

    _change(output, deactivate_module, key, tenant)


def _change(output: Output, operation: Any, key: str, tenant: str) -> None:
    from sparx_core.tenants import as_operator

    with opened(output) as runtime, as_operator(runtime, tenant) as ctx:
        shown = operation.function(ctx, key)
    output.result(shown, f"Module {key} is {shown['state']} for {tenant}.")
