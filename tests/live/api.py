"""A client of the API that notices everything: status, headers, time, and no answer at all."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from threading import local
from typing import Any

ITEM = {"sku": "INJ-6.7-CR", "name": "6.7L Common-Rail Injector", "quantity": 8, "unitPrice": 289.5}


@dataclass(frozen=True)
class Answer:
    """What came back. ``status`` 0: the connection broke, so nobody knows what happened."""

    status: int
    headers: dict[str, str]
    body: Any
    seconds: float

    @property
    def data(self) -> Any:
        assert self.body is not None, self
        assert self.body["success"], self
        return self.body["data"]

    @property
    def code(self) -> str:
        assert self.body is not None, self
        assert not self.body["success"], self
        return str(self.body["error"]["code"])


@dataclass
class Api:
    """One key's view of an installation; each thread has a connection that it keeps."""

    port: int
    key: str | None = None
    timeout: float = 30.0
    _connections: local = field(default_factory=local, repr=False)

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """The answer, whatever it is; never raises."""
        began = time.monotonic()
        fresh = getattr(self._connections, "kept", None) is None
        answer = self._try(method, path, body, began, headers)
        if answer is None and not fresh and method == "GET":
            # A kept connection that the server closed meanwhile says nothing about the server.
            answer = self._try(method, path, body, began, headers)
        return answer or Answer(0, {}, None, time.monotonic() - began)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any, key: str | None = None) -> Answer:
        """``key`` is an idempotency key."""
        return self.call("POST", path, body, {"Idempotency-Key": key} if key else None)

    def place(self, customer: str, quantity: int = 8, key: str | None = None) -> Answer:
        """Place an order of one line."""
        items = [{**ITEM, "quantity": quantity}]
        return self.post(
            "/v1/crm/orders", {"customerId": customer, "currency": "USD", "items": items}, key
        )

    def new_customer(self, name: str) -> str:
        answer = self.post("/v1/crm/customers", {"name": name})
        assert answer.status == 201, answer
        return str(answer.data["id"])

    def ready(self) -> bool:
        return self.get("/ready").status == 200

    def _try(
        self, method: str, path: str, body: Any, began: float, more: dict[str, str] | None = None
    ) -> Answer | None:
        connection = getattr(self._connections, "kept", None)
        if connection is None:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.timeout)
            self._connections.kept = connection
        headers = {"Content-Type": "application/json", **(more or {})}
        if self.key is not None:
            headers["Authorization"] = f"Bearer {self.key}"
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            text = response.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            self._connections.kept = None
            return None
        return Answer(
            response.status,
            {name.lower(): value for name, value in response.getheaders()},
            json.loads(text) if text else None,
            time.monotonic() - began,
        )
