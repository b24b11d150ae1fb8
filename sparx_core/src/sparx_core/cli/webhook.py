"""``sparx webhook``: for whoever writes a receiver of webhooks."""

from __future__ import annotations

import json
from typing import Any

import click

from sparx_core.cli.feed import EventType, public_types
from sparx_core.cli.output import CommandError, Output, table, with_output
from sparx_core.cli.remote import find_remote, key_option, url_option
from sparx_core.cli.webhook_listen import listen
from sparx_core.cli.webhook_types import require_type

#: Characters of a description in the list of types.
_SHOWN = 70


@click.group()
def webhook() -> None:
    """Receive events on this machine, and make examples of them."""


webhook.add_command(listen)


@webhook.command()
@click.argument("type_", metavar="[TYPE]", required=False)
@url_option
@key_option
@with_output
def trigger(output: Output, type_: str | None, url: str | None, key: str | None) -> None:
    """Make an example of an event, such as order.created; without TYPE list what there is.

    Webhooks that want the type get it, and so does sparx webhook listen. Nothing else happens: it
    says of itself that it is an example, and no handler sees it.
    """
    remote = find_remote(output, url, key)
    types = public_types(remote)
    if type_ is None:
        output.result({"types": [_shown(one) for one in types]}, _listed(types))
        return
    require_type(type_, [one.type for one in types])
    made = _made(remote.post("/v1/webhooks/trigger", {"type": type_}), remote.url)
    output.result(made, _told(made))


def _shown(one: EventType) -> dict[str, str]:
    return {"type": one.type, "description": one.description}


def _listed(types: list[EventType]) -> str:
    rows = [(one.type, _first_line(one.description)) for one in types]
    return table(["TYPE", "MEANS"], rows) if rows else "There are none: no module is active."


def _first_line(text: str) -> str:
    line = " ".join(text.split("\n\n")[0].split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."


def _made(content: bytes, url: str) -> dict[str, Any]:
    try:
        data = json.loads(content)["data"]
        return {name: data[name] for name in ("eventId", "type", "subscriptions")}
    except (ValueError, KeyError, TypeError):
        told = f"{url} does not answer as this version of Sparx does."
        raise CommandError("not_sparx", told) from None


def _told(made: dict[str, Any]) -> str:
    number = made["subscriptions"]
    goes = "1 subscription" if number == 1 else f"{number} subscriptions"
    if number == 0:
        goes = "no subscription; sparx webhook listen shows it all the same"
    return f"An example of {made['type']}, {made['eventId']}, goes to {goes}."
