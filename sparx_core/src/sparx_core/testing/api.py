"""A client of the API that needs no server: requests go straight into the WSGI application."""

from __future__ import annotations

import json as _json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back. Numbers that are not integers are Decimal: money can be compared exactly."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")

    @property
    def json(self) -> Any:
        """The whole envelope."""
        return _json.loads(self.text, parse_float=Decimal)

    @property
    def data(self) -> Any:
        """``data`` of a success; fails the test if it was none."""
        assert self.json["success"] is True, f"{self.status}: {self.text}"
        return self.json["data"]

    @property
    def meta(self) -> Any:
        """``meta`` of a list."""
        assert self.json["success"] is True, f"{self.status}: {self.text}"
        return self.json["meta"]

    @property
    def error(self) -> Any:
        """``error`` of a refusal; fails the test if it was none."""
        assert self.json["success"] is False, f"{self.status}: {self.text}"
        return self.json["error"]


class Api:
    """Requests with one API key, or with none.

    ``json`` is encoded as the API encodes it, Decimal, UUID and datetime included; ``body`` is
    sent as it is. Safe to use from several threads: each has its own connection to the database.
    """

    def __init__(self, app: Any, key: str | None = None) -> None:
        self.app = app
        self.key = key

    def with_key(self, key: str | None) -> Api:
        """The same API for the bearer of another key."""
        return Api(self.app, key)

    def get(self, path: str, **more: Any) -> Answer:
        return self.request("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.request("POST", path, json=json, **more)

    def patch(self, path: str, json: Any = None, **more: Any) -> Answer:
        return self.request("PATCH", path, json=json, **more)

    def delete(self, path: str, **more: Any) -> Answer:
        return self.request("DELETE", path, **more)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        params: Mapping[str, Any] | None = None,
        query: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Any request. ``query`` is a query string as it is; ``params`` are encoded into one."""
        from falcon.testing import simulate_request

        from sparx_core.json import encode

        sent = {} if self.key is None else {"Authorization": f"Bearer {self.key}"}
        if json is not None:
            body = encode(json)
        if body is not None:
            sent["Content-Type"] = "application/json"
        result = simulate_request(
            self.app,
            method,
            path,
            body=body,
            params=dict(params) if params is not None else None,
            params_csv=False,
            query_string=query,
            headers={**sent, **(headers or {})},
        )
        return Answer(result.status_code, result.headers, result.content)
