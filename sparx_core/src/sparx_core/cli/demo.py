"""The demo tenant of ``sparx dev``: made once, kept in ``<home>/demo.json``, shown each time."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparx_core.db.credentials import write_private

if TYPE_CHECKING:
    from sparx_core.runtime import Runtime

SLUG, MODULE = "demo", "crm"
CUSTOMER = {"name": "Lindgren Diesel Service", "email": "parts@lindgren-diesel.example"}
ITEM = (
    '{ "sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8,'
    ' "unitPrice": 289.50 }'
)


@dataclass(frozen=True)
class Demo:
    """What the printed commands need."""

    slug: str
    api_key: str
    customer_id: str | None = None


class Api:
    """Requests to the API of this machine. Not through a proxy, whatever the environment says."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    def call(
        self, method: str, path: str, key: str | None = None, body: Any = None
    ) -> tuple[int, Any]:
        """(status, JSON); raises ``OSError`` if nobody answers within five seconds."""
        connection = http.client.HTTPConnection(*self._address, timeout=5)
        headers = {"Content-Type": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
            return response.status, json.loads(text) if text else None
        except (http.client.HTTPException, ValueError) as error:
            raise OSError(f"no usable answer from {path}: {error}") from error
        finally:
            connection.close()


def ensure_tenant(runtime: Runtime, path: Path) -> Demo:
    """The demo tenant with a key that is kept in ``path``; both are made if they are missing."""
    from sparx_core.tenants import TenantExists, create_tenant

    modules = [MODULE] if MODULE in runtime.registry.modules else []
    try:
        made = create_tenant(runtime, SLUG, name="Demo", modules=modules)
    except TenantExists:
        demo = read_demo(path) or Demo(SLUG, new_key(runtime))
    else:
        demo = Demo(made.slug, made.api_key)
    _keep(path, demo)
    return demo


def ensure_customer(runtime: Runtime, api: Api, path: Path, demo: Demo) -> Demo:
    """A demo whose key works and whose customer exists, as far as the tenant's modules allow."""
    status, _ = api.call("GET", "/v1/me", demo.api_key)
    if status == 401:
        # Another database under the same home, or a key that was revoked.
        demo = Demo(demo.slug, new_key(runtime))
    if demo.customer_id is not None:
        status, _ = api.call("GET", f"/v1/crm/customers/{demo.customer_id}", demo.api_key)
        if status != 200:
            demo = replace(demo, customer_id=None)
    if demo.customer_id is None:
        status, answer = api.call("POST", "/v1/crm/customers", demo.api_key, CUSTOMER)
        if status == 201:
            demo = replace(demo, customer_id=answer["data"]["id"])
        elif status == 409 or status == 422:
            demo = replace(demo, customer_id=_found_customer(api, demo))
    _keep(path, demo)
    return demo


def order_command(base: str, demo: Demo) -> str:
    """A command that places an order when pasted into a shell."""
    return "\n".join(
        [
            f"curl {base}/v1/crm/orders \\",
            f'  -H "Authorization: Bearer {demo.api_key}" \\',
            '  -H "Content-Type: application/json" \\',
            "  -d '{",
            f'    "customerId": "{demo.customer_id}",',
            '    "currency": "USD",',
            '    "items": [',
            f"      {ITEM}",
            "    ]",
            "  }'",
        ]
    )


def new_key(runtime: Runtime) -> str:
    from sparx_core.auth.operations import create_key
    from sparx_core.tenants import as_operator

    with as_operator(runtime, SLUG) as ctx:
        made = create_key(ctx, {"name": f"Demo {time.strftime('%Y-%m-%d')}", "scopes": ["*"]})
    return str(made.extra["key"])


def _found_customer(api: Api, demo: Demo) -> str | None:
    """The customer that was made before, by its e-mail address."""
    status, answer = api.call("GET", f"/v1/crm/customers?q={CUSTOMER['email']}", demo.api_key)
    if status != 200:
        return None
    return next(
        (str(one["id"]) for one in answer["data"] if one["email"] == CUSTOMER["email"]), None
    )


def read_demo(path: Path) -> Demo | None:
    """What is kept in ``path``; None if it is nothing."""
    try:
        return Demo(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _keep(path: Path, demo: Demo) -> None:
    if read_demo(path) != demo:
        write_private(path, json.dumps(asdict(demo), indent=2) + "\n")
