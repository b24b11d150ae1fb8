"""Sending files to be imported, and seeing what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from sparx_core.testing import Api


@dataclass(frozen=True)
class Imported:
    """An import that is over: what ``GET /v1/cms/imports/{id}`` tells, and the job's errors."""

    report: Any
    errors: list[Any]

    def created(self) -> dict[str, int]:
        nouns = ("locales", "types", "assets", "entries", "redirects")
        return {noun: self.report[noun]["created"] for noun in nouns}


@pytest.fixture
def send(api: Api) -> Callable[..., str]:
    """Sends a file as an upload; the id of that."""

    def send(content: Any, client: Api | None = None) -> str:
        given = content if isinstance(content, bytes) else json.dumps(content).encode()
        body = {"filename": "space.json", "size": len(given)}
        upload = (client or api).post("/v1/cms/uploads", body)
        assert upload.status == 201, upload.text
        sent = (client or api).request(
            "PUT",
            f"/v1/cms/uploads/{upload.data['id']}/content",
            body=given,
            headers={"Content-Type": "application/octet-stream"},
        )
        assert sent.status == 200, sent.text
        return str(upload.data["id"])

    return send


@pytest.fixture
def run_import(
    api: Api, send: Callable[..., str], run_events: Callable[[], int]
) -> Callable[..., Imported]:
    """Imports a file and waits for its job."""

    def run(content: Any, format: str, client: Api | None = None, **more: Any) -> Imported:
        asked = client or api
        body = {"uploadId": send(content, asked), "format": format, **more}
        started = asked.post("/v1/cms/imports", body)
        assert started.status == 200, started.text
        job = started.data["jobId"]
        for _ in range(50):
            run_events()
            report = asked.get(f"/v1/cms/imports/{job}").data
            if report["state"] not in ("queued", "running"):
                break
        return Imported(report, asked.get(f"/v1/jobs/{job}/errors").data)

    return run
