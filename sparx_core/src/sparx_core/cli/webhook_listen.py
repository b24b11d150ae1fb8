"""``sparx webhook listen``: events as they happen, forwarded to a program that is being written."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from time import sleep
from typing import Any
from uuid import UUID

import click

from sparx_core.cli.feed import Event, Feed, StoredEvent, public_types
from sparx_core.cli.output import Output
from sparx_core.cli.remote import RemoteTenant, addresses_of, find_remote, key_option, url_option
from sparx_core.cli.webhook_types import require_known
from sparx_core.ids import uuid7
from sparx_core.outbound import Outbound, OutboundError
from sparx_core.outbound.addresses import Address, parse_address
from sparx_core.outbound.deadline import Deadline
from sparx_core.webhooks.body import body_of
from sparx_core.webhooks.signing import delivery_headers, key_of, new_secret


@dataclass(frozen=True)
class Forwarded:
    """What a receiver said to an event, or why it said nothing."""

    delivery_id: UUID
    milliseconds: int
    status: int | None = None
    error: str | None = None

    @property
    def arrived(self) -> bool:
        return self.status is not None and 200 <= self.status < 300


class Forwarder:
    """Sends events to ``url`` as webhooks, from this machine: what it reaches may be reached."""

    def __init__(self, url: str, secret: str, tenant: RemoteTenant) -> None:
        self.secret, self.tenant = secret, tenant
        self._outbound = Outbound(allow_private=True, resolve=_looked_up)
        self.url = self._outbound.check_url(url)

    def send(self, event: Event) -> Forwarded:
        """One request, with all that a webhook has; never a second one."""
        id, now = uuid7(), int(time.time())
        body = body_of(StoredEvent(self.tenant.id, event, self.tenant.livemode))
        headers = delivery_headers([self.secret], id, event.id, event.type, now, body)
        try:
            answer = self._outbound.send("POST", self.url, headers=headers, body=body)
        except OutboundError as error:
            return Forwarded(id, round(error.seconds * 1000), error=error.message)
        return Forwarded(id, round(answer.seconds * 1000), answer.status)


class Report:
    """What the terminal, or with ``--json`` a program, is told: a line for each thing."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.events = self.arrived = 0

    def begin(self, server: str, tenant: str, forward: str | None, secret: str | None) -> None:
        lines = [f"Listening to {tenant} at {server}. Ctrl-C ends."]
        if forward is not None:
            lines.append(f"Forwarding to {forward}")
        if secret is not None:
            lines.append(f"Signing secret {secret} (of this session; --secret gives one)")
        told = {"url": server, "tenant": tenant, "forward": forward, "secret": secret}
        self._line("listening", told, "\n".join(lines))

    def event(self, event: Event, forwarded: Forwarded | None) -> None:
        self.events += 1
        now = datetime.now().astimezone()
        text = f"{now:%H:%M:%S}  {event.type:<26}  {event.id}"
        told: dict[str, Any] = {"time": now.isoformat(timespec="milliseconds"), "type": event.type}
        told |= {"id": str(event.id), "test": event.test}
        if forwarded is not None:
            self.arrived += forwarded.arrived
            text += f"  {forwarded.status or forwarded.error}  {forwarded.milliseconds} ms"
            told |= {
                "delivery": str(forwarded.delivery_id),
                "status": forwarded.status,
                "error": forwarded.error,
                "milliseconds": forwarded.milliseconds,
            }
        self._line("event", told, text + "  (example)" * event.test)

    def lost(self, reason: str) -> None:
        self._line("lost", {"message": reason}, f"{reason} Trying again; nothing is missed.")

    def found(self) -> None:
        self._line("found", {}, "The server answers again.")

    def end(self, forwards: bool) -> None:
        text = f"{self.events} event{'s' * (self.events != 1)}"
        told = {"events": self.events}
        if forwards:
            failed = self.events - self.arrived
            text += f": {self.arrived} answered with 2xx, {failed} not"
            told |= {"arrived": self.arrived, "failed": failed}
        self._line("end", told, f"\n{text}.")

    def _line(self, kind: str, told: dict[str, Any], text: str) -> None:
        click.echo(json.dumps({"kind": kind, **told}) if self.as_json else text)


@click.command()
@click.option("--forward", metavar="URL", help="Send each to this, such as http://localhost:3000/.")
@click.option(
    "--events",
    multiple=True,
    metavar="TYPES",
    help="Only these, such as order.created,customer.*; all of them unless given.",
)
@click.option(
    "--secret",
    envvar="SPARX_WEBHOOK_SECRET",
    help="Sign with this one (whsec_...); else SPARX_WEBHOOK_SECRET, else a new one.",
)
@url_option
@key_option
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a line.")
def listen(
    forward: str | None,
    events: Sequence[str],
    secret: str | None,
    url: str | None,
    key: str | None,
    as_json: bool,
) -> None:
    """Print events as they happen, and forward them as webhooks, until Ctrl-C.

    Works with any server that the key is for; nothing has to reach this machine. What is forwarded
    has the body and the headers of a webhook. What does not arrive is told, and not sent again.
    """
    remote = find_remote(Output(as_json), url, key)
    patterns = [part.strip() for one in events for part in one.split(",") if part.strip()]
    report = Report(as_json)
    feed = Feed(remote, patterns, report.lost, report.found, sleep)
    try:
        tenant = remote.tenant()
        require_known(patterns, [one.type for one in public_types(remote)])
        feed.begin()
        forwarder = forward and _forwarder(forward, secret or new_secret(), tenant)
        shown = forwarder.secret if forwarder and not secret else None
        report.begin(remote.url, tenant.slug, forwarder.url if forwarder else None, shown)
        for event in feed.follow():
            report.event(event, forwarder.send(event) if forwarder else None)
    except KeyboardInterrupt:
        report.end(forward is not None)


def _forwarder(url: str, secret: str, tenant: RemoteTenant) -> Forwarder:
    try:
        key_of(secret)
    except ValueError:
        told = "The signing secret is not one: it begins with whsec_, and base64 follows."
        raise click.BadParameter(told) from None
    try:
        return Forwarder(url, secret, tenant)
    except OutboundError as error:
        raise click.BadParameter(f"{url!r} cannot be forwarded to. {error.message}") from None


def _looked_up(name: str, deadline: Deadline) -> list[Address]:
    """As this machine knows the name, whose own names are not in DNS."""
    found = [parse_address(one) for one in addresses_of(name)]
    usable = [one for one in found if one is not None]
    if not usable:
        raise OutboundError("dns", f"This machine knows no address of {name}.")
    return usable
