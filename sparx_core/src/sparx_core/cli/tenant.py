"""``sparx tenant``: the tenants of the installation."""

from __future__ import annotations

import click

from sparx_core.cli.output import Output, table, with_output
from sparx_core.cli.session import opened


@click.group()
def tenant() -> None:
    """Create and list tenants."""


@tenant.command()
@click.argument("slug", metavar="NAME")
@click.option("--modules", default="", help="Modules to activate, such as crm,cms.")
@click.option("--name", help="The name that people see; NAME unless given.")
@click.option("--currency", default="USD", show_default=True, help="ISO 4217 code.")
@with_output
def create(output: Output, slug: str, modules: str, name: str | None, currency: str) -> None:
    """Create a tenant, and its first API key, which is shown this once.

    NAME is its identifier: lower-case letters, digits and hyphens.
    """
    from sparx_core.tenants import create_tenant

    wanted = [key.strip() for key in modules.split(",") if key.strip()]
    with opened(output) as runtime:
        made = create_tenant(runtime, slug, name=name, modules=wanted, currency=currency)
    lines = [
        f"Tenant   {made.slug} ({made.tenant_id})",
        f"API key  {made.api_key}   (shown this once)",
    ]
    if not wanted:
        lines.append(f"Next     sparx module activate crm --tenant {made.slug}")
    output.result(
        {"tenantId": str(made.tenant_id), "slug": made.slug, "apiKey": made.api_key},
        "\n".join(lines),
    )


@tenant.command("list")
@with_output
def list_(output: Output) -> None:
    """List the tenants with their active modules."""
    from sparx_core.tenants import list_tenants

    with opened(output) as runtime:
        rows = list_tenants(runtime)
    output.result(
        {
            "tenants": [
                {
                    "tenantId": str(row.tenant_id),
                    "slug": row.slug,
                    "name": row.name,
                    "currency": row.currency,
                    "modules": list(row.modules),
                }
                for row in rows
            ]
        },
        table(
            ["SLUG", "NAME", "CURRENCY", "MODULES"],
            [(row.slug, row.name, row.currency, " ".join(row.modules) or "-") for row in rows],
        )
        if rows
        else "There are no tenants. Create one: sparx tenant create acme --modules crm",
    )
