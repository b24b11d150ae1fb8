"""The application for a client that may do anything: it does not get far if its key is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from sparx_core.app import create_app
from sparx_core.runtime import Runtime
from sparx_core.tenants import NewTenant
from sparx_core.testing import Api, DeliveryRun, Owner


class Caretaker:
    """A WSGI application that brings back what its client took from itself: keys and modules."""

    def __init__(self, runtime: Runtime, owner: Owner, tenant: NewTenant) -> None:
        self.app, self.owner, self.tenant = create_app(runtime), owner, tenant
        self.modules = sorted(set(runtime.registry.modules) - {"core"})
        self.deliveries = DeliveryRun(runtime, owner, [tenant.tenant_id])

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        answer = self.app(environ, start)
        path = environ["PATH_INFO"]
        if environ["REQUEST_METHOD"] not in ("POST", "DELETE"):
            return answer
        if path.startswith("/v1/keys/"):
            self.owner.execute(
                "UPDATE core.api_keys SET revoked_at = NULL, expires_at = NULL, replaced_by = NULL"
                " WHERE tenant_id = %s AND NOT (revoked_at, expires_at, replaced_by) IS NULL",
                self.tenant.tenant_id,
            )
        elif path.startswith("/v1/modules/"):
            self._activate()
        return answer

    def _activate(self) -> None:
        api = Api(self.app, self.tenant.api_key)
        if api.get("/v1/me").data["modules"] == self.modules:
            return
        self.deliveries.finish_modules()
        for module in self.modules:
            assert api.post(f"/v1/modules/{module}/activate").status == 200
        self.deliveries.finish_modules()


class _Silent(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Requests are logged by the application."""


@contextmanager
def served(app: Caretaker) -> Iterator[str]:
    """The address of the application, on a socket of this machine.

    schemathesis can call a WSGI application itself, but the checks of 4.32 that repeat a request
    cannot.
    """
    # What is computed once is computed before anybody waits for an answer.
    Api(app.app).get("/v1/openapi.json")
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Silent)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
