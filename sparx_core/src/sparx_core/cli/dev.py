"""``sparx dev``: the whole installation on this machine, until Ctrl-C."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
import structlog

from sparx_core.cli.demo import Api, Demo, ensure_customer, ensure_tenant, order_command
from sparx_core.cli.output import CommandError, Output, with_output
from sparx_core.cli.ports import base_url, reachable, require_free
from sparx_core.cli.serve import gunicorn_command
from sparx_core.cli.session import load_settings
from sparx_core.cli.supervisor import ChildFailed, Supervisor
from sparx_core.db.dsn import masked
from sparx_core.settings import Settings

if TYPE_CHECKING:
    from sparx_core.runtime import Runtime

log = structlog.get_logger(__name__)

READY_SECONDS = 60.0
#: A child that died this often before the first request was answered will not recover.
_EARLY_DEATHS = 3
_RULE = "-" * 78
#: Who tries webhooks on this machine receives them here, too.
_ALLOW_PRIVATE = "SPARX_WEBHOOK_ALLOW_PRIVATE"


@click.command()
@with_output
def dev(output: Output) -> None:
    """Run everything on this machine, with a demo tenant, until Ctrl-C.

    Starts the embedded PostgreSQL unless SPARX_DATABASE_URL is set, migrates, starts the API
    and a worker and keeps them alive. With --json the box is one JSON object. Webhooks may go to
    this machine, unless SPARX_WEBHOOK_ALLOW_PRIVATE is set.
    """
    from sparx_core.db import embedded

    began = time.monotonic()
    # For the processes that are started, too. An empty variable counts as not set.
    if not os.environ.get(_ALLOW_PRIVATE, "").strip():
        os.environ[_ALLOW_PRIVATE] = "loopback"
    settings = load_settings(output, quiet=False)
    require_free(settings.host, settings.port)
    try:
        with Supervisor(log.warning) as supervisor:
            runtime = _prepare(settings, output)
            demo = ensure_tenant(runtime, settings.home / "demo.json")
            _start(supervisor, settings)
            api = Api(reachable(settings.host), settings.port)
            if _wait_ready(supervisor, api):
                demo = ensure_customer(runtime, api, settings.home / "demo.json", demo)
                runtime.close()
                modules = [key for key in runtime.registry.modules if key != "core"]
                box = Box(settings, demo, modules, supervisor.pids())
                output.result(box.value(), box.text(time.monotonic() - began))
                sys.stdout.flush()
                supervisor.run()
            output.note("Stopping")
    finally:
        # Not while another terminal uses it: the last user's end stops it then.
        if settings.database_url is None:
            embedded.stop(settings.home)


def _prepare(settings: Settings, output: Output) -> Runtime:
    """Database, migrations and a runtime of our own."""
    from sparx_core.db.migrate import migrate
    from sparx_core.db.urls import provision_given, resolve_urls
    from sparx_core.registry import Registry
    from sparx_core.runtime import Runtime

    registry = Registry.discover()
    urls = resolve_urls(settings, output.note)
    if settings.owner_database_url is not None:
        provision_given(urls)
    migrate(registry, urls, report=lambda name: output.note(f"Migrating {name}"))
    return Runtime.start(settings, registry)


def _start(supervisor: Supervisor, settings: Settings) -> None:
    environment = {**os.environ, "SPARX_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"}
    supervisor.start("API", gunicorn_command(), environment)
    supervisor.start("worker", [sys.executable, "-m", "sparx_core.cli", "worker"], environment)


def _wait_ready(supervisor: Supervisor, api: Api) -> bool:
    """Wait for ``/ready``; False if told to stop first. Raises ``CommandError`` if it never is."""
    deadline = time.monotonic() + READY_SECONDS
    answer: Any = None
    while time.monotonic() < deadline:
        if supervisor.stopping:
            return False
        try:
            supervisor.look(give_up_after=_EARLY_DEATHS)
        except ChildFailed as failure:
            raise CommandError("start_failed", f"{failure} The log above says why.") from None
        try:
            status, answer = api.call("GET", "/ready")
        except OSError as error:
            answer = str(error)
        else:
            if status == 200:
                return True
        supervisor.wait(0.1)
    raise CommandError("not_ready", f"The API is not ready after {READY_SECONDS:.0f} s: {answer}")


@dataclass(frozen=True)
class Box:
    """What a newcomer needs once everything runs."""

    settings: Settings
    demo: Demo
    modules: list[str]
    pids: dict[str, int]

    @property
    def base(self) -> str:
        return base_url(self.settings.host, self.settings.port)

    @property
    def _data(self) -> str:
        if self.settings.database_url is not None:
            return masked(self.settings.database_url)
        return os.path.relpath(self.settings.home)

    @property
    def _allowed(self) -> str:
        return "allowed" if self.settings.webhook_allow_private else "refused"

    def value(self) -> dict[str, Any]:
        return {
            "url": f"{self.base}/v1",
            "tenant": self.demo.slug,
            "apiKey": self.demo.api_key,
            "customerId": self.demo.customer_id,
            "modules": self.modules,
            "webhooksToLoopback": bool(self.settings.webhook_allow_private),
            "processes": {**self.pids, "dev": os.getpid()},
        }

    def text(self, seconds: float) -> str:
        lines = [
            "",
            _RULE,
            f"Sparx is ready after {seconds:.1f} s.  Ctrl-C stops it; data stays in {self._data}",
            "",
            f"  API      {self.base}/v1",
            "  Docs     README.md, docs/",
            f"  Tenant   {self.demo.slug}",
            f"  API key  {self.demo.api_key}",
            f"  Modules  {' '.join(self.modules)} (POST /v1/modules/.../activate turns one on)",
            f"  Webhooks to localhost are {self._allowed} ({_ALLOW_PRIVATE})",
            "",
        ]
        if self.demo.customer_id is not None:
            lines += ["Place an order:", "", order_command(self.base, self.demo), ""]
        lines += [
            "Next, in another terminal of this folder:",
            "",
            f'  curl {self.base}/v1/crm/orders -H "Authorization: Bearer {self.demo.api_key}"',
            *[
                f"  {_command()} {rest}"
                for rest in (
                    "tenant create acme --modules crm",
                    f"key create --tenant {self.demo.slug} --scopes read:crm",
                    "module list",
                )
            ],
            _RULE,
        ]
        return "\n".join(lines)


def _command() -> str:
    """How ``sparx`` was called, as it works from this folder."""
    called = os.path.relpath(sys.argv[0])
    return called if os.path.basename(called) == "sparx" and len(called) < 40 else "sparx"
